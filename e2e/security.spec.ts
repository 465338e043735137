/** What the window cannot do, and where a secret is not: shown in the real window. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { childrenOf, heapSnapshot, roleOf, tracesBelow, tracesIn, tracesInMemory } from './traces.ts';
import { expect, test } from './window.ts';

const ROOT = join(import.meta.dirname, '..');
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();

/** Everything that this process and the window print meanwhile. */
const listening = (): { said(): string; stop(): void } => {
  const kept: string[] = [];
  const streams = [process.stdout, process.stderr] as const;
  const originals = streams.map((s) => s.write);
  streams.forEach((s, i) => {
    s.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
      kept.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1'));
      return (originals[i] as typeof s.write).call(s, chunk, ...rest);
    }) as typeof s.write;
  });
  return {
    said: () => kept.join(''),
    stop: () => {
      streams.forEach((s, i) => {
        s.write = originals[i] as typeof s.write;
      });
    },
  };
};

test('a typed passphrase is nowhere: not in the page, not in a file, not in anything printed', async ({ openWindow }, info) => {
  // letters and digits only: the same in JSON, in a shell and in an address
  const marker = `Mk${randomBytes(24).toString('hex')}`;
  const output = listening();
  const { page, home, profile } = await openWindow();
  const secrets = page.getByRole('list', { name: 'Secrets' }).getByRole('listitem');
  const card = secrets.filter({ has: page.getByRole('heading', { name: 'luks-rfs-passphrase' }) });
  await button(page, 'Open the sample tenant').click();
  await page.getByRole('list', { name: 'Host keys' }).getByText('verified').nth(1).waitFor();
  await button(page, /^Secrets/).click();
  await card.getByRole('button', { name: 'Type' }).click();
  await page.getByLabel('Value of luks-rfs-passphrase').focus();
  // as a keyboard would: key by key, nothing is put into the page from outside
  const cdp = await page.context().newCDPSession(page);
  for (const text of marker) {
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', text, key: text });
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', key: text });
  }
  // the search can find it while it is there
  expect(tracesIn(await heapSnapshot(cdp), marker)).toContain('UTF-8');
  await page.keyboard.press('Enter');
  await expect(card).toContainText('has a value');
  expect(tracesIn(await heapSnapshot(cdp), marker), 'heap after typing').toEqual([]);

  // shown on purpose it is there again, and gone when it is masked
  await card.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByTestId('value-luks-rfs-passphrase')).toHaveText(marker);
  await card.getByRole('button', { name: 'Hide' }).click();
  await expect(page.getByTestId('value-luks-rfs-passphrase')).toHaveText('');
  expect(tracesIn(await heapSnapshot(cdp), marker), 'heap after showing and masking').toEqual([]);

  await button(page, 'Generate all that are missing').click();
  await secrets.getByText('has a value').nth(2).waitFor();
  await button(page, /^Review/).click();
  await button(page, 'Generate the bundle').click();
  await page.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await button(page, 'Next').click();
  await page.getByLabel('Directory of the bundle').fill(join(home, 'guest.selbundle'));
  await button(page, 'Save the bundle').click();
  await page.getByText('For the boot partition').waitFor();
  await button(page, 'Next').click();
  await button(page, 'Start the guest').click();
  await page.getByText('The guest is up on alpha.').waitFor();
  await button(page, 'Next').click();
  await button(page, 'Judge the report of the simulated guest').click();
  await page.getByRole('region', { name: 'Verdict' }).getByText('Proven').waitFor();
  await page.getByLabel('Directory for the verdict').fill(join(home, 'verdict'));
  await button(page, 'Save the verdict').click();
  await page.getByText(/verdict\.pdf.*are in/).waitFor();

  expect(tracesIn(await heapSnapshot(cdp), marker), 'heap at the end').toEqual([]);
  expect(tracesBelow(home, marker), 'files of the tenant').toEqual({});
  expect(readdirSync(profile).length).toBeGreaterThan(3);
  expect(tracesBelow(profile, marker), "the browser's profile").toEqual({});
  output.stop();
  expect(tracesIn(Buffer.from(output.said(), 'latin1'), marker), 'everything printed').toEqual([]);

  // what Chromium itself keeps cannot be wiped from here: measured, for docs/security.md
  if (process.getuid?.() !== 0) return;
  const measured = childrenOf(process.pid).map((pid) => `${roleOf(pid)}: ${JSON.stringify(tracesInMemory(pid, marker))}`);
  info.annotations.push({ type: 'raw memory of Chromium after the journey', description: measured.join('; ') });
  console.log(
    `  raw memory of Chromium after the journey: ${measured.filter((m) => !m.endsWith('{}')).join('; ') || 'no trace'}`,
  );
  // processes that have no business with the page never see it
  expect(measured.filter((m) => /^(zygote|utility|gpu-process|chrome_crashpad)/.test(m) && !m.endsWith('{}'))).toEqual([]);
});

