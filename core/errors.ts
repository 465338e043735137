/**
 * The closed set of things that can be wrong, with the data that explains them.
 * No sentence for people is made here: that is `words/errors.ts`. No fact may ever hold a secret value.
 */

/** Every error code of core. `words/errors.ts` has one sentence for each, checked by the compiler. */
export const ERROR_CODES = [
  // what was read is not what it should be (exit code 3)
  'empty',
  'not-recognised',
  'wrong-magic',
  'wrong-version',
  'wrong-length',
  'too-short',
  'too-long',
  'bad-value',
  'bad-encoding',
  'trailing-bytes',
  'missing-field',
  'unknown-field',
  'duplicate',
  'wrong-curve',
  'not-on-curve',
  'not-found',
  'cannot-decrypt',
  'wrong-passphrase',
  'encrypted',
  'bad-signature',
  // what was asked for cannot be done (exit code 2)
  'no-host-key',
  'limit',
  'conflict',
  'missing-value',
  'unsupported',
  'bad-name',
  // what was being done ended before it was done (exit code 3)
  'stopped',
  // files, at the edge (exit code 3)
  'io-not-found',
  'io-directory',
  'io-not-directory',
  'io-not-file',
  'io-exists',
  'io-denied',
  'io-full',
  'io-locked',
  'io-changed',
  'io-failed',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Data of an error. All of it is shown to people, so none of it may be secret. */
export interface Facts {
  /** the file, as the user named it; added at the edge by {@link inFile} */
  readonly file?: string | undefined;
  /** what was being read: a format, or a field of one */
  readonly field: string;
  /** what was found, in short; never the content of a secret */
  readonly found?: string | undefined;
  /** what was expected */
  readonly expected?: string | undefined;
}

/** The one error class of core: a code and its facts. */
export class SelError extends Error {
  readonly code: ErrorCode;
  readonly facts: Facts;
  constructor(code: ErrorCode, facts: Facts) {
    super(`${code}: ${JSON.stringify(facts)}`);
    this.name = 'SelError';
    this.code = code;
    this.facts = facts;
  }
}

/** Throws; an expression, so that it can stand behind `??`. */
export const fail = (code: ErrorCode, field: string, found?: string | number, expected?: string | number): never => {
  throw new SelError(code, {
    field,
    found: found === undefined ? undefined : String(found),
    expected: expected === undefined ? undefined : String(expected),
  });
};

/** Runs `read` and adds the file's name to whatever typed error comes out of it. */
export const inFile = <T>(file: string, read: () => T): T => {
  try {
    return read();
  } catch (e) {
    if (e instanceof SelError && e.facts.file === undefined) throw new SelError(e.code, { ...e.facts, file });
    throw e;
  }
};
