/** The table of guests: what is read, what is refused and on which line, and that no message ever repeats what stands in a cell. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import { readCsv } from '../../core/fleet/csv.ts';
import { sourceFile, sourceText } from '../../core/fleet/source.ts';
import { type FleetTable, GUESTS_MAX, readFleetTable, rowHash, sourcesOf, TABLE_MAX } from '../../core/fleet/table.ts';
import type { Policy } from '../../core/policy/schema.ts';
import { template } from '../../core/policy/templates.ts';
import { codeOf, errorOf } from '../support/errors.ts';

const web = template('web-server');
/** With a secret that is not required and one that nobody can generate. */
const policy: Policy = {
  ...web,
  secrets: [
    ...web.secrets,
    {
      name: 'extra',
      purpose: 'app-config',
      type: 'plaintext',
      required: false,
      source: ['import'],
      constraints: {},
      apply: { kind: 'none' },
    },
    {
      name: 'config',
      purpose: 'app-config',
      type: 'plaintext',
      required: true,
      source: ['import'],
      constraints: {},
      apply: { kind: 'none' },
    },
  ],
};
const PUBLIC = policy.public[0]?.name as string;
const read = (text: string): FleetTable => readFleetTable(utf8(text), policy);
const said = (t: FleetTable, i = 0): Record<string, string> =>
  Object.fromEntries([...(t.guests[i]?.said ?? [])].map(([n, s]) => [n, sourceText(s)]));
const all = (t: FleetTable, i = 0): Record<string, string> =>
  Object.fromEntries([...sourcesOf(t, t.guests[i] as FleetTable['guests'][number], policy)].map(([n, s]) => [n, sourceText(s)]));

