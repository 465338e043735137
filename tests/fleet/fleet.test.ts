/** A fleet from the first guest to the last, over every way it can be stopped and taken up again. */
import { mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hex, utf8 } from '../../core/bytes.ts';
import { hostKeyTable } from '../../core/crypto/fast.ts';
import { sourcesOf } from '../../core/fleet/table.ts';
import { template } from '../../core/policy/templates.ts';
import { openRequest, parseRequest } from '../../core/request/parse.ts';
import { nodeEnv } from '../../edge/env.ts';
import { type Fleet, type FleetResult, startFleet } from '../../edge/fleet.ts';
import { makeGuest } from '../../edge/fleetguest.ts';
import { planFleet } from '../../edge/fleetplan.ts';
import { flushTrees } from '../../edge/flush.ts';
import { takeLock } from '../../edge/lock.ts';
import { handoverText } from '../../words/handover.ts';
import { hostKeys, hosts, policy } from '../support/tenant.ts';
import { type Built, buildAll } from './built.ts';
import { failure, fleetInput, names, Place, tableOf, untilMade, wholeFleet, wholeGuest } from './fixture.ts';

let built: Built;
let place: Place;
beforeAll(async () => {
  built = await buildAll({ worker: 'cli/worker.ts', dying: 'tests/fleet/dying-worker.ts', idle: 'tests/fleet/idle.ts' });
  process.env.XDG_STATE_HOME = built.path('state');
});
afterAll(() => {
  built.remove();
  delete process.env.XDG_STATE_HOME;
});
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

type More = Parameters<typeof fleetInput>[2];
const start = (table: string, more: More = {}): Fleet =>
  startFleet(fleetInput(place, table, { workers: 2, workerFile: built.url('worker'), ...more }));
const make = (table: string, more: More = {}): Promise<FleetResult> => start(table, more).done;

