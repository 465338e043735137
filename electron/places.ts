/** Where a window writes files: at a whole path that the user gave, new, and in a directory that is there. */
import { dirname, join } from 'node:path';
import type { Bytes } from '../core/bytes.ts';
import { SelError } from '../core/errors.ts';
import { isDirectory, makeDirectory, writeFile } from '../edge/files.ts';
import { wholePath } from './keeper.ts';

/**
 * Where a directory may be made. Parents are made in our own place only: elsewhere one that is missing was unplugged or mistyped,
 * and making it would put the files where nobody looks for them. @param home our own place @throws bad-value, io-not-found
 */
export const placeFor = (home: string, path: string, field: string): string => {
  const parent = dirname(wholePath(path, field));
  if (!isDirectory(parent) && !`${parent}/`.startsWith(`${home}/`)) throw new SelError('io-not-found', { file: parent, field });
  return path;
};

/** Writes one new file. @throws bad-value, io-* */
export const writeNew = (home: string, path: string, bytes: Bytes, what: string): { path: string } => {
  const place = placeFor(home, path, `place of the ${what}`);
  if (!isDirectory(dirname(place))) makeDirectory(dirname(place), what);
  writeFile(place, bytes, what);
  return { path };
};

/** A free name for a bundle beside the others. */
export const suggestedPath = (home: string, name: string, serial: number): string => join(home, `${name}-${serial}.selbundle`);

/** Where the records of bundles are that no project file keeps. */
export const recordsIn = (home: string): string => join(home, 'private');
