/** The secret-store hash: what the UV attests of the list. Source: spec page "attestation". */
import { sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, join } from '../bytes.ts';

/** SHA-512(tag_1 || ... || tag_n || 01 when locked, else 00). @param tags 16 bytes each, in order of acceptance @returns 64 bytes */
export const secretStoreHash = (tags: readonly Bytes[], locked: boolean): Bytes =>
  sha512(join(...tags, new Uint8Array([locked ? 1 : 0])));
