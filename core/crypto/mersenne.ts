/**
 * The field of secp521r1 with the reduction its prime allows. p = 2^521 - 1, so 2^521 is 1 modulo p: the upper half of a product is
 * added to its lower half, where noble's generic field divides. The rest (inverse, square root, bytes) is noble's.
 * That both fields agree is a property test: tests/crypto/fast.test.ts.
 */
import type { IField } from '@noble/curves/abstract/modular.js';
import { p521 } from '@noble/curves/nist.js';

const generic = p521.Point.Fp;
const P = generic.ORDER;
const BITS = 521n;
/** The curve's a. It is a factor in three of the seventeen products of an addition, and a small one: -3. */
const A = p521.Point.CURVE().a;

/** x modulo p. @param x 0 to (p - 1)^2: then both halves together are below 2p, and one subtraction is enough */
const reduce = (x: bigint): bigint => {
  const folded = (x & P) + (x >> BITS);
  return folded >= P ? folded - P : folded;
};

/** A product. One factor that is a or 1 is part of the curve or of a table, never of a secret: nothing is told by the shorter way. */
const multiply = (a: bigint, b: bigint): bigint => {
  if (a === A) return reduce(4n * P - 3n * b);
  return b === 1n ? a : reduce(a * b);
};

/**
 * Numbers from 0 to p - 1. Operands must be such numbers: nothing else comes out, and noble's points check what comes in (isValid).
 * The operations whose names end in N may leave the range, as noble says.
 */
export const mersenneField: IField<bigint> = Object.freeze({
  ORDER: P,
  BITS: generic.BITS,
  BYTES: generic.BYTES,
  isLE: false,
  ZERO: 0n,
  ONE: 1n,
  create: (n: bigint) => generic.create(n),
  isValid: (n: bigint) => generic.isValid(n),
  is0: (n: bigint) => n === 0n,
  isValidNot0: (n: bigint) => generic.isValidNot0(n),
  isOdd: (n: bigint) => (n & 1n) === 1n,
  neg: (n: bigint) => (n === 0n ? 0n : P - n),
  eql: (a: bigint, b: bigint) => a === b,
  add: (a: bigint, b: bigint) => {
    const sum = a + b;
    return sum >= P ? sum - P : sum;
  },
  sub: (a: bigint, b: bigint) => {
    const difference = a - b;
    return difference < 0n ? difference + P : difference;
  },
  mul: multiply,
  sqr: (n: bigint) => reduce(n * n),
  pow: (n: bigint, exponent: bigint) => generic.pow(n, exponent),
  div: (a: bigint, b: bigint) => reduce(a * generic.inv(b)),
  inv: (n: bigint) => generic.inv(n),
  sqrt: (n: bigint) => generic.sqrt(n),
  addN: (a: bigint, b: bigint) => a + b,
  subN: (a: bigint, b: bigint) => a - b,
  mulN: (a: bigint, b: bigint) => a * b,
  sqrN: (n: bigint) => n * n,
  invertBatch: (all: bigint[]) => generic.invertBatch(all),
  toBytes: (n: bigint) => generic.toBytes(n),
  fromBytes: (bytes: Uint8Array, skipValidation?: boolean) => generic.fromBytes(bytes, skipValidation),
  cmov: (a: bigint, b: bigint, condition: boolean) => generic.cmov(a, b, condition),
});
