/** Readers whose refusal is an answer too. */
import { SelError } from './errors.ts';

/** What a reader gives; undefined when it refuses with a typed error. Other errors go through. */
export const quiet = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
};
