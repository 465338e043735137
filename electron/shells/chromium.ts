/**
 * The Chromium shell: the same window in an installed Chromium, driven over a pipe (no TCP listener). Every request is
 * answered here or aborted; names resolve nowhere.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { nodeEnv } from '../../edge/env.ts';
import { VERSION } from '../../edge/version.ts';
import { CHROMIUM_ORIGIN, loadAsset } from '../assets.ts';
import { createDispatch, type Dispatch } from '../handlers.ts';
import { Session } from '../session.ts';

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/microsoft-edge',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The installed browser, or undefined. SELWRIGHT_CHROMIUM names another. */
export const findChromium = (): string | undefined =>
  [process.env.SELWRIGHT_CHROMIUM, ...CANDIDATES].find((p) => p !== undefined && existsSync(p));

const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-component-extensions-with-background-pages',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-extensions',
  '--disable-sync',
  '--disable-quic',
  '--disable-breakpad',
  '--disable-client-side-phishing-detection',
  '--disable-features=Translate,OptimizationHints,MediaRouter,InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater,AutofillServerCommunication',
  '--metrics-recording-only',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-pings',
  '--password-store=basic',
  '--host-resolver-rules=MAP * ~NOTFOUND',
];

export interface ChromiumOptions {
  /** directory with the built window */
  readonly root: string;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** where bundles are suggested to go */
  readonly home?: string;
  /** answers the folder dialog in tests */
  readonly chooseFolder?: () => Promise<string | null>;
}

export interface ChromiumWindow {
  readonly page: Page;
  readonly context: BrowserContext;
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

/** Opens the window. @throws when there is no Chromium */
export const openChromium = async (options: ChromiumOptions): Promise<ChromiumWindow> => {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('no Chromium found: install the package "chromium", or name one in SELWRIGHT_CHROMIUM');
  const profile = mkdtempSync(join(tmpdir(), 'selwright-window-'));
  const width = options.width ?? 1440;
  const height = options.height ?? 900;
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: false,
    viewport: null,
    colorScheme: options.colorScheme ?? null,
    acceptDownloads: true,
    ignoreDefaultArgs: ['--enable-automation'],
    args: [
      ...QUIET,
      '--app=data:text/html,<title>Selwright</title>',
      `--window-size=${width},${height}`,
      '--window-position=0,0',
      // a browser that runs as root has no sandbox to offer
      ...(process.getuid?.() === 0 ? ['--no-sandbox', '--test-type'] : []),
    ],
  });
  try {
    const platform = {
      shell: 'chromium' as const,
      version: VERSION,
      canChooseFolder: options.chooseFolder !== undefined || existsSync(zenity),
      chooseFolder: options.chooseFolder ?? askFolder,
    };
    const dispatch = createDispatch(
      platform,
      new Session({ env: nodeEnv, ...(options.home === undefined ? {} : { home: options.home }) }),
    );
    const page = await guard(context, options.root, dispatch);
    await page.goto(`${CHROMIUM_ORIGIN}/index.html`);
    return {
      page,
      context,
      close: async () => {
        await context.close();
        rmSync(profile, { recursive: true, force: true });
      },
    };
  } catch (e) {
    await context.close();
    throw e;
  }
};

/** Routes, bindings and the rule of one page. */
const guard = async (context: BrowserContext, root: string, dispatch: Dispatch): Promise<Page> => {
  await context.route('**/*', (route) => {
    const url = route.request().url();
    if (!isOurs(url)) return route.abort('blockedbyclient');
    const asset = loadAsset(root, url);
    return route.fulfill({ status: asset.status, headers: asset.headers, body: asset.body });
  });
  await context.exposeBinding('__selwright', ({ frame, page }, channel: unknown, args: unknown) => {
    if (frame !== page.mainFrame() || !isOurs(frame.url())) throw new Error('not from our window');
    return dispatch(String(channel), args);
  });
  await context.addInitScript(initScript, CHROMIUM_ORIGIN);
  const page = context.pages()[0] ?? (await context.newPage());
  context.on('page', (other) => {
    if (other !== page) void other.close();
  });
  return page;
};
