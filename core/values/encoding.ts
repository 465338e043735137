/**
 * Text forms of secret bytes, from bytes to bytes: no JavaScript text, which cannot be wiped, ever holds a value.
 * PEM: RFC 7468. OpenSSH breaks its lines at 70 characters, everybody else at 64.
 */
import { type Bytes, join, utf8, wipe } from '../bytes.ts';
import { fail } from '../errors.ts';
import { decodeBase64 } from '../secret/keyfile.ts';

const ALPHABET = utf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PADDING = 0x3d;
const NEWLINE = 0x0a;

/** Base64 with padding, in lines of `width` characters, each with a line feed behind it. Secret when its input is. */
const base64Lines = (data: Bytes, width: number): Bytes => {
  const characters = 4 * Math.ceil(data.length / 3);
  const out = new Uint8Array(characters + Math.ceil(characters / width));
  let at = 0;
  let column = 0;
  const put = (c: number): void => {
    out[at++] = c;
    if (++column < width) return;
    out[at++] = NEWLINE;
    column = 0;
  };
  for (let i = 0; i < data.length; i += 3) {
    const left = data.length - i;
    const group = ((data[i] as number) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0);
    put(ALPHABET[group >>> 18] as number);
    put(ALPHABET[(group >>> 12) & 63] as number);
    put(left > 1 ? (ALPHABET[(group >>> 6) & 63] as number) : PADDING);
    put(left > 2 ? (ALPHABET[group & 63] as number) : PADDING);
  }
  if (column > 0) out[at++] = NEWLINE;
  return out;
};

/** A PEM block as bytes. Secret when `der` is. */
export const pemBytes = (label: string, der: Bytes, width = 64): Bytes => {
  const body = base64Lines(der, width);
  const pem = join(utf8(`-----BEGIN ${label}-----\n`), body, utf8(`-----END ${label}-----\n`));
  wipe(body);
  return pem;
};

const isSpace = (c: number): boolean => c === 0x20 || (c >= 0x09 && c <= 0x0d);

/** Value of a hex digit, or -1. */
const nibble = (c: number): number => {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const low = c | 0x20;
  return low >= 0x61 && low <= 0x66 ? low - 0x57 : -1;
};

/** The text without white space, without colons between bytes, and without 0x in front. Wipe it after use. */
const bareHex = (text: Bytes): Bytes => {
  const bare = text.filter((c) => !isSpace(c) && c !== 0x3a);
  return bare[0] === 0x30 && ((bare[1] ?? 0) | 0x20) === 0x78 ? bare.subarray(2) : bare;
};

/** The same for Base64: without white space, in the standard alphabet, without padding. Wipe it after use. */
const bareBase64 = (text: Bytes): Bytes => {
  const bare = text.filter((c) => !isSpace(c)).map((c) => (c === 0x2d ? 0x2b : c === 0x5f ? 0x2f : c));
  let end = bare.length;
  while (end > 0 && bare.length - end < 2 && bare[end - 1] === PADDING) end--;
  return bare.subarray(0, end);
};

const sextet = (c: number): number => ALPHABET.indexOf(c);

/** How many bytes a text of hex digits stands for; undefined when it is not one, or has fewer than 16 digits. */
export const hexSize = (text: Bytes): number | undefined => {
  const bare = bareHex(text);
  const good = bare.length >= 16 && bare.length % 2 === 0 && bare.every((c) => nibble(c) >= 0);
  const size = bare.length / 2;
  wipe(bare);
  return good ? size : undefined;
};

/** How many bytes a Base64 text stands for, standard or URL alphabet; undefined when it is not one, or has fewer than 20 characters. */
export const base64Size = (text: Bytes): number | undefined => {
  const bare = bareBase64(text);
  const rest = bare.length % 4;
  // the unused low bits of the last character are zero in what an encoder writes
  const last = sextet(bare[bare.length - 1] ?? 0);
  const clean = rest === 0 || (rest === 2 && (last & 15) === 0) || (rest === 3 && (last & 3) === 0);
  const good = bare.length >= 20 && clean && bare.every((c) => sextet(c) >= 0);
  const size = Math.floor((bare.length * 3) / 4);
  wipe(bare);
  return good ? size : undefined;
};

/** The bytes a text of hex digits stands for. Secret: wipe after use. @throws bad-encoding */
export const decodeHex = (text: Bytes, field: string): Bytes => {
  if (hexSize(text) === undefined) fail('bad-encoding', field, 'something else', 'hex digits');
  const bare = bareHex(text);
  const out = new Uint8Array(bare.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = (nibble(bare[2 * i] as number) << 4) | nibble(bare[2 * i + 1] as number);
  wipe(bare);
  return out;
};

/** The bytes a Base64 text stands for: padding may be left out. Secret: wipe after use. @throws bad-encoding */
export const decodeBase64Text = (text: Bytes, field: string): Bytes => {
  if (base64Size(text) === undefined) fail('bad-encoding', field, 'something else', 'Base64');
  const bare = bareBase64(text);
  const padded = new Uint8Array(4 * Math.ceil(bare.length / 4)).fill(PADDING);
  padded.set(bare);
  const out = decodeBase64(padded, field);
  wipe(bare, padded);
  return out;
};
