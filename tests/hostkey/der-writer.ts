/** Writes DER, right or wrong as a test wants it. Shares nothing with the readers it is used against. */
export type Der = Uint8Array;

const cat = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const lengthOf = (n: number): number[] => {
  if (n < 0x80) return [n];
  const bytes: number[] = [];
  for (let v = n; v > 0; v = Math.floor(v / 256)) bytes.unshift(v % 256);
  return [0x80 | bytes.length, ...bytes];
};

export const tlv = (tag: number, ...content: readonly Der[]): Der => {
  const body = cat(content);
  return cat([new Uint8Array([tag, ...lengthOf(body.length)]), body]);
};

export const hexBytes = (hex: string): Der => new Uint8Array(Buffer.from(hex, 'hex'));
export const text = (s: string): Der => new Uint8Array(Buffer.from(s, 'utf8'));
export const seq = (...content: readonly Der[]): Der => tlv(0x30, ...content);
/** The same for a list of any length. */
export const seqOf = (list: readonly Der[]): Der => tlv(0x30, cat(list));
export const set = (...content: readonly Der[]): Der => tlv(0x31, ...content);
export const int = (hex: string): Der => tlv(0x02, hexBytes(hex));
export const bool = (value: boolean): Der => tlv(0x01, new Uint8Array([value ? 0xff : 0]));
export const octets = (content: Der): Der => tlv(0x04, content);
export const bits = (content: Der, unused = 0): Der => tlv(0x03, new Uint8Array([unused]), content);
export const nothing = tlv(0x05);

export const oid = (dots: string): Der => {
  const [a, b, ...rest] = dots.split('.').map(Number) as [number, number, ...number[]];
  const bytes: number[] = [];
  for (const n of [40 * a + b, ...rest]) {
    const group = [n & 0x7f];
    for (let v = Math.floor(n / 128); v > 0; v = Math.floor(v / 128)) group.unshift((v & 0x7f) | 0x80);
    bytes.push(...group);
  }
  return tlv(0x06, new Uint8Array(bytes));
};

const two = (n: number): string => String(n).padStart(2, '0');

/** UTCTime up to 2049, GeneralizedTime from 2050. */
export const time = (d: Date): Der => {
  const year = d.getUTCFullYear();
  const rest = `${two(d.getUTCMonth() + 1)}${two(d.getUTCDate())}${two(d.getUTCHours())}${two(d.getUTCMinutes())}${two(d.getUTCSeconds())}Z`;
  return year < 2050 ? tlv(0x17, text(`${two(year % 100)}${rest}`)) : tlv(0x18, text(`${year}${rest}`));
};

/** Bits of a key usage by their numbers. */
export const namedBits = (...numbers: readonly number[]): Der => {
  const bytes = [0, 0];
  for (const n of numbers) bytes[n >> 3] = (bytes[n >> 3] as number) | (0x80 >> (n & 7));
  const last = Math.max(...numbers, 0);
  return bits(new Uint8Array(bytes.slice(0, (last >> 3) + 1)), numbers.length === 0 ? 0 : 7 - (last & 7));
};
