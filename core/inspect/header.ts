/** Shows SE headers and images. */
import { type Bytes, hex } from '../bytes.ts';
import { SelError } from '../errors.ts';
import { type FoundHeader, findHeader, headerAt, imageMetadata, locateHeader, METADATA_OFFSET } from '../image/find.ts';
import { HEADER_MAX, isGeneric, seHeader } from '../image/header.ts';
import { IPIB_MAX, ipib, readIpib } from '../image/image.ts';
import { hexTags } from '../image/tags.ts';
import { type ShownLayout, showLayout } from '../layout.ts';
import { keySlot } from '../request/asrcb.ts';
import { flagsText, type Inspected, type Shown } from './shown.ts';

/** What an image holds, by its IPL information block. A block that cannot be read hides nothing else. */
const componentsOf = (block: Bytes, imageSize: number): Shown => {
  try {
    return readIpib(block, 0, imageSize).map((c) => ({ address: `0x${c.address.toString(16)}`, bytes: Number(c.length) }));
  } catch (e) {
    if (e instanceof SelError) return `not readable: ${e.code}`;
    throw e;
  }
};

const headerLayouts = (found: FoundHeader): ShownLayout[] => [
  showLayout(seHeader, found.header.bytes, 0, found.offset),
  ...found.header.hostKeyHashes.map((_, i) =>
    showLayout(keySlot, found.header.bytes, seHeader.size + i * keySlot.size, found.offset),
  ),
];

/** @param size bytes of the whole file @param start its first bytes @param block bytes of the IPL information block, when there is one */
const shown = (found: FoundHeader, size: number, start: Bytes, block: Bytes | undefined): Inspected => {
  const { header } = found;
  return {
    kind: found.by === 'start' ? 'SE header' : 'SE image',
    shown: {
      offset: found.offset,
      'found-by': found.by,
      ...(found.unknownVersion === undefined ? {} : { 'unknown-metadata-version': found.unknownVersion }),
      generic: isGeneric(header),
      'header-size': header.bytes.length,
      image: { ...hexTags(header.image) },
      pages: String(header.pages),
      flags: { value: flagsText(header.flags), set: [...header.flagNames], 'unknown-bits': [...header.unknownFlagBits] },
      'host-key-hashes': header.hostKeyHashes.map(hex),
      ...(block ? { components: componentsOf(block, size) } : {}),
      note: 'not verified: only the ultravisor has the header key',
    },
    layouts: [
      ...(found.by === 'metadata' ? [showLayout(imageMetadata, start, METADATA_OFFSET)] : []),
      ...(block && block.length >= ipib.size ? [showLayout(ipib, block, 0, found.ipibOffset)] : []),
      ...headerLayouts(found),
    ],
  };
};

/** @throws everything of findHeader */
export const inspectHeader = (bytes: Bytes): Inspected => {
  const found = findHeader(bytes);
  return shown(found, bytes.length, bytes, found.ipibOffset === undefined ? undefined : bytes.subarray(found.ipibOffset));
};

/** Reads up to `length` bytes of a file from an offset: fewer, or none, when it ends before. */
export type ReadRange = (offset: number, length: number) => Bytes;

/**
 * The same for an image that is not read whole.
 * @param start its first SEARCH_SIZE bytes @param size bytes of the whole file
 * @throws everything of locateHeader and headerAt
 */
export const inspectLargeImage = (start: Bytes, size: number, read: ReadRange): Inspected => {
  const place = locateHeader(start, size);
  const found = headerAt(place, read(place.offset, HEADER_MAX));
  const { ipibOffset } = place;
  const block = ipibOffset === undefined || ipibOffset >= size ? undefined : read(ipibOffset, IPIB_MAX);
  return shown(found, size, start, block);
};
