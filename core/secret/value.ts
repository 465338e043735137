/** Values of a policy's secrets: what they must satisfy, how they are generated, what they become. Spec page "personalization-policy", section 3. */
import { type Bytes, same, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail, SelError } from '../errors.ts';
import type { Finding } from '../findings.ts';
import type { PolicySecret } from '../policy/schema.ts';
import { readEcPrivateKey } from './eckey.ts';
import { kindForSize, PLAINTEXT_MAX, type SecretKind } from './kinds.ts';
import { hashedId, makeSecret, type Secret } from './secret.ts';

/** 64 characters, 6 bits each, all of them safe to type on any keyboard and in any file. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BITS_PER_CHARACTER = 6;
const PASSPHRASE_BITS = 192;

/** Which generator fits a secret, or undefined when its values cannot be made by random bytes alone. */
export const generatorFor = (s: PolicySecret): 'passphrase' | 'bytes' | undefined => {
  if (!s.source.includes('generate')) return undefined;
  if (s.purpose === 'luks-root-passphrase' || s.purpose === 'luks-data-passphrase') return 'passphrase';
  const random: readonly PolicySecret['purpose'][] = [
    'luks-root-key',
    'luks-data-key',
    'cck',
    'hsm-association',
    'report-authentication',
  ];
  return random.includes(s.purpose) ? 'bytes' : undefined;
};

/** Bytes a generated value of random bytes has. */
const generatedSize = (s: PolicySecret): number => {
  if (s.type === 'aes-xts') return (s.constraints.bits?.[0] ?? 512) / 8;
  if (s.type === 'hmac') return (s.constraints.bits?.[0] ?? 512) / 8;
  return s.constraints.bytes ?? (s.purpose === 'report-authentication' ? 64 : 32);
};

/** A generated value and how many bits of randomness it holds. */
export interface GeneratedValue {
  /** secret: wipe after use */
  readonly value: Bytes;
  readonly bits: number;
}

/** Makes a value. @throws unsupported when there is no generator for this secret */
export const generateValue = (s: PolicySecret, env: Env): GeneratedValue => {
  const generator =
    generatorFor(s) ?? fail('unsupported', s.name, `generating a value of purpose ${s.purpose}`, 'a value from a file');
  if (generator === 'passphrase') {
    const wanted = Math.max(PASSPHRASE_BITS, s.constraints['min-entropy-bits'] ?? 0);
    const length = Math.max(Math.ceil(wanted / BITS_PER_CHARACTER), s.constraints['min-bytes'] ?? 0);
    const random = env.random(length);
    // 256 is a multiple of 64: taking the low six bits is not biased
    const value = random.map((b) => ALPHABET.charCodeAt(b & 63));
    wipe(random);
    return { value, bits: length * BITS_PER_CHARACTER };
  }
  const size = generatedSize(s);
  return { value: env.random(size), bits: size * 8 };
};

/** Ends in a line feed, with or without a carriage return: what an editor leaves. */
const endsInNewline = (v: Bytes): boolean => v.length > 0 && v[v.length - 1] === 0x0a;

const LUKS_PASSPHRASE = { min: 20, max: 512 };