describe('a fleet', () => {
  it('is made: whole bundles with their records and values, each its own, opened by the hosts they are for', async () => {
    const guests = names(9);
    const fleet = start(tableOf(guests));
    expect(fleet.progress()).toMatchObject({ total: 9, made: 0, state: 'preparing' });
    const seen = new Set<string>();
    const watch = setInterval(() => {
      for (const g of fleet.progress().atHand) seen.add(g);
    }, 1);
    const result = await fleet.done;
    clearInterval(watch);
    expect(result).toMatchObject({ total: 9, made: 9, before: 0, failures: [], cancelled: false });
    expect(fleet.progress()).toMatchObject({ total: 9, made: 9, failed: 0, atHand: [], state: 'ended' });
    expect(fleet.progress().remaining).toBeUndefined();
    expect(seen.size).toBeGreaterThan(0);
    const whole = wholeFleet(place, guests);
    const request = place.read('out/g005.selbundle/sics/luks-rfs-passphrase.asr');
    const { value } = openRequest(parseRequest(request), hosts[1].keys);
    // two bytes of length in front
    expect(hex(value)).toContain(whole.get('g005')?.values['luks-rfs-passphrase'] as string);
    expect(new TextDecoder().decode(place.read('out/g005.selbundle/HANDOVER.txt'))).toContain('Hand-over of g005');
    expect(statSync(join(place.values, 'g005')).mode & 0o777).toBe(0o700);
    expect(readdirSync(place.output).filter((n) => n.endsWith('.lock'))).toEqual([]);
  });

  it('started again makes no guest twice, and makes those that came to the table', async () => {
    await make(tableOf(names(3)));
    const first = wholeFleet(place, names(3));
    expect(await planFleet(fleetInput(place, tableOf(names(3))))).toEqual({ total: 3, before: 3, missing: [] });
    expect(await make(tableOf(names(3)))).toMatchObject({ made: 0, before: 3 });
    expect(wholeFleet(place, names(3))).toEqual(first);
    expect(await make(tableOf(names(5)))).toMatchObject({ made: 2, before: 3 });
    const second = wholeFleet(place, names(5));
    for (const g of names(3)) expect(second.get(g)).toEqual(first.get(g));
  });

  it('keeps to the floor of the policy: a weak given value fails its own guest, generated ones are as strong as they say', async () => {
    place.write('values/g001/luks-rfs-passphrase', 'password1234password');
    place.write('values/g002/luks-rfs-passphrase', 'kX9vQ2mZ7pL4wR8tB3nC6yH1dF5');
    const result = await make(tableOf(names(3)));
    expect(result).toMatchObject({ made: 2, failures: [{ guest: 'g001' }] });
    expect(JSON.stringify(result.failures)).toContain('P10');
    expect(JSON.stringify(result.failures)).not.toContain('password1234');
  });

  it('takes given values and common ones, from files or from memory; those in memory stay the caller’s', async () => {
    place.write('values/g001/luks-rfs-passphrase', 'Zt4vK9pQ2mX7wR3bN8cL5hJ6');
    place.write('values/shared/pass', 'Hq7sD2fG9kM4nB6vC1xZ8yT3');
    const cck = nodeEnv.random(32);
    const table =
      'guest,luks-rfs-passphrase,cck\n*,,common\ng001,file,\ng002,file:shared/pass,\ng003,file:shared/pass,generate\n';
    const common = new Map([['cck', Buffer.from(cck)]]);
    expect(await make(table, { common })).toMatchObject({ made: 3, failures: [] });
    expect(hex(common.get('cck') as Uint8Array)).toBe(hex(cck));
    const value = (guest: string, file: string): string =>
      hex(openRequest(parseRequest(place.read(`out/${guest}.selbundle/sics/${file}.asr`)), hosts[0].keys).value);
    expect(value('g001', 'luks-rfs-passphrase')).toContain(hex(utf8('Zt4vK9pQ2mX7wR3bN8cL5hJ6')));
    for (const g of ['g002', 'g003']) expect(value(g, 'luks-rfs-passphrase')).toContain(hex(utf8('Hq7sD2fG9kM4nB6vC1xZ8yT3')));
    for (const g of ['g001', 'g002']) expect(value(g, 'cck')).toBe(hex(cck));
    expect(value('g003', 'cck')).toBe(hex(place.read('values/g003/cck')));
    // what was given is not kept a second time
    expect(readdirSync(join(place.values, 'g001')).sort()).toEqual(['bundles', 'luks-rfs-passphrase', 'rfs-luks-key']);
  });

  it('says before the start which files are not there, and the guest that lacks one fails alone', async () => {
    const table = 'guest,cck\ng001,file\ng002,\ng003,common\n';
    const { missing } = await planFleet(fleetInput(place, table));
    expect(missing).toEqual([
      { guest: 'g001', line: 2, name: 'cck', path: join(place.values, 'g001/cck') },
      { guest: 'g003', line: 4, name: 'cck', path: join(place.values, 'common/cck') },
    ]);
    const result = await make(table);
    expect(result).toMatchObject({ made: 1, cancelled: false });
    expect(result.failures.map((f) => [f.guest, f.line, f.error?.code])).toEqual(
      expect.arrayContaining([
        ['g001', 2, 'io-not-found'],
        ['g003', 4, 'io-not-found'],
      ]),
    );
    wholeFleet(place, ['g002']);
    expect(readdirSync(place.values)).toEqual(['g002']);
  });

  it('a value that breaks the policy fails its guest only, is named, and made good it is made the next time', async () => {
    place.write('values/g002/cck', new Uint8Array(31).fill(5));
    const result = await make(tableOf(names(3)));
    expect(result).toMatchObject({ total: 3, made: 2 });
    expect(result.failures).toHaveLength(1);
    expect(result.failures[0]).toMatchObject({
      guest: 'g002',
      line: 3,
      findings: [{ rule: 'P10', subject: 'cck', severity: 'error' }],
    });
    expect(readdirSync(join(place.values, 'g002'))).toEqual(['cck']);
    place.write('values/g002/cck', nodeEnv.random(32));
    expect(await make(tableOf(names(3)))).toMatchObject({ made: 1, before: 2, failures: [] });
    expect([...place.journal().done.keys()].sort()).toEqual(names(3));
    expect(readdirSync(join(place.values, 'g002')).sort()).toEqual(['bundles', 'cck', 'luks-rfs-passphrase', 'rfs-luks-key']);
  });

  it('never touches a directory that somebody else put in the way', async () => {
    place.write('out/g002.selbundle/mine', 'mine');
    const result = await make(tableOf(names(3)));
    expect(result.failures.map((f) => [f.guest, f.error?.code])).toEqual([['g002', 'io-exists']]);
    expect(readdirSync(join(place.output, 'g002.selbundle'))).toEqual(['mine']);
    expect(readdirSync(place.values).sort()).toEqual(['g001', 'g003']);
    // nor does a second run: the guest was never taken up
    expect((await make(tableOf(names(3)))).failures.map((f) => f.guest)).toEqual(['g002']);
    expect(readdirSync(join(place.output, 'g002.selbundle'))).toEqual(['mine']);
  });

  it('goes on when a worker dies: its guest fails, says so, and is made the next time', async () => {
    const result = await make(tableOf(names(6)), { workerFile: built.url('dying') });
    expect(result).toMatchObject({ total: 6, made: 5, cancelled: false });
    expect(result.failures).toEqual([
      {
        guest: 'g003',
        line: 4,
        error: { code: 'stopped', facts: { field: 'g003', found: 'a worker that ended with code 9', expected: 'an answer' } },
      },
    ]);
    expect(await make(tableOf(names(6)))).toMatchObject({ made: 1, before: 5, failures: [] });
    wholeFleet(place, names(6));
  });

  it('ends with one error when no worker can start', async () => {
    const e = await failure(make(tableOf(names(3)), { workerFile: built.url('missing') }));
    expect(e.code).toBe('stopped');
    expect(await make(tableOf(names(3)))).toMatchObject({ made: 3 });
    wholeFleet(place, names(3));
  });

  it('cancelled finishes the guests at hand, and started again makes the rest', async () => {
    const guests = names(12);
    const fleet = start(tableOf(guests));
    await untilMade(fleet, 2);
    fleet.cancel();
    expect(fleet.progress().state).toBe('cancelling');
    const result = await fleet.done;
    expect(result.cancelled).toBe(true);
    expect(result.made).toBeGreaterThanOrEqual(2);
    expect(result.made).toBeLessThan(12);
    const done = [...place.journal().done.keys()];
    expect(done).toHaveLength(result.made);
    const first = wholeFleet(place, done);
    expect(await make(tableOf(guests))).toMatchObject({ made: 12 - result.made, before: result.made, cancelled: false });
    const second = wholeFleet(place, guests);
    for (const g of done) expect(second.get(g)).toEqual(first.get(g));
  });

  it('cancelled before anything, makes nothing; cancelled behind the end, is not cancelled', async () => {
    const fleet = start(tableOf(names(3)));
    fleet.cancel();
    expect(await fleet.done).toMatchObject({ made: 0, cancelled: true });
    const again = start(tableOf(names(3)));
    expect(await again.done).toMatchObject({ made: 3, cancelled: false });
    again.cancel();
    expect(again.progress().state).toBe('ended');
  });

  it('is made by one program at a time', async () => {
    mkdirSync(place.output);
    const lock = takeLock(join(place.output, 'fleet.journal'));
    expect((await failure(make(tableOf(names(2))))).code).toBe('io-locked');
    lock.release();
    expect(await make(tableOf(names(2)))).toMatchObject({ made: 2 });
  });

  it('does not go on with another policy, image, host keys, form or row', async () => {
    const table = tableOf(names(2));
    await make(table);
    const before = wholeFleet(place, names(2));
    const other: More[] = [
      { policy: { ...policy, description: 'another' } },
      { hostKeys: hostKeys.slice(1) },
      { strict: true },
      { policy: template('ssh-server') },
    ];
    for (const more of other) {
      expect((await failure(planFleet(fleetInput(place, table, more)))).code).toBe('conflict');
      expect((await failure(make(table, more))).code).toBe('conflict');
    }
    const e = await failure(make('guest,cck\ng001,\ng002,file\n'));
    expect([e.code, e.facts.field]).toEqual(['conflict', 'fleet journal, g002']);
    expect(wholeFleet(place, names(2))).toEqual(before);
  });

  it('a damaged journal is refused, never guessed at', async () => {
    await make(tableOf(names(2)));
    const path = join(place.output, 'fleet.journal');
    writeFileSync(path, `${new TextDecoder().decode(place.read('out/fleet.journal'))}nonsense\n`);
    expect((await failure(make(tableOf(names(2))))).code).toBe('bad-encoding');
    rmSync(path);
    mkdirSync(path);
    expect((await failure(make(tableOf(names(2))))).code).toBe('io-directory');
  });
});

