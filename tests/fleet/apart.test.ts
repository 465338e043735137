/** A fleet in a process of its own: the same fleet, with its secrets, its errors and its ends; and a process that stands back. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serialize } from 'node:v8';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hex, utf8 } from '../../core/bytes.ts';
import { findHeader } from '../../core/image/find.ts';
import { buildImage } from '../../core/image/image.ts';
import type { Policy } from '../../core/policy/schema.ts';
import { deriveExtensionSecret } from '../../core/request/extension.ts';
import { openRequest, parseRequest } from '../../core/request/parse.ts';
import { nodeEnv } from '../../edge/env.ts';
import type { Fleet, FleetResult } from '../../edge/fleet.ts';
import { startFleetApart } from '../../edge/fleetapart.ts';
import { hosts, policy } from '../support/tenant.ts';
import { type Built, buildAll } from './built.ts';
import { failure, fleetInput, names, Place, tableOf, untilMade, wholeFleet } from './fixture.ts';

/** Everything that was said by messages to a process. */
const sent = vi.hoisted((): unknown[] => []);
vi.mock('node:child_process', async (original) => {
  const real = await original<typeof import('node:child_process')>();
  const fork = (...args: Parameters<typeof real.fork>) => {
    const child = real.fork(...args);
    const send = child.send.bind(child) as (...a: unknown[]) => boolean;
    child.send = (...a: unknown[]) => {
      sent.push(a[0]);
      return send(...a);
    };
    return child;
  };
  return { ...real, fork };
});

let built: Built;
let place: Place;
beforeAll(async () => {
  built = await buildAll({
    fleet: 'electron/shells/fleet.ts',
    worker: 'cli/worker.ts',
    parent: 'tests/fleet/apart-parent.ts',
  });
  process.env.XDG_STATE_HOME = built.path('state');
});
afterAll(() => {
  built.remove();
  delete process.env.XDG_STATE_HOME;
});
beforeEach(() => {
  place = new Place();
});
afterEach(() => {
  vi.restoreAllMocks();
  place.remove();
});

type More = Parameters<typeof fleetInput>[2];
const start = (table: string, more: More = {}): Fleet =>
  startFleetApart(fleetInput(place, table, { workers: 2, ...more }), built.url('fleet'));
const make = (table: string, more: More = {}): Promise<FleetResult> => start(table, more).done;

/** Fleet processes of this test, each with its threads: priority, session and, where there is one, the weight of the session. */
const running = (program = built.path('fleet.mjs')): number[] =>
  readdirSync('/proc')
    .filter((n) => /^\d+$/.test(n))
    .filter((n) => {
      try {
        return readFileSync(join('/proc', n, 'cmdline'), 'utf8')
          .split('\0')
          .includes(program);
      } catch {
        return false;
      }
    })
    .map(Number);
/** Fields of /proc/PID/stat behind the name, from the state on. */
const statOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
const NICE_AT = 16;
const SESSION_AT = 3;
const NAME = 'luks-rfs-passphrase';
/** Guests of a fleet that lasts longer than this thread may be kept from looking at it: a second or more. */
const LONG = 150;

/** A policy that derives the extension secret from the key the image was built with, and such an image. */
const derivedPolicy: Policy = {
  ...policy,
  'extension-secret': 'cck-derived',
  dump: { ...policy.dump, 'cck-update': 'none' },
  order: policy.order.filter((n) => n !== 'cck'),
  secrets: policy.secrets.filter((p) => p.name !== 'cck'),
};
const imageCck = Uint8Array.from({ length: 32 }, (_, i) => 200 - i);
const derivedHeader = findHeader(
  buildImage(
    {
      hostKeys: hosts.map((h) => h.keys.publicKey),
      components: [utf8('kernel'), utf8('rd.sel-ebc root=LABEL=root'), new Uint8Array(9000).fill(7)],
      plaintextFlags: ['no-component-encryption', 'pckmo-aes', 'pckmo-dea', 'pckmo-ecc', 'pckmo-hmac'],
      secretFlags: ['cck-extension-secret'],
      cck: imageCck,
    },
    nodeEnv,
  ).header,
).header;

