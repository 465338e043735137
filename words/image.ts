/** Sentences about SE headers and images. */
import { hex } from '../core/bytes.ts';
import type { HeaderPlace } from '../core/image/find.ts';
import { type FlagRow, PLAINTEXT_FLAGS, SECRET_FLAGS, secretFlags, unknownBits } from '../core/image/flags.ts';
import { isGeneric, type OpenedHeader, type ParsedHeader } from '../core/image/header.ts';

/** How a header was found. */
export const foundSays = (place: HeaderPlace): string => {
  const at = `at 0x${place.offset.toString(16)}`;
  switch (place.by) {
    case 'start':
      return 'a bare header';
    case 'metadata':
      return `${at}, where the metadata of the image points to`;
    case 'search':
      return `${at}, found by looking at each page`;
  }
};

/** Said with everything that is read from a header without its key. */
export const UNVERIFIED =
  'Not verified: only the header protection key, or the ultravisor, can tell whether the header is genuine.';

/** Said when a header does not open with the key that was given. */
export const TAMPERED =
  'The header does not open with this key: the header was altered, or the key is of another one. Trust nothing in it.';

/** Said when a header is not looked for by metadata this program knows. */
export const unknownMetadata = (version: number): string =>
  `the metadata of the image has version ${version}, which is not known; the header was looked for as in version 1`;

/** Said with every image that this program makes. */
export const NOT_BOOTABLE =
  'This image is for samples and the simulator: it has no boot loader and does not start on a machine. Make the image for a real guest with "pvimg create".';

const flagLines = (rows: readonly FlagRow[], flags: bigint): string[] => [
  ...rows.map((r) => `  ${(flags & (1n << BigInt(63 - r.bit))) !== 0n ? 'on ' : 'off'} ${r.name}: ${r.doc}`),
  ...unknownBits(rows, flags).map((n) => `  on  bit ${n}: not known`),
];

const u64 = (n: bigint): string => `0x${n.toString(16).padStart(16, '0')}`;

/** What is inside, for the holder of the header protection key. */
const innerLines = (inner: OpenedHeader, showSecrets: boolean): string[] => [
  `secret control flags ${u64(inner.secretFlags)}`,
  ...flagLines(SECRET_FLAGS, inner.secretFlags),
  `program status word ${u64(inner.pswMask)} ${u64(inner.pswAddress)}`,
  ...(showSecrets
    ? [`customer communication key ${hex(inner.cck)}`, `component key ${hex(inner.componentKey)}`]
    : ['customer communication key and component key: not shown (--show-secrets shows them)']),
];

/**
 * A header as text.
 * @param inner what the header protection key opened; absent: nothing is verified
 */
export const headerText = (
  header: ParsedHeader,
  place: HeaderPlace,
  inner: OpenedHeader | undefined,
  showSecrets: boolean,
): string[] => [
  `header ${foundSays(place)}: version 1, ${header.bytes.length} bytes`,
  inner ? 'Verified: the header opened with the header protection key.' : UNVERIFIED,
  isGeneric(header)
    ? 'a generic image: its components are not encrypted'
    : 'not a generic image: its components are encrypted, it belongs to who built it',
  `header tag ${hex(header.image.tag)}`,
  `page list digest ${hex(header.image.pld)}`,
  `address list digest ${hex(header.image.ald)}`,
  `tweak list digest ${hex(header.image.tld)}`,
  `component pages ${header.pages} (${header.pages * 4096n} bytes)`,
  `plaintext control flags ${u64(header.flags)}`,
  ...flagLines(PLAINTEXT_FLAGS, header.flags),
  ...(inner
    ? innerLines(inner, showSecrets)
    : ['secret control flags: in the encrypted part, only the header protection key shows them']),
  `made for ${header.hostKeyHashes.length} ${header.hostKeyHashes.length === 1 ? 'host' : 'hosts'}`,
  ...header.hostKeyHashes.map((h) => `  host-key hash ${hex(h)}`),
];

/** Names of the flags that are set; bits without a name as `bit N`. */
export const plaintextNames = (header: ParsedHeader): string[] => [
  ...header.flagNames,
  ...header.unknownFlagBits.map((n) => `bit ${n}`),
];
export const secretNames = (inner: OpenedHeader): string[] => [
  ...secretFlags(inner.secretFlags),
  ...unknownBits(SECRET_FLAGS, inner.secretFlags).map((n) => `bit ${n}`),
];
