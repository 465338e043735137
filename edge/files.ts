/**
 * Files, carefully: sizes are limited, nothing is overwritten unasked, and what is written is whole or not there at all
 * (temporary name, flush, rename).
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BundleFile } from '../core/bundle/build.ts';
import type { BundleEntry } from '../core/bundle/check.ts';
import { type ErrorCode, SelError } from '../core/errors.ts';

/** Largest file read whole unless told otherwise, in bytes. */
export const READ_MAX = 64 * 1024 * 1024;

const IO_CODES: Record<string, ErrorCode> = {
  ENOENT: 'io-not-found',
  EISDIR: 'io-directory',
  ENOTDIR: 'io-not-directory',
  EEXIST: 'io-exists',
  ENOTEMPTY: 'io-exists',
  EACCES: 'io-denied',
  EPERM: 'io-denied',
  EROFS: 'io-denied',
  ENOSPC: 'io-full',
  EDQUOT: 'io-full',
};

/** Runs a file operation and turns what the system says into a typed error that names the file. */
export const io = <T>(path: string, what: string, run: () => T): T => {
  try {
    return run();
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code;
    if (e instanceof SelError || code === undefined) throw e;
    throw new SelError(IO_CODES[code] ?? 'io-failed', {
      file: path,
      field: what,
      found: IO_CODES[code] === undefined ? code : undefined,
    });
  }
};

/** A whole file. @throws io-not-found, io-directory, io-denied, too-long */
export const readFile = (path: string, what: string, max = READ_MAX): Uint8Array =>
  io(path, what, () => {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new SelError('io-directory', { file: path, field: what });
    if (stat.size > max)
      throw new SelError('too-long', { file: path, field: what, found: `${stat.size} bytes`, expected: `at most ${max} bytes` });
    return new Uint8Array(readFileSync(path));
  });

/** Up to `max` bytes of a file from an offset: fewer when it ends before. */
export const readRange = (path: string, what: string, from: number, max: number): Uint8Array =>
  io(path, what, () => {
    if (statSync(path).isDirectory()) throw new SelError('io-directory', { file: path, field: what });
    const fd = openSync(path, 'r');
    try {
      const buffer = new Uint8Array(max);
      let have = 0;
      for (let n = -1; n !== 0 && have < max; have += n) n = readSync(fd, buffer, have, max - have, from + have);
      return buffer.slice(0, have);
    } finally {
      closeSync(fd);
    }
  });

/** The first `max` bytes of a file: enough to find the header of an image of any size. */
export const readStart = (path: string, what: string, max: number): Uint8Array => readRange(path, what, 0, max);

export interface WriteOptions {
  /** replace an existing file; without it that is an error */
  readonly overwrite?: boolean;
  /** permissions of the new file, 0o644 unless given */
  readonly mode?: number;
}

/** Writes a file whole or not at all. @throws io-exists, io-denied, io-full */
export const writeFile = (path: string, bytes: Uint8Array, what: string, options: WriteOptions = {}): void =>
  io(path, what, () => {
    if (!options.overwrite && existsSync(path)) throw new SelError('io-exists', { file: path, field: what });
    const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
    const fd = openSync(temporary, 'wx', options.mode ?? 0o644);
    try {
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      chmodSync(temporary, options.mode ?? 0o644);
      if (options.overwrite) renameSync(temporary, path);
      else {
        // link fails when the name was taken meanwhile, rename would replace it
        linkSync(temporary, path);
        unlinkSync(temporary);
      }
    } catch (e) {
      rmSync(temporary, { force: true });
      throw e;
    }
  });

/** Flushes a directory's entries to the disk, where the system can. */
const syncDirectory = (path: string): void => {
  try {
    const fd = openSync(path, 'r');
    fsyncSync(fd);
    closeSync(fd);
  } catch {
    // some file systems do not know how to flush a directory: the files themselves are on the disk
  }
};

/**
 * Writes a directory of files whole or not at all: beside its place, then renamed into it. The place must be free.
 * @throws io-exists, io-denied, io-full
 */
export const writeTree = (
  directory: string,
  files: readonly BundleFile[],
  what: string,
  modeOf: (path: string) => number = () => 0o644,
): void =>
  io(directory, what, () => {
    if (existsSync(directory)) throw new SelError('io-exists', { file: directory, field: what });
    const parent = dirname(directory);
    mkdirSync(parent, { recursive: true });
    const temporary = join(parent, `.${basename(directory)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      for (const f of files) {
        const path = join(temporary, f.path);
        const mode = modeOf(f.path);
        mkdirSync(dirname(path), { recursive: true, mode: mode === 0o600 ? 0o700 : 0o755 });
        writeFile(path, f.bytes, what, { mode });
      }
      syncDirectory(temporary);
      renameSync(temporary, directory);
      syncDirectory(parent);
    } catch (e) {
      rmSync(temporary, { recursive: true, force: true });
      throw e;
    }
  });

/** Most entries of a directory tree that are read. */
const ENTRIES_MAX = 10_000;
/** Largest file inside a bundle that is read: a request has at most 1 MiB. */
const ENTRY_MAX = 4 * 1024 * 1024;

/** Everything in a bundle directory, links not followed, sorted by path. @throws io-not-directory, io-not-found, limit */
export const readTree = (directory: string, what: string): BundleEntry[] =>
  io(directory, what, () => {
    if (!statSync(directory).isDirectory()) throw new SelError('io-not-directory', { file: directory, field: what });
    const out: BundleEntry[] = [];
    const walk = (relative: string): void => {
      for (const name of readdirSync(join(directory, relative)).sort()) {
        if (out.length >= ENTRIES_MAX)
          throw new SelError('limit', { file: directory, field: what, found: `over ${ENTRIES_MAX} entries` });
        const path = relative === '' ? name : `${relative}/${name}`;
        const full = join(directory, path);
        const stat = lstatSync(full);
        if (stat.isSymbolicLink()) out.push({ path, kind: 'symlink' });
        else if (stat.isDirectory()) {
          out.push({ path, kind: 'directory' });
          walk(path);
        } else if (stat.isFile()) out.push({ path, kind: 'file', bytes: readFile(full, what, ENTRY_MAX) });
        else out.push({ path, kind: 'other' });
      }
    };
    walk('');
    return out;
  });

export const isDirectory = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();
export const exists = (path: string): boolean => existsSync(path);
export const makeDirectory = (path: string, what: string, mode = 0o755): void => {
  io(path, what, () => mkdirSync(path, { recursive: true, mode }));
};
export const namesIn = (path: string, what: string): string[] => io(path, what, () => readdirSync(path).sort());