describe('CSV', () => {
  it('names alone: everything by default', () => {
    const t = read('guest\nweb-01\nweb-02\n');
    expect(t.guests.map((g) => [g.name, g.line])).toEqual([
      ['web-01', 2],
      ['web-02', 3],
    ]);
    const sources = all(t);
    expect(sources).toMatchObject({
      'rfs-luks-key': 'generate',
      'luks-rfs-passphrase': 'generate',
      'report-key': 'made',
      config: 'file',
      extra: 'file',
    });
    expect(sources[PUBLIC]).toBe('file');
    expect(Object.keys(sources).sort()).toEqual([...policy.secrets, ...policy.public].map((e) => e.name).sort());
  });
  it('each source a cell can name, in any of the ways a spreadsheet writes it', () => {
    const rows = ['config,extra,rfs-luks-key', 'common,none,file', 'file:apps/web.conf,"file",generate', ' file ,,'];
    for (const end of ['\n', '\r\n'])
      for (const mark of ['', '\uFEFF'])
        for (const separator of [',', ';']) {
          const text = `${mark}guest,${rows.map((r, i) => (i === 0 ? r : `web-0${i},${r}`)).join(end)}${end}`.replaceAll(
            ',',
            separator,
          );
          const t = read(text);
          expect(said(t, 0)).toEqual({ config: 'common', extra: 'none', 'rfs-luks-key': 'file' });
          expect(said(t, 1)).toEqual({ config: 'file:apps/web.conf', extra: 'file', 'rfs-luks-key': 'generate' });
          expect(said(t, 2)).toEqual({ config: 'file' });
        }
  });
  it('a last line without its end, and empty lines behind it', () => {
    expect(read('guest\nweb-01').guests).toHaveLength(1);
    expect(read('guest\nweb-01\n\n\r\n  \n').guests).toHaveLength(1);
  });
  it('the row of every guest holds where a row says nothing', () => {
    const t = read('guest,config,extra\n*,common,none\nweb-01,,\nweb-02,file,file\n');
    expect(all(t, 0)).toMatchObject({ config: 'common', extra: 'none', 'rfs-luks-key': 'generate' });
    expect(all(t, 1)).toMatchObject({ config: 'file', extra: 'file' });
    expect(t.guests).toHaveLength(2);
  });
  it.each([
    ['no bytes', '', 'empty', ''],
    ['no guest', 'guest\n', 'empty', ''],
    ['another first column', 'name,config\nweb-01,file\n', 'not-recognised', 'line 1'],
    ['something that is no table', '{"guests": []}', 'not-recognised', 'line 1'],
    ['a column that the policy does not have', 'guest,password\nweb-01,file\n', 'unknown-field', 'line 2, entry 1'],
    ['a column twice', 'guest,config,config\nweb-01,,\n', 'duplicate', 'line 2, entry 2'],
    ['a row that is too short', 'guest,config\nweb-01,file\nweb-02\n', 'wrong-length', 'line 3'],
    ['a row that is too long', 'guest\nweb-01,file\n', 'wrong-length', 'line 2'],
    ['an empty line between', 'guest\nweb-01\n\nweb-02\n', 'bad-encoding', 'line 3'],
    ['a row of separators', 'guest,config\n,\nweb-02,\n', 'bad-encoding', 'line 2'],
    ['a guest twice', 'guest\nweb-01\nweb-02\nweb-01\n', 'duplicate', 'line 4'],
    ['a guest twice but for case', 'guest\nweb-01\nWEB-01\n', 'duplicate', 'line 3'],
    ['a name with a slash', 'guest\nweb/01\n', 'bad-name', 'line 2'],
    ['a name that leads out', 'guest\n..\n', 'bad-name', 'line 2'],
    ['a name that is hidden', 'guest\n.web\n', 'bad-name', 'line 2'],
    ['a name that loses its end', 'guest\nweb.\n', 'bad-name', 'line 2'],
    ['no name', 'guest,config\n,file\n', 'bad-name', 'line 2'],
    ['the name of a directory that is taken', 'guest\nCommon\n', 'bad-name', 'line 2'],
    ['the other one', 'guest\nbundles\n', 'bad-name', 'line 2'],
    ['the row of every guest behind another', 'guest\nweb-01\n*\n', 'duplicate', 'line 3'],
    ['the row of every guest twice', 'guest,config\n*,file\n*,common\nweb-01,\n', 'duplicate', 'line 3'],
    ['a value', 'guest,config\nweb-01,hunter2\n', 'bad-value', 'line 2, config'],
    ['a source in capitals', 'guest,config\nweb-01,FILE\n', 'bad-value', 'line 2, config'],
    ['generating what cannot be generated', 'guest,config\nweb-01,generate\n', 'conflict', 'line 2, config'],
    ['none for what is required', 'guest,config\nweb-01,none\n', 'conflict', 'line 2, config'],
    ['none for a public entry', `guest,${PUBLIC}\nweb-01,none\n`, 'conflict', `line 2, ${PUBLIC}`],
    ['generating a public entry', `guest,${PUBLIC}\nweb-01,generate\n`, 'conflict', `line 2, ${PUBLIC}`],
    ['a source for the report key', 'guest,report-key\nweb-01,file\n', 'conflict', 'line 2, report-key'],
    ['a path that leads out', 'guest,config\nweb-01,file:../x\n', 'bad-name', 'line 2, config'],
    ['a path with .. in it', 'guest,config\nweb-01,file:a/../../x\n', 'bad-name', 'line 2, config'],
    ['a path from the root', 'guest,config\nweb-01,file:/etc/passwd\n', 'bad-name', 'line 2, config'],
    ['a path into a hidden directory', 'guest,config\nweb-01,file:.ssh/id\n', 'bad-name', 'line 2, config'],
    ['a path with a back slash', 'guest,config\nweb-01,file:a\\b\n', 'bad-name', 'line 2, config'],
    ['a path of no length', 'guest,config\nweb-01,file:\n', 'bad-value', 'line 2, config'],
    ['a path that is too deep', 'guest,config\nweb-01,file:a/b/c/d/e/f/g/h/i\n', 'bad-name', 'line 2, config'],
    ['a quote that is not closed', 'guest,config\nweb-01,"file\nweb-02,file\n', 'bad-encoding', 'line 2'],
    ['a quote inside a field', 'guest,config\nweb-01,fi"le\n', 'bad-encoding', 'line 2'],
    ['something behind a quoted field', 'guest,config\nweb-01,"file"x\n', 'bad-encoding', 'line 2'],
    ['a lone carriage return', 'guest\rweb-01\r', 'bad-encoding', 'line 1'],
  ])('%s: refused', (_, text, code, place) => {
    const e = errorOf(() => read(text));
    expect(e.code).toBe(code);
    expect(e.facts.field).toContain(place);
  });
  it('lines inside quotes count', () => {
    const e = errorOf(() => read('guest,config\n"web\n01",file\nweb-02,nonsense\n'));
    expect([e.code, e.facts.field]).toEqual(['bad-name', 'fleet table, line 2']);
    expect(readCsv('a,b\n"1\n2",3\n4,5\n', 'test').map((r) => r.line)).toEqual([1, 2, 4]);
  });
  it('any fields come back as they were written, quoted or not', () => {
    const field = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '"', '""', ',', ';', '\n', '\r\n', 'a"b', ' '));
    const rows = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }))
      .chain(([w, h]) => fc.array(fc.array(field, { minLength: w, maxLength: w }), { minLength: h, maxLength: h }));
    fc.assert(
      fc.property(rows, (wanted) => {
        fc.pre(wanted.every((r) => r.some((f) => f !== '')));
        fc.pre((wanted[0] as string[]).every((f) => !/[;\n\r]/.test(f)));
        const text = wanted.map((r) => r.map((f) => `"${f.replaceAll('"', '""')}"`).join(',')).join('\n');
        expect(readCsv(text, 'test').map((r) => r.fields)).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });
  it('bytes that are not UTF-8, and sizes over the limits', () => {
    expect(codeOf(() => readFleetTable(new Uint8Array([0x67, 0xff]), policy))).toBe('bad-encoding');
    expect(codeOf(() => readFleetTable(new Uint8Array(TABLE_MAX + 1).fill(0x61), policy))).toBe('too-long');
    const many = `guest\n${Array.from({ length: GUESTS_MAX + 1 }, (_, i) => `g${i}\n`).join('')}`;
    expect(codeOf(() => read(many))).toBe('limit');
    expect(codeOf(() => read(`guest${',config'.repeat(600)}\n`))).toBe('too-long');
  });
});