describe('a fleet in a process of its own', () => {
  it('is the same fleet: whole bundles, its progress, its end, and its process is gone', async () => {
    const guests = names(LONG);
    const fleet = start(tableOf(guests));
    expect(fleet.progress()).toMatchObject({ total: LONG, made: 0, before: 0, state: 'preparing' });
    await untilMade(fleet, 2);
    expect(fleet.progress()).toMatchObject({ total: LONG, state: 'running' });
    expect(fleet.progress().atHand.length).toBeGreaterThan(0);
    expect(await fleet.done).toMatchObject({ total: LONG, made: LONG, before: 0, failures: [], cancelled: false });
    expect(fleet.progress()).toMatchObject({ total: LONG, made: LONG, failed: 0, atHand: [], state: 'ended' });
    expect(fleet.progress().elapsed).toBeGreaterThan(0);
    wholeFleet(place, guests);
    if (process.platform === 'linux') await vi.waitFor(() => expect(running()).toEqual([]), { timeout: 30_000 });
  });

  it('has the secrets it is given, though no message holds them, and what was sent is wiped', async () => {
    const common = new Map([[NAME, utf8('a passphrase that all guests of this fleet have')]]);
    const given = common.get(NAME) as Uint8Array;
    const cck = Uint8Array.from(imageCck);
    sent.length = 0;
    const written = vi.spyOn(Socket.prototype, 'end');
    const fleet = start(`guest,${NAME}\n*,common\ng001,\n`, { policy: derivedPolicy, header: derivedHeader, common, cck });
    const bytes = written.mock.calls
      .map(([b]) => b as unknown)
      .find((b) => b instanceof Uint8Array && b.length === given.length + 32);
    expect(hex(bytes as Uint8Array)).toBe(hex(given) + hex(cck));
    expect(await fleet.done).toMatchObject({ made: 1, failures: [] });
    // both got there, and are still the caller's
    const request = parseRequest(place.read('out/g001.selbundle/sics/luks-rfs-passphrase.asr'));
    const { value } = openRequest(request, hosts[0].keys);
    expect(hex(value)).toContain(hex(given));
    const extension = place.read('values/g001/bundles/0001-g001/extension-secret');
    expect(hex(extension)).toBe(hex(deriveExtensionSecret(cck, derivedHeader.image.tag)));
    expect([given[0], cck[0]]).toEqual([0x61, 200]);
    // neither went by a message, and the copy is gone
    const messages = serialize(sent);
    expect(messages.includes(Buffer.from(derivedHeader.image.tag))).toBe(true);
    for (const secret of [given, cck]) expect(messages.includes(Buffer.from(secret))).toBe(false);
    await vi.waitFor(() => expect(hex(bytes as Uint8Array)).toBe('00'.repeat(given.length + 32)));
  });

  it('is heard to its end, though it is over before this thread looks again', async () => {
    const fleet = start(tableOf(names(2)));
    await untilMade(fleet, 1);
    // until its last words and its exit are both there
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
    expect(await fleet.done).toMatchObject({ made: 2, cancelled: false });
    expect(fleet.progress()).toMatchObject({ made: 2, state: 'ended' });
  });

  it('is stopped and taken up again, each guest once', async () => {
    const guests = names(LONG);
    const fleet = start(tableOf(guests));
    await untilMade(fleet, 3);
    fleet.cancel();
    expect(fleet.progress().state).toBe('cancelling');
    const { made } = await fleet.done;
    expect(made).toBeGreaterThanOrEqual(3);
    expect(made).toBeLessThan(LONG);
    const first = wholeFleet(place, [...place.journal().done.keys()]);
    expect(await make(tableOf(guests))).toMatchObject({ made: LONG - made, before: made, cancelled: false });
    const second = wholeFleet(place, guests);
    for (const [g, whole] of first) expect(second.get(g)).toEqual(whole);
  });

  it('stopped before it heard anything makes nothing; stopped behind its end is not stopped', async () => {
    const fleet = start(tableOf(names(3)));
    fleet.cancel();
    expect(await fleet.done).toMatchObject({ made: 0, cancelled: true });
    const again = start(tableOf(names(3)));
    expect(await again.done).toMatchObject({ made: 3, cancelled: false });
    again.cancel();
    expect(again.progress().state).toBe('ended');
  });

  it('says what went wrong as the other one does: of a guest, and of all of it', async () => {
    place.write('values/g002/cck', new Uint8Array(5));
    const result = await make('guest,cck\ng001,\ng002,file\n');
    expect(result).toMatchObject({ made: 1, failures: [{ guest: 'g002', line: 3 }] });
    const other = await failure(make('guest,cck\ng001,\ng002,file\n', { strict: true }));
    expect([other.code, other.facts.field]).toEqual(['conflict', 'fleet journal']);
  });

  it('that cannot be started, or breaks at once, ends with a typed error', async () => {
    const cck = new Uint8Array(32).fill(7);
    const written = vi.spyOn(Socket.prototype, 'end');
    const input = () => fleetInput(place, tableOf(names(1)), { cck });
    const none = await failure(startFleetApart(input(), built.url('no-such')).done);
    expect([none.code, none.facts.found]).toEqual(['stopped', 'a process that ended with code 1']);
    vi.spyOn(process, 'execPath', 'get').mockReturnValue(place.root);
    const never = await failure(startFleetApart(input(), built.url('fleet')).done);
    expect([never.code, never.facts.found]).toEqual(['stopped', 'a process that could not be started']);
    const copies = written.mock.calls.map(([b]) => b as unknown).filter((b) => b instanceof Uint8Array && b.length === 32);
    expect(copies).toHaveLength(2);
    await vi.waitFor(() => expect(copies.map((b) => hex(b as Uint8Array))).toEqual(['00'.repeat(32), '00'.repeat(32)]));
  });
});

