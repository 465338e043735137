/**
 * Generates values: which ways there are for a secret of a policy, and the making. Source: spec page "personalization-policy",
 * section 3. All randomness comes from Env, or for RSA keys from the function that is passed in.
 */
import { type Bytes, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import type { KeyKind, PolicySecret } from '../policy/schema.ts';
import { curveOf, curveOfPolicy } from '../secret/curves.ts';
import type { Sha512 } from './crypt.ts';
import { allowedHashes, makeLogin } from './login.ts';
import { BITS_PER_CHARACTER, characterPassphrase, type GeneratedValue } from './passphrase.ts';
import { writePkcs8 } from './pkcs8.ts';
import { generateSshKey } from './sshkey.ts';
import { newlineSize } from './trap.ts';
import { wordList, wordPassphrase, wordsFor } from './words.ts';

export const GENERATORS = ['characters', 'words', 'bytes', 'ssh-key', 'tls-key', 'login'] as const;
export type Generator = (typeof GENERATORS)[number];

/** A way to generate the value of a secret. */
export interface Way {
  readonly generator: Generator;
  /** for keys: the kinds to choose from, the best first */
  readonly keys?: readonly KeyKind[];
  /** bits unless other ones are asked for; for keys their strength depends on the kind */
  readonly bits?: number;
}

/** What is asked for. What is left out is taken from {@link waysFor}. */
export interface Choice {
  readonly generator?: Generator | undefined;
  readonly key?: KeyKind | undefined;
  readonly bits?: number | undefined;
  /** between words */
  readonly separator?: string | undefined;
  /** in an ssh key: a name people see */
  readonly comment?: string | undefined;
}

/** What the edge does: makes an RSA key, and hashes fast. */
export interface GenerateTools {
  /** a new RSA key as PKCS#8 in PEM. Secret */
  rsaKey(bits: 3072 | 4096): Promise<Bytes>;
  readonly sha512?: Sha512 | undefined;
}

/** What was made. Secret: wipe both after use. */
export interface Generated extends GeneratedValue {
  /** the clear password of a login, to be shown once: it is nowhere in the value */
  readonly clear?: Bytes;
}

const CHARACTER_BITS = 192;
const WORD_BITS = 128;
const LOGIN_BITS = 96;
const BITS_MAX = 1024;
export const SEPARATOR = '-';

/** Strength of a key in bits, by NIST SP 800-57 part 1. */
const STRENGTH: Record<KeyKind, number> = {
  ed25519: 128,
  ed448: 224,
  'ec-p256': 128,
  'ec-p384': 192,
  'ec-p521': 256,
  'rsa-3072': 128,
  'rsa-4096': 128,
};

const SSH_KINDS: readonly KeyKind[] = ['ed25519', 'ec-p256', 'ec-p384', 'ec-p521'];
const TLS_KINDS: readonly KeyKind[] = ['ec-p256', 'ec-p384', 'ec-p521', 'ed25519', 'rsa-3072', 'rsa-4096'];
const EC_KINDS: readonly KeyKind[] = ['ec-p256', 'ec-p384', 'ec-p521', 'ed25519', 'ed448'];

/** Bytes a generated value of random bytes has. */
const sizeOf = (s: PolicySecret): number => {
  if (s.type === 'aes-xts' || s.type === 'hmac') return (s.constraints.bits?.[0] ?? 512) / 8;
  if (s.type === 'aes') return (s.constraints.bits?.[0] ?? 256) / 8;
  return s.constraints.bytes ?? (s.purpose === 'report-authentication' ? 64 : 32);
};

/** Those of `able` that the policy allows. */
const keysOf = (s: PolicySecret, able: readonly KeyKind[]): readonly KeyKind[] =>
  s.constraints.key === undefined ? able : s.constraints.key.filter((k) => able.includes(k));

const bytesWay = (s: PolicySecret): Way => ({ generator: 'bytes', bits: 8 * sizeOf(s) });
const keyWay = (generator: 'ssh-key' | 'tls-key', keys: readonly KeyKind[]): Way[] =>
  keys.length === 0 ? [] : [{ generator, keys }];

const floorOf = (s: PolicySecret): number => s.constraints['min-entropy-bits'] ?? 0;

/**
 * Bits over the floor: one day nobody knows any more how a passphrase was made, and an estimate (strength.ts) takes off what looks
 * like words in it. Of 18,000 of 192 bits eight were told to have less, one of them less than 185.
 */
const MARGIN = 32;
const overFloor = (s: PolicySecret): number => Math.max(floorOf(s), Math.min(BITS_MAX, floorOf(s) + MARGIN));

/** Passphrases end before 1024 bits: no guesser gets anywhere near, and a person might have to type it. Of a size that is set, words are none. */
const passphraseWays = (s: PolicySecret): Way[] =>
  s.constraints.bytes !== undefined
    ? [{ generator: 'characters', bits: BITS_PER_CHARACTER * s.constraints.bytes }]
    : [
        { generator: 'characters', bits: Math.max(CHARACTER_BITS, overFloor(s)) },
        { generator: 'words', bits: Math.max(WORD_BITS, floorOf(s)) },
      ];

/** Every way to generate a secret's value, the usual one first; none when its value has to come from a file or a keyboard. */
export const waysFor = (s: PolicySecret): Way[] => {
  if (!s.source.includes('generate')) return [];
  switch (s.purpose) {
    case 'luks-root-passphrase':
    case 'luks-data-passphrase':
      return passphraseWays(s);
    case 'app-config':
      return s.constraints.bytes === undefined || s.constraints.charset === 'printable-ascii' ? passphraseWays(s) : [bytesWay(s)];
    case 'ssh-host-key':
      return keyWay('ssh-key', keysOf(s, SSH_KINDS));
    case 'tls-service-key':
      return keyWay('tls-key', keysOf(s, s.type === 'ec' ? EC_KINDS : TLS_KINDS));
    case 'admin-password':
      return allowedHashes(s).includes('sha512crypt') ? [{ generator: 'login', bits: Math.max(LOGIN_BITS, floorOf(s)) }] : [];
    default:
      return [bytesWay(s)];
  }
};

/** The way that is asked for, or the usual one. @throws unsupported */
const wayOf = (s: PolicySecret, { generator, key }: Choice): Way => {
  const ways = waysFor(s);
  const way =
    ways.find((w) => generator === undefined || w.generator === generator) ??
    fail('unsupported', s.name, `generating a value of purpose ${s.purpose}`, 'a value from a file');
  if (key !== undefined && !way.keys?.includes(key)) fail('unsupported', s.name, `a key of kind ${key}`, way.keys?.join(' or '));
  return way;
};

/** Bits that are asked for, at least what the policy demands. @throws bad-value */
const bitsOf = (s: PolicySecret, way: Way, { bits = way.bits ?? 0 }: Choice): number => {
  if (!Number.isInteger(bits) || bits < 1 || bits > BITS_MAX) fail('bad-value', `${s.name}, bits`, bits, `1 to ${BITS_MAX}`);
  return Math.max(bits, floorOf(s));
};

const isRsa = (k: KeyKind): k is 'rsa-3072' | 'rsa-4096' => k === 'rsa-3072' || k === 'rsa-4096';

/** A key on a curve, as the secret's file. */
const curveKey = (s: PolicySecret, generator: Generator, kind: KeyKind, comment: string, env: Env): GeneratedValue => {
  const curve = curveOfPolicy(kind) ?? fail('unsupported', s.name, `generating a key of kind ${kind} here`, 'another kind');
  const bits = STRENGTH[kind];
  if (generator === 'ssh-key') return { value: generateSshKey(curve.kind, comment, env), bits };
  const key = curveOf(curve.kind).fresh(env);
  const value = writePkcs8({ kind: curve.kind, key });
  wipe(key);
  return { value, bits };
};

/** Characters for so many bits, or as many as the policy sets. */
const freshCharacters = (s: PolicySecret, way: Way, c: Choice, env: Env): GeneratedValue => {
  const { bytes, 'min-bytes': minimum = 0 } = s.constraints;
  return bytes === undefined
    ? characterPassphrase(bitsOf(s, way, c), minimum, env)
    : characterPassphrase(BITS_PER_CHARACTER * bytes, bytes, env);
};

/** Random bytes. One in 256 ends with a line feed: where the policy forbids that, others are drawn. */
const freshBytes = (s: PolicySecret, env: Env): Bytes => {
  for (;;) {
    const value = env.random(sizeOf(s));
    if (s.constraints['trailing-newline'] !== 'forbidden' || newlineSize(value) === 0) return value;
    wipe(value);
  }
};

/** What needs neither a list nor the edge; undefined for the other ways. */
const makeAtOnce = (s: PolicySecret, way: Way, c: Choice, env: Env): Generated | undefined => {
  switch (way.generator) {
    case 'characters':
      return freshCharacters(s, way, c, env);
    case 'bytes':
      return { value: freshBytes(s, env), bits: 8 * sizeOf(s) };
    case 'ssh-key':
    case 'tls-key': {
      const kind = c.key ?? way.keys?.find((k) => !isRsa(k)) ?? way.keys?.[0];
      return kind === undefined || isRsa(kind) ? undefined : curveKey(s, way.generator, kind, c.comment ?? s.name, env);
    }
    default:
      return undefined;
  }
};

const makeLater = async (s: PolicySecret, way: Way, c: Choice, env: Env, tools: GenerateTools): Promise<Generated> => {
  switch (way.generator) {
    case 'words': {
      const list = await wordList();
      const count = wordsFor(bitsOf(s, way, c), s.constraints['min-bytes'] ?? 0, list);
      return wordPassphrase(count, c.separator ?? SEPARATOR, list, env);
    }
    case 'login': {
      const { value: clear, bits } = characterPassphrase(bitsOf(s, way, c), s.constraints['min-bytes'] ?? 0, env);
      return { value: makeLogin(s, clear, env, tools.sha512), bits, clear };
    }
    default: {
      const kind = c.key ?? way.keys?.[0];
      if (kind === undefined || !isRsa(kind))
        return fail('unsupported', s.name, `generating it as ${way.generator}`, 'another way');
      return { value: await tools.rsaKey(kind === 'rsa-4096' ? 4096 : 3072), bits: STRENGTH[kind] };
    }
  }
};

/**
 * Generates a value as it was asked for.
 * @throws unsupported for what the policy or the program does not allow; bad-value for bits or a separator that cannot be
 */
export const generate = async (s: PolicySecret, c: Choice, env: Env, tools: GenerateTools): Promise<Generated> => {
  const way = wayOf(s, c);
  return makeAtOnce(s, way, c, env) ?? (await makeLater(s, way, c, env, tools));
};

/** Whether {@link generateAtOnce} can make it. */
export const canGenerateAtOnce = (s: PolicySecret): boolean => {
  const [way] = waysFor(s);
  if (way === undefined || way.generator === 'login') return false;
  return way.keys === undefined || way.keys.some((k) => !isRsa(k));
};

/** Generates a value in the usual way. @throws unsupported for logins, whose password a person must see, and RSA keys alone */
export const generateAtOnce = (s: PolicySecret, env: Env): GeneratedValue =>
  makeAtOnce(s, wayOf(s, {}), {}, env) ??
  fail('unsupported', s.name, `generating a value of purpose ${s.purpose}`, 'a value from a file');
