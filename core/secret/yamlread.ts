/**
 * The part of YAML that the tools of the reference write: block mappings and sequences, plain, quoted and literal scalars, a tag in
 * front of the whole. Everything is text; nothing is guessed to be a number. The files come from strangers, and a whole YAML reader
 * takes minutes over 64 KiB of question marks: this one reads each line once and refuses what it does not know.
 */
import { fail } from '../errors.ts';

export type YamlNode = string | readonly YamlNode[] | ReadonlyMap<string, YamlNode>;

export interface YamlDocument {
  /** `!Name` in front of the whole, without the exclamation mark */
  readonly tag?: string | undefined;
  readonly root: YamlNode;
}

const DEPTH_MAX = 16;
const ESCAPES: Record<string, string> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};
const HEX_ESCAPES: Record<string, number> = { x: 2, u: 4, U: 8 };

const indentOf = (line: string): number => {
  let n = 0;
  while (line[n] === ' ') n++;
  return n;
};

const isBlank = (c: string | undefined): boolean => c === ' ' || c === '\t';

/** White space of YAML only: a no-break space is text. */
const trim = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
};

/** What may stand behind a scalar: nothing, or a comment. */
const isTail = (text: string): boolean => trim(text) === '' || (isBlank(text[0]) && trim(text).startsWith('#'));

/** Takes a comment and the white space in front of it off a plain scalar. */
const withoutComment = (text: string): string => {
  for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#', at + 1))
    if (at === 0 || isBlank(text[at - 1])) return trim(text.slice(0, at));
  return trim(text);
};

/** Line of each key of a mapping. */
const places = new WeakMap<ReadonlyMap<string, YamlNode>, Map<string, number>>();

/** The line a key of a mapping stands on, counted from 1. */
export const lineOfKey = (mapping: ReadonlyMap<string, YamlNode>, key: string): number | undefined =>
  places.get(mapping)?.get(key);

class Reader {
  readonly #lines: string[];
  readonly #field: string;
  #at = 0;
  /** the line that was looked at last, for messages */
  #line = 0;
  constructor(text: string, field: string) {
    this.#field = field;
    this.#lines = text.split('\n').map((l) => (l.endsWith('\r') ? l.slice(0, -1) : l));
    if (this.#lines.at(-1) === '') this.#lines.pop();
  }

  #fail(found: string, expected = 'YAML as the tools write it'): never {
    return fail('bad-encoding', `${this.#field}, line ${this.#line + 1}`, found, expected);
  }

