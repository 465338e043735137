/** Ed25519 signatures (RFC 8032), strict: no second encoding of a point, no key of small order, no unreduced scalar. */
import { ed25519 } from '@noble/curves/ed25519.js';
import type { Bytes } from '../bytes.ts';
import { fail } from '../errors.ts';

export const ED25519_KEY_SIZE = 32;
export const ED25519_SIGNATURE_SIZE = 64;

/** The public key of a seed, 32 bytes. @throws wrong-length */
export const ed25519PublicKey = (seed: Bytes): Bytes => {
  if (seed.length !== ED25519_KEY_SIZE) fail('wrong-length', 'Ed25519 seed', `${seed.length} bytes`, `${ED25519_KEY_SIZE} bytes`);
  return ed25519.getPublicKey(seed);
};

/** Signs. @param seed 32 bytes, secret @returns 64 bytes @throws wrong-length */
export const ed25519Sign = (seed: Bytes, message: Bytes): Bytes => {
  if (seed.length !== ED25519_KEY_SIZE) fail('wrong-length', 'Ed25519 seed', `${seed.length} bytes`, `${ED25519_KEY_SIZE} bytes`);
  return ed25519.sign(message, seed);
};

/** Whether a signature fits. Never throws: what has the wrong size does not fit. */
export const ed25519Verify = (publicKey: Bytes, message: Bytes, signature: Bytes): boolean =>
  publicKey.length === ED25519_KEY_SIZE &&
  signature.length === ED25519_SIGNATURE_SIZE &&
  ed25519.verify(signature, message, publicKey, { zip215: false });
