/** The Electron shell against a double of Electron: each item of Electron's security checklist, and what happens when a window dies. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CSP } from '../../electron/assets.ts';
import type { Answer, ProjectView } from '../../electron/contract.ts';
import { OFFLINE_SWITCHES } from '../../electron/shells/offline.ts';
import { isAllowed, isOurs, mayCall, mayLoad } from '../../electron/shells/rules.ts';
import { type Double, type DoubleOptions, electronDouble } from './electron-double.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const OURS = 'app://selwright/index.html';
const FOREIGN = [
  'https://example.org/',
  'http://127.0.0.1:8080/',
  'file:///etc/passwd',
  'app://selwright.example.org/',
  'app://other/index.html',
  'javascript:alert(1)',
  'about:blank',
  'https://selwright/index.html',
  'app:selwright',
  '',
];

const faults = ['uncaughtException', 'unhandledRejection'] as const;
let before: Map<string, Set<unknown>>;
beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), 'selwright-shell-'));
  process.env.XDG_STATE_HOME = home;
  process.env.XDG_CONFIG_HOME = home;
  before = new Map(faults.map((f) => [f, new Set<unknown>(process.listeners(f as 'uncaughtException'))]));
});
/** What the shell registered with the process. */
const ownListeners = (fault: (typeof faults)[number]) =>
  process.listeners(fault as 'uncaughtException').filter((l) => !before.get(fault)?.has(l));
afterEach(() => {
  for (const f of faults) for (const l of ownListeners(f)) process.off(f, l);
  vi.resetModules();
  vi.doUnmock('electron');
});

/** Starts the shell in a double. */
const start = async (options: DoubleOptions = {}): Promise<Double> => {
  const double = electronDouble(options);
  vi.doMock('electron', () => double.module);
  await import('../../electron/shells/electron.ts');
  await new Promise((turn) => setImmediate(turn));
  return double;
};
const first = <T>(list: readonly T[]): T => {
  const [one] = list;
  if (one === undefined) throw new Error('the shell opened nothing');
  return one;
};
/** An event of Electron that can be stopped. @returns whether the shell stopped it */
const stopped = (target: { emit(name: string, ...args: unknown[]): boolean }, name: string, ...args: unknown[]): boolean => {
  let prevented = false;
  target.emit(name, { preventDefault: () => (prevented = true) }, ...args);
  return prevented;
};
const ask = (double: Double, senderFrame: unknown, channel = 'project.view', args: unknown = {}): unknown =>
  double.ipc.get('selwright')?.({ senderFrame }, channel, args);
const top = { url: OURS, parent: null };

