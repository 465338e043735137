/** Builds, and runs the demo in the real window: on the display there is, or on a virtual one. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHROMIUM, withDisplay } from './display.mjs';
import { need } from './need.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
if (need([CHROMIUM]).length > 0) process.exit(1);
const built = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);
console.log('The whole way on the sample tenant:');
process.exitCode = await withDisplay(
  () =>
    spawnSync(process.execPath, ['dist/main/window.mjs', '--demo', 'demo-out'], { stdio: 'inherit', env: process.env }).status ??
    1,
);
