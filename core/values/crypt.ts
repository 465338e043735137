/**
 * sha512crypt: how Linux stores passwords as `$6$`. Source: Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512" (public
 * domain), whose test vectors are in the tests. Every intermediate that depends on the password is wiped.
 */
import { sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, join, same, utf8, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';

const SIZE = 64;
const SALT_MAX = 16;
const ROUNDS = { fewest: 1000, most: 999_999_999, plain: 5000 };
/** Rounds of what is made here: some tenths of a second for whoever guesses, each time. */
export const OWN_ROUNDS = 50_000;
/** Most rounds that are calculated to check somebody else's hash, some seconds at worst. */
const CHECK_ROUNDS_MAX = 200_000;

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A hash whose parts are read. */
interface Crypt {
  readonly rounds: number;
  /** the number stands in the text */
  readonly stated: boolean;
  readonly salt: string;
}

/** SHA-512. Node's own is several times as fast as the one that runs everywhere. */
export type Sha512 = (data: Bytes) => Bytes;

/** The first `size` bytes of `unit` over and over. */
const repeated = (unit: Bytes, size: number): Bytes => Uint8Array.from({ length: size }, (_, i) => unit[i % SIZE] as number);

/** Hash of parts. They are the caller's to wipe; what joins them is wiped here. */
const hashing =
  (digest: Sha512) =>
  (...parts: Bytes[]): Bytes => {
    const joined = join(...parts);
    const out = digest(joined);
    wipe(joined);
    return out;
  };
type Hash = ReturnType<typeof hashing>;

/** The first digest: password and salt, woven with the alternate one by the bits of the password's length. */
const firstDigest = (hash: Hash, password: Bytes, salt: Bytes): Bytes => {
  const alternate = hash(password, salt, password);
  const spread = repeated(alternate, password.length);
  const parts = [password, salt, spread];
  for (let n = password.length; n > 0; n >>>= 1) parts.push(n & 1 ? alternate : password);
  const digest = hash(...parts);
  wipe(alternate, spread);
  return digest;
};

/** Sequences of password and salt that the rounds use. */
const sequences = (hash: Hash, password: Bytes, salt: Bytes, first: Bytes): { p: Bytes; s: Bytes } => {
  const dp = hash(...new Array<Bytes>(password.length).fill(password));
  const ds = hash(...new Array<Bytes>(16 + (first[0] as number)).fill(salt));
  const out = { p: repeated(dp, password.length), s: repeated(ds, salt.length) };
  wipe(dp, ds);
  return out;
};

const digestOf = (hashOnce: Sha512, password: Bytes, { rounds, salt: saltText }: Crypt): Bytes => {
  const hash = hashing(hashOnce);
  const salt = utf8(saltText);
  let digest = firstDigest(hash, password, salt);
  const { p, s } = sequences(hash, password, salt, digest);
  // one buffer for all rounds: there are many of them
  const room = new Uint8Array(2 * p.length + s.length + SIZE);
  for (let i = 0; i < rounds; i++) {
    let at = 0;
    const put = (part: Bytes): void => {
      room.set(part, at);
      at += part.length;
    };
    put(i % 2 ? p : digest);
    if (i % 3) put(s);
    if (i % 7) put(p);
    put(i % 2 ? digest : p);
    wipe(digest);
    digest = hashOnce(room.subarray(0, at));
  }
  wipe(p, s, room);
  return digest;
};

/** `count` characters of 6 bits, the lowest first. */
const characters = (value: number, count: number): string => {
  let out = '';
  for (let i = 0; i < count; i++) out += ALPHABET[(value >>> (6 * i)) & 63];
  return out;
};

/** The digest in crypt's own order and alphabet: 86 characters. */
const encoded = (d: Bytes): string => {
  let out = '';
  let [a, b, c] = [0, 21, 42];
  for (let i = 0; i < 21; i++) {
    out += characters(((d[a] as number) << 16) | ((d[b] as number) << 8) | (d[c] as number), 4);
    [a, b, c] = [b + 1, c + 1, a + 1];
  }
  return out + characters(d[63] as number, 2);
};

const prefix = (c: Crypt): string => `$6$${c.stated ? `rounds=${c.rounds}$` : ''}${c.salt}$`;
const calculate = (password: Bytes, c: Crypt, digestWith: Sha512): string => {
  const digest = digestOf(digestWith, password, c);
  const text = `${prefix(c)}${encoded(digest)}`;
  wipe(digest);
  return text;
};

/** What a setting or a whole hash says: `$6$[rounds=N$]salt[$...]`. Rounds out of range are taken as the nearest that are in it. */
const settingOf = (text: string): Crypt => {
  const m = /^\$6\$(?:rounds=(\d{1,20})\$)?([^$:\n]{0,256})/.exec(text);
  const [, rounds, salt = ''] = m ?? fail('not-recognised', 'password hash', 'another hash', '$6$, sha512crypt');
  const number = rounds === undefined ? ROUNDS.plain : Number(rounds);
  return {
    rounds: Math.min(ROUNDS.most, Math.max(ROUNDS.fewest, number)),
    stated: rounds !== undefined,
    salt: salt.slice(0, SALT_MAX),
  };
};

/**
 * The hash of a password by a setting, as crypt(3) makes it.
 * @param password its bytes: secret @throws not-recognised
 */
export const sha512crypt = (password: Bytes, setting: string, digest: Sha512 = sha512): string =>
  calculate(password, settingOf(setting), digest);

/** The hash of a password with a fresh salt of 96 bits. @param password its bytes: secret */
export const freshSha512crypt = (password: Bytes, env: Env, digest: Sha512 = sha512): string => {
  const salt = [...env.random(SALT_MAX)].map((b) => ALPHABET[b & 63]).join('');
  return calculate(password, { rounds: OWN_ROUNDS, stated: true, salt }, digest);
};

/** Whether a hash is the one of a password; undefined when that would take too long to say, or it is another kind of hash. */
export const isHashOf = (hashText: string, password: Bytes, digest: Sha512 = sha512): boolean | undefined => {
  if (!hashText.startsWith('$6$')) return undefined;
  const setting = settingOf(hashText);
  if (setting.rounds > CHECK_ROUNDS_MAX) return undefined;
  return same(utf8(calculate(password, setting, digest)), utf8(hashText));
};
