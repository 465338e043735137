/** The machine a result comes from: without it no number means anything. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';

const firstLine = (program: string, ...args: string[]): string | undefined => {
  const r = spawnSync(program, args, { encoding: 'utf8' });
  return r.status === 0 ? (r.stdout.split('\n')[0] ?? '').trim() : undefined;
};

const system = (): string => {
  try {
    const name = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    return name ?? type();
  } catch {
    return type();
  }
};

/** Load of the last minute: what else was going on. */
export const load = (): string => (loadavg()[0] ?? 0).toFixed(2);

/** Lines of name and value. */
export const machine = (): readonly (readonly [string, string])[] => [
  ['Processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`],
  ['Memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
  ['System', `${system()}, kernel ${firstLine('uname', '-r') ?? 'unknown'}, ${process.arch}`],
  ['Node', `${process.version}, V8 ${process.versions.v8}, OpenSSL ${process.versions.openssl} inside`],
  ['OpenSSL', firstLine('openssl', 'version') ?? 'none'],
  ['pvsecret', firstLine('pvsecret', '--version') ?? 'none on the path: bench/pvsecret-like.c stands in for it'],
];
