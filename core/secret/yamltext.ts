/**
 * Text as a YAML scalar, quoted where and how the reference quotes it (serde_yaml 0.9 over libyaml, block context, no line
 * folding), so that files are the same to the byte. Reading needs none of this: any YAML reader will do.
 */

/** YAML 1.1 booleans: quoted, so that older readers do not take them for one. */
const BOOLEANS = /^([yYnN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const NULLS = /^(null|Null|NULL|~)?$/;
const FLOAT = /^\+?-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const SPECIAL_FLOAT = /^(\+?\.(inf|Inf|INF)|-\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
const LEADING_ZERO = /^[+-]?0\d+$/;
const DECIMAL = /^(\+?\d+|-\d+)$/;
const RADIX = /^([+-]?)0(x[0-9a-fA-F]+|o[0-7]+|b[01]+)$/;

/** Whether a reader would take the plain text for an integer: up to 128 bits, as the reference's reader does. */
const isInteger = (text: string): boolean => {
  const radix = RADIX.exec(text);
  const negative = text.startsWith('-');
  const limit = negative ? 1n << 127n : (1n << 128n) - 1n;
  if (radix) return BigInt(`0${radix[2]}`) <= limit;
  return DECIMAL.test(text) && !LEADING_ZERO.test(text) && BigInt(text.replace(/^[+-]/, '')) <= limit;
};

const isFloat = (text: string): boolean =>
  SPECIAL_FLOAT.test(text) || (FLOAT.test(text) && !text.startsWith('+-') && Number.isFinite(Number(text.replace(/^\+/, ''))));

/** Whether a reader would take the plain text for something that is not text. */
const isAmbiguous = (text: string): boolean =>
  NULLS.test(text) || BOOLEANS.test(text) || LEADING_ZERO.test(text) || isInteger(text) || isFloat(text);

const isBreak = (c: string): boolean => c === '\n';
/**
 * Printable as libyaml sees it: nothing beyond the basic plane, no tab. The separators U+2028 and U+2029 are the one place where we
 * leave the reference: it writes them as they are, and readers of YAML 1.1 and 1.2 disagree about what that means.
 */
const isPrintable = (c: string): boolean => {
  const n = c.codePointAt(0) as number;
  if (n === 0x0a || (n >= 0x20 && n <= 0x7e)) return true;
  return n >= 0xa0 && n <= 0xfffd && n !== 0xfeff && n !== 0x2028 && n !== 0x2029 && !(n >= 0xd800 && n <= 0xdfff);
};

/** What of a text stands in the way of which style. */
interface Analysis {
  readonly plain: boolean;
  readonly single: boolean;
  readonly block: boolean;
}

const analyse = (chars: readonly string[]): Analysis => {
  const text = chars.join('');
  const blank = (c: string | undefined): boolean => c === undefined || c === ' ' || c === '\t' || isBreak(c);
  const [first] = chars;
  const last = chars.at(-1);
  let indicator = /^(---|\.\.\.|[#,[\]{}&*!|>'"%@`])/.test(text) || (/^[?:-]/.test(text) && blank(chars[1]));
  let breakThenSpace = false;
  let spaceThenBreak = false;
  chars.forEach((c, i) => {
    const before = chars[i - 1];
    if (i > 0 && c === ':' && blank(chars[i + 1])) indicator = true;
    if (i > 0 && c === '#' && blank(before)) indicator = true;
    if (before === undefined) return;
    if (c === ' ' && isBreak(before)) breakThenSpace = true;
    if (isBreak(c) && before === ' ') spaceThenBreak = true;
  });
  const edge = (c: string | undefined): boolean => c === ' ' || (c !== undefined && isBreak(c));
  const special = spaceThenBreak || !chars.every(isPrintable);
  return {
    plain: !indicator && !special && !edge(first) && !edge(last) && !chars.some(isBreak),
    single: !breakThenSpace && !special,
    block: last !== ' ' && !special,
  };
};

const ESCAPES: Record<number, string> = {
  0: '0',
  7: 'a',
  8: 'b',
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
  27: 'e',
  34: '"',
  92: '\\',
  133: 'N',
  160: '_',
  8232: 'L',
  8233: 'P',
};

const doubleQuoted = (chars: readonly string[]): string => {
  const escaped = chars.map((c) => {
    if (isPrintable(c) && !isBreak(c) && c !== '"' && c !== '\\') return c;
    const n = c.codePointAt(0) as number;
    const digits = n.toString(16).toUpperCase();
    const long =
      n <= 0xff ? `x${digits.padStart(2, '0')}` : n <= 0xffff ? `u${digits.padStart(4, '0')}` : `U${digits.padStart(8, '0')}`;
    return `\\${ESCAPES[n] ?? long}`;
  });
  return `"${escaped.join('')}"`;
};

const INDENT = 2;

/** Literal block, as the value of a key at the left margin. */
const literal = (chars: readonly string[]): string => {
  const isEdge = (c: string | undefined): boolean => c !== undefined && (c === ' ' || isBreak(c));
  const hint = isEdge(chars[0]) ? String(INDENT) : '';
  const ends = chars.slice(-2).map(isBreak);
  const chomp = ends.at(-1) === false ? '-' : chars.length === 1 || ends[0] ? '+' : '';
  let out = `|${hint}${chomp}\n`;
  let atStart = true;
  for (const c of chars) {
    if (!isBreak(c) && atStart) out += ' '.repeat(INDENT);
    out += c;
    atStart = isBreak(c);
  }
  return atStart ? out.replace(/\n$/, '') : out;
};

/** The scalar, as it stands behind `key: `. */
export const yamlText = (text: string): string => {
  const chars = [...text];
  const can = analyse(chars);
  if (text.includes('\n') && !BOOLEANS.test(text)) return can.block ? literal(chars) : doubleQuoted(chars);
  if (!isAmbiguous(text) && can.plain) return text;
  return can.single ? `'${text.replace(/'/g, "''")}'` : doubleQuoted(chars);
};
