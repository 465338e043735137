/** The extension secret: 32 bytes inside every request of a set. Source: spec page "asrcb". */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { EXTENSION_SECRET_SIZE } from './asrcb.ts';

/** Bytes of a customer communication key. */
export const CCK_SIZE = 32;

const INFO = utf8('IBM Z Ultravisor Add-Secret');

/**
 * Extension secret derived from a CCK: HKDF-SHA-512, salt = SE header tag.
 * @param cck 32 bytes, secret @param headerTag 16 bytes @returns 32 bytes, secret @throws wrong-length
 */
export const deriveExtensionSecret = (cck: Bytes, headerTag: Bytes): Bytes => {
  if (cck.length !== CCK_SIZE) fail('wrong-length', 'CCK', `${cck.length} bytes`, `${CCK_SIZE} bytes`);
  if (headerTag.length !== 16) fail('wrong-length', 'SE header tag', `${headerTag.length} bytes`, '16 bytes');
  return hkdf(sha512, cck, headerTag, INFO, EXTENSION_SECRET_SIZE);
};
