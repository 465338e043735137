/** The fast curve is the same curve: field, points, keys and whole requests against noble's own, at the edges and at random. */
import type { WeierstrassPoint } from '@noble/curves/abstract/weierstrass.js';
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { p521 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '../../core/bytes.ts';
import { hostKeyTable, hostKeyTables, windowFor } from '../../core/crypto/fast.ts';
import { open } from '../../core/crypto/gcm.ts';
import { mersenneField as M } from '../../core/crypto/mersenne.ts';
import { freshKeyPair, type KeyAgreement, keyPair, plainAgreement } from '../../core/crypto/p521.ts';
import { computeTables, FastCurve, multiplyWith, tableSize } from '../../core/crypto/tables.ts';
import { keySlot } from '../../core/request/asrcb.ts';
import { buildRequest, freshRequestKeys } from '../../core/request/build.ts';
import { findKeySlot } from '../../core/request/keyslot.ts';
import { openRequest, parseRequest } from '../../core/request/parse.ts';
import { packTables, unpackTables } from '../../edge/tables.ts';
import { seededEnv } from '../support/env.ts';
import { codeOf } from '../support/errors.ts';
import { bytes, saying } from '../support/requests.ts';

const G = p521.Point.Fp;
const P = G.ORDER;
const N = p521.Point.Fn.ORDER;
const A = p521.Point.CURVE().a;

const EDGES = [
  0n,
  1n,
  2n,
  3n,
  4n,
  A - 1n,
  A,
  A + 1n,
  P - 2n,
  P - 1n,
  P >> 1n,
  (P >> 1n) + 1n,
  1n << 260n,
  1n << 520n,
  (1n << 520n) - 1n,
];
const random = fc.bigInt({ min: 0n, max: P - 1n });
const element = fc.oneof(fc.constantFrom(...EDGES), random);
const show = (n: bigint): string => n.toString(16);

describe('the field', () => {
  const both = (a: bigint, b: bigint): void => {
    for (const op of ['add', 'sub', 'mul', 'addN', 'subN', 'mulN'] as const)
      expect(M[op](a, b), `${op} ${show(a)} ${show(b)}`).toBe(G[op](a, b));
    expect(M.eql(a, b)).toBe(G.eql(a, b));
    expect(M.cmov(a, b, true)).toBe(b);
    expect(M.cmov(a, b, false)).toBe(a);
    if (b !== 0n) expect(M.div(a, b)).toBe(G.div(a, b));
  };
  const one = (a: bigint): void => {
    for (const op of ['neg', 'sqr', 'sqrN', 'create', 'is0', 'isValid', 'isValidNot0', 'isOdd'] as const)
      expect(M[op]?.(a), `${op} ${show(a)}`).toBe(G[op]?.(a));
    expect(hex(M.toBytes(a))).toBe(hex(G.toBytes(a)));
    expect(M.fromBytes(G.toBytes(a))).toBe(a);
    if (a !== 0n) expect(M.mul(M.inv(a), a)).toBe(1n);
  };

  it('every pair of edge values', () => {
    for (const a of EDGES) {
      one(a);
      for (const b of EDGES) both(a, b);
    }
  });
  it('any values', () => {
    fc.assert(
      fc.property(element, element, (a, b) => {
        one(a);
        both(a, b);
      }),
      { numRuns: 2000 },
    );
  });
  it('results are numbers of the field, so that they may go on as operands', () => {
    fc.assert(
      fc.property(element, element, (a, b) => {
        for (const n of [M.add(a, b), M.sub(a, b), M.mul(a, b), M.sqr(a), M.neg(a)]) expect(n >= 0n && n < P).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
  it('powers and square roots', () => {
    fc.assert(
      fc.property(random, fc.bigInt({ min: 0n, max: 1n << 64n }), (a, e) => {
        expect(M.pow(a, e)).toBe(G.pow(a, e));
        const root = M.sqrt(M.sqr(a));
        expect(root === a || root === M.neg(a)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
  it('p itself and what is beyond are no numbers of it', () => {
    for (const n of [P, P + 1n, -1n, 1n << 521n]) expect(M.isValid(n)).toBe(false);
    const bytesOfP = Uint8Array.from(Buffer.from(show(P).padStart(132, '0'), 'hex'));
    expect(() => M.fromBytes(bytesOfP)).toThrow();
    expect(M.create(P)).toBe(0n);
    expect(M.create(-1n)).toBe(P - 1n);
  });
  it('many at once are inverted as one by one', () => {
    const all = EDGES.filter((n) => n !== 0n);
    expect(M.invertBatch(all)).toEqual(all.map((n) => G.inv(n)));
  });
});

// windows of 8 bits and their carries: digits of 128, 127 and 129, runs of ones and of zeros
const pattern = (byte: string): bigint => BigInt(`0x${byte.repeat(65)}`) % N;
const SCALARS = [
  1n,
  2n,
  3n,
  4n,
  N - 1n,
  N - 2n,
  N >> 1n,
  1n << 520n,
  128n,
  255n,
  256n,
  ...['80', '7f', '81', 'ff', '01'].map(pattern),
];
const scalar = fc.bigInt({ min: 1n, max: N - 1n });

describe('points', () => {
  const Fast = weierstrass(p521.Point.CURVE(), { Fp: M, Fn: p521.Point.Fn });
  const Slow = p521.Point;
  type Affine = { x: bigint; y: bigint };
  const coordinates = (p: WeierstrassPoint<bigint>): Affine => p.toAffine();
  const h = Slow.BASE.multiply(0x1234567890abcdefn);
  const fastH = Fast.fromAffine(h.toAffine()).precompute(8, false);
  // a table on noble's own side too, or the test would take a minute; that one is noble's
  const slowH = Slow.fromAffine(h.toAffine()).precompute(6, false);

  it('multiples by scalars at the edges: with a table, without one, in public time', () => {
    for (const k of SCALARS) {
      const expected = coordinates(slowH.multiply(k));
      expect(coordinates(fastH.multiply(k)), show(k)).toEqual(expected);
      expect(coordinates(fastH.multiplyUnsafe(k)), show(k)).toEqual(expected);
    }
    for (const k of [1n, N - 1n, pattern('80')])
      expect(coordinates(Fast.fromAffine(h.toAffine()).multiply(k))).toEqual(coordinates(slowH.multiply(k)));
  });
  it('multiples by any scalar', () => {
    fc.assert(
      fc.property(scalar, (k) => {
        expect(coordinates(fastH.multiply(k))).toEqual(coordinates(slowH.multiply(k)));
      }),
      { numRuns: 60 },
    );
  });
  it('multiples of the base point, whose table is shared by all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...SCALARS), scalar), (k) => {
        expect(coordinates(Fast.BASE.multiply(k))).toEqual(coordinates(Slow.BASE.multiply(k)));
      }),
      { numRuns: 40 },
    );
  });
  it('0 and the order are no scalars', () => {
    for (const k of [0n, N, N + 1n, -1n]) expect(() => fastH.multiply(k)).toThrow();
  });
  it('sums, doubles, negatives, and nothing at all', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SCALARS), fc.oneof(fc.constantFrom(...SCALARS), scalar), (a, b) => {
        const [p, q, sp, sq] = [fastH.multiply(a), fastH.multiply(b), slowH.multiply(a), slowH.multiply(b)];
        expect(coordinates(p.add(q))).toEqual(coordinates(sp.add(sq)));
        expect(coordinates(p.subtract(q))).toEqual(coordinates(sp.subtract(sq)));
        expect(coordinates(p.double())).toEqual(coordinates(sp.double()));
        expect(coordinates(p.add(p))).toEqual(coordinates(sp.double()));
        expect(p.add(p.negate()).is0()).toBe(true);
        expect(p.add(Fast.ZERO).equals(p)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
  it('what is on the curve', () => {
    fc.assert(
      fc.property(scalar, fc.nat(520), (k, bit) => {
        const { x, y } = fastH.multiply(k).toAffine();
        Fast.fromAffine({ x, y }).assertValidity();
        expect(() => Fast.fromAffine({ x: (x ^ (1n << BigInt(bit))) % P, y }).assertValidity()).toThrow();
      }),
      { numRuns: 20 },
    );
    const compressed = slowH.toBytes(true);
    expect(coordinates(Fast.fromBytes(compressed))).toEqual(coordinates(slowH));
  });
});

describe('tables', () => {
  // noble's own multiplication of the same point, with a table of its own to make it quick
  const slow = p521.Point.BASE.multiply(0xfedcba9876543210n).precompute(6, false);
  const point = FastCurve.fromAffine(slow.toAffine());

  it('hold the odd multiples of every window, for several points at once', () => {
    const other = FastCurve.BASE;
    for (const window of [2, 3, 5]) {
      const tables = computeTables([point, other], window);
      for (const [table, of] of [
        [tables[0], slow],
        [tables[1], p521.Point.BASE],
      ] as const) {
        expect(table?.x.length).toBe(tableSize(window));
        expect(table?.y.length).toBe(tableSize(window));
        const windows = Math.ceil(521 / window);
        for (const i of [0, 1, 17, windows - 1])
          for (let j = 0; j < 2 ** (window - 1); j++) {
            const multiple = (BigInt(2 * j + 1) << BigInt(window * i)) % N;
            const at = i * 2 ** (window - 1) + j;
            expect({ x: table?.x[at], y: table?.y[at] }, `window ${window}, ${i}, ${j}`).toEqual(
              of.multiply(multiple).toAffine(),
            );
          }
      }
    }
  });
  it('multiply as noble does, by scalars at the edges, odd and even, with windows of any width', () => {
    for (const window of [2, 3, 4, 5, 6, 7, 8, 9]) {
      const tables = computeTables([point], window);
      for (const k of [...SCALARS, N - 3n, (1n << 520n) - 1n, (1n << 520n) + 1n])
        expect(multiplyWith(tables, k, window)[0]?.toAffine(), `window ${window}: ${show(k)}`).toEqual(
          slow.multiply(k).toAffine(),
        );
    }
  });
  it('multiply as noble does, by any scalar, several points at once', () => {
    const tables = computeTables([point, FastCurve.BASE], 6);
    fc.assert(
      fc.property(scalar, (k) => {
        const [a, b] = multiplyWith(tables, k, 6);
        expect(a?.toAffine()).toEqual(slow.multiply(k).toAffine());
        expect(b?.toAffine()).toEqual(p521.Point.BASE.multiply(k).toAffine());
      }),
      { numRuns: 60 },
    );
    expect(multiplyWith([], 5n, 6)).toEqual([]);
  });
  it('go from one thread to another as bytes, whole', () => {
    const made = hostKeyTables([freshKeyPair(seededEnv('packed')).publicKey], 3);
    expect(unpackTables(packTables(made))).toEqual(made);
  });
});

const env = seededEnv('fast');
const hosts = [freshKeyPair(env), freshKeyPair(env)] as const;
const stranger = freshKeyPair(env);
const publicKeys = hosts.map((h) => h.publicKey);
const table = hostKeyTable(publicKeys, 6);
/** With one host. */
const kekWith = (a: KeyAgreement, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array =>
  a.sharedKeks(privateKey, [publicKey], 'test')[0] as Uint8Array;

describe('a table of host keys', () => {
  it('the same randomness gives the same key pair', () => {
    for (let i = 0; i < 10; i++) {
      const plain = plainAgreement.freshKeyPair(seededEnv(`pair ${i}`));
      const fast = table.freshKeyPair(seededEnv(`pair ${i}`));
      expect(hex(fast.privateKey)).toBe(hex(plain.privateKey));
      expect(hex(fast.publicKey)).toBe(hex(plain.publicKey));
    }
  });
  it('the same key-encryption key, with scalars at the edges too, and from the other side', () => {
    const scalars = [1n, 2n, N - 1n, N - 2n, pattern('80')];
    for (const n of scalars) {
      const own = keyPair(Uint8Array.from(Buffer.from(show(n).padStart(132, '0'), 'hex')), 'test');
      for (const host of [...hosts, stranger]) {
        const kek = hex(kekWith(table, own.privateKey, host.publicKey));
        expect(kek).toBe(hex(kekWith(plainAgreement, own.privateKey, host.publicKey)));
        expect(kek).toBe(hex(kekWith(plainAgreement, host.privateKey, own.publicKey)));
      }
    }
  });
  it('the same for several hosts at once, in their order, with strangers among them and with nobody else', () => {
    const own = freshKeyPair(env);
    const [a, b] = publicKeys as [Uint8Array, Uint8Array];
    for (const all of [[a, b], [b, a], [a, stranger.publicKey, b, a], [stranger.publicKey], []])
      expect(table.sharedKeks(own.privateKey, all, 'test').map(hex)).toEqual(
        plainAgreement.sharedKeks(own.privateKey, all, 'test').map(hex),
      );
  });
  it('a key of a window of any width', () => {
    const own = freshKeyPair(env);
    const expected = hex(kekWith(plainAgreement, own.privateKey, hosts[0].publicKey));
    for (const window of [2, 3, 4, 5, 7, 9])
      expect(hex(kekWith(hostKeyTable([hosts[0].publicKey], window), own.privateKey, hosts[0].publicKey))).toBe(expected);
  });
  it('refuses what is no point when it is made, and when it is asked', () => {
    const bad = hosts[0].publicKey.slice();
    bad[159] = (bad[159] as number) ^ 1;
    expect(codeOf(() => hostKeyTable([bad], 2))).toBe('not-on-curve');
    expect(codeOf(() => hostKeyTable([bad.subarray(1)], 2))).toBe('wrong-length');
    expect(codeOf(() => kekWith(table, hosts[0].privateKey, bad))).toBe('not-on-curve');
  });
  it('one key given twice is one key', () => {
    const twice = hostKeyTable([publicKeys[0], publicKeys[0]] as Uint8Array[], 2);
    const own = freshKeyPair(env);
    expect(kekWith(twice, own.privateKey, hosts[0].publicKey)).toEqual(
      kekWith(plainAgreement, own.privateKey, hosts[0].publicKey),
    );
  });
  it('its window gets smaller as the keys get more, down to the most a request can have', () => {
    const windows = [1, 4, 16, 32, 64, 128, 255].map((n) => windowFor(n));
    expect(windows[0]).toBe(9);
    expect(windows).toEqual([...windows].sort((a, b) => b - a));
    expect(windows.at(-1)).toBeGreaterThanOrEqual(3);
  });
  it('its window gets wider as the requests get more', () => {
    const windows = [1, 10, 100, 1000, 10_000].map((n) => windowFor(4, n));
    expect(windows).toEqual([...windows].sort((a, b) => a - b));
    expect(windows[0]).toBeLessThan(6);
    expect(windows.at(-1)).toBe(9);
  });
});

describe('requests', () => {
  it('are the same bytes both ways, and each way opens what the other made', () => {
    fc.assert(
      fc.property(saying(), fc.constantFrom([0], [1], [0, 1]), fc.nat(), (said, which, seed) => {
        const input = { ...said, hostKeys: which.map((i) => hosts[i]?.publicKey as Uint8Array) };
        const plain = buildRequest(input, freshRequestKeys(seededEnv(`r${seed}`)));
        const fast = buildRequest(input, freshRequestKeys(seededEnv(`r${seed}`), table), table);
        expect(hex(fast)).toBe(hex(plain));

        const host = hosts[which[0] as number] as (typeof hosts)[number];
        const opened = openRequest(parseRequest(fast), host);
        expect(hex(opened.value)).toBe(hex(said.secret.value));
        expect(hex(opened.extensionSecret)).toBe(hex(said.extensionSecret ?? new Uint8Array(32)));

        // the plain request, its key slot opened with the fast curve
        const parsed = parseRequest(plain);
        const slots = parsed.slots;
        const slot = keySlot.read(slots, findKeySlot(slots, host.publicKey) * keySlot.size);
        const kek = kekWith(hostKeyTable([parsed.customerKey], 2), host.privateKey, parsed.customerKey);
        const key = open(kek, new Uint8Array(12), new Uint8Array(0), slot.wrapped, slot.tag, 'slot');
        const value = open(key, parsed.iv, parsed.aad, parsed.encrypted, parsed.tag, 'request');
        expect(hex(value)).toBe(hex(said.secret.value) + hex(opened.extensionSecret));
      }),
      { numRuns: 25 },
    );
  });
  it('made with fresh keys the fast way open the plain way', () => {
    fc.assert(
      fc.property(saying(), bytes(8), (said, seed) => {
        const keys = freshRequestKeys(seededEnv(hex(seed)), table);
        const request = buildRequest({ ...said, hostKeys: publicKeys }, keys, table);
        for (const host of hosts) expect(hex(openRequest(parseRequest(request), host).value)).toBe(hex(said.secret.value));
        expect(codeOf(() => openRequest(parseRequest(request), stranger))).toBe('not-found');
      }),
      { numRuns: 15 },
    );
  });
});
