/** What a value file is, whatever it should be: told by its first bytes and its structure, never by its name. */
import { type Bytes, fromUtf8, wipe } from '../bytes.ts';
import { SelError } from '../errors.ts';
import { children, readWhole, TAG } from '../hostkey/der.ts';
import { CERTIFICATE, publicHalfOf } from '../policy/openssh.ts';
import { quiet } from '../quiet.ts';
import { decodeBase64, derForm, isEncryptedBody, type PemBlock, pemBlocks } from '../secret/keyfile.ts';
import { base64Size, hexSize } from './encoding.ts';
import { readLogin } from './login.ts';

/** Forms of a file. Sentences: words/values.ts. */
export const FORMS = [
  'empty',
  'pkcs8',
  'sec1',
  'pkcs1',
  'openssh',
  'encrypted-pkcs8',
  'encrypted-pem',
  'encrypted-openssh',
  'other-key',
  'several-keys',
  'broken-key',
  'public-key',
  'openssh-public',
  'openssh-certificate',
  'certificate',
  'signing-request',
  'other-pem',
  'pkcs12',
  'putty',
  'password-hash',
  'hex',
  'base64',
  'text',
  'bytes',
] as const;
export type ValueForm = (typeof FORMS)[number];

export interface FileForm {
  readonly form: ValueForm;
  /** how a key or certificate is wrapped */
  readonly armor?: 'pem' | 'der';
}

/** What can be read as a private key. */
export const isKey = (f: ValueForm): boolean => f === 'pkcs8' || f === 'sec1' || f === 'pkcs1' || f === 'openssh';

/** In the first 4 KiB, which is further than any marker stands behind comments. */
const standsIn = (file: Bytes, marker: string): boolean => String.fromCharCode(...file.subarray(0, 4096)).includes(marker);

const OPEN_LABELS: Record<string, ValueForm> = {
  'PRIVATE KEY': 'pkcs8',
  'EC PRIVATE KEY': 'sec1',
  'RSA PRIVATE KEY': 'pkcs1',
};

/** An OpenSSH container: its public half stands in clear, and says whether the other half is encrypted. */
const openSshForm = (block: PemBlock): ValueForm => {
  const body = quiet(() => decodeBase64(block.body, 'key'));
  if (body === undefined) return 'broken-key';
  try {
    publicHalfOf(body, 'key');
    return 'openssh';
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
    return e.code === 'encrypted' ? 'encrypted-openssh' : e.code === 'unsupported' ? 'other-key' : 'broken-key';
  } finally {
    wipe(body);
  }
};

const keyForm = (block: PemBlock): ValueForm => {
  if (block.label === 'ENCRYPTED PRIVATE KEY') return 'encrypted-pkcs8';
  if (isEncryptedBody(block)) return 'encrypted-pem';
  if (block.label === 'OPENSSH PRIVATE KEY') return openSshForm(block);
  return OPEN_LABELS[block.label] ?? 'other-key';
};

const pemForm = (file: Bytes): ValueForm => {
  const blocks = quiet(() => pemBlocks(file));
  if (blocks === undefined || blocks.length === 0) return 'broken-key';
  const [key, ...more] = blocks.filter((b) => b.label.endsWith('PRIVATE KEY'));
  if (key !== undefined) return more.length > 0 ? 'several-keys' : keyForm(key);
  const has = (end: string): boolean => blocks.some((b) => b.label.endsWith(end));
  if (has('CERTIFICATE')) return 'certificate';
  if (has('PUBLIC KEY')) return 'public-key';
  return has('CERTIFICATE REQUEST') ? 'signing-request' : 'other-pem';
};

/** PFX of RFC 7292: version 3, then a structure. */
const isPkcs12 = (file: Bytes): boolean => {
  const parts = quiet(() => children(file, readWhole(file, TAG.sequence, 'file'), 'file')) ?? [];
  const [version, content] = parts;
  return version?.tag === TAG.integer && file[version.content] === 3 && content?.tag === TAG.sequence;
};

/** A structure that fills the whole file; random bytes are none but for one in many billions. */
const derFileForm = (file: Bytes): ValueForm | undefined => {
  const form = file[0] === TAG.sequence ? quiet(() => derForm(file)) : undefined;
  return form === 'other' ? (isPkcs12(file) ? 'pkcs12' : undefined) : form;
};

/** Every byte is one of UTF-8 text, and none a control character but tab and line ends. */
const isText = (file: Bytes): boolean =>
  file.every((b) => b >= 0x20 || b === 0x09 || b === 0x0a || b === 0x0d) && quiet(() => fromUtf8(file, 'file')) !== undefined;

/** One line of text: type, key, comment. */
const sshLineForm = (file: Bytes): ValueForm | undefined => {
  const [, type] = /^\s*((?:ssh|ecdsa|sk)-[a-z0-9@.-]+) +AAAA/.exec(String.fromCharCode(...file.subarray(0, 256))) ?? [];
  return type === undefined ? undefined : type.endsWith(CERTIFICATE) ? 'openssh-certificate' : 'openssh-public';
};

/** Texts by what is in them. */
const textForm = (file: Bytes): ValueForm => {
  const line = sshLineForm(file);
  if (line) return line;
  if (standsIn(file, 'PuTTY-User-Key-File')) return 'putty';
  if (hexSize(file) !== undefined) return 'hex';
  const { what } = readLogin(file);
  if (what !== 'clear') return 'password-hash';
  return base64Size(file) === undefined ? 'text' : 'base64';
};

/** What a file is. Never throws. */
export const formOf = (file: Bytes): FileForm => {
  if (file.length === 0) return { form: 'empty' };
  if (standsIn(file, '-----BEGIN ')) return { form: pemForm(file), armor: 'pem' };
  const der = derFileForm(file);
  if (der) return { form: der, armor: 'der' };
  return { form: isText(file) ? textForm(file) : 'bytes' };
};