/** Listens for TCP and UDP on one port of this machine. */
const listeners = async () => {
  let seen = 0;
  const tcp = createServer((socket) => {
    seen++;
    socket.destroy();
  });
  await new Promise<void>((ready) => tcp.listen(0, '127.0.0.1', ready));
  const { port } = tcp.address() as { port: number };
  const udp = createSocket('udp4', () => seen++);
  await new Promise<void>((ready) => udp.bind(port, '127.0.0.1', ready));
  return {
    port,
    seen: () => seen,
    close: () => {
      tcp.close();
      udp.close();
    },
  };
};

test.describe('with a listener', () => {
  // one connection of the test's own shows that the listener hears
  test.use({ sends: true });
  test('a page that tries every way out reaches nobody', async ({ openWindow }) => {
    const listener = await listeners();
    try {
      // the listener does see what arrives
      await new Promise<void>((done) =>
        connect(listener.port, '127.0.0.1')
          .on('error', () => undefined)
          .on('close', () => done()),
      );
      expect(listener.seen()).toBe(1);
      const { page } = await openWindow();
      const tried = await page.evaluate(async (at) => {
        const outcome: Record<string, string> = {};
        const tries: Promise<void>[] = [];
        const attempt = (name: string, run: () => unknown): void => {
          const late = new Promise((_, bad) => setTimeout(() => bad(new Error('late')), 2000));
          tries.push(
            Promise.race([Promise.resolve().then(run), late]).then(
              () => {
                outcome[name] = 'done';
              },
              () => {
                outcome[name] = 'refused';
              },
            ),
          );
        };
        const http = `http://${at}`;
        const element = (tag: string, attributes: Record<string, string>): HTMLElement => {
          const e = document.createElement(tag);
          for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
          document.body.append(e);
          return e;
        };
        const loaded = (e: HTMLElement) =>
          new Promise((good, bad) => {
            e.addEventListener('load', good);
            e.addEventListener('error', bad);
          });
        attempt('fetch', () => fetch(http, { mode: 'no-cors', keepalive: true }));
        attempt('xhr', () => {
          const x = new XMLHttpRequest();
          x.open('GET', http);
          x.send();
          return new Promise((good, bad) => {
            x.onload = good;
            x.onerror = bad;
          });
        });
        attempt('event source', () => loaded(new EventSource(http) as unknown as HTMLElement));
        attempt('web socket', () => loaded(new WebSocket(`ws://${at}`) as unknown as HTMLElement));
        attempt('web transport', () => new WebTransport(`https://${at}`).ready);
        for (const rel of [
          'preconnect',
          'dns-prefetch',
          'prefetch',
          'preload',
          'stylesheet',
          'modulepreload',
          'icon',
          'manifest',
        ])
          attempt(rel, () => loaded(element('link', { rel, href: `${http}/${rel}`, as: 'script' })));
        for (const [tag, attribute] of [
          ['iframe', 'src'],
          ['embed', 'src'],
          ['object', 'data'],
          ['img', 'src'],
          ['video', 'src'],
          ['audio', 'src'],
        ] as const)
          attempt(tag, () => loaded(element(tag, { [attribute]: http })));
        attempt('script', () => loaded(element('script', { src: `${http}/x.js` })));
        attempt('import', () => import(/* @vite-ignore */ `${http}/m.js`));
        attempt('worker', () => new Worker(URL.createObjectURL(new Blob([`fetch(${JSON.stringify(http)})`]))));
        attempt('service worker', () => navigator.serviceWorker.register('/assets/x.js'));
        attempt('style', () => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`body { background: url(${http}/b.png) }`);
          document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
          return new Promise(() => undefined);
        });
        attempt('ping', () => {
          const a = element('a', { href: '#here', ping: http });
          a.click();
          return new Promise(() => undefined);
        });
        attempt('form', () => {
          (element('form', { action: http, method: 'post' }) as HTMLFormElement).submit();
          return new Promise(() => undefined);
        });
        attempt('refresh', () => {
          element('meta', { 'http-equiv': 'refresh', content: `0;url=${http}` });
          return new Promise(() => undefined);
        });
        attempt('peer connection', async () => {
          const peer = new RTCPeerConnection({
            iceServers: [{ urls: `stun:${at}` }, { urls: `turn:${at}?transport=tcp`, username: 'u', credential: 'c' }],
          });
          peer.createDataChannel('x');
          await peer.setLocalDescription(await peer.createOffer());
          return new Promise(() => undefined);
        });
        await Promise.all(tries);
        return outcome;
      }, `127.0.0.1:${listener.port}`);
      await page.waitForTimeout(1500);
      expect(Object.keys(tried).length).toBeGreaterThan(25);
      expect(listener.seen(), JSON.stringify(tried)).toBe(1);
      expect(new URL(page.url()).host).toBe('selwright.invalid');
    } finally {
      listener.close();
    }
  });
});

