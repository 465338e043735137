/** A secret as a request carries it, and its id. Source: spec page "secrets". */
import { sha256 } from '@noble/hashes/sha2.js';
import { allZero, type Bytes, fromUtf8, hex, join, padLeft, readU16, u16, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { kindRow, PLAINTEXT_MAX, type SecretKind } from './kinds.ts';

export const ID_SIZE = 32;

/** A secret ready to go into a request. `value` is what the UV will store: secret, wipe after use. */
export interface Secret {
  readonly kind: SecretKind;
  /** 32 bytes for the kinds that are listed, absent for the others */
  readonly id?: Bytes;
  readonly value: Bytes;
}

/** Id of a name: SHA-256 of its UTF-8 bytes. @returns 32 bytes */
export const hashedId = (name: string): Bytes => sha256(utf8(name));

/** Id that is the name itself (`--use-name`): its first 31 bytes, then NULs; byte 32 is always NUL. @returns 32 bytes */
export const plainId = (name: string): Bytes => {
  const out = new Uint8Array(ID_SIZE);
  out.set(utf8(name).subarray(0, ID_SIZE - 1));
  return out;
};

/** Tab, line feed, form feed and carriage return: white space to the reference, a forged line to a reader. */
const isControl = (b: number): boolean => b === 0x09 || b === 0x0a || b === 0x0c || b === 0x0d;

/**
 * An id as the reference shows it: `0x` and 64 hex digits, with the text in front when it is ASCII padded with NULs.
 * @param control whether text with tabs and line breaks counts, as it does in the reference; without, an id cannot break a line
 */
export const showId = (id: Bytes, control: 'as-the-reference' | 'refuse' = 'refuse'): string => {
  const end = id.indexOf(0);
  const text = end < 0 ? id : id.subarray(0, end);
  const shown = (b: number): boolean => (b >= 0x20 && b < 0x7f) || (control === 'as-the-reference' && isControl(b));
  const printable = text.length > 0 && end >= 0 && allZero(id.subarray(end)) && text.every(shown);
  return printable ? `${fromUtf8(text, 'id')} | 0x${hex(id)}` : `0x${hex(id)}`;
};

/** Plaintext as stored: u16 length, the bytes, zeros up to a multiple of 16. @param bytes 0 to 8190 bytes @throws too-long */
export const storePlaintext = (bytes: Bytes, field: string): Bytes => {
  if (bytes.length > PLAINTEXT_MAX) fail('too-long', field, `${bytes.length} bytes`, `at most ${PLAINTEXT_MAX} bytes`);
  const used = 2 + bytes.length;
  return join(u16(bytes.length), bytes, new Uint8Array((16 - (used % 16)) % 16));
};

/** The bytes of a stored plaintext, prefix and padding taken off. @throws wrong-length, bad-value */
export const readPlaintext = (stored: Bytes, field: string): Bytes => {
  if (stored.length < 16 || stored.length % 16 !== 0)
    fail('wrong-length', field, `${stored.length} bytes`, 'a multiple of 16 bytes');
  const size = readU16(stored);
  if (size > PLAINTEXT_MAX || Math.ceil((2 + size) / 16) * 16 !== stored.length)
    fail('bad-value', `${field}, length prefix`, 'another length', `a length that fills ${stored.length} bytes`);
  if (!allZero(stored.subarray(2 + size))) fail('bad-value', `${field}, padding`, 'bytes that are not zero', 'zeros');
  return stored.slice(2, 2 + size);
};

/**
 * Makes a secret of any kind.
 * @param id 32 bytes for listed kinds; must be absent for meta and update-cck
 * @param input the value as the user has it: raw bytes (meta: empty)
 * @throws wrong-length, too-long, missing-field
 */
export const makeSecret = (kind: SecretKind, input: Bytes, id: Bytes | undefined, field: string): Secret => {
  const row = kindRow(kind);
  if (row.listed && id === undefined) fail('missing-field', `${field}, id`, 'none', `${ID_SIZE} bytes`);
  if (id !== undefined && id.length !== ID_SIZE) fail('wrong-length', `${field}, id`, `${id.length} bytes`, `${ID_SIZE} bytes`);
  if (kind !== 'plaintext' && !row.sizes.includes(input.length))
    fail('wrong-length', field, `${input.length} bytes`, `${row.sizes.join(' or ')} bytes`);
  const value = kind === 'plaintext' ? storePlaintext(input, field) : padLeft(input, row.stored ?? input.length, field);
  return row.listed && id !== undefined ? { kind, id, value } : { kind, value };
};