const YAML = `# the fleet
format: selwright-fleet
version: 1
every:
  config: common
guests:
  - guest: web-01
  - guest: "web-02"   # with its own
    secrets:
      config: file
      extra: none
`;

describe('YAML', () => {
  it('says the same as CSV', () => {
    const t = read(YAML);
    expect(t).toEqual({
      ...read('guest,config,extra\n*,common,\nweb-01,,\nweb-02,file,none\n'),
      guests: [
        { name: 'web-01', line: 7, said: new Map() },
        {
          name: 'web-02',
          line: 8,
          said: new Map([
            ['config', { kind: 'file' }],
            ['extra', { kind: 'none' }],
          ]),
        },
      ],
    });
  });
  it('a name of digits is a name', () => {
    expect(read(YAML.replace('web-01', '007')).guests[0]?.name).toBe('007');
  });
  it.each([
    ['another format', YAML.replace('selwright-fleet', 'other'), 'not-recognised', 'fleet table'],
    ['another version', YAML.replace('version: 1', 'version: 2'), 'wrong-version', 'version'],
    ['no list', 'format: selwright-fleet\nversion: 1\n', 'missing-field', 'guests'],
    ['a key that is not known', YAML.replace('every:', 'all:'), 'unknown-field', 'line 4'],
    ['a key of a guest that is not known', YAML.replace('    secrets:', '    values:'), 'unknown-field', 'line 9'],
    ['a guest without a name', YAML.replace('- guest: web-01', '- secrets:'), 'missing-field', 'guest 1 of the list'],
    ['a guest that is a word', YAML.replace('- guest: web-01', '- web-01'), 'bad-value', 'guest 1 of the list'],
    ['every as a guest', YAML.replace('web-01', '"*"'), 'bad-name', 'line 7'],
    ['a bad name', YAML.replace('web-01', 'web 01'), 'bad-name', 'line 7'],
    ['a guest twice', YAML.replace('web-01', 'WEB-02'), 'duplicate', 'line 8'],
    ['an entry that the policy does not have', YAML.replace('extra: none', 'other: none'), 'unknown-field', 'line 11'],
    ['an entry twice', YAML.replace('extra: none', 'config: none'), 'duplicate', 'line 11'],
    ['a value', YAML.replace('config: file', 'config: hunter2'), 'bad-value', 'line 10, config'],
    ['a value with lines', YAML.replace('config: file', 'config: |\n        hunter2'), 'bad-value', 'line 10, config'],
    ['a list as a source', YAML.replace('config: file', 'config:\n        - file'), 'bad-value', 'line 10'],
    ['flow style', YAML.replace('- guest: web-01', '- {guest: web-01}'), 'bad-encoding', 'line 7'],
    ['an anchor', YAML.replace('- guest: web-01', '- guest: &a web-01'), 'bad-encoding', 'line 7'],
  ])('%s: refused', (_, text, code, place) => {
    const e = errorOf(() => read(text));
    expect(e.code).toBe(code);
    expect(e.facts.field).toContain(place);
  });
});

