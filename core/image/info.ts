/**
 * A header as data for people and scripts. The fields have the names of `pvimg info --format json` (its API level 1), so that
 * a script written for that tool finds them.
 */
import { base64, hex } from '../bytes.ts';
import { keySlot } from '../request/asrcb.ts';
import { HEADER_MAGIC, type OpenedHeader, type ParsedHeader } from './header.ts';

/** What anybody can see. */
interface PlainInfo {
  /** true when the header opened with the header protection key: then all of it is authentic */
  readonly verified: boolean;
  readonly magic_hex: string;
  readonly version: 'V1';
  readonly sehs: number;
  readonly iv_hex: string;
  readonly nks: number;
  readonly sea: number;
  /** a text when it is too large for a JSON number */
  readonly nep: number | string;
  readonly pcf_hex: string;
  readonly cust_pub_key: { readonly coord_hex: string };
  readonly pld_hex: string;
  readonly ald_hex: string;
  readonly tld_hex: string;
  readonly keyslots: readonly { readonly phkh_hex: string; readonly wrpk_hex: string; readonly kst_hex: string }[];
  readonly tag_hex: string;
}

/** A header with its encrypted part as it is. */
export interface SealedInfo extends PlainInfo {
  readonly kind: 'se_hdr';
  readonly cipher_data_b64: string;
}

/** A header with its encrypted part in the clear: secret, because of the CCK and the component key. */
export interface OpenedInfo extends PlainInfo {
  readonly kind: 'decrypted_se_hdr';
  readonly psw: { readonly mask_hex: string; readonly addr_hex: string };
  readonly scf_hex: string;
  readonly cck_hex: string;
  readonly xts_hex: string;
}

const u64Hex = (n: bigint): string => n.toString(16).padStart(16, '0');

const plainInfo = (h: ParsedHeader, verified: boolean): PlainInfo => ({
  verified,
  magic_hex: hex(HEADER_MAGIC),
  version: 'V1',
  sehs: h.bytes.length,
  iv_hex: hex(h.iv),
  nks: h.hostKeyHashes.length,
  sea: h.encrypted.length,
  nep: h.pages <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(h.pages) : String(h.pages),
  pcf_hex: u64Hex(h.flags),
  cust_pub_key: { coord_hex: hex(h.customerKey) },
  pld_hex: hex(h.image.pld),
  ald_hex: hex(h.image.ald),
  tld_hex: hex(h.image.tld),
  keyslots: h.hostKeyHashes.map((_, i) => {
    const s = keySlot.read(h.slots, i * keySlot.size);
    return { phkh_hex: hex(s.phkh), wrpk_hex: hex(s.wrapped), kst_hex: hex(s.tag) };
  }),
  tag_hex: hex(h.image.tag),
});

/** A header whose encrypted part is not shown. @param verified it opened with the header protection key */
export const sealedInfo = (h: ParsedHeader, verified: boolean): SealedInfo => ({
  kind: 'se_hdr',
  ...plainInfo(h, verified),
  cipher_data_b64: base64(h.encrypted),
});

/** A header with everything in it. Secret. */
export const openedInfo = (h: ParsedHeader, inner: OpenedHeader): OpenedInfo => ({
  kind: 'decrypted_se_hdr',
  ...plainInfo(h, true),
  psw: { mask_hex: u64Hex(inner.pswMask), addr_hex: u64Hex(inner.pswAddress) },
  scf_hex: u64Hex(inner.secretFlags),
  cck_hex: hex(inner.cck),
  xts_hex: hex(inner.componentKey),
});
