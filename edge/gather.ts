/** Files and directories that a user names, read for sorting: with limits, and what cannot be read among many is no end of it. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHIVE_FILES_MAX, ARCHIVE_MAX } from '../core/archive.ts';
import { SelError } from '../core/errors.ts';
import { io, isDirectory, readFile } from './files.ts';

/** A file that was found: what is in it, or why it was not read. */
export interface Gathered {
  readonly file: string;
  readonly bytes?: Uint8Array;
  readonly error?: SelError;
}

const WHAT = 'file';

const readFound = (file: string): Gathered => {
  try {
    return { file, bytes: readFile(file, WHAT, ARCHIVE_MAX) };
  } catch (e) {
    if (e instanceof SelError) return { file, error: e };
    throw e;
  }
};

/** The paths of a directory's files, in order of their names. Links are not followed: what they lead to was not named. */
const filesIn = (directory: string): string[] => {
  const found: string[] = [];
  const walk = (at: string): void => {
    for (const name of io(at, 'directory', () => readdirSync(at)).sort()) {
      const path = join(at, name);
      const stat = io(path, WHAT, () => lstatSync(path));
      if (stat.isDirectory()) walk(path);
      else if (stat.isFile()) found.push(path);
      if (found.length > ARCHIVE_FILES_MAX)
        throw new SelError('too-long', {
          file: directory,
          field: 'directory',
          found: `over ${ARCHIVE_FILES_MAX} files`,
          expected: `at most ${ARCHIVE_FILES_MAX} files`,
        });
    }
  };
  walk(directory);
  return found;
};

/**
 * Reads files, and every file of directories, one after the other.
 * @throws io-not-found, io-denied, too-long for a path that was named itself; inside a directory a file's error is its answer
 */
export function* gather(paths: readonly string[]): Generator<Gathered> {
  for (const path of paths)
    if (isDirectory(path)) for (const file of filesIn(path)) yield readFound(file);
    else yield { file: path, bytes: readFile(path, WHAT, ARCHIVE_MAX) };
}
