/**
 * The rules that look at what a policy's public entries are given: that they are what they say (P10), secrets in the wrong place
 * (P11), keys and their certificates (P12). Values themselves are checked in core/secret/value.ts. No finding holds a word of a value. Source: spec page "personalization-policy", sections 3 and 4.
 */
import { type Bytes, fromUtf8, same } from '../bytes.ts';
import { fail, SelError } from '../errors.ts';
import type { Finding, Severity } from '../findings.ts';
import { type ParsedCertificate, parseCertificate } from '../hostkey/certificate.ts';
import { isCertificateLabel, readBlocks } from '../hostkey/pem.ts';
import { instantText } from '../time.ts';
import { isKeyOf, publicHalf, sshHostKeyOf } from './keypair.ts';
import { readSshCertificate, readSshPublicLine, type SshCertificate, type SshPublicKey, sshKeyBlob } from './openssh.ts';
import type { Policy, PolicyPublic } from './schema.ts';

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

/** Whether a private key stands in what should be public: such a file is not taken at all. */
export const holdsPrivateKey = (content: Bytes): boolean => PRIVATE.test(String.fromCharCode(...content.subarray(0, PUBLIC_MAX)));

/** What is wrong with the content of a public entry: it must be what it says, and nothing secret. */
export const checkPublic = (p: PolicyPublic, content: Bytes, now?: Date): Finding[] => {
  const findings: Finding[] = [];
  const say: Say = (rule, severity, subject, found, expected) => findings.push({ rule, severity, subject, found, expected });
  if (holdsPrivateKey(content)) {
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

/** P12: keys and their certificates. What cannot be read was named by P10. */
export const checkPairs = ({ policy, values, publics }: ContentsInput): Finding[] => {
  const findings: Finding[] = [];
  const bad = (subject: string, found: string, expected: string): void => {
    findings.push({ rule: 'P12', severity: 'error', subject, found, expected });
  };
  for (const s of policy.secrets) {
    const value = values.get(s.name);
    const { certificate } = s.constraints;
    const content = certificate === undefined ? undefined : publics.get(certificate);
    if (value === undefined || content === undefined) continue;
    const half = quiet(() => publicHalf(value));
    const own = quiet(() => certificatesIn(content, 'certificate'))?.[0];
    if (half && own && !isKeyOf(half, own.spki)) bad(s.name, `another key than the one in ${certificate}`, 'its key');
  }
  for (const p of policy.public) {
    const value = p.signs === undefined ? undefined : values.get(p.signs);
    const content = publics.get(p.name);
    if (value === undefined || content === undefined) continue;
    const key = quiet(() => sshHostKeyOf(value));
    const text = quiet(() => fromUtf8(content, p.name));
    const certificate = text === undefined ? undefined : quiet(() => certificateLine(text, p.name));
    if (key && certificate && !same(key.blob, certificate.key.blob))
      bad(p.name, `a certificate of another key than ${p.signs}`, 'its certificate');
  }
  return findings;
};

/** All of it: P10 of public contents, P11 between secrets and public contents, P12. */
export const checkContents = (input: ContentsInput): Finding[] => {
  const findings: Finding[] = [];
  const say: Say = (rule, severity, subject, found, expected) => findings.push({ rule, severity, subject, found, expected });
  for (const p of input.policy.public) {
    const content = input.publics.get(p.name);
    if (content) findings.push(...checkPublic(p, content, input.now));
  }
  leaks(input, say);
  return [...findings, ...checkPairs(input)];
};

/** Everything about one public entry: its own content, and whether it fits the keys beside it. */
export const checkEntry = (p: PolicyPublic, content: Bytes, { policy, values, now }: Omit<ContentsInput, 'publics'>): Finding[] =>
  checkContents({ policy: { ...policy, public: [p] }, values, publics: new Map([[p.name, content]]), now });

/** What is understood of a public content. */
export type PublicFacts =
  | { readonly kind: 'keys'; readonly keys: readonly Pick<SshPublicKey, 'type' | 'blob'>[] }
  | { readonly kind: 'ssh-certificate'; readonly certificate: SshCertificate; readonly ca: Pick<SshPublicKey, 'type' | 'blob'> }
  | { readonly kind: 'certificate'; readonly certificate: ParsedCertificate; readonly more: number };

/** What is understood of a public content; undefined for what {@link checkPublic} calls an error. */
export const publicFacts = (p: PolicyPublic, content: Bytes): PublicFacts | undefined =>
  quiet((): PublicFacts => {
    if (p.purpose === 'tls-certificate') {
      const [certificate, ...more] = certificatesIn(content, p.name);
      return certificate ? { kind: 'certificate', certificate, more: more.length } : fail('not-found', p.name);
    }
    const text = fromUtf8(content, p.name);
    if (p.purpose === 'ssh-host-cert') {
      const certificate = certificateLine(text, p.name);
      return { kind: 'ssh-certificate', certificate, ca: sshKeyBlob(certificate.ca, p.name) };
    }
    return { kind: 'keys', keys: lines(text).map((line) => readSshPublicLine(line, p.name)) };
  });
