/** Sentences for what is verified of a request. */
import type { RequestCheck, RequestCheckId } from '../core/request/verify.ts';
import { fact, said, t } from './language.ts';

export const REQUEST_CHECK_WORDS: Record<RequestCheckId, string> = said({
  magic: 'it begins as an add-secret request',
  version: 'its version is known',
  sizes: 'its sizes fit the file',
  signed: 'its user data are signed',
  'key-kind': 'the signature is of the kind of the key given',
  signature: 'the signature is of the key given',
});

/** One check as a line. */
export const requestCheckSays = (c: RequestCheck): string => {
  const passed = t('ok');
  const failed = t('FAILED');
  const outcome = (c.outcome === 'passed' ? passed : failed).padEnd(Math.max(passed.length, failed.length));
  const facts = { expected: fact(c.expected), found: fact(c.found) };
  return `${outcome} ${t(REQUEST_CHECK_WORDS[c.id])} (${t('expected {expected}, found {found}', facts)})`;
};
