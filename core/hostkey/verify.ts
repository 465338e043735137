/**
 * The complete verification of host-key documents, offline, as the reference does it. Source: spec page "host-keys".
 * The answer is what was checked, in order; nothing is fetched: what is missing is listed.
 *
 * Stricter than the reference with a host key: signatures with SHA-1 do not count, and neither does a CRL that has unknown
 * critical extensions, holds changes only, or says that it is about other certificates. Milder in one thing: the same signing
 * key given twice is one key.
 */
import { same } from '../bytes.ts';
import { instantText } from '../time.ts';
import type { ParsedCertificate } from './certificate.ts';
import { verifyChain } from './chain.ts';
import { Checks, type Ending, type HostKeyCheck, type HostKeyError, type Missing, Refused, shortName } from './checks.ts';
import { isCurrent, momentsOf, type ParsedCrl } from './crl.ts';
import type { HostKeyDocument } from './document.ts';
import { crlsOfSigningKey, isIbmSigningKey } from './ibm.ts';
import { authorityFits, covers } from './issue.ts';
import { nameText } from './name.ts';
import { isSignedBy, remembering, signatureText, type VerifySignature } from './signature.ts';

export interface VerifyHostKeysInput {
  readonly hostKeys: readonly HostKeyDocument[];
  /** signing key and intermediates, in any order */
  readonly certificates: readonly ParsedCertificate[];
  readonly crls: readonly ParsedCrl[];
  /** certificates that are trusted */
  readonly roots: readonly ParsedCertificate[];
  readonly at: Date;
  readonly verify: VerifySignature;
}

/** The answer for one host key. */
export interface HostKeyVerdict {
  readonly hostKey: HostKeyDocument;
  readonly trusted: boolean;
  readonly checks: readonly HostKeyCheck[];
  readonly error?: HostKeyError;
  /** earliest end of any certificate or CRL that was needed: trusted before that moment; only when trusted */
  readonly holdsUntil?: Date;
  /** what ends within 14 days */
  readonly endingSoon: readonly Ending[];
  readonly missing: readonly Missing[];
}

/** What ends within this time is warned of, in milliseconds: 14 days, the last second included. */
const SOON = 14 * 24 * 60 * 60 * 1000;

/** Step 1: exactly one signing key among the certificates; the same file given twice counts once. */
const findSigningKey = (input: VerifyHostKeysInput, checks: Checks): ParsedCertificate => {
  const found = input.certificates.filter((c, i, all) => isIbmSigningKey(c) && all.findIndex((x) => same(x.der, c.der)) === i);
  const [key] = found;
  if (key === undefined) checks.missing.push({ what: 'certificate', issuer: 'IBM host-key signing key', urls: [] });
  const kind = found.length > 1 ? 'ManyIbmSignKeys' : 'NoIbmSignKey';
  checks.must(
    { kind },
    'signing-key',
    'IBM host-key signing key',
    found.length === 1,
    'exactly one among the certificates',
    String(found.length),
  );
  return key as ParsedCertificate;
};

/** Step 3: one host key under a signing key whose chain holds. */
const verifyOne = (hostKey: HostKeyDocument, signing: ParsedCertificate, input: VerifyHostKeysInput, checks: Checks): void => {
  const c = hostKey.certificate;
  const name = `host key ${hostKey.serial}`;
  const at = instantText(input.at);
  checks.must({ kind: 'SecurityBits' }, 'host-strength', name, c.key.kind === 'p521', 'at least 112 bits', 'P-521');
  checks.must(
    { kind: 'BeforeValidity' },
    'host-time',
    name,
    input.at >= c.notBefore,
    `valid at ${at}`,
    `from ${instantText(c.notBefore)}`,
  );
  checks.must(
    { kind: 'AfterValidity' },
    'host-time',
    name,
    input.at < c.notAfter,
    `valid at ${at}`,
    `until ${instantText(c.notAfter)}`,
  );
  const fits = authorityFits(c, signing);
  checks.must(
    { kind: 'Akid' },
    'host-authority',
    name,
    fits,
    `the key of ${shortName(signing)}`,
    c.authorityKey ? (fits ? 'that key' : 'another key') : 'none, which is allowed',
  );
  const signed = isSignedBy(c.signed, signing.spki, input.verify);
  checks.must({ kind: 'Signature' }, 'host-signature', name, signed, `signed by ${shortName(signing)}`, signatureText(signed));
  const candidates = crlsOfSigningKey(signing.subject, input.crls);
  const able = candidates.filter((l) => canRevoke(l, hostKey, signing, input.verify));
  const usableAt = (then: Date): ParsedCrl[] => able.filter((l) => isCurrent(l, then));
  const usable = usableAt(input.at);
  if (usable.length === 0) checks.missing.push({ what: 'CRL', issuer: nameText(signing.subject), urls: c.crlUrls });
  checks.must(
    { kind: 'NoCrl' },
    'host-crl',
    name,
    usable.length > 0,
    `a valid revocation list of ${shortName(signing)}`,
    `${usable.length} of ${candidates.length} usable`,
  );
  const revoked = (lists: readonly ParsedCrl[]): boolean => lists.some((l) => l.revoked.has(c.serial));
  checks.must(
    { kind: 'HkdRevoked' },
    'host-not-revoked',
    name,
    !revoked(usable),
    `serial ${c.serial} not revoked`,
    revoked(usable) ? 'revoked' : 'not in it',
  );
  checks.ends(name, c.notAfter);
  checks.endsAtFirst(`revocation list of ${shortName(signing)}`, momentsOf(able), input.at, (then) => {
    const lists = usableAt(then);
    return lists.length > 0 && !revoked(lists);
  });
};

