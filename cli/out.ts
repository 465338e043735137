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

export const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
export const warn = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
export const sayJson = (value: unknown): void =>
  say(JSON.stringify(value, (_, v) => (v instanceof Uint8Array ? Buffer.from(v).toString('hex') : v), 2));

/** Wrong use: one line, exit code 2. */
export const refuse = (text: string): never => {
  warn(`selwright: ${text}`);
  throw new Done(EXIT.wrongUse);
};

/** One clear line for an error, and its exit code. Stack traces are for us: SELWRIGHT_DEBUG shows them. */
export const reportError = (e: unknown, json: boolean): number => {
  if (e instanceof Done) return e.code;
  if (e instanceof SelError) {
    const { what, todo } = explain(e.code, e.facts);
    if (json) sayJson({ ok: false, error: { code: e.code, ...e.facts } });
    warn(`selwright: ${what}${todo ? ` ${todo}` : ''}`);
    return isWrongUse(e.code) ? EXIT.wrongUse : EXIT.unreadable;
  }
  if (process.env.SELWRIGHT_DEBUG) warn(String((e as Error).stack));
  warn('selwright: something went wrong inside the program (set SELWRIGHT_DEBUG=1 for details). Nothing was changed.');
  return EXIT.unreadable;
};

/** Data as indented lines: `name: value`. */
export const asLines = (value: unknown, indent = ''): string[] => {
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${indent}none`];
    return value.flatMap((v) => {
      if (typeof v !== 'object' || v === null) return [`${indent}${String(v)}`];
      const lines = asLines(v, `${indent}  `);
      return [`${indent}- ${(lines[0] ?? '').trimStart()}`, ...lines.slice(1)];
    });
  }
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([k, v]) => {
      if (typeof v === 'object' && v !== null && (!Array.isArray(v) || v.length > 0))
        return [`${indent}${k}:`, ...asLines(v, `${indent}  `)];
      return [`${indent}${k}: ${v === null || (Array.isArray(v) && v.length === 0) ? '-' : String(v)}`];
    });
  return [`${indent}${String(value)}`];
};
