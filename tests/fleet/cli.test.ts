/** `bundle fleet` as a program: killed at any moment and started again, stopped by a signal, and what it says. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findHeader } from '../../core/image/find.ts';
import type { ParsedHeader } from '../../core/image/header.ts';
import { type Built, buildAll } from './built.ts';
import { names, Place, tableOf, wholeFleet } from './fixture.ts';

let built: Built;
let image: ParsedHeader;
const GUESTS = names(40);
beforeAll(async () => {
  built = await buildAll({ selwright: 'cli/main.ts', worker: 'cli/worker.ts' });
  const made = spawnSync(process.execPath, [built.path('selwright.mjs'), 'sample', 'init', built.path('t')], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(made.stderr);
  image = findHeader(new Uint8Array(readFileSync(built.path('t/image/selhdr.bin')))).header;
});
afterAll(() => built.remove());

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, HOME: built.directory, XDG_STATE_HOME: built.path('state') });
const args = (place: Place, table: string, ...more: string[]): string[] => {
  const path = join(place.root, 'table');
  writeFileSync(path, table);
  const t = (p: string): string => built.path('t', p);
  return [
    ...[built.path('selwright.mjs'), 'bundle', 'fleet', '--policy', t('policy.yaml'), '--hdr', t('image/selhdr.bin')],
    ...[
      '-k',
      t('host-keys/alpha.crt'),
      '-C',
      t('pki/signing.crt'),
      '-C',
      t('pki/intermediate.crt'),
      '--root-ca',
      t('pki/root.crt'),
    ],
    ...['signing', 'intermediate', 'root'].flatMap((c) => ['--crl', t(`pki/${c}.crl`)]),
    ...['--table', path, '--values', place.values, '-o', place.output, ...more],
  ];
};
interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}
const begin = (command: string[]): { child: ChildProcess; ended: Promise<Ran> } => {
  const child = spawn(process.execPath, command, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const out = ['', ''];
  child.stdout?.on('data', (d: Buffer) => (out[0] += d.toString()));
  child.stderr?.on('data', (d: Buffer) => (out[1] += d.toString()));
  const ended = new Promise<Ran>((done) => {
    child.on('close', (code, signal) => done({ code, signal, stdout: out[0] as string, stderr: out[1] as string }));
  });
  return { child, ended };
};
const run = (command: string[]): Promise<Ran> => begin(command).ended;

/** Names in a directory that may not be there. */
const there = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : []);
const ready = (place: Place): number => there(place.output).filter((n) => n.endsWith('.selbundle')).length;

/** Kills the program as soon as so many bundles are there, or a little later. @returns whether it was still at work */
const killAt = async (command: string[], place: Place, bundles: number, later: number): Promise<boolean> => {
  const { child, ended } = begin(command);
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && ready(place) < bundles) await sleep(1);
  await sleep(later);
  child.kill('SIGKILL');
  return (await ended).signal === 'SIGKILL';
};

describe('killed at any moment and started again', () => {
  it('one fleet, killed again and again, ends with each guest made once and whole', async () => {
    const place = new Place();
    const command = args(place, tableOf(GUESTS));
    const seen = new Map<string, string>();
    let kills = 0;
    for (const [bundles, later] of [
      [0, 150],
      [1, 0],
      [5, 3],
      [14, 1],
      [20, 17],
      [30, 40],
    ] as const) {
      if (await killAt(command, place, bundles, later)) kills++;
      if (!existsSync(join(place.output, 'fleet.journal'))) continue;
      // what was done before stays as it was
      const { done } = place.journal();
      for (const [g, id] of seen) expect(done.get(g)?.id).toBe(id);
      for (const [g, f] of done) seen.set(g, f.id);
    }
    expect(kills).toBeGreaterThanOrEqual(5);
    const last = await run(command);
    expect(last.stderr.split('\n').filter((l) => !l.includes('host key'))).toEqual(['']);
    expect(last.code).toBe(0);
    const whole = wholeFleet(place, GUESTS, image);
    for (const [g, id] of seen) expect(whole.get(g)?.id).toBe(id);
    expect(await run(command)).toMatchObject({ code: 0, stdout: expect.stringContaining('40 of 40 bundles') });
    expect(wholeFleet(place, GUESTS, image)).toEqual(whole);
    place.remove();
  });

  it('fleets killed once, at random, end whole with a second run', async () => {
    const guests = GUESTS.slice(0, 8);
    for (let round = 0; round < 4; round++) {
      const place = new Place();
      const command = args(place, tableOf(guests));
      await killAt(command, place, Math.floor(Math.random() * 7), Math.random() * 60);
      const second = await run(command);
      expect(second.code, second.stderr).toBe(0);
      wholeFleet(place, guests, image);
      place.remove();
    }
  });
});

