/** Building requests: against Node's own crypto, one process a request, two cores against one; how it grows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hostKeyTable, windowFor } from '../core/crypto/fast.ts';
import type { KeyAgreement } from '../core/crypto/p521.ts';
import { buildRequest, freshRequestKeys, wipeRequestKeys } from '../core/request/build.ts';
import { parseRequest } from '../core/request/parse.ts';
import { nodeEnv } from '../edge/env.ts';
import { Pool } from '../edge/pool.ts';
import { nodeBuild } from '../tests/support/nodecrypto.ts';
import type { Sizes } from './main.ts';
import { compare, mb, type Row } from './measure.ts';
import { requestProcesses } from './processes.ts';
import { fourKeys, HOSTS, header, secret } from './tenant.ts';

/** Most hosts of any benchmark. */
const HOSTS_MOST = 64;

const { image } = header;
const table = hostKeyTable(fourKeys);

export const makeOne = (agreement: KeyAgreement | undefined, hostKeys: readonly Uint8Array[]): Uint8Array => {
  const keys = freshRequestKeys(nodeEnv, agreement);
  try {
    return buildRequest({ hostKeys, image, secret }, keys, agreement);
  } finally {
    wipeRequestKeys(keys);
  }
};

const repeat = (count: number, run: () => unknown) => (): undefined => {
  for (let i = 0; i < count; i++) run();
  return undefined;
};

const node160 = fourKeys.map((k) => Buffer.from(k));
const tags = Buffer.concat([image.pld, image.ald, image.tld, image.tag]);
const withNode = (): Buffer =>
  nodeBuild({
    hosts: node160,
    tags,
    type: 3,
    value: Buffer.from(secret.value),
    id: Buffer.from(secret.id ?? []),
    extension: Buffer.alloc(32),
    flags: 0n,
    cuid: Buffer.alloc(16),
    userDataKind: 0,
    userData: Buffer.alloc(512),
  });

/** One request for four hosts, on one core. */
export const building = (s: Sizes): Promise<Row[]> =>
  compare({
    what: `one request for ${HOSTS} host keys, one core`,
    own: { name: 'own', count: s.requests, run: repeat(s.requests, () => makeOne(table, fourKeys)) },
    rivals: [
      {
        name: "the same with Node's own crypto (ECDH, createCipheriv)",
        count: s.slowRequests,
        run: repeat(s.slowRequests, withNode),
        wanted: { atLeast: 5 },
      },
      ...requestProcesses().map((p) => ({
        name: p.name,
        count: s.slowRequests,
        run: repeat(s.slowRequests, p.make),
        wanted: { atLeast: 3 },
      })),
      {
        name: 'the plain way: noble without tables',
        count: s.plainRequests,
        run: repeat(s.plainRequests, () => makeOne(undefined, fourKeys)),
      },
    ],
    rounds: s.rounds,
  });

/** The same number of requests by two workers and by one. */
export const twoCores = async (s: Sizes): Promise<Row[]> => {
  const file = new URL('./request-worker.mjs', import.meta.url);
  const pools = [1, 2].map(
    (size) =>
      new Pool<object, number, number>({
        file,
        size,
        what: 'measuring',
        setUp: () => ({ data: { hostKeys: fourKeys, image, secret } }),
      }),
  );
  // many small jobs: at the end one worker waits for the other, and that should not count
  const jobs = 64;
  const each = Math.ceil(s.requests / 8);
  const runner = (i: number, name: string) => ({
    name,
    count: jobs * each,
    run: async (): Promise<undefined> => {
      await Promise.all(
        Array.from({ length: jobs }, (_, k) => (pools[i] as (typeof pools)[number]).run({ data: each }, `job ${k}`)),
      );
      return undefined;
    },
  });
  try {
    return await compare({
      what: 'one request, two cores',
      own: runner(1, 'two workers'),
      rivals: [{ ...runner(0, 'one worker'), wanted: { atLeast: 1.8 } }],
      rounds: s.rounds,
    });
  } finally {
    for (const p of pools) await p.close();
  }
};

/** Cost of a request in a run of many against a run of few; of a key slot among many host keys against one. */
export const growth = async (s: Sizes): Promise<Row[]> => {
  const many = await compare({
    what: `one request in a run of ${s.many}`,
    own: { name: 'many', count: s.many, run: repeat(s.many, () => makeOne(table, fourKeys)) },
    rivals: [
      { name: `a run of ${s.few}`, count: s.few, run: repeat(s.few, () => makeOne(table, fourKeys)), wanted: { atMost: 1.1 } },
    ],
    rounds: s.rounds,
    direction: 'growth',
  });
  const slots = Math.max(1, Math.ceil(s.slowRequests / 8));
  const publicKeys = Array.from({ length: HOSTS_MOST }, () => table.freshKeyPair(nodeEnv).publicKey);
  const all = hostKeyTable(publicKeys);
  const one = hostKeyTable(publicKeys.slice(0, 1));
  // both multiply once more than they have hosts: for the customer's own public key
  const hostKeys = await compare({
    what: `one multiplication of a request for ${HOSTS_MOST} host keys (windows of ${windowFor(HOSTS_MOST)} bits)`,
    own: { name: 'many', count: slots * (HOSTS_MOST + 1), run: repeat(slots, () => makeOne(all, publicKeys)) },
    rivals: [
      {
        name: `for 1 host key (windows of ${windowFor(1)} bits)`,
        count: 2 * 16 * slots,
        run: repeat(16 * slots, () => makeOne(one, publicKeys.slice(0, 1))),
        wanted: { atMost: 1.5 },
      },
    ],
    rounds: s.rounds,
    direction: 'growth',
  });
  return [...many, ...hostKeys];
};

/** Bytes in use, once everything that can be let go is: array buffers are freed in the background, so it takes more than one look. */
const used = async (): Promise<number> => {
  for (let i = 0; i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await sleep(30);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Memory of many requests that are kept, and of many that are not, against their own bytes. */
export const memory = async (s: Sizes): Promise<Row[]> => {
  const request = makeOne(table, fourKeys);
  const kept: unknown[] = [];
  const growthBy = async (make: () => unknown): Promise<number> => {
    const before = await used();
    for (let i = 0; i < s.many; i++) {
      const one = make();
      if (one !== undefined) kept.push(one);
    }
    const after = await used();
    kept.length = 0;
    return Math.max(0, after - before);
  };
  const rows: Row[] = [];
  for (const [what, make, wanted] of [
    [`memory of ${s.many} requests`, () => request.slice(), undefined],
    [`memory of ${s.many} requests, parsed`, () => parseRequest(request.slice()), undefined],
    [`memory left by ${s.many} requests that were built and let go`, () => void makeOne(table, fourKeys), { atMost: 0.1 }],
  ] as const)
    rows.push(
      ...(await compare({
        what,
        own: { name: 'own', count: 1, run: () => growthBy(make) },
        rivals: [{ name: 'their own bytes', count: 1, run: () => s.many * request.length, ...(wanted ? { wanted } : {}) }],
        rounds: s.rounds,
        direction: 'growth',
        unit: mb,
      })),
    );
  return rows;
};
