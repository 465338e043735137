/**
 * secp521r1 for many requests to the same hosts: a host key is the same point in all of them, so its multiples are computed once, and
 * a multiplication becomes a sum of table entries. The curve is noble's, over the field of core/crypto/mersenne.ts; scalars stay
 * blinded and tables are looked up as noble does it. What that means for timing: docs/speed.md.
 */
import { type WeierstrassPoint, type WeierstrassPointCons, weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { p521 } from '@noble/curves/nist.js';
import { type Bytes, hex } from '../bytes.ts';
import { mersenneField } from './mersenne.ts';
import { decodePoint, freshScalar, type KeyAgreement, kekOf, sharedKek, writePoint } from './p521.ts';

type Point = WeierstrassPoint<bigint>;

const BASE_WINDOW = 8;
/** Bits of a blinded scalar: the order's, and the 128 that noble adds. */
const SCALAR_BITS = 521 + 128;
/** Most points that the tables of one process part hold together: about 100 MB. */
const POINTS_MAX = 400_000;
const WINDOW_MAX = 8;

/** Points in the table of one key. */
const tableSize = (window: number): number => (Math.ceil(SCALAR_BITS / window) + 1) * 2 ** (window - 1);

/** The widest window, in bits, with which the tables of that many host keys and of the base point stay within their bound. */
export const windowFor = (hostKeys: number): number => {
  let window = WINDOW_MAX;
  while (window > 2 && (hostKeys + 1) * tableSize(window) > POINTS_MAX) window--;
  return window;
};

let made: WeierstrassPointCons<bigint> | undefined;

/** Made when it is first asked for; the base point's table is computed with it, for new key pairs. */
const curve = (): WeierstrassPointCons<bigint> => {
  if (made === undefined) {
    made = weierstrass(p521.Point.CURVE(), { Fp: mersenneField, Fn: p521.Point.Fn });
    made.BASE.precompute(BASE_WINDOW, false);
  }
  return made;
};

/**
 * Computes ahead for a set of host keys: about 0.1 s and 3 MB a key with a window of 8 bits, once; then a multiplication takes 0.5 ms
 * where noble alone takes 10. Keys that are not in the table are taken too, the plain way. Nothing in it is secret.
 * @param hostKeys 160 bytes each @param window bits, 2 to 16: wider is faster and takes more memory
 * @throws wrong-length, not-on-curve
 */
export const hostKeyTable = (hostKeys: readonly Bytes[], window = windowFor(hostKeys.length)): KeyAgreement => {
  const Curve = curve();
  const points = new Map<string, Point>();
  for (const key of hostKeys) {
    const name = hex(key);
    if (points.has(name)) continue;
    points.set(name, Curve.fromBytes(decodePoint(key, 'host key')).precompute(window, false));
  }
  return {
    freshKeyPair: (env) => {
      const privateKey = freshScalar(env);
      const point = Curve.BASE.multiply(Curve.Fn.fromBytes(privateKey));
      point.assertValidity();
      return { privateKey, publicKey: writePoint(point.toAffine()) };
    },
    sharedKek: (privateKey, publicKey, field) => {
      const point = points.get(hex(publicKey));
      if (point === undefined) return sharedKek(privateKey, publicKey, field);
      return kekOf(point.multiply(Curve.Fn.fromBytes(privateKey)).toBytes(true));
    },
  };
};
