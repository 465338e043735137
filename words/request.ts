/** Sentences for what is verified of a request. */
import type { RequestCheck, RequestCheckId } from '../core/request/verify.ts';

export const REQUEST_CHECK_WORDS: Record<RequestCheckId, string> = {
  magic: 'it begins as an add-secret request',
  version: 'its version is known',
  sizes: 'its sizes fit the file',
  signed: 'its user data are signed',
  'key-kind': 'the signature is of the kind of the key given',
  signature: 'the signature is of the key given',
};

/** One check as a line. */
export const requestCheckSays = (c: RequestCheck): string => {
  const outcome = c.outcome === 'passed' ? 'ok    ' : 'FAILED';
  return `${outcome} ${REQUEST_CHECK_WORDS[c.id]} (expected ${c.expected}, found ${c.found})`;
};