  /** The next line with content, or undefined at the end. */
  #peek(): string | undefined {
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] as string;
      const text = trim(line);
      this.#line = this.#at;
      if (text !== '' && !text.startsWith('#')) return line;
    }
    return undefined;
  }

  document(): YamlDocument {
    let tag: string | undefined;
    let line = this.#peek();
    if (line !== undefined && /^---(?=$|[ \t])/.test(line)) {
      this.#lines[this.#at] = trim(line.slice(3));
      line = this.#peek();
    }
    if (line?.startsWith('!')) {
      tag = /^!([A-Za-z][A-Za-z0-9_-]{0,63})$/.exec(withoutComment(line))?.[1] ?? this.#fail('another tag', 'one tag !Name');
      this.#at++;
      line = this.#peek();
    }
    if (line === undefined) return this.#fail('no content');
    const root = this.#node(indentOf(line), 0);
    if (trim(this.#peek() ?? '') === '...') this.#at++;
    if (this.#peek() !== undefined) this.#fail('more behind the end', 'one document');
    return { tag, root };
  }

  /** The node whose first line is the next one, at exactly this indentation. */
  #node(indent: number, depth: number): YamlNode {
    const line = this.#peek();
    if (depth > DEPTH_MAX) this.#fail('nesting that is too deep', `at most ${DEPTH_MAX} levels`);
    if (line === undefined) return '';
    const text = line.slice(indent);
    if (text === '-' || text.startsWith('- ')) return this.#sequence(indent, depth);
    if (this.#keyEnd(text) >= 0) return this.#mapping(indent, depth);
    this.#at++;
    return this.#scalar(text, indent - 1);
  }

  #sequence(indent: number, depth: number): YamlNode[] {
    const items: YamlNode[] = [];
    for (let line = this.#peek(); line !== undefined; line = this.#peek()) {
      const text = line.slice(indent);
      if (indentOf(line) !== indent || !(text === '-' || text.startsWith('- '))) break;
      // the item stands where it would without the dash
      this.#lines[this.#at] = `${' '.repeat(indent + 1)}${text.slice(1)}`;
      const next = this.#peek();
      const own = next === undefined ? 0 : indentOf(next);
      items.push(own > indent ? this.#node(own, depth + 1) : '');
    }
    return items;
  }

  #mapping(indent: number, depth: number): Map<string, YamlNode> {
    const entries = new Map<string, YamlNode>();
    const lines = new Map<string, number>();
    places.set(entries, lines);
    for (let line = this.#peek(); line !== undefined && indentOf(line) === indent; line = this.#peek()) {
      const text = line.slice(indent);
      const end = this.#keyEnd(text);
      if (end < 0) break;
      const key = trim(text.slice(0, end));
      if (entries.has(key)) fail('duplicate', `${this.#field}, line ${this.#line + 1}`, `${key.slice(0, 40)} twice`, 'each once');
      lines.set(key, this.#line + 1);
      this.#at++;
      const value = trim(text.slice(end + 1));
      entries.set(key, value === '' || value.startsWith('#') ? this.#below(indent, depth) : this.#scalar(value, indent));
    }
    return entries;
  }

  /** What stands under a key without a value: a deeper node, a sequence at the same indentation, or nothing. */
  #below(indent: number, depth: number): YamlNode {
    const line = this.#peek();
    if (line === undefined) return '';
    const own = indentOf(line);
    const dash = line.slice(own) === '-' || line.startsWith('- ', own);
    return own > indent || (own === indent && dash) ? this.#node(own, depth + 1) : '';
  }

  /** Where the colon behind a plain key stands, or -1 when the text is no key. */
  #keyEnd(text: string): number {
    if (!/^[A-Za-z0-9_]/.test(text)) return -1;
    for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
      const next = text[at + 1];
      if (next === undefined || isBlank(next)) return at;
    }
    return -1;
  }

  /** A scalar that begins with this text. @param parent indentation of what it belongs to */
  #scalar(text: string, parent: number): YamlNode {
    const first = text[0];
    if (first === "'") return this.#singleQuoted(text);
    if (first === '"') return this.#doubleQuoted(text);
    if (first === '|') return this.#literal(text, parent);
    const plain = withoutComment(text);
    if (plain === '[]') return [];
    if (plain === '{}') return new Map();
    if (/^([[\]{},&*!|>%@`]|[?:-]([ \t]|$))/.test(plain) || this.#keyEnd(plain) >= 0 || plain.includes(': '))
      this.#fail('another form of YAML');
    return plain;
  }

  #singleQuoted(text: string): string {
    let out = '';
    let from = 1;
    for (;;) {
      const end = text.indexOf("'", from);
      if (end < 0) return this.#fail('a quoted text without its end');
      out += text.slice(from, end);
      if (text[end + 1] !== "'") {
        if (!isTail(text.slice(end + 1))) this.#fail('something behind a quoted text');
        return out;
      }
      out += "'";
      from = end + 2;
    }
  }

  #doubleQuoted(text: string): string {
    const out: string[] = [];
    for (let at = 1; at < text.length; at++) {
      const c = text[at] as string;
      if (c === '"') {
        if (!isTail(text.slice(at + 1))) this.#fail('something behind a quoted text');
        return out.join('');
      }
      if (c !== '\\') {
        out.push(c);
        continue;
      }
      const e = text[++at] ?? '';
      const size = HEX_ESCAPES[e];
      const digits = size === undefined ? '' : text.slice(at + 1, at + 1 + size);
      const code =
        size !== undefined && digits.length === size && /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : -1;
      if (code >= 0 && code <= 0x10ffff) {
        out.push(String.fromCodePoint(code));
        at += digits.length;
      } else out.push(Object.hasOwn(ESCAPES, e) ? (ESCAPES[e] as string) : this.#fail('an unknown escape'));
    }
    return this.#fail('a quoted text without its end');
  }

  #literal(text: string, parent: number): string {
    const head = /^\|(?:([1-9])([+-])?|([+-])([1-9])?)?$/.exec(withoutComment(text)) ?? this.#fail('another form of YAML');
    const chomp = head[2] ?? head[3] ?? '';
    const hint = head[1] ?? head[4];
    let indent = hint === undefined ? -1 : Math.max(parent, 0) + Number(hint);
    const lines: string[] = [];
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] as string;
      const own = indentOf(line);
      const blank = own === line.length;
      if (indent < 0 && !blank) indent = own > parent ? own : Number.MAX_SAFE_INTEGER;
      if (!blank && own < indent) break;
      lines.push(blank ? line.slice(indent < 0 ? own : Math.min(indent, own)) : line.slice(indent));
    }
    let end = lines.length;
    if (chomp !== '+') while (end > 0 && lines[end - 1] === '') end--;
    const body = lines.slice(0, end).join('\n');
    return chomp === '-' || end === 0 ? body : `${body}\n`;
  }
}

/**
 * Reads one document.
 * @param field what it is, for messages
 * @throws bad-encoding with the line, duplicate for a key that stands there twice
 */
export const readYaml = (text: string, field: string): YamlDocument => new Reader(text, field).document();

/** The same as plain data, for a schema. */
export const plainYaml = (node: YamlNode): unknown => {
  if (typeof node === 'string') return node;
  if (node instanceof Map) return Object.fromEntries([...node].map(([k, v]) => [k, plainYaml(v)]));
  return (node as readonly YamlNode[]).map(plainYaml);
};
