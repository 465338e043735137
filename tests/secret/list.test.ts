/** The list of secrets: binary, and the two forms the reference prints, to the byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hex, join, unhex, utf8 } from '../../core/bytes.ts';
import {
  ENTRIES_PER_PAGE,
  LIST_PAGE,
  listAsText,
  listAsYaml,
  readAnyList,
  readList,
  readListYaml,
  type SecretList,
  typeLabel,
  writeList,
  writeListPage,
} from '../../core/secret/list.ts';
import { plainId } from '../../core/secret/secret.ts';
import { codeOf } from '../support/errors.ts';
import { bytes } from '../support/requests.ts';

const zeroId = new Uint8Array(32);
/** The list of the reference's own tests: one entry of 0x112, the next index 0x101. */
const reference: SecretList = { total: 0x112, next: 0x101, entries: [{ index: 1, type: 2, length: 32, id: zeroId }] };
const referenceBytes = unhex(`000101120101${'00'.repeat(10)}0001000200000020${'00'.repeat(40)}`, 'test');

const anyList = (max: number): fc.Arbitrary<SecretList> =>
  fc
    .array(fc.record({ index: fc.nat(0xffff), type: fc.nat(0xffff), length: fc.nat(0xffffffff), id: bytes(32) }), {
      maxLength: max,
    })
    .chain((entries) =>
      fc.record({ total: fc.integer({ min: entries.length, max: 0xffff }), next: fc.nat(0xffff), entries: fc.constant(entries) }),
    );

describe('binary', () => {
  it('is what the reference writes', () => {
    expect(hex(writeList(reference))).toBe(hex(referenceBytes));
    expect(readList(referenceBytes)).toEqual(reference);
  });
  it('read and written again, 1,000 lists, with a page around it or not', () => {
    fc.assert(
      fc.property(anyList(ENTRIES_PER_PAGE), (list) => {
        const written = writeList(list);
        expect(readList(written)).toEqual(list);
        const page = writeListPage(list);
        expect(page).toHaveLength(LIST_PAGE);
        expect(readList(page)).toEqual(list);
        expect(hex(page.subarray(0, written.length))).toBe(hex(written));
      }),
      { numRuns: 1000 },
    );
  });
  it('85 entries fill a page; four pages of the newer kernels are read too', () => {
    const entries = (n: number) => Array.from({ length: n }, (_, index) => ({ index, type: 3, length: 16, id: zeroId }));
    expect(ENTRIES_PER_PAGE).toBe(85);
    expect(codeOf(() => writeListPage({ total: 86, next: 86, entries: entries(86) }))).toBe('limit');
    const four = join(writeList({ total: 341, next: 341, entries: entries(341) }));
    expect(readList(join(four, new Uint8Array(4 * LIST_PAGE - four.length))).entries).toHaveLength(341);
  });
  it.each([
    ['nothing', new Uint8Array(0), 'empty'],
    ['15 bytes', new Uint8Array(15), 'too-short'],
    ['an entry that is not there', referenceBytes.subarray(0, 63), 'too-short'],
    ['more entries than the store has', join(unhex('00020001', 'test'), new Uint8Array(200)), 'bad-value'],
    [
      'reserved bytes of the header',
      join(referenceBytes.subarray(0, 15), new Uint8Array([1]), referenceBytes.subarray(16)),
      'bad-value',
    ],
    [
      'reserved bytes of an entry',
      join(referenceBytes.subarray(0, 24), new Uint8Array([1]), referenceBytes.subarray(25)),
      'bad-value',
    ],
  ])('refuses %s', (_, list, code) => {
    expect(codeOf(() => readList(list))).toBe(code);
  });
});

