/** The SE header, version 0x100: layouts, reader, opener and builder. Source: spec page "se-header". */
import { type Bytes, join, same, utf8, wipe } from '../bytes.ts';
import { open, seal, TAG_SIZE } from '../crypto/gcm.ts';
import { decodePoint, type KeyPair } from '../crypto/p521.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u32Field, u64Field, zeroField } from '../layout.ts';
import { keySlot } from '../request/asrcb.ts';
import { makeKeySlots, openKeySlot } from '../request/keyslot.ts';
import { PLAINTEXT_FLAGS, type PlaintextFlag, plaintextFlags, unknownBits } from './flags.ts';
import type { ImageTags } from './tags.ts';

export const HEADER_MAGIC = utf8('IBMSecEx');
export const HEADER_VERSION = 0x100;
/** Largest header, in bytes: two pages. */
export const HEADER_MAX = 2 * 4096;
/** What the encrypted part holds, in bytes. More would be optional items, which version 1 has none of. */
const ENCRYPTED_SIZE = 128;

export const seHeader = layout('SE header', 'se-header', 0x1a0, [
  bytesField('magic', 8, 'ASCII "IBMSecEx"'),
  u32Field('version', '0x00000100'),
  u32Field('size', 'SEHS: size of the whole header in bytes, tag included'),
  bytesField('iv', 12, 'IV of the AES-256-GCM over the encrypted part'),
  zeroField(4),
  u64Field('keySlots', 'NKS: number of key slots'),
  u64Field('encryptedSize', 'SEA: bytes of the encrypted part'),
  u64Field('pages', 'NEP: number of component pages'),
  u64Field('flags', 'PCF: plaintext control flags'),
  bytesField('customerKey', 160, 'customer public key: x then y, each left-padded to 80 bytes'),
  bytesField('pld', 64, 'page list digest: SHA-512 over the component pages as stored'),
  bytesField('ald', 64, 'address list digest: SHA-512 over the page addresses'),
  bytesField('tld', 64, 'tweak list digest: SHA-512 over the page tweaks'),
]);

export const encryptedPart = layout('SE header, encrypted part', 'se-header', ENCRYPTED_SIZE, [
  bytesField('cck', 32, 'customer communication key'),
  bytesField('componentKey', 64, 'AES-256-XTS key of the components'),
  u64Field('pswMask', 'program status word, mask'),
  u64Field('pswAddress', 'program status word, address'),
  u64Field('flags', 'SCF: secret control flags'),
  u32Field('optionalItems', 'NOI: number of optional items, 0'),
  zeroField(4),
]);

/** Bytes of a header for `hosts` hosts. */
export const headerSize = (hosts: number): number => seHeader.size + keySlot.size * hosts + encryptedPart.size + TAG_SIZE;
/** Most hosts one header can be for: 95, what fits into two pages. */
export const HEADER_HOSTS_MAX = Math.floor((HEADER_MAX - headerSize(0)) / keySlot.size);

/** Everything of a header that is not encrypted. None of it is verified: only the ultravisor has the key. */
export interface ParsedHeader {
  readonly bytes: Bytes;
  readonly image: ImageTags;
  /** number of component pages */
  readonly pages: bigint;
  readonly flags: bigint;
  readonly flagNames: readonly PlaintextFlag[];
  /** bits set that have no name in the reference */
  readonly unknownFlagBits: readonly number[];
  readonly iv: Bytes;
  readonly customerKey: Bytes;
  readonly hostKeyHashes: readonly Bytes[];
  readonly slots: Bytes;
  readonly aad: Bytes;
  readonly encrypted: Bytes;
}

const F = 'SE header';

/**
 * Reads the header that starts at `at`. Bytes behind it are not looked at: in an image more follows.
 * @throws too-short, wrong-magic, wrong-version, wrong-length, bad-value, not-on-curve
 */
export const parseHeader = (bytes: Bytes, at = 0): ParsedHeader => {
  if (!same(bytes.slice(at, at + 8), HEADER_MAGIC)) fail('wrong-magic', F, 'other first bytes', '"IBMSecEx"');
  const h = seHeader.read(bytes, at);
  if (h.version !== HEADER_VERSION) fail('wrong-version', `${F}, version`, `0x${h.version.toString(16)}`, '0x100');
  if (h.size > HEADER_MAX) fail('too-long', `${F}, size field`, `${h.size} bytes`, `at most ${HEADER_MAX} bytes`);
  if (h.keySlots < 1n || h.keySlots > BigInt(HEADER_HOSTS_MAX))
    fail('bad-value', `${F}, number of key slots`, String(h.keySlots), `1 to ${HEADER_HOSTS_MAX}`);
  if (h.encryptedSize !== BigInt(encryptedPart.size))
    fail('bad-value', `${F}, size of the encrypted part`, String(h.encryptedSize), encryptedPart.size);
  const whole = headerSize(Number(h.keySlots));
  if (h.size !== whole) fail('wrong-length', `${F}, size field`, `${h.size} bytes`, `${whole} bytes`);
  if (bytes.length - at < h.size) fail('too-short', F, `${bytes.length - at} bytes`, `${h.size} bytes, as its size field says`);
  decodePoint(h.customerKey, `${F}, customer public key`);
  const own = bytes.slice(at, at + h.size);
  const tagStart = whole - TAG_SIZE;
  const slotsEnd = tagStart - encryptedPart.size;
  const slots = own.slice(seHeader.size, slotsEnd);
  return {
    bytes: own,
    image: { pld: h.pld, ald: h.ald, tld: h.tld, tag: own.slice(tagStart) },
    pages: h.pages,
    flags: h.flags,
    flagNames: plaintextFlags(h.flags),
    unknownFlagBits: unknownBits(PLAINTEXT_FLAGS, h.flags),
    iv: h.iv,
    customerKey: h.customerKey,
    hostKeyHashes: Array.from({ length: Number(h.keySlots) }, (_, i) => keySlot.read(slots, i * keySlot.size).phkh),
    slots,
    aad: own.slice(0, slotsEnd),
    encrypted: own.slice(slotsEnd, tagStart),
  };
};

