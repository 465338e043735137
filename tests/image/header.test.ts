/** The SE header, reader and writer: nothing is lost on the way, and nothing that was changed passes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, join } from '../../core/bytes.ts';
import { seal } from '../../core/crypto/gcm.ts';
import { SelError } from '../../core/errors.ts';
import {
  buildHeader,
  encryptedPart,
  HEADER_HOSTS_MAX,
  HEADER_MAGIC,
  HEADER_MAX,
  type HeaderInput,
  headerSize,
  isGeneric,
  openHeader,
  openHeaderWithKey,
  type ParsedHeader,
  parseHeader,
  sealHeader,
  seHeader,
} from '../../core/image/header.ts';
import { bytesOf, customer, flipped, protectionKey, slotHosts, slots, strangerHost, u64 } from '../support/slots.ts';
import { describeVectors, vectorFile, vectors } from '../support/vectors.ts';

const RUNS = 1000;
const innerOf = fc.record({
  cck: bytesOf(32),
  componentKey: bytesOf(64),
  pswMask: u64,
  pswAddress: u64,
  secretFlags: u64,
});
const inputOf: fc.Arbitrary<Omit<HeaderInput, 'hostKeys'>> = fc.record({
  digests: fc.record({ pld: bytesOf(64), ald: bytesOf(64), tld: bytesOf(64) }),
  pages: u64,
  flags: u64,
  inner: innerOf,
});
const keysOf = (iv: Uint8Array) => ({ customer, protectionKey, iv });

/** The bytes of a header from what was read of it, by the table alone. */
const rebuild = (h: ParsedHeader): Uint8Array =>
  join(
    seHeader.write({
      magic: HEADER_MAGIC,
      version: 0x100,
      size: h.bytes.length,
      iv: h.iv,
      keySlots: BigInt(h.hostKeyHashes.length),
      encryptedSize: BigInt(h.encrypted.length),
      pages: h.pages,
      flags: h.flags,
      customerKey: h.customerKey,
      pld: h.image.pld,
      ald: h.image.ald,
      tld: h.image.tld,
    }),
    h.slots,
    h.encrypted,
    h.image.tag,
  );

const [sample] = fc.sample(inputOf, { numRuns: 1, seed: 1 }) as [Omit<HeaderInput, 'hostKeys'>];
const header = sealHeader(sample, slots, keysOf(new Uint8Array(12).fill(7)));

const refused = (run: () => unknown): boolean => {
  try {
    run();
    return false;
  } catch (e) {
    if (e instanceof SelError) return true;
    throw e;
  }
};

describe('what is written is what is read', () => {
  it(`parse(build(x)) = x, ${RUNS} times`, () => {
    fc.assert(
      fc.property(inputOf, bytesOf(12), (input, iv) => {
        const h = parseHeader(sealHeader(input, slots, keysOf(iv)));
        expect({ pages: h.pages, flags: h.flags, iv: hex(h.iv) }).toEqual({
          pages: input.pages,
          flags: input.flags,
          iv: hex(iv),
        });
        const { tag, ...digests } = h.image;
        expect(digests).toEqual(input.digests);
        expect(hex(h.bytes)).toBe(hex(rebuild(h)));
        expect(tag).toHaveLength(16);
        expect(openHeaderWithKey(h, protectionKey)).toEqual(input.inner);
      }),
      { numRuns: RUNS },
    );
  });
  it(`build(parse(b)) = b for every header that is accepted, ${RUNS} changed ones`, () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(header.length - 1), fc.nat(7), (at, bit) => {
        const changed = flipped(header, at, bit);
        let h: ParsedHeader;
        try {
          h = parseHeader(changed);
        } catch (e) {
          expect(e).toBeInstanceOf(SelError);
          return;
        }
        accepted++;
        expect(hex(rebuild(h))).toBe(hex(changed));
      }),
      { numRuns: RUNS },
    );
    expect(accepted).toBeGreaterThan(0);
  });
  it('opens for each host it was made for, and for no other', () => {
    const input = { ...sample, hostKeys: slotHosts.map((h) => h.publicKey) };
    const built = buildHeader(input, keysOf(new Uint8Array(12).fill(7)));
    expect(hex(built)).toBe(hex(header));
    for (const host of slotHosts) expect(openHeader(parseHeader(built), host)).toEqual(sample.inner);
    expect(() => openHeader(parseHeader(built), strangerHost)).toThrow(/not-found/);
  });
  it('bytes behind it are not part of it', () => {
    expect(hex(parseHeader(join(header, new Uint8Array(100))).bytes)).toBe(hex(header));
    expect(hex(parseHeader(join(new Uint8Array(5), header), 5).bytes)).toBe(hex(header));
  });
});

