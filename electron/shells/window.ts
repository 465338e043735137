/**
 * The Chromium edition as a program: opens the window and ends with it. It has no output but the sentences below: nothing that is
 * computed is ever printed, so that nothing secret can be. (The demo, whose tenant is made up, has its own.)
 */
import { join, resolve } from 'node:path';
import { VERSION } from '../../edge/version.ts';
import { type ChromiumOptions, type ChromiumWindow, openChromium } from './chromium.ts';
import { becomeOnly, socketPath } from './instance.ts';

const SAYS = {
  help: [
    'Usage: selwright-window [--help | --version | --demo DIRECTORY | FILE.selwright]',
    '',
    'Opens the Selwright window in an installed Chromium. It never makes a network connection. With --demo it goes the whole way on a',
    'sample tenant by itself, and leaves bundle, report, verdict and one picture per step in the directory. One that an earlier demo made is',
    'replaced, with everything in it; any other that exists is left alone.',
  ].join('\n'),
  version: `selwright ${VERSION}`,
  'wrong-use':
    'This program takes one project file (its name ends in .selwright), or --demo and a directory, or --help or --version.',
  'no-display': 'There is no display here: start it from a desktop.',
  'no-browser': 'No Chromium was found. Install the package "chromium", or name a browser in SELWRIGHT_CHROMIUM.',
  'no-sandbox':
    'Chromium did not start, because its sandbox is not available. Install the package "chromium-sandbox", or let users make user namespaces.',
  'no-start': 'Chromium did not start. Try to start it by itself and see what it says.',
  open: 'Selwright is open already: its window was brought to the front.',
  crashed: 'The window died several times within a minute and was not opened again. Nothing that was saved is lost.',
  fault: 'Something went wrong inside the program. Nothing that was saved is lost.',
} as const;

const say = (what: keyof typeof SAYS, to: NodeJS.WriteStream = process.stderr): void => {
  to.write(`${SAYS[what]}\n`);
};

/** Exit codes: 0 good, 1 something is missing here, 2 wrong use, 70 a fault of the program. */
const MISSING = 1;
const WRONG_USE = 2;
const FAULT = 70;

/** Why the browser did not start, from what it said about itself: there is no project yet, but it is not repeated either. */
const reasonOf = (e: unknown): keyof typeof SAYS => {
  const text = e instanceof Error ? e.message : '';
  if (text.startsWith('no Chromium found')) return 'no-browser';
  if (/no usable sandbox|zygote_host_impl|sandbox.*(denied|failed)/i.test(text)) return 'no-sandbox';
  return /missing x server|cannot open display|unable to open x display/i.test(text) ? 'no-display' : 'no-start';
};

/** The window as it opens, and whether a signal told the program to end. */
let opening: Promise<ChromiumWindow> | undefined;
let told = false;

/** Opens the window, unless a signal came meanwhile. */
const openWindow = (options: Omit<ChromiumOptions, 'root'>): Promise<ChromiumWindow> => {
  opening = openChromium({ ...options, root: join(import.meta.dirname, '..', 'renderer') });
  return opening;
};

const demo = async (directory: string): Promise<number> => {
  const { runDemo } = await import('./demo.ts');
  try {
    return await runDemo(resolve(directory), openWindow);
  } catch (e) {
    say(reasonOf(e));
    return MISSING;
  }
};

const open = async (opens?: string): Promise<number> => {
  let toFront = (): void => undefined;
  const path = socketPath();
  const only = path === undefined ? undefined : await becomeOnly(path, () => toFront());
  if (path !== undefined && only === undefined) {
    say('open');
    return 0;
  }
  try {
    if (told) return 0;
    const opened = await openWindow({ opens });
    toFront = () => void opened.page.bringToFront().catch(() => undefined);
    const good = await opened.closed;
    if (!good) say('crashed');
    return good ? 0 : FAULT;
  } catch (e) {
    say(reasonOf(e));
    return MISSING;
  } finally {
    only?.release();
  }
};

const fault = (): void => {
  say('fault');
  process.exit(FAULT);
};

/** Milliseconds that a program which was told to end has for opening its browser, where it is at that, closing it, and wiping. */
const TO_END = 10_000;

/**
 * A signal closes the browser, and the program ends with that. While the browser is opening it is waited for: closed in the middle of it,
 * Playwright waits for an answer that never comes in one of ten tries, and the profile stays behind.
 */
const endWhenTold = (): void => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      told = true;
      setTimeout(() => process.exit(FAULT), TO_END);
      opening?.then((w) => w.close()).catch(() => undefined);
    });
};

const main = async (args: readonly string[]): Promise<number> => {
  process.on('uncaughtException', fault);
  process.on('unhandledRejection', fault);
  // at this signal Node would open a debugger on a port that everybody on this machine can reach
  process.on('SIGUSR1', () => undefined);
  endWhenTold();
  const [first] = args;
  if (args.length === 1 && (first === '--help' || first === '--version')) {
    say(first === '--help' ? 'help' : 'version', process.stdout);
    return 0;
  }
  const asksDemo = args.length === 2 && first === '--demo' && args[1] !== '';
  if (!asksDemo && (args.length > 1 || (first !== undefined && (first.startsWith('-') || !first.endsWith('.selwright'))))) {
    say('wrong-use');
    return WRONG_USE;
  }
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    say('no-display');
    return MISSING;
  }
  if (asksDemo) return demo(args[1] as string);
  return open(first === undefined ? undefined : resolve(first));
};

process.exit(await main(process.argv.slice(2)));
