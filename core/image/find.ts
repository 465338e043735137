/** Finds the SE header in a header file or a whole image. Source: spec page "se-header", "Finding it in a file". */
import { type Bytes, same, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u32Field, u64Field } from '../layout.ts';
import { HEADER_MAGIC, HEADER_MAX, type ParsedHeader, parseHeader } from './header.ts';

/** Where the metadata of an image stands. */
export const METADATA_OFFSET = 0xc000;
export const METADATA_MAGIC = utf8('SeImgLnx');
const METADATA_VERSION = 1;
const STEP = 4096;
const TRIES = 0x15;

export const imageMetadata = layout('image metadata', 'se-header', 28, [
  bytesField('magic', 8, 'ASCII "SeImgLnx", at 0xC000 of the image'),
  u64Field('headerOffset', 'offset of the SE header in the file'),
  u32Field('version', '1'),
  u64Field('ipibOffset', 'offset of the IPL information block'),
]);

/** Where a header stands, and how it was found. */
export interface HeaderPlace {
  /** offset in the file, bytes */
  readonly offset: number;
  readonly by: 'start' | 'metadata' | 'search';
  /** offset of the IPL information block, when the image has metadata */
  readonly ipibOffset?: number;
  /** version of the metadata when it is not 1: the reference warns and goes on, and so do we */
  readonly unknownVersion?: number;
}

/** A header and how it was found. */
export interface FoundHeader extends HeaderPlace {
  readonly header: ParsedHeader;
}

const hasMagic = (bytes: Bytes, at: number, magic: Bytes): boolean =>
  at + magic.length <= bytes.length && same(bytes.subarray(at, at + magic.length), magic);

/** How many bytes of a file are enough to find the header when there is no metadata that points further. */
export const SEARCH_SIZE = STEP * TRIES + HEADER_MAX;

/** True when the file starts like an image or a header: there is metadata, or a header at one of the steps. */
export const looksLikeImage = (start: Bytes): boolean => hasMagic(start, METADATA_OFFSET, METADATA_MAGIC) || search(start) >= 0;

const search = (start: Bytes): number => {
  for (let i = 0; i < TRIES; i++) if (hasMagic(start, i * STEP, HEADER_MAGIC)) return i * STEP;
  return -1;
};

/**
 * Where the header of a file stands. Metadata decides when it is there; else the start and each 4096-byte step, 0x15 tries.
 * @param start its first {@link SEARCH_SIZE} bytes, or all of a smaller file @param size bytes of the whole file
 * @throws empty, not-found, too-short (metadata cut off, or pointing behind the end)
 */
export const locateHeader = (start: Bytes, size: number): HeaderPlace => {
  if (size === 0) fail('empty', 'SE header or image', '0 bytes', 'an SE header or an image that holds one');
  if (hasMagic(start, METADATA_OFFSET, METADATA_MAGIC)) {
    const m = imageMetadata.read(start, METADATA_OFFSET);
    if (m.headerOffset >= BigInt(size))
      fail('too-short', 'image', `${size} bytes`, `a header at ${m.headerOffset}, as its metadata says`);
    return {
      offset: Number(m.headerOffset),
      by: 'metadata',
      ipibOffset: Number(m.ipibOffset),
      ...(m.version === METADATA_VERSION ? {} : { unknownVersion: m.version }),
    };
  }
  const offset = search(start);
  if (offset < 0)
    fail('not-found', 'SE header', `none in ${size} bytes`, `"IBMSecEx" at the start or at one of the first ${TRIES} pages`);
  return { offset, by: offset === 0 ? 'start' : 'search' };
};

/**
 * Reads the header that was located.
 * @param bytes the file from the header's offset on, at most two pages are looked at
 * @throws not-found when the metadata points to something else, and everything of {@link parseHeader}
 */
export const headerAt = (place: HeaderPlace, bytes: Bytes): FoundHeader => {
  if (!hasMagic(bytes, 0, HEADER_MAGIC))
    fail('not-found', 'SE header', `other bytes at ${place.offset}`, '"IBMSecEx" where the metadata of the image points to');
  return { ...place, header: parseHeader(bytes) };
};

/** Finds and reads the header in a whole file. @throws everything of {@link locateHeader} and {@link headerAt} */
export const findHeader = (bytes: Bytes): FoundHeader => {
  const place = locateHeader(bytes, bytes.length);
  return headerAt(place, bytes.subarray(place.offset));
};

/**
 * Where the header of a file stands that was not read whole.
 * @returns offset and at most two pages of length: enough for {@link headerAt}
 * @throws everything of {@link locateHeader}
 */
export const headerRange = (start: Bytes, size: number): { offset: number; length: number } => {
  const { offset } = locateHeader(start, size);
  return { offset, length: Math.min(HEADER_MAX, size - offset) };
};
