/** The real command, built as scripts/build.mjs does it, into a temporary directory of the test file that asks for it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { cliBuild } from '../../scripts/programs.mjs';

export interface Ran {
  /** exit code */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Cli {
  /** a directory for the test's own files, removed by {@link Cli.remove} */
  readonly directory: string;
  run(...args: string[]): Ran;
  /** runs with --json and reads the answer */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at single fields of it
  json(...args: string[]): Ran & { readonly answer: any };
  path(...parts: string[]): string;
  remove(): void;
}

/** Builds the command. Call it once a file, in beforeAll. */
export const buildCli = async (): Promise<Cli> => {
  const directory = mkdtempSync(join(tmpdir(), 'selwright-cli-'));
  const outfile = join(directory, 'selwright.mjs');
  await build(cliBuild(directory));
  const run = (...args: string[]): Ran => {
    const env = { ...process.env, HOME: directory, XDG_STATE_HOME: join(directory, 'state') };
    const { status, stdout, stderr } = spawnSync(process.execPath, [outfile, ...args], { cwd: directory, encoding: 'utf8', env });
    return { code: status, stdout, stderr };
  };
  return {
    directory,
    run,
    json: (...args) => {
      const ran = run(...args, '--json');
      return { ...ran, answer: JSON.parse(ran.stdout) };
    },
    path: (...parts) => join(directory, ...parts),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
};
