/**
 * CSV as RFC 4180 has it, read strictly: one separator (comma or semicolon, whichever the first line uses), quotes around a whole
 * field only, LF or CR LF, every row as long as the first. No message holds the content of a field: it may be in the wrong place.
 */
import { fail } from '../errors.ts';

/** One row and the line it begins on, counted from 1. */
export interface CsvRow {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Fields of the longest row that is looked at. */
const FIELDS_MAX = 512;

/**
 * The rows of a text. An empty line is refused, except at the end.
 * @param what what it is, for messages
 * @throws empty, bad-encoding, too-long, wrong-length: with the line
 */
export const readCsv = (text: string, what: string): CsvRow[] => {
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const separator = first.includes(';') && !first.includes(',') ? ';' : ',';
  const rows: CsvRow[] = [];
  let at = 0;
  let line = 1;
  const bad = (found: string, expected: string): never => fail('bad-encoding', `${what}, line ${line}`, found, expected);

  /** Behind the opening quote, up to the closing one. Lines inside are counted. */
  const quoted = (): string => {
    let out = '';
    for (;;) {
      const end = text.indexOf('"', at);
      if (end < 0) return bad('a quoted field without its end', 'a closing quote');
      const part = text.slice(at, end);
      for (const c of part) if (c === '\n') line++;
      out += part;
      at = end + 1;
      if (text[at] !== '"') return out;
      out += '"';
      at++;
    }
  };
  const plain = (): string => {
    const from = at;
    while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') {
      if (text[at] === '"') bad('a quote inside a field', 'quotes around the whole field');
      at++;
    }
    return text.slice(from, at);
  };
  /** True when the row goes on. */
  const goesOn = (): boolean => {
    if (text[at] === separator) {
      at++;
      return true;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    if (at < text.length && text[at] !== '\n') bad('something behind a field', 'a separator or the end of the line');
    at++;
    return false;
  };

  while (at < text.length) {
    const row = { line, fields: [] as string[] };
    do {
      if (row.fields.length === FIELDS_MAX)
        fail('too-long', `${what}, line ${line}`, `over ${FIELDS_MAX} fields`, `at most ${FIELDS_MAX}`);
      if (text[at] === '"') {
        at++;
        row.fields.push(quoted());
      } else row.fields.push(plain());
    } while (goesOn());
    line++;
    const wanted = rows[0]?.fields.length ?? row.fields.length;
    if (row.fields.every((f) => f === '')) {
      if (text.slice(at).trim() === '') break;
      fail('bad-encoding', `${what}, line ${row.line}`, 'an empty line', 'no empty lines');
    }
    if (row.fields.length !== wanted)
      fail('wrong-length', `${what}, line ${row.line}`, `${row.fields.length} fields`, `${wanted} fields, as in the first line`);
    rows.push(row);
  }
  return rows;
};
