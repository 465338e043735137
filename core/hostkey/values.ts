/** The values inside DER that certificates and CRLs are made of, read strictly. Each function reads the content of one element. */
import { type Bytes, hex } from '../bytes.ts';
import { fail } from '../errors.ts';
import { TAG, type Tlv } from './der.ts';

const OID_MAX = 64;

export const contentOf = (bytes: Bytes, tlv: Tlv): Bytes => bytes.slice(tlv.content, tlv.end);

/** An object identifier in dots. @throws bad-encoding */
export const readOid = (bytes: Bytes, tlv: Tlv, field: string): string => {
  const content = bytes.subarray(tlv.content, tlv.end);
  const bad = (): never => fail('bad-encoding', field, 'a broken object identifier', 'an object identifier');
  if (tlv.tag !== TAG.oid || content.length === 0 || content.length > OID_MAX) bad();
  const arcs: bigint[] = [];
  let arc = 0n;
  let inside = false;
  for (const b of content) {
    if (!inside && b === 0x80) bad();
    arc = (arc << 7n) | BigInt(b & 0x7f);
    inside = b >= 0x80;
    if (!inside) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  if (inside) bad();
  const head = arcs[0] as bigint;
  const first = head < 40n ? 0n : head < 80n ? 1n : 2n;
  return [first, head - 40n * first, ...arcs.slice(1)].join('.');
};

/** The bytes of an INTEGER, hex. Minimal, so that equal numbers are equal text. @throws bad-encoding */
export const readInteger = (bytes: Bytes, tlv: Tlv, field: string): string => {
  const [a, b] = [bytes[tlv.content], bytes[tlv.content + 1]];
  const size = tlv.end - tlv.content;
  const padded = size > 1 && ((a === 0 && (b as number) < 0x80) || (a === 0xff && (b as number) >= 0x80));
  if (size === 0 || padded) fail('bad-encoding', field, 'a broken INTEGER', 'an INTEGER');
  return hex(bytes.subarray(tlv.content, tlv.end));
};

/** A number from 0 to 2^31 - 1. @throws bad-encoding, bad-value */
export const readSmall = (bytes: Bytes, tlv: Tlv, field: string): number => {
  const text = readInteger(bytes, tlv, field);
  const n = Number.parseInt(text, 16);
  if (text.length > 8 || n > 0x7fffffff || (bytes[tlv.content] as number) >= 0x80)
    return fail('bad-value', field, 'a number out of range', 'a small number');
  return n;
};

/** A BOOLEAN. DER writes true as 0xff only. @throws bad-encoding */
export const readBoolean = (bytes: Bytes, tlv: Tlv, field: string): boolean => {
  const value = bytes[tlv.content];
  if (tlv.end - tlv.content !== 1 || (value !== 0 && value !== 0xff))
    fail('bad-encoding', field, 'a broken BOOLEAN', 'a BOOLEAN');
  return value === 0xff;
};

/** The bits of a BIT STRING, first bit first; those behind the last one that is set are not there. @throws bad-encoding */
export const readBits = (bytes: Bytes, tlv: Tlv, field: string): boolean[] => {
  const [unused, ...content] = bytes.subarray(tlv.content, tlv.end);
  if (unused === undefined || unused > 7 || content.length > 4 || (content.length === 0 && unused > 0))
    return fail('bad-encoding', field, 'a broken BIT STRING', 'a BIT STRING');
  const bits = content.flatMap((b) => Array.from({ length: 8 }, (_, i) => ((b >> (7 - i)) & 1) === 1));
  return bits.slice(0, bits.length - unused);
};

const TIMES: Record<number, RegExp> = {
  [TAG.utcTime]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
  [TAG.generalizedTime]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
};

/** A time as X.509 allows it: UTC, to the second. @throws bad-encoding, bad-value */
export const readTime = (bytes: Bytes, tlv: Tlv | undefined, field: string): Date => {
  const form = tlv && TIMES[tlv.tag];
  if (tlv === undefined || form === undefined) return fail('bad-encoding', field, 'another ASN.1 type', 'a time');
  const text = tlv.end - tlv.content > 15 ? '' : String.fromCharCode(...bytes.subarray(tlv.content, tlv.end));
  const parts = form.exec(text)?.slice(1).map(Number);
  if (parts === undefined) return fail('bad-value', field, 'another form of time', 'YYMMDDhhmmssZ or YYYYMMDDhhmmssZ');
  const [written, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const year = tlv.tag === TAG.utcTime ? (written < 50 ? 2000 : 1900) + written : written;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // a day or hour that does not exist rolls over to another one
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return real ? date : fail('bad-value', field, 'a time that does not exist', 'a time');
};

const latin1 = (bytes: Bytes): string => {
  let out = '';
  for (const b of bytes) out += String.fromCharCode(b);
  return out;
};

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const wide = (bytes: Bytes, size: 2 | 4): string | undefined => {
  if (bytes.length % size !== 0) return undefined;
  let out = '';
  for (let i = 0; i < bytes.length; i += size) {
    let point = 0;
    for (let k = 0; k < size; k++) point = point * 256 + (bytes[i + k] as number);
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return undefined;
    out += String.fromCodePoint(point);
  }
  return out;
};

/** String types that are compared as text; every other type is compared as it is written. */
const TEXTS: Record<number, (content: Bytes) => string | undefined> = {
  12: (b) => utf8Decoder.decode(b),
  19: latin1,
  20: latin1,
  22: latin1,
  26: latin1,
  28: (b) => wide(b, 4),
  30: (b) => wide(b, 2),
};

/** Text of a string type; undefined for another type. @throws bad-encoding */
export const readText = (bytes: Bytes, tlv: Tlv, field: string): string | undefined => {
  const read = TEXTS[tlv.tag];
  if (read === undefined) return undefined;
  try {
    const text = read(bytes.subarray(tlv.content, tlv.end));
    if (text !== undefined) return text;
  } catch {
    // not UTF-8: the same answer as for the other string types
  }
  return fail('bad-encoding', field, 'text of another encoding than it says', 'text');
};
