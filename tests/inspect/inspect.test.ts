/** `inspect` knows every format, shows its bytes by the tables, and survives everything else. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExchange } from '../../core/attestation/exchange.ts';
import { readAdditional } from '../../core/attestation/measurement.ts';
import { parseAttestationRequest } from '../../core/attestation/request.ts';
import { readResponse } from '../../core/attestation/response.ts';
import { hex, join, utf8 } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import { findHeader, headerRange, locateHeader, SEARCH_SIZE } from '../../core/image/find.ts';
import { parseHeader } from '../../core/image/header.ts';
import { readKeyHashes } from '../../core/image/hosts.ts';
import { readIpib } from '../../core/image/image.ts';
import { inspect, inspectLargeImage } from '../../core/inspect.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { writeList } from '../../core/secret/list.ts';
import { leastCpuMs } from '../support/cpu.ts';
import { seededEnv } from '../support/env.ts';
import { flipped } from '../support/slots.ts';
import { describeVectors, vectorFile, vectorPath } from '../support/vectors.ts';
import { arcb, SAMPLES, simHostKey } from './samples.ts';

/** Runs it; a typed error is an answer too. @returns its code, or "shown" */
const outcome = (run: () => unknown): string => {
  try {
    run();
    return 'shown';
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
};

describe('every format', () => {
  it.each(SAMPLES)('%s', (_, kind, bytes) => {
    const [found, ...more] = inspect(bytes);
    expect(more).toEqual([]);
    expect(found?.kind).toBe(kind);
    // plain data: it survives JSON as it is
    expect(JSON.parse(JSON.stringify(found?.shown))).toEqual(found?.shown);
  });
  it('shows the bytes of a layout where they stand, whole and in order', () => {
    let fields = 0;
    for (const [, , bytes] of SAMPLES)
      for (const found of inspect(bytes))
        for (const layout of found.layouts ?? []) {
          let next = layout.offset;
          for (const f of layout.fields) {
            fields++;
            expect(f.offset).toBe(next);
            next += f.size;
            const digits = hex(bytes.slice(f.offset, f.offset + f.size));
            expect(f.value === 'zeros' ? '0'.repeat(digits.length) : f.value.replace(/^0x/, '').split(' ')[0], f.name).toBe(
              digits,
            );
          }
        }
    expect(fields).toBeGreaterThan(100);
  });
  it('binary formats have layouts, all of them', () => {
    for (const [name, kind, bytes] of SAMPLES) {
      const binary = /request|SE |exchange|list without|page|token|dump|a project|a key of/.test(`${kind} ${name}`);
      if (binary) expect(inspect(bytes)[0]?.layouts?.length, name).toBeGreaterThan(0);
    }
  });
  it('never shows what is secret', () => {
    const all = JSON.stringify(SAMPLES.flatMap(([, , bytes]) => inspect(bytes)));
    expect(all).not.toContain(hex(simHostKey));
    expect(all).not.toContain('AAAA');
  });
  it('a document is found however long it is: its format may be named far behind', () => {
    const [, , policy] = SAMPLES.find(([name]) => name === 'a policy') as (typeof SAMPLES)[number];
    expect(inspect(join(utf8(`# ${'x'.repeat(30_000)}\n`), policy))[0]?.kind).toBe('personalization policy');
    const toc = `${'ab'.repeat(16)}\n`;
    const many = Array.from({ length: 5000 }, (_, i) => `${i.toString(16).padStart(32, '0')}\n`).join('');
    expect(inspect(utf8(many))[0]?.shown.tags).toHaveLength(5000);
    expect(outcome(() => inspect(utf8(toc + toc)))).toBe('duplicate');
  });
  it('a list has no magic: bytes that only count right are not taken for one', () => {
    const entry = (type: number, id: number) => ({ index: 0, type, length: 16, id: new Uint8Array(32).fill(id) });
    const file = (type: number, id: number) => writeList({ total: 1, next: 1, entries: [entry(type, id)] });
    expect(inspect(file(3, 1))[0]?.kind).toBe('secret list');
    // a kind that is never listed, one that is not known, no id, and something behind the entries
    for (const bytes of [file(1, 1), file(0x99, 1), file(3, 0), join(file(3, 1), new Uint8Array([1]))])
      expect(outcome(() => inspect(bytes))).toBe('not-recognised');
  });
  it('a request inside an exchange file is shown where it stands', () => {
    const [, , file] = SAMPLES.find(([name]) => name === 'an exchange file') as (typeof SAMPLES)[number];
    const layouts = inspect(file)[0]?.layouts ?? [];
    expect(layouts.map((l) => [l.title, l.offset])).toEqual([
      ['attestation exchange file', 0],
      ['attestation request', 0x40],
      ['key slot', 0x40 + 224],
      ['key slot', 0x40 + 304],
    ]);
    expect(file.slice(0x40, 0x40 + arcb.length)).toEqual(arcb);
  });
});

describe('an image that is not read whole', () => {
  const large = SAMPLES.filter(([, kind]) => kind === 'SE image');
  it.each(large)('%s: the same answer from its start and two ranges', (_, __, bytes) => {
    const padded = join(bytes, new Uint8Array(SEARCH_SIZE));
    let read = 0;
    const found = inspectLargeImage(padded.slice(0, SEARCH_SIZE), padded.length, (offset, length) => {
      read += length;
      return padded.slice(offset, offset + length);
    });
    expect(found).toEqual(inspect(padded)[0]);
    expect(read).toBeLessThan(0x4000);
  });
});

const env = seededEnv('random');
const MAGICS = [
  'asrcbM',
  'pvattest',
  'IBMSecEx',
  'SELWPROJ\0\x01\x01\x01',
  'SELSIMDP\0\0\0\x01',
  '-----BEGIN CERTIFICATE-----\n',
  '-----BEGIN SSH SIGNATURE-----\n',
  '{"event":{',
  '{"format":"sel-approval"',
  '!Retrievable\n',
  'total_num_secrets: 1\nsecrets:\n',
  'format: sel-personalization-policy\n',
  '{"format":"sel-retrieval-report"',
  '{"format":"sel-expected-outcome"',
  '{"format":"sel-personalization-manifest"',
  '\x30\x82',
  '\0\0\0\0\0\0\0\0\0\0\x01\0',
  '0123456789abcdef0123456789abcdef\n',
  '0b'.repeat(32),
].map((m) => Uint8Array.from(m, (c) => c.charCodeAt(0)));
const PARSERS: readonly (readonly [string, (bytes: Uint8Array) => unknown])[] = [
  ['inspect', inspect],
  ['findHeader', findHeader],
  ['parseHeader', (b) => parseHeader(b)],
  ['locateHeader', (b) => locateHeader(b.subarray(0, SEARCH_SIZE), b.length)],
  ['headerRange', (b) => headerRange(b.subarray(0, SEARCH_SIZE), b.length)],
  ['readIpib', (b) => readIpib(b, 0, b.length)],
  ['readKeyHashes', readKeyHashes],
  ['readExchange', readExchange],
  ['readResponse', readResponse],
  ['parseAttestationRequest', parseAttestationRequest],
  ['readAdditional', (b) => readAdditional(['secret-store-hash'], b)],
  ['parseRequest', parseRequest],
];

describe('anything else', () => {
  it('random bytes, bare and behind every magic, 5000 times: a typed error or an answer, from every reader', () => {
    const seen: Record<string, number> = {};
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.constantFrom(new Uint8Array(0), ...MAGICS), (tail, magic) => {
        const bytes = join(magic, tail);
        for (const [, parse] of PARSERS) {
          const o = outcome(() => parse(bytes));
          seen[o] = (seen[o] ?? 0) + 1;
        }
      }),
      { numRuns: 5000 },
    );
    expect(Object.keys(seen).length).toBeGreaterThan(5);
  });
  it('every format with bytes changed, cut and doubled, 3000 times: a typed error or an answer', () => {
    const small = SAMPLES.filter(([, , bytes]) => bytes.length < 20_000).map(([, , bytes]) => bytes);
    fc.assert(
      fc.property(
        fc.constantFrom(...small),
        fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 4 }),
        fc.nat(),
        fc.boolean(),
        (bytes, flips, cut, twice) => {
          let changed = bytes;
          for (const [at, bit] of flips) changed = flipped(changed, at % changed.length, bit);
          if (cut % 3 === 0) changed = changed.slice(0, cut % (changed.length + 1));
          outcome(() => inspect(twice ? join(changed, changed) : changed));
        },
      ),
      { numRuns: 3000 },
    );
  });
  it('1 MiB of random bytes, bare and behind every magic: no reader takes longer than 50 ms', () => {
    const random = env.random(1024 * 1024);
    const inputs = [random, ...MAGICS.map((m) => join(m, random).slice(0, random.length)), random.map((b) => 0x20 + (b % 95))];
    let worst = 0;
    let slowest = '';
    for (const [name, parse] of PARSERS)
      inputs.forEach((bytes, i) => {
        const best = leastCpuMs(() => outcome(() => parse(bytes)), 50);
        if (best > worst) [worst, slowest] = [best, `${name}, input ${i}`];
        expect(best, `${name}, input ${i}`).toBeLessThan(50);
      });
    console.info(
      `1 MiB of random bytes: the slowest of ${PARSERS.length * inputs.length} took ${worst.toFixed(1)} ms (${slowest})`,
    );
  });
});

