/**
 * The rules that look at what a policy's entries are given: values by their purpose and public contents (P10), secrets in the
 * wrong place (P11), keys and their certificates (P12). Sizes and passphrases are checked in core/secret/value.ts.
 * No finding holds a word of a value. Source: spec page "personalization-policy", sections 3 and 4.
 */
import { type Bytes, fromUtf8, same } from '../bytes.ts';
import { SelError } from '../errors.ts';
import type { Finding, Severity } from '../findings.ts';
import { type ParsedCertificate, parseCertificate } from '../hostkey/certificate.ts';
import { isCertificateLabel, readBlocks } from '../hostkey/pem.ts';
import { instantText } from '../time.ts';
import { isKeyOf, kindFits, publicHalf, sshHostKeyOf } from './keypair.ts';
import { readSshCertificate, readSshPublicLine, type SshCertificate } from './openssh.ts';
import type { Policy, PolicyPublic, PolicySecret } from './schema.ts';

/** Largest content of a public entry, in characters: it travels in the manifest. */
export const PUBLIC_MAX = 32_768;

export interface ContentsInput {
  readonly policy: Policy;
  /** values by secret name; secret */
  readonly values: ReadonlyMap<string, Bytes>;
  /** contents by public name */
  readonly publics: ReadonlyMap<string, Bytes>;
  /** absent: whether certificates are valid at this time is not looked at */
  readonly now?: Date | undefined;
}

type Say = (rule: string, severity: Severity, subject: string, found: string, expected: string) => void;

/** Runs a reader; what it refuses becomes a finding. */
const attempt = <T>(say: Say, subject: string, expected: string, read: () => T): T | undefined => {
  try {
    return read();
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
    say('P10', 'error', subject, e.facts.found ?? e.code, e.facts.expected ?? expected);
    return undefined;
  }
};

const quiet = <T>(read: () => T): T | undefined => attempt(() => undefined, '', '', read);

const PEM = 0x2d;

const sshKey = (s: PolicySecret, value: Bytes, say: Say): void => {
  const key = attempt(say, s.name, 'an OpenSSH private key', () => sshHostKeyOf(value));
  const allowed = s.constraints.key ?? (['ed25519', 'ec-p256', 'ec-p384', 'ec-p521', 'rsa-3072'] as const);
  if (key && !kindFits(allowed, key.kind))
    say('P10', 'error', s.name, `a key of type ${key.kind ?? key.type}`, allowed.join(' or '));
};

const tlsKey = (s: PolicySecret, value: Bytes, say: Say): void => {
  const half = attempt(say, s.name, 'a private key', () => publicHalf(value));
  if (half === undefined) return;
  const { key: allowed, format } = s.constraints;
  if (allowed && !kindFits(allowed, half.kind))
    say('P10', 'error', s.name, `a key of kind ${half.kind ?? 'RSA under 3072 bits'}`, allowed.join(' or '));
  if (format === 'pkcs8-pem' && (half.form !== 'pkcs8' || value[0] !== PEM))
    say(
      'P10',
      'error',
      s.name,
      value[0] === PEM ? `a key in ${half.form} form` : 'a key in DER',
      'PKCS#8 in PEM: -----BEGIN PRIVATE KEY-----',
    );
};

const HASHES = {
  yescrypt: /^\$y\$[./0-9A-Za-z]{2,16}\$[./0-9A-Za-z]{1,86}\$[./0-9A-Za-z]{43}$/,
  sha512crypt: /^\$6\$(?:rounds=\d{1,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}$/,
} as const;

const adminPassword = (s: PolicySecret, value: Bytes, say: Say): void => {
  const hashes = s.constraints.hash ?? (['yescrypt', 'sha512crypt'] as const);
  const user = s.constraints.user ?? (s.apply.kind === 'password-hash' ? s.apply.user : undefined);
  const expected = `${user ?? 'user'}:hash, the hash of kind ${hashes.join(' or ')}, one line`;
  const text = quiet(() => fromUtf8(value, s.name))?.replace(/\n$/, '');
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0) say('P10', 'error', s.name, 'something else', expected);
  else if (user !== undefined && text.slice(0, colon) !== user) say('P10', 'error', s.name, 'another user', expected);
  else if (!hashes.some((h) => HASHES[h].test(text.slice(colon + 1))))
    say('P10', 'error', s.name, 'something that is not such a hash: a clear password never goes into a guest', expected);
};

