/**
 * The Chromium shell: the same window in an installed Chromium, driven over a pipe (no TCP listener). Every request is
 * answered here or aborted; names resolve nowhere. A window whose renderer died is opened again, with the project as it was.
 */
import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { nodeEnv } from '../../edge/env.ts';
import { startFleetApart } from '../../edge/fleetapart.ts';
import type { Bounds } from '../../edge/settings.ts';
import { VERSION } from '../../edge/version.ts';
import { CHROMIUM_ORIGIN, loadAsset } from '../assets.ts';
import type { Dispatch, Platform } from '../handlers.ts';
import { localeOf, Preferences } from '../preferences.ts';
import type { Session, SessionOptions } from '../session.ts';
import { canSandbox, environmentOf, findChromium, forgetDebugging, freshProfile, switchesOf, WEAKENING } from './browser.ts';
import { patience } from './patience.ts';

export { findChromium };

export interface ChromiumOptions {
  /** directory with the built window */
  readonly root: string;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** file of the settings; the user's own unless told otherwise */
  readonly settings?: string;
  /** where bundles are suggested to go */
  readonly home?: string;
  /** a project file to offer for opening */
  readonly opens?: string | undefined;
  /** answers the folder dialog in tests */
  readonly chooseFolder?: () => Promise<string | null>;
}

export interface ChromiumWindow {
  /** the page as it is now: another one after a crash */
  readonly page: Page;
  readonly context: BrowserContext;
  /** the browser's profile, thrown away with the window */
  readonly profile: string;
  /** settles when the window is gone for good: closed by its user, or crashed once too often (then false) */
  readonly closed: Promise<boolean>;
  close(): Promise<void>;
}

const zenity = '/usr/bin/zenity';
const askFolder = async (): Promise<string | null> => {
  try {
    const { stdout } = await promisify(execFile)(zenity, ['--file-selection', '--directory', '--title=Selwright']);
    return stdout.trim() || null;
  } catch {
    // cancelled
    return null;
  }
};

/** In the page before anything else: the bridge, in the top frame of our own origin only. */
const initScript = (origin: string): void => {
  const w = globalThis as unknown as {
    top: unknown;
    self: unknown;
    location: { origin: string };
    __selwright?: (c: string, a: unknown) => Promise<unknown>;
  };
  if (w.top !== w.self || w.location.origin !== origin) return;
  const call = w.__selwright;
  Object.defineProperty(w, 'selwright', {
    value: Object.freeze({ call: (channel: string, args: unknown) => call?.(channel, args) }),
  });
};

const isOurs = (url: string): boolean => url === CHROMIUM_ORIGIN || url.startsWith(`${CHROMIUM_ORIGIN}/`);

/** Routes, bindings and the rule of one page. */
const guard = async (context: BrowserContext, root: string, dispatch: Dispatch): Promise<Page> => {
  const page = context.pages()[0] ?? (await context.newPage());
  context.on('page', (other) => {
    if (other !== page) void other.close();
  });
  const answer = (route: Route): Promise<void> => {
    const url = route.request().url();
    // an answer without content leaves the window where it is; an aborted navigation would leave an error page in it
    if (!isOurs(url))
      return route.request().isNavigationRequest() ? route.fulfill({ status: 204 }) : route.abort('blockedbyclient');
    const asset = loadAsset(root, url);
    return route.fulfill({ status: asset.status, headers: asset.headers, body: asset.body });
  };
  // all of it before the page is asked for
  await Promise.all([
    // the one thing a page may do with the machine: write to the clipboard. Everything else is denied without asking
    context.grantPermissions(['clipboard-write'], { origin: CHROMIUM_ORIGIN }),
    // a page that was closed meanwhile, as every pop-up is, takes no answer: that is no fault of the program
    context.route('**/*', (route) => answer(route).catch(() => undefined)),
    // the script takes hold of the binding: that one first
    context
      .exposeBinding('__selwright', ({ frame }, channel: unknown, args: unknown) => {
        if (frame !== page.mainFrame() || !isOurs(frame.url())) throw new Error('not from our window');
        return dispatch(String(channel), args);
      })
      .then(() => context.addInitScript(initScript, CHROMIUM_ORIGIN)),
  ]);
  return page;
};

/** The browser's last processes may still be writing when it says that it is closed. */
const REMOVE = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };
const throwAway = (profile: string): Promise<void> => rm(profile, REMOVE).catch(() => undefined);

interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly profile: string;
}

/** Size and place: as asked for, else as the user left it, else as it comes. */
const boundsOf = ({ width, height }: ChromiumOptions, { bounds }: Preferences): Bounds =>
  width !== undefined && height !== undefined
    ? { x: 0, y: 0, width, height }
    : (bounds ?? { x: 0, y: 0, width: 1440, height: 900 });

