/** Runs the benchmarks and writes what they found. Started by scripts/bench.mjs. */
import { writeFileSync } from 'node:fs';
import { chain } from './chain.ts';
import { clicks } from './clicks.ts';
import { removeScratch } from './fixture.ts';
import { fleets } from './fleet.ts';
import { load, machine } from './machine.ts';
import { ROUNDS, type Row, ratioText, verdict } from './measure.ts';
import { checking, parsing } from './reading.ts';
import { building, growth, memory, twoCores } from './requests.ts';
import { startup } from './startup.ts';
import { window } from './window.ts';

/** How much of everything a round does. */
export interface Sizes {
  readonly rounds: number;
  /** requests by the fast way, by Node or by processes, by the plain way */
  readonly requests: number;
  readonly slowRequests: number;
  readonly plainRequests: number;
  /** runs of requests for growth and memory */
  readonly few: number;
  readonly many: number;
  readonly chains: number;
  readonly processes: number;
  readonly bundles: number;
  /** in the window, in each round */
  readonly clicks: number;
  /** of the fleets that are compared: few, many, most */
  readonly guests: readonly [number, number, number];
}

const FULL: Sizes = {
  rounds: ROUNDS,
  requests: 100,
  slowRequests: 25,
  plainRequests: 4,
  few: 100,
  many: 10_000,
  chains: 40,
  processes: 40,
  bundles: 1000,
  clicks: 100,
  guests: [100, 1000, 2000],
};
/** Shows that everything runs; its numbers are rough. */
const QUICK: Sizes = {
  rounds: ROUNDS,
  requests: 20,
  slowRequests: 4,
  plainRequests: 1,
  few: 20,
  many: 200,
  chains: 5,
  processes: 4,
  bundles: 20,
  clicks: 20,
  guests: [20, 40, 60],
};

const PARTS: Readonly<Record<string, (s: Sizes) => Promise<Row[]>>> = {
  building,
  twoCores,
  growth,
  memory,
  chain,
  parsing,
  checking,
  startup,
  window,
  clicks,
  fleets,
};

const HEAD = ['what', 'own', 'rival', 'its time', 'ratio', 'lowest and highest round', 'wanted'];
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const cells = (r: Row): string[] => [
  r.what,
  r.own,
  r.rivalName,
  r.rival,
  ratioText(r.ratio),
  `${ratioText(r.spread[0])} to ${ratioText(r.spread[1])}`,
  verdict(r),
];

const report = (rows: readonly Row[], quick: boolean, loads: readonly [string, string]): string =>
  [
    '# Benchmark results',
    '',
    `Written by \`npm run bench${quick ? ' -- --quick' : ''}\` on ${new Date().toISOString().slice(0, 10)}. How the numbers come about and what they mean: docs/speed.md.`,
    ...(quick ? ['', '**A quick run with small sizes: it shows that everything works; its numbers are rough.**'] : []),
    '',
    ...machine().map(([name, value]) => `- ${name}: ${value}`),
    `- Load of the machine: ${loads[0]} before, ${loads[1]} after (the benchmark itself keeps up to all cores busy)`,
    `- Rounds: at least ${Math.min(...rows.map((r) => r.rounds))} of each, in turn with the rival; medians`,
    '',
    line(HEAD),
    line(HEAD.map(() => '---')),
    ...rows.map((r) => line(cells(r))),
    '',
  ].join('\n');

const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};

const quick = process.argv.includes('--quick');
const only = argument('--only')?.split(',');
const unknown = only?.find((o) => !(o in PARTS));
if (unknown !== undefined) {
  console.error(`bench: no part ${unknown}; there are: ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
const before = load();
const rows: Row[] = [];
try {
  for (const [name, part] of Object.entries(PARTS)) {
    if (only && !only.includes(name)) continue;
    for (const r of await part(quick ? QUICK : FULL)) {
      rows.push(r);
      console.log(`${r.what}: ${r.own}; ${r.rivalName}: ${r.rival}; ratio ${ratioText(r.ratio)} ${verdict(r)}`);
    }
  }
} finally {
  removeScratch();
}
const output = argument('--output');
if (output !== undefined) writeFileSync(output, report(rows, quick, [before, load()]));