describe("Electron's checklist", () => {
  it('only our own content is loaded', async () => {
    const { windows, store } = await start();
    expect(first(windows).url).toBe(OURS);
    const answer = (url: string) => store('selwright').schemes.get('app')?.({ url }).status;
    for (const url of FOREIGN) expect(answer(url), url).toBe(404);
  });
  it('the renderer has no Node, an isolated context and a sandbox', async () => {
    const { windows, calls } = await start();
    expect(first(windows).options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
    });
    expect(calls.map((c) => c.name)).toContain('enableSandbox');
  });
  it('permissions are denied, but for writing to the clipboard from our own page', async () => {
    const double = await start();
    for (const name of ['selwright', 'default']) {
      const { handlers } = double.store(name);
      const request = handlers.get('permission-request') as (c: unknown, p: string, a: (ok: boolean) => void) => void;
      const check = handlers.get('permission-check') as (c: unknown, p: string, origin: string) => boolean;
      const requested = (permission: string, url: string): boolean => {
        let got = true;
        request({ getURL: () => url }, permission, (ok) => {
          got = ok;
        });
        return got;
      };
      for (const permission of [
        'media',
        'geolocation',
        'notifications',
        'midi',
        'usb',
        'hid',
        'serial',
        'clipboard-read',
        'openExternal',
        'fullscreen',
        'display-capture',
        'fileSystem',
        'unknown',
      ]) {
        expect(requested(permission, OURS), permission).toBe(false);
        expect(check(null, permission, 'app://selwright/'), permission).toBe(false);
      }
      expect(requested('clipboard-sanitized-write', OURS)).toBe(true);
      expect(check(null, 'clipboard-sanitized-write', 'app://selwright/')).toBe(true);
      for (const url of FOREIGN) expect(isAllowed('clipboard-sanitized-write', url), url).toBe(false);
      expect((handlers.get('device') as () => boolean)()).toBe(false);
      let media: unknown;
      (handlers.get('display-media') as (r: unknown, a: (m: unknown) => void) => void)({}, (m) => {
        media = m;
      });
      expect(media).toEqual({});
    }
  });
  it('webSecurity stays on; insecure content, experimental and Blink features stay off', async () => {
    const { webPreferences } = first((await start()).windows).options;
    expect(webPreferences).toMatchObject({ webSecurity: true, allowRunningInsecureContent: false, experimentalFeatures: false });
    for (const name of ['enableBlinkFeatures', 'disableBlinkFeatures', 'additionalArguments', 'disableDialogs'])
      expect(webPreferences).not.toHaveProperty(name);
  });
  it('every answer carries the content security policy with Trusted Types', async () => {
    const { store } = await start();
    const response = store('selwright').schemes.get('app')?.({ url: 'app://selwright/none.js' });
    expect(response?.headers.get('content-security-policy')).toBe(CSP);
    expect(CSP).toContain("require-trusted-types-for 'script'");
    expect(CSP).toContain("trusted-types 'none'");
  });
  it('there is no webview', async () => {
    const { windows } = await start();
    const { options, webContents } = first(windows);
    expect(options.webPreferences.webviewTag).toBe(false);
    expect(stopped(webContents, 'will-attach-webview', { allowpopups: true }, { src: OURS })).toBe(true);
  });
  it('navigation is denied, in every frame and by redirect', async () => {
    const { webContents } = first((await start()).windows);
    for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect'])
      for (const url of [...FOREIGN, OURS]) expect(stopped(webContents, event, url), `${event} ${url}`).toBe(true);
  });
  it('new windows are denied', async () => {
    const { webContents } = first((await start()).windows);
    for (const url of [...FOREIGN, OURS]) expect(webContents.openHandler?.({ url })).toEqual({ action: 'deny' });
  });
  it('nothing is handed to the system to be opened, reported, updated or fetched', async () => {
    const double = await start();
    await ask(double, top, 'project.sample');
    expect(double.calls.filter((c) => c.name.startsWith('FORBIDDEN'))).toEqual([]);
    const sources = readdirSync(join(ROOT, 'electron'), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
    expect(sources.length).toBeGreaterThan(10);
    for (const f of sources)
      expect(readFileSync(join(ROOT, 'electron', f), 'utf8'), f).not.toMatch(
        /openExternal|openPath|crashReporter|autoUpdater|\bnet\.(fetch|request)/,
      );
  });
  it('Electron is pinned to one version, of a line that was current when this was written', () => {
    const pinned = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies.electron as string;
    expect(pinned).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Number(pinned.split('.')[0])).toBeGreaterThanOrEqual(45);
  });
  it('a call counts only from the top frame of our own page', async () => {
    const double = await start();
    expect(await ask(double, top)).toMatchObject({ ok: true });
    for (const frame of [null, { url: OURS, parent: top }, ...FOREIGN.map((url) => ({ url, parent: null }))])
      expect(() => ask(double, frame), JSON.stringify(frame)).toThrow('not from our window');
    expect(mayCall(top)).toBe(true);
    expect([...double.ipc.keys()]).toEqual(['selwright']);
  });
  it('files come over a custom protocol with the privileges of a page and no others', async () => {
    const { calls } = await start();
    expect(calls.find((c) => c.name === 'privileged')?.args).toEqual([
      [{ scheme: 'app', privileges: { standard: true, secure: true } }],
    ]);
    for (const url of FOREIGN) expect(isOurs(url), url).toBe(false);
    expect(isOurs(OURS)).toBe(true);
  });
  it('the page gets one function of ours and nothing of Electron', async () => {
    const exposed: Record<string, unknown> = {};
    const invoked: unknown[][] = [];
    vi.doMock('electron', () => ({
      contextBridge: { exposeInMainWorld: (name: string, api: unknown) => (exposed[name] = api) },
      ipcRenderer: { invoke: (...args: unknown[]) => invoked.push(args) },
    }));
    await import('../../electron/shells/preload.ts');
    expect(Object.keys(exposed)).toEqual(['selwright']);
    const api = exposed.selwright as Record<string, (...a: unknown[]) => unknown>;
    expect(Object.keys(api)).toEqual(['call']);
    api.call?.('project.view', {}, 'more');
    // neither the channel of the bridge nor further arguments are the page's to choose
    expect(invoked).toEqual([['selwright', 'project.view', {}]]);
  });
});

