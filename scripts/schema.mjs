/**
 * Writes docs/policy.schema.json from the schema in core. `--check` writes nothing and fails when the file is not what it gives.
 * The schema is TypeScript: it is bundled in memory and run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { build } from 'esbuild';

const root = dirname(import.meta.dirname);
const file = join(root, 'docs', 'policy.schema.json');

const bundle = await build({
  stdin: { contents: "export { policyJsonSchema } from './core/policy/jsonschema.ts';", resolveDir: root, loader: 'ts' },
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
const text = `${JSON.stringify(bundled.exports.policyJsonSchema(), null, 2)}\n`;

const existing = () => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
  console.log(`docs/policy.schema.json: ${text.length} bytes`);
} else if (existing() === text) console.log('docs/policy.schema.json is what the schema gives');
else {
  console.error('docs/policy.schema.json is not what the schema gives: run "node scripts/schema.mjs"');
  process.exitCode = 1;
}
