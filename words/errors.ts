/** Sentences for core's error codes: what happened, and what to do about it. */
import type { ErrorCode, Facts } from '../core/errors.ts';
import { fact, said, t } from './language.ts';

/** An error as a person reads it. */
export interface Explained {
  /** one sentence: file, field, found, expected */
  readonly what: string;
  readonly todo?: string;
}

const TITLES: Record<ErrorCode, string> = said({
  empty: 'is empty',
  'not-recognised': 'is not what is needed here',
  'wrong-magic': 'is another kind of file',
  'wrong-version': 'has a version that is not known',
  'wrong-length': 'has the wrong length',
  'too-short': 'is cut short',
  'too-long': 'is too long',
  'bad-value': 'has a value that is not allowed',
  'bad-encoding': 'cannot be read as text of this format',
  'trailing-bytes': 'goes on behind its end',
  'missing-field': 'lacks something',
  'unknown-field': 'has a field that is not known',
  duplicate: 'says the same thing twice',
  'wrong-curve': 'has a key of the wrong kind',
  'not-on-curve': 'holds a point that is not on the curve',
  'not-found': 'was not found',
  'cannot-decrypt': 'does not open',
  'wrong-passphrase': 'does not open: either the passphrase is wrong or the file was altered, and nobody can tell which',
  encrypted: 'is protected with a passphrase',
  'bad-signature': 'has a signature that does not fit',
  'no-host-key': 'has no host key',
  limit: 'is over a limit',
  conflict: 'does not go together',
  'missing-value': 'has no value yet',
  unsupported: 'cannot be done yet',
  'bad-name': 'has a name that is not allowed',
  stopped: 'stopped before it was done',
  'io-not-found': 'does not exist',
  'io-directory': 'is a directory, not a file',
  'io-not-directory': 'is not a directory',
  'io-not-file': 'is not a regular file',
  'io-exists': 'exists already and was left as it is',
  'io-denied': 'may not be read or written',
  'io-full': 'could not be written: the disk is full',
  'io-locked': 'is open in another window or program',
  'io-changed': 'was changed by somebody else since it was opened',
  'io-failed': 'could not be read or written',
});

const TODO: Partial<Record<ErrorCode, string>> = said({
  empty: 'Choose a file that has content.',
  'not-recognised': 'Check that this is the right file.',
  'wrong-magic': 'Check that this is the right file.',
  'too-short': 'Copy the file again: part of it is missing.',
  'trailing-bytes': 'Copy the file again: something was added to it.',
  'wrong-curve': 'A host-key document has a key on the curve secp521r1. Choose the document of the machine itself.',
  'cannot-decrypt': 'It was altered, or it was made for another key.',
  'wrong-passphrase': 'Type the passphrase again. If it is right, take the backup beside the file, or an older copy.',
  'io-locked': 'Close it there first.',
  'io-changed': 'Save under another name, then look at both.',
  encrypted: 'Take the passphrase off a copy of it, for example with "openssl pkey" or "ssh-keygen -p".',
  'no-host-key': 'Choose the host-key document of at least one machine.',
  'missing-value': 'Give it a value: generate one or choose a file.',
  'bad-name': 'Choose another name.',
  stopped: 'Start it again: what was done stays done.',
  'io-exists': 'Choose another place, or remove it first.',
  'io-denied': 'Check who owns it and its permissions.',
  'io-full': 'Make room and try again: nothing was changed.',
});

/** The sentence for an error. */
export const explain = (code: ErrorCode, facts: Facts): Explained => {
  const field = fact(facts.field);
  const subject = facts.file === undefined ? capital(field) : `${facts.file}: ${field}`;
  const found = facts.found === undefined ? '' : t('found {found}', { found: fact(String(facts.found)) });
  const expected = facts.expected === undefined ? '' : t('expected {expected}', { expected: fact(String(facts.expected)) });
  const details = [found, expected].filter((x) => x !== '').join(', ');
  const todo = code === 'wrong-curve' && !facts.field.startsWith('host-key document') ? undefined : TODO[code];
  return { what: `${subject} ${t(TITLES[code])}${details === '' ? '.' : `: ${details}.`}`, ...(todo ? { todo: t(todo) } : {}) };
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Codes for what was asked, not for what was read: exit code 2 on the command line. */
const WRONG_USE: readonly ErrorCode[] = ['no-host-key', 'limit', 'conflict', 'missing-value', 'unsupported', 'bad-name'];
export const isWrongUse = (code: ErrorCode): boolean => WRONG_USE.includes(code);
