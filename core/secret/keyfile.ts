/**
 * The private key in a key file: PEM or DER, and what else people choose by mistake. PEM is decoded from bytes to bytes, so
 * that no text, which cannot be wiped, ever holds a key.
 */
import { type Bytes, utf8, wipe } from '../bytes.ts';
import { fail } from '../errors.ts';
import { children, readTlv, TAG, type Tlv } from '../hostkey/der.ts';

/** How the key is written inside its block. */
export type KeyForm = 'pkcs8' | 'sec1' | 'pkcs1' | 'openssh';

/** The private key of a file. Secret: wipe `body` after use. */
export interface KeyBlock {
  readonly form: KeyForm;
  /** DER, or for openssh the bytes of its own format */
  readonly body: Bytes;
}

/** Largest key file read, in bytes: a key of 16384 bits takes 13 KiB. */
export const KEY_FILE_MAX = 64 * 1024;

const F = 'private key';
const FORM_OF_LABEL: Record<string, KeyForm> = {
  'PRIVATE KEY': 'pkcs8',
  'EC PRIVATE KEY': 'sec1',
  'RSA PRIVATE KEY': 'pkcs1',
  'OPENSSH PRIVATE KEY': 'openssh',
};

const standsAt = (bytes: Bytes, needle: Bytes, at: number): boolean => needle.every((b, i) => bytes[at + i] === b);

/** The first place of `needle` at or behind `from`, or -1. */
const find = (bytes: Bytes, needle: Bytes, from: number): number => {
  let at = bytes.indexOf(needle[0] as number, from);
  while (at >= 0 && !standsAt(bytes, needle, at)) at = bytes.indexOf(needle[0] as number, at + 1);
  return at;
};

const BEGIN = utf8('-----BEGIN ');
const END = utf8('-----END ');
const DASHES = utf8('-----');
const ENCRYPTED_HEADER = utf8('Proc-Type: 4,ENCRYPTED');

const ascii = (bytes: Bytes): string => String.fromCharCode(...bytes);

/** Value of a Base64 character, 64 for padding, -1 for white space, -2 for anything else. */
const sextet = (c: number): number => {
  if (c >= 0x41 && c <= 0x5a) return c - 0x41;
  if (c >= 0x61 && c <= 0x7a) return c - 0x61 + 26;
  if (c >= 0x30 && c <= 0x39) return c - 0x30 + 52;
  if (c === 0x2b) return 62;
  if (c === 0x2f) return 63;
  if (c === 0x3d) return 64;
  return c === 0x20 || (c >= 0x09 && c <= 0x0d) ? -1 : -2;
};

/** Base64 with padding and white space, from bytes to bytes. Secret when it is one: wipe after use. @throws bad-encoding */
export const decodeBase64 = (text: Bytes, field: string): Bytes => {
  const bad = (): never => fail('bad-encoding', field, 'text that is not Base64', 'Base64');
  const out = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let size = 0;
  let count = 0;
  let padding = 0;
  let group = 0;
  for (const c of text) {
    const v = sextet(c);
    if (v === -1) continue;
    if (v === -2 || (padding > 0 && v !== 64)) bad();
    if (v === 64) padding++;
    group = (group << 6) | (v & 63);
    if (++count % 4 !== 0) continue;
    out[size++] = (group >>> 16) & 0xff;
    out[size++] = (group >>> 8) & 0xff;
    out[size++] = group & 0xff;
    group = 0;
  }
  if (count % 4 !== 0 || padding > 2) bad();
  const body = out.slice(0, size - padding);
  wipe(out);
  return body;
};

const encrypted = (how: string): never => fail('encrypted', F, how, 'a key without a passphrase');

/** A PEM block. `body` is where it stands in the file, not a copy. */
export interface PemBlock {
  readonly label: string;
  readonly body: Bytes;
}

/** Whether an old PEM block has headers that say it is encrypted. */
export const isEncryptedBody = (b: PemBlock): boolean => find(b.body, ENCRYPTED_HEADER, 0) >= 0;

/** Every PEM block of the file: its label and where its body is. @throws too-short */
export const pemBlocks = (file: Bytes): PemBlock[] => {
  const blocks: PemBlock[] = [];
  for (let at = find(file, BEGIN, 0); at >= 0; at = find(file, BEGIN, at)) {
    const labelAt = at + BEGIN.length;
    const labelEnd = find(file, DASHES, labelAt);
    if (labelEnd < 0 || labelEnd - labelAt > 64) {
      at = labelAt;
      continue;
    }
    const label = ascii(file.subarray(labelAt, labelEnd));
    const bodyAt = labelEnd + DASHES.length;
    const end = find(file, END, bodyAt);
    if (end < 0 || !standsAt(file, utf8(`${label}-----`), end + END.length))
      return fail('too-short', `PEM block ${label}`, 'no end line', `-----END ${label}-----`);
    blocks.push({ label, body: file.subarray(bodyAt, end) });
    at = end;
  }
  return blocks;
};

