/**
 * What is public in OpenSSH's files: the key of a `.pub` line, of a certificate, and the public half that stands in clear in a
 * private key file. Lengths are u32, big-endian. Sources: RFC 4253 section 6.6, RFC 5656, RFC 8709; OpenSSH's PROTOCOL.key and
 * PROTOCOL.certkeys.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, base64, join, same, unbase64, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { curveOfSsh } from '../secret/curves.ts';
import { MAGIC } from '../secret/openssh.ts';
import { Fields, string } from '../secret/sshwire.ts';
import type { KeyKind } from './schema.ts';

export { Fields, string } from '../secret/sshwire.ts';

/** A public key. */
export interface SshPublicKey {
  /** as OpenSSH names it: "ssh-ed25519" */
  readonly type: string;
  /** the key as it goes over the wire */
  readonly blob: Bytes;
  /** as policies name it; absent: one that no policy can ask for, RSA under 3072 bits for example */
  readonly kind?: KeyKind;
}

/** A certificate, as far as it is compared here. Its signature is the business of who trusts the CA. */
export interface SshCertificate {
  readonly key: SshPublicKey;
  readonly use: 'user' | 'host' | 'other';
  readonly principals: readonly string[];
  /** seconds since 1970 */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  /** the key that signed it, as it stands there: not looked at */
  readonly ca: Bytes;
}

/** What stands behind the type of a key in the type of its certificate. */
export const CERTIFICATE = '-cert-v01@openssh.com';

/** Bits of a positive big-endian integer. */
export const bitsOf = (value: Bytes): number => {
  const first = value.findIndex((b) => b !== 0);
  return first < 0 ? 0 : 8 * (value.length - first - 1) + (32 - Math.clz32(value[first] as number));
};

/** The kind of an RSA key; absent under 3072 bits. */
export const rsaKind = (modulus: Bytes): KeyKind | undefined => {
  const bits = bitsOf(modulus);
  return bits >= 4096 ? 'rsa-4096' : bits >= 3072 ? 'rsa-3072' : undefined;
};

/** A key, from the content of its fields behind the type. */
export const sshKeyOf = (type: string, kind: KeyKind | undefined, ...fields: Bytes[]): SshPublicKey => ({
  type,
  blob: join(...[utf8(type), ...fields].map(string)),
  ...(kind ? { kind } : {}),
});

/** The fields of a key behind its type. */
const keyFields = (type: string, f: Fields, what: string): SshPublicKey => {
  if (type === 'ssh-rsa') {
    const e = f.string();
    const n = f.string();
    return sshKeyOf(type, rsaKind(n), e, n);
  }
  const curve = curveOfSsh(type) ?? fail('unsupported', what, `a key of type ${type.slice(0, 40)}`, 'ed25519, ecdsa or rsa');
  const name = curve.ssh?.curve;
  if (name !== undefined && f.text() !== name) fail('bad-value', what, 'a key on another curve than its type says', name);
  const point = f.string();
  const size = curve.edwards ? curve.size : 2 * curve.size + 1;
  if (point.length !== size) fail('wrong-length', what, `${point.length} bytes`, `${size} bytes`);
  return sshKeyOf(type, curve.policyName, ...(name === undefined ? [] : [utf8(name)]), point);
};

const readBlob = (blob: Bytes, what: string): SshPublicKey => {
  const f = new Fields(blob, what);
  const type = f.text();
  // keys on a token: what is behind the type is between sshd and the token
  if (type.startsWith('sk-')) return { type, blob };
  const key = keyFields(type, f, what);
  return f.done ? key : fail('trailing-bytes', what, 'bytes behind the key', 'nothing');
};

/** Type and blob of a line `type base64 [comment]`; what stands before the type are options, which only authorized_keys has. */
const splitLine = (line: string, what: string): { type: string; blob: Bytes } => {
  const m = /(?:^|[ \t])((?:ssh|ecdsa|sk)-[a-z0-9@.-]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]|$)/.exec(line);
  const [, type, text] = m ?? fail('not-recognised', what, 'another line', 'type and key, as in a .pub file');
  return { type: type as string, blob: unbase64(text as string, what) };
};