if (process.platform !== 'linux') console.warn('SKIPPED: processes and threads are looked up in /proc, which only Linux has');
describe.runIf(process.platform === 'linux')('the process of a fleet', () => {
  it('that is killed ends its fleet with a typed error; the next one goes on', async () => {
    const guests = names(LONG);
    const fleet = start(tableOf(guests));
    await untilMade(fleet, 2);
    const [pid] = running();
    process.kill(pid as number, 'SIGKILL');
    const e = await failure(fleet.done);
    expect([e.code, e.facts.found]).toEqual(['stopped', 'a process that was ended by SIGKILL']);
    expect(fleet.progress()).toMatchObject({ state: 'ended', atHand: [] });
    await make(tableOf(guests));
    wholeFleet(place, guests);
  });

  it('stands back with all its threads, in a session of its own', async () => {
    const fleet = start(tableOf(names(LONG)));
    await untilMade(fleet, 2);
    const [pid] = running() as [number];
    const tasks = join('/proc', String(pid), 'task');
    const threads = readdirSync(tasks);
    expect(threads.length).toBeGreaterThan(4);
    expect(threads.map((n) => statOf(join(tasks, n, 'stat'))[NICE_AT])).toEqual(threads.map(() => '10'));
    expect(statOf(join('/proc', String(pid), 'stat'))[SESSION_AT]).toBe(String(pid));
    const weight = (of: number | 'self'): string | undefined => {
      try {
        return readFileSync(join('/proc', String(of), 'autogroup'), 'utf8').match(/nice (-?\d+)/)?.[1];
      } catch {
        return undefined;
      }
    };
    // where the kernel weighs sessions, this one is light; that of the program that started it is as it was
    const before = weight('self');
    if (before === undefined) console.warn('SKIPPED: this kernel does not weigh sessions');
    else expect(weight(pid)).toBe('10');
    fleet.cancel();
    await fleet.done;
    expect(weight('self')).toBe(before);
  });

  it('finishes the guests at hand and ends when the program that started it is killed', async () => {
    const guests = names(2 * LONG);
    writeFileSync(join(place.root, 'table.csv'), utf8(tableOf(guests)));
    const parent = spawn(process.execPath, [built.path('parent.mjs'), place.root, built.path('fleet.mjs')], { stdio: 'ignore' });
    const there = (): number => {
      try {
        return readdirSync(place.output).filter((n) => n.endsWith('.selbundle')).length;
      } catch {
        return 0;
      }
    };
    while (there() < 2 && parent.exitCode === null) await sleep(5);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(running()).toEqual([]), { timeout: 60_000 });
    const done = [...place.journal().done.keys()];
    expect(done.length).toBeGreaterThanOrEqual(2);
    expect(done.length).toBeLessThan(guests.length);
    wholeFleet(place, done);
    await make(tableOf(guests));
    wholeFleet(place, guests);
  });
});
