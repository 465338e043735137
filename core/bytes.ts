/** Bytes: hex, joining, comparing, wiping. Everything is big-endian, as in the formats of the reference. */
import { concatBytes, equalBytes } from '@noble/ciphers/utils.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { base64 as base64Coder } from '@scure/base';
import { fail } from './errors.ts';

export type Bytes = Uint8Array;

/** Lower-case hex, no prefix. */
export const hex = (bytes: Bytes): string => bytesToHex(bytes);

/**
 * Bytes of a hex text, upper or lower case, no prefix.
 * @param size how many bytes it must be, when that is known
 * @throws bad-encoding, wrong-length
 */
export const unhex = (text: string, field: string, size?: number): Bytes => {
  if (!/^([0-9a-fA-F]{2})*$/.test(text)) fail('bad-encoding', field, `${text.length} characters`, 'pairs of hex digits');
  if (size !== undefined && text.length !== 2 * size)
    fail('wrong-length', field, `${text.length} hex digits`, `${2 * size} hex digits`);
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
};

/** All parts, one after the other, in a new array. */
export const join = (...parts: Bytes[]): Bytes => concatBytes(...parts);

/** Equality in a time that depends on the lengths only. */
export const same = (a: Bytes, b: Bytes): boolean => a.length === b.length && equalBytes(a, b);

/** True when every byte is zero; looks at all of them. */
export const allZero = (bytes: Bytes): boolean => {
  let seen = 0;
  for (const b of bytes) seen |= b;
  return seen === 0;
};

/** A copy whose memory is its own: to be kept, and wiped, whatever becomes of the one it was made from. */
export const owned = (bytes: Bytes): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** Overwrites with zeros. */
export const wipe = (...buffers: (Bytes | undefined)[]): void => {
  for (const b of buffers) b?.fill(0);
};

/** `bytes` with zeros put in front up to `size`. @throws wrong-length when it is longer */
export const padLeft = (bytes: Bytes, size: number, field: string): Bytes => {
  if (bytes.length > size) fail('wrong-length', field, `${bytes.length} bytes`, `at most ${size} bytes`);
  const out = new Uint8Array(size);
  out.set(bytes, size - bytes.length);
  return out;
};

/** `bytes` with zeros behind up to `size`. @throws wrong-length when it is longer */
export const padRight = (bytes: Bytes, size: number, field: string): Bytes => {
  if (bytes.length > size) fail('wrong-length', field, `${bytes.length} bytes`, `at most ${size} bytes`);
  const out = new Uint8Array(size);
  out.set(bytes);
  return out;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);

/** Text of UTF-8 bytes. @throws bad-encoding */
export const fromUtf8 = (bytes: Bytes, field: string): string => {
  try {
    return decoder.decode(bytes);
  } catch {
    return fail('bad-encoding', field, 'bytes that are not UTF-8', 'UTF-8 text');
  }
};

/** Integers, big-endian. */
export const u16 = (n: number): Bytes => new Uint8Array([(n >>> 8) & 0xff, n & 0xff]);
export const u32 = (n: number): Bytes => new Uint8Array([(n >>> 24) & 0xff, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff]);
export const u64 = (n: bigint): Bytes => {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, n);
  return out;
};
export const readU16 = (b: Bytes, at = 0): number => ((b[at] as number) << 8) | (b[at + 1] as number);
export const readU32 = (b: Bytes, at = 0): number => readU16(b, at) * 0x10000 + readU16(b, at + 2);

/** Base64 with padding. */
export const base64 = (bytes: Bytes): string => base64Coder.encode(bytes);

/** Bytes of a padded, canonical Base64 text; white space is not allowed. @throws bad-encoding */
export const unbase64 = (text: string, field: string): Bytes => {
  try {
    return base64Coder.decode(text);
  } catch {
    return fail('bad-encoding', field, `${text.length} characters`, 'Base64 with padding, nothing else');
  }
};
