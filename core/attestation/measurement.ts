/** The attestation measurement and its additional data. Source: spec page "attestation". */
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, join, u16, u32 } from '../bytes.ts';
import { fail } from '../errors.ts';
import type { ImageTags } from '../image/tags.ts';
import type { AttestationFlag } from './request.ts';

export const USER_DATA_MAX = 256;
export const MEASUREMENT_SIZE = 64;

/** What is measured. Sizes: cuid 16, userData 0 to 256, nonce 16 or absent, additional 0 to 480 bytes. */
export interface MeasurementInput {
  readonly image: ImageTags;
  readonly cuid: Bytes;
  readonly userData: Bytes;
  readonly nonce?: Bytes | undefined;
  readonly additional: Bytes;
}

/** HMAC-SHA-512 over all of it. @param key measurement key, 64 bytes, secret @returns 64 bytes @throws too-long */
export const measure = (key: Bytes, m: MeasurementInput): Bytes => {
  if (m.userData.length > USER_DATA_MAX)
    fail('too-long', 'attestation user data', `${m.userData.length} bytes`, `at most ${USER_DATA_MAX} bytes`);
  const { pld, ald, tld, tag } = m.image;
  const sizes = join(u16(m.userData.length), u16(0), u32(m.additional.length));
  return hmac(sha512, key, join(pld, ald, tld, tag, m.cuid, sizes, m.userData, m.nonce ?? new Uint8Array(0), m.additional));
};

/** The parts of the additional data, in their order, with the flag that asks for each. Sizes in bytes. */
export const ADDITIONAL_PARTS = [
  { flag: 'image-host-key-hash', size: 32 },
  { flag: 'attestation-host-key-hash', size: 32 },
  { flag: 'secret-store-hash', size: 64 },
  { flag: 'firmware-state', size: 320 },
] as const satisfies readonly { flag: AttestationFlag; size: number }[];

export type AdditionalFlag = (typeof ADDITIONAL_PARTS)[number]['flag'];
export type AdditionalData = Partial<Record<AdditionalFlag, Bytes>>;

/** Bytes of additional data that a request with these flags gets. */
export const additionalSize = (flags: readonly AttestationFlag[]): number =>
  ADDITIONAL_PARTS.filter((p) => flags.includes(p.flag)).reduce((sum, p) => sum + p.size, 0);

export const writeAdditional = (flags: readonly AttestationFlag[], data: AdditionalData): Bytes =>
  join(...ADDITIONAL_PARTS.filter((p) => flags.includes(p.flag)).map((p) => data[p.flag] ?? new Uint8Array(p.size)));

/** Takes it apart. @throws wrong-length when the size is not what the flags say */
export const readAdditional = (flags: readonly AttestationFlag[], bytes: Bytes): AdditionalData => {
  const size = additionalSize(flags);
  if (bytes.length !== size) fail('wrong-length', 'additional data', `${bytes.length} bytes`, `${size} bytes for these flags`);
  const out: AdditionalData = {};
  let at = 0;
  for (const p of ADDITIONAL_PARTS) {
    if (!flags.includes(p.flag)) continue;
    out[p.flag] = bytes.slice(at, at + p.size);
    at += p.size;
  }
  return out;
};
