/**
 * Files, carefully: sizes are limited, only regular files are read, nothing is overwritten unasked, and what is written is
 * whole or not there at all (temporary name, flush, rename).
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { BundleFile } from '../core/bundle/build.ts';
import type { BundleEntry } from '../core/bundle/check.ts';
import { wipe } from '../core/bytes.ts';
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

/** What the other codes of the system mean, for people. */
const IO_FOUND: Record<string, string> = {
  ELOOP: 'a loop of symbolic links',
  ENAMETOOLONG: 'a name that is too long',
  EIO: 'an input or output error',
  EFBIG: 'a file that is too large for this disk',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  EBUSY: 'a file that is in use',
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
      found: IO_CODES[code] === undefined ? (IO_FOUND[code] ?? code) : undefined,
    });
  }
};

const kindOf = (s: Stats): string => {
  if (s.isFIFO()) return 'a pipe';
  if (s.isSocket()) return 'a socket';
  return s.isCharacterDevice() || s.isBlockDevice() ? 'a device' : 'something else';
};

const refuseOthers = (s: Stats, path: string, what: string): void => {
  if (s.isDirectory()) throw new SelError('io-directory', { file: path, field: what });
  if (!s.isFile()) throw new SelError('io-not-file', { file: path, field: what, found: kindOf(s) });
};

/** Opens a regular file for reading, runs, closes. A pipe or a device could hold the program for ever, or never end. */
const withFile = <T>(path: string, what: string, run: (fd: number, size: number) => T): T =>
  io(path, what, () => {
    refuseOthers(statSync(path), path, what);
    // not blocking, and looked at once more: the name may lead to something else by now
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      refuseOthers(stat, path, what);
      return run(fd, stat.size);
    } finally {
      closeSync(fd);
    }
  });

/** Fills the buffer from a position of the file. @returns how many bytes there were */
const fill = (fd: number, buffer: Uint8Array, from: number): number => {
  let have = 0;
  for (let n = -1; n !== 0 && have < buffer.length; have += n) n = readSync(fd, buffer, have, buffer.length - have, from + have);
  return have;
};

/** A whole file. @throws io-not-found, io-directory, io-not-file, io-denied, too-long */
export const readFile = (path: string, what: string, max = READ_MAX): Uint8Array =>
  withFile(path, what, (fd, size) => {
    const tooLong = (found: string): never => {
      throw new SelError('too-long', { file: path, field: what, found, expected: `at most ${max} bytes` });
    };
    if (size > max) tooLong(`${size} bytes`);
    // one byte more than it says: some systems give size 0 for files with content, and a file can grow
    let buffer = new Uint8Array(size + 1);
    let have = fill(fd, buffer, 0);
    while (have === buffer.length && have <= max) {
      const larger = new Uint8Array(Math.min(max + 1, Math.max(4096, 2 * have)));
      larger.set(buffer);
      wipe(buffer);
      buffer = larger;
      have += fill(fd, buffer.subarray(have), have);
    }
    return have > max ? tooLong(`more than ${max} bytes`) : buffer.subarray(0, have);
  });

/** Up to `max` bytes of a file from an offset: fewer when it ends before. */
export const readRange = (path: string, what: string, from: number, max: number): Uint8Array =>
  withFile(path, what, (fd) => {
    const buffer = new Uint8Array(max);
    return buffer.slice(0, fill(fd, buffer, from));
  });

/** Size of a file in bytes; 0 for what has none, a pipe for example. @throws io-not-found, io-directory, io-denied */
export const fileSize = (path: string, what: string): number =>
  io(path, what, () => {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new SelError('io-directory', { file: path, field: what });
    return stat.size;
  });

/** The first `max` bytes of a file: enough to find the header of an image of any size. */
export const readStart = (path: string, what: string, max: number): Uint8Array => readRange(path, what, 0, max);

export interface WriteOptions {
  /** replace an existing file; without it that is an error */
  readonly overwrite?: boolean;
  /** permissions of the new file, 0o644 unless given */
  readonly mode?: number;
  /** false: whoever calls flushes many files at once, with edge/flush.ts */
  readonly flush?: boolean;
}

/** True when anything has this name, a link that leads nowhere included. */
const taken = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** A name beside the final one that nobody else uses, short enough for every file system. */
const temporaryIn = (directory: string): string => join(directory, `.selwright-${randomBytes(6).toString('hex')}.tmp`);

/** Takes away what a killed program left half-written in a directory. Nobody else may be writing there. */
export const removeTemporaries = (directory: string, what: string): void => {
  if (!existsSync(directory)) return;
  for (const name of namesIn(directory, what))
    if (/^\.selwright-[0-9a-f]{12}\.tmp$/.test(name)) removeTree(join(directory, name), what);
};

