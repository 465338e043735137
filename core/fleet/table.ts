/**
 * The table of a fleet's guests, CSV or YAML: one guest a row, and for each entry of the policy where its value comes from.
 * Described for users in docs/speed.md.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { BUNDLE_NAME } from '../bundle/manifest.ts';
import { type Bytes, fromUtf8, hex, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import type { Policy } from '../policy/schema.ts';
import { lineOfKey, readYaml, type YamlNode } from '../secret/yamlread.ts';
import { readCsv } from './csv.ts';
import { COMMON, defaultSource, type Entry, entriesOf, readSource, type Source, sourceText } from './source.ts';

/** Largest table, in bytes. */
export const TABLE_MAX = 8 * 1024 * 1024;
/** Most guests of one table. */
export const GUESTS_MAX = 20_000;
/** First column of a CSV table, and the key of a name in a YAML one. */
export const GUEST = 'guest';
/** In the column of names: the row that holds for every guest that says nothing itself. */
export const EVERY = '*';
export const FLEET_FORMAT = 'selwright-fleet';

type Sources = ReadonlyMap<string, Source>;

/** A row. */
export interface FleetGuest {
  readonly name: string;
  /** of the table, counted from 1 */
  readonly line: number;
  /** what the row says itself */
  readonly said: Sources;
}

export interface FleetTable {
  /** what holds for every guest that says nothing itself */
  readonly every: Sources;
  /** in the order of the table */
  readonly guests: readonly FleetGuest[];
}

const F = 'fleet table';
/** Directories beside those of the guests. */
const TAKEN = [COMMON, 'bundles'];

interface Row {
  readonly line: number;
  readonly name: string;
  /** texts by entry, and the line each stands on */
  readonly cells: readonly { readonly entry: string; readonly text: string; readonly line: number }[];
}

const csvRows = (text: string): Row[] => {
  if (!/^(?:guest|"guest")(?:[,;\r\n]|$)/.test(text))
    fail(
      'not-recognised',
      `${F}, line 1`,
      'another first column',
      `CSV with the first column "${GUEST}", or YAML with format: ${FLEET_FORMAT}`,
    );
  const [head, ...rows] = readCsv(text, F);
  const columns = head?.fields ?? [];
  return rows.map(({ line, fields }) => ({
    line,
    name: fields[0] as string,
    cells: fields.slice(1).map((field, i) => ({ entry: columns[i + 1] as string, text: field, line })),
  }));
};

const group = (node: YamlNode | undefined, place: string): ReadonlyMap<string, YamlNode> =>
  node instanceof Map ? node : fail('bad-value', place, 'something else', 'keys with their values');

const onlyKeys = (node: ReadonlyMap<string, YamlNode>, known: readonly string[]): void => {
  for (const key of node.keys())
    if (!known.includes(key)) fail('unknown-field', `${F}, line ${lineOfKey(node, key)}`, 'another key', known.join(', '));
};

const yamlCells = (node: YamlNode | undefined, place: string): Row['cells'] => {
  if (node === undefined || node === '') return [];
  const entries = group(node, place);
  return [...entries].map(([entry, value]) => {
    const line = lineOfKey(entries, entry) ?? 0;
    if (typeof value !== 'string') return fail('bad-value', `${F}, line ${line}`, 'something else', 'one word');
    return { entry, text: value, line };
  });
};

const yamlRows = (text: string): Row[] => {
  const root = group(readYaml(text, F).root, F);
  onlyKeys(root, ['format', 'version', 'every', 'guests']);
  if (root.get('format') !== FLEET_FORMAT) fail('not-recognised', F, 'another format', `format: ${FLEET_FORMAT}`);
  if (root.get('version') !== '1') fail('wrong-version', `${F}, version`, 'another version', '1');
  const guests = root.get('guests');
  if (!Array.isArray(guests)) return fail('missing-field', `${F}, guests`, 'no list', 'a list of guests');
  const every: Row = { line: lineOfKey(root, 'every') ?? 1, name: EVERY, cells: yamlCells(root.get('every'), `${F}, every`) };
  return [
    ...(every.cells.length > 0 ? [every] : []),
    ...guests.map((node: YamlNode, i): Row => {
      const place = `${F}, guest ${i + 1} of the list`;
      const guest = group(node, place);
      onlyKeys(guest, [GUEST, 'secrets']);
      const name = guest.get(GUEST);
      if (typeof name !== 'string') return fail('missing-field', place, 'no name', `${GUEST}: NAME`);
      const line = lineOfKey(guest, GUEST) ?? 0;
      if (name === EVERY) fail('bad-name', `${F}, line ${line}`, EVERY, 'every: before the list of guests');
      return { line, name, cells: yamlCells(guest.get('secrets'), `${F}, line ${line}, secrets`) };
    }),
  ];
};

