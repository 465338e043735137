/** Readers against rubbish: typed errors only, and in linear time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openArchive } from '../../core/archive.ts';
import { SelError } from '../../core/errors.ts';
import { parseCertificate } from '../../core/hostkey/certificate.ts';
import { parseCrl } from '../../core/hostkey/crl.ts';
import { readHostKeyDocuments } from '../../core/hostkey/document.ts';
import { readBlocks } from '../../core/hostkey/pem.ts';
import { sortFile } from '../../core/hostkey/sort.ts';
import { leastCpuMs } from '../support/cpu.ts';
import { seededEnv } from '../support/env.ts';
import { seq, tlv } from './der-writer.ts';
import { EXT, goodPki, writePki } from './forge.ts';

const READERS: Record<string, (bytes: Uint8Array) => unknown> = {
  parseCertificate,
  parseCrl,
  readHostKeyDocuments,
  readBlocks: (b) => readBlocks(b, 'file'),
  sortFile: (b) => sortFile('file', b),
  openArchive,
};

/** What a reader does with bytes: undefined when it reads them, a typed error, or a failure of the test. */
const attempt = (read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): SelError | undefined => {
  try {
    read(bytes);
    return undefined;
  } catch (e) {
    if (e instanceof SelError) return e;
    throw e;
  }
};

const files = writePki(goodPki());
const GOOD = [...files.roots, ...files.certificates, ...files.crls, ...files.hosts];

/** Bytes with one cut made: overwritten, taken out, put in, repeated or replaced by a piece of another file. */
const mutated = fc
  .record({
    file: fc.constantFrom(...GOOD),
    from: fc.noBias(fc.nat(1023)),
    size: fc.integer({ min: 0, max: 40 }),
    how: fc.constantFrom('overwrite', 'cut', 'insert', 'repeat', 'splice', 'end'),
    rubbish: fc.uint8Array({ minLength: 0, maxLength: 40 }),
    other: fc.constantFrom(...GOOD),
  })
  .map(({ file, from, size, how, rubbish, other }) => {
    const at = from % file.length;
    const [head, middle, tail] = [file.subarray(0, at), file.subarray(at, at + size), file.subarray(at + size)];
    const parts = {
      overwrite: [head, rubbish, file.subarray(at + rubbish.length)],
      cut: [head, tail],
      insert: [head, rubbish, middle, tail],
      repeat: [head, middle, middle, tail],
      splice: [head, other.subarray(at, at + size), tail],
      end: [head],
    }[how] as Uint8Array[];
    return new Uint8Array(Buffer.concat(parts));
  });

/** Structures made of the right elements in the wrong places. */
const structured = fc.letrec<{ element: Uint8Array }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 6 },
    fc
      .tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 12, 19, 23, 24, 0x80, 0x81, 0x82, 0x86), fc.uint8Array({ maxLength: 24 }))
      .map(([tag, content]) => tlv(tag, content)),
    fc
      .tuple(fc.constantFrom(0x30, 0x30, 0x31, 0xa0, 0xa1, 0xa3, 0xa4), fc.array(tie('element'), { maxLength: 8 }))
      .map(([tag, content]) => tlv(tag, ...content)),
  ),
})).element;

describe.each(Object.entries(READERS))('%s', (_, read) => {
  const onlyTyped = (bytes: Uint8Array): boolean => {
    const error = attempt(read, bytes);
    return error === undefined || error.facts.field.length > 0;
  };
  it('throws typed errors only, on random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), onlyTyped), { numRuns: 500, seed: 1 });
  });
  it('throws typed errors only, on spoiled files', () => {
    fc.assert(fc.property(mutated, onlyTyped), { numRuns: 2000, seed: 2 });
  });
  it('throws typed errors only, on structures of another kind', () => {
    fc.assert(
      fc.property(structured, (b) => onlyTyped(b) && onlyTyped(seq(b, b, b))),
      { numRuns: 1500, seed: 3 },
    );
  });
});

const fastest = (run: () => void): number => leastCpuMs(run, 50);

describe('time', () => {
  const random = seededEnv('one MiB').random(1024 * 1024);
  const beginnings: readonly (readonly [string, readonly number[]])[] = [
    ['as it is', []],
    ['behind the beginning of a certificate', [...(files.roots[0] as Uint8Array).subarray(0, 60)]],
    ['behind a SEQUENCE of its size', [0x30, 0x83, 0x0f, 0xff, 0x00]],
    ['behind a PEM beginning', [...Buffer.from('-----BEGIN CERTIFICATE-----\n')]],
    ['behind the beginning of a zip', [0x50, 0x4b, 3, 4]],
  ];
  it.each(beginnings)('1 MiB of random bytes, %s: under 50 ms', (_, head) => {
    const bytes = random.slice();
    bytes.set(head);
    for (const read of Object.values(READERS)) expect(fastest(() => attempt(read, bytes))).toBeLessThan(50);
  });

  it('a certificate of 1 MiB: under 50 ms', () => {
    const p = goodPki();
    p.host.extensions.push({ oid: EXT.unknown, value: random });
    const host = writePki(p).hosts[0] as Uint8Array;
    expect(fastest(() => parseCertificate(host))).toBeLessThan(50);
  });
});

describe('several in one', () => {
  const join = (...list: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(list));
  const [root, intermediate, signing, host] = [files.roots[0], ...files.certificates, files.hosts[0]] as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const pem = (label: string, der: Uint8Array): string =>
    `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
  const kinds = (bytes: Uint8Array): string[] => sortFile('file', bytes).map((p) => p.kind);
  const ALL = ['root', 'intermediate', 'signing-key', 'crl', 'host-key'];

  it('DER, one behind the other', () => {
    expect(kinds(join(root, intermediate, signing, files.crls[0] as Uint8Array, host))).toEqual(ALL);
  });
  it('PEM, with text around, and text that begins like DER', () => {
    const blocks = [root, intermediate, signing].map((d) => `0 s:subject\n${pem('CERTIFICATE', d)}`).join('\n');
    const rest = pem('X509 CRL', files.crls[0] as Uint8Array) + pem('X509 CERTIFICATE', host);
    expect(kinds(new Uint8Array(Buffer.from(`${blocks}issuer: \u00e9\n${rest}`)))).toEqual(ALL);
    expect(kinds(new Uint8Array(Buffer.from(`${blocks}issuer: \u00e9\r\n${rest}`.replaceAll('\n', '\r\n'))))).toEqual(ALL);
  });
  it('what is something else says what it is', () => {
    const found = (text: string): string | undefined =>
      sortFile('file', new Uint8Array(Buffer.from(text)))[0]?.error?.facts.found;
    expect(found(pem('PRIVATE KEY', host))).toBe('a PEM block "PRIVATE KEY"');
    expect(found(pem('TRUSTED CERTIFICATE', host))).toBe('a PEM block "TRUSTED CERTIFICATE"');
    expect(found('nothing of that kind')).toBe('something else');
    const [piece] = sortFile('file', new Uint8Array(Buffer.from(pem('CERTIFICATE', files.crls[0] as Uint8Array))));
    expect(piece?.kind).toBe('unknown');
  });
  it('one that is broken does not hide the others', () => {
    const broken = pem('CERTIFICATE', root.slice(0, -1));
    expect(kinds(new Uint8Array(Buffer.from(broken + pem('CERTIFICATE', signing))))).toEqual(['unknown', 'signing-key']);
  });
});
