/** The policy reference in the user data of a request. Source: spec page "generic-guest", section 2.2: SHA-256, whatever the manuals say. */
import { sha256 } from '@noble/hashes/sha2.js';
import { allZero, type Bytes, fromUtf8, padRight, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { bytesField, layout } from '../layout.ts';

/** Longest name we write, in bytes: a file name that every file system takes. */
export const REFERENCE_NAME_MAX = 255;

export const policyReference = layout('policy reference', 'generic-guest', 512, [
  bytesField('hash', 32, 'SHA-256 of the policy file'),
  bytesField('name', 480, 'file name, UTF-8, padded with NULs'),
]);

/** A name that a guest can find: no directory, no `..`, at most 255 bytes. @throws bad-name */
export const checkReferenceName = (name: string): void => {
  if (name === '' || name.includes('/') || name.includes('..') || name.includes('\0') || utf8(name).length > REFERENCE_NAME_MAX)
    fail('bad-name', 'policy reference', name.slice(0, 80), 'a bare file name without .., at most 255 bytes');
};

/** The 512 bytes that refer to a policy file. @param name a bare file name @throws bad-name */
export const makeReference = (name: string, content: Bytes): Bytes => {
  checkReferenceName(name);
  return policyReference.write({ hash: sha256(content), name: padRight(utf8(name), 480, 'policy reference, name') });
};

export interface Reference {
  readonly hash: Bytes;
  readonly name: string;
}

/**
 * Reads a reference as the guest's tool does: undefined when all of the user data is zero.
 * @throws bad-encoding for a name that is not UTF-8
 */
export const readReference = (userData: Bytes): Reference | undefined => {
  if (allZero(userData)) return undefined;
  const r = policyReference.read(userData);
  return { hash: r.hash, name: fromUtf8(r.name, 'policy reference, name').replace(/^\0+|\0+$/g, '') };
};
