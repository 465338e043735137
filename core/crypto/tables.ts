/**
 * Multiples of fixed points of secp521r1, and multiplication by adding them up. A scalar is written in digits that are odd and signed, so
 * that every window adds one entry of its table, whatever the scalar is. Points and their sums are noble's, over the field of
 * core/crypto/mersenne.ts; only the tables themselves, whose entries are public, are added up here in affine form, many at a time. That all
 * of it agrees with noble's own multiplication is a property test: tests/crypto/fast.test.ts.
 */
import { normalizeZ } from '@noble/curves/abstract/curve.js';
import { FpInvertBatch } from '@noble/curves/abstract/modular.js';
import { type WeierstrassPoint, type WeierstrassPointCons, weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { p521 } from '@noble/curves/nist.js';
import { mersenneField as F } from './mersenne.ts';

export type Point = WeierstrassPoint<bigint>;

const ORDER = p521.Point.Fn.ORDER;
const SCALAR_BITS = 521;

/** The curve over the fast field. */
export const FastCurve: WeierstrassPointCons<bigint> = weierstrass(p521.Point.CURVE(), { Fp: F, Fn: p521.Point.Fn });

/**
 * Multiples of one point P in affine form: for each window i, and in it for each j, the multiple (2j + 1) * 2^(window * i) * P. All windows
 * one behind the other. Plain data, so that threads can pass it on.
 */
export interface PointTable {
  readonly x: readonly bigint[];
  readonly y: readonly bigint[];
}

/** Windows of a scalar. @param window bits of one */
const windowsOf = (window: number): number => Math.ceil(SCALAR_BITS / window);

/** Entries of one window. */
const entriesOf = (window: number): number => 2 ** (window - 1);

/** Entries of the table of one point. @param window bits */
export const tableSize = (window: number): number => windowsOf(window) * entriesOf(window);

/** Where the windows of a point begin: 2^(window * i) * P and the double of it, by turns. */
const startsOf = (point: Point, window: number): Point[] => {
  const starts: Point[] = [];
  let start = point;
  for (let i = 0; i < windowsOf(window); i++) {
    let next = start.double();
    starts.push(start, next);
    for (let bit = 1; bit < window; bit++) next = next.double();
    start = next;
  }
  return starts;
};

/**
 * The tables of several points. All windows of all of them grow by one entry at a time: one inversion serves a whole row of additions.
 * No two points of an addition have the same x, because their multiples differ and are below the order, which is a prime.
 * @param points on the curve, not zero: public @param window bits, 2 to 16
 */
export const computeTables = (points: readonly Point[], window: number): PointTable[] => {
  const starts = normalizeZ(
    FastCurve,
    points.flatMap((p) => startsOf(p, window)),
  ).map((p) => p.toAffine());
  const [count, entries] = [starts.length / 2, entriesOf(window)];
  const rows = Array.from({ length: count }, (_, i) => {
    const first = starts[2 * i] as { x: bigint; y: bigint };
    return { step: starts[2 * i + 1] as { x: bigint; y: bigint }, x: [first.x], y: [first.y] };
  });
  for (let j = 1; j < entries; j++) {
    const inverses = FpInvertBatch(
      F,
      rows.map((r) => F.sub(r.step.x, r.x[j - 1] as bigint)),
    );
    rows.forEach((r, i) => {
      const [x, y] = [r.x[j - 1] as bigint, r.y[j - 1] as bigint];
      const slope = F.mul(F.sub(r.step.y, y), inverses[i] as bigint);
      const sumX = F.sub(F.sub(F.sqr(slope), x), r.step.x);
      r.x.push(sumX);
      r.y.push(F.sub(F.mul(slope, F.sub(x, sumX)), y));
    });
  }
  const perPoint = windowsOf(window);
  return points.map((_, i) => {
    const own = rows.slice(i * perPoint, (i + 1) * perPoint);
    return { x: own.flatMap((r) => r.x), y: own.flatMap((r) => r.y) };
  });
};

/**
 * Digits of an odd scalar k, lowest first. Digit i stands for 2 * digit - (2^window - 1), which is odd: with m windows these add up to
 * 2 * c - (2^(window * m) - 1), where c has the digits, and that is k for c = (k + 2^(window * m) - 1) / 2.
 */
const digitsOf = (odd: bigint, window: number): number[] => {
  const windows = windowsOf(window);
  const c = (odd + (1n << BigInt(window * windows)) - 1n) >> 1n;
  const mask = (1n << BigInt(window)) - 1n;
  return Array.from({ length: windows }, (_, i) => Number((c >> BigInt(window * i)) & mask));
};

/** The entry a digit of window i stands for. Looks at every entry of the window. */
const entryOf = (table: PointTable, i: number, digit: number, entries: number): Point => {
  const negative = digit < entries;
  const at = negative ? entries - 1 - digit : digit - entries;
  const from = i * entries;
  let x = table.x[from] as bigint;
  let y = table.y[from] as bigint;
  for (let j = 1; j < entries; j++) {
    const hit = j === at;
    x = hit ? (table.x[from + j] as bigint) : x;
    y = hit ? (table.y[from + j] as bigint) : y;
  }
  const minus = F.neg(y);
  return new FastCurve(x, negative ? minus : y, F.ONE);
};

/**
 * Multiples of several points by one scalar: the same sums of the same number of entries for every scalar, all of them brought to affine
 * form by one inversion.
 * @param scalar 1 to order - 1, secret @param window bits, of all tables
 */
export const multiplyWith = (tables: readonly PointTable[], scalar: bigint, window: number): Point[] => {
  const even = (scalar & 1n) === 0n;
  const other = ORDER - scalar;
  const digits = digitsOf(even ? other : scalar, window);
  const entries = entriesOf(window);
  const sums = tables.map((table) => {
    let sum = entryOf(table, 0, digits[0] as number, entries);
    for (let i = 1; i < digits.length; i++) sum = sum.add(entryOf(table, i, digits[i] as number, entries));
    return sum;
  });
  return normalizeZ(FastCurve, sums).map((p) => {
    const minus = p.negate();
    return even ? minus : p;
  });
};
