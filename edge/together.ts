/**
 * Several files that belong together: all of them are written, or none. New files appear by a link, which never replaces anything;
 * replaced ones are kept aside until the last is in place; lines are appended at the very end, in one write.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { SelError } from '../core/errors.ts';
import { io } from './files.ts';

/** A file to write. */
export interface Pending {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** what it is, for messages */
  readonly what: string;
  /** permissions of a new file, 0o644 unless given; a replaced one keeps its own when none are given */
  readonly mode?: number;
  /** `new`: the name must be free; `replace`: an existing file is replaced; `append`: the bytes go to the end, in one write */
  readonly how: 'new' | 'replace' | 'append';
}

const writeAll = (fd: number, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  fsyncSync(fd);
};

const beside = (path: string): string => join(dirname(path), `.selwright-${randomBytes(6).toString('hex')}.tmp`);

/** A name that is taken by something else than a regular file, a device for example, is never touched. */
const refuseOthers = (f: Pending): void => {
  const directory = dirname(f.path);
  if (!existsSync(directory)) throw new SelError('io-not-found', { file: directory, field: `directory of the ${f.what}` });
  const there = lstatSync(f.path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (f.how === 'new') throw new SelError('io-exists', { file: f.path, field: f.what });
  const target = statSync(f.path, { throwIfNoEntry: false });
  if (target?.isDirectory()) throw new SelError('io-directory', { file: f.path, field: f.what });
  if (!target?.isFile())
    throw new SelError('io-not-file', { file: f.path, field: f.what, found: target ? 'a device or pipe' : 'a broken link' });
};

/** The whole content under a temporary name. @returns that name */
const prepare = (f: Pending): string =>
  io(f.path, f.what, () => {
    const temporary = beside(f.path);
    const mode = f.mode ?? (existsSync(f.path) ? statSync(f.path).mode & 0o777 : 0o644);
    const fd = openSync(temporary, 'wx', mode);
    try {
      writeAll(fd, f.bytes);
    } catch (e) {
      rmSync(temporary, { force: true });
      throw e;
    } finally {
      closeSync(fd);
    }
    chmodSync(temporary, mode);
    return temporary;
  });

/** Codes of file systems that have no links: FAT, as on most memory sticks. */
const NO_LINKS = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'];

/** A second name for a file; `otherwise` where the file system has no such thing. */
const link = (from: string, to: string, otherwise: () => void): void => {
  try {
    linkSync(from, to);
  } catch (e) {
    if (!NO_LINKS.includes((e as NodeJS.ErrnoException).code ?? '')) throw e;
    otherwise();
  }
};

/** Gives it its name. @returns how to take that back, and how to make it final */
const place = (f: Pending, temporary: string): { undo: () => void; settle: () => void } =>
  io(f.path, f.what, () => {
    if (f.how === 'new' || !existsSync(f.path)) {
      link(temporary, f.path, () => copyFileSync(temporary, f.path, constants.COPYFILE_EXCL));
      rmSync(temporary);
      return { undo: () => rmSync(f.path, { force: true }), settle: () => undefined };
    }
    const kept = beside(f.path);
    link(f.path, kept, () => copyFileSync(f.path, kept, constants.COPYFILE_EXCL));
    renameSync(temporary, f.path);
    return { undo: () => renameSync(kept, f.path), settle: () => rmSync(kept, { force: true }) };
  });

/** One write at the end, so that two programs that append at once do not mix their lines; a half-written one is cut off again. */
const append = (f: Pending): void =>
  io(f.path, f.what, () => {
    const fresh = !existsSync(f.path);
    const fd = openSync(f.path, 'a', f.mode ?? 0o644);
    const size = fstatSync(fd).size;
    try {
      writeAll(fd, f.bytes);
    } catch (e) {
      ftruncateSync(fd, size);
      if (fresh) rmSync(f.path, { force: true });
      throw e;
    } finally {
      closeSync(fd);
    }
  });

/**
 * Writes them all, or none.
 * @throws io-exists, io-directory, io-not-file, io-denied, io-full, io-not-found for a directory that is not there
 */
export const writeTogether = (files: readonly Pending[]): void => {
  for (const f of files) refuseOthers(f);
  const whole = files.filter((f) => f.how !== 'append');
  const temporaries: string[] = [];
  const placed: { undo: () => void; settle: () => void }[] = [];
  try {
    for (const f of whole) temporaries.push(prepare(f));
    whole.forEach((f, i) => {
      placed.push(place(f, temporaries[i] as string));
    });
    for (const f of files) if (f.how === 'append') append(f);
  } catch (e) {
    for (const p of placed.reverse()) p.undo();
    for (const t of temporaries) rmSync(t, { force: true });
    throw e;
  }
  for (const p of placed) p.settle();
};
