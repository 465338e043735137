/** Programs that run outside of the test's own thread, built as scripts/build.mjs does it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

export interface Built {
  readonly directory: string;
  path(...parts: string[]): string;
  url(name: string): URL;
  remove(): void;
}

/** Builds each entry, a path from the root, to NAME.mjs in a new directory. */
export const buildAll = async (entries: Readonly<Record<string, string>>): Promise<Built> => {
  const directory = mkdtempSync(join(tmpdir(), 'selwright-fleet-'));
  await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return {
    directory,
    path: (...parts) => join(directory, ...parts),
    url: (name) => pathToFileURL(join(directory, `${name}.mjs`)),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
};
