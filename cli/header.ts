/** SE headers from files of any size: an image can be gigabytes, its header is found without reading it whole. */
import { SelError } from '../core/errors.ts';
import { findHeader, imageMetadata, METADATA_MAGIC, METADATA_OFFSET, SEARCH_SIZE } from '../core/image/find.ts';
import { HEADER_MAX, type ParsedHeader, parseHeader } from '../core/image/header.ts';
import { readRange, readStart } from '../edge/files.ts';

/** A header, its own bytes, and where it stood. @throws everything of findHeader, with the file's name */
export const readHeader = (path: string): { header: ParsedHeader; bytes: Uint8Array; offset: number } => {
  const start = readStart(path, 'SE header or image', SEARCH_SIZE);
  try {
    const magic = start.subarray(METADATA_OFFSET, METADATA_OFFSET + 8);
    if (magic.length === 8 && magic.every((b, i) => b === METADATA_MAGIC[i])) {
      const offset = Number(imageMetadata.read(start, METADATA_OFFSET).headerOffset);
      const header = parseHeader(readRange(path, 'SE image', offset, HEADER_MAX));
      return { header, bytes: header.bytes, offset };
    }
    const found = findHeader(start);
    return { header: found.header, bytes: found.header.bytes, offset: found.offset };
  } catch (e) {
    if (e instanceof SelError && e.facts.file === undefined) throw new SelError(e.code, { ...e.facts, file: path });
    throw e;
  }
};
