/**
 * Writes docs/formats.md from the tables in core. `--check` writes nothing and fails when the page is not what they give.
 * The tables are TypeScript: they are bundled in memory and run.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { build } from 'esbuild';

const root = dirname(import.meta.dirname);
const page = join(root, 'docs', 'formats.md');

const bundle = await build({
  stdin: { contents: "export { formatsPage } from './words/formats.ts';", resolveDir: root, loader: 'ts' },
  bundle: true,
  write: false,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
const bundled = { exports: {} };
const run = compileFunction(bundle.outputFiles[0].text, ['module', 'exports', 'require']);
run(bundled, bundled.exports, createRequire(import.meta.url));
const text = bundled.exports.formatsPage();

const existing = () => {
  try {
    return readFileSync(page, 'utf8');
  } catch {
    return undefined;
  }
};

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, text);
  console.log(`docs/formats.md: ${text.split('\n').length - 1} lines`);
} else if (existing() === text) console.log('docs/formats.md is what the tables give');
else {
  console.error('docs/formats.md is not what the tables give: run "node scripts/formats.mjs"');
  process.exitCode = 1;
}
