/** How the command line speaks: text or JSON on standard output, everything else on standard error; one exit code a kind of answer. */
import { SelError } from '../core/errors.ts';
import { explain, isWrongUse } from '../words/errors.ts';

/** 0 good, 1 the answer is no, 2 wrong use, 3 unreadable input. */
export const EXIT = { good: 0, no: 1, wrongUse: 2, unreadable: 3 } as const;

/** Ends the command with an exit code; what had to be said has been said. */
export class Done extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** Asked for in a way that cannot be: ends the command with exit code 2. */
class WrongUse extends Error {}

/** File names and texts of other people can hold what a terminal takes for a command. */
const harmless = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
  text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The same in one line: for what stands inside a line of ours. */
export const oneLine = (text: string): string => harmless(text.replace(/\n/g, '\\n').replace(/\t/g, ' '));

export const say = (text: string): void => {
  process.stdout.write(`${harmless(text)}\n`);
};
export const warn = (text: string): void => {
  process.stderr.write(`${harmless(text)}\n`);
};
export const sayJson = (value: unknown): void =>
  say(JSON.stringify(value, (_, v) => (v instanceof Uint8Array ? Buffer.from(v).toString('hex') : v), 2));

/** Wrong use: one line, exit code 2. */
export const refuse = (text: string): never => {
  throw new WrongUse(text);
};

/** A number from the command line, whole and not negative. */
export const count = (text: string, option: string): number => {
  const n = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(n) ? n : refuse(`${option} ${text} is not a whole number`);
};

/** One clear line for an error, and its exit code. Stack traces are for us: SELWRIGHT_DEBUG shows them. */
export const reportError = (e: unknown, json: boolean): number => {
  if (e instanceof Done) return e.code;
  if (e instanceof WrongUse) {
    if (json) sayJson({ ok: false, error: { code: 'wrong-use', message: e.message } });
    warn(`selwright: ${oneLine(e.message)}`);
    return EXIT.wrongUse;
  }
  if (e instanceof SelError) {
    const { what, todo } = explain(e.code, e.facts);
    if (json) sayJson({ ok: false, error: { code: e.code, ...e.facts } });
    warn(`selwright: ${oneLine(`${what}${todo ? ` ${todo}` : ''}`)}`);
    return isWrongUse(e.code) ? EXIT.wrongUse : EXIT.unreadable;
  }
  if (process.env.SELWRIGHT_DEBUG) warn(String((e as Error).stack));
  if (json) sayJson({ ok: false, error: { code: 'internal' } });
  warn('selwright: something went wrong inside the program: this is a mistake of ours. SELWRIGHT_DEBUG=1 shows where.');
  return EXIT.unreadable;
};

/** Data as indented lines: `name: value`. */
export const asLines = (value: unknown, indent = ''): string[] => {
  const text = (v: unknown): string => oneLine(String(v));
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${indent}none`];
    return value.flatMap((v) => {
      if (typeof v !== 'object' || v === null) return [`${indent}${text(v)}`];
      const lines = asLines(v, `${indent}  `);
      return [`${indent}- ${(lines[0] ?? '').trimStart()}`, ...lines.slice(1)];
    });
  }
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([k, v]) => {
      if (typeof v === 'object' && v !== null && (!Array.isArray(v) || v.length > 0))
        return [`${indent}${k}:`, ...asLines(v, `${indent}  `)];
      return [`${indent}${k}: ${v === null || (Array.isArray(v) && v.length === 0) ? '-' : text(v)}`];
    });
  return [`${indent}${text(value)}`];
};
