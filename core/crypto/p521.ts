/**
 * secp521r1 as the formats use it: points are x then y, each left-padded with zeros to 80 bytes (160 in all); the shared
 * secret is the x coordinate in 66 bytes; keys that wrap come from it by one block of the X9.63 / SP 800-56A one-step KDF.
 * Source: spec page "asrcb", steps 2 and 3.
 */
import { p521 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, hex, join, padLeft, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';

/** Bytes of one coordinate in the formats of the reference. */
export const COORDINATE_SIZE = 80;
/** Bytes of a public key in the formats of the reference: x then y. */
export const PUBLIC_SIZE = 2 * COORDINATE_SIZE;
/** Bytes of a coordinate or private scalar of the curve itself. */
export const SCALAR_SIZE = 66;

/** A key pair: the scalar in 66 bytes (secret, wipe after use) and the public point in 160. */
export interface KeyPair {
  readonly privateKey: Bytes;
  readonly publicKey: Bytes;
}

/** Uncompressed SEC1 point (0x04, x, y in 133 bytes) to the 160 bytes of the formats. @throws not-on-curve */
export const encodePoint = (sec1: Bytes, field: string): Bytes => {
  try {
    return writePoint(p521.Point.fromBytes(sec1).toAffine());
  } catch {
    return fail('not-on-curve', field, `${sec1.length} bytes`, 'a point of secp521r1');
  }
};

/** The 160 bytes of a point. */
export const writePoint = ({ x, y }: { readonly x: bigint; readonly y: bigint }): Bytes => join(coordinate(x), coordinate(y));

const coordinate = (n: bigint): Bytes => {
  const out = new Uint8Array(COORDINATE_SIZE);
  let rest = n;
  for (let i = COORDINATE_SIZE - 1; rest > 0n; i--) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
};

/**
 * The point of 160 bytes, checked: padding zero, coordinates below the prime, on the curve, not the point at infinity.
 * @returns the uncompressed SEC1 form, 133 bytes
 * @throws wrong-length, not-on-curve
 */
export const decodePoint = (encoded: Bytes, field: string): Bytes => {
  if (encoded.length !== PUBLIC_SIZE) fail('wrong-length', field, `${encoded.length} bytes`, `${PUBLIC_SIZE} bytes`);
  const pad = COORDINATE_SIZE - SCALAR_SIZE;
  const padding = join(encoded.subarray(0, pad), encoded.subarray(COORDINATE_SIZE, COORDINATE_SIZE + pad));
  if (padding.some((b) => b !== 0)) fail('not-on-curve', field, 'coordinates over 66 bytes', 'a point of secp521r1');
  const sec1 = join(
    new Uint8Array([4]),
    encoded.subarray(pad, COORDINATE_SIZE),
    encoded.subarray(COORDINATE_SIZE + pad, PUBLIC_SIZE),
  );
  try {
    p521.Point.fromBytes(sec1).assertValidity();
  } catch {
    fail('not-on-curve', field, `x = ${hex(encoded.subarray(pad, pad + 4))}...`, 'a point of secp521r1');
  }
  return sec1;
};

/** The key pair of a private scalar of at most 80 bytes, left-padded. @throws bad-value when it is zero or not below the order */
export const keyPair = (scalar: Bytes, field: string): KeyPair => {
  let start = 0;
  while (scalar.length - start > SCALAR_SIZE && scalar[start] === 0) start++;
  const privateKey = padLeft(scalar.subarray(start), SCALAR_SIZE, field);
  if (!p521.utils.isValidSecretKey(privateKey)) fail('bad-value', field, 'a number out of range', 'a private key of secp521r1');
  return { privateKey, publicKey: encodePoint(p521.getPublicKey(privateKey, false), field) };
};

/** A fresh private scalar, 66 bytes. Draws 99 bytes, so that it is as good as uniform. */
export const freshScalar = (env: Env): Bytes => {
  const seed = env.random(99);
  const scalar = p521.utils.randomSecretKey(seed);
  wipe(seed);
  return scalar;
};

/** A fresh key pair. */
export const freshKeyPair = (env: Env): KeyPair => {
  const privateKey = freshScalar(env);
  return { privateKey, publicKey: encodePoint(p521.getPublicKey(privateKey, false), 'new key') };
};

/**
 * The key-encryption key that two parties share: SHA-256(Z || 00000001), Z = x of the ECDH in 66 bytes.
 * @param publicKey the other side's point, 160 bytes @returns 32 bytes, secret @throws not-on-curve
 */
export const sharedKek = (privateKey: Bytes, publicKey: Bytes, field: string): Bytes =>
  kekOf(p521.getSharedSecret(privateKey, decodePoint(publicKey, field), true));

/** The key-encryption key of a shared point. @param prefixed compressed, so that x follows one byte: secret, wiped here */
export const kekOf = (prefixed: Bytes): Bytes => {
  const input = join(prefixed.subarray(1), new Uint8Array([0, 0, 0, 1]));
  const kek = sha256(input);
  wipe(prefixed, input);
  return kek;
};

/** The two dear operations: a multiplication on the curve for the one, and one a host for the other. */
export interface KeyAgreement {
  /** A fresh key pair. The same randomness gives the same pair, whichever way it is computed. */
  freshKeyPair(env: Env): KeyPair;
  /** {@link sharedKek} with each of several others, in their order. */
  sharedKeks(privateKey: Bytes, publicKeys: readonly Bytes[], field: string): Bytes[];
}

/** With noble's own curve: the default. For many requests to the same hosts there is core/crypto/fast.ts. */
export const plainAgreement: KeyAgreement = {
  freshKeyPair,
  sharedKeks: (privateKey, publicKeys, field) => publicKeys.map((k) => sharedKek(privateKey, k, field)),
};

/** The public host-key hash (PHKH): SHA-256 of the 160 bytes. @returns 32 bytes */
export const publicKeyHash = (publicKey: Bytes): Bytes => sha256(publicKey);
