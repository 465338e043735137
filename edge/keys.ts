/** RSA keys and signatures by Node's crypto: what core gets passed in for certificates. */
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
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