describe('an attempt that was cut short', () => {
  const guests = names(2);
  const table = tableOf(guests);
  /** The fleet as it is when the program was killed before it wrote down that g002 is done. */
  const cutShort = async (): Promise<ReturnType<typeof wholeFleet>> => {
    await make(table, { workers: 1 });
    const whole = wholeFleet(place, guests);
    const lines = new TextDecoder().decode(place.read('out/fleet.journal')).split('\n');
    writeFileSync(join(place.output, 'fleet.journal'), lines.filter((l) => !l.includes('"done":"g002"')).join('\n'));
    return whole;
  };
  const values = (): string => join(place.values, 'g002');
  const record = (): string => join(values(), 'bundles', '0001-g002');
  const bundle = (): string => join(place.output, 'g002.selbundle');

  it('behind its last write is whole: it is checked and kept', async () => {
    const whole = await cutShort();
    expect(await make(table, { workers: 1 })).toMatchObject({ made: 1, before: 1 });
    expect(wholeFleet(place, guests)).toEqual(whole);
  });

  it.each<[string, () => void, boolean]>([
    ['before the bundle', () => rmSync(bundle(), { recursive: true }), true],
    ['before the record', () => [bundle(), record()].map((d) => rmSync(d, { recursive: true })), true],
    [
      'before the last value',
      () => [bundle(), record(), join(values(), 'cck')].map((d) => rmSync(d, { recursive: true })),
      false,
    ],
    ['before anything', () => [bundle(), values()].map((d) => rmSync(d, { recursive: true })), false],
    [
      'with half-written things beside it',
      () => {
        rmSync(bundle(), { recursive: true });
        for (const d of [place.output, values(), join(values(), 'bundles')]) {
          mkdirSync(join(d, '.selwright-0123456789ab.tmp'));
          writeFileSync(join(d, '.selwright-0123456789ab.tmp', 'x'), 'half');
          writeFileSync(join(d, '.selwright-ba9876543210.tmp'), 'half');
        }
      },
      true,
    ],
    ['and a request damaged', () => truncateSync(join(bundle(), 'sics', 'cck.asr'), 100), true],
    ['and a file of it without content, as after a power cut', () => truncateSync(join(bundle(), 'HANDOVER.txt'), 0), true],
    ['and a file of the record without content', () => truncateSync(join(record(), 'expected.json'), 0), true],
    ['and the key in the record without content', () => truncateSync(join(record(), 'attestation-key'), 0), true],
    ['and a value without content', () => truncateSync(join(values(), 'cck'), 0), false],
    ['and a value of zeros', () => writeFileSync(join(values(), 'cck'), new Uint8Array(32)), false],
    ['and a value gone', () => rmSync(join(values(), 'cck')), false],
  ])('%s: made anew, with the values that were kept', async (_, damage, sameValues) => {
    const before = await cutShort();
    damage();
    expect(await make(table, { workers: 1 })).toMatchObject({ made: 1, before: 1, failures: [] });
    const after = wholeFleet(place, guests);
    expect(after.get('g001')).toEqual(before.get('g001'));
    expect(after.get('g002')?.id).not.toBe(before.get('g002')?.id);
    if (sameValues) expect(after.get('g002')?.values).toEqual(before.get('g002')?.values);
    else expect(after.get('g002')?.values.cck).not.toBe(before.get('g002')?.values.cck);
  });

  it('for a row that says something else now: made anew', async () => {
    await cutShort();
    place.write('values/g002/cck', nodeEnv.random(32));
    const id = place.journal().done.get('g002')?.id;
    expect(await make('guest,cck\ng001,\ng002,file\n')).toMatchObject({ made: 1, before: 1, failures: [] });
    expect(place.journal().done.get('g002')?.id).not.toBe(id);
    expect(readdirSync(join(values(), 'bundles'))).toEqual(['0001-g002']);
  });

  it('in the middle of a line of the journal: the line is cut off', async () => {
    const whole = await cutShort();
    const path = join(place.output, 'fleet.journal');
    const text = new TextDecoder().decode(place.read('out/fleet.journal'));
    writeFileSync(path, `${text}{"at":"2026-11-24T04:30`);
    expect(await make(table, { workers: 1 })).toMatchObject({ made: 1, before: 1 });
    expect(wholeFleet(place, guests)).toEqual(whole);
  });
});

