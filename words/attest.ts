/** Sentences for the checks of an attestation. */
import type { AttestationCheck, AttestationCheckId, AttestationOutcome, AttestationResult } from '../core/attestation/check.ts';
import { fact, said, t } from './language.ts';

export const ATTESTATION_WORDS: Record<AttestationCheckId, { readonly about: string; readonly failure: string }> = said({
  request: {
    about: 'The response answers a request of this protection key',
    failure: 'It is an answer to another request, or the request in it was altered.',
  },
  measurement: {
    about: 'The measurement is the one of this image',
    failure: 'The response is forged or altered, or comes from another image.',
  },
  'image-host-key': {
    about: 'The image was opened with one of these host keys',
    failure: 'The guest was started on a machine that was not chosen.',
  },
  'attestation-host-key': {
    about: 'The request was opened with one of these host keys',
    failure: 'The answer comes from a machine that was not chosen.',
  },
  'user-data': { about: 'The user data is the expected one', failure: 'The guest attested other data.' },
  'secret-store': {
    about: 'The secret store holds exactly these requests, in this order',
    failure: 'A request is missing, extra, in another place or foreign.',
  },
  'lock-state': { about: 'The secret store has the expected lock state', failure: 'It has the other one, or it is not known.' },
  'firmware-state': {
    about: 'The firmware is known to be good',
    failure: 'Only a service of IBM on the internet can tell what the firmware state means.',
  },
});

export const ATTESTATION_OUTCOMES: Record<AttestationOutcome, string> = said({
  passed: 'passed',
  failed: 'FAILED',
  'not-asked': 'not asked',
  absent: 'not in the response',
  'not-checkable': 'not checkable offline',
  'not-authentic': 'not compared',
});

/** What the store hash does not say; said when it was compared. */
export const TAGS_ONLY = said(
  'The store hash covers the tags of the requests, not their contents: only a proof that the guest holds a secret of yours closes that gap.',
);

/** The measurement is no signature. */
export const VERIFIED_FOR_ME = said('Verified for the holder of the protection key only: it convinces nobody else.');

const checkLines = (c: AttestationCheck): string[] => {
  const words = ATTESTATION_WORDS[c.id];
  const details = [
    ...(c.expected === undefined ? [] : [`    ${t('expected {expected}', { expected: fact(c.expected) })}`]),
    ...(c.found === undefined ? [] : [`    ${t('found {found}', { found: fact(c.found) })}`]),
  ];
  const failed = c.outcome === 'failed' || c.outcome === 'not-checkable';
  return [`${t(words.about)}: ${t(ATTESTATION_OUTCOMES[c.outcome])}`, ...(failed ? [`    ${t(words.failure)}`] : []), ...details];
};

/** Checks as text. @param ids which of them */
export const checksText = (result: AttestationResult, ids: readonly AttestationCheckId[]): string[] =>
  result.checks.filter((c) => ids.includes(c.id)).flatMap(checkLines);
