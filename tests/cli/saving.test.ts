/** What is written is whole or not there: killed and failing writes, a full disk, places that are taken. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SelError } from '../../core/errors.ts';
import { readFile, writeFile, writeTree } from '../../edge/files.ts';
import { at, buildArgs, programFile, type Ran, run, workDirectory } from './program.ts';

const T = 'tenant';
const FAULT = resolve(import.meta.dirname, 'fault.mjs');
const WRITES = 'openSync,writeSync,fsyncSync,closeSync,chmodSync,mkdirSync,renameSync,linkSync,rmSync';

/** A policy with one host key and few files, so that a run is short. */
const ARGS = ['bundle', 'build', '--policy', `${T}/policy.yaml`, '--values', `${T}/values`, '--hdr', `${T}/image/selhdr.bin`];
const SHORT = [...ARGS, '-k', `${T}/host-keys/alpha.crt`, '--no-verify', '--strict'];

const faulty = (script: string, args: readonly string[], fault: string, where: number, ops = WRITES): Ran => {
  const r = spawnSync(process.execPath, ['--import', FAULT, script, ...args], {
    cwd: workDirectory,
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      ...process.env,
      XDG_STATE_HOME: at('state'),
      FAULT: fault,
      FAULT_OP: ops,
      FAULT_AT: String(where),
      SELWRIGHT_DEBUG: '',
    },
  });
  return { code: r.status, out: r.stdout, err: r.stderr };
};

const everything = (d: string): string[] =>
  readdirSync(d, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? [join(d, e.name), ...everything(join(d, e.name))] : [join(d, e.name)],
  );
const below = (d: string): string[] => everything(at(d)).sort();

const code = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
};
const FILES = Array.from({ length: 6 }, (_, i) => ({
  path: i % 2 ? `sics/f${i}.asr` : `f${i}`,
  bytes: new Uint8Array(5000).fill(i),
}));

