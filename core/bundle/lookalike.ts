/**
 * Requests that look like somebody else's: other content, another key, and the same 16-byte tag. A GCM tag does not commit to its
 * key, and a request has room that nobody but another host looks at. Source: spec pages "retrieval-report" section 3a,
 * "generic-guest" section 7.3. It is here so that the attack can be rehearsed, and seen to be caught by the report's MAC.
 */
import { ecb } from '@noble/ciphers/aes.js';
import { type Bytes, same } from '../bytes.ts';
import { TAG_SIZE } from '../crypto/gcm.ts';
import { freshKeyPair } from '../crypto/p521.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { EXTENSION_SECRET_SIZE, keySlot, requestHeader } from '../request/asrcb.ts';
import { buildRequest, freshRequestKeys, wipeRequestKeys } from '../request/build.ts';
import type { ParsedRequest } from '../request/parse.ts';
import type { Secret } from '../secret/secret.ts';

const BLOCK = 16;
/** x^128 + x^7 + x^2 + x + 1 as GHASH orders bits: the highest bit of a block is the coefficient of x^0. */
const REDUCTION = 0xe1n << 120n;

const toField = (b: Bytes): bigint => b.reduce((n, byte) => (n << 8n) | BigInt(byte), 0n);
const fromField = (n: bigint): Bytes => Uint8Array.from({ length: BLOCK }, (_, i) => Number((n >> BigInt(8 * (15 - i))) & 0xffn));

const multiply = (a: bigint, b: bigint): bigint => {
  let product = 0n;
  let v = b;
  for (let i = 127n; i >= 0n; i--) {
    if ((a >> i) & 1n) product ^= v;
    v = v & 1n ? (v >> 1n) ^ REDUCTION : v >> 1n;
  }
  return product;
};

/** 1 / a: a to the power 2^128 - 2. */
const inverse = (a: bigint): bigint => {
  let square = a;
  let result = 1n << 127n;
  for (let i = 0; i < 127; i++) {
    square = multiply(square, square);
    result = multiply(result, square);
  }
  return result;
};

const xor = (a: Bytes, b: Bytes): Bytes => a.map((x, i) => x ^ (b[i] as number));
const blocks = (size: number): number => Math.ceil(size / BLOCK);

/**
 * Changes one block of authenticated data so that the tag becomes another.
 * @param message authenticated data, then ciphertext, then its right tag @param aadSize bytes of authenticated data
 * @param at offset of a block inside the authenticated data, a multiple of 16 @param wanted 16 bytes
 * @param key AES-256 key of the message
 */
const steerTag = (message: Bytes, aadSize: number, at: number, wanted: Bytes, key: Bytes): Bytes => {
  const hashKey = toField(ecb(key, { disablePadding: true }).encrypt(new Uint8Array(BLOCK)));
  // each block is multiplied by the hash key once for every block from it on, the one with the lengths included
  const behind = blocks(aadSize) - at / BLOCK + blocks(message.length - TAG_SIZE - aadSize) + 1;
  const delta = toField(xor(message.slice(-TAG_SIZE), wanted));
  const step = inverse(hashKey);
  let change = delta;
  for (let i = 0; i < behind; i++) change = multiply(change, step);
  const out = message.slice();
  out.set(xor(message.slice(at, at + BLOCK), fromField(change)), at);
  out.set(wanted, out.length - TAG_SIZE);
  return out;
};

/** What the maker of a look-alike knows: public things, and what is its own. */
export interface LookalikeInput {
  /** public keys of the original's hosts, 160 bytes each: the slot of one that the guest does not run on is spoilt */
  readonly hostKeys: readonly Bytes[];
  /** public key of the host the guest will run on, 160 bytes */
  readonly host: Bytes;
  /** the request to imitate */
  readonly original: ParsedRequest;
  /** what it shall hold instead: of the same kind */
  readonly secret: Secret;
  /** the maker's own, 32 bytes: it does not know the tenant's */
  readonly extensionSecret: Bytes;
}

/** A request with the tag of the original that opens on one host and holds something else. */
export const makeLookalike = (input: LookalikeInput, env: Env): Bytes => {
  const { original, host, secret } = input;
  if (secret.value.length !== original.secretLength)
    fail('wrong-length', 'look-alike', `${secret.value.length} bytes`, `${original.secretLength} bytes`);
  const others = input.hostKeys.filter((k) => !same(k, host));
  const hostKeys = [host, ...(others.length > 0 ? others : [freshKeyPair(env).publicKey])];
  const keys = freshRequestKeys(env);
  try {
    const request = buildRequest(
      {
        hostKeys,
        image: original.image,
        secret,
        extensionSecret: input.extensionSecret,
        flags: original.flags,
        userData: original.userDataKind === 'none' ? undefined : { kind: 'unsigned', bytes: original.userData },
      },
      keys,
    );
    const aadSize = request.length - TAG_SIZE - secret.value.length - EXTENSION_SECRET_SIZE;
    // the second slot is another host's: what is wrapped there is looked at on that host only
    const wrapped = requestHeader.size + keySlot.size + keySlot.offset('wrapped');
    return steerTag(request, aadSize, Math.ceil(wrapped / BLOCK) * BLOCK, original.tag, keys.protectionKey);
  } finally {
    wipeRequestKeys(keys);
  }
};
