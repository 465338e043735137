/** What the packages have in common: the time of the build, files with fixed modes and times, what is shipped of Playwright. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, lstatSync, lutimesSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const ROOT = dirname(import.meta.dirname);
export const { version: VERSION, license: LICENSE } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Seconds since 1970 that every file of a package gets: SOURCE_DATE_EPOCH, else the time of the commit. */
export const epoch = () => {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) {
    if (!/^\d{1,10}$/.test(given)) throw new Error(`SOURCE_DATE_EPOCH is not a number of seconds: ${given}`);
    return Number(given);
  }
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error('This is not a git checkout: say the time of the build in SOURCE_DATE_EPOCH, in seconds.');
  return Number(stdout);
};

/** The files that Playwright needs to drive a Chromium that is there: no browser, no recorder, no trace viewer. */
const PLAYWRIGHT = [
  'package.json',
  'index.js',
  'index.mjs',
  'browsers.json',
  'LICENSE',
  'NOTICE',
  'ThirdPartyNotices.txt',
  'lib/bootstrap.js',
  'lib/coreBundle.js',
  'lib/utilsBundle.js',
  'lib/utilsBundle.js.LICENSE',
  'lib/package.js',
];

/** Copies a file with fixed permissions. */
export const put = (from, to, mode = 0o644) => {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, mode);
};
/** Writes a text with fixed permissions. */
export const write = (to, text, mode = 0o644) => {
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, text);
  chmodSync(to, mode);
};

/** Files below a directory, relative, sorted. */
export const filesBelow = (directory) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((e) => !e.isDirectory())
    .map((e) => join(e.parentPath, e.name).slice(directory.length + 1))
    .sort();

/** The built program of the Chromium edition. @param {string} dist what scripts/build.mjs made @param {string} to */
export const putProgram = (dist, to) => {
  for (const room of ['cli', 'main', 'renderer'])
    for (const f of filesBelow(join(dist, room))) {
      if (room === 'main' && /^(electron\.mjs|preload\.cjs|chromium\.mjs)$/.test(f)) continue;
      put(join(dist, room, f), join(to, room, f), f === 'selwright.mjs' ? 0o755 : 0o644);
    }
  for (const f of PLAYWRIGHT)
    put(join(ROOT, 'node_modules', 'playwright-core', f), join(to, 'node_modules', 'playwright-core', f));
};

/** Gives everything below a directory, and itself, one time and directories one mode. @param {number} seconds */
export const settle = (directory, seconds) => {
  for (const e of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, e.name);
    if (e.isDirectory()) settle(path, seconds);
    else lutimesSync(path, seconds, seconds);
  }
  chmodSync(directory, 0o755);
  lutimesSync(directory, seconds, seconds);
};

/** Bytes of all files below a directory. */
export const sizeOf = (directory) => filesBelow(directory).reduce((sum, f) => sum + lstatSync(join(directory, f)).size, 0);

export const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Runs a program. @throws when it fails */
export const run = (command, args, options = {}) => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (error) throw new Error(`${command} could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`${command} failed (${status}): ${stderr}`);
};