/** Asked for, not imported: Node reads a CommonJS file that is imported twice, and this one has several megabytes. */
const loadPlaywright = (): typeof import('playwright-core') => createRequire(import.meta.url)('playwright-core');

/** One browser with one page. @throws when it does not start */
const launch = async (
  executablePath: string,
  options: ChromiumOptions,
  preferences: Preferences,
  dispatch: Dispatch,
): Promise<Opened> => {
  forgetDebugging(process.env);
  const { chromium } = loadPlaywright();
  const profile = freshProfile();
  let context: BrowserContext | undefined;
  try {
    context = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: false,
      chromiumSandbox: canSandbox(),
      viewport: null,
      colorScheme: options.colorScheme ?? null,
      acceptDownloads: false,
      // signals are the program's own business: electron/shells/window.ts
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      serviceWorkers: 'block',
      ignoreDefaultArgs: [...WEAKENING],
      args: switchesOf(boundsOf(options, preferences)),
      env: environmentOf(process.env, profile),
    });
    const page = await guard(context, options.root, dispatch);
    await page.goto(`${CHROMIUM_ORIGIN}/index.html`);
    return { page, context, profile };
  } catch (e) {
    await context?.close();
    await throwAway(profile);
    throw e;
  }
};

/** Loads the main side while the browser starts: neither needs the other before the page asks its first question. */
const openMainSide = async (
  platform: Platform,
  options: SessionOptions,
): Promise<{ readonly session: Session; readonly dispatch: Dispatch }> => {
  const [{ createDispatch }, { Session }] = await Promise.all([import('../handlers.ts'), import('../session.ts')]);
  const session = new Session(options);
  const dispatch = createDispatch(platform, session);
  // the first answer is slow, as everything is that is done for the first time: now nobody waits for it (70 ms of the page's start)
  await dispatch('project.view', {});
  return { session, dispatch };
};

/** Opens the window. @throws when there is no Chromium, or it does not start */
export const openChromium = async (options: ChromiumOptions): Promise<ChromiumWindow> => {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('no Chromium found: install the package "chromium", or name one in SELWRIGHT_CHROMIUM');
  let crashes = 0;
  const platform: Platform = {
    shell: 'chromium',
    version: VERSION,
    canChooseFolder: options.chooseFolder !== undefined || existsSync(zenity),
    chooseFolder: options.chooseFolder ?? askFolder,
    reopened: () => crashes > 0,
    opens: options.opens,
    preferences: new Preferences(localeOf(process.env), options.settings),
  };
  const home = options.home === undefined ? {} : { home: options.home };
  const dispatch: Dispatch = async (channel, args) => (await main).dispatch(channel, args);
  // the browser first: it starts as a process of its own while the main side is loaded here
  const opening = launch(executablePath, options, platform.preferences, dispatch);
  // a browser's windows may be a session of their own: only another process can stand back for them
  const main = openMainSide(platform, { env: nodeEnv, startFleet: startFleetApart, ...home });
  // neither goes on when the other one fails
  const [opened, { session }] = await Promise.all([opening, main]).catch(async (e: unknown) => {
    const left = await opening.catch(() => undefined);
    await left?.context.close();
    if (left) await throwAway(left.profile);
    throw e;
  });
  const mayReopen = patience();
  const crashed = new Set<Opened>();

  let current: Opened;
  let settle: (good: boolean) => void = () => undefined;
  const closed = new Promise<boolean>((done) => {
    settle = done;
  });
  const atExit = (): void => {
    session.reset();
    rmSync(current.profile, REMOVE);
  };
  const end = (good: boolean): void => {
    process.off('exit', atExit);
    void session.end().then(() => settle(good));
  };
  const watch = (opened: Opened): void => {
    current = opened;
    opened.page.once('crash', () => void reopen(opened));
    opened.context.once('close', async () => {
      await throwAway(opened.profile);
      if (!crashed.has(opened)) end(true);
    });
  };
  const reopen = async (old: Opened): Promise<void> => {
    crashed.add(old);
    crashes++;
    await old.context.close().catch(() => undefined);
    if (!mayReopen(Date.now())) return end(false);
    try {
      watch(await launch(executablePath, options, platform.preferences, dispatch));
    } catch {
      end(false);
    }
  };
  watch(opened);
  process.on('exit', atExit);

  return {
    get page() {
      return current.page;
    },
    get context() {
      return current.context;
    },
    get profile() {
      return current.profile;
    },
    closed,
    close: async () => {
      await current.context.close();
      await closed;
    },
  };
};
