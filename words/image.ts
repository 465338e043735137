/** Sentences about SE headers and images. */
import { hex } from '../core/bytes.ts';
import type { HeaderPlace } from '../core/image/find.ts';
import { type FlagRow, PLAINTEXT_FLAGS, SECRET_FLAGS, secretFlags, unknownBits } from '../core/image/flags.ts';
import { isGeneric, type OpenedHeader, type ParsedHeader } from '../core/image/header.ts';
import { fact, said, t } from './language.ts';

/** How a header was found. */
export const foundSays = (place: HeaderPlace): string => {
  const at = { at: `0x${place.offset.toString(16)}` };
  switch (place.by) {
    case 'start':
      return t('a bare header');
    case 'metadata':
      return t('at {at}, where the metadata of the image points to', at);
    case 'search':
      return t('at {at}, found by looking at each page', at);
  }
};

/** Said with everything that is read from a header without its key. */
export const UNVERIFIED = said(
  'Not verified: only the header protection key, or the ultravisor, can tell whether the header is genuine.',
);

/** Said when a header does not open with the key that was given. */
export const TAMPERED = said(
  'The header does not open with this key: the header was altered, or the key is of another one. Trust nothing in it.',
);

/** Said when a header is not looked for by metadata this program knows. */
export const unknownMetadata = (version: number): string =>
  t('the metadata of the image has version {version}, which is not known; the header was looked for as in version 1', {
    version,
  });

/** Said with every image that this program makes. */
export const NOT_BOOTABLE = said(
  'This image is for samples and the simulator: it has no boot loader and does not start on a machine. Make the image for a real guest with "pvimg create".',
);

const flagLines = (rows: readonly FlagRow[], flags: bigint): string[] => {
  const [on, off] = [t('on'), t('off')];
  const width = Math.max(on.length, off.length);
  const isSet = (r: FlagRow): boolean => (flags & (1n << BigInt(63 - r.bit))) !== 0n;
  return [
    ...rows.map((r) => `  ${(isSet(r) ? on : off).padEnd(width)} ${r.name}: ${fact(r.doc)}`),
    ...unknownBits(rows, flags).map((n) => `  ${on.padEnd(width)} ${t('bit {n}: not known', { n })}`),
  ];
};

const u64 = (n: bigint): string => `0x${n.toString(16).padStart(16, '0')}`;

/** What is inside, for the holder of the header protection key. */
const innerLines = (inner: OpenedHeader, showSecrets: boolean): string[] => [
  t('secret control flags {flags}', { flags: u64(inner.secretFlags) }),
  ...flagLines(SECRET_FLAGS, inner.secretFlags),
  t('program status word {mask} {address}', { mask: u64(inner.pswMask), address: u64(inner.pswAddress) }),
  ...(showSecrets
    ? [t('customer communication key {key}', { key: hex(inner.cck) }), t('component key {key}', { key: hex(inner.componentKey) })]
    : [t('customer communication key and component key: not shown (--show-secrets shows them)')]),
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
  t('header {place}: version 1, {n} bytes', { place: foundSays(place), n: header.bytes.length }),
  t(inner ? 'Verified: the header opened with the header protection key.' : UNVERIFIED),
  t(
    isGeneric(header)
      ? 'a generic image: its components are not encrypted'
      : 'not a generic image: its components are encrypted, it belongs to who built it',
  ),
  t('header tag {hash}', { hash: hex(header.image.tag) }),
  t('page list digest {hash}', { hash: hex(header.image.pld) }),
  t('address list digest {hash}', { hash: hex(header.image.ald) }),
  t('tweak list digest {hash}', { hash: hex(header.image.tld) }),
  t('component pages {pages} ({bytes} bytes)', { pages: String(header.pages), bytes: String(header.pages * 4096n) }),
  t('plaintext control flags {flags}', { flags: u64(header.flags) }),
  ...flagLines(PLAINTEXT_FLAGS, header.flags),
  ...(inner
    ? innerLines(inner, showSecrets)
    : [t('secret control flags: in the encrypted part, only the header protection key shows them')]),
  t('{n, plural, one {made for # host} other {made for # hosts}}', { n: header.hostKeyHashes.length }),
  ...header.hostKeyHashes.map((h) => `  ${t('host-key hash {hash}', { hash: hex(h) })}`),
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