const VALUE_CHECKS: Partial<Record<PolicySecret['purpose'], (s: PolicySecret, value: Bytes, say: Say) => void>> = {
  'ssh-host-key': sshKey,
  'tls-service-key': tlsKey,
  'admin-password': adminPassword,
};

/** Whatever looks like a private key, in any of its forms. "b3BlbnNzaC1rZXktdjE" is "openssh-key-v1" in Base64. */
const PRIVATE = /PRIVATE KEY|b3BlbnNzaC1rZXktdjE|PuTTY-User-Key-File|AGE-SECRET-KEY/;

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '' && !l.startsWith('#'));

const publicKeys = (p: PolicyPublic, text: string, say: Say): void => {
  const all = lines(text);
  if (all.length === 0) say('P10', 'error', p.name, 'no line with a key', 'OpenSSH public keys, one a line');
  all.forEach((line, i) => {
    if (p.purpose === 'ssh-user-ca' && !/^(?:ssh|ecdsa|sk)-/.test(line))
      say('P10', 'error', p.name, `line ${i + 1} with something in front of the key`, 'type and key, as in a .pub file');
    else attempt(say, p.name, 'an OpenSSH public key', () => readSshPublicLine(line, p.name));
  });
};

/** The one certificate line of a host certificate. */
const certificateLine = (text: string, what: string): SshCertificate => readSshCertificate(lines(text)[0] ?? '', what);

const hostCertificate = (p: PolicyPublic, text: string, now: Date | undefined, say: Say): void => {
  const bad = (found: string, expected: string): void => say('P10', 'error', p.name, found, expected);
  const count = lines(text).length;
  if (count !== 1) bad(`${count} lines`, 'one line');
  const c = count === 1 ? attempt(say, p.name, 'an OpenSSH certificate', () => certificateLine(text, p.name)) : undefined;
  if (c === undefined) return;
  if (c.use !== 'host') bad(`a certificate for a ${c.use}`, 'a host certificate: ssh-keygen -s CA -h');
  if (now === undefined) return;
  const seconds = BigInt(Math.floor(now.getTime() / 1000));
  if (seconds >= c.validBefore) bad('a certificate that has expired', 'one that is valid');
  else if (seconds < c.validAfter) say('P10', 'warning', p.name, 'a certificate that is not valid yet', 'one that is valid');
};

/** The certificates of a PEM file. */
const certificatesIn = (content: Bytes, what: string): ParsedCertificate[] =>
  readBlocks(content, what).flatMap((b) =>
    b.label !== undefined && isCertificateLabel(b.label) ? [parseCertificate(b.der)] : [],
  );

const tlsCertificate = (p: PolicyPublic, content: Bytes, now: Date | undefined, say: Say): void => {
  const bad = (found: string, expected: string): void => say('P10', 'error', p.name, found, expected);
  const chain = attempt(say, p.name, 'certificates in PEM', () => certificatesIn(content, p.name));
  if (chain === undefined) return;
  const [own] = chain;
  if (own === undefined) bad('no certificate', 'certificates in PEM');
  else if (now && now >= own.notAfter) bad(`a certificate that expired ${instantText(own.notAfter)}`, 'one that is valid');
  else if (now && now < own.notBefore)
    say('P10', 'warning', p.name, `a certificate that is valid from ${instantText(own.notBefore)} on`, 'one that is valid');
};

