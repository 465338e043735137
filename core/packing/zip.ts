/** A reproducible zip, for operators on Windows: sorted, one fixed time, no field that depends on the machine. */
import { type Zippable, zipSync } from 'fflate';
import { openEntries } from '../archive.ts';
import type { Bytes } from '../bytes.ts';
import { SelError } from '../errors.ts';
import type { PackedEntry, Unpacked } from './entries.ts';

/** The first moment a zip can name, in the local time that zips are in: the same everywhere. */
const FIXED_TIME = '1980-01-01T00:00:00';
/** Requests are encrypted and do not get smaller; the rest is small. */
const LEVEL = 0;

/** Packs files, in the order given. */
export const writeZip = (files: readonly PackedEntry[]): Bytes => {
  const entries: Zippable = {};
  for (const f of files) entries[f.path] = [f.bytes, { level: LEVEL, mtime: FIXED_TIME }];
  return zipSync(entries);
};

/** Everything in a zip. @throws everything of openEntries, and why a file in it cannot be unpacked */
export const readZip = (bytes: Bytes): Unpacked[] =>
  openEntries(bytes).map(({ path, kind, bytes: content, error }) => {
    if (error && kind !== 'symlink') throw new SelError(error.code, { ...error.facts, file: path });
    return content ? { path, kind, bytes: content } : { path, kind };
  });
