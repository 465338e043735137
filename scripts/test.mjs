/** `npm test`: types, lint, unit and property tests, then the journeys in the real window. Ends with one line that counts all tests. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alone } from './alone.mjs';
import { CHROMIUM, withDisplay, XVFB } from './display.mjs';
import { need } from './need.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const COUNTS = { unit: 'dist/test/unit.json', window: 'dist/test/window.json' };

/** Without these, tests that need them are skipped and say so; without a window there is no journey at all. */
const TOOLS = [
  { program: 'cryptsetup', package: 'cryptsetup-bin', why: 'tests that open a real LUKS2 volume' },
  { program: 'ssh-keygen', package: 'openssh-client', why: 'tests with real ssh keys' },
  { program: 'openssl', package: 'openssl', why: 'tests that compare with OpenSSL' },
  { program: 'jq', package: 'jq', why: 'tests of the guest-side kit' },
  { program: 'busybox', package: 'busybox', why: 'the guest-side kit under a third shell' },
  { program: 'shellcheck', package: 'shellcheck', why: 'lint of the guest-side kit' },
  { program: 'mkpasswd', package: 'whois', why: 'tests of password hashes' },
  { program: 'pdftotext', package: 'poppler-utils', why: 'tests that read printed sheets back' },
];

const run = (what, command, args, env = {}) => {
  const start = Date.now();
  console.log(`\n== ${what}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  console.log(`== ${what}: ${status === 0 ? 'good' : `failed (${status})`}, ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return status === 0;
};
const node = (what, ...args) => run(what, process.execPath, args);
const bin = (name) => join('node_modules', '.bin', name);

const read = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

rmSync('dist/test', { recursive: true, force: true });
mkdirSync('dist/test', { recursive: true });
const missing = need([CHROMIUM, XVFB]);
need(TOOLS);

const good = [
  run('Types', bin('tsc'), ['--noEmit', '-p', '.']),
  run('Types of core, without Node and DOM', bin('tsc'), ['--noEmit', '-p', 'core']),
  run('Lint, import arrows', bin('biome'), ['ci', '.']),
  run('Unit and property tests', bin('vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${COUNTS.unit}`,
  ]),
  node('Build', 'scripts/build.mjs'),
];
// in a network of their own each journey shows that it sends nothing: e2e/window.ts counts
const journeys = alone(bin('playwright'), ['test', '--reporter=list,json']);
if (!journeys.env.SELWRIGHT_ALONE)
  console.log('\nSKIPPED in the journeys: only root can give them a network of their own to watch');
good.push(
  missing.length === 0 &&
    good.at(-1) &&
    (await withDisplay(
      () =>
        run('Journeys in the real window', journeys.command, journeys.args, {
          ...journeys.env,
          PLAYWRIGHT_JSON_OUTPUT_NAME: COUNTS.window,
        }),
      true,
    )),
);

const unit = read(COUNTS.unit);
const window = read(COUNTS.window)?.stats;
const passed = (unit?.numPassedTests ?? 0) + (window?.expected ?? 0);
const skipped = (unit?.numPendingTests ?? 0) + (window?.skipped ?? 0);
// a stage that failed without a failed test (types, lint, build, a window that did not open) counts as one
const failedTests = (unit?.numFailedTests ?? 0) + (window?.unexpected ?? 0);
const failed = good.every(Boolean) ? 0 : Math.max(1, failedTests);
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
