/** A bundle as one file, and back: what leaves this machine, and what comes back to be checked. Source: spec page "bundle", section 2. */
import { ARCHIVE_FILE_MAX, ARCHIVE_FILES_MAX, ARCHIVE_MAX, isArchive, UNPACKED_MAX } from '../archive.ts';
import type { BundleFile } from '../bundle/build.ts';
import type { BundleEntry } from '../bundle/check.ts';
import type { Expected } from '../bundle/expected.ts';
import type { Bytes } from '../bytes.ts';
import { fail } from '../errors.ts';
import { bundleEntries, folderOf, packedFiles, type Unpacked } from './entries.ts';
import { isTar, readTar, writeTar } from './tar.ts';
import { readZip, writeZip } from './zip.ts';

export const PACKINGS = ['tar', 'zip'] as const;
export type Packing = (typeof PACKINGS)[number];

const WRITERS = { tar: writeTar, zip: writeZip } as const;

/** What the packed bundle is called beside others. */
export const packedName = (bundle: Pick<Expected['bundle'], 'name' | 'serial'>, packing: Packing): string =>
  `${folderOf(bundle)}.${packing}`;

/** Packs a bundle: the same bundle, the same bytes. @throws too-long for a path that has no room */
export const packBundle = (
  files: readonly BundleFile[],
  bundle: Pick<Expected['bundle'], 'name' | 'serial'>,
  packing: Packing,
): Bytes => WRITERS[packing](packedFiles(files, folderOf(bundle)));

const F = 'packed bundle';

const limit = (unpacked: readonly Unpacked[]): void => {
  if (unpacked.length > ARCHIVE_FILES_MAX) fail('too-long', F, `${unpacked.length} entries`, `at most ${ARCHIVE_FILES_MAX}`);
  let total = 0;
  for (const { bytes } of unpacked) {
    const size = bytes?.length ?? 0;
    if (size > ARCHIVE_FILE_MAX) fail('too-long', F, `a file of ${size} bytes`, `at most ${ARCHIVE_FILE_MAX} bytes`);
    total += size;
  }
  if (total > UNPACKED_MAX) fail('too-long', F, `${total} bytes in all`, `at most ${UNPACKED_MAX} bytes`);
};

/** How a file is packed; undefined when it is neither. */
export const packingOf = (bytes: Bytes): Packing | undefined => (isArchive(bytes) ? 'zip' : isTar(bytes) ? 'tar' : undefined);

const isGzip = (bytes: Bytes): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * The entries of a packed bundle, as if its directory had been read.
 * @throws not-recognised for what is neither tar nor zip; too-long, too-short, bad-value, bad-encoding, unsupported for archives
 * that are too large, broken or unusual; bad-name for paths that lead elsewhere; duplicate
 */
export const readPacked = (bytes: Bytes): BundleEntry[] => {
  const packing = packingOf(bytes);
  if (packing === undefined)
    return fail(
      'not-recognised',
      F,
      isGzip(bytes) ? 'a gzip file: unpack it with gunzip first' : 'something else',
      'a bundle as tar or zip',
    );
  if (bytes.length > ARCHIVE_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${ARCHIVE_MAX} bytes`);
  const unpacked = packing === 'zip' ? readZip(bytes) : readTar(bytes);
  limit(unpacked);
  return bundleEntries(unpacked);
};
