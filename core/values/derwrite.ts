/** Writes DER: the few ASN.1 types that keys and signing requests are made of. Object identifiers are given as their content in hex. */
import { type Bytes, join, unhex, utf8 } from '../bytes.ts';
import { context, contextOf, TAG } from '../hostkey/der.ts';

const UTF8_STRING = 0x0c;

const lengthOf = (size: number): number[] => {
  if (size < 0x80) return [size];
  const bytes: number[] = [];
  for (let n = size; n > 0; n = Math.floor(n / 256)) bytes.unshift(n % 256);
  return [0x80 | bytes.length, ...bytes];
};

/** One element. @param parts its content, one after the other */
export const element = (tag: number, ...parts: Bytes[]): Bytes => {
  const content = join(...parts);
  const out = join(new Uint8Array([tag, ...lengthOf(content.length)]), content);
  content.fill(0);
  return out;
};

export const sequence = (...parts: Bytes[]): Bytes => element(TAG.sequence, ...parts);
export const set = (...parts: Bytes[]): Bytes => element(TAG.set, ...parts);
export const octets = (content: Bytes): Bytes => element(TAG.octetString, content);
/** Whole bytes only. */
export const bits = (content: Bytes): Bytes => element(TAG.bitString, new Uint8Array(1), content);
export const oid = (content: string): Bytes => element(TAG.oid, unhex(content, 'object identifier'));
export const nil = (): Bytes => element(TAG.null);
export const text = (value: string): Bytes => element(UTF8_STRING, utf8(value));
/** `[n]` with a content of its own type inside. */
export const explicit = (n: number, ...parts: Bytes[]): Bytes => element(contextOf(n), ...parts);
/** `[n]` in place of the type's own tag. */
export const implicit = (n: number, content: Bytes): Bytes => element(context(n), content);

/** A whole number that is not negative, big-endian; zeros in front do not matter. */
export const integer = (value: Bytes): Bytes => {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start++;
  const significant = value.subarray(start);
  const positive = significant.length === 0 || ((significant[0] as number) & 0x80) !== 0;
  return element(TAG.integer, positive ? new Uint8Array(1) : new Uint8Array(0), significant);
};

/** A small whole number. */
export const small = (value: number): Bytes => integer(new Uint8Array([value]));
