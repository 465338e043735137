/** secp521r1 as the formats use it: every way a point or a scalar can be wrong, and agreement with Node's own ECDH. */
import { createECDH, createHash } from 'node:crypto';
import { p256, p521 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import { hex, join } from '../../core/bytes.ts';
import {
  decodePoint,
  encodePoint,
  freshKeyPair,
  keyPair,
  PUBLIC_SIZE,
  publicKeyHash,
  sharedKek,
} from '../../core/crypto/p521.ts';
import { seededEnv } from '../support/env.ts';
import { codeOf } from '../support/errors.ts';

const P = p521.Point.CURVE().p;
const N = p521.Point.CURVE().n;
const pair = freshKeyPair(seededEnv('p521'));
const good = pair.publicKey;

const big = (b: Uint8Array): bigint => BigInt(`0x${hex(b)}`);
const bytesOf = (n: bigint, size: number): Uint8Array =>
  new Uint8Array(Buffer.from(n.toString(16).padStart(2 * size, '0'), 'hex'));
const x = big(good.subarray(0, 80));
const y = big(good.subarray(80));
const point = (px: bigint, py: bigint): Uint8Array => join(bytesOf(px, 80), bytesOf(py, 80));
const scalar = (n: bigint, size = 66): Uint8Array => bytesOf(n, size);

/** An x for which the curve has no point: a point of the twist. */
const twistX = (): bigint => {
  for (let n = 1n; ; n++) {
    try {
      p521.Point.fromBytes(join(new Uint8Array([2]), bytesOf(n, 66)));
    } catch {
      return n;
    }
  }
};

describe('a public key of 160 bytes', () => {
  it('is taken, and so is its negative', () => {
    expect(hex(decodePoint(good, 'test'))).toBe(`04${hex(bytesOf(x, 66))}${hex(bytesOf(y, 66))}`);
    expect(codeOf(() => decodePoint(point(x, P - y), 'test'))).toBe('nothing thrown');
    expect(hex(encodePoint(decodePoint(good, 'test'), 'test'))).toBe(hex(good));
  });

  it.each([
    ['no bytes', new Uint8Array(0), 'wrong-length'],
    ['one byte less', good.subarray(0, PUBLIC_SIZE - 1), 'wrong-length'],
    ['one byte more', join(good, new Uint8Array(1)), 'wrong-length'],
    ['coordinates without padding', join(bytesOf(x, 66), bytesOf(y, 66)), 'wrong-length'],
    [
      'coordinates padded on the right',
      join(bytesOf(x, 66), new Uint8Array(14), bytesOf(y, 66), new Uint8Array(14)),
      'not-on-curve',
    ],
    ['uncompressed SEC1 in the room of 160 bytes', join(decodePoint(good, 'test'), new Uint8Array(27)), 'not-on-curve'],
    ['infinity as zeros', new Uint8Array(PUBLIC_SIZE), 'not-on-curve'],
    ['infinity as (0, 1)', point(0n, 1n), 'not-on-curve'],
    ['x over the prime, the same point otherwise', point(x + P, y), 'not-on-curve'],
    ['y over the prime, the same point otherwise', point(x, y + P), 'not-on-curve'],
    ['x = the prime', point(P, y), 'not-on-curve'],
    ['x in the padding', point(x + (1n << 600n), y), 'not-on-curve'],
    ['y in the padding', point(x, y + (1n << 600n)), 'not-on-curve'],
    ['all ones', new Uint8Array(PUBLIC_SIZE).fill(0xff), 'not-on-curve'],
    ['coordinates swapped', point(y, x), 'not-on-curve'],
    ['y of another point', point(x, y ^ 1n), 'not-on-curve'],
    ['a point of the twist', point(twistX(), 1n), 'not-on-curve'],
    ['the generator of P-256', point(p256.Point.BASE.x, p256.Point.BASE.y), 'not-on-curve'],
    ['y = 0', point(x, 0n), 'not-on-curve'],
  ])('%s: refused', (_, bytes, code) => {
    expect(codeOf(() => decodePoint(bytes, 'test'))).toBe(code);
    // the same where it matters: no key is ever agreed with such a point
    expect(codeOf(() => sharedKek(pair.privateKey, bytes, 'test'))).toBe(code);
  });

  it('any single bit changed: refused', () => {
    for (let bit = 0; bit < 8 * PUBLIC_SIZE; bit += 7) {
      const changed = good.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(
        codeOf(() => decodePoint(changed, 'test')),
        `bit ${bit}`,
      ).toBe('not-on-curve');
    }
  });
});

describe('a point in SEC1 form, as certificates have it', () => {
  const sec1 = decodePoint(good, 'test');
  const compressed = p521.Point.fromBytes(sec1).toBytes(true);
  it('uncompressed and compressed give the same 160 bytes', () => {
    expect(hex(encodePoint(sec1, 'test'))).toBe(hex(good));
    expect(hex(encodePoint(compressed, 'test'))).toBe(hex(good));
  });
  it.each([
    ['nothing', new Uint8Array(0)],
    ['infinity', new Uint8Array(1)],
    ['infinity, long', new Uint8Array(133)],
    ['hybrid 06', join(new Uint8Array([6]), sec1.subarray(1))],
    ['hybrid 07', join(new Uint8Array([7]), sec1.subarray(1))],
    ['form 05', join(new Uint8Array([5]), sec1.subarray(1))],
    ['without the form', sec1.subarray(1)],
    ['one byte less', sec1.subarray(0, -1)],
    ['one byte more', join(sec1, new Uint8Array(1))],
    ['compressed, x over the prime', join(new Uint8Array([2]), bytesOf(P, 66))],
    ['compressed, no such x', join(new Uint8Array([2]), bytesOf(twistX(), 66))],
    ['a point of P-256', p256.Point.BASE.toBytes(false)],
  ])('%s: refused', (_, bytes) => {
    expect(codeOf(() => encodePoint(bytes, 'test'))).toBe('not-on-curve');
  });
});

describe('a private scalar', () => {
  it('1 to the order - 1, in any width with zeros in front', () => {
    expect(keyPair(scalar(1n), 'test').publicKey).toEqual(point(p521.Point.BASE.x, p521.Point.BASE.y));
    expect(keyPair(scalar(1n, 80), 'test').publicKey).toEqual(keyPair(new Uint8Array([1]), 'test').publicKey);
    const last = keyPair(scalar(N - 1n), 'test').publicKey;
    expect(last).toEqual(point(p521.Point.BASE.x, P - p521.Point.BASE.y));
  });
  it.each([
    ['zero', scalar(0n), 'bad-value'],
    ['no bytes', new Uint8Array(0), 'bad-value'],
    ['the order', scalar(N), 'bad-value'],
    ['the order + 1', scalar(N + 1n), 'bad-value'],
    ['all ones', new Uint8Array(66).fill(0xff), 'bad-value'],
    ['67 bytes that count', scalar(1n << 528n, 67), 'wrong-length'],
  ])('%s: refused', (_, bytes, code) => {
    expect(codeOf(() => keyPair(bytes, 'test'))).toBe(code);
  });
});

describe('against Node', () => {
  const nodeOf = (priv: Uint8Array) => {
    const ecdh = createECDH('secp521r1');
    ecdh.setPrivateKey(priv);
    return ecdh;
  };
  const expected = (priv: Uint8Array, pub: Uint8Array): string => {
    const z = nodeOf(priv).computeSecret(decodePoint(pub, 'test'));
    const padded = Buffer.concat([Buffer.alloc(66 - z.length), z]);
    return createHash('sha256')
      .update(padded)
      .update(Buffer.from([0, 0, 0, 1]))
      .digest('hex');
  };

  it('the same key on both sides, also with the ends of the range of scalars', () => {
    for (const n of [1n, 2n, 3n, N - 2n, N - 1n, N / 2n]) {
      const own = keyPair(scalar(n), 'test');
      const kek = hex(sharedKek(own.privateKey, good, 'test'));
      expect(kek).toBe(expected(own.privateKey, good));
      expect(hex(sharedKek(pair.privateKey, own.publicKey, 'test'))).toBe(kek);
    }
  });

  it('a shared secret that begins with zeros keeps its 66 bytes', () => {
    // with the scalar 1 the shared secret is the x of the other key: one that is two bytes shorter than the curve
    let p = p521.Point.BASE;
    let n = 1n;
    for (; p.toAffine().x >= 1n << 512n; n++) p = p.add(p521.Point.BASE);
    const other = keyPair(scalar(n), 'test');
    expect(big(other.publicKey.subarray(0, 80))).toBeLessThan(1n << 512n);
    const one = scalar(1n);
    const z = join(bytesOf(p.toAffine().x, 66), new Uint8Array([0, 0, 0, 1]));
    expect(hex(sharedKek(one, other.publicKey, 'test'))).toBe(createHash('sha256').update(z).digest('hex'));
    expect(hex(sharedKek(one, other.publicKey, 'test'))).toBe(expected(one, other.publicKey));
  });

  it('the public key and its hash', () => {
    const sec1 = nodeOf(pair.privateKey).getPublicKey();
    expect(hex(decodePoint(good, 'test'))).toBe(sec1.toString('hex'));
    expect(hex(publicKeyHash(good))).toBe(createHash('sha256').update(good).digest('hex'));
  });
});
