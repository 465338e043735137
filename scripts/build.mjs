/** Builds what runs: the window with vite; main side, preload and command line with esbuild. `--cli` builds the command line only. */
import { chmodSync } from 'node:fs';
import { build } from 'esbuild';

const common = { bundle: true, platform: 'node', target: 'node20', sourcemap: false, legalComments: 'none', logLevel: 'warning' };
const esmRequire =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const cli = () =>
  build({
    ...common,
    entryPoints: ['cli/main.ts'],
    outfile: 'dist/cli/selwright.mjs',
    format: 'esm',
    banner: { js: `#!/usr/bin/env node\n${esmRequire}` },
  });

await cli();
chmodSync('dist/cli/selwright.mjs', 0o755);