describeVectors('files of s390-tools', () => {
  it('are all recognised', () => {
    const counts: Record<string, number> = {};
    const look = (directory: string): void => {
      for (const name of readdirSync(vectorPath(directory)).sort()) {
        // bare key material: bytes without any structure
        if (/^(private_cust|public_cust|keyslot)\.bin$/.test(name)) continue;
        const bytes = vectorFile(`${directory}/${name}`);
        // the exchange files hold 16 bytes in place of a request: they are shown without it
        for (const { kind } of inspect(bytes)) counts[kind] = (counts[kind] ?? 0) + 1;
      }
    };
    for (const d of ['pv/exp/asrcb', 'pvattest/exp/exchange', 'pv/cert', 'pv/keys']) look(`s390-tools/${d}`);
    for (const f of ['pv/exp/arcb.bin', 'pv/exp/exchange.bin', 'pv/exp/secure_guest.hdr', 'pvattest/host.pem.crt'])
      for (const { kind } of inspect(vectorFile(`s390-tools/${f}`))) counts[kind] = (counts[kind] ?? 0) + 1;
    console.info(
      `vectors: inspect recognises ${Object.entries(counts)
        .map(([k, n]) => `${n} ${k}`)
        .join(', ')}`,
    );
    expect(counts).toMatchObject({
      'add-secret request': 9,
      'attestation exchange file': 10,
      'attestation request': 1,
      'SE header': 1,
    });
    expect(counts.CRL).toBeGreaterThan(10);
    expect(counts['host-key document']).toBeGreaterThan(8);
    expect(readFileSync(vectorPath('vectors.json')).length).toBeGreaterThan(0);
  });
});
