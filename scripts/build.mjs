/** Builds what runs: the window with vite; main side, preload, shells and command line with esbuild. `--cli`: the command line only. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { cliBuild, mainBuild } from './programs.mjs';

// whoever asks for a build gets this one: tests set another mode, which would build React's development version
process.env.NODE_ENV = 'production';

/** Files of libraries of which something got into the build: from them, scripts/sbom.mjs says what is shipped. */
const used = new Set();
const note = (file) => {
  const at = file.indexOf('node_modules/');
  if (at >= 0) used.add(file.slice(at).replace(/[?\0].*$/, ''));
};
const esbuild = async (options) => {
  const { metafile } = await build({ ...options, metafile: true });
  for (const output of Object.values(metafile.outputs))
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) if (bytesInOutput > 0) note(file);
};
const noting = {
  name: 'selwright-contents',
  generateBundle(_options, bundle) {
    for (const part of Object.values(bundle))
      for (const file of [...Object.keys(part.modules ?? {}), ...(part.originalFileNames ?? [])]) note(file);
  },
};

// chunk names are hashes: old ones go
const cli = async () => {
  rmSync('dist/cli', { recursive: true, force: true });
  await esbuild(cliBuild('dist/cli'));
  chmodSync('dist/cli/selwright.mjs', 0o755);
};

const main = async () => {
  rmSync('dist/main', { recursive: true, force: true });
  await Promise.all([
    esbuild(mainBuild('dist/main')),
    esbuild({
      bundle: true,
      platform: 'node',
      target: 'node20',
      legalComments: 'none',
      logLevel: 'warning',
      entryPoints: ['electron/shells/preload.ts'],
      outfile: 'dist/main/preload.cjs',
      format: 'cjs',
      external: ['electron'],
    }),
  ]);
};

const window = async () => {
  const vite = await import('vite');
  await vite.build({ logLevel: 'warn', plugins: [noting] });
};

if (process.argv.includes('--cli')) await cli();
else {
  await Promise.all([cli(), main(), window()]);
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/used.json', `${JSON.stringify([...used].sort(), null, 1)}\n`);
}