/** What a label of something that is not a private key says it is. */
const notAKey = (label: string): string => (label.endsWith('CERTIFICATE') ? 'a certificate' : `a block "${label}"`);

const fromPem = (file: Bytes): KeyBlock => {
  const blocks = pemBlocks(file);
  const keys = blocks.filter((b) => b.label.endsWith('PRIVATE KEY'));
  const [key] = keys;
  if (key === undefined) {
    const label = blocks.find((b) => b.label !== 'EC PARAMETERS')?.label ?? blocks[0]?.label ?? '';
    return fail('not-recognised', F, label.endsWith('PUBLIC KEY') ? 'a public key' : notAKey(label), 'a private key');
  }
  if (keys.length > 1) fail('duplicate', F, `${keys.length} private keys in one file`, 'one private key');
  if (key.label === 'ENCRYPTED PRIVATE KEY') encrypted('an encrypted PKCS#8 key');
  if (isEncryptedBody(key)) encrypted('an encrypted PEM key');
  const form = FORM_OF_LABEL[key.label] ?? fail('wrong-curve', F, `a block "${key.label}"`, 'an elliptic-curve or RSA key');
  return { form, body: decodeBase64(key.body, `PEM block ${key.label}`) };
};

/** What a DER structure is. */
export type DerForm = Exclude<KeyForm, 'openssh'> | 'encrypted-pkcs8' | 'public-key' | 'certificate' | 'other';

/** What a DER structure is, by the types of its first elements. @throws bad-encoding, trailing-bytes */
export const derForm = (file: Bytes): DerForm => {
  const outer = readTlv(file, 0, file.length, F);
  if (outer.end !== file.length) fail('trailing-bytes', F, `${file.length - outer.end} bytes behind it`, 'nothing');
  const [first, second, third] = children(file, outer, F);
  const is = (t: Tlv | undefined, tag: number): boolean => t?.tag === tag;
  if (is(first, TAG.integer) && is(second, TAG.sequence) && is(third, TAG.octetString)) return 'pkcs8';
  if (is(first, TAG.integer) && is(second, TAG.octetString)) return 'sec1';
  if (is(first, TAG.integer) && is(second, TAG.integer)) return 'pkcs1';
  if (is(first, TAG.sequence) && is(second, TAG.octetString)) return 'encrypted-pkcs8';
  if (is(first, TAG.sequence) && is(second, TAG.bitString)) return 'public-key';
  if (is(first, TAG.sequence) && is(second, TAG.sequence)) return 'certificate';
  return 'other';
};

const fromDer = (file: Bytes): KeyBlock => {
  const form = derForm(file);
  if (form === 'encrypted-pkcs8') return encrypted('an encrypted PKCS#8 key');
  if (form === 'public-key') return fail('not-recognised', F, 'a public key', 'a private key');
  if (form === 'certificate') return fail('not-recognised', F, 'a certificate', 'a private key');
  if (form === 'other') return fail('not-recognised', F, 'another structure', 'a private key');
  return { form, body: file.slice() };
};

/**
 * The one private key of a file: PEM (PKCS#8, SEC1, PKCS#1, OpenSSH) or DER (PKCS#8, SEC1, PKCS#1).
 * Parameters, certificates and public keys beside it are passed over.
 * @throws empty; too-long over 64 KiB; encrypted; duplicate for several keys; not-recognised for a public key, a certificate or
 * something else; wrong-curve for keys of other kinds; bad-encoding, too-short, trailing-bytes for broken ones
 */
export const readKeyBlock = (file: Bytes): KeyBlock => {
  if (file.length === 0) fail('empty', F, '0 bytes', 'a private key in PEM, DER or OpenSSH form');
  if (file.length > KEY_FILE_MAX) fail('too-long', F, `${file.length} bytes`, `at most ${KEY_FILE_MAX} bytes`);
  if (find(file, BEGIN, 0) >= 0) return fromPem(file);
  if (file[0] === TAG.sequence) return fromDer(file);
  const head = ascii(file.subarray(0, 40));
  if (/^(ssh-|ecdsa-sha2-|sk-)/.test(head)) fail('not-recognised', F, 'an OpenSSH public key', 'a private key');
  if (head.startsWith('PuTTY-User-Key-File')) fail('not-recognised', F, 'a PuTTY key file', 'PEM, DER or OpenSSH form');
  return fail('not-recognised', F, 'something else', 'a private key in PEM, DER or OpenSSH form');
};
