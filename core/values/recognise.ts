/** Everything there is to say about a value file before it is used: what it is, what becomes of it, which traps it is in. */
import { type Bytes, wipe } from '../bytes.ts';
import { checkPairs } from '../policy/contents.ts';
import { publicHalf, sshHostKeyOf } from '../policy/keypair.ts';
import { sshFingerprint, sshPublicLine } from '../policy/openssh.ts';
import type { KeyKind, Policy, PolicySecret } from '../policy/schema.ts';
import { quiet } from '../quiet.ts';
import { readEcPrivateKey } from '../secret/eckey.ts';
import type { SecretKind } from '../secret/kinds.ts';
import { secretOf } from '../secret/value.ts';
import { base64Size, hexSize } from './encoding.ts';
import { type FileForm, formOf, isKey } from './forms.ts';
import { type HashKind, readLogin } from './login.ts';
import { sshPublicOf } from './sshkey.ts';
import { isRaw, type Trap, trapsOf, weakTrap } from './traps.ts';

/** What is public of a key. */
export interface KeyFacts {
  /** as policies name it; null: one that no policy can ask for */
  readonly kind: KeyKind | null;
  readonly rsa: boolean;
  /** of an ssh key: as `ssh-keygen -l` prints it, and its public line */
  readonly fingerprint: string | null;
  readonly publicLine: string | null;
}

/** What is said of a login: never the hash. */
export interface LoginFacts {
  readonly user: string;
  readonly hash: HashKind;
}

/** Nothing in it is secret. */
export interface Recognised extends FileForm {
  /** in bytes; null for what a person may have typed: a passphrase's length is a hint at it */
  readonly size: number | null;
  /** bytes that the text stands for, when it is hex or Base64 */
  readonly decoded: number | null;
  readonly key: KeyFacts | null;
  readonly login: LoginFacts | null;
  /** kind of secret in the request, when it can be used as it is */
  readonly becomes: SecretKind | null;
  readonly traps: readonly Trap[];
}

/** What the policy's other entries were given, for certificates that must fit. */
export interface Beside {
  readonly policy: Policy;
  readonly publics: ReadonlyMap<string, Bytes>;
}

const sshFacts = (key: ReturnType<typeof sshHostKeyOf>): KeyFacts => ({
  kind: key.kind ?? null,
  rsa: key.type === 'ssh-rsa',
  fingerprint: sshFingerprint(key),
  publicLine: sshPublicLine(key),
});

/** Of a key in any form; fingerprints of those that OpenSSH can have. */
const factsOf = (s: PolicySecret, value: Bytes, { form }: FileForm): KeyFacts => {
  if (form === 'openssh') return sshFacts(sshHostKeyOf(value));
  const { kind = null, key } = publicHalf(value);
  if ('modulus' in key || s.purpose !== 'ssh-host-key' || kind === 'ed448')
    return { kind, rsa: 'modulus' in key, fingerprint: null, publicLine: null };
  const ec = readEcPrivateKey(value);
  const pub = sshPublicOf(ec);
  wipe(ec.key);
  return sshFacts(pub);
};

const loginFacts = (s: PolicySecret, value: Bytes): LoginFacts | null => {
  if (s.purpose !== 'admin-password') return null;
  const login = readLogin(value);
  return login.what === 'login' ? { user: login.user, hash: login.kind } : null;
};

const decodedSize = (value: Bytes, { form }: FileForm): number | undefined =>
  form === 'hex' ? hexSize(value) : form === 'base64' ? base64Size(value) : undefined;

const kindOf = (s: PolicySecret, value: Bytes): SecretKind => {
  const { kind, value: own } = secretOf(s, value);
  wipe(own);
  return kind;
};

/** Rule P12 for one value: what cannot be read is named by its own traps. */
const pairTraps = (s: PolicySecret, value: Bytes, beside: Beside | undefined): Trap[] =>
  beside === undefined
    ? []
    : checkPairs({ ...beside, values: new Map([[s.name, value]]) }).map((f) => ({
        code: 'other-certificate',
        severity: 'error',
        found: f.found ?? '',
        expected: f.expected ?? '',
        remedies: [],
      }));

/**
 * Recognises a value for a secret. Never throws.
 * @param value secret: nothing of it is in the answer but what is public of a key
 * @param bits its strength as it was generated or estimated; undefined: nobody knows, and it is not looked at
 */
export const recogniseValue = (s: PolicySecret, value: Bytes, beside?: Beside, bits?: number): Recognised => {
  const file = formOf(value);
  const weak = weakTrap(s, bits);
  const traps = [...trapsOf(s, value), ...(weak ? [weak] : []), ...pairTraps(s, value, beside)];
  const good = traps.every((t) => t.severity !== 'error');
  const typed = s.type === 'plaintext' && !isKey(file.form) && !isRaw(s);
  return {
    ...file,
    size: typed ? null : value.length,
    decoded: typed ? null : (decodedSize(value, file) ?? null),
    key: isKey(file.form) ? (quiet(() => factsOf(s, value, file)) ?? null) : null,
    login: loginFacts(s, value),
    becomes: good ? (quiet(() => kindOf(s, value)) ?? null) : null,
    traps,
  };
};
