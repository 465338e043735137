/** Opens the window for use: in Electron where its binary is, else in an installed Chromium; says which. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHROMIUM } from './display.mjs';
import { need } from './need.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The Electron binary without loading the package: loading it would start a download. */
const electronBinary = () => {
  const base = join(root, 'node_modules', 'electron');
  const name = existsSync(join(base, 'path.txt')) ? readFileSync(join(base, 'path.txt'), 'utf8').trim() : 'electron';
  return [process.env.ELECTRON_OVERRIDE_DIST_PATH, join(base, 'dist')]
    .filter((d) => d !== undefined)
    .map((d) => join(d, name))
    .find(existsSync);
};

if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
  console.error('There is no display here. Start it on a desktop, or see "npm run demo", which brings a virtual one.');
  process.exit(1);
}
const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit', cwd: root });
if (built.status !== 0) process.exit(built.status ?? 1);

const electron = electronBinary();
if (electron) {
  console.log(`Window: Electron (${electron})`);
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const run = spawnSync(electron, [...sandbox, join(root, 'dist', 'main', 'electron.mjs')], { stdio: 'inherit' });
  process.exit(run.status ?? 1);
}
if (need([CHROMIUM]).length > 0) process.exit(1);
console.log('Window: an installed Chromium, as the Electron binary is not here');
const program = join(root, 'dist', 'main', 'window.mjs');
// no core dump of any process of the window
const run =
  process.platform === 'win32'
    ? spawnSync(process.execPath, [program], { stdio: 'inherit' })
    : spawnSync('sh', ['-c', 'ulimit -c 0; exec "$0" "$1"', process.execPath, program], { stdio: 'inherit' });
process.exit(run.status ?? 1);
