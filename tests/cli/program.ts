/** The command line as a user has it: built once for the test file, run in a directory and with a state directory of its own. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll } from 'vitest';
import { cliBuild } from '../../scripts/programs.mjs';

const base = mkdtempSync(join(tmpdir(), 'selwright-test-'));
// a test runs the program as another user
chmodSync(base, 0o755);
const program = join(base, 'selwright.mjs');
buildSync(cliBuild(base));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Where everything of this test file lies. */
export const workDirectory = base;
export const at = (...parts: string[]): string => join(base, ...parts);

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly uid?: number;
  readonly env?: Record<string, string>;
}

const ran = (r: SpawnSyncReturns<string>): Ran => ({ code: r.status, out: r.stdout, err: r.stderr });

/** Runs the program; a minute is a hang: with RSA keys to make and a busy machine, ten seconds are not. */
export const run = (args: readonly string[], o: RunOptions = {}): Ran =>
  ran(
    spawnSync(process.execPath, [program, ...args], {
      cwd: base,
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, XDG_STATE_HOME: join(base, 'state'), SELWRIGHT_DEBUG: '', ...o.env },
      ...(o.uid === undefined ? {} : { uid: o.uid, gid: o.uid }),
    }),
  );

export const json = (r: Ran) => JSON.parse(r.out);
export const programFile = program;

/** The sample tenant's options of `bundle build`, all but the output. */
export const buildArgs = (tenant: string, hosts = ['alpha', 'beta']): string[] => [
  'bundle',
  'build',
  '--policy',
  `${tenant}/policy.yaml`,
  '--values',
  `${tenant}/values`,
  '--hdr',
  `${tenant}/image/selhdr.bin`,
  ...hosts.flatMap((h) => ['-k', `${tenant}/host-keys/${h}.crt`]),
  ...['signing', 'intermediate'].flatMap((c) => ['-C', `${tenant}/pki/${c}.crt`]),
  ...['signing', 'intermediate', 'root'].flatMap((c) => ['--crl', `${tenant}/pki/${c}.crl`]),
  '--root-ca',
  `${tenant}/pki/root.crt`,
];
export const bootArgs = (tenant: string, bundle: string, host = 'alpha'): string[] => [
  'boot',
  bundle,
  '--host',
  `${tenant}/hosts/${host}.json`,
  '--image',
  `${tenant}/image/sel-ebc.img`,
];
