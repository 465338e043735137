/** How long the window takes from a click to the picture that shows it, while a fleet keeps all cores busy. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClicksRun } from './clicks-run.ts';
import { scratch } from './fixture.ts';
import type { Sizes } from './main.ts';
import { median, ms, ROUNDS, type Row } from './measure.ts';
import { onDisplay } from './ondisplay.ts';

const program = fileURLToPath(new URL('./clicks-run.mjs', import.meta.url));
/** Wanted of every click, in ms. */
const BOUND = 100;

const once = (display: string, home: string, clicks: number): ClicksRun => {
  const r = spawnSync(process.execPath, [program, resolve('dist'), home, String(clicks)], {
    encoding: 'utf8',
    env: { ...process.env, DISPLAY: display },
  });
  if (r.status !== 0) throw new Error(`clicks in the window: ${r.stderr}`);
  return JSON.parse(r.stdout) as ClicksRun;
};

export const clicks = async (s: Sizes): Promise<Row[]> => {
  const homes = join(scratch, 'clicks');
  mkdirSync(homes, { recursive: true });
  const rounds = Array.from({ length: Math.max(ROUNDS, s.rounds) }, (_, i) => join(homes, String(i)));
  const runs = await onDisplay('clicks', async (display) => rounds.map((home) => once(display, home, s.clicks)));
  if (runs === undefined) return [];
  const shown = (of: (r: ClicksRun) => ClicksRun['idle']) => runs.map((r) => of(r).map((c) => c.shown));
  const [idle, meanwhile] = [shown((r) => r.idle), shown((r) => r.meanwhile)];
  const count = meanwhile.flat().length;
  const bounded = { rivalName: 'a bound of 100 ms', rival: ms(BOUND), rounds: runs.length };
  const slowest = meanwhile.map((c) => Math.max(...c));
  const all = Math.max(...slowest);
  const row = (what: string, own: number, of: readonly number[], wanted?: Row['wanted']): Row => ({
    ...bounded,
    what,
    own: ms(own),
    ratio: own / BOUND,
    spread: [Math.min(...of) / BOUND, Math.max(...of) / BOUND],
    wanted,
  });
  return [
    row(`a click while a fleet is made, the slowest of ${count}`, all, slowest, { atMost: 1 }),
    row('a click while a fleet is made, the median', median(meanwhile.flat()), meanwhile.map(median)),
    row(
      'a click without a fleet, the slowest',
      Math.max(...idle.flat()),
      idle.map((c) => Math.max(...c)),
    ),
    row('a click without a fleet, the median', median(idle.flat()), idle.map(median)),
  ];
};