/** What is wrong with the content of a public entry: it must be what it says, and nothing secret. */
export const checkPublic = (p: PolicyPublic, content: Bytes, now?: Date): Finding[] => {
  const findings: Finding[] = [];
  const say: Say = (rule, severity, subject, found, expected) => findings.push({ rule, severity, subject, found, expected });
  const latin1 = String.fromCharCode(...content.subarray(0, PUBLIC_MAX));
  if (PRIVATE.test(latin1)) {
    say('P10', 'error', p.name, 'a private key', 'public content only: anybody can read the manifest');
    return findings;
  }
  if (content.length === 0 || content.length > PUBLIC_MAX) {
    say('P10', 'error', p.name, `${content.length} bytes`, `1 to ${PUBLIC_MAX} bytes`);
    return findings;
  }
  if (p.purpose === 'tls-certificate' && content[0] === 0x30) {
    say('P10', 'error', p.name, 'DER', 'PEM: -----BEGIN CERTIFICATE-----');
    return findings;
  }
  const text = attempt(say, p.name, 'text', () => fromUtf8(content, p.name));
  if (text === undefined) return findings;
  if (/[^\P{Cc}\n\r\t]/u.test(text)) say('P10', 'error', p.name, 'control characters', 'text');
  else if (p.purpose === 'tls-certificate') tlsCertificate(p, content, now, say);
  else if (p.purpose === 'ssh-host-cert') hostCertificate(p, text, now, say);
  else publicKeys(p, text, say);
  return findings;
};

/** P11: a secret value that stands in a public content. Short values could stand anywhere by chance. */
const leaks = ({ values, publics }: ContentsInput, say: Say): void => {
  for (const [name, content] of publics)
    for (const [secret, value] of values) {
      if (value.length < 16) continue;
      for (let at = content.indexOf(value[0] as number); at >= 0; at = content.indexOf(value[0] as number, at + 1))
        if (same(content.subarray(at, at + value.length), value)) {
          say('P11', 'error', name, `the value of ${secret}`, 'public content only');
          break;
        }
    }
};

/** P12: what cannot be read was named by P10. */
const pairs = ({ policy, values, publics }: ContentsInput, say: Say): void => {
  for (const s of policy.secrets) {
    const value = values.get(s.name);
    const { certificate } = s.constraints;
    const content = certificate === undefined ? undefined : publics.get(certificate);
    if (value === undefined || content === undefined) continue;
    const half = quiet(() => publicHalf(value));
    const own = quiet(() => certificatesIn(content, 'certificate'))?.[0];
    if (half && own && !isKeyOf(half, own.spki))
      say('P12', 'error', s.name, `another key than the one in ${certificate}`, 'its key');
  }
  for (const p of policy.public) {
    const value = p.signs === undefined ? undefined : values.get(p.signs);
    const content = publics.get(p.name);
    if (value === undefined || content === undefined) continue;
    const key = quiet(() => sshHostKeyOf(value));
    const text = quiet(() => fromUtf8(content, p.name));
    const certificate = text === undefined ? undefined : quiet(() => certificateLine(text, p.name));
    if (key && certificate && !same(key.blob, certificate.key.blob))
      say('P12', 'error', p.name, `a certificate of another key than ${p.signs}`, 'its certificate');
  }
};

/** All of it: P10 by purpose, P11 between secrets and public contents, P12. */
export const checkContents = (input: ContentsInput): Finding[] => {
  const findings: Finding[] = [];
  const say: Say = (rule, severity, subject, found, expected) => findings.push({ rule, severity, subject, found, expected });
  for (const s of input.policy.secrets) {
    const value = input.values.get(s.name);
    if (value && s.type === 'plaintext') VALUE_CHECKS[s.purpose]?.(s, value, say);
  }
  for (const p of input.policy.public) {
    const content = input.publics.get(p.name);
    if (content) findings.push(...checkPublic(p, content, input.now));
  }
  leaks(input, say);
  pairs(input, say);
  return findings;
};
