/** Hosts and key slots made once: P-521 is what costs in these formats, and properties need thousands of headers and requests. */
import fc from 'fast-check';
import { join } from '../../core/bytes.ts';
import { freshKeyPair } from '../../core/crypto/p521.ts';
import { makeKeySlot } from '../../core/request/keyslot.ts';
import { seededEnv } from './env.ts';

const env = seededEnv('slots');

export const slotHosts = [freshKeyPair(env), freshKeyPair(env)] as const;
export const strangerHost = freshKeyPair(env);
export const customer = freshKeyPair(env);
export const protectionKey = env.random(32);
export const slots = join(...slotHosts.map((h) => makeKeySlot(customer, h.publicKey, protectionKey)));

/** Arbitrary bytes of one size. */
export const bytesOf = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });
export const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

/** A copy with one bit changed. */
export const flipped = (bytes: Uint8Array, at: number, bit = 0): Uint8Array => {
  const out = bytes.slice();
  out[at] = (out[at] as number) ^ (1 << bit);
  return out;
};