describe('stopped by a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s: finishes the guests at hand, says how to go on, and goes on', async (signal) => {
    const place = new Place();
    const command = args(place, tableOf(GUESTS.slice(0, 20)));
    const { child, ended } = begin(command);
    while (ready(place) < 3) await sleep(1);
    child.kill(signal);
    const ran = await ended;
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('finishing the guests at hand');
    expect(ran.stdout).toContain('Stopped before the end.');
    expect(ran.stdout).toContain('goes on with the rest');
    const done = [...place.journal().done.keys()];
    expect(done.length).toBeGreaterThanOrEqual(3);
    expect(done.length).toBeLessThan(20);
    wholeFleet(place, done, image);
    const second = await run(args(place, tableOf(GUESTS.slice(0, 20)), '--json'));
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({
      ok: true,
      total: 20,
      before: done.length,
      made: 20 - done.length,
      cancelled: false,
    });
    wholeFleet(place, GUESTS.slice(0, 20), image);
    place.remove();
  });
});

describe('what it says', () => {
  const place = new Place();
  afterAll(() => place.remove());

  it('the result as text: how many, where', async () => {
    const ran = await run(args(place, tableOf(names(2)), '--workers', '1'));
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^2 of 2 bundles are in .*out: 2 made now, in \d+ s\.\n$/);
  });
  it('each bundle checks with the values of its guest', () => {
    const check = ['bundle', 'check', join(place.output, 'g001.selbundle'), '--values', join(place.values, 'g001')];
    const ran = spawnSync(process.execPath, [built.path('selwright.mjs'), ...check], { env: environment(), encoding: 'utf8' });
    expect(ran.status, ran.stderr).toBe(0);
    expect(ran.stderr).not.toContain('own copy');
  });
  it('missing files before anything is made: table, line, guest and path, exit 3', async () => {
    const other = new Place();
    const ran = await run(args(other, 'guest,cck\ng001,file\ng002,\n'));
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain(`line 2: g001 needs ${join(other.values, 'g001/cck')}`);
    expect(existsSync(other.output)).toBe(false);
    const json = await run(args(other, 'guest,cck\ng001,file\n', '--json'));
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, missing: [{ guest: 'g001', line: 2, name: 'cck' }] });
    other.remove();
  });
  it('a guest whose value is wrong: named, the others made, exit 1', async () => {
    const other = new Place();
    mkdirSync(join(other.values, 'g002'));
    writeFileSync(join(other.values, 'g002/cck'), 'hunter2');
    const ran = await run(args(other, tableOf(names(3))));
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('1 could not be made.');
    expect(ran.stderr).toMatch(/g002: error +P10 .*cck/);
    expect(ran.stdout + ran.stderr).not.toContain('hunter2');
    const json = await run(args(other, tableOf(names(3)), '--json'));
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, made: 0, before: 2, failures: [{ guest: 'g002', line: 3 }] });
    other.remove();
  });
  it.each([
    ['a table with a mistake', 'guest,cck\ng001,hunter2\n', [], 3, 'fleet table, line 2, cck'],
    ['a number of workers that cannot be', tableOf(names(1)), ['--workers', '0'], 2, '--workers 0'],
    ['a CCK for a policy that derives nothing', tableOf(names(1)), ['--cck', 'x'], 2, '--cck does not go with'],
  ])('%s: one line', async (_, table, more, code, text) => {
    const ran = await run(args(place, table, ...more));
    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain(text);
    expect(ran.stdout + ran.stderr).not.toContain('hunter2');
  });
  it('an output directory that cannot be made: named, exit 3', async () => {
    const other = new Place();
    writeFileSync(other.output, 'a file');
    const ran = await run(args(other, tableOf(names(1))));
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain(other.output);
    rmSync(other.output);
    other.remove();
  });
});