describe('human form', () => {
  it('of the reference, with every kind of label', () => {
    const list: SecretList = {
      total: 7,
      next: 6,
      entries: [
        { index: 0, type: 2, length: 32, id: plainId('Fancy secret ID') },
        { index: 1, type: 3, length: 16, id: zeroId },
        { index: 2, type: 8, length: 64, id: zeroId },
        { index: 3, type: 0x13, length: 80, id: zeroId },
        { index: 4, type: 0x16, length: 32, id: zeroId },
        { index: 5, type: 0x0b, length: 1, id: zeroId },
      ],
    };
    const zeros = '0'.repeat(64);
    expect(listAsText(list)).toBe(
      [
        'Total number of secrets: 7',
        '',
        '0 Association:',
        ' Fancy secret ID | 0x46616e6379207365637265742049440000000000000000000000000000000000',
        '1 PLAINTEXT:',
        ` 0x${zeros}`,
        '2 AES-XTS-256-KEY:',
        ` 0x${zeros}`,
        '3 EC-SECP521R1-PRIVATE-KEY:',
        ` 0x${zeros}`,
        '4 Invalid(0x0016):',
        ` 0x${zeros}`,
        '5 Unknown(0x000b):',
        ` 0x${zeros}`,
        '',
      ].join('\n'),
    );
  });
  it('of an empty store has no blank line', () => {
    expect(listAsText({ total: 0, next: 0, entries: [] })).toBe('Total number of secrets: 0\n');
  });
  it('names the kinds that are never listed invalid, and what it does not know unknown', () => {
    expect([0, 1, 0x16].map(typeLabel)).toEqual(['Invalid(0x0000)', 'Invalid(0x0001)', 'Invalid(0x0016)']);
    expect([0x0b, 0x10, 0x17, 0xffff].map(typeLabel)).toEqual([
      'Unknown(0x000b)',
      'Unknown(0x0010)',
      'Unknown(0x0017)',
      'Unknown(0xffff)',
    ]);
    expect([3, 4, 9, 0x11, 0x14, 0x15].map(typeLabel)).toEqual([
      'PLAINTEXT',
      'AES-128-KEY',
      'HMAC-SHA-256-KEY',
      'EC-SECP256R1-PRIVATE-KEY',
      'EC-ED25519-PRIVATE-KEY',
      'EC-ED448-PRIVATE-KEY',
    ]);
  });
});

describe('YAML form', () => {
  it('of the reference', () => {
    const id = 'f'.repeat(64);
    const list: SecretList = { total: 2, next: 1, entries: [{ index: 0, type: 17, length: 32, id: unhex(id, 'test') }] };
    expect(listAsYaml(list)).toBe(`total_num_secrets: 2\nsecrets:\n- index: 0\n  stype: 17\n  len: 32\n  id: 0x${id}\n`);
    expect(listAsYaml({ total: 0, next: 0, entries: [] })).toBe('total_num_secrets: 0\nsecrets: []\n');
  });
  it('an id that a reader would take for a small number is quoted, as the reference does', () => {
    expect(listAsYaml(reference)).toContain(`  id: '0x${'0'.repeat(64)}'\n`);
  });
  it('is read back, by our reader and by a whole YAML reader, 1,000 lists', () => {
    fc.assert(
      fc.property(anyList(12), (list) => {
        const text = listAsYaml(list);
        expect(readListYaml(utf8(text))).toEqual({ ...list, next: (list.entries.at(-1)?.index ?? -1) + 1 });
        expect(readAnyList(utf8(text)).entries).toEqual(list.entries);
        expect(parse(text, { schema: 'failsafe' }).secrets).toHaveLength(list.entries.length);
      }),
      { numRuns: 1000 },
    );
  });
  const entry = (id: string): string => `- index: 0\n  stype: 3\n  len: 16\n  id: ${id}\n`;
  const good = `0x${'ab'.repeat(32)}`;
  it.each([
    ['an indented list', `total_num_secrets: 1\nsecrets:\n  - index: 0\n    stype: 3\n    len: 16\n    id: ${good}\n`],
    ['a mark in front, and quotes', `---\ntotal_num_secrets: 1\nsecrets:\n${entry(`"${good}"`)}`],
    ['Windows line ends', `total_num_secrets: 1\nsecrets:\n${entry(good)}`.replaceAll('\n', '\r\n')],
  ])('takes %s', (_, text) => {
    expect(readAnyList(utf8(text)).entries).toHaveLength(1);
  });
  it.each([
    ['nothing', '', 'empty'],
    ['something else', 'a: b\n', 'not-recognised'],
    ['no list', 'total_num_secrets: 1\n', 'missing-field'],
    ['another field', 'total_num_secrets: 0\nsecrets: []\nx: y\n', 'unknown-field'],
    ['a number that is none', 'total_num_secrets: one\nsecrets: []\n', 'bad-value'],
    ['a number over 65535', 'total_num_secrets: 65536\nsecrets: []\n', 'bad-value'],
    ['a negative number', 'total_num_secrets: -1\nsecrets: []\n', 'bad-value'],
    ['a short id', `total_num_secrets: 1\nsecrets:\n${entry('0x12')}`, 'bad-value'],
    ['more entries than the total', `total_num_secrets: 0\nsecrets:\n${entry(good)}`, 'bad-value'],
    ['an entry that is no mapping', 'total_num_secrets: 1\nsecrets:\n- x\n', 'bad-value'],
    ['one field twice', `total_num_secrets: 1\nsecrets:\n${entry(good)}  len: 17\n`, 'duplicate'],
  ])('refuses %s', (_, text, code) => {
    expect(codeOf(() => readListYaml(utf8(text)))).toBe(code);
  });
});
