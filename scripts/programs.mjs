/** How the programs are built: one description for the build and for the tests, so that what is tested is what is shipped. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

// some libraries are CommonJS and ask for Node's own modules by require
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/**
 * What is imported when it is needed stays in files of its own beside the program.
 * @param {string} outdir
 * @returns {import('esbuild').BuildOptions}
 */
export const inPieces = (outdir) => ({
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  outdir,
  outExtension: { '.js': '.mjs' },
  splitting: true,
  // a CommonJS file that is imported when needed loses its names in a chunk: take the libraries' modules
  mainFields: ['module', 'main'],
  format: 'esm',
  banner: { js: REQUIRE },
});

/**
 * The command line; worker threads are started from a file beside it.
 * @param {string} outdir
 * @returns {import('esbuild').BuildOptions}
 */
export const cliBuild = (outdir) => ({
  ...inPieces(outdir),
  entryPoints: { selwright: 'cli/main.ts', worker: 'cli/worker.ts' },
  banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
});

/**
 * The main side in both shells, and beside it the worker and the process for fleets. `electron` and `playwright-core` stay outside: the
 * one is the shell itself, the other loads its own files.
 * @param {string} outdir
 * @returns {import('esbuild').BuildOptions}
 */
export const mainBuild = (outdir) => ({
  ...inPieces(outdir),
  entryPoints: {
    electron: 'electron/shells/electron.ts',
    chromium: 'electron/shells/chromium.ts',
    window: 'electron/shells/window.ts',
    fleet: 'electron/shells/fleet.ts',
    worker: 'cli/worker.ts',
  },
  external: ['electron', 'playwright-core'],
});
