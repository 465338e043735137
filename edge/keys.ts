/** RSA keys and signatures by Node's crypto: what core gets passed in for certificates. */
import { createPublicKey, createSign, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import type { VerifySignature } from '../core/hostkey/signature.ts';
import type { PkiKeys, SigningKey } from '../core/sample/pki.ts';

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

/** Checks a signature with Node's crypto; a key of another kind than the algorithm's never fits. */
export const verifySignature: VerifySignature = (hash, family, spki, data, signature) => {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== (family === 'rsa' ? 'rsa' : 'ec')) return false;
    return verify(hash, data, key, signature);
  } catch {
    return false;
  }
};
