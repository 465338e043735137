/** Finds the SE header in a header file or a whole image. Source: spec page "se-header", "Finding it in a file". */
import { type Bytes, same, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u32Field, u64Field } from '../layout.ts';
import { HEADER_MAGIC, HEADER_MAX, type ParsedHeader, parseHeader } from './header.ts';

/** Where the metadata of an image stands. */
export const METADATA_OFFSET = 0xc000;
export const METADATA_MAGIC = utf8('SeImgLnx');
const STEP = 4096;
const TRIES = 0x15;

export const imageMetadata = layout('image metadata', 'se-header', 28, [
  bytesField('magic', 8, 'ASCII "SeImgLnx", at 0xC000 of the image'),
  u64Field('headerOffset', 'offset of the SE header in the file'),
  u32Field('version', '1'),
  u64Field('ipibOffset', 'offset of the IPL information block'),
]);

/** A header and how it was found. */
export interface FoundHeader {
  readonly header: ParsedHeader;
  /** offset in the file, bytes */
  readonly offset: number;
  readonly by: 'start' | 'metadata' | 'search';
  /** offset of the IPL information block, when the image has metadata */
  readonly ipibOffset?: number;
}

const hasMagic = (bytes: Bytes, at: number, magic: Bytes): boolean =>
  at >= 0 && at + magic.length <= bytes.length && same(bytes.subarray(at, at + magic.length), magic);

/** How many bytes of a file are enough to find the header when there is no metadata that points further. */
export const SEARCH_SIZE = STEP * TRIES + 2 * STEP;

/**
 * Finds and reads the header. Metadata decides when it is there; else the start and each 4096-byte step, 0x15 tries.
 * @throws empty, not-found, and everything of {@link parseHeader}
 */
export const findHeader = (bytes: Bytes): FoundHeader => {
  if (bytes.length === 0) fail('empty', 'SE header or image', '0 bytes', 'an SE header or an image that holds one');
  if (hasMagic(bytes, METADATA_OFFSET, METADATA_MAGIC)) {
    const m = imageMetadata.read(bytes, METADATA_OFFSET);
    if (m.version !== 1) fail('wrong-version', 'image metadata, version', m.version, 1);
    if (m.headerOffset > BigInt(bytes.length))
      fail('too-short', 'image', `${bytes.length} bytes`, `a header at ${m.headerOffset}`);
    const offset = Number(m.headerOffset);
    return { header: parseHeader(bytes, offset), offset, by: 'metadata', ipibOffset: Number(m.ipibOffset) };
  }
  for (let i = 0; i < TRIES; i++) {
    const offset = i * STEP;
    if (hasMagic(bytes, offset, HEADER_MAGIC))
      return { header: parseHeader(bytes, offset), offset, by: i === 0 ? 'start' : 'search' };
  }
  return fail(
    'not-found',
    'SE header',
    `none in ${bytes.length} bytes`,
    '"IBMSecEx" at the start or at one of the first 21 pages',
  );
};

/**
 * Where the header of a file stands that was not read whole.
 * @param start its first {@link SEARCH_SIZE} bytes, or all of a smaller file @param size bytes of the whole file
 * @returns offset and at most two pages of length: enough for {@link parseHeader}
 * @throws empty, not-found, wrong-version, too-short
 */
export const headerRange = (start: Bytes, size: number): { offset: number; length: number } => {
  const range = (offset: number) => ({ offset, length: Math.min(HEADER_MAX, size - offset) });
  if (hasMagic(start, METADATA_OFFSET, METADATA_MAGIC)) {
    const m = imageMetadata.read(start, METADATA_OFFSET);
    if (m.version !== 1) fail('wrong-version', 'image metadata, version', m.version, 1);
    if (m.headerOffset >= BigInt(size)) fail('too-short', 'image', `${size} bytes`, `a header at ${m.headerOffset}`);
    return range(Number(m.headerOffset));
  }
  return range(findHeader(start).offset);
};