describe('messages', () => {
  it('never repeat what stands in a cell, a column or a name, wherever a value was typed by mistake', () => {
    const secret = fc.string({ minLength: 8, maxLength: 40, unit: fc.constantFrom(...'QWZXqwzx0123456789!$%&/()=?,;"\n ') });
    const texts = [
      (s: string) => `guest,config\nweb-01,${s}\n`,
      (s: string) => `guest,config\nweb-01,"${s.replaceAll('"', '""')}"\n`,
      (s: string) => `guest,config\nweb-01,file:${s}\n`,
      (s: string) => `guest,config\n${s},file\n`,
      (s: string) => `guest,${s}\nweb-01,file\n`,
      (s: string) => `${s},config\nweb-01,file\n`,
      (s: string) => YAML.replace('config: file', `config: ${s}`),
      (s: string) => YAML.replace('web-01', s),
      (s: string) => YAML.replace('extra: none', `${s}: none`),
    ];
    let refused = 0;
    fc.assert(
      fc.property(secret, fc.constantFrom(...texts), (s, text) => {
        try {
          read(text(s));
        } catch (e) {
          if (!(e instanceof SelError)) throw e;
          refused++;
          for (let at = 0; at + 6 <= s.length; at++) expect(JSON.stringify(e.facts)).not.toContain(s.slice(at, at + 6));
        }
      }),
      { numRuns: 600 },
    );
    expect(refused).toBeGreaterThan(400);
  });
  it('rubbish of any kind is refused with a typed error or read', () => {
    const piece = fc.constantFrom(
      'guest',
      ',',
      ';',
      '\n',
      '"',
      'config',
      'web-01',
      '*',
      'file',
      'format: selwright-fleet',
      'version: 1',
      'guests:',
      '- ',
      '  ',
      ': ',
      '\r',
      '\uFEFF',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 40 }).map((p) => p.join('')),
        ),
        (text) => {
          codeOf(() => read(text));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('what a row comes to', () => {
  it('is told by its hash: the same for the same sources however they are said, another for others', () => {
    const t = read('guest,config\n*,common\nweb-01,\nweb-02,common\nweb-03,file\nweb-04,file:a/b\n');
    const hashes = t.guests.map((g) => rowHash(sourcesOf(t, g, policy)));
    expect(hashes[0]).toBe(hashes[1]);
    expect(new Set(hashes).size).toBe(3);
    for (const h of hashes) expect(h).toMatch(/^[0-9a-f]{16}$/);
  });
  it('leads to one file a source, always inside the directory of values', () => {
    expect(sourceFile({ kind: 'generate' }, 'web-01', 'cck')).toBe('web-01/cck');
    expect(sourceFile({ kind: 'file' }, 'web-01', 'cck')).toBe('web-01/cck');
    expect(sourceFile({ kind: 'file', path: 'a/b' }, 'web-01', 'cck')).toBe('a/b');
    expect(sourceFile({ kind: 'common' }, 'web-01', 'cck')).toBe('common/cck');
    for (const kind of ['none', 'made'] as const) expect(sourceFile({ kind }, 'web-01', 'cck')).toBeUndefined();
  });
});
