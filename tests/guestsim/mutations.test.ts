/**
 * Bundles changed at random, by the ten thousand: nothing crashes, nothing hangs, and no secret is applied from a bundle that a real
 * guest would refuse. What a real guest does is said by a second, plain reading of the spec in this file, with Node's own crypto.
 *
 * SELWRIGHT_MUTATIONS sets another number; SELWRIGHT_SEED another seed.
 */
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { BundleEntry } from '../../core/bundle/check.ts';
import { checkBundle } from '../../core/bundle/check.ts';
import { makeReference } from '../../core/bundle/reference.ts';
import { hex } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import { type BootResult, boot } from '../../core/guestsim/boot.ts';
import { verifyReport } from '../../core/report/verify.ts';
import { openKeySlot } from '../../core/request/keyslot.ts';
import { hashedId, makeSecret, type Secret } from '../../core/secret/secret.ts';
import type { OpenSlot } from '../../core/uvsim/add.ts';
import { sealRequest } from '../support/cheap.ts';
import { seededEnv } from '../support/env.ts';
import { printTable } from '../support/table.ts';
import { bundleInput, entriesOf, hosts, image, makeBundle, values } from '../support/tenant.ts';

const COUNT = Number(process.env.SELWRIGHT_MUTATIONS ?? 10_000);
const SEED = Number(process.env.SELWRIGHT_SEED ?? 20261124);
const SLICES = 4;
const host = hosts[0];
const tags = bundleInput().header.image;

/** Unwrapping a key slot is what P-521 costs: the same slot and customer key give the same key. */
const keys = new Map<string, Uint8Array | SelError>();
const openSlot: OpenSlot = (slots, customerKey, keyPair, field) => {
  const id = createHash('sha256').update(slots).update(customerKey).digest('base64');
  let found = keys.get(id);
  if (found === undefined) {
    try {
      found = openKeySlot(slots, customerKey, keyPair, field);
    } catch (e) {
      if (!(e instanceof SelError)) throw e;
      found = e;
    }
    keys.set(id, found);
  }
  if (found instanceof SelError) throw found;
  return found.slice();
};

/** Random numbers that can be repeated (mulberry32). */
const generator = (seed: number) => {
  let a = seed >>> 0;
  const next = (): number => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  return { below, pick, bytes: (n: number) => Uint8Array.from({ length: n }, () => below(256)) };
};
type Random = ReturnType<typeof generator>;

// -- what everything is made of

const built = makeBundle('mutations', { serial: 3 });
const sics = (b: { path: string; bytes: Uint8Array }[] | BundleEntry[]): Map<string, Uint8Array> =>
  new Map((b as BundleEntry[]).flatMap((e) => (e.path.startsWith('sics/') && e.bytes ? [[e.path.slice(5), e.bytes]] : [])));
const own = sics(entriesOf(built));
const other = sics(entriesOf(makeBundle('another', { serial: 4 })));
const EXTENSION = built.keys.extensionSecret;

/** Requests that the ultravisor can open: by the bytes, whose extension secret, and what for. */
interface Genuine {
  readonly set: string;
  readonly secret: { readonly type: number; readonly id: string; readonly value: string };
}
const sha = (b: Uint8Array): string => createHash('sha256').update(b).digest('hex');
const genuine = new Map<string, Genuine>();
const secretIn = (s: Secret, type: number): Genuine['secret'] => ({ type, id: s.id ? hex(s.id) : '', value: hex(s.value) });
for (const [files, set] of [
  [own, 'own'],
  [other, 'other'],
] as const)
  for (const [name, bytes] of files)
    if (name.endsWith('.asr')) {
      const at = 0x4b8 + 2 * 80;
      const type = Buffer.from(bytes).readUInt16BE(at + 2);
      genuine.set(sha(bytes), { set, secret: { type, id: hex(bytes.slice(at + 16, at + 48)), value: name } });
    }
/** A request of the tenant's own set, made for a mutation. */
const made = (secret: Secret, type: number, more: { userData?: Uint8Array; extensionSecret?: Uint8Array } = {}): Uint8Array => {
  const { userData, extensionSecret = EXTENSION } = more;
  const bytes = sealRequest(host.keys, {
    image: tags,
    secret,
    extensionSecret,
    userData: userData && { kind: 'unsigned', bytes: userData },
  });
  genuine.set(sha(bytes), { set: extensionSecret === EXTENSION ? 'own' : 'made', secret: secretIn(secret, type) });
  return bytes;
};
const META = makeSecret('meta', new Uint8Array(0), undefined, 'test');

// -- mutations

