/** Names, ids and the info YAML: as the reference writes them, and read back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hex, utf8 } from '../../core/bytes.ts';
import { infoFileName, infoYaml, readInfoYaml } from '../../core/secret/info.ts';
import { KINDS, kindRow, type SecretKind } from '../../core/secret/kinds.ts';
import { hashedId, plainId, readPlaintext, showId, storePlaintext } from '../../core/secret/secret.ts';
import { yamlText } from '../../core/secret/yamltext.ts';
import { codeOf, errorOf } from '../support/errors.ts';
import { bytes } from '../support/requests.ts';

/** Half a surrogate pair is no character: an argument of a command never has one. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

const listed = KINDS.filter((k) => k.listed).map((k) => k.kind) as SecretKind[];

describe('ids', () => {
  it('the first 31 bytes of the name, and a NUL: as the tests of the reference have it', () => {
    expect(showId(plainId('Fancy secret ID'))).toBe(
      'Fancy secret ID | 0x46616e6379207365637265742049440000000000000000000000000000000000',
    );
    expect(showId(plainId('the most fanciest secret ID you ever seen in the time the universe exists'))).toBe(
      'the most fanciest secret ID you | 0x746865206d6f73742066616e63696573742073656372657420494420796f7500',
    );
    expect(hex(plainId('Nice Test 123'))).toBe('4e69636520546573742031323300000000000000000000000000000000000000');
  });
  it('shows bytes that are no text as hex only', () => {
    expect(showId(new Uint8Array(32))).toBe(`0x${'00'.repeat(32)}`);
    const behind = plainId('abc');
    behind[10] = 1;
    expect(showId(behind)).toBe(`0x${hex(behind)}`);
    expect(showId(new Uint8Array(32).fill(0x61))).toBe(`0x${'61'.repeat(32)}`);
    expect(showId(plainId('\u00e4'))).toMatch(/^0x/);
    expect(showId(plainId('\x1b[2J'))).toMatch(/^0x/);
  });
  it('an id with a line break cannot forge a line, but where the reference prints it as it is', () => {
    const id = plainId('a\nb');
    expect(showId(id)).toBe(`0x${hex(id)}`);
    expect(showId(id, 'as-the-reference')).toBe(`a\nb | 0x${hex(id)}`);
  });
});

describe('the name of the info file, as the reference makes it', () => {
  it.each([
    ['name', 'name.yaml'],
    ['my secret', 'my_secret.yaml'],
    ['a\tb\u00a0c\u2003d\u0085e', 'a_b_c_d_e.yaml'],
    ['a\ufeffb', 'a\ufeffb.yaml'],
    ['a.b', 'a.yaml'],
    ['a.c', 'a.yaml'],
    ['a.b.c', 'a.b.yaml'],
    ['a.', 'a.yaml'],
    ['.hidden', '.hidden.yaml'],
    ['.a.b', '.a.yaml'],
    ['..a', '..yaml'],
    ['...', '...yaml'],
    [' x', '_x.yaml'],
  ])('%j gives %j', (name, file) => {
    expect(infoFileName(name)).toBe(file);
  });
  it.each(['', '.', '..', 'a/b', '/etc/passwd'])('%j gives none', (name) => {
    expect(codeOf(() => infoFileName(name))).toBe('bad-name');
  });
});

describe('text in YAML, quoted as the reference quotes it', () => {
  it.each([
    ['my secret', 'my secret'],
    ['rfs-luks-key', 'rfs-luks-key'],
    ['it\u2019s', 'it\u2019s'],
    ["it's", "it's"],
    ["'quoted'", "'''quoted'''"],
    ['"quoted"', '\'"quoted"\''],
    ['', "''"],
    ['~', "'~'"],
    ['null', "'null'"],
    ['true', "'true'"],
    ['yes', "'yes'"],
    ['No', "'No'"],
    ['y', "'y'"],
    ['123', "'123'"],
    ['-5', "'-5'"],
    ['+5', "'+5'"],
    ['0x12', "'0x12'"],
    ['0o17', "'0o17'"],
    ['0b11', "'0b11'"],
    ['007', "'007'"],
    ['1.5', "'1.5'"],
    ['1e5', "'1e5'"],
    ['.5', "'.5'"],
    ['.inf', "'.inf'"],
    ['1e999', '1e999'],
    ['340282366920938463463374607431768211455', "'340282366920938463463374607431768211455'"],
    ['1_000', '1_000'],
    ['a: b', "'a: b'"],
    ['a:b', 'a:b'],
    ['a:', "'a:'"],
    ['a #b', "'a #b'"],
    ['a#b', 'a#b'],
    ['#a', "'#a'"],
    ['- a', "'- a'"],
    ['-a', '-a'],
    ['? a', "'? a'"],
    ['?a', '?a'],
    ['[a]', "'[a]'"],
    ['a [b]', 'a [b]'],
    ['{a}', "'{a}'"],
    ['a, b', 'a, b'],
    [', a', "', a'"],
    ['&a', "'&a'"],
    ['*a', "'*a'"],
    ['!a', "'!a'"],
    ['|', "'|'"],
    ['>', "'>'"],
    ['%a', "'%a'"],
    ['@a', "'@a'"],
    ['`a', "'`a'"],
    ['---', "'---'"],
    ['...a', "'...a'"],
    [' a', "' a'"],
    ['a ', "'a '"],
    ['\u00e4\u20ac', '\u00e4\u20ac'],
    ['a\tb', '"a\\tb"'],
    ['a\rb', '"a\\rb"'],
    ['\x1b[0m', '"\\e[0m"'],
    ['a"\tb', '"a\\"\\tb"'],
    ['a\\\tb', '"a\\\\\\tb"'],
    ['\u0085', '"\\N"'],
    ['\u{1f511}', '"\\U0001F511"'],
    ['\ufeffa', '"\\uFEFFa"'],
    ['a\nb', '|-\n  a\n  b'],
    ['a\nb\n', '|\n  a\n  b'],
    ['a\n\n', '|+\n  a\n'],
    ['\na', '|2-\n\n  a'],
    [' a\nb', '|2-\n   a\n  b'],
    ['a\nb ', '"a\\nb "'],
    ['a \nb', '"a \\nb"'],
  ])('%j as %j', (text, yaml) => {
    expect(yamlText(text)).toBe(yaml);
  });

  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...' \n:#-\'"[]{}&*!|>%@`?,.~0x1eayn\\\t'), maxLength: 12 }),
  );
  it('is read back by our reader and by a whole YAML reader, 3,000 texts', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const text = wellFormed(raw);
        const yaml = `name: ${yamlText(text)}\nid: x\n`;
        expect(parse(yaml, { schema: 'failsafe' })).toEqual({ name: text, id: 'x' });
        const info = infoYaml(kindRow('plaintext'), text, new Uint8Array(32));
        expect(readInfoYaml(utf8(info)).name).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the info YAML', () => {
  it('is what the reference writes', () => {
    const id = hashedId('my secret');
    expect(infoYaml(kindRow('plaintext'), 'my secret', id)).toBe(
      `!Retrievable\nkind: 3 (PLAINTEXT)\nname: my secret\nid: 0x${hex(id)}\n`,
    );
    expect(infoYaml(kindRow('association'), 'my secret', id)).toBe(`!Association\nname: my secret\nid: 0x${hex(id)}\n`);
    expect(infoYaml(kindRow('ec-p521'), 'k', id)).toContain('kind: 19 (EC-SECP521R1-PRIVATE-KEY)\n');
    expect(infoYaml(kindRow('aes-192'), 'k', id)).toContain('kind: 5 (AES-192-KEY)\n');
    expect(infoYaml(kindRow('aes-xts-128'), 'k', id)).toContain('kind: 7 (AES-XTS-128-KEY)\n');
    expect(infoYaml(kindRow('hmac-sha-256'), 'k', id)).toContain('kind: 9 (HMAC-SHA-256-KEY)\n');
  });
  it('is read back: every listed kind, any name and id', () => {
    fc.assert(
      fc.property(fc.constantFrom(...listed), fc.string({ unit: 'grapheme', maxLength: 60 }), bytes(32), (kind, name, id) => {
        const info = readInfoYaml(utf8(infoYaml(kindRow(kind), wellFormed(name), id)));
        expect(info).toEqual({ kind, name: wellFormed(name), id });
      }),
      { numRuns: 1000 },
    );
  });

  const id = `0x${'ab'.repeat(32)}`;
  it.each([
    ['a document mark in front', `--- !Association\nname: a\nid: ${id}\n`],
    ['a document mark on its own line', `---\n!Association\nname: a\nid: ${id}\n`],
    ['quotes, comments, other order, Windows line ends', `!Association # one\r\nid: '${id}' # two\r\n\r\nname: "a"\r\n`],
    ['capitals in the id', `!Association\nname: a\nid: 0x${'AB'.repeat(32)}\n`],
    ['an end mark', `!Association\nname: a\nid: ${id}\n...\n`],
  ])('takes %s', (_, text) => {
    expect(readInfoYaml(utf8(text))).toMatchObject({ kind: 'association', name: 'a' });
  });
  it('reads the kind by its number', () => {
    expect(readInfoYaml(utf8(`!Retrievable\nkind: 5 (whatever)\nname: a\nid: ${id}\n`)).kind).toBe('aes-192');
  });
  it.each([
    ['nothing', '', 'empty'],
    ['no tag', `name: a\nid: ${id}\n`, 'not-recognised'],
    ['another tag', `!UpdateCck\nname: a\nid: ${id}\n`, 'not-recognised'],
    ['only the tag', '!Association\n', 'bad-encoding'],
    ['no id', '!Association\nname: a\n', 'missing-field'],
    ['no name', `!Association\nid: ${id}\n`, 'missing-field'],
    ['no kind', `!Retrievable\nname: a\nid: ${id}\n`, 'missing-field'],
    ['a kind where there is none', `!Association\nkind: 3 (PLAINTEXT)\nname: a\nid: ${id}\n`, 'unknown-field'],
    ['another field', `!Association\nname: a\nid: ${id}\nvalue: x\n`, 'unknown-field'],
    ['a short id', '!Association\nname: a\nid: 0x12\n', 'bad-value'],
    ['an id without 0x', `!Association\nname: a\nid: ${'ab'.repeat(32)}\n`, 'bad-value'],
    ['kind 2', `!Retrievable\nkind: 2 (ASSOCIATION)\nname: a\nid: ${id}\n`, 'bad-value'],
    ['kind 22', `!Retrievable\nkind: 22 (UPDATE-CCK)\nname: a\nid: ${id}\n`, 'bad-value'],
    ['a kind without its number', `!Retrievable\nkind: PLAINTEXT\nname: a\nid: ${id}\n`, 'bad-value'],
    ['one field twice', `!Association\nname: a\nname: b\nid: ${id}\n`, 'duplicate'],
    ['a list', '!Association\n- a\n', 'bad-value'],
    ['an alias', `!Association\nname: *a\nid: ${id}\n`, 'bad-encoding'],
    ['two documents', `!Association\nname: a\nid: ${id}\n---\nx: y\n`, 'bad-encoding'],
    ['bytes that are not UTF-8', new Uint8Array([0x21, 0xff]), 'bad-encoding'],
    ['over 64 KiB', new Uint8Array(65537).fill(0x61), 'too-long'],
  ])('refuses %s', (_, text, code) => {
    expect(codeOf(() => readInfoYaml(typeof text === 'string' ? utf8(text) : text))).toBe(code);
  });
  it('names the line of a mistake', () => {
    expect(errorOf(() => readInfoYaml(utf8('!Association\nname: a\nid: [x]\n'))).facts.field).toBe('secret information, line 3');
  });
});

describe('plaintext as stored', () => {
  it('length, bytes, zeros up to 16: read back for every length', () => {
    fc.assert(
      fc.property(bytes(0, 8190), (value) => {
        const stored = storePlaintext(value, 'test');
        expect(stored.length % 16).toBe(0);
        expect(stored.length).toBeLessThan(value.length + 2 + 16);
        expect(hex(readPlaintext(stored, 'test'))).toBe(hex(value));
      }),
      { numRuns: 1000 },
    );
    expect(storePlaintext(new Uint8Array(8190), 'test')).toHaveLength(8192);
    expect(codeOf(() => storePlaintext(new Uint8Array(8191), 'test'))).toBe('too-long');
  });
  it.each([
    ['nothing', new Uint8Array(0), 'wrong-length'],
    ['17 bytes', new Uint8Array(17), 'wrong-length'],
    ['a length over the bytes', new Uint8Array([0, 15, ...new Uint8Array(14)]), 'bad-value'],
    ['a length that needs fewer blocks', new Uint8Array(32), 'bad-value'],
    ['a length over 8190', new Uint8Array([0xff, 0xff, ...new Uint8Array(65534)]), 'bad-value'],
    ['padding that is not zero', new Uint8Array([0, 1, 7, 1, ...new Uint8Array(12)]), 'bad-value'],
  ])('refuses %s', (_, stored, code) => {
    expect(codeOf(() => readPlaintext(stored, 'test'))).toBe(code);
  });
});