describe('values', () => {
  it('are wiped when the guest is made, and when it fails', async () => {
    const drawn: Uint8Array[] = [];
    const random = nodeEnv.random;
    const spy = vi.spyOn(nodeEnv, 'random').mockImplementation((n) => {
      const bytes = random(n);
      drawn.push(bytes);
      return bytes;
    });
    try {
      const input = fleetInput(place, tableOf(['g001', 'g002']));
      const agreement = hostKeyTable(
        hostKeys.map((h) => h.publicKey),
        2,
      );
      const job = (guest: string) => ({
        guest,
        serial: 1,
        sources: sourcesOf(input.table, { name: guest, line: 1, said: new Map() }, policy),
        begun: false,
        sameRow: false,
      });
      expect(await makeGuest(input, agreement, job('g001'), handoverText)).toMatchObject({ made: true });
      wholeGuest(place, 'g001');
      place.write('values/g002/cck', 'too short');
      expect(await makeGuest(input, agreement, job('g002'), handoverText)).toMatchObject({ made: false });
      // IVs (12), ids and nonces (16) are no secrets; the rest is keys, scalars and values
      const secret = drawn.filter((b) => b.length >= 32);
      expect(secret.length).toBeGreaterThan(20);
      for (const b of secret) expect(hex(b), `${b.length} bytes`).toMatch(/^0*$/);
    } finally {
      spy.mockRestore();
    }
  });
});