describe('no network', () => {
  it('every request but for our own files is cancelled, in both stores', async () => {
    const double = await start();
    for (const name of ['selwright', 'default']) {
      const handler = double.store(name).handlers.get('before-request') as (
        d: { url: string },
        a: (r: { cancel: boolean }) => void,
      ) => void;
      const cancelled = (url: string): boolean => {
        let got = false;
        handler({ url }, ({ cancel }) => {
          got = cancel;
        });
        return got;
      };
      for (const url of [
        ...FOREIGN,
        'ws://127.0.0.1/',
        'wss://x.example/',
        'ftp://x.example/',
        'devtools://devtools/',
        'blob:https://x/1',
        'chrome://settings',
      ])
        expect(cancelled(url), url).toBe(true);
      expect(cancelled('app://selwright/assets/index.js')).toBe(false);
      expect(mayLoad('data:image/svg+xml,x')).toBe(true);
    }
  });
  it('no switch of the command line opens the page to others, before anything is started', async () => {
    const { calls } = await start();
    const removed = calls.filter((c) => c.name === 'remove-switch').map((c) => c.args[0]);
    expect(removed).toEqual(
      expect.arrayContaining(['remote-debugging-port', 'disable-web-security', 'proxy-server', 'js-flags']),
    );
    expect(calls.findLastIndex((c) => c.name === 'remove-switch')).toBeLessThan(calls.findIndex((c) => c.name === 'menu'));
  });
  it("Chromium's own connections are switched off before it starts", async () => {
    const { calls } = await start();
    const given = calls.filter((c) => c.name === 'switch').map((c) => c.args[0]);
    for (const [name] of OFFLINE_SWITCHES) expect(given).toContain(name);
    expect(calls.find((c) => c.args[0] === 'host-resolver-rules')?.args[1]).toBe('MAP * ~NOTFOUND');
    expect(calls.findIndex((c) => c.name === 'switch')).toBeLessThan(calls.findIndex((c) => c.name === 'menu'));
  });
  it('peer-to-peer connections and downloads are refused, spelling is not looked up', async () => {
    const double = await start();
    expect(first(double.windows).webContents.webRTC).toBe('disable_non_proxied_udp');
    for (const name of ['selwright', 'default']) {
      expect(stopped(double.store(name), 'will-download')).toBe(true);
      expect(double.store(name).spellChecker).toBe(false);
    }
  });
});

describe('traces', () => {
  it('the store of the page is in memory: its name does not start with "persist:"', async () => {
    const { partition } = first((await start()).windows).options.webPreferences;
    expect(partition).toBe('selwright');
  });
  it('DevTools are off when packaged', async () => {
    expect(first((await start({ packaged: true })).windows).options.webPreferences.devTools).toBe(false);
  });
  it('crash dumps are switched off, and no reporter is started', async () => {
    const { calls } = await start();
    const given = calls.filter((c) => c.name === 'switch').map((c) => c.args[0]);
    expect(given).toEqual(expect.arrayContaining(['disable-breakpad', 'disable-crash-reporter']));
  });
  it('a fault ends the program with a fixed sentence that repeats nothing', async () => {
    const { calls } = await start();
    const [handler] = ownListeners('uncaughtException');
    expect(ownListeners('unhandledRejection')).toHaveLength(1);
    (handler as (e: Error) => void)(new Error('Marker-of-a-secret'));
    expect(calls.map((c) => c.name)).toContain('error-box');
    expect(calls.find((c) => c.name === 'exit')?.args).toEqual([70]);
    expect(JSON.stringify(calls)).not.toContain('Marker-of-a-secret');
  });
});