/** Every column is an entry of the policy, once. */
const checkEntries = (cells: Row['cells'], entries: ReadonlyMap<string, Entry>): void => {
  const seen = new Set<string>();
  cells.forEach(({ entry, line }, i) => {
    const place = `${F}, line ${line}, entry ${i + 1}`;
    if (!entries.has(entry))
      fail(
        'unknown-field',
        place,
        `a name of ${entry.length} characters`,
        `a name of the policy: ${[...entries.keys()].join(', ')}`,
      );
    if (seen.has(entry)) fail('duplicate', place, `${entry} twice`, 'each entry once');
    seen.add(entry);
  });
};

const checkName = (name: string, place: string): void => {
  // a trailing dot is lost on some file systems
  if (!BUNDLE_NAME.test(name) || name.endsWith('.'))
    fail(
      'bad-name',
      place,
      `a name of ${name.length} characters`,
      'letters, digits, dot, dash and underscore, at most 64, a letter or digit first and no dot last',
    );
  if (TAKEN.includes(name.toLowerCase())) fail('bad-name', place, name, `another name than ${TAKEN.join(' and ')}`);
};

const isYaml = (text: string): boolean => /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:---|format[ \t]*:)/.test(text);

/**
 * Reads a table and holds it against the policy. A column without a name of the policy, a guest twice (without regard to case: each
 * is a directory) and a source that does not fit are refused, with the line.
 * @throws empty, too-long, bad-encoding, not-recognised, wrong-version, wrong-length, unknown-field, missing-field, duplicate,
 * bad-name, bad-value, conflict, limit
 */
export const readFleetTable = (bytes: Bytes, policy: Policy): FleetTable => {
  if (bytes.length === 0) fail('empty', F, '0 bytes', 'a table of guests');
  if (bytes.length > TABLE_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${TABLE_MAX} bytes`);
  // spreadsheets put a byte order mark in front
  const text = fromUtf8(bytes, F).replace(/^\uFEFF/, '');
  const entries = entriesOf(policy);
  const rows = isYaml(text) ? yamlRows(text) : csvRows(text);
  let every: Sources | undefined;
  const guests: FleetGuest[] = [];
  const names = new Map<string, number>();
  let columns: string | undefined;
  for (const row of rows) {
    const place = `${F}, line ${row.line}`;
    // all rows of a CSV table have the same columns
    const own = row.cells.map((c) => c.entry).join();
    if (own !== columns) checkEntries(row.cells, entries);
    columns = own;
    const said = new Map<string, Source>();
    for (const { entry, text: cell, line } of row.cells) {
      const source = readSource(cell, entries.get(entry) as Entry, `${F}, line ${line}, ${entry}`);
      if (source) said.set(entry, source);
    }
    if (row.name === EVERY) {
      if (every !== undefined || guests.length > 0) fail('duplicate', place, EVERY, 'one such row, before the guests');
      every = said;
      continue;
    }
    checkName(row.name, place);
    const before = names.get(row.name.toLowerCase());
    if (before !== undefined) fail('duplicate', place, `${row.name}, which stands in line ${before} already`, 'each guest once');
    names.set(row.name.toLowerCase(), row.line);
    guests.push({ name: row.name, line: row.line, said });
    if (guests.length > GUESTS_MAX) fail('limit', place, 'more guests', `at most ${GUESTS_MAX} in one table`);
  }
  if (guests.length === 0) fail('empty', F, 'no guest', 'at least one');
  return { every: every ?? new Map(), guests };
};

/** Where each value of a guest comes from, for every entry of the policy. */
export const sourcesOf = (table: FleetTable, guest: FleetGuest, policy: Policy): ReadonlyMap<string, Source> =>
  new Map(
    [...entriesOf(policy)].map(([name, e]) => [name, guest.said.get(name) ?? table.every.get(name) ?? defaultSource(e)] as const),
  );

/** What a row comes to, as a short text: a restart finds out by it that a row was changed. @returns 16 hex digits */
export const rowHash = (sources: ReadonlyMap<string, Source>): string =>
  hex(sha256(utf8([...sources].map(([name, s]) => `${name}=${sourceText(s)}\n`).join('')))).slice(0, 16);