type Files = Map<string, { kind: BundleEntry['kind']; bytes: Uint8Array }>;
const anyName = (f: Files, r: Random): string => r.pick([...f.keys(), 'toc.pol', 'toc.asr'].filter((n) => f.has(n)));
const edit = (f: Files, name: string, change: (b: Uint8Array) => Uint8Array): void => {
  const e = f.get(name);
  if (e) f.set(name, { ...e, bytes: change(e.bytes) });
};
const list = (f: Files): string => Buffer.from(f.get('toc.pol')?.bytes ?? []).toString('latin1');

/** Changes to the text of the list. */
const LIST: ((lines: string[], r: Random) => string)[] = [
  (l, r) => `${l.toSpliced(r.below(l.length), 1).join('\n')}\n`,
  (l, r) => `${l.toSpliced(r.below(l.length), 0, r.pick(l)).join('\n')}\n`,
  (l, r) => `${[...l].sort(() => r.below(3) - 1).join('\n')}\n`,
  (l, r) => `${l.map((x) => (r.below(2) ? x.toUpperCase() : x)).join('\n')}\n`,
  (l, r) => `${l.join(r.pick(['\r\n', '\n\n', ' \n', '\n']))}${r.pick(['', '\n', '\r\n', '\r', '\n\n'])}`,
  (l, r) => `${l.join('\n')}\n${r.pick(['# end\n', `${'0'.repeat(32)}\n`, '\ufeff', 'zz', '0', '\0'])}`,
  () => '',
];
const NAMES = [
  'toc.pol',
  './toc.pol',
  'toc.pol/',
  '../toc.pol',
  '/toc.pol',
  'a..b',
  'manifest.pol',
  'none.pol',
  '',
  '\ud7ff',
  'toc\0pol',
];

const MUTATIONS: Record<string, (f: Files, r: Random) => void> = {
  nothing: () => {},
  'bit flipped': (f, r) => edit(f, anyName(f, r), (b) => b.map((x, i) => (i === r0(b, r) ? x ^ (1 << r.below(8)) : x))),
  'bytes written over': (f, r) =>
    edit(f, anyName(f, r), (b) => {
      const out = b.slice();
      out.set(r.bytes(Math.min(b.length, 1 + r.below(64))), 0);
      return out.length < 2 ? out : new Uint8Array([...b.slice(0, r.below(b.length)), ...out]).slice(0, b.length);
    }),
  'cut short': (f, r) => edit(f, anyName(f, r), (b) => b.slice(0, r.below(b.length + 1))),
  'bytes behind': (f, r) => edit(f, anyName(f, r), (b) => new Uint8Array([...b, ...r.bytes(1 + r.below(40))])),
  removed: (f, r) => void f.delete(anyName(f, r)),
  'of another kind': (f, r) => {
    const name = anyName(f, r);
    const e = f.get(name);
    if (e) f.set(name, { ...e, kind: r.pick(['symlink', 'directory', 'other'] as const) });
  },
  renamed: (f, r) => {
    const name = anyName(f, r);
    const e = f.get(name);
    f.delete(name);
    if (e)
      f.set(
        r.pick([`x${name}`, name.toUpperCase(), `.${name}`, name.replace(/\.\w+$/, '.pol'), `sub/${name}`, name.slice(0, -1)]),
        e,
      );
  },
  'contents swapped': (f, r) => {
    const [a, b] = [anyName(f, r), anyName(f, r)];
    const [x, y] = [f.get(a), f.get(b)];
    if (x && y) f.set(a, y).set(b, x);
  },
  'file of the other bundle': (f, r) => {
    const name = r.pick([...other.keys()]);
    f.set(name, { kind: 'file', bytes: other.get(name) as Uint8Array });
  },
  'stranger file': (f, r) => {
    const bytes = r.pick([
      r.bytes(r.below(40)),
      r.bytes(1100),
      other.get('cck.asr') as Uint8Array,
      own.get('toc.asr') as Uint8Array,
    ]);
    f.set(r.pick(['a.asr', 'zz.asr', 'a.pol', 'toc2.asr']), { kind: 'file', bytes });
  },
  'list changed': (f, r) => edit(f, 'toc.pol', () => Buffer.from(r.pick(LIST)(list(f).split('\n').filter(Boolean), r))),
  'list changed, toc.asr made anew': (f, r) => {
    const lines = list(f).split('\n').filter(Boolean);
    if (lines.length === 0) return;
    const toc = new Uint8Array(Buffer.from(r.pick(LIST)(lines, r)));
    f.set('toc.pol', { kind: 'file', bytes: toc });
    const extensionSecret = r.below(4) ? EXTENSION : r.bytes(32);
    f.set('toc.asr', { kind: 'file', bytes: made(META, 1, { userData: makeReference('toc.pol', toc), extensionSecret }) });
  },
  'reference with another name': (f, r) => {
    const reference = makeReference('x', f.get('toc.pol')?.bytes ?? new Uint8Array(0));
    reference.fill(0, 32);
    reference.set(r.below(8) ? Buffer.from(r.pick(NAMES)) : r.bytes(480), 32);
    f.set('toc.asr', { kind: 'file', bytes: made(META, 1, { userData: reference }) });
  },
  'request added, list and toc.asr made anew': (f, r) => {
    const name = r.pick(['luks-rfs-passphrase', 'rfs-luks-key', 'report-key', 'more']);
    const reference = r.pick([
      undefined,
      undefined,
      makeReference('manifest.pol', f.get('manifest.pol')?.bytes ?? new Uint8Array(1)),
      r.bytes(512),
    ]);
    const bytes = made(
      makeSecret('plaintext', r.bytes(r.below(50)), hashedId(name), 'test'),
      3,
      reference ? { userData: reference } : {},
    );
    f.set('added.asr', { kind: 'file', bytes });
    const lines = list(f).split('\n').filter(Boolean);
    const toc = new Uint8Array(
      Buffer.from(`${lines.toSpliced(r.below(lines.length + 1), 0, hex(bytes.slice(-16))).join('\n')}\n`),
    );
    f.set('toc.pol', { kind: 'file', bytes: toc });
    f.set('toc.asr', { kind: 'file', bytes: made(META, 1, { userData: makeReference('toc.pol', toc) }) });
  },
  'attestation request changed': (f, r) =>
    edit(f, 'attest/request.bin', (b) =>
      r.pick([b.slice(0, r.below(b.length)), r.bytes(50), b.map((x) => x ^ (r.below(200) ? 0 : 1))]),
    ),
};
const r0 = (b: Uint8Array, r: Random): number => r.below(Math.max(1, b.length));

