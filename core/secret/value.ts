/** Values of a policy's secrets: which are generated, what they must satisfy, what they become. Spec page "personalization-policy", section 3. */
import { type Bytes, same, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import type { Finding } from '../findings.ts';
import type { PolicySecret } from '../policy/schema.ts';
import { isHashOf, type Sha512 } from '../values/crypt.ts';
import { canGenerateAtOnce, type Generator, generateAtOnce, waysFor } from '../values/generate.ts';
import { readLogin } from '../values/login.ts';
import type { GeneratedValue } from '../values/passphrase.ts';
import { trapFinding, trapsOf, weakTrap } from '../values/traps.ts';
import { readEcPrivateKey } from './eckey.ts';
import { kindForSize, type SecretKind } from './kinds.ts';
import { hashedId, makeSecret, type Secret } from './secret.ts';

export type { GeneratedValue } from '../values/passphrase.ts';

/** The usual generator of a secret, or undefined when its value cannot be made without asking or waiting. */
export const generatorFor = (s: PolicySecret): Generator | undefined =>
  canGenerateAtOnce(s) ? waysFor(s)[0]?.generator : undefined;

/** Makes a value in the usual way. @throws unsupported when there is no such generator for this secret */
export const generateValue = (s: PolicySecret, env: Env): GeneratedValue => generateAtOnce(s, env);

/**
 * What is wrong with a value (rule P10): all of it, without a word of its content.
 * @param bits its strength as it was generated or estimated; undefined: nobody knows, and it is not looked at
 */
export const checkValue = (s: PolicySecret, value: Bytes, bits?: number): Finding[] => {
  const weak = weakTrap(s, bits);
  return [...trapsOf(s, value), ...(weak ? [weak] : [])].map((t) => trapFinding(t, s.name));
};

const isPassphrase = ({ purpose }: PolicySecret): boolean =>
  purpose === 'luks-root-passphrase' || purpose === 'luks-data-passphrase';

/** Answers that took long: the same value against the same hash, by the very arrays. */
const compared = new WeakMap<Bytes, WeakMap<Bytes, boolean>>();

/** Whether a value is the password of a login. */
const isPasswordOf = (login: Bytes, value: Bytes, digest: Sha512 | undefined): boolean => {
  const read = readLogin(login);
  if (read.what !== 'login') return false;
  const ofLogin = compared.get(login) ?? new WeakMap<Bytes, boolean>();
  compared.set(login, ofLogin);
  const known = ofLogin.get(value) ?? isHashOf(read.hash, value, digest) === true;
  ofLogin.set(value, known);
  return known;
};

const usedTwice = (subject: string, found: string): Finding => ({
  rule: 'P11',
  severity: 'error',
  subject,
  found,
  expected: 'a value of its own',
});

/** A disk's passphrase that is an administrator's password too: whoever sees the one has the other. */
const passwordsUsedTwice = (
  values: ReadonlyMap<string, Bytes>,
  secrets: readonly PolicySecret[],
  digest: Sha512 | undefined,
): Finding[] => {
  const of = (which: (s: PolicySecret) => boolean) =>
    secrets.filter(which).flatMap(({ name }) => {
      const value = values.get(name);
      return value ? [{ name, value }] : [];
    });
  const logins = of((s) => s.purpose === 'admin-password');
  return of(isPassphrase).flatMap((p) =>
    logins.filter((l) => isPasswordOf(l.value, p.value, digest)).map((l) => usedTwice(p.name, `the password of ${l.name}`)),
  );
};

/**
 * One value used for two secrets (rule P11).
 * @param secrets the policy's, to compare passphrases with passwords too, of which only hashes are there: that takes a moment
 * @param digest a fast SHA-512 for it
 */
export const checkReuse = (
  values: ReadonlyMap<string, Bytes>,
  secrets: readonly PolicySecret[] = [],
  digest?: Sha512,
): Finding[] => {
  const all = [...values];
  const alike = all.flatMap(([name, value], i) => {
    const earlier = all.slice(0, i).find(([, v]) => v.length > 0 && same(v, value));
    return earlier ? [usedTwice(name, `the value of ${earlier[0]}`)] : [];
  });
  return [...alike, ...passwordsUsedTwice(values, secrets, digest)];
};

const kindOf = (type: Exclude<PolicySecret['type'], 'ec'>, size: number, name: string): SecretKind => {
  switch (type) {
    case 'plaintext':
    case 'association':
    case 'update-cck':
      return type;
    default:
      return kindForSize(type, size, name);
  }
};

/**
 * The secret that goes into the request. The value of an EC secret is a key file.
 * @throws wrong-length, too-long; for EC what readEcPrivateKey throws
 */
export const secretOf = ({ name, type }: PolicySecret, value: Bytes): Secret => {
  if (type === 'ec') {
    const { kind, key } = readEcPrivateKey(value);
    const secret = makeSecret(kind, key, hashedId(name), name);
    wipe(key);
    return secret;
  }
  const kind = kindOf(type, value.length, name);
  return makeSecret(kind, value, kind === 'update-cck' ? undefined : hashedId(name), name);
};