/** A generic image: its components are not encrypted, so that it can be shared and made one's own by requests. */
export const isGeneric = (header: ParsedHeader): boolean => header.flagNames.includes('no-component-encryption');

/** The encrypted part, opened. Secret: wipe `cck` and `componentKey` after use. */
export interface OpenedHeader {
  readonly cck: Bytes;
  readonly componentKey: Bytes;
  readonly pswMask: bigint;
  readonly pswAddress: bigint;
  /** secret control flags */
  readonly secretFlags: bigint;
}

/**
 * Opens the encrypted part with the header protection key (32 bytes).
 * @throws cannot-decrypt when header or key is another; unsupported when it has optional items; bad-value
 */
export const openHeaderWithKey = (header: ParsedHeader, key: Bytes): OpenedHeader => {
  const plain = open(key, header.iv, header.aad, header.encrypted, header.image.tag, F);
  let e: ReturnType<typeof encryptedPart.read>;
  try {
    e = encryptedPart.read(plain);
  } finally {
    wipe(plain);
  }
  if (e.optionalItems !== 0) fail('unsupported', `${F}, optional items`, e.optionalItems, 0);
  return { cck: e.cck, componentKey: e.componentKey, pswMask: e.pswMask, pswAddress: e.pswAddress, secretFlags: e.flags };
};

/** Opens it as the firmware of a host does. @throws not-found, cannot-decrypt */
export const openHeader = (header: ParsedHeader, host: KeyPair): OpenedHeader => {
  const key = openKeySlot(header.slots, header.customerKey, host, F);
  try {
    return openHeaderWithKey(header, key);
  } finally {
    wipe(key);
  }
};

/** What a header is made of. */
export interface HeaderInput {
  readonly hostKeys: readonly Bytes[];
  readonly digests: { readonly pld: Bytes; readonly ald: Bytes; readonly tld: Bytes };
  readonly pages: bigint;
  readonly flags: bigint;
  readonly inner: OpenedHeader;
}

/** What must be new for every header. Secret, all of it but the IV. */
export interface HeaderKeys {
  readonly customer: KeyPair;
  /** 32 bytes */
  readonly protectionKey: Bytes;
  /** 12 bytes */
  readonly iv: Bytes;
}

/** Builds a header. @throws no-host-key; limit for over 95 host keys; wrong-length; not-on-curve */
export const buildHeader = (input: HeaderInput, keys: HeaderKeys): Bytes => {
  if (input.hostKeys.length === 0) fail('no-host-key', F, 'no host key', 'at least one');
  if (input.hostKeys.length > HEADER_HOSTS_MAX) fail('limit', 'host keys', input.hostKeys.length, `at most ${HEADER_HOSTS_MAX}`);
  return sealHeader(input, join(...makeKeySlots(keys.customer, input.hostKeys, keys.protectionKey)), keys);
};

/** The header around key slots that are made already. */
export const sealHeader = (input: Omit<HeaderInput, 'hostKeys'>, slots: Bytes, keys: HeaderKeys): Bytes => {
  const hosts = slots.length / keySlot.size;
  const aad = join(
    seHeader.write({
      magic: HEADER_MAGIC,
      version: HEADER_VERSION,
      size: headerSize(hosts),
      iv: keys.iv,
      keySlots: BigInt(hosts),
      encryptedSize: BigInt(encryptedPart.size),
      pages: input.pages,
      flags: input.flags,
      customerKey: keys.customer.publicKey,
      ...input.digests,
    }),
    slots,
  );
  const { inner } = input;
  const plain = encryptedPart.write({
    cck: inner.cck,
    componentKey: inner.componentKey,
    pswMask: inner.pswMask,
    pswAddress: inner.pswAddress,
    flags: inner.secretFlags,
    optionalItems: 0,
  });
  const { cipher, tag } = seal(keys.protectionKey, keys.iv, aad, plain);
  wipe(plain);
  return join(aad, cipher, tag);
};
