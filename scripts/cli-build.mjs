/** How the command line is built: one description for the build and for the tests, so that what is tested is what is shipped. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * What is imported when it is needed stays in files of its own; worker threads are started from a file beside the program.
 * @param {string} outdir
 * @returns {import('esbuild').BuildOptions}
 */
export const cliBuild = (outdir) => ({
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  entryPoints: { selwright: 'cli/main.ts', worker: 'cli/worker.ts' },
  outdir,
  outExtension: { '.js': '.mjs' },
  splitting: true,
  // a CommonJS file that is imported when needed loses its names in a chunk: take the libraries' modules
  mainFields: ['module', 'main'],
  format: 'esm',
  banner: {
    // some libraries are CommonJS and ask for Node's own modules by require
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
