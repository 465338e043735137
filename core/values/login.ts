/**
 * The value of an administrator's login: one line `user:hash`, as `chpasswd -e` takes it. The hash is made here, so that the clear
 * password never leaves. yescrypt hashes made elsewhere are taken; here only sha512crypt is made.
 */
import { type Bytes, fromUtf8, utf8 } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail, SelError } from '../errors.ts';
import type { PolicySecret } from '../policy/schema.ts';
import { freshSha512crypt, type Sha512 } from './crypt.ts';

export const HASH_KINDS = ['yescrypt', 'sha512crypt'] as const;
export type HashKind = (typeof HASH_KINDS)[number];

const HASHES: Record<HashKind, RegExp> = {
  yescrypt: /^\$y\$[./0-9A-Za-z]{2,16}\$[./0-9A-Za-z]{1,86}\$[./0-9A-Za-z]{43}$/,
  sha512crypt: /^\$6\$(?:rounds=\d{1,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}$/,
};
/** Hashes of other kinds, alone or behind a user name. */
const OTHER_HASH = /^(?:[a-z_][a-z0-9_-]{0,31}:)?\$[0-9a-z]{1,8}\$\S{8,}$/;
const PASSWORD_MAX = 512;

/** A value that was read: a login, or what it lacks to be one. */
export type ReadLogin =
  | { readonly what: 'login'; readonly user: string; readonly hash: string; readonly kind: HashKind }
  /** the hash stands alone */
  | { readonly what: 'bare-hash'; readonly hash: string; readonly kind: HashKind }
  | { readonly what: 'other-hash' }
  /** anything else: most likely the password itself */
  | { readonly what: 'clear' };

const kindOf = (hash: string): HashKind | undefined => HASH_KINDS.find((k) => HASHES[k].test(hash));

/** Reads a value. One line feed at the end does no harm: it ends the line. */
export const readLogin = (value: Bytes): ReadLogin => {
  let text: string;
  try {
    text = fromUtf8(value, 'login').replace(/\r?\n$/, '');
  } catch (e) {
    if (e instanceof SelError) return { what: 'clear' };
    throw e;
  }
  const bare = kindOf(text);
  if (bare) return { what: 'bare-hash', hash: text, kind: bare };
  const colon = text.indexOf(':');
  const [user, hash] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)];
  const kind = colon < 0 ? undefined : kindOf(hash);
  if (kind) return { what: 'login', user, hash, kind };
  return { what: OTHER_HASH.test(text) ? 'other-hash' : 'clear' };
};

/** The user a policy says the login is for. */
export const loginUser = (s: PolicySecret): string | undefined =>
  s.constraints.user ?? (s.apply.kind === 'password-hash' ? s.apply.user : undefined);

/** The kinds of hash a policy takes. */
export const allowedHashes = (s: PolicySecret): readonly HashKind[] => s.constraints.hash ?? HASH_KINDS;

/**
 * Makes the value of a login from its clear password, which stays the caller's to wipe.
 * @throws unsupported when the policy takes yescrypt only; missing-value without a user; empty, too-long, bad-value for a password
 * that cannot be typed
 */
export const makeLogin = (s: PolicySecret, password: Bytes, env: Env, digest?: Sha512): Bytes => {
  if (!allowedHashes(s).includes('sha512crypt'))
    fail(
      'unsupported',
      s.name,
      'making a yescrypt hash',
      'a line made with "mkpasswd -m yescrypt", or sha512crypt in the policy',
    );
  const user = loginUser(s) ?? fail('missing-value', `${s.name}, user`, 'none', 'a user name in the policy');
  if (password.length === 0) fail('empty', s.name, 'no character', 'a password');
  if (password.length > PASSWORD_MAX) fail('too-long', s.name, `${password.length} bytes`, `at most ${PASSWORD_MAX} bytes`);
  if (password.some((b) => b < 0x20 || b === 0x7f)) fail('bad-value', s.name, 'a control character', 'characters one can type');
  return utf8(`${user}:${freshSha512crypt(password, env, digest)}`);
};

/** The value of a login whose hash was given alone. @throws missing-value without a user in the policy */
export const addUser = (s: PolicySecret, hash: string): Bytes =>
  utf8(`${loginUser(s) ?? fail('missing-value', `${s.name}, user`, 'none', 'a user name in the policy')}:${hash}`);
