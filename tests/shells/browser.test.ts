/** What the Chromium shell starts its browser with. */
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  environmentOf,
  forgetDebugging,
  freshProfile,
  PREFERENCES,
  switchesOf,
  WEAKENING,
} from '../../electron/shells/browser.ts';
import { OFFLINE_SWITCHES } from '../../electron/shells/offline.ts';
import { patience } from '../../electron/shells/patience.ts';

describe('the browser', () => {
  it('gets every switch against the network, and opens no port', () => {
    const switches = switchesOf({ x: 10, y: 20, width: 800, height: 600 });
    expect(switches).toContain('--window-size=800,600');
    expect(switches).toContain('--window-position=10,20');
    for (const [name, value] of OFFLINE_SWITCHES)
      expect(switches).toContain(value === undefined ? `--${name}` : `--${name}=${value}`);
    expect(switches.join(' ')).not.toMatch(/remote-debugging|--no-sandbox|--disable-web-security|--allow-/);
    // two lists of features would mean that only the last one counts
    expect(switches.filter((s) => s.startsWith('--disable-features='))).toHaveLength(1);
  });
  it("does not get those of Playwright's switches that make it weaker", () => {
    const bundle = readFileSync(join(import.meta.dirname, '../../node_modules/playwright-core/lib/coreBundle.js'), 'utf8');
    const theirs = bundle.slice(bundle.indexOf('chromiumSwitches = (options) => ['));
    const list = [...theirs.slice(0, theirs.indexOf('].filter(Boolean)')).matchAll(/"(--[a-z-]+)"/g)].map((m) => m[1] as string);
    expect(list.length).toBeGreaterThan(20);
    // whoever updates Playwright looks at what it starts browsers with
    const suspicious = list.filter((s) => /unsafe|allow-|popup|flooding|web-security|insecure|hang-monitor/.test(s));
    expect(suspicious.filter((s) => !(WEAKENING as readonly string[]).includes(s))).toEqual([]);
  });
  it('gets what a window needs of the environment, and no proxy, key log, switch or preloaded code', () => {
    const given = environmentOf(
      {
        DISPLAY: ':1',
        HOME: '/home/x',
        LC_ALL: 'C',
        XDG_RUNTIME_DIR: '/run/user/1',
        http_proxy: 'http://evil',
        HTTPS_PROXY: 'http://evil',
        SSLKEYLOGFILE: '/tmp/keys',
        CHROMIUM_FLAGS: '--remote-debugging-port=1',
        LD_PRELOAD: '/tmp/x.so',
        NODE_OPTIONS: '--inspect',
        GOOGLE_API_KEY: 'x',
        MY_PASSWORD: 'x',
      },
      '/profile',
    );
    expect(given).toEqual({
      DISPLAY: ':1',
      HOME: '/home/x',
      LC_ALL: 'C',
      XDG_RUNTIME_DIR: '/run/user/1',
      BREAKPAD_DUMP_LOCATION: '/profile/no-dumps',
    });
  });
  it('is not debugged, whatever the environment asks for', () => {
    const env: NodeJS.ProcessEnv = { DEBUG: 'pw:*', DEBUG_FILE: '/tmp/log', PWDEBUG: '1', PATH: '/bin' };
    forgetDebugging(env);
    expect(env).toEqual({ PATH: '/bin' });
  });
  it('has a profile of its own, private, that keeps nothing that is typed', () => {
    const before = process.env.XDG_RUNTIME_DIR;
    process.env.XDG_RUNTIME_DIR = mkdtempSync(join(tmpdir(), 'selwright-run-'));
    try {
      const profile = freshProfile();
      expect(profile.startsWith(process.env.XDG_RUNTIME_DIR)).toBe(true);
      expect(statSync(profile).mode & 0o777).toBe(0o700);
      expect(JSON.parse(readFileSync(join(profile, 'Default', 'Preferences'), 'utf8'))).toEqual(PREFERENCES);
      expect(PREFERENCES.credentials_enable_service).toBe(false);
      expect(statSync(join(profile, 'no-dumps', 'pending')).isFile()).toBe(true);
      process.env.XDG_RUNTIME_DIR = '/no/such/place';
      expect(freshProfile().startsWith(tmpdir())).toBe(true);
    } finally {
      if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
      else process.env.XDG_RUNTIME_DIR = before;
    }
  });
});

describe('patience', () => {
  it('ends with the fourth death within a minute, and comes back after it', () => {
    const mayReopen = patience();
    expect([0, 1000, 2000].map(mayReopen)).toEqual([true, true, true]);
    expect(mayReopen(3000)).toBe(false);
    expect(mayReopen(64_000)).toBe(true);
  });
});
