/** RSA keys and signatures by Node's crypto: what core gets passed in for certificates. */
import {
  createPrivateKey,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';
import { type Bytes, wipe } from '../core/bytes.ts';
import { fail } from '../core/errors.ts';
import { children, readTlv, TAG } from '../core/hostkey/der.ts';
import { isCertificateLabel, readBlocks } from '../core/hostkey/pem.ts';
import type { VerifySignature } from '../core/hostkey/signature.ts';
import type { Sign, SignedKind } from '../core/request/userdata.ts';
import type { VerifyKey } from '../core/request/verify.ts';
import type { PkiKeys, SigningKey } from '../core/sample/pki.ts';
import { readKeyBlock } from '../core/secret/keyfile.ts';

const signer = (privateKey: KeyObject, spki: Uint8Array): SigningKey => ({
  spki,
  sign: (data) => new Uint8Array(createSign('sha512').update(data).sign(privateKey)),
});

/** A fresh RSA key that signs with SHA-512. */
export const rsaSigningKey = (bits: number): SigningKey => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return signer(privateKey, new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })));
};

/** Three fresh keys for a sample PKI. Bits: 3072 is 128 bits of strength and takes a moment; IBM's own have 4096 and take seconds. */
export const samplePkiKeys = (bits = 3072): PkiKeys => ({
  root: rsaSigningKey(bits),
  intermediate: rsaSigningKey(bits),
  signing: rsaSigningKey(bits),
});

/** A key object made once for the same bytes object. */
const publicKeys = new WeakMap<Uint8Array, KeyObject>();

const keyToCheckWith = (spki: Uint8Array): KeyObject => {
  const key = publicKeys.get(spki) ?? createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  publicKeys.set(spki, key);
  return key;
};

/** Checks a signature with Node's crypto; a key of another kind than the algorithm's never fits. */
export const verifySignature: VerifySignature = (hash, family, spki, data, signature) => {
  try {
    const key = keyToCheckWith(spki);
    if (key.asymmetricKeyType !== (family === 'rsa' ? 'rsa' : 'ec')) return false;
    return verify(hash, data, key, signature);
  } catch {
    return false;
  }
};

const SIGNERS = 'EC on secp521r1, RSA with 2048 or 3072 bits';

/** The kind of user data a key signs, or what it is instead. RSA by the bytes of its modulus, as the reference counts. */
const signedKindOf = (key: KeyObject, field: string): SignedKind => {
  const type = key.asymmetricKeyType;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (type === 'ec' && curve === 'secp521r1') return 'signed-ec-p521';
  if (type === 'rsa' && Math.ceil(bits / 8) === 256) return 'signed-rsa-2048';
  if (type === 'rsa' && Math.ceil(bits / 8) === 384) return 'signed-rsa-3072';
  return fail('wrong-curve', field, type === 'rsa' ? `RSA with ${bits} bits` : (curve ?? type ?? 'another key'), SIGNERS);
};

/** Node's error says nothing a user could use, and might quote the file. */
const quietly = (field: string, expected: string, read: () => KeyObject): KeyObject => {
  try {
    return read();
  } catch {
    return fail('bad-encoding', field, 'a structure that is not a key', expected);
  }
};

/** Signs user data; wipes nothing, because the key is Node's own: let go of it after use. */
export interface UserDataSigner {
  readonly kind: SignedKind;
  readonly sign: Sign;
}

/**
 * The user's signing key: PEM or DER, PKCS#8, SEC1 or PKCS#1.
 * @throws what readKeyBlock throws, not-recognised for an OpenSSH file too; wrong-curve for keys of other kinds; bad-encoding
 */
export const readUserSigner = (file: Bytes): UserDataSigner => {
  const F = 'user signing key';
  const { form, body } = readKeyBlock(file);
  try {
    if (form === 'openssh')
      return fail('not-recognised', F, 'an OpenSSH file', 'PEM or DER: convert a copy with "ssh-keygen -p -m PEM"');
    const key = quietly(F, 'a private key', () => createPrivateKey({ key: Buffer.from(body), format: 'der', type: form }));
    return { kind: signedKindOf(key, F), sign: (data) => new Uint8Array(sign('sha512', data, key)) };
  } finally {
    wipe(body);
  }
};

/** The key of a certificate, the first of several as in a chain, or the one public key of a file. */
const publicKeyOf = (file: Bytes, field: string): KeyObject => {
  const blocks = readBlocks(file, field).filter((b) => !b.label?.endsWith('PARAMETERS'));
  const [block] = blocks;
  if (block === undefined) return fail('not-found', field, 'other PEM blocks', 'a certificate or a public key');
  const { label, der } = block;
  if (label?.endsWith('PRIVATE KEY')) return fail('not-recognised', field, 'a private key', 'a certificate or a public key');
  const second = children(der, readTlv(der, 0, der.length, field), field)[1];
  const isKey = label === undefined ? second?.tag === TAG.bitString : label.endsWith('PUBLIC KEY');
  if (!isKey && label !== undefined && !isCertificateLabel(label))
    return fail('not-recognised', field, `a block "${label}"`, 'a certificate or a public key');
  if (!isKey) return quietly(field, 'a certificate', () => new X509Certificate(der).publicKey);
  if (blocks.length > 1) fail('duplicate', field, `${blocks.length} blocks in one file`, 'one public key');
  const type = label === 'RSA PUBLIC KEY' ? 'pkcs1' : 'spki';
  return quietly(field, 'a public key', () => createPublicKey({ key: Buffer.from(der), format: 'der', type }));
};

/**
 * The key that checks signed user data: a certificate (its chain is not looked at) or a public key, PEM or DER.
 * @throws empty, not-recognised, not-found, duplicate, bad-encoding; wrong-curve for keys of other kinds
 */
export const readUserVerifyKey = (file: Bytes): VerifyKey => {
  const F = 'public key of the signer';
  const key = publicKeyOf(file, F);
  return { kind: signedKindOf(key, F), spki: new Uint8Array(key.export({ type: 'spki', format: 'der' })) };
};