test('the page has one permission: to write to the clipboard', async ({ openWindow }) => {
  const { page, complaints } = await openWindow();
  // the policy names no feature that this browser does not know
  expect(complaints).toEqual([]);
  const states = await page.evaluate(async () => {
    const names = [
      'geolocation',
      'notifications',
      'camera',
      'microphone',
      'midi',
      'clipboard-read',
      'clipboard-write',
      'local-fonts',
      'window-management',
      'background-sync',
      'screen-wake-lock',
    ];
    const out: Record<string, string> = {};
    for (const name of names)
      out[name] = await navigator.permissions.query({ name } as unknown as PermissionDescriptor).then(
        (s) => s.state,
        () => 'unknown',
      );
    return out;
  });
  const { 'clipboard-write': clipboard, ...others } = states;
  expect(clipboard).toBe('granted');
  expect(Object.entries(others).filter(([, s]) => s === 'granted' || s === 'prompt')).toEqual([]);
  const asked = await page.evaluate(async () => {
    const refused = (p: () => Promise<unknown>) =>
      Promise.resolve()
        .then(p)
        .then(
          () => 'given',
          () => 'refused',
        );
    const n = navigator as unknown as Record<
      string,
      { requestDevice?: (o: unknown) => Promise<unknown>; requestPort?: () => Promise<unknown> }
    >;
    return {
      camera: await refused(() => navigator.mediaDevices.getUserMedia({ video: true })),
      screen: await refused(() => navigator.mediaDevices.getDisplayMedia()),
      place: await refused(() => new Promise((good, bad) => navigator.geolocation.getCurrentPosition(good, bad))),
      usb: await refused(async () => n.usb?.requestDevice?.({ filters: [] }) ?? Promise.reject(new Error('none'))),
      serial: await refused(async () => n.serial?.requestPort?.() ?? Promise.reject(new Error('none'))),
      clipboard: await refused(() => navigator.clipboard.readText()),
    };
  });
  expect(Object.values(asked)).toEqual(Array(6).fill('refused'));
});