describe('how the window comes', () => {
  const settings = (some: object): void => {
    const directory = join(process.env.XDG_CONFIG_HOME ?? '', 'selwright');
    mkdirSync(directory);
    writeFileSync(join(directory, 'settings.json'), JSON.stringify(some));
  };
  const spokenBy = async ({ ipc }: Double): Promise<unknown> => {
    const answer = await ipc.get('selwright')?.({ senderFrame: { parent: null, url: OURS } }, 'settings.view', {});
    return (answer as { value: { spoken: string } }).value.spoken;
  };
  it('where and as large as its user left it, and in the language of the system', async () => {
    settings({ bounds: { x: 100, y: 50, width: 1200, height: 800 } });
    const double = await start({ locale: 'de-AT' });
    expect(first(double.windows).options).toMatchObject({ x: 100, y: 50, width: 1200, height: 800 });
    expect(await spokenBy(double)).toBe('de');
  });
  it('not on a screen that is gone, and in the language that was chosen', async () => {
    settings({ language: 'en', bounds: { x: 5000, y: 50, width: 1200, height: 800 } });
    const double = await start({ locale: 'de-AT' });
    const { x, width, height } = first(double.windows).options;
    expect([x, width, height]).toEqual([undefined, 1200, 800]);
    expect(await spokenBy(double)).toBe('en');
  });
});

describe('one instance', () => {
  it('a second instance opens nothing and ends', async () => {
    const { windows, calls, ipc } = await start({ first: false });
    expect(windows).toEqual([]);
    expect(ipc.size).toBe(0);
    expect(calls.map((c) => c.name)).toEqual(['quit']);
  });
  it('the first instance shows its window when a second one is started', async () => {
    const { app, calls, windows } = await start();
    first(windows).minimized = true;
    app.emit('second-instance');
    expect(calls.map((c) => c.name)).toEqual(expect.arrayContaining(['restore', 'focus']));
  });
});

describe('a project file that the desktop opens', () => {
  it('is asked for when the program is started with it', async () => {
    const double = await start({ opens: '/home/t/web.selwright' });
    expect(await ask(double, top, 'app.info')).toMatchObject({ value: { opens: '/home/t/web.selwright' } });
    expect(double.calls.map((c) => c.name)).toContain('open-file-stopped');
  });
  it('is none of ours when it has another name', async () => {
    const double = await start({ opens: '/home/t/web.txt' });
    expect(await ask(double, top, 'app.info')).toMatchObject({ value: { opens: null } });
  });
  it('brings the window to the front when the program runs already', async () => {
    const { app, calls } = await start();
    expect(stopped(app, 'open-file', '/home/t/web.selwright')).toBe(true);
    expect(calls.map((c) => c.name)).toContain('focus');
  });
});

describe('a window that dies', () => {
  const die = async (double: Double, n = 0): Promise<void> => {
    double.windows[n]?.webContents.emit('render-process-gone', {}, { reason: 'crashed' });
    await new Promise((turn) => setImmediate(turn));
  };
  it('is opened again when its user says so, with the project as it was', async () => {
    const double = await start();
    const made = (await ask(double, top, 'project.sample')) as Answer<ProjectView>;
    expect(made).toMatchObject({ ok: true, value: { sample: true } });
    await die(double);
    expect(JSON.stringify(double.calls.find((c) => c.name === 'message')?.args)).toContain('Your project is still here.');
    expect(double.windows).toHaveLength(2);
    expect(double.windows[0]?.gone).toBe(true);
    expect(await ask(double, top)).toMatchObject({ ok: true, value: { sample: true } });
    expect(await ask(double, top, 'app.info')).toMatchObject({ value: { reopened: true } });
  });
  it('ends the program when its user says so', async () => {
    const double = await start({ pressed: 1 });
    await die(double);
    expect(double.windows).toHaveLength(1);
    expect(double.calls.map((c) => c.name)).toContain('quit');
  });
  it('is not opened again for ever', async () => {
    const double = await start();
    for (let i = 0; i < 4; i++) await die(double, i);
    expect(double.windows).toHaveLength(4);
    expect(double.calls.find((c) => c.name === 'exit')?.args).toEqual([70]);
  });
  it('is left alone when it ended cleanly', async () => {
    const double = await start();
    first(double.windows).webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
    expect(double.calls.map((c) => c.name)).not.toContain('message');
  });
  it('values are wiped when the program ends', async () => {
    const double = await start();
    await ask(double, top, 'project.sample');
    await ask(double, top, 'secrets.generate-all');
    double.app.emit('will-quit');
    expect(await ask(double, top)).toMatchObject({ value: { sample: false, secrets: [] } });
  });
});