/** A new file, all of it on the disk when this returns, unless it need not be flushed. */
const put = (path: string, bytes: Uint8Array, mode: number, flush: boolean): void => {
  const fd = openSync(path, 'wx', mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    if (flush) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  chmodSync(path, mode);
};

/** Flushes a directory's entries to the disk, where the system can. */
const syncDirectory = (path: string): void => {
  try {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // some file systems do not know how to flush a directory: the files themselves are on the disk
  }
};

const NO_LINKS = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'];

/** Gives a finished file its name. A link fails when the name was taken meanwhile, where a rename would replace it. */
const claim = (temporary: string, path: string, what: string): void => {
  try {
    linkSync(temporary, path);
    rmSync(temporary);
  } catch (e) {
    // FAT, as on most memory sticks, has no links
    if (!NO_LINKS.includes((e as NodeJS.ErrnoException).code ?? '')) throw e;
    if (taken(path)) throw new SelError('io-exists', { file: path, field: what });
    renameSync(temporary, path);
  }
};

/** Writes a file whole or not at all. @throws io-exists, io-denied, io-full */
export const writeFile = (path: string, bytes: Uint8Array, what: string, options: WriteOptions = {}): void =>
  io(path, what, () => {
    if (!options.overwrite && taken(path)) throw new SelError('io-exists', { file: path, field: what });
    const directory = dirname(path);
    const temporary = temporaryIn(directory);
    try {
      put(temporary, bytes, options.mode ?? 0o644, options.flush !== false);
      if (options.overwrite) renameSync(temporary, path);
      else claim(temporary, path, what);
      if (options.flush !== false) syncDirectory(directory);
    } catch (e) {
      rmSync(temporary, { force: true });
      throw e;
    }
  });

/** Every directory that the files need, parents first; '' is the tree's own. */
const directoriesOf = (files: readonly BundleFile[]): string[] => {
  const all = new Set(['']);
  for (const f of files) {
    const parts = f.path.split('/').slice(0, -1);
    parts.forEach((_, i) => {
      all.add(parts.slice(0, i + 1).join('/'));
    });
  }
  return [...all].sort();
};

/** Makes a directory and its parents. @returns a function that takes away again what was made, as far as it is empty */
const makeParents = (directory: string): (() => void) => {
  const first = mkdirSync(directory, { recursive: true });
  return () => {
    if (first === undefined) return;
    try {
      for (let d = resolve(directory); d.length >= resolve(first).length; d = dirname(d)) rmdirSync(d);
    } catch {
      // somebody put something there meanwhile: it stays
    }
  };
};

/**
 * Writes a directory of files whole or not at all: beside its place, then renamed into it. The place must be free.
 * @param modeOf permissions of a file; a directory that holds private files only (0600) is private too
 * @param flush false: whoever calls flushes many trees at once, with edge/flush.ts
 * @throws io-exists, io-denied, io-full
 */
export const writeTree = (
  directory: string,
  files: readonly BundleFile[],
  what: string,
  modeOf: (path: string) => number = () => 0o644,
  flush = true,
): void =>
  io(directory, what, () => {
    if (taken(directory)) throw new SelError('io-exists', { file: directory, field: what });
    const parent = dirname(resolve(directory));
    const undo = makeParents(parent);
    const temporary = temporaryIn(parent);
    try {
      const directories = directoriesOf(files);
      for (const d of directories) {
        const below = files.filter((f) => d === '' || f.path.startsWith(`${d}/`));
        const path = join(temporary, d);
        mkdirSync(path);
        chmodSync(path, below.length > 0 && below.every((f) => modeOf(f.path) === 0o600) ? 0o700 : 0o755);
      }
      for (const f of files) put(join(temporary, f.path), f.bytes, modeOf(f.path), flush);
      if (flush) for (const d of directories.reverse()) syncDirectory(join(temporary, d));
      renameSync(temporary, directory);
      if (flush) syncDirectory(parent);
    } catch (e) {
      rmSync(temporary, { recursive: true, force: true });
      undo();
      throw e;
    }
  });

/** Takes away a directory that this program made, with everything in it. */
export const removeTree = (directory: string, what: string): void => {
  io(directory, what, () => rmSync(directory, { recursive: true, force: true }));
};
/** Takes away a file that this program made. */
export const removeFile = (path: string, what: string): void => {
  io(path, what, () => rmSync(path, { force: true }));
};

/** Most entries of a directory tree that are read. */
const ENTRIES_MAX = 10_000;
/** Largest file inside a bundle that is read: a request has at most 1 MiB. */
const ENTRY_MAX = 4 * 1024 * 1024;

/** Everything in a bundle directory, links not followed, sorted by path. @throws io-not-directory, io-not-found, too-long */
export const readTree = (directory: string, what: string): BundleEntry[] =>
  io(directory, what, () => {
    if (!statSync(directory).isDirectory()) throw new SelError('io-not-directory', { file: directory, field: what });
    const out: BundleEntry[] = [];
    const walk = (relative: string): void => {
      for (const name of readdirSync(join(directory, relative)).sort()) {
        if (out.length >= ENTRIES_MAX)
          throw new SelError('too-long', {
            file: directory,
            field: what,
            found: `over ${ENTRIES_MAX} entries`,
            expected: 'a bundle directory',
          });
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

export const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};
export const exists = (path: string): boolean => existsSync(path);
export const makeDirectory = (path: string, what: string, mode = 0o755): void => {
  io(path, what, () => mkdirSync(path, { recursive: true, mode }));
};
/** Names in a directory, sorted. @throws io-not-found, io-not-directory, io-denied */
export const namesIn = (path: string, what: string): string[] => io(path, what, () => readdirSync(path).sort());
