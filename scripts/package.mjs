/**
 * Packages the Electron edition with electron-builder, from a build and from a local distribution of Electron.
 * Usage: ELECTRON_OVERRIDE_DIST_PATH=DIR node scripts/package.mjs [--linux TARGET... | --mac | --win] [electron-builder's options]
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeSbom } from './sbom.mjs';
import { epoch, ROOT } from './tree.mjs';

const distribution = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(ROOT, 'node_modules', 'electron', 'dist');
if (!existsSync(distribution)) {
  console.error(
    `There is no distribution of Electron in ${distribution}. Unpack one, and name its directory in ELECTRON_OVERRIDE_DIST_PATH: this script downloads nothing.`,
  );
  process.exit(1);
}
const dist = join(ROOT, 'dist');
if (!existsSync(join(dist, 'main', 'electron.mjs'))) {
  console.error('Nothing is built yet: run "npm run build" first.');
  process.exit(1);
}
writeSbom(dist, dist);
const run = spawnSync(
  process.execPath,
  [
    join(ROOT, 'node_modules', 'electron-builder', 'cli.js'),
    ...process.argv.slice(2),
    '--publish=never',
    `-c.electronDist=${distribution}`,
  ],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch()), CSC_IDENTITY_AUTO_DISCOVERY: 'false' },
  },
);
process.exit(run.status ?? 1);
