/** What a call answers, for tests of refusals. */
import { SelError } from '../../core/errors.ts';

/** Code of the typed error; anything else that is thrown goes through. */
export const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
  return 'nothing thrown';
};

/** The typed error itself. */
export const errorOf = (run: () => unknown): SelError => {
  try {
    run();
  } catch (e) {
    if (e instanceof SelError) return e;
    throw e;
  }
  throw new Error('nothing thrown');
};