describe('a header that was changed', () => {
  it('every byte: refused by the host', () => {
    for (let at = 0; at < header.length; at++)
      expect(
        refused(() => openHeader(parseHeader(flipped(header, at, at % 8)), slotHosts[0])),
        `byte ${at}`,
      ).toBe(true);
  });
  it('every byte: refused with the header key', () => {
    for (let at = 0; at < header.length; at++)
      for (const bit of [0, 7])
        expect(
          refused(() => openHeaderWithKey(parseHeader(flipped(header, at, bit)), protectionKey)),
          `byte ${at}`,
        ).toBe(true);
  });
  it('cut anywhere: refused', () => {
    for (let size = 0; size < header.length; size++)
      expect(
        refused(() => parseHeader(header.slice(0, size))),
        `${size}`,
      ).toBe(true);
  });
  it('the wrong key: refused', () => {
    expect(() => openHeaderWithKey(parseHeader(header), flipped(protectionKey, 3))).toThrow(/cannot-decrypt/);
    expect(() => openHeaderWithKey(parseHeader(header), protectionKey.slice(1))).toThrow(/wrong-length/);
  });
});

describe('limits', () => {
  it('95 hosts fit into two pages, 96 do not', () => {
    expect(HEADER_HOSTS_MAX).toBe(95);
    expect(headerSize(95)).toBe(8160);
    expect(headerSize(96)).toBeGreaterThan(HEADER_MAX);
    const slot = slots.slice(0, 80);
    const many = (n: number) => join(...Array.from({ length: n }, () => slot));
    expect(parseHeader(sealHeader(sample, many(95), keysOf(new Uint8Array(12)))).hostKeyHashes).toHaveLength(95);
    expect(() => parseHeader(sealHeader(sample, many(96), keysOf(new Uint8Array(12))))).toThrow(/too-long/);
    const key = slotHosts[0].publicKey;
    const hostKeys = Array.from({ length: 96 }, () => key);
    expect(() => buildHeader({ ...sample, hostKeys }, keysOf(new Uint8Array(12)))).toThrow(/limit/);
    expect(() => buildHeader({ ...sample, hostKeys: [] }, keysOf(new Uint8Array(12)))).toThrow(/no-host-key/);
  });
  it('fields that say something impossible are refused, each with its name', () => {
    const patched = (field: Parameters<typeof seHeader.offset>[0], size: number, value: number): Uint8Array => {
      const out = header.slice();
      new DataView(out.buffer).setUint32(seHeader.offset(field) + size - 4, value);
      return out;
    };
    for (const [field, size, value, message] of [
      ['version', 4, 0x200, /wrong-version.*version/],
      ['size', 4, 0x2001, /too-long.*size/],
      ['size', 4, header.length - 1, /wrong-length.*size/],
      ['keySlots', 8, 0, /bad-value.*key slots/],
      ['keySlots', 8, 96, /bad-value.*key slots/],
      ['keySlots', 8, 3, /wrong-length.*size/],
      ['encryptedSize', 8, 144, /bad-value.*encrypted part/],
    ] as const)
      expect(() => parseHeader(patched(field, size, value)), field).toThrow(message);
  });
  it('optional items in the encrypted part are named, not passed over', () => {
    const h = parseHeader(header);
    const plain = encryptedPart.write({
      cck: new Uint8Array(32),
      componentKey: new Uint8Array(64),
      pswMask: 0n,
      pswAddress: 0n,
      flags: 0n,
      optionalItems: 1,
    });
    const { cipher, tag } = seal(protectionKey, h.iv, h.aad, plain);
    expect(() => openHeaderWithKey(parseHeader(join(h.aad, cipher, tag)), protectionKey)).toThrow(/unsupported.*optional items/);
  });
});

describeVectors('SE header of s390-tools', () => {
  it('secure_guest.hdr: read and rebuilt byte for byte', () => {
    const bytes = vectorFile(vectors.seHeader.file);
    const h = parseHeader(bytes);
    expect(hex(h.image.tag)).toBe(vectors.seHeader.tag);
    expect(hex(rebuild(h))).toBe(hex(bytes));
    expect(isGeneric(h)).toBe(false);
    expect({ pages: h.pages, flags: h.flags, hosts: h.hostKeyHashes.length }).toEqual({ pages: 0xfc25n, flags: 0n, hosts: 1 });
    console.info(`vectors: 1 SE header, ${bytes.length} bytes, rebuilt byte for byte (${vectors.seHeader.file})`);
  });
});
