/** The Debian package, really installed, used, started from its desktop entry, and removed: with this machine's dpkg, over a layer. */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTree, ROOT, script } from './built.ts';
import { count, pngOf, readScreen, type Screen } from './picture.ts';

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
/** Why it cannot be done here; undefined: it can. */
const obstacle = ((): string | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root installs packages';
  const missing = ['dpkg', 'unshare', 'Xvfb', 'chromium'].filter((p) => !has(p));
  if (missing.length > 0) return `not here: ${missing.join(', ')}`;
  if (spawnSync('dpkg-query', ['-W', 'selwright']).status === 0)
    return 'Selwright is installed on this machine: it is left alone';
  const probe = mkdtempSync(join(tmpdir(), 'selwright-layer-'));
  for (const d of ['upper', 'work']) mkdirSync(join(probe, d));
  const layer = `mount -t overlay overlay -o lowerdir=/usr,upperdir=${probe}/upper,workdir=${probe}/work /usr`;
  const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', layer]);
  rmSync(probe, { recursive: true, force: true });
  return status === 0 ? undefined : 'no layer can be laid over the system here';
})();

const place = mkdtempSync(join(tmpdir(), 'selwright-install-'));
let tree: string | undefined;
let said = '';
let screen: Screen | undefined;
/** The colour of the window's main buttons, and white. */
const BLUE = [0x0f, 0x62, 0xfe] as const;
const WHITE = [0xff, 0xff, 0xff] as const;

/** A virtual display whose screen is in a file. */
const startScreen = (): Promise<{ display: string; look(): Screen; stop(): void }> =>
  new Promise((good, bad) => {
    const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1440x900x24', '-nolisten', 'tcp', '-fbdir', place], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    server.once('error', bad);
    server.stdout.once('data', (d) =>
      good({
        display: `:${String(d).trim()}`,
        look: () => readScreen(readFileSync(join(place, 'Xvfb_screen0'))),
        stop: () => server.kill(),
      }),
    );
  });

beforeAll(async () => {
  if (obstacle !== undefined) return;
  tree = buildTree();
  script(tree, 'deb.mjs', [join(tree, 'dist'), place]);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholder
  const node = spawnSync('dpkg-query', ['-W', '-f', '${Status}', 'nodejs'], { encoding: 'utf8' }).stdout;
  const kind = node.includes('install ok installed') ? 'package' : 'other';
  const { display, look, stop } = await startScreen();
  const child = spawn(
    'unshare',
    ['--mount', 'sh', join(import.meta.dirname, 'install.sh'), join(place, `selwright_${version}_all.deb`), place, kind],
    { env: { ...process.env, DISPLAY: display }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const s of [child.stdout, child.stderr])
    s.on('data', (d) => {
      said += String(d);
    });
  const looking = setInterval(() => {
    if (!existsSync(join(place, 'window.starting')) || existsSync(join(place, 'seen'))) return;
    screen = look();
    if (count(screen, BLUE) > 500 && count(screen, WHITE) > 100_000) writeFileSync(join(place, 'seen'), '');
  }, 500);
  await new Promise((done) => child.once('close', done));
  clearInterval(looking);
  stop();
  if (screen) {
    mkdirSync(join(ROOT, 'dist', 'test'), { recursive: true });
    writeFileSync(join(ROOT, 'dist', 'test', 'installed.png'), pngOf(screen));
  }
});
afterAll(() => {
  for (const d of [place, tree]) if (d) rmSync(d, { recursive: true, force: true });
});

const part = (name: string): string[] => {
  const from = said.indexOf(`== ${name}\n`);
  expect(from, said).toBeGreaterThanOrEqual(0);
  const text = said.slice(from + name.length + 4);
  const to = text.indexOf('== ');
  return (to < 0 ? text : text.slice(0, to)).trim().split('\n').filter(Boolean);
};

describe.skipIf(obstacle !== undefined)(`the installed package${obstacle === undefined ? '' : ` (SKIPPED: ${obstacle})`}`, () => {
  it('is installed by dpkg, whole', () => {
    expect(part('install')).toEqual(['install ok installed']);
    expect(Number(part('files')[0])).toBeGreaterThan(50);
  });
  it('does the demo on the command line', () => {
    const [version, proven] = part('cli');
    expect(version).toBe(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version);
    expect(Number(proven)).toBeGreaterThan(0);
  });
  it('makes its types known', () => {
    expect(part('types')).toEqual(['2']);
  });
  it('opens its window from the desktop entry, without core dumps and without a word', () => {
    expect(existsSync(join(place, 'seen')), said).toBe(true);
    expect(screen && count(screen, BLUE)).toBeGreaterThan(500);
    expect(part('window')).toEqual(['0']);
  });
  it('does the demo in its own window, to a verdict that is proven, with a picture a step', () => {
    const lines = part('demo');
    expect(lines, said).toContain('Verdict: proven');
    const pictures = lines.filter((l) => l.endsWith('.png'));
    expect(pictures.map((l) => l.split('-')[0])).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    const into = join(ROOT, 'dist', 'test', 'installed-demo');
    mkdirSync(into, { recursive: true });
    for (const p of pictures) copyFileSync(join(place, 'demo-out', p), join(into, p));
    expect(JSON.parse(readFileSync(join(place, 'demo-out', 'verdict', 'verdict.json'), 'utf8'))).toMatchObject({
      grade: 'proven',
    });
  });
  it('is removed without a trace', () => {
    expect(part('remove')).toEqual(['gone', 'clean']);
    expect(existsSync('/usr/lib/selwright')).toBe(false);
  });
});
