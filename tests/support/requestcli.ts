/** The real command with a sample tenant, for tests of `request create`; what it made is opened with the hosts' keys. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { type OpenedRequest, openRequest, type ParsedRequest, parseRequest } from '../../core/request/parse.ts';
import { readSimHost } from '../../core/sample/host.ts';
import type { SimHost } from '../../core/uvsim/ultravisor.ts';
import { buildCli, type Cli, type Ran } from './cli.ts';

export const HDR = ['--hdr', 't/image/selhdr.bin'];
export const UNVERIFIED = ['-k', 't/host-keys/alpha.crt', '--no-verify'];

/** Bytes that are the same each time. */
export const random = (n: number): Uint8Array =>
  new Uint8Array(createHash('shake256', { outputLength: n }).update(`random ${n}`).digest());

export interface RequestCli {
  cli(): Cli;
  /** `request create` for one host, its key not verified */
  create(...args: string[]): Ran;
  bytesOf(file: string): Uint8Array;
  textOf(file: string): string;
  /** writes a file. @returns its name */
  put(file: string, content: string | Uint8Array): string;
  fileNames(directory?: string): string[];
  /** a request, opened by a host of the sample tenant */
  opened(file: string, host?: 'alpha' | 'beta'): ParsedRequest & OpenedRequest;
  /** a run that must refuse: the exit code, a word of the reason, and not one file more or changed */
  refused(code: number, reason: RegExp, ...args: string[]): void;
}

/** Builds the command and makes the tenant before the tests of a file, and takes all of it away after them. */
export const requestCli = (): RequestCli => {
  let cli: Cli;
  const hosts = new Map<string, SimHost>();
  const bytesOf = (file: string): Uint8Array => new Uint8Array(readFileSync(cli.path(file)));
  const put = (file: string, content: string | Uint8Array): string => {
    writeFileSync(cli.path(file), content);
    return file;
  };
  beforeAll(async () => {
    cli = await buildCli();
    expect(cli.run('sample', 'init', 't').code).toBe(0);
    for (const name of ['alpha', 'beta']) hosts.set(name, readSimHost(bytesOf(`t/hosts/${name}.json`)));
    put('k32', random(32));
    put('ext', random(32).fill(9));
  });
  // there is none when it could not be built
  afterAll(() => (cli as Cli | undefined)?.remove());

  const fileNames = (directory = '.'): string[] => readdirSync(cli.path(directory)).sort();
  const create = (...args: string[]): Ran => cli.run('request', 'create', ...HDR, ...UNVERIFIED, ...args);
  const state = (): string[] =>
    fileNames().map((f) => {
      if (!statSync(cli.path(f)).isFile()) return f;
      return `${f} ${createHash('sha256').update(bytesOf(f)).digest('hex')}`;
    });
  return {
    cli: () => cli,
    create,
    bytesOf,
    textOf: (file) => readFileSync(cli.path(file), 'utf8'),
    put,
    fileNames,
    opened: (file, host = 'alpha') => {
      const parsed = parseRequest(bytesOf(file));
      return { ...parsed, ...openRequest(parsed, (hosts.get(host) as SimHost).keys) };
    },
    refused: (code, reason, ...args) => {
      const before = state();
      const ran = create(...args);
      expect(ran.stderr, args.join(' ')).toMatch(reason);
      expect(ran.code, args.join(' ')).toBe(code);
      expect(ran.stderr).not.toMatch(/at .*\.mjs|SelError|undefined/);
      expect(state()).toEqual(before);
    },
  };
};
