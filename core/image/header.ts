/** The SE header, version 0x100: layouts, reader, opener and builder. Source: spec page "se-header". */
import { type Bytes, join, same, utf8, wipe } from '../bytes.ts';
import { open, seal, TAG_SIZE } from '../crypto/gcm.ts';
import { decodePoint, type KeyPair } from '../crypto/p521.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u32Field, u64Field, zeroField } from '../layout.ts';
import { keySlot } from '../request/asrcb.ts';
import { makeKeySlot, openKeySlot } from '../request/keyslot.ts';
import { PLAINTEXT_FLAGS, type PlaintextFlag, plaintextFlags, unknownBits } from './flags.ts';
import type { ImageTags } from './tags.ts';

export const HEADER_MAGIC = utf8('IBMSecEx');
export const HEADER_VERSION = 0x100;
/** Largest header, in bytes: two pages. */
export const HEADER_MAX = 2 * 4096;

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

export const encryptedPart = layout('SE header, encrypted part', 'se-header', 128, [
  bytesField('cck', 32, 'customer communication key'),
  bytesField('componentKey', 64, 'AES-256-XTS key of the components'),
  u64Field('pswMask', 'program status word, mask'),
  u64Field('pswAddress', 'program status word, address'),
  u64Field('flags', 'SCF: secret control flags'),
  u32Field('optionalItems', 'NOI: number of optional items, 0'),
  zeroField(4),
]);

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
  if (h.keySlots < 1n || h.keySlots > BigInt(Math.floor(HEADER_MAX / keySlot.size)))
    fail('bad-value', `${F}, number of key slots`, String(h.keySlots), '1 to 102');
  if (h.encryptedSize < BigInt(encryptedPart.size) || h.encryptedSize > BigInt(HEADER_MAX))
    fail('bad-value', `${F}, size of the encrypted part`, String(h.encryptedSize), `at least ${encryptedPart.size}`);
  const slotsEnd = seHeader.size + Number(h.keySlots) * keySlot.size;
  const tagStart = slotsEnd + Number(h.encryptedSize);
  if (h.size !== tagStart + TAG_SIZE) fail('wrong-length', `${F}, size field`, `${h.size} bytes`, `${tagStart + TAG_SIZE} bytes`);
  if (bytes.length - at < h.size) fail('too-short', F, `${bytes.length - at} bytes`, `${h.size} bytes, as its size field says`);
  decodePoint(h.customerKey, `${F}, customer public key`);
  const own = bytes.slice(at, at + h.size);
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

/** Opens the encrypted part with the header protection key (32 bytes). @throws cannot-decrypt */
export const openHeaderWithKey = (header: ParsedHeader, key: Bytes): OpenedHeader => {
  const plain = open(key, header.iv, header.aad, header.encrypted, header.image.tag, F);
  const e = encryptedPart.read(plain, 0, 'ignore');
  wipe(plain);
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

/** Builds a header. @throws no-host-key, too-long (over two pages), wrong-length, not-on-curve */
export const buildHeader = (input: HeaderInput, keys: HeaderKeys): Bytes => {
  if (input.hostKeys.length === 0) fail('no-host-key', F, 'no host key', 'at least one');
  const size = seHeader.size + keySlot.size * input.hostKeys.length + encryptedPart.size + TAG_SIZE;
  if (size > HEADER_MAX) fail('too-long', F, `${size} bytes`, `at most ${HEADER_MAX} bytes`);
  const aad = join(
    seHeader.write({
      magic: HEADER_MAGIC,
      version: HEADER_VERSION,
      size,
      iv: keys.iv,
      keySlots: BigInt(input.hostKeys.length),
      encryptedSize: BigInt(encryptedPart.size),
      pages: input.pages,
      flags: input.flags,
      customerKey: keys.customer.publicKey,
      ...input.digests,
    }),
    ...input.hostKeys.map((k) => makeKeySlot(keys.customer, k, keys.protectionKey)),
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
