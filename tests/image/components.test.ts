/** What an image says of its components, and what is refused of it. */
import { describe, expect, it } from 'vitest';
import { join, same } from '../../core/bytes.ts';
import { findHeader } from '../../core/image/find.ts';
import { openHeaderWithKey } from '../../core/image/header.ts';
import { buildImage, ipib, ipibComponent, measureComponents, readComponents, readIpib } from '../../core/image/image.ts';
import { seededEnv } from '../support/env.ts';
import { flipped, slotHosts } from '../support/slots.ts';

const env = seededEnv('components');
const headerKey = env.random(32);
const cck = env.random(32);
const contents = [env.random(10_000), env.random(1), env.random(4096)];
const { image, header } = buildImage(
  {
    hostKeys: slotHosts.map((h) => h.publicKey),
    components: contents,
    plaintextFlags: ['no-component-encryption', 'dump-allowed'],
    secretFlags: ['cck-update-allowed'],
    cck,
    headerKey,
  },
  env,
);
const found = findHeader(image);
const at = found.ipibOffset as number;

describe('an image that was built', () => {
  it('holds the components, page by page, and the header its digests are of', () => {
    const components = readComponents(image, found) ?? [];
    expect(components.map((c) => c.pages.length)).toEqual([12288, 4096, 4096]);
    components.forEach((c, i) => {
      const content = contents[i] as Uint8Array;
      expect(same(c.pages.slice(0, content.length), content)).toBe(true);
      expect(c.pages.slice(content.length).every((b) => b === 0)).toBe(true);
    });
    const { pages, ...digests } = measureComponents(components);
    const { tag, ...inHeader } = found.header.image;
    expect(digests).toEqual(inHeader);
    expect(pages).toBe(found.header.pages);
    expect(tag).toEqual(header.slice(-16));
  });
  it('opens with the header key that was given, which is left as it was', () => {
    expect(same(openHeaderWithKey(found.header, headerKey).cck, cck)).toBe(true);
    expect(headerKey.some((b) => b !== 0)).toBe(true);
  });
  it('a changed component has other digests', () => {
    const changed = flipped(image, Number(readIpib(image, at, image.length)[1]?.address));
    const components = readComponents(changed, found) ?? [];
    expect(same(measureComponents(components).pld, found.header.image.pld)).toBe(false);
  });
});

describe('an IPL information block that cannot be', () => {
  const block = (rows: { address: bigint; length: bigint }[], type = 5): Uint8Array =>
    join(
      ipib.write({
        length: 0,
        blockFlags: 0,
        blockVersion: 1,
        pvLength: 0,
        type,
        loadparm: new Uint8Array(8),
        pvVersion: 1,
        components: rows.length,
        headerAddress: 0n,
        headerSize: 0n,
      }),
      ...rows.map((r) => ipibComponent.write({ tweakPrefix: 0n, ...r })),
    );
  const read = (rows: { address: bigint; length: bigint }[], type?: number) => () => readIpib(block(rows, type), 0, 0x10000);
  it('is refused', () => {
    expect(read([{ address: 0x1000n, length: 0x2000n }])()).toHaveLength(1);
    expect(read([{ address: 0x1000n, length: 0x2000n }], 4)).toThrow(/bad-value/);
    expect(read([{ address: 0x1000n, length: 0x2001n }])).toThrow(/bad-value/);
    expect(read([{ address: 0xf000n, length: 0x2000n }])).toThrow(/bad-value/);
    expect(read([{ address: (1n << 64n) - 1n, length: 0x1000n }])).toThrow(/bad-value/);
    // the same pages twice would let a small file cost much
    expect(
      read([
        { address: 0x1000n, length: 0x2000n },
        { address: 0x2000n, length: 0x1000n },
      ]),
    ).toThrow(/component 1/);
    expect(
      read([
        { address: 0x4000n, length: 0x1000n },
        { address: 0x1000n, length: 0x1000n },
      ]),
    ).toThrow(/component 1/);
    expect(read(Array.from({ length: 65 }, (_, i) => ({ address: BigInt(i * 4096), length: 0n })))).toThrow(/at most 64/);
  });
  it('cut: refused', () => {
    const whole = block([{ address: 0x1000n, length: 0x2000n }]);
    for (let n = 0; n < whole.length; n++) expect(() => readIpib(whole.slice(0, n), 0, 0x10000), `${n}`).toThrow(/too-short/);
    expect(() => readIpib(whole, 2 ** 60, 0x10000)).toThrow(/too-short/);
  });
});
