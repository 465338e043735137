/** What the Chromium shell starts: which browser, with which switches, in which environment, with which settings. */
import { existsSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bounds } from '../../edge/settings.ts';
import { OFF_FEATURES, OFFLINE_SWITCHES } from './offline.ts';

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

/** Playwright starts browsers for tests: these of its switches make a browser weaker, and are taken away again. */
export const WEAKENING = [
  '--allow-pre-commit-input',
  '--disable-hang-monitor',
  '--disable-ipc-flooding-protection',
  '--disable-popup-blocking',
  '--enable-automation',
  '--enable-unsafe-swiftshader',
  '--unsafely-disable-devtools-self-xss-warnings',
] as const;

/** A browser that runs as root has no sandbox to offer. */
export const canSandbox = (): boolean => process.getuid?.() !== 0;

/** @param bounds size and place of the window, pixels */
export const switchesOf = ({ x, y, width, height }: Bounds): string[] => [
  ...OFFLINE_SWITCHES.map(([name, value]) => (value === undefined ? `--${name}` : `--${name}=${value}`)),
  `--disable-features=${OFF_FEATURES.join(',')}`,
  '--deny-permission-prompts',
  '--disable-client-side-phishing-detection',
  '--disable-component-extensions-with-background-pages',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-notifications',
  '--no-default-browser-check',
  '--no-first-run',
  '--password-store=basic',
  '--app=data:text/html,<title>Selwright</title>',
  '--class=selwright',
  `--window-size=${width},${height}`,
  `--window-position=${x},${y}`,
  // without it a browser that runs as root complains in its window
  ...(canSandbox() ? [] : ['--test-type']),
];

/** What a browser needs of the environment to show a window. Proxies, key logs, preloaded code and switches are not among it. */
const ENVIRONMENT =
  /^(DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|DBUS_SESSION_BUS_ADDRESS|HOME|USER|LOGNAME|PATH|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|XDG_(RUNTIME_DIR|SESSION_TYPE|CURRENT_DESKTOP|DATA_DIRS|CONFIG_DIRS|CONFIG_HOME|CACHE_HOME|DATA_HOME)|GDK_(SCALE|DPI_SCALE|BACKEND)|GTK_(THEME|IM_MODULE)|QT_IM_MODULE|XMODIFIERS|XCURSOR_\w+)$/;

const NO_DUMPS = 'no-dumps';

/** The environment of a browser with that profile. */
export const environmentOf = (env: NodeJS.ProcessEnv, profile: string): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(env).filter((e): e is [string, string] => ENVIRONMENT.test(e[0]) && e[1] !== undefined)),
  BREAKPAD_DUMP_LOCATION: join(profile, NO_DUMPS),
});

/** Makes sure that Playwright, which prints whole messages when it is asked to debug, is not asked to. Before it is loaded. */
export const forgetDebugging = (env: NodeJS.ProcessEnv): void => {
  for (const name of Object.keys(env)) if (/^(DEBUG|DEBUG_\w+|PWDEBUG\w*)$/.test(name)) delete env[name];
};

/** Settings of the profile: nothing that is typed is offered to be kept, nothing is fetched ahead. */
export const PREFERENCES = {
  alternate_error_pages: { enabled: false },
  autofill: { enabled: false, credit_card_enabled: false, profile_enabled: false },
  browser: { enable_spellchecking: false },
  credentials_enable_service: false,
  credentials_enable_autosignin: false,
  dns_prefetching: { enabled: false },
  net: { network_prediction_options: 2 },
  profile: { password_manager_enabled: false, password_manager_leak_detection: false },
  safebrowsing: { enabled: false },
  search: { suggest_enabled: false },
  signin: { allowed: false },
  translate: { enabled: false },
};

/** A directory that only this user can look into, in memory where the desktop has one. */
const privateDirectory = (): string => {
  const runtime = process.env.XDG_RUNTIME_DIR;
  try {
    if (runtime !== undefined && statSync(runtime).uid === process.getuid?.()) return runtime;
  } catch {
    // named but not there
  }
  return tmpdir();
};

/** A fresh profile with our settings: whatever Chromium keeps is thrown away with it. @returns its directory, mode 0700 */
export const freshProfile = (): string => {
  const profile = mkdtempSync(join(privateDirectory(), 'selwright-window-'));
  mkdirSync(join(profile, 'Default'));
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(PREFERENCES));
  // --disable-breakpad keeps dumps from being sent, not from being written to the user's home. Files in the place of its directories
  // keep the crash handler from starting at all: measured with Chromium 156
  mkdirSync(join(profile, NO_DUMPS));
  for (const name of ['new', 'pending', 'completed']) writeFileSync(join(profile, NO_DUMPS, name), '');
  return profile;
};
