/** Requests, additional data and exchange files: nothing is lost on the way, nothing that was changed passes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EXCHANGE_MAX,
  type Exchange,
  exchangeHeader,
  type PartValue,
  readExchange,
  writeExchange,
} from '../../core/attestation/exchange.ts';
import { ADDITIONAL_PARTS, additionalSize, readAdditional, writeAdditional } from '../../core/attestation/measurement.ts';
import {
  ATTESTATION_FLAGS,
  arcb,
  attestationRequestSize,
  buildAttestationRequest,
  openAttestationRequest,
  openAttestationRequestAt,
  type ParsedAttestationRequest,
  parseAttestationRequest,
  sealAttestationRequest,
} from '../../core/attestation/request.ts';
import { hex, join } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import { bytesOf, customer, flipped, protectionKey, slotHosts, slots, strangerHost } from '../support/slots.ts';

const RUNS = 1000;
const NAMES = ATTESTATION_FLAGS.map((f) => f.name);
const flagsOf = fc.subarray(NAMES);
const keysOf = (measurementKey: Uint8Array, nonce: Uint8Array, iv: Uint8Array) => ({
  customer,
  protectionKey,
  iv,
  measurementKey,
  nonce,
});
const request = sealAttestationRequest(
  NAMES,
  slots,
  keysOf(new Uint8Array(64).fill(1), new Uint8Array(16).fill(2), new Uint8Array(12).fill(3)),
);

const rebuild = (r: ParsedAttestationRequest): Uint8Array =>
  join(
    arcb.write({
      magic: new Uint8Array(8),
      version: 0x100,
      length: r.bytes.length,
      iv: r.iv,
      keySlots: r.hostKeyHashes.length,
      encryptedSize: r.encrypted.length,
      flags: r.flagBits,
      algorithm: r.algorithm,
      customerKey: r.customerKey,
    }),
    r.slots,
    r.encrypted,
    r.tag,
  );

const refused = (run: () => unknown): boolean => {
  try {
    run();
    return false;
  } catch (e) {
    if (e instanceof SelError) return true;
    throw e;
  }
};

describe('attestation request', () => {
  it(`parse(build(x)) = x, ${RUNS} times, with any flags`, () => {
    fc.assert(
      fc.property(flagsOf, bytesOf(64), bytesOf(16), bytesOf(12), (flags, measurementKey, nonce, iv) => {
        const bytes = sealAttestationRequest(flags, slots, keysOf(measurementKey, nonce, iv));
        const r = parseAttestationRequest(bytes);
        expect(r.flags).toEqual(NAMES.filter((n) => n === 'nonce' || flags.includes(n)));
        expect(hex(rebuild(r))).toBe(hex(bytes));
        expect(openAttestationRequest(r, protectionKey)).toEqual({ measurementKey, nonce });
      }),
      { numRuns: RUNS },
    );
  });
  it('has each of the 32 combinations of flags in its own bits', () => {
    const seen = new Set<bigint>();
    for (let n = 0; n < 32; n++) {
      const flags = NAMES.filter((_, i) => (n & (1 << i)) !== 0);
      const r = parseAttestationRequest(
        sealAttestationRequest(flags, slots, keysOf(new Uint8Array(64), new Uint8Array(16), new Uint8Array(12))),
      );
      const bits = ATTESTATION_FLAGS.filter((f) => r.flags.includes(f.name)).map((f) => f.bit);
      expect(r.flagBits).toBe(bits.reduce((m, b) => m | (1n << BigInt(63 - b)), 0n));
      expect(r.unknownFlags).toBe(false);
      seen.add(r.flagBits);
    }
    // the nonce is always there
    expect(seen.size).toBe(16);
  });
  it(`build(parse(b)) = b for every request that is accepted, ${RUNS} changed ones`, () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(request.length - 1), fc.nat(7), (at, bit) => {
        const changed = flipped(request, at, bit);
        if (refused(() => parseAttestationRequest(changed))) return;
        accepted++;
        expect(hex(rebuild(parseAttestationRequest(changed)))).toBe(hex(changed));
      }),
      { numRuns: RUNS },
    );
    expect(accepted).toBeGreaterThan(0);
  });
  it('changed anywhere, it does not open; cut anywhere or with more behind it, it is not read', () => {
    for (let at = 0; at < request.length; at++)
      for (const bit of [0, 7])
        expect(
          refused(() => openAttestationRequest(parseAttestationRequest(flipped(request, at, bit)), protectionKey)),
          `byte ${at}`,
        ).toBe(true);
    for (let size = 0; size < request.length; size++)
      expect(refused(() => parseAttestationRequest(request.slice(0, size)))).toBe(true);
    expect(() => parseAttestationRequest(join(request, new Uint8Array(1)))).toThrow(/trailing-bytes/);
  });
  it('opens at the hosts it was made for', () => {
    const keys = keysOf(new Uint8Array(64).fill(1), new Uint8Array(16).fill(2), new Uint8Array(12).fill(3));
    const built = buildAttestationRequest(
      slotHosts.map((x) => x.publicKey),
      NAMES,
      keys,
    );
    expect(hex(built)).toBe(hex(request));
    expect(built).toHaveLength(attestationRequestSize(2));
    for (const host of slotHosts)
      expect(openAttestationRequestAt(parseAttestationRequest(built), host).nonce).toEqual(keys.nonce);
    expect(() => openAttestationRequestAt(parseAttestationRequest(built), strangerHost)).toThrow(/not-found/);
    expect(() => buildAttestationRequest([], NAMES, keys)).toThrow(/no-host-key/);
    expect(() =>
      buildAttestationRequest(
        Array.from({ length: 256 }, () => slotHosts[0].publicKey),
        NAMES,
        keys,
      ),
    ).toThrow(/limit/);
  });
});

describe('additional data', () => {
  it(`parse(build(x)) = x, ${RUNS} times, and its size is what the flags say`, () => {
    const dataOf = fc.record(Object.fromEntries(ADDITIONAL_PARTS.map((p) => [p.flag, bytesOf(p.size)])));
    fc.assert(
      fc.property(flagsOf, dataOf, (flags, data) => {
        const bytes = writeAdditional(flags, data);
        expect(bytes).toHaveLength(additionalSize(flags));
        expect(readAdditional(flags, bytes)).toEqual(
          Object.fromEntries(Object.entries(data).filter(([f]) => flags.includes(f as never))),
        );
        expect(() => readAdditional(flags, join(bytes, new Uint8Array(1)))).toThrow(/wrong-length/);
      }),
      { numRuns: RUNS },
    );
  });
  it('stands in the order of the specification', () => {
    const marked = Object.fromEntries(ADDITIONAL_PARTS.map((p, i) => [p.flag, new Uint8Array(p.size).fill(i + 1)]));
    const expected = [1, 2, 3, 4].flatMap((v, i) => Array.from({ length: [32, 32, 64, 320][i] as number }, () => v));
    expect([...writeAdditional(NAMES, marked)]).toEqual(expected);
  });
});

describe('exchange file', () => {
  const part = (max: number): fc.Arbitrary<PartValue> =>
    fc.oneof(
      fc.constant(undefined),
      fc.uint8Array({ minLength: 1, maxLength: max }),
      fc.integer({ min: 1, max: 0xffffffff }).map((needed) => ({ needed })),
    );
  const exchangeOf: fc.Arbitrary<Exchange> = fc.record({
    request: fc.uint8Array({ minLength: 1, maxLength: 200 }),
    measurement: part(64),
    additional: part(448),
    user: part(256),
    cuid: part(16),
  });
  const full = writeExchange({
    request,
    measurement: new Uint8Array(64),
    additional: new Uint8Array(32),
    user: new Uint8Array(9),
    cuid: new Uint8Array(16),
  });

  it(`parse(build(x)) = x, ${RUNS} times`, () => {
    fc.assert(
      fc.property(exchangeOf, (x) => {
        const bytes = writeExchange(x);
        expect(readExchange(bytes)).toEqual(x);
        expect(hex(writeExchange(readExchange(bytes)))).toBe(hex(bytes));
      }),
      { numRuns: RUNS },
    );
  });
  it(`what is accepted has the parts that are rebuilt, ${RUNS} changed files`, () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(full.length - 1), fc.nat(7), (at, bit) => {
        const changed = flipped(full, at, bit);
        if (refused(() => readExchange(changed))) return;
        accepted++;
        const x = readExchange(changed);
        const rebuilt = writeExchange(x);
        expect(readExchange(rebuilt)).toEqual(x);
        // the parts may stand elsewhere than where we put them: then, and only then, the files differ
        const header = exchangeHeader.read(changed);
        const ours = exchangeHeader.read(rebuilt);
        if (hex(exchangeHeader.write(header)) === hex(exchangeHeader.write(ours))) expect(hex(rebuilt)).toBe(hex(changed));
        else expect(at).toBeLessThan(exchangeHeader.size);
      }),
      { numRuns: RUNS },
    );
    expect(accepted).toBeGreaterThan(0);
  });
  it('cut anywhere or with more behind it: refused', () => {
    for (let size = 0; size < full.length; size++)
      expect(
        refused(() => readExchange(full.slice(0, size))),
        `${size}`,
      ).toBe(true);
    expect(refused(() => readExchange(join(full, new Uint8Array(1))))).toBe(true);
    expect(() => readExchange(new Uint8Array(EXCHANGE_MAX + 1))).toThrow(/too-long/);
  });
  it('offsets into its own header, and behind its end, are refused', () => {
    const at = exchangeHeader.offset('measurementOffset');
    for (const offset of [1, 0x3f, full.length - 63, full.length, 0xffffffff]) {
      const changed = full.slice();
      new DataView(changed.buffer).setUint32(at, offset);
      expect(() => readExchange(changed), String(offset)).toThrow(/bad-value.*measurement/);
    }
    const none = full.slice();
    none.fill(0, exchangeHeader.offset('requestSize'), exchangeHeader.offset('measurementSize'));
    expect(() => readExchange(none)).toThrow(/missing-field/);
  });
});
