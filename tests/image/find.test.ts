/** Finding the header as the reference does: metadata first and alone, else the start and each page, 21 tries. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, join, u32, u64 as u64Bytes } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import {
  findHeader,
  headerAt,
  headerRange,
  imageMetadata,
  locateHeader,
  looksLikeImage,
  METADATA_MAGIC,
  METADATA_OFFSET,
  SEARCH_SIZE,
} from '../../core/image/find.ts';
import { sealHeader } from '../../core/image/header.ts';
import { customer, flipped, protectionKey, slots } from '../support/slots.ts';

const PAGE = 4096;
const make = (fill: number): Uint8Array =>
  sealHeader(
    {
      digests: { pld: new Uint8Array(64).fill(fill), ald: new Uint8Array(64), tld: new Uint8Array(64) },
      pages: 3n,
      flags: 0n,
      inner: { cck: new Uint8Array(32), componentKey: new Uint8Array(64), pswMask: 0n, pswAddress: 0n, secretFlags: 0n },
    },
    slots,
    { customer, protectionKey, iv: new Uint8Array(12) },
  );
const header = make(1);
const other = make(2);

/** A file with parts at offsets. */
const file = (size: number, ...parts: (readonly [at: number, bytes: Uint8Array])[]): Uint8Array => {
  const out = new Uint8Array(size).fill(0x5a);
  for (const [at, bytes] of parts) out.set(bytes, at);
  return out;
};
const metadata = (headerOffset: bigint, version = 1): readonly [number, Uint8Array] => [
  METADATA_OFFSET,
  join(METADATA_MAGIC, u64Bytes(headerOffset), u32(version), u64Bytes(0n)),
];
const code = (run: () => unknown): string => {
  try {
    run();
    return 'found';
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
};

describe('by metadata', () => {
  it.each([0, 1, 0x1000, 0x7fff, METADATA_OFFSET + imageMetadata.size, 0x15000, 0x123457])('finds it at %i', (offset) => {
    const at = offset === 0 ? 0 : offset;
    const found = findHeader(file(0x140000, [at, header], metadata(BigInt(at))));
    expect(found).toMatchObject({ offset: at, by: 'metadata' });
    expect(hex(found.header.bytes)).toBe(hex(header));
  });
  it('finds it at the very end of the file, but not cut', () => {
    const size = 0x20000;
    const at = size - header.length;
    expect(findHeader(file(size, [at, header], metadata(BigInt(at)))).offset).toBe(at);
    const cut = file(size, [at, header], metadata(BigInt(at))).slice(0, size - 1);
    expect(code(() => findHeader(cut))).toBe('too-short');
  });
  it.each([0x20000n, 0x20001n, 1n << 53n, (1n << 64n) - 1n])('refuses an offset past the end: %i', (offset) => {
    expect(code(() => findHeader(file(0x20000, [0, header], metadata(offset))))).toBe('too-short');
  });
  it('looks nowhere else: metadata that points to something else hides a header at the start', () => {
    const bytes = file(0x20000, [0, header], [0x3000, other], metadata(0x5000n));
    expect(code(() => findHeader(bytes))).toBe('not-found');
    expect(findHeader(file(0x20000, [0, header], [0x3000, other], metadata(0x3000n))).header.image.pld[0]).toBe(2);
  });
  it('goes on with a version it does not know, as the reference does, and says so', () => {
    const found = findHeader(file(0x20000, [0x3000, header], metadata(0x3000n, 7)));
    expect(found).toMatchObject({ offset: 0x3000, by: 'metadata', unknownVersion: 7 });
    expect(findHeader(file(0x20000, [0x3000, header], metadata(0x3000n))).unknownVersion).toBeUndefined();
  });
  it('refuses metadata that is cut off', () => {
    const whole = file(METADATA_OFFSET + imageMetadata.size, [0x1000, header], metadata(0x1000n));
    expect(findHeader(whole).offset).toBe(0x1000);
    for (let n = 8; n < imageMetadata.size; n++)
      expect(code(() => findHeader(whole.slice(0, METADATA_OFFSET + n)))).toBe('too-short');
    // without its whole magic it is not metadata: the search finds the header
    expect(findHeader(whole.slice(0, METADATA_OFFSET + 7))).toMatchObject({ offset: 0x1000, by: 'search' });
  });
});

describe('by search', () => {
  it.each(Array.from({ length: 0x15 }, (_, i) => i))('finds it at step %i', (step) => {
    const found = findHeader(file(0x20000, [step * PAGE, header]));
    expect(found).toMatchObject({ offset: step * PAGE, by: step === 0 ? 'start' : 'search' });
  });
  it('does not find it at step 0x15, nor between the steps', () => {
    expect(code(() => findHeader(file(0x20000, [0x15 * PAGE, header])))).toBe('not-found');
    for (const at of [1, 8, 0xfff, 0x1001, 0x12800])
      expect(code(() => findHeader(file(0x20000, [at, header])))).toBe('not-found');
  });
  it('takes the first of two', () => {
    expect(findHeader(file(0x20000, [0x2000, header], [0x4000, other])).header.image.pld[0]).toBe(1);
    expect(findHeader(file(0x20000, [0x2000, other], [0x4000, header])).header.image.pld[0]).toBe(2);
  });
  it('a broken one in front is an error, not skipped', () => {
    expect(code(() => findHeader(file(0x20000, [0x2000, flipped(header, 9)], [0x4000, other])))).toBe('wrong-version');
  });
  it('small files: the header alone, without its first byte, nothing', () => {
    expect(findHeader(header)).toMatchObject({ offset: 0, by: 'start' });
    expect(code(() => findHeader(header.slice(1)))).toBe('not-found');
    expect(code(() => findHeader(new Uint8Array(0)))).toBe('empty');
    expect(code(() => findHeader(new Uint8Array([0x49])))).toBe('not-found');
  });
});

describe('without reading the file whole', () => {
  it('gives the same as with all of it, 1000 images', () => {
    const placed = fc.record({
      size: fc.integer({ min: 1, max: 0x30000 }),
      at: fc.oneof(
        fc.integer({ min: 0, max: 0x2f000 }),
        fc.integer({ min: 0, max: 0x2f }).map((n) => n * PAGE),
      ),
      points: fc.option(fc.oneof(fc.constant('right' as const), fc.integer({ min: 0, max: 0x31000 })), { nil: undefined }),
    });
    let found = 0;
    fc.assert(
      fc.property(placed, ({ size, at, points }) => {
        const parts = [
          [at, header] as const,
          ...(points === undefined ? [] : [metadata(BigInt(points === 'right' ? at : points))]),
        ];
        const bytes = file(0x40000, ...parts).slice(0, size);
        const start = bytes.slice(0, SEARCH_SIZE);
        const partly = () => {
          const place = locateHeader(start, size);
          const { offset, length } = headerRange(start, size);
          expect(offset).toBe(place.offset);
          return headerAt(place, bytes.slice(offset, offset + length));
        };
        const outcome = code(() => findHeader(bytes));
        expect(code(partly)).toBe(outcome);
        if (outcome !== 'found') return;
        found++;
        expect(partly()).toEqual(findHeader(bytes));
        expect(looksLikeImage(start)).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(found).toBeGreaterThan(100);
  });
});