test('the bridge answers the top frame of the window and no other', async ({ openWindow }) => {
  const { page } = await openWindow();
  const frames = await page.evaluate(async () => {
    const inner = async (make: (f: HTMLIFrameElement) => void): Promise<string> => {
      const f = document.createElement('iframe');
      make(f);
      document.body.append(f);
      await new Promise((later) => setTimeout(later, 300));
      const w = f.contentWindow as unknown as {
        selwright?: unknown;
        __selwright?: (c: string, a: unknown) => Promise<unknown>;
      } | null;
      if (w === null) return 'no frame';
      try {
        if (w.selwright !== undefined) return 'has the bridge';
        if (w.__selwright === undefined) return 'no binding';
      } catch {
        return 'of another origin';
      }
      return w.__selwright('project.view', {}).then(
        () => 'answered',
        () => 'refused',
      );
    };
    return {
      blank: await inner(() => undefined),
      same: await inner((f) => {
        f.src = '/index.html';
      }),
      sandboxed: await inner((f) => {
        f.setAttribute('sandbox', 'allow-scripts allow-same-origin');
      }),
    };
  });
  for (const [kind, outcome] of Object.entries(frames))
    expect(['no frame', 'of another origin', 'no binding', 'refused'], kind).toContain(outcome);
});

test('no process of the window listens on a port', async ({ openWindow }) => {
  await openWindow();
  const listening = (kind: string): string[] =>
    readFileSync(`/proc/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((l) => l.trim().split(/\s+/))
      .filter((f) => f.length > 9 && (kind.startsWith('udp') || f[3] === '0A'))
      .map((f) => f[9] as string);
  const inodes = new Set(['tcp', 'tcp6', 'udp', 'udp6'].flatMap(listening));
  const browser = childrenOf(process.pid);
  expect(browser.length).toBeGreaterThan(3);
  const found = browser.flatMap((pid) =>
    spawnSync('ls', ['-l', `/proc/${pid}/fd`], { encoding: 'utf8' })
      .stdout.split('\n')
      .flatMap((l) => /socket:\[(\d+)\]/.exec(l)?.[1] ?? [])
      .filter((inode) => inodes.has(inode)),
  );
  expect(found).toEqual([]);
});

test('no signal opens a debugger in the main side', async () => {
  const home = mkdtempSync(join(tmpdir(), 'selwright-signal-'));
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'main', 'window.mjs')], {
    env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_STATE_HOME: join(home, 'state') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const s of [child.stdout, child.stderr])
    s.on('data', (d) => {
      said += String(d);
    });
  const ended = new Promise((done) => child.once('close', done));
  try {
    // it has begun to open its window: from here on there is something to see
    await expect.poll(() => childrenOf(child.pid as number).length, { timeout: 60_000 }).toBeGreaterThan(0);
    child.kill('SIGUSR1');
    await expect
      .poll(() => childrenOf(child.pid as number).some((pid) => roleOf(pid) === 'renderer'), { timeout: 60_000 })
      .toBe(true);
    expect(child.exitCode).toBeNull();
    // Node would have said where its debugger listens
    expect(said).toBe('');
  } finally {
    // it is still opening: it ends all the same, and in time
    const told = Date.now();
    child.kill('SIGTERM');
    await ended;
    expect(Date.now() - told).toBeLessThan(15_000);
    rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
});

/** Packets that were sent or received on each interface, by name. */
const NET_DEV = "require('node:fs').readFileSync('/proc/net/dev','utf8')";

test('the whole journey puts no packet on any interface', async () => {
  test.skip(
    process.platform !== 'linux' || process.getuid?.() !== 0,
    'SKIPPED: only root can give the journey a network of its own to watch',
  );
  const place = mkdtempSync(join(tmpdir(), 'selwright-alone-'));
  // a network whose every way leads back into it: whatever is sent is counted; then the measure shows that it can count
  const script = [
    'set -e',
    'ip link set lo up',
    'ip route add default dev lo',
    `"${process.execPath}" -e "process.stdout.write('BEFORE'+${NET_DEV})"`,
    `"${process.execPath}" "${join(ROOT, 'dist', 'main', 'window.mjs')}" --demo demo-out`,
    `"${process.execPath}" -e "process.stdout.write('AFTER'+${NET_DEV})"`,
    `"${process.execPath}" -e "const s=require('node:dgram').createSocket('udp4');s.send('x',53,'192.0.2.1',()=>s.send('x',9,'127.0.0.1',()=>{s.close();process.stdout.write('CONTROL'+${NET_DEV})}))"`,
  ].join('\n');
  try {
    const ran = spawnSync('unshare', ['--net', 'sh', '-c', script], { cwd: place, encoding: 'utf8', timeout: 240_000 });
    expect(ran.stderr, 'what the journey complains about').toBe('');
    expect(ran.status).toBe(0);
    const counts = (after: string): Record<string, number> =>
      Object.fromEntries(
        ran.stdout
          .slice(ran.stdout.indexOf(after))
          .split('\n')
          .filter((l) => /^\s*\w+:/.test(l))
          .slice(0, 1)
          .map((l) => l.trim().split(/[:\s]+/))
          .map((f) => [f[0], Number(f[2]) + Number(f[10])]),
      );
    expect(ran.stdout).toContain('Verdict: proven');
    expect(counts('BEFORE')).toEqual({ lo: expect.any(Number) });
    expect(counts('AFTER')).toEqual(counts('BEFORE'));
    expect(counts('CONTROL').lo).toBeGreaterThan(counts('AFTER').lo as number);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});

/** A user without rights: nobody's number, with a home of its own. */
const NOBODY = 65_534;

test('for an ordinary user every renderer is in the sandbox, and debugging prints nothing', async () => {
  test.skip(process.platform !== 'linux' || process.getuid?.() !== 0, 'SKIPPED: only root can start the window as somebody else');
  const home = mkdtempSync(join(tmpdir(), 'selwright-nobody-'));
  chownSync(home, NOBODY, NOBODY);
  chmodSync(home, 0o700);
  writeFileSync(join(home, 'log'), '');
  const child = spawn(
    'setpriv',
    [
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      '--no-new-privs',
      process.execPath,
      join(ROOT, 'dist', 'main', 'window.mjs'),
    ],
    {
      cwd: home,
      env: {
        PATH: process.env.PATH,
        DISPLAY: process.env.DISPLAY,
        HOME: home,
        XDG_RUNTIME_DIR: home,
        DEBUG: 'pw:*',
        PWDEBUG: 'console',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const s of [child.stdout, child.stderr])
    s.on('data', (d) => {
      said += String(d);
    });
  const ended = new Promise((done) => child.once('close', done));
  const renderers = (): number[] => childrenOf(child.pid as number).filter((pid) => roleOf(pid) === 'renderer');
  /** Of a process that may be gone meanwhile. */
  const ofProcess = (pid: number, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return 'ended';
    }
  };
  try {
    await expect.poll(() => renderers().length > 0 || child.exitCode !== null, { timeout: 60_000 }).toBe(true);
    if (child.exitCode !== null) await ended;
    if (/sandbox is not available/.test(said))
      test.skip(true, 'SKIPPED: this machine lets users make no sandbox; the program said so and did not start');
    expect(said).toBe('');
    // a renderer goes into its sandbox as soon as it runs, which is a moment after it can be seen
    for (const pid of renderers()) {
      const status = expect.poll(() => ofProcess(pid, 'status'), { message: 'system calls are filtered, no right is left' });
      await status.toMatch(/^ended$|^CapEff:\s+0+$(?=[\s\S]*^Seccomp:\s+2$)/m);
    }
    expect(renderers().length).toBeGreaterThan(0);
    for (const pid of childrenOf(child.pid as number)) expect(ofProcess(pid, 'cmdline')).not.toContain('--no-sandbox');
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
});
