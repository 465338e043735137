/** Passphrases of random characters. */
import { type Bytes, utf8, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';

/** 64 characters, 6 bits each, all of them safe to type on any keyboard and in any file. */
const ALPHABET = utf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
export const BITS_PER_CHARACTER = 6;

/** A generated value and how many bits of randomness it holds. */
export interface GeneratedValue {
  /** secret: wipe after use */
  readonly value: Bytes;
  readonly bits: number;
}

/** A passphrase of at least `bits` bits and `minimum` characters, one byte a character. */
export const characterPassphrase = (bits: number, minimum: number, env: Env): GeneratedValue => {
  const length = Math.max(Math.ceil(bits / BITS_PER_CHARACTER), minimum);
  const random = env.random(length);
  // 256 is a multiple of 64: taking the low six bits is not biased
  const value = random.map((b) => ALPHABET[b & 63] as number);
  wipe(random);
  return { value, bits: length * BITS_PER_CHARACTER };
};