// -- what a real guest does: a plain reading of the spec

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const decoded = (b: Uint8Array): string | undefined => {
  try {
    return strict.decode(b);
  } catch {
    return undefined;
  }
};

/** The requests a real guest submits and keeps, in order, when it comes up; undefined when it stops. */
const realGuest = (files: Files): Genuine[] | undefined => {
  const seen = new Map(
    [...files]
      .filter(([n, e]) => e.kind === 'file' && !n.includes('/') && !n.startsWith('.') && /\.(asr|pol)$/.test(n))
      .map(([n, e]) => [n, e.bytes]),
  );
  const store: Genuine[] = [];
  const submit = (name: string): { hash: string; name: string } | undefined => {
    const b = Buffer.from(seen.get(name) ?? []);
    if (b.length < 16 || b.toString('latin1', 0, 6) !== 'asrcbM') return undefined;
    const request = genuine.get(sha(b.subarray(0, b.readUInt32BE(12))));
    if (request === undefined || (store[0] && store[0].set !== request.set)) return undefined;
    store.push(request);
    const shown = decoded(b.subarray(568, 1048));
    return shown === undefined
      ? undefined
      : { hash: b.toString('hex', 536, 568), name: shown.replace(/^\0+/, '').replace(/\0+$/, '') };
  };
  const policy = (ref: { hash: string; name: string }): Uint8Array | undefined => {
    const { name } = ref;
    if (name === '' || name.includes('..') || name.startsWith('/')) return undefined;
    const file = seen.get(name.replace(/^(\.\/+)+/, ''));
    return file && sha(file) === ref.hash ? file : undefined;
  };
  const toc = submit('toc.asr');
  const tags = toc && policy(toc);
  if (tags === undefined) return undefined;
  const matched: string[] = [];
  const lines = Buffer.from(tags).toString('latin1').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const whole = Buffer.from(tags).at(-1) === 0x0a;
  for (const [i, raw] of lines.entries()) {
    const bytes = Buffer.from(i < lines.length - 1 || whole ? raw.replace(/\r$/, '') : raw, 'latin1');
    const line = decoded(bytes);
    if (line === undefined) continue;
    const requests = [...seen].filter(([n]) => n.endsWith('.asr')).sort(([a], [b]) => (a < b ? -1 : 1));
    if (requests.some(([, b]) => b.length < 16)) return undefined;
    const hit = requests.find(([, b]) => Buffer.from(b).toString('hex', b.length - 16) === line.toLowerCase());
    if (hit === undefined) return undefined;
    matched.push(hit[0]);
  }
  for (const name of matched) {
    const ref = submit(name);
    if (ref === undefined || (!/^0+$/.test(ref.hash) && policy(ref) === undefined)) return undefined;
  }
  const listed = (name: string) => store.find((s) => s.secret.id === hex(hashedId(name)));
  const xts = store.some((s) => s.secret.type === 7 || s.secret.type === 8);
  return listed('luks-rfs-passphrase')?.secret.type === 3 && xts ? store : undefined;
};