/** A list that speaks for host keys, time aside: it says when the next one comes, and the signing key signed it as it is. */
const canRevoke = (l: ParsedCrl, hostKey: HostKeyDocument, signing: ParsedCertificate, verify: VerifySignature): boolean =>
  l.nextUpdate !== undefined &&
  !l.isDelta &&
  l.unknownCritical.length === 0 &&
  covers(l, hostKey.certificate) &&
  authorityFits(l, signing) &&
  isSignedBy(l.signed, signing.spki, verify);

/** Runs `body`; a refusal becomes the answer's error. */
const attempt = (checks: Checks, body: (checks: Checks) => void): HostKeyError | undefined => {
  try {
    body(checks);
    return undefined;
  } catch (e) {
    if (e instanceof Refused) return e.error;
    throw e;
  }
};

/** Steps 1 and 2 for a set of certificates: what every host key of them depends on. */
const verifySigningKey = (input: VerifyHostKeysInput): { checks: Checks; signing?: ParsedCertificate; error?: HostKeyError } => {
  const checks = new Checks();
  let signing: ParsedCertificate | undefined;
  const error = attempt(checks, () => {
    const leaf = findSigningKey(input, checks);
    const untrusted = input.certificates.filter((c) => !isIbmSigningKey(c));
    verifyChain({ leaf, untrusted, roots: input.roots, crls: input.crls, at: input.at, verify: input.verify }, checks);
    signing = leaf;
  });
  return { checks, ...(signing ? { signing } : {}), ...(error ? { error } : {}) };
};

/** The signing key and its chain alone: for a set of files without a host key. */
export const verifySigningChain = (
  input: Omit<VerifyHostKeysInput, 'hostKeys'>,
): { checks: readonly HostKeyCheck[]; error?: HostKeyError; missing: readonly Missing[] } => {
  const { checks, error } = verifySigningKey({ ...input, hostKeys: [] });
  return { checks: checks.done, missing: checks.missing, ...(error ? { error } : {}) };
};

/** Verifies host keys. Each gets its own answer; what they share is checked once. */
export const verifyHostKeys = (given: VerifyHostKeysInput): HostKeyVerdict[] => {
  const input = { ...given, verify: remembering(given.verify) };
  const shared = verifySigningKey(input);
  return input.hostKeys.map((hostKey) => {
    const checks = new Checks();
    checks.done.push(...shared.checks.done);
    checks.missing.push(...shared.checks.missing);
    checks.endings.push(...shared.checks.endings);
    const { signing } = shared;
    const error = signing === undefined ? shared.error : attempt(checks, (own) => verifyOne(hostKey, signing, input, own));
    const trusted = error === undefined;
    const ends = checks.endings.map((e) => e.until.getTime());
    return {
      hostKey,
      trusted,
      checks: checks.done,
      ...(error ? { error } : {}),
      ...(trusted ? { holdsUntil: new Date(Math.min(...ends)) } : {}),
      endingSoon: checks.endings.filter((e) => e.until > input.at && e.until.getTime() - input.at.getTime() <= SOON),
      missing: checks.missing,
    };
  });
};
