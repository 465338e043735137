/** SE headers from files of any size: an image can be gigabytes, its header is found without reading it whole. */
import { inFile } from '../core/errors.ts';
import { type FoundHeader, headerAt, locateHeader, SEARCH_SIZE } from '../core/image/find.ts';
import { HEADER_MAX } from '../core/image/header.ts';
import { fileSize, readRange, readStart } from '../edge/files.ts';
import { unknownMetadata } from '../words/image.ts';
import { warn } from './out.ts';

/** A header, its own bytes, and where it stood. @throws everything of locateHeader and headerAt, with the file's name */
export const readHeader = (path: string): FoundHeader & { bytes: Uint8Array } => {
  const what = 'SE header or image';
  const start = readStart(path, what, SEARCH_SIZE);
  const size = Math.max(start.length, fileSize(path, what));
  const found = inFile(path, () => {
    const place = locateHeader(start, size);
    return headerAt(place, readRange(path, what, place.offset, HEADER_MAX));
  });
  if (found.unknownVersion !== undefined) warn(`selwright: ${path}: ${unknownMetadata(found.unknownVersion)}`);
  return { ...found, bytes: found.header.bytes };
};
