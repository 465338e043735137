/** Sentences for the ultravisor's return codes. Source: spec page "secrets". */
import { ADD_RC, ATTEST_RC, LOCK_RC, RC_OK, RETRIEVE_RC, type UvCall } from '../core/uvsim/codes.ts';
import { said, t } from './language.ts';

const ADD: Record<keyof typeof ADD_RC, string> = said({
  storeNotModifiable: 'the secret store may not be modified',
  locked: 'the secret store is locked',
  accessException: 'the request could not be read from memory',
  version: 'the request has a version this machine does not know',
  size: 'the request has a wrong size',
  hostKeys: 'the request has a wrong number of host keys',
  flags: 'the request has flags this machine does not know',
  cannotDecrypt: 'the request does not open here: made for another machine or another image, or altered',
  unsupportedSecret: 'this kind of secret is not supported',
  secretLength: 'the length does not fit this kind of secret',
  storeFull: 'the secret store is full',
  unableToAdd: 'it may not be added: another extension secret, another configuration UID, or not allowed by the image',
  dumpRunning: 'a dump is being taken',
});

const LOCK: Record<keyof typeof LOCK_RC, string> = said({
  storeNotModifiable: 'the secret store may not be modified',
  alreadyLocked: 'it was locked already',
});

const RETRIEVE: Record<keyof typeof RETRIEVE_RC, string> = said({
  bufferTooSmall: 'the buffer is too small',
  accessException: 'the buffer could not be reached',
  storeEmpty: 'the secret store is empty',
  noSuchIndex: 'there is no secret with this index',
  notRetrievable: 'this secret cannot be retrieved',
});

const ATTEST: Record<keyof typeof ATTEST_RC, string> = said({
  userDataTooLong: 'the user data is over 256 bytes',
  version: 'the request has a version this machine does not know',
  length: 'the request has a wrong length',
  keySlots: 'the request has a wrong number of key slots',
  encryptedSize: 'the encrypted area has a wrong size',
  flags: 'the request has flags this machine does not know',
  algorithm: 'the measurement algorithm is not known',
  cannotDecrypt: 'the request does not open here',
  measurementBufferTooSmall: 'the buffer for the measurement is too small',
  additionalBufferTooSmall: 'the buffer for the additional data is too small',
});

const byCode = <K extends string>(
  codes: Record<K, number>,
  words: Record<K, string>,
  good: string,
): ReadonlyMap<number, string> =>
  new Map([[RC_OK, good], ...(Object.keys(codes) as K[]).map((k): [number, string] => [codes[k], words[k]])]);

const WORDS: Record<UvCall, ReadonlyMap<number, string>> = {
  add: byCode(ADD_RC, ADD, said('accepted')),
  lock: byCode(LOCK_RC, LOCK, said('locked')),
  retrieve: byCode(RETRIEVE_RC, RETRIEVE, said('retrieved')),
  attest: byCode(ATTEST_RC, ATTEST, said('attested')),
};

/** What a return code means, or a plain statement that it is not known. */
export const uvSays = (call: UvCall, rc: number): string => t(WORDS[call].get(rc) ?? 'a return code that is not documented');
