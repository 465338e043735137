/** A build of this tree in a place of its own, so that tests do not touch the one that others use. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
/** Time of the build in all tests, seconds. */
export const EPOCH = '1790000000';

const SOURCES = ['assets', 'cli', 'core', 'docs', 'edge', 'electron', 'packaging', 'renderer', 'scripts', 'words'];
const FILES = [
  'LICENSE',
  'README.md',
  'electron-builder.yml',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vite.config.ts',
];

/** Runs one of our scripts in a tree. @throws when it fails */
export const script = (tree: string, name: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): string => {
  const ran = spawnSync(process.execPath, [join(tree, 'scripts', name), ...args], {
    cwd: tree,
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: EPOCH, ...env },
  });
  if (ran.status !== 0) throw new Error(`${name} failed (${ran.status}): ${ran.stderr.slice(0, 2000)}`);
  return ran.stdout;
};

/** A copy of the sources, of this tree or of an earlier copy, built. @returns its directory */
export const buildTree = (from = ROOT): string => {
  const tree = mkdtempSync(join(tmpdir(), 'selwright-build-'));
  for (const name of [...SOURCES, ...FILES])
    if (existsSync(join(from, name))) cpSync(join(from, name), join(tree, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  mkdirSync(join(tree, 'dist'));
  script(tree, 'build.mjs');
  return tree;
};