/**
 * The key of a `.pub` line.
 * @throws not-recognised, bad-encoding, too-short, trailing-bytes, wrong-length, bad-value; unsupported for a key of another type
 */
export const readSshPublicLine = (line: string, what: string): SshPublicKey => {
  const { type, blob } = splitLine(line, what);
  if (type.endsWith(CERTIFICATE)) fail('not-recognised', what, 'a certificate', 'a public key');
  const key = readBlob(blob, what);
  return key.type === type ? key : fail('bad-value', what, `a key of type ${key.type}`, type);
};

/** The certificate of a `-cert.pub` line. @throws the same */
export const readSshCertificate = (line: string, what: string): SshCertificate => {
  const { type, blob } = splitLine(line, what);
  if (!type.endsWith(CERTIFICATE)) fail('not-recognised', what, `a key of type ${type.slice(0, 40)}`, 'an OpenSSH certificate');
  const f = new Fields(blob, what);
  const inner = f.text();
  if (inner !== type) fail('bad-value', what, `a certificate of type ${inner.slice(0, 60)}`, type);
  f.string();
  const key = keyFields(type.slice(0, -CERTIFICATE.length), f, what);
  f.u64();
  const use = f.u32();
  f.string();
  const names = new Fields(f.string(), what);
  const principals: string[] = [];
  while (!names.done) principals.push(names.text());
  const validAfter = f.u64();
  const validBefore = f.u64();
  for (const _ of ['critical options', 'extensions', 'reserved']) f.string();
  const ca = f.string();
  f.string();
  if (!f.done) fail('trailing-bytes', what, 'bytes behind the certificate', 'nothing');
  return { key, use: use === 1 ? 'user' : use === 2 ? 'host' : 'other', principals, validAfter, validBefore, ca };
};

/**
 * The public half of a private key container, which stands in clear even when the private one is encrypted.
 * @param body the bytes inside the PEM block
 * @throws wrong-magic, too-short, trailing-bytes, bad-value, unsupported; encrypted with a passphrase
 */
export const publicHalfOf = (body: Bytes, what: string): SshPublicKey => {
  if (!same(body.subarray(0, MAGIC.length), MAGIC)) fail('wrong-magic', what, 'other first bytes', '"openssh-key-v1"');
  const f = new Fields(body.subarray(MAGIC.length), what);
  const cipher = f.text();
  f.string();
  f.string();
  if (cipher !== 'none') fail('encrypted', what, 'a key with a passphrase', 'a key without a passphrase');
  const count = f.u32();
  if (count !== 1) fail('bad-value', `${what}, number of keys`, count, 1);
  const key = readBlob(f.string(), what);
  const inner = new Fields(f.string(), what);
  const check = inner.u32();
  if (inner.u32() !== check) fail('bad-value', `${what}, check numbers`, 'two numbers', 'the same twice');
  // of the private part only the type is read: that the rest is whole is for sshd and ssh-keygen to say
  const type = inner.text();
  return type === key.type ? key : fail('bad-value', what, `a private key of type ${type.slice(0, 40)}`, key.type);
};

/** A key by its blob, of any type: what is behind the type is not looked at. @throws too-short, bad-encoding */
export const sshKeyBlob = (blob: Bytes, what: string): Pick<SshPublicKey, 'type' | 'blob'> => ({
  type: new Fields(blob, what).text(),
  blob,
});

/** The key as a `.pub` line without comment. */
export const sshPublicLine = (key: Pick<SshPublicKey, 'type' | 'blob'>): string => `${key.type} ${base64(key.blob)}`;

/** The fingerprint as `ssh-keygen -l` prints it: SHA256: and Base64 without padding. */
export const sshFingerprint = (key: Pick<SshPublicKey, 'blob'>): string =>
  `SHA256:${base64(sha256(key.blob)).replace(/=+$/, '')}`;