// -- the run

const counts = new Map<string, { cases: number; up: number; stages: Map<string, number> }>();
const grades = new Map<string, number>();

const judge = (result: BootResult): void => {
  const verdict = verifyReport({
    report: result.report as Uint8Array,
    expected: built.expected,
    now: new Date('2026-11-24T04:40:00Z'),
    attestationKey: built.keys.attestationKey,
    reportKey: built.keys.reportKey,
    ledger: [],
  });
  grades.set(verdict.grade, (grades.get(verdict.grade) ?? 0) + 1);
  if (verdict.grade === 'proven')
    expect((result.guest?.tags ?? []).map(hex)).toEqual(built.expected.submission_order.map((s) => s.tag));
};

const one = (seed: number, number: number): void => {
  const r = generator(seed);
  const files: Files = new Map([...own].map(([n, bytes]) => [n, { kind: 'file' as const, bytes }]));
  const names = Array.from({ length: 1 + (r.below(3) ? 0 : r.below(3)) }, () => r.pick(Object.keys(MUTATIONS)));
  for (const n of names) MUTATIONS[n]?.(files, r);
  const entries: BundleEntry[] = [...files].map(([n, e]) => ({
    path: `sics/${n}`,
    kind: e.kind,
    ...(e.kind === 'file' ? { bytes: e.bytes } : {}),
  }));
  const where = `seed ${seed}: ${names.join(' + ')}`;

  const result = boot({ host, image, entries, uv: { openSlot } }, seededEnv('mutation'));
  const real = realGuest(files);
  expect(result.booted, where).toBe(real !== undefined);
  for (const n of names) {
    const c = counts.get(n) ?? { cases: 0, up: 0, stages: new Map<string, number>() };
    c.cases++;
    if (result.booted) c.up++;
    else c.stages.set(result.stage, (c.stages.get(result.stage) ?? 0) + 1);
    counts.set(n, c);
  }
  if (real === undefined) {
    expect(result.kit, where).toBeUndefined();
    expect(result.report, where).toBeUndefined();
    return;
  }
  expect(result.guest?.tags, where).toHaveLength(real.length);
  for (const f of result.kit?.files ?? []) {
    const from = real.filter((s) => s.secret.id !== '').map((s) => s.secret);
    const name = f.path === '/run/sel-ebc/luks-rfs-passphrase' ? 'luks-rfs-passphrase' : undefined;
    if (name === undefined) continue;
    const first = from.find((s) => s.id === hex(hashedId(name)));
    // the tenant's own value, unless a mutation made a request of that name and put it first
    if (first?.value === `${name}.asr`) expect(hex(f.bytes), where).toBe(hex(values.get(name) as Uint8Array));
    else expect(first?.value, where).toContain(hex(f.bytes));
  }
  if (result.report) judge(result);
  if (number % 10 === 0) checkBundle({ entries, expected: built.expected });
};

afterAll(() => {
  printTable(
    `${COUNT} bundles changed at random, seed ${SEED}`,
    ['mutation', 'cases', 'comes up', 'stops at'],
    [...counts].sort().map(([n, c]) => [n, String(c.cases), String(c.up), [...c.stages].map(([s, k]) => `${s} ${k}`).join(', ')]),
  );
  console.log(`Verdicts on the reports: ${[...grades].map(([g, n]) => `${g} ${n}`).join(', ')}.\n`);
});

describe.each(Array.from({ length: SLICES }, (_, i) => i))(`slice %i of ${SLICES}`, (slice) => {
  it('does what a real guest does', { timeout: 600_000 }, () => {
    for (let i = slice; i < COUNT; i += SLICES) one(SEED + i, i);
  });
});

it('the mutations reach both ends: guests that come up and guests that stop, in every way', () => {
  if (COUNT < 1000) return;
  for (const [n, c] of counts) expect(c.cases, n).toBeGreaterThan(COUNT / 50);
  expect(counts.size).toBe(Object.keys(MUTATIONS).length);
  for (const n of [
    'list changed, toc.asr made anew',
    'request added, list and toc.asr made anew',
    'stranger file',
    'attestation request changed',
  ]) {
    const c = counts.get(n);
    expect(c?.up, n).toBeGreaterThan(0);
  }
  for (const n of ['bit flipped', 'cut short', 'removed', 'renamed', 'contents swapped']) {
    const c = counts.get(n);
    expect((c?.cases ?? 0) - (c?.up ?? 0), n).toBeGreaterThan(0);
  }
});
