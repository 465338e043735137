/**
 * secp521r1 for many requests to the same hosts: a host key is the same point in all of them, so its multiples are computed once, and
 * a multiplication becomes a sum of table entries. The curve and the walk through the tables are noble's, over the field of
 * core/crypto/mersenne.ts. What that means for timing: docs/speed.md.
 */
import { normalizeZ, ScalarMultiplier } from '@noble/curves/abstract/curve.js';
import { type WeierstrassPoint, type WeierstrassPointCons, weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { p521 } from '@noble/curves/nist.js';
import { type Bytes, hex } from '../bytes.ts';
import { mersenneField } from './mersenne.ts';
import { decodePoint, freshScalar, type KeyAgreement, kekOf, sharedKek, writePoint } from './p521.ts';

type Point = WeierstrassPoint<bigint>;

const SCALAR_BITS = 521;
/** Most points that the tables of one thread hold together: about 100 MB. */
const POINTS_MAX = 400_000;
const WINDOW_MAX = 9;

/** Points in the table of one key. */
const tableSize = (window: number): number => (Math.ceil(SCALAR_BITS / window) + 1) * 2 ** (window - 1);

/** The widest window, in bits, with which the tables of that many host keys and of the base point stay within their bound. */
export const windowFor = (hostKeys: number): number => {
  let window = WINDOW_MAX;
  while (window > 2 && (hostKeys + 1) * tableSize(window) > POINTS_MAX) window--;
  return window;
};

/** The curve over the fast field, with tables. */
class FastCurve {
  readonly #Curve: WeierstrassPointCons<bigint> = weierstrass(p521.Point.CURVE(), { Fp: mersenneField, Fn: p521.Point.Fn });
  /** without a source of randomness it does not blind: a scalar is used once a host here, and wiped */
  readonly #multiplier = new ScalarMultiplier(this.#Curve);
  #baseWindow = 0;

  /** A point whose multiples are computed now. @param sec1 133 bytes, checked */
  withTable(sec1: Bytes, window: number): Point {
    return this.#compute(this.#Curve.fromBytes(sec1), window);
  }

  /** The base point with a table at least that wide. */
  base(window: number): Point {
    const { BASE } = this.#Curve;
    if (window <= this.#baseWindow) return BASE;
    this.#baseWindow = window;
    return this.#compute(BASE, window);
  }

  #compute(point: Point, window: number): Point {
    this.#multiplier.setWindowSize(point, window);
    this.multiply([point], 3n);
    return point;
  }

  /** Multiples of several points by one scalar, all of them brought to affine form by one inversion. */
  multiply(points: readonly Point[], scalar: bigint): Point[] {
    const normalize = (all: Point[]): Point[] => normalizeZ(this.#Curve, all);
    // the second sum is what digits of zero were added to: it is carried to the end like the first
    const sums = points.flatMap((point) => {
      const { p, f } = this.#multiplier.mulCT(point, scalar, normalize);
      return [p, f];
    });
    return normalize(sums).filter((_, i) => i % 2 === 0);
  }

  /** @param scalar 66 bytes, secret @returns points that are on the curve */
  multiplyBytes(points: readonly Point[], scalar: Bytes): Point[] {
    const products = this.multiply(points, this.#Curve.Fn.fromBytes(scalar));
    for (const p of products) p.assertValidity();
    return products;
  }
}

let made: FastCurve | undefined;
/** Made when it is first asked for. */
const fastCurve = (): FastCurve => {
  made ??= new FastCurve();
  return made;
};

/**
 * Computes ahead for a set of host keys: about 0.15 s and 4 MB a key with a window of 9 bits, once; then a multiplication takes 0.4 ms
 * where noble alone takes 10. Keys that are not in the table are taken too, the plain way. Nothing in it is secret.
 * @param hostKeys 160 bytes each @param window bits, 2 to 16: wider is faster and takes more memory
 * @throws wrong-length, not-on-curve
 */
export const hostKeyTable = (hostKeys: readonly Bytes[], window = windowFor(hostKeys.length)): KeyAgreement => {
  const curve = fastCurve();
  const base = curve.base(window);
  const points = new Map<string, Point>();
  for (const key of hostKeys) {
    const name = hex(key);
    if (!points.has(name)) points.set(name, curve.withTable(decodePoint(key, 'host key'), window));
  }
  return {
    freshKeyPair: (env) => {
      const privateKey = freshScalar(env);
      const [point] = curve.multiplyBytes([base], privateKey);
      return { privateKey, publicKey: writePoint((point as Point).toAffine()) };
    },
    sharedKeks: (privateKey, publicKeys, field) => {
      const known = publicKeys.map((k) => points.get(hex(k)));
      const products = curve.multiplyBytes(
        known.filter((p) => p !== undefined),
        privateKey,
      );
      return known.map((point, i) =>
        point === undefined
          ? sharedKek(privateKey, publicKeys[i] as Bytes, field)
          : kekOf((products.shift() as Point).toBytes(true)),
      );
    },
  };
};