beforeAll(() => {
  expect(run(['sample', 'init', T]).code).toBe(0);
  buildSync({
    stdin: {
      contents: `import { writeTree } from './edge/files.ts';
        writeTree(process.argv[2], Array.from({ length: 6 }, (_, i) => ({ path: i % 2 ? 'sics/f' + i + '.asr' : 'f' + i, bytes: new Uint8Array(5000).fill(i) })), 'bundle');`,
      resolveDir: resolve(import.meta.dirname, '../..'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: at('tree.mjs'),
    banner: { js: "import { createRequire as __c } from 'node:module'; const require = __c(import.meta.url);" },
  });
});

describe('killed', () => {
  const isWhole = (d: string): boolean =>
    FILES.every((f) => existsSync(at(d, f.path)) && readFileSync(at(d, f.path)).equals(Buffer.from(f.bytes)));
  it('at every step of writing a directory: all of it under its name, or nothing', () => {
    let absent = 0;
    let whole = 0;
    for (let n = 1; whole < 3; n++) {
      const d = `kill${n}`;
      const r = faulty(at('tree.mjs'), [d], 'kill', n);
      if (!existsSync(at(d))) absent++;
      else {
        expect(isWhole(d), `step ${n}`).toBe(true);
        whole++;
      }
      if (r.code !== 0) expect(r.code).toBe(null);
      expect(n).toBeLessThan(80);
    }
    expect(absent).toBeGreaterThan(30);
  });
  it('at some steps of bundle build: the bundle is whole or not there, and the next build works', () => {
    for (const n of [5, 20, 50, 75]) {
      faulty(programFile, [...SHORT, '-o', 'killed', '--name', 'killed'], 'kill', n);
      if (existsSync(at('killed'))) {
        expect(run(['bundle', 'check', 'killed']).code).toBe(0);
        rmSync(at('killed'), { recursive: true });
      }
    }
    expect(run([...SHORT, '-o', 'after', '--name', 'killed'])).toMatchObject({ code: 0 });
    expect(run(['bundle', 'check', 'after'])).toMatchObject({ code: 0 });
  });
});

describe('the disk is full', () => {
  it('at any write of bundle build: one sentence, exit 3, and not a file more than before', () => {
    const values = at(T, 'values/luks-rfs-passphrase');
    const value = readFileSync(values);
    rmSync(values);
    const before = below(T).concat(readdirSync(workDirectory));
    try {
      for (const n of [1, 2, 4, 6, 9, 14]) {
        const r = faulty(programFile, [...SHORT, '-o', 'new/full', '--generate'], 'ENOSPC', n, 'writeSync');
        expect(r, `write ${n}`).toMatchObject({ code: 3, out: '' });
        expect(r.err.trimEnd().split('\n').at(-1)).toMatch(
          /^selwright: .* could not be written: the disk is full\. Make room and try again: nothing was changed\.$/,
        );
        expect(below(T).concat(readdirSync(workDirectory)), `write ${n}`).toEqual(before);
      }
    } finally {
      writeFileSync(values, value);
    }
    expect(everything(at('state')).filter((f) => f.endsWith('.tmp'))).toEqual([]);
  });

  const small = at('small');
  const mounted = (): boolean => {
    mkdirSync(small, { recursive: true });
    return process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48k', 'tmpfs', small]).status === 0;
  };
  afterAll(() => {
    spawnSync('umount', [small], { stdio: 'ignore' });
  });
  it('a real one, where a small file system may be mounted', () => {
    if (!mounted()) {
      console.warn('*** not mounted: a full disk was only imitated ***');
      return;
    }
    const records = below(T);
    expect(run([...SHORT, '-o', 'small/bundle'])).toMatchObject({
      code: 3,
      out: '',
      err: expect.stringContaining('small/bundle: bundle could not be written: the disk is full.'),
    });
    expect(readdirSync(small)).toEqual([]);
    expect(below(T)).toEqual(records);
    expect(run(['sample', 'init', 'small/tenant'])).toMatchObject({ code: 3, err: expect.stringContaining('the disk is full') });
    expect(readdirSync(small)).toEqual([]);
    execFileSync('umount', [small]);
  });
});

describe('a place that is taken', () => {
  it('is left as it is, whatever has the name', () => {
    mkdirSync(at('taken/empty'), { recursive: true });
    mkdirSync(at('taken/full'));
    writeFileSync(at('taken/full/mine'), 'mine');
    writeFileSync(at('taken/file'), 'mine');
    symlinkSync('nowhere', at('taken/link'));
    const before = below('taken');
    for (const name of ['empty', 'full', 'file', 'link']) {
      expect(
        code(() => writeTree(at('taken', name), FILES, 'bundle')),
        name,
      ).toBe('io-exists');
      if (name !== 'empty' && name !== 'full')
        expect(
          code(() => writeFile(at('taken', name), FILES[0]?.bytes as Uint8Array, 'file')),
          name,
        ).toBe('io-exists');
    }
    expect(run([...SHORT, '-o', 'taken/full'])).toMatchObject({
      code: 3,
      out: '',
      err: expect.stringContaining('exists already and was left as it is'),
    });
    expect(below('taken')).toEqual(before);
    expect(readFileSync(at('taken/full/mine'), 'utf8')).toBe('mine');
  });
  it('is overwritten only when asked, and then at once', () => {
    mkdirSync(at('own'));
    const file = at('own/once');
    writeFile(file, new Uint8Array([1]), 'file');
    writeFile(file, new Uint8Array([2]), 'file', { overwrite: true, mode: 0o600 });
    expect([...readFileSync(file)]).toEqual([2]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(at('own'))).toEqual(['once']);
  });
  it('a disk without links, as on a memory stick, is written all the same', () => {
    const args = [...SHORT.slice(0, 2), ...SHORT.slice(2), '-o', 'stick'];
    const r = faulty(programFile, args, 'EPERM', 1, 'linkSync');
    expect(r).toMatchObject({ code: 0 });
    expect(run(['bundle', 'check', 'stick']).code).toBe(0);
  });
  it('permissions do not depend on the umask', () => {
    const r = spawnSync('sh', ['-c', `umask 077; "${process.execPath}" "${at('tree.mjs')}" masked`], { cwd: workDirectory });
    expect(r.status).toBe(0);
    expect(statSync(at('masked')).mode & 0o777).toBe(0o755);
    expect(statSync(at('masked/sics')).mode & 0o777).toBe(0o755);
    expect(statSync(at('masked/sics/f1.asr')).mode & 0o777).toBe(0o644);
  });
});

describe('reading', () => {
  it('stops at the limit, also for files that do not say their size', () => {
    expect(readFile('/proc/version', 'file').length).toBeGreaterThan(10);
    expect(code(() => readFile('/proc/version', 'file', 5))).toBe('too-long');
    writeFileSync(at('ten'), '0123456789');
    expect(Buffer.from(readFile(at('ten'), 'file', 10)).toString()).toBe('0123456789');
    expect(code(() => readFile(at('ten'), 'file', 9))).toBe('too-long');
    writeFileSync(at('none'), '');
    expect(readFile(at('none'), 'file', 0)).toHaveLength(0);
  });
});

describe('output that nobody reads to the end', () => {
  it('is no error', () => {
    const r = spawnSync('sh', ['-c', `"${process.execPath}" "${programFile}" --help | head -1`], { encoding: 'utf8' });
    expect(r).toMatchObject({ status: 0, stderr: '' });
    expect(buildArgs(T)).toContain('--policy');
  });
});
