/** How long it takes until the window can be used: cold starts in the real window on a display of its own, with their parts. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratch } from './fixture.ts';
import type { Sizes } from './main.ts';
import { median, ms, ROUNDS, type Row } from './measure.ts';
import { onDisplay } from './ondisplay.ts';
import { type WindowWatch, watchWindows } from './xwindows.ts';

const program = fileURLToPath(new URL('./window-run.mjs', import.meta.url));
/** Wanted: the first screen can be used within a second of the window's opening. */
const BOUND = 1000;

/** Points in time of one start, in milliseconds of the clock, in their order. */
interface Start {
  readonly started: number;
  /** the shell's code is loaded; the main side's is loaded while the browser starts */
  readonly loaded: number;
  /** the window is on the screen, empty */
  readonly opened: number;
  /** it asks for our page */
  readonly asked: number;
  readonly painted: number;
  /** the main side has answered, and the first step can be used */
  readonly usable: number;
}

/** Cold: a new process, a new browser, a new profile. */
const start = async (display: string, windows: WindowWatch, home: string): Promise<Start> => {
  const next = windows.next();
  const started = performance.timeOrigin + performance.now();
  const child = spawn(process.execPath, [program, resolve('dist'), home], {
    env: { ...process.env, DISPLAY: display },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (d) => {
    said += String(d);
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  if (code !== 0) throw new Error(`the window ended with ${code}`);
  const opened = await Promise.race([next, Promise.reject(new Error('no window was seen on the display'))]);
  return { started, opened, ...(JSON.parse(said) as Omit<Start, 'started' | 'opened'>) };
};

const PARTS: readonly (readonly [what: string, from: keyof Start, to: keyof Start])[] = [
  ["the shell's code is loaded", 'started', 'loaded'],
  ['Playwright is loaded, the browser starts and shows its window, empty', 'loaded', 'opened'],
  ['the window is fenced in and asks for our page', 'opened', 'asked'],
  ['the page is loaded and painted', 'asked', 'painted'],
  ['the main side has answered, the first step can be used', 'painted', 'usable'],
];

export const window = async (s: Sizes): Promise<Row[]> => {
  const home = join(scratch, 'window-home');
  mkdirSync(home, { recursive: true });
  const starts = await onDisplay('window', async (display) => {
    // one for all starts: a server whose last client goes begins anew
    const windows = await watchWindows(display);
    const measured: Start[] = [];
    try {
      // the first one finds nothing in the file cache of the machine: it is not counted
      await start(display, windows, home);
      for (let i = 0; i < Math.max(ROUNDS, s.rounds); i++) measured.push(await start(display, windows, home));
    } finally {
      windows.stop();
    }
    return measured;
  });
  if (starts === undefined) return [];
  const row = (what: string, from: keyof Start, to: keyof Start, rival: string, of: number, wanted?: Row['wanted']): Row => {
    const times = starts.map((x) => x[to] - x[from]);
    return {
      what,
      own: ms(median(times)),
      rival: ms(of),
      rivalName: rival,
      ratio: median(times) / of,
      spread: [Math.min(...times) / of, Math.max(...times) / of],
      wanted,
      rounds: starts.length,
    };
  };
  const whole = median(starts.map((x) => x.usable - x.started));
  return [
    row('first screen usable, from the window on the screen', 'opened', 'usable', 'a bound of 1 s', BOUND, { atMost: 1 }),
    row('first screen usable, from the start of the program', 'started', 'usable', 'a bound of 1 s', BOUND),
    ...PARTS.map(([what, from, to]) => row(`its part: ${what}`, from, to, 'all of it', whole)),
  ];
};
