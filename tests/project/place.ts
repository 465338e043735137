/** A directory of projects for one test file, and a program that saves them in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { Project } from '../../core/project/content.ts';
import { openProject } from '../../core/project/file.ts';
import { ProjectStore } from '../../edge/project.ts';
import { CHEAP, env, fullProject, owned, PASSPHRASE } from './fixture.ts';

export const options = { env, parameters: CHEAP };
/** Large enough for several writes. */
export const large = (): Project => {
  const p = fullProject();
  return { ...p, files: [...p.files, { role: 'image', name: 'x', bytes: owned(env.random(90 * 1024)) }] };
};
export const stateAt = (path: string): Project => openProject(readFileSync(path), PASSPHRASE).project;
export const names = (path: string): string[] => readdirSync(join(path, '..')).sort();

export interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export const makePlace = () => {
  const root = mkdtempSync(join(tmpdir(), 'selwright-save-'));
  const saver = join(root, 'saver.mjs');
  let made = 0;
  return {
    root,
    remove: (): void => rmSync(root, { recursive: true, force: true }),
    /** a name that nobody has */
    free: (name: string): string => join(root, `${name}${made++}`),
    /** a directory with a project in it */
    project: (project = fullProject()): string => {
      const directory = join(root, `p${made++}`);
      mkdirSync(directory);
      const path = join(directory, 'acme.selwright');
      ProjectStore.create(path, project, PASSPHRASE, options).close();
      return path;
    },
    buildSaver: (): Promise<unknown> =>
      build({
        absWorkingDir: resolve(import.meta.dirname, '../..'),
        entryPoints: ['tests/project/saver.ts'],
        outfile: saver,
        bundle: true,
        minify: true,
        platform: 'node',
        target: 'node20',
        format: 'esm',
        logLevel: 'error',
        banner: { js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);" },
      }),
    running: (...args: (string | number)[]): { child: ChildProcess; end: Promise<Ended> } => {
      const child = spawn(process.execPath, [saver, ...args.map(String)]);
      let out = '';
      let err = '';
      child.stdout.on('data', (d) => {
        out += d;
      });
      child.stderr.on('data', (d) => {
        err += d;
      });
      return { child, end: new Promise((done) => child.on('close', (code, signal) => done({ code, signal, out, err }))) };
    },
  };
};