/** What is wrong with a value (rule P10): all of it, without a word of its content. */
export const checkValue = (s: PolicySecret, value: Bytes): Finding[] => {
  const findings: Finding[] = [];
  const say = (found: string, expected: string) =>
    findings.push({ rule: 'P10', severity: 'error', subject: s.name, found, expected });
  const c = s.constraints;
  const size = value.length;
  const passphrase = s.purpose === 'luks-root-passphrase' || s.purpose === 'luks-data-passphrase';
  const newline = endsInNewline(value) && s.type === 'plaintext';

  if (s.type === 'ec') return checkEcKey(s, value);
  if (s.type === 'aes-xts' && size !== 32 && size !== 64) say(sizeText(value), '32 or 64 bytes');
  else if (s.type === 'aes' && ![16, 24, 32].includes(size)) say(sizeText(value), '16, 24 or 32 bytes');
  else if (s.type === 'hmac' && size !== 64 && size !== 128) say(sizeText(value), '64 or 128 bytes');
  else if ((s.type === 'association' || s.type === 'update-cck') && size !== 32) say(sizeText(value), '32 bytes');
  else if (s.type === 'plaintext' && size > PLAINTEXT_MAX) say(`${size} bytes`, `at most ${PLAINTEXT_MAX} bytes`);
  else if (c.bits !== undefined && !c.bits.includes(size * 8)) say(`${size * 8} bits`, `${c.bits.join(' or ')} bits`);
  else if (c.bytes !== undefined && c.bytes !== size) say(sizeText(value), `${c.bytes} bytes`);
  if (s.type === 'aes-xts' && size % 2 === 0 && size > 0 && same(value.subarray(0, size / 2), value.subarray(size / 2)))
    say('two equal halves', 'two different AES keys');
  if (size > 0 && s.type !== 'plaintext' && value.every((b) => b === value[0])) say('one byte repeated', 'random bytes');

  const min = c['min-bytes'] ?? (passphrase ? LUKS_PASSPHRASE.min : undefined);
  const max = c['max-bytes'] ?? (passphrase ? LUKS_PASSPHRASE.max : undefined);
  if (min !== undefined && size < min) say(`${size} bytes`, `at least ${min} bytes`);
  if (max !== undefined && size > max) say(`${size} bytes`, `at most ${max} bytes`);
  if (newline && (passphrase || c['trailing-newline'] === 'forbidden'))
    say('a newline at the end', 'no newline: the whole file is the passphrase');
  else if (c.charset === 'printable-ascii' && value.some((b) => b < 0x20 || b > 0x7e))
    say('characters that are not printable ASCII', 'printable ASCII only');
  if (s.type === 'plaintext' && size === 0) say('an empty value', 'at least one byte');
  return findings;
};

/** An EC private key must be readable, and of a kind the policy allows. */
const checkEcKey = (s: PolicySecret, value: Bytes): Finding[] => {
  const finding = (found: string | undefined, expected: string | undefined): Finding[] => [
    { rule: 'P10', severity: 'error', subject: s.name, found, expected },
  ];
  try {
    const { kind, key } = readEcPrivateKey(value);
    wipe(key);
    const allowed = s.constraints.key;
    // the policy says ed25519, the kind is ec-ed25519
    const names = [kind, kind.replace(/^ec-ed/, 'ed')];
    return allowed === undefined || allowed.some((a) => names.includes(a)) ? [] : finding(names[1], allowed.join(' or '));
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
    return finding(e.facts.found, e.facts.expected);
  }
};

/** What the size suggests about the mistake that was made. */
const sizeText = (value: Bytes): string => {
  const text = value.every((b) => (b >= 0x20 && b < 0x7f) || b === 0x0a || b === 0x0d);
  if (!text || value.length === 0) return `${value.length} bytes`;
  const trimmed = String.fromCharCode(...value.slice(0, 4096)).trim();
  if (/^[0-9a-fA-F]+$/.test(trimmed)) return `${value.length} bytes of text that look like hex digits`;
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(trimmed)) return `${value.length} bytes of text that look like Base64`;
  return `${value.length} bytes of text`;
};

/** One value used for two secrets (rule P11). */
export const checkReuse = (values: ReadonlyMap<string, Bytes>): Finding[] => {
  const findings: Finding[] = [];
  const all = [...values];
  all.forEach(([name, value], i) => {
    const earlier = all.slice(0, i).find(([, v]) => v.length > 0 && same(v, value));
    if (earlier)
      findings.push({
        rule: 'P11',
        severity: 'error',
        subject: name,
        found: `the value of ${earlier[0]}`,
        expected: 'a value of its own',
      });
  });
  return findings;
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
