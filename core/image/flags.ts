/**
 * Control flags of the SE header, by name. Bits are counted from the most significant. Source: spec pages "se-header",
 * "generic-guest" section 6.
 */
export interface FlagRow {
  readonly bit: number;
  readonly name: string;
  readonly doc: string;
}

/** Plaintext control flags (PCF): anybody can read them. */
export const PLAINTEXT_FLAGS = [
  { bit: 34, name: 'dump-allowed', doc: 'the host may dump the guest; the dump is encrypted with the CCK' },
  { bit: 35, name: 'no-component-encryption', doc: 'kernel, initramfs and command line are not encrypted: a generic image' },
  { bit: 56, name: 'pckmo-dea', doc: 'PCKMO encryption functions for DEA and TDEA keys' },
  { bit: 57, name: 'pckmo-aes', doc: 'PCKMO encryption functions for AES keys' },
  { bit: 58, name: 'pckmo-ecc', doc: 'PCKMO encryption functions for ECC keys' },
  { bit: 59, name: 'pckmo-hmac', doc: 'PCKMO encryption functions for HMAC keys' },
  { bit: 62, name: 'backup-target-keys', doc: 'backup target keys may be used' },
] as const satisfies readonly FlagRow[];

/** Secret control flags (SCF): in the encrypted part, visible with the header key only. */
export const SECRET_FLAGS = [
  { bit: 1, name: 'cck-extension-secret', doc: 'the extension secret must be derived from the CCK' },
  { bit: 2, name: 'cck-update-allowed', doc: 'an update-cck request is accepted' },
] as const satisfies readonly FlagRow[];

export type PlaintextFlag = (typeof PLAINTEXT_FLAGS)[number]['name'];
export type SecretFlag = (typeof SECRET_FLAGS)[number]['name'];

/** Mask of bit n counted from the most significant of 64. */
export const bit = (n: number): bigint => 1n << BigInt(63 - n);

const mask = (rows: readonly FlagRow[], names: readonly string[]): bigint =>
  rows.filter((r) => names.includes(r.name)).reduce((sum, r) => sum | bit(r.bit), 0n);
const namesIn = <T extends FlagRow>(rows: readonly T[], flags: bigint): T['name'][] =>
  rows.filter((r) => (flags & bit(r.bit)) !== 0n).map((r) => r.name);

export const plaintextMask = (names: readonly PlaintextFlag[]): bigint => mask(PLAINTEXT_FLAGS, names);
export const secretMask = (names: readonly SecretFlag[]): bigint => mask(SECRET_FLAGS, names);
export const plaintextFlags = (flags: bigint): PlaintextFlag[] => namesIn(PLAINTEXT_FLAGS, flags);
export const secretFlags = (flags: bigint): SecretFlag[] => namesIn(SECRET_FLAGS, flags);

/** Bits that are set and have no name here, as numbers from the most significant. */
export const unknownBits = (rows: readonly FlagRow[], flags: bigint): number[] =>
  Array.from({ length: 64 }, (_, n) => n).filter((n) => (flags & bit(n)) !== 0n && !rows.some((r) => r.bit === n));
