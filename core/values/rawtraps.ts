/** Traps of values that are random bytes: keys that no program reads as text. */
import { type Bytes, same } from '../bytes.ts';
import { BYTES_OF_TYPE } from '../policy/rules.ts';
import type { PolicySecret } from '../policy/schema.ts';
import { base64Size, hexSize } from './encoding.ts';
import type { FileForm, ValueForm } from './forms.ts';
import { newlineSize, type Trap, trap } from './trap.ts';

/** Sizes a secret of random bytes may have, in bytes, by its type and its policy; empty: any. */
export const sizesOf = ({ type, purpose, constraints: c }: PolicySecret): number[] => {
  const all = BYTES_OF_TYPE[type] ?? (c.bytes !== undefined ? [c.bytes] : purpose === 'report-authentication' ? [64] : []);
  return all.filter((n) => (c.bits === undefined || c.bits.includes(8 * n)) && (c.bytes === undefined || c.bytes === n));
};

/** Whether the value is random bytes that no program reads as text. */
export const isRaw = ({ type, purpose }: PolicySecret): boolean =>
  type !== 'ec' && (type !== 'plaintext' || purpose === 'report-authentication');

const sizeList = (sizes: readonly number[]): string => `${sizes.join(' or ')} bytes`;

/** What the size suggests about the mistake that was made. */
const described = (value: Bytes, form: ValueForm): string => {
  if (form === 'hex') return `${value.length} bytes of text that look like hex digits`;
  if (form === 'base64') return `${value.length} bytes of text that look like Base64`;
  return form === 'text' ? `${value.length} bytes of text` : `${value.length} bytes`;
};

/** Text where random bytes are wanted. Decoding is offered when something of the right size comes out. */
export const encodedTrap = (s: PolicySecret, value: Bytes, form: ValueForm): Trap | undefined => {
  const sizes = sizesOf(s);
  const fits = (size: number | undefined): boolean => size !== undefined && sizes.includes(size);
  const [asHex, asBase64] = [fits(hexSize(value)), fits(base64Size(value))];
  const found = described(value, form);
  if (asHex) return trap('hex-text', found, sizeList(sizes), 'decode-hex', ...(asBase64 ? (['decode-base64'] as const) : []));
  if (asBase64) return trap('base64-text', found, sizeList(sizes), 'decode-base64');
  if (form === 'hex') return trap('hex-text', found, sizeList(sizes));
  return form === 'base64' ? trap('base64-text', found, sizeList(sizes)) : undefined;
};

/** Bytes of line end behind a value of the right size; 0: none. A key may well end with the byte CR: then the line feed alone is one. */
export const newlineBehind = (s: PolicySecret, value: Bytes): number => {
  const sizes = sizesOf(s);
  const most = newlineSize(value);
  return [most, Math.min(most, 1)].find((n) => n > 0 && sizes.includes(value.length - n)) ?? 0;
};

export const rawSize = (s: PolicySecret, value: Bytes, form: ValueForm): Trap | undefined => {
  const sizes = sizesOf(s);
  const size = value.length;
  if (sizes.includes(size)) return undefined;
  if (newlineBehind(s, value) > 0)
    return trap('trailing-newline', `${size} bytes, a newline at the end`, sizeList(sizes), 'strip-newline');
  if (s.type === 'hmac' && size >= 16 && size < Math.min(...sizes))
    return trap('hmac-short', `${size} bytes`, `${sizeList(sizes)}: a shorter key with zeros behind it`, 'pad-hmac');
  return trap('wrong-size', described(value, form), sizeList(sizes));
};

/** Keys and other random bytes. */
export const rawTraps = (s: PolicySecret, value: Bytes, { form }: FileForm): Trap[] => {
  const encoded = encodedTrap(s, value, form);
  if (encoded) return [encoded];
  const sizes = sizesOf(s);
  const wrong = rawSize(s, value, form);
  if (wrong) return [wrong];
  const traps: Trap[] = [];
  const half = value.length / 2;
  if (value.every((b) => b === value[0])) traps.push(trap('repeated-byte', 'one byte repeated', 'random bytes'));
  if (s.type === 'aes-xts' && same(value.subarray(0, half), value.subarray(half)))
    traps.push(trap('equal-halves', 'two equal halves', 'two different AES keys'));
  if (traps.length === 0 && form !== 'bytes')
    traps.push(
      form === 'text'
        ? trap('text-for-key', described(value, form), `${sizeList(sizes)}, random: nobody types a key`)
        : trap('file-for-bytes', 'a key file or another document', `${sizeList(sizes)}, random`),
    );
  return traps;
};
