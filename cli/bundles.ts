/** Bundles from the command line: a directory, or packed as tar or zip. */
import { join } from 'node:path';
import type { BundleFile } from '../core/bundle/build.ts';
import type { BundleEntry } from '../core/bundle/check.ts';
import { type Expected, readExpected } from '../core/bundle/expected.ts';
import { inFile, SelError } from '../core/errors.ts';
import { readPacked } from '../core/packing/pack.ts';
import { isDirectory, READ_MAX, readFile, readTree } from '../edge/files.ts';

const EXPECTED = 'meta/expected.json';

/** Everything in a bundle, packed or not. @throws not-recognised for what is none, and what reading throws */
export const readBundle = (path: string): BundleEntry[] => {
  const packed = !isDirectory(path);
  // what is not there is said as such, whatever it should be
  const entries = packed ? inFile(path, () => readPacked(readFile(path, 'bundle', READ_MAX))) : readTree(path, 'bundle');
  if (!entries.some((e) => e.path.startsWith('sics/')))
    throw new SelError('not-recognised', {
      file: path,
      field: 'bundle',
      found: entries.some((e) => e.path === 'sics') ? 'an empty directory sics' : 'no directory sics',
      expected: 'a provisioning bundle',
    });
  return entries;
};

/** The bundle's copy of the expectation, and where it stands; undefined when it has none. */
export const expectationIn = (
  path: string,
  entries: readonly BundleEntry[],
): { where: string; expected: Expected } | undefined => {
  const bytes = entries.find((e) => e.path === EXPECTED && e.kind === 'file')?.bytes;
  const where = join(path, EXPECTED);
  return bytes && { where, expected: inFile(where, () => readExpected(bytes)) };
};

/** The files of a bundle that are files. */
export const filesOf = (entries: readonly BundleEntry[]): BundleFile[] =>
  entries.flatMap((e) => (e.kind === 'file' && e.bytes ? [{ path: e.path, bytes: e.bytes }] : []));
