/** Writes the little DER that sample certificates need. */
import { type Bytes, join, unhex, utf8 } from '../bytes.ts';
import { TAG } from '../hostkey/der.ts';

/** An element: tag, length in its shortest form, content. */
export const element = (tag: number, ...content: readonly Bytes[]): Bytes => {
  const size = content.reduce((sum, c) => sum + c.length, 0);
  const digits: number[] = [];
  for (let n = size; n > 0; n = Math.floor(n / 256)) digits.unshift(n % 256);
  const length = size < 0x80 ? [size] : [0x80 | digits.length, ...digits];
  return join(new Uint8Array([tag, ...length]), ...content);
};

export const sequence = (...content: readonly Bytes[]): Bytes => element(TAG.sequence, ...content);
export const octetString = (content: Bytes): Bytes => element(TAG.octetString, content);
/** @param unused bits at the end that do not count */
export const bitString = (content: Bytes, unused = 0): Bytes => element(TAG.bitString, new Uint8Array([unused]), content);
export const yes = element(TAG.boolean, new Uint8Array([0xff]));
export const nothing = element(TAG.null);

/** A positive number below 2^31. */
export const integer = (n: number): Bytes => {
  const hex = n.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return element(TAG.integer, unhex(Number.parseInt(even.slice(0, 2), 16) < 0x80 ? even : `00${even}`, 'number'));
};

/** An object identifier, given in dots. */
export const objectIdentifier = (dots: string): Bytes => {
  const [first, second, ...rest] = dots.split('.').map(Number) as [number, number, ...number[]];
  const bytes = [40 * first + second, ...rest].flatMap((n) => {
    const group = [n % 128];
    for (let v = Math.floor(n / 128); v > 0; v = Math.floor(v / 128)) group.unshift((v % 128) | 0x80);
    return group;
  });
  return element(TAG.oid, new Uint8Array(bytes));
};

/** A time to the second: UTCTime up to 2049 and GeneralizedTime from then on, as RFC 5280 has it. */
export const time = (d: Date): Bytes => {
  const text = `${d.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return d.getUTCFullYear() < 2050 ? element(TAG.utcTime, utf8(text.slice(2))) : element(TAG.generalizedTime, utf8(text));
};
