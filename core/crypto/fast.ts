/**
 * secp521r1 for many requests to the same hosts: a host key is the same point in all of them, so its multiples are computed once, and
 * a multiplication becomes a sum of table entries (core/crypto/tables.ts). What that means for timing: docs/speed.md.
 */
import { type Bytes, hex } from '../bytes.ts';
import { decodePoint, freshScalar, type KeyAgreement, kekOf, sharedKek, writePoint } from './p521.ts';
import { computeTables, FastCurve, multiplyWith, type Point, type PointTable, tableSize } from './tables.ts';

/** Most entries that the tables of one thread hold together: about 80 MB. */
const ENTRIES_MAX = 400_000;
const WINDOW_MAX = 9;
/** Requests of a run that is as long as it likes. */
const MANY = 1_000_000;
/** What an entry of a table costs, in additions of the walk through it. */
const ENTRY_COST = 0.4;

/**
 * The width of the windows, in bits, that pays best: wider ones cost more to compute, and each multiplication less. It stays within the
 * bound for the tables of that many host keys and of the base point.
 * @param requests that the tables are made for
 */
export const windowFor = (hostKeys: number, requests = MANY): number => {
  let best = 2;
  const cost = (window: number): number => ENTRY_COST * tableSize(window) + requests * (tableSize(window) / 2 ** (window - 1));
  for (let window = 3; window <= WINDOW_MAX; window++) {
    if ((hostKeys + 1) * tableSize(window) > ENTRIES_MAX) break;
    if (cost(window) < cost(best)) best = window;
  }
  return best;
};

/** What was computed ahead for a set of host keys. Nothing in it is secret; plain data, so that threads can pass it on. */
export interface HostKeyTables {
  /** bits */
  readonly window: number;
  readonly base: PointTable;
  /** by the host key's 160 bytes in hex */
  readonly hosts: ReadonlyMap<string, PointTable>;
}

/**
 * Computes ahead for a set of host keys: with a window of 9 bits about 0.05 s and 3 MB a key.
 * @param hostKeys 160 bytes each @param window bits, 2 to 16: wider is faster and takes more memory
 * @throws wrong-length, not-on-curve
 */
export const hostKeyTables = (hostKeys: readonly Bytes[], window = windowFor(hostKeys.length)): HostKeyTables => {
  const points = new Map(hostKeys.map((key) => [hex(key), FastCurve.fromBytes(decodePoint(key, 'host key'))]));
  const [base, ...hosts] = computeTables([FastCurve.BASE, ...points.values()], window) as [PointTable, ...PointTable[]];
  return { window, base, hosts: new Map([...points.keys()].map((name, i) => [name, hosts[i] as PointTable])) };
};

/**
 * The two dear operations with tables: 0.5 ms a multiplication where noble alone takes 8. Host keys that are not in the tables are taken
 * too, the plain way.
 */
export const tableAgreement = ({ window, base, hosts }: HostKeyTables): KeyAgreement => {
  /** @param scalar 66 bytes, secret @returns points that are on the curve */
  const multiply = (tables: readonly PointTable[], scalar: Bytes): Point[] => {
    const products = multiplyWith(tables, FastCurve.Fn.fromBytes(scalar), window);
    for (const p of products) p.assertValidity();
    return products;
  };
  return {
    freshKeyPair: (env) => {
      const privateKey = freshScalar(env);
      const [point] = multiply([base], privateKey);
      return { privateKey, publicKey: writePoint((point as Point).toAffine()) };
    },
    sharedKeks: (privateKey, publicKeys, field) => {
      const known = publicKeys.map((k) => hosts.get(hex(k)));
      const products = multiply(
        known.filter((t) => t !== undefined),
        privateKey,
      );
      return known.map((table, i) =>
        table === undefined
          ? sharedKek(privateKey, publicKeys[i] as Bytes, field)
          : kekOf((products.shift() as Point).toBytes(true)),
      );
    },
  };
};

/** {@link tableAgreement} with tables of its own. @throws wrong-length, not-on-curve */
export const hostKeyTable = (hostKeys: readonly Bytes[], window?: number): KeyAgreement =>
  tableAgreement(hostKeyTables(hostKeys, window));
