/**
 * Private keys as values of a policy: which kind they are, and whether they belong to a certificate (rules P10 and P12).
 * Structures: RFC 8017 (RSA), RFC 5280 and RFC 5480 (SubjectPublicKeyInfo), RFC 5958 (PKCS#8).
 */
import { type Bytes, same, wipe } from '../bytes.ts';
import { fail } from '../errors.ts';
import { children, expectTag, readWhole, TAG } from '../hostkey/der.ts';
import { curveOf } from '../secret/curves.ts';
import { readEcPrivateKey } from '../secret/eckey.ts';
import { type KeyForm, readKeyBlock } from '../secret/keyfile.ts';
import { readRsaPrivateKey, rsaIn, unsigned } from '../secret/rsakey.ts';
import { publicHalfOf, rsaKind, type SshPublicKey } from './openssh.ts';
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

/** What is public of an RSA key. @param pkcs1 RSAPrivateKey, DER */
const rsaHalf = (form: KeyForm, pkcs1: Bytes): PublicHalf => {
  const { modulus, exponent } = readRsaPrivateKey(pkcs1);
  const kind = rsaKind(modulus);
  return { form, key: { modulus: modulus.slice(), exponent: exponent.slice() }, ...(kind ? { kind } : {}) };
};

/**
 * The public half of a private key in PEM or DER.
 * @throws everything of readEcPrivateKey but wrong-curve for RSA keys
 */
export const publicHalf = (file: Bytes): PublicHalf => {
  const { form, body } = readKeyBlock(file);
  try {
    const rsa = rsaIn({ form, body });
    if (rsa !== undefined) return rsaHalf(form, rsa);
    const { kind, key } = readEcPrivateKey(file);
    const curve = curveOf(kind);
    const point = curve.publicKey(key);
    wipe(key);
    return { form, kind: curve.policyName, key: { points: [point, curve.compressed(point)] } };
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
  const bits = expectTag(children(spki, readWhole(spki, TAG.sequence, what), what)[1], TAG.bitString, what);
  // the first byte says how many bits of the last one are unused: none
  const content = spki.subarray(bits.content + 1, bits.end);
  if ('points' in half.key) return half.key.points.some((p) => same(p, content));
  if (content[0] !== TAG.sequence) return false;
  const [modulus, exponent] = children(content, readWhole(content, TAG.sequence, what), what);
  return same(unsigned(content, modulus, what), half.key.modulus) && same(unsigned(content, exponent, what), half.key.exponent);
};

/** Whether a kind is one of those a policy allows: more RSA bits than asked for are fine. */
export const kindFits = (allowed: readonly KeyKind[], kind: KeyKind | undefined): boolean =>
  kind !== undefined && (allowed.includes(kind) || (kind === 'rsa-4096' && allowed.includes('rsa-3072')));
