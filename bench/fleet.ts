/** Whole fleets, each in a process of its own: peak memory, cost of a guest, and the same requests by one process each. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratch } from './fixture.ts';
import { BEGUN, type FleetRun } from './fleetrun.ts';
import type { Sizes } from './main.ts';
import { compare, mb, type Row } from './measure.ts';
import { requestProcesses } from './processes.ts';
import { HOSTS, SECRETS } from './tenant.ts';

/** Requests of a guest: its secrets, toc, manifest, attestation. */
const REQUESTS = SECRETS + 3;
const program = fileURLToPath(new URL('./fleet-run.mjs', import.meta.url));

let fleetsMade = 0;
/**
 * Fleets stay until all benchmarks have run. On ext4 a fleet that is made within some minutes behind one that was deleted pays
 * for that: docs/speed.md.
 */
const fleetOf = (guests: number): FleetRun => {
  const directory = join(scratch, `fleet-${fleetsMade++}`);
  const r = spawnSync(process.execPath, [program, String(guests), directory], { encoding: 'utf8', maxBuffer: 1 << 24 });
  if (r.status !== 0) throw new Error(`a fleet of ${guests}: ${r.stderr}`);
  return JSON.parse(r.stdout) as FleetRun;
};

export const fleets = async (s: Sizes): Promise<Row[]> => {
  // one run answers for time and memory alike
  const runs = new Map<number, FleetRun[]>();
  const made = (guests: number, of: (r: FleetRun) => number) => (): number => {
    const run = fleetOf(guests);
    runs.set(guests, [...(runs.get(guests) ?? []), run]);
    return of(run);
  };
  const remembered = (guests: number, of: (r: FleetRun) => number) => {
    let next = 0;
    return (): number => of((runs.get(guests) as FleetRun[])[next++] as FleetRun);
  };
  const [few, many, most] = s.guests;
  const name = (n: number): string => `a fleet of ${n}`;
  const grown = { rounds: s.rounds, direction: 'growth', warmUp: false } as const;
  // each run makes a whole fleet, and answers for everything below
  const parts = await compare({
    what: `processor time of a guest in a fleet of ${few}, once ${BEGUN} are made`,
    own: { name: name(few), count: 1, run: made(few, (r) => r.own) },
    rivals: [many, most].map((n) => ({ name: name(n), count: 1, run: made(n, (r) => r.own) })),
    ...grown,
  });
  const all = await compare({
    what: 'the same with what the kernel does for some 40 files',
    own: { name: name(few), count: 1, run: remembered(few, (r) => r.all) },
    rivals: [many, most].map((n) => ({ name: name(n), count: 1, run: remembered(n, (r) => r.all) })),
    ...grown,
  });
  const start = await compare({
    what: `the same in a fleet of ${few}, start of the workers and tables included`,
    own: { name: name(few), count: 1, run: remembered(few, (r) => r.whole) },
    rivals: [{ name: name(most), count: 1, run: remembered(most, (r) => r.whole) }],
    ...grown,
  });
  /** What each guest costs that a fleet has more than another one: whatever a fleet does once is in both. */
  const further = (from: number, to: number) => {
    const [less, more] = [remembered(from, (r) => r.whole * from), remembered(to, (r) => r.whole * to)];
    return { name: `from ${from} to ${to}`, count: to - from, run: () => more() - less() };
  };
  const constant = await compare({
    what: `processor time of each further guest, the kernel's included, from ${few} guests to ${many}`,
    own: further(few, many),
    rivals: [{ ...further(many, most), wanted: { atLeast: 0.9, atMost: 1.1 } }],
    ...grown,
  });
  const peak = (n: number) => ({ name: name(n), count: 1, run: remembered(n, (r) => r.peak) });
  const memory = await compare({
    what: `peak memory of a fleet of ${many}, ${SECRETS} secrets, ${HOSTS} host keys`,
    own: peak(many),
    rivals: [
      { ...peak(few), wanted: { atMost: 1.2 } },
      { name: 'a bound of 300 MB', count: 1, run: () => 300e6, wanted: { atMost: 1 } },
    ],
    unit: mb,
    ...grown,
  });
  const processes = requestProcesses();
  const whole =
    processes.length === 0
      ? []
      : await compare({
          what: `a guest of a fleet of ${many}, all cores, files written and flushed`,
          own: { name: 'own', count: 1, run: remembered(many, (r) => r.wall) },
          rivals: processes.map((p) => ({
            name: `${p.name}, ${REQUESTS} requests, nothing else`,
            count: s.slowRequests,
            run: (): undefined => {
              for (let i = 0; i < s.slowRequests * REQUESTS; i++) p.make();
              return undefined;
            },
          })),
          rounds: s.rounds,
          warmUp: false,
        });
  return [...constant, ...parts, ...all, ...start, ...memory, ...whole];
};
