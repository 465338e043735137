/** Rivals that are processes: what a command-line tool costs that is started once a request, a chain or a bundle. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openRequest, parseRequest } from '../core/request/parse.ts';
import { readFile } from '../edge/files.ts';
import { headerFile, hostFiles, scratch, secretFile } from './fixture.ts';
import { hosts } from './tenant.ts';

/** Runs a program to its end. @throws with what it said when it fails */
export const run = (program: string, args: readonly string[]): string => {
  const r = spawnSync(program, args, { encoding: 'utf8' });
  if (r.error || r.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${r.error?.message ?? r.stderr}`);
  return r.stdout;
};
export const have = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;

/** The stand-in, compiled when it is first asked for; undefined where there is no compiler or no OpenSSL to link with. */
const compiled = (): string | undefined => {
  const program = join(scratch, 'pvsecret-like');
  if (existsSync(program)) return program;
  const r = spawnSync('gcc', ['-O2', '-o', program, 'bench/pvsecret-like.c', '-lcrypto'], { encoding: 'utf8' });
  return r.status === 0 ? program : undefined;
};

/** A way to make one request for four hosts with one process. */
export interface RequestProcess {
  readonly name: string;
  make(): void;
}

/** `pvsecret` itself where it is on the path, and the stand-in where it can be compiled. What they make is opened once, as a host does. */
export const requestProcesses = (): RequestProcess[] => {
  const found: RequestProcess[] = [];
  const output = join(scratch, 'request.asr');
  if (have('pvsecret', '--version'))
    found.push({
      name: 'one pvsecret process a request',
      make: () => {
        rmSync(output, { force: true });
        run('pvsecret', [
          'create',
          ...hostFiles.flatMap((f) => ['-k', f]),
          ...['--no-verify', '--hdr', headerFile, '-o', output],
          ...['retrievable', '--type', 'plain', '--secret', secretFile, 'bench'],
        ]);
        for (const rest of ['bench.yaml', `${output}.yaml`]) rmSync(rest, { force: true });
      },
    });
  const standIn = compiled();
  if (standIn)
    found.push({
      name: 'one pvsecret-like process a request (C, OpenSSL)',
      make: () => {
        run(standIn, [headerFile, secretFile, output, ...hostFiles]);
      },
    });
  for (const p of found) {
    p.make();
    const opened = openRequest(parseRequest(readFile(output, 'request')), hosts[3] as (typeof hosts)[number]);
    if (opened.value.length === 0) throw new Error(`${p.name}: what it makes does not open`);
  }
  return found;
};
