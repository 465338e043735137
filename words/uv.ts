/** Sentences for the ultravisor's return codes. Source: spec page "secrets". */
import type { UvCall } from '../core/uvsim/codes.ts';

const WORDS: Record<UvCall, Record<number, string>> = {
  add: {
    1: 'accepted',
    257: 'the secret store may not be modified',
    258: 'the secret store is locked',
    259: 'the request could not be read from memory',
    260: 'the request has a version this machine does not know',
    261: 'the request has a wrong size',
    262: 'the request has a wrong number of host keys',
    263: 'the request has flags this machine does not know',
    264: 'the request does not open here: made for another machine or another image, or altered',
    265: 'this kind of secret is not supported',
    266: 'the length does not fit this kind of secret',
    267: 'the secret store is full',
    268: 'it may not be added: another extension secret, another configuration UID, or not allowed by the image',
    269: 'a dump is being taken',
  },
  lock: { 1: 'locked', 257: 'the secret store may not be modified', 258: 'it was locked already' },
  retrieve: {
    1: 'retrieved',
    9: 'the buffer is too small',
    258: 'the buffer could not be reached',
    271: 'the secret store is empty',
    272: 'there is no secret with this index',
    273: 'this secret cannot be retrieved',
  },
  attest: {
    1: 'attested',
    258: 'the user data is over 256 bytes',
    262: 'the request has a version this machine does not know',
    263: 'the request has a wrong length',
    264: 'the request has a wrong number of key slots',
    265: 'the encrypted area has a wrong size',
    266: 'the request has flags this machine does not know',
    267: 'the measurement algorithm is not known',
    268: 'the request does not open here',
    269: 'the buffer for the measurement is too small',
    270: 'the buffer for the additional data is too small',
  },
};

/** What a return code means, or a plain statement that it is not known. */
export const uvSays = (call: UvCall, rc: number): string => WORDS[call][rc] ?? 'a return code that is not documented';