describe('a window beside a fleet', () => {
  it('is answered within 100 ms, as far as the machine lets anybody answer', async () => {
    // a thread that has nothing to do tells how late a busy machine makes everybody
    const idle = new Worker(built.url('idle'));
    await new Promise((up) => idle.once('online', up));
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const fleet = start(tableOf(names(40)));
    const clicks = setInterval(() => fleet.progress(), 20);
    const result = await fleet.done;
    clearInterval(clicks);
    delay.disable();
    const idleMax = await new Promise<number>((answer) => {
      idle.once('message', answer);
      idle.postMessage('end');
    });
    expect(result.made).toBe(40);
    const [most, longest] = [delay.percentile(99) / 1e6, delay.max / 1e6];
    console.log(
      `delay of the main side: 99 % within ${most.toFixed(1)} ms, longest ${longest.toFixed(1)} ms; of an idle thread ${idleMax.toFixed(1)} ms`,
    );
    // the longest one alone says more about the machine than about us
    expect(most).toBeLessThan(100 + idleMax);
  });
});

describe('a flush', () => {
  it('of all at once and of one file after the other take the same trees', async () => {
    await make(tableOf(names(2)));
    const trees = names(2).flatMap((g) => [join(place.values, g), join(place.output, `${g}.selbundle`)]);
    await flushTrees(trees);
    await flushTrees(trees, true);
    await flushTrees([]);
    await expect(flushTrees([join(place.root, 'missing')], true)).rejects.toThrow('ENOENT');
  });
});
