/**
 * Private keys as values of a policy: which kind they are, and whether they belong to a certificate (rules P10 and P12).
 * Structures: RFC 8017 (RSA), RFC 5280 and RFC 5480 (SubjectPublicKeyInfo), RFC 5958 (PKCS#8).
 */
import { ed448 } from '@noble/curves/ed448.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { type Bytes, same, wipe } from '../bytes.ts';
import { fail, SelError } from '../errors.ts';
import { children, readTlv, type Tlv } from '../hostkey/der.ts';
import { type EcKind, readEcPrivateKey } from '../secret/eckey.ts';
import { type KeyForm, readKeyBlock } from '../secret/keyfile.ts';
import { publicHalfOf, type SshPublicKey } from './openssh.ts';
import type { KeyKind } from './schema.ts';

/** What is public of a private key. */
export interface PublicHalf {
  readonly form: KeyForm;
  /** as policies name it; absent: one that no policy can ask for */
  readonly kind?: KeyKind;
  /** a point in all its forms, or modulus and exponent of RSA */
  readonly key: { readonly points: readonly Bytes[] } | { readonly modulus: Bytes; readonly exponent: Bytes };
}

const F = 'private key';

const POINTS: Record<EcKind, { kind: KeyKind; points: (key: Bytes) => Bytes[] }> = {
  'ec-p256': { kind: 'ec-p256', points: (k) => [p256.getPublicKey(k, false), p256.getPublicKey(k, true)] },
  'ec-p384': { kind: 'ec-p384', points: (k) => [p384.getPublicKey(k, false), p384.getPublicKey(k, true)] },
  'ec-p521': { kind: 'ec-p521', points: (k) => [p521.getPublicKey(k, false), p521.getPublicKey(k, true)] },
  'ec-ed25519': { kind: 'ed25519', points: (k) => [ed25519.getPublicKey(k)] },
  'ec-ed448': { kind: 'ed448', points: (k) => [ed448.getPublicKey(k)] },
};

/** Content of an INTEGER without the zero in front that only says "positive". */
const unsigned = (bytes: Bytes, tlv: Tlv | undefined): Bytes => {
  if (tlv?.tag !== 0x02) return fail('bad-encoding', F, 'another structure', 'an RSA key');
  const content = bytes.slice(tlv.content, tlv.end);
  return content[0] === 0 ? content.slice(1) : content;
};

/** Modulus and exponent: the first two integers of RSAPublicKey, the second and third of RSAPrivateKey. */
const rsaNumbers = (bytes: Bytes, tlv: Tlv, skip: 0 | 1): { modulus: Bytes; exponent: Bytes } => {
  const parts = children(bytes, tlv, F);
  return { modulus: unsigned(bytes, parts[skip]), exponent: unsigned(bytes, parts[skip + 1]) };
};

/** The RSAPrivateKey inside PKCS#1 or PKCS#8. */
const rsaPrivate = (form: KeyForm, body: Bytes): { modulus: Bytes; exponent: Bytes } => {
  const whole = readTlv(body, 0, body.length, F);
  if (form === 'pkcs1') return rsaNumbers(body, whole, 1);
  const octets = children(body, whole, F).find((t) => t.tag === 0x04);
  if (octets === undefined) return fail('bad-encoding', F, 'another structure', 'an RSA key');
  return rsaNumbers(body, readTlv(body, octets.content, octets.end, F), 1);
};

const rsaKind = ({ modulus }: { modulus: Bytes }): { kind?: KeyKind } => {
  const bits = 8 * modulus.length - Math.clz32((modulus[0] ?? 0) << 24);
  return bits >= 4096 ? { kind: 'rsa-4096' } : bits >= 3072 ? { kind: 'rsa-3072' } : {};
};

/** True when the error says "not a curve of ours", which an RSA key gives as well. */
const isOtherKind = (e: unknown): boolean => e instanceof SelError && e.code === 'wrong-curve';

/**
 * The public half of a private key in PEM or DER.
 * @throws everything of readEcPrivateKey but wrong-curve for RSA keys
 */
export const publicHalf = (file: Bytes): PublicHalf => {
  const { form, body } = readKeyBlock(file);
  try {
    if (form === 'pkcs1') {
      const key = rsaPrivate(form, body);
      return { form, key, ...rsaKind(key) };
    }
    const ec = readEcPrivateKey(file);
    try {
      const { kind, points } = POINTS[ec.kind];
      return { form, kind, key: { points: points(ec.key) } };
    } finally {
      wipe(ec.key);
    }
  } catch (e) {
    if (!isOtherKind(e) || form !== 'pkcs8') throw e;
    const key = rsaPrivate(form, body);
    return { form, key, ...rsaKind(key) };
  } finally {
    wipe(body);
  }
};

/** The public key of an OpenSSH private key file. @throws everything of readKeyBlock and publicHalfOf; not-recognised for another form */
export const sshHostKeyOf = (file: Bytes): SshPublicKey => {
  const { form, body } = readKeyBlock(file);
  try {
    if (form !== 'openssh') fail('not-recognised', F, `a ${form} key`, 'an OpenSSH private key');
    return publicHalfOf(body, 'OpenSSH private key');
  } finally {
    wipe(body);
  }
};

/** Whether a key is the one of a certificate. @param spki SubjectPublicKeyInfo, DER @throws bad-encoding */
export const isKeyOf = (half: PublicHalf, spki: Bytes): boolean => {
  const what = 'certificate, public key';
  const bits = children(spki, readTlv(spki, 0, spki.length, what), what)[1];
  if (bits?.tag !== 0x03) return fail('bad-encoding', what, 'another structure', 'a public key');
  // the first byte says how many bits of the last one are unused: none
  const content = spki.subarray(bits.content + 1, bits.end);
  if ('points' in half.key) return half.key.points.some((p) => same(p, content));
  const other = content[0] === 0x30 ? rsaNumbers(content, readTlv(content, 0, content.length, what), 0) : undefined;
  return other !== undefined && same(other.modulus, half.key.modulus) && same(other.exponent, half.key.exponent);
};

/** Whether a kind is one of those a policy allows: more RSA bits than asked for are fine. */
export const kindFits = (allowed: readonly KeyKind[], kind: KeyKind | undefined): boolean =>
  kind !== undefined && (allowed.includes(kind) || (kind === 'rsa-4096' && allowed.includes('rsa-3072')));
