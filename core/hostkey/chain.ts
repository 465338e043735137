/**
 * The chain of the signing key: found, and checked as OpenSSL does in strict mode at security level 2 with a CRL for every
 * certificate. Error numbers are OpenSSL's. Source: spec page "host-keys", step 2.
 */
import { same } from '../bytes.ts';
import { instantText } from '../time.ts';
import type { ParsedCertificate } from './certificate.ts';
import { type CheckId, type Checks, shortName } from './checks.ts';
import { type ParsedCrl, plainSerial } from './crl.ts';
import { nameText, sameName } from './name.ts';
import { algorithmOf, isSignedBy, type VerifySignature } from './signature.ts';

/** At most so many certificates between the signing key and the trusted one. */
const INTERMEDIATES_MAX = 2;
const MIN_BITS = { rsa: 2048, ec: 224 };
/** Critical extensions that are understood here: constraints, usage, names and policies. */
const UNDERSTOOD = ['2.5.29.15', '2.5.29.19', '2.5.29.37', '2.5.29.31', '2.5.29.35', '2.5.29.14', '2.5.29.17', '2.5.29.18'];

const V = {
  noIssuer: 2,
  noCrl: 3,
  badSignature: 7,
  crlSignature: 8,
  notYetValid: 9,
  expired: 10,
  crlNotYetValid: 11,
  crlExpired: 12,
  selfSignedLeaf: 18,
  selfSignedInChain: 19,
  noIssuerLocally: 20,
  tooLong: 22,
  revoked: 23,
  pathLength: 25,
  noCrlSign: 35,
  criticalCrl: 36,
  unhandledCritical: 34,
  leafKeyTooSmall: 66,
  caKeyTooSmall: 67,
  weakDigest: 68,
  invalidCa: 79,
  pathLengthNotCa: 80,
  certSignNotCa: 82,
  issuerEmpty: 83,
  subjectEmpty: 84,
  noAuthorityKey: 85,
  noSubjectKey: 86,
  constraintsNotCritical: 89,
  noKeyUsage: 92,
  extensionsNeedV3: 93,
} as const;

export interface ChainInput {
  readonly leaf: ParsedCertificate;
  readonly untrusted: readonly ParsedCertificate[];
  readonly roots: readonly ParsedCertificate[];
  readonly crls: readonly ParsedCrl[];
  readonly at: Date;
  readonly verify: VerifySignature;
}

export const isSelfIssued = (c: ParsedCertificate): boolean => sameName(c.subject, c.issuer);

/** Fits as authority: the key id that the lower one names is the key id of the upper one, where both have one. */
export const authorityFits = (lower: Pick<ParsedCertificate, 'authorityKey'>, upper: ParsedCertificate): boolean => {
  const wanted = lower.authorityKey?.keyId;
  return wanted === undefined || upper.subjectKeyId === undefined || same(wanted, upper.subjectKeyId);
};

const validAt = (c: ParsedCertificate, at: Date): boolean => at >= c.notBefore && at <= c.notAfter;

/** The certificate that issued another: by name and key id; of several a valid one whose signature fits. */
const issuerOf = (
  c: ParsedCertificate,
  among: readonly ParsedCertificate[],
  input: ChainInput,
): ParsedCertificate | undefined => {
  const fitting = among.filter((u) => sameName(u.subject, c.issuer) && authorityFits(c, u));
  return fitting.find((u) => validAt(u, input.at) && isSignedBy(c.signed, u.spki, input.verify)) ?? fitting[0];
};

/** The chain from the signing key up to a trusted, self-issued root. */
const findChain = (input: ChainInput, checks: Checks): ParsedCertificate[] => {
  const chain = [input.leaf];
  const refuse = (openssl: number, found: string): never => {
    const depth = chain.length - 1;
    const last = chain[depth] as ParsedCertificate;
    if (openssl !== V.selfSignedInChain && openssl !== V.selfSignedLeaf)
      checks.missing.push({ what: 'certificate', issuer: nameText(last.issuer), urls: [] });
    checks.must({ kind: 'IbmSignInvalid', openssl, depth }, 'chain-issuer', shortName(last), false, nameText(last.issuer), found);
    throw new Error('unreachable');
  };
  let trusted = 0;
  for (;;) {
    const last = chain.at(-1) as ParsedCertificate;
    const isRoot = input.roots.some((r) => same(r.der, last.der));
    if (isRoot && isSelfIssued(last)) break;
    if (isSelfIssued(last))
      refuse(chain.length === 1 ? V.selfSignedLeaf : V.selfSignedInChain, 'a self-signed certificate that is not trusted');
    const root = issuerOf(last, input.roots, input);
    const next = root ?? issuerOf(last, input.untrusted, input);
    if (next === undefined || chain.some((c) => same(c.der, next.der)))
      return refuse(trusted > 0 ? V.noIssuer : V.noIssuerLocally, 'not among the given certificates');
    if (root) trusted++;
    checks.must({ kind: 'IbmSignInvalid' }, 'chain-issuer', shortName(last), true, nameText(last.issuer), nameText(next.subject));
    chain.push(next);
    if (chain.length > INTERMEDIATES_MAX + 2) break;
  }
  const between = chain.length - 2;
  checks.must(
    { kind: 'IbmSignInvalid', openssl: V.tooLong, depth: chain.length - 1 },
    'chain-length',
    shortName(input.leaf),
    between <= INTERMEDIATES_MAX,
    `at most ${INTERMEDIATES_MAX} intermediate certificates`,
    String(between),
  );
  return chain;
};

/** The first strict rule that a certificate breaks: OpenSSL's number, and what was expected. */
const brokenRule = (
  c: ParsedCertificate,
  depth: number,
  chain: readonly ParsedCertificate[],
): readonly [number, string] | undefined => {
  const ca = depth > 0;
  const bc = c.basicConstraints;
  const usage = c.keyUsage;
  const last = depth === chain.length - 1;
  if (c.extensions.some((e) => e.critical && !UNDERSTOOD.includes(e.oid)))
    return [V.unhandledCritical, 'no unknown critical extension'];
  if (ca && (c.version < 3 || !bc?.ca)) return [V.invalidCa, 'a CA certificate, version 3'];
  if (ca && usage !== undefined && !usage.includes('keyCertSign')) return [V.invalidCa, 'key usage "certificate sign"'];
  if (c.version < 3 && c.extensions.length > 0) return [V.extensionsNeedV3, 'version 3'];
  if (bc && !bc.ca && bc.pathLength !== undefined) return [V.pathLengthNotCa, 'no path length'];
  if (ca && !bc?.critical) return [V.constraintsNotCritical, 'critical basic constraints'];
  if (ca && usage === undefined) return [V.noKeyUsage, 'a key usage'];
  if (!ca && !bc?.ca && usage?.includes('keyCertSign')) return [V.certSignNotCa, 'no key usage "certificate sign"'];
  if (c.issuer.length === 0) return [V.issuerEmpty, 'an issuer'];
  if (c.subject.length === 0) return [V.subjectEmpty, 'a subject'];
  if (c.version >= 3 && !(last && isSelfIssued(c)) && c.authorityKey === undefined)
    return [V.noAuthorityKey, 'an authority key identifier'];
  if (ca && c.subjectKeyId === undefined) return [V.noSubjectKey, 'a subject key identifier'];
  // how many certificates that are not self-issued stand between the leaf and this one
  const below = chain.slice(1, depth).filter((x) => !isSelfIssued(x)).length;
  if (ca && bc?.pathLength !== undefined && below > bc.pathLength) return [V.pathLength, `a path length of at least ${below}`];
  return undefined;
};

const strong = (c: ParsedCertificate): boolean => {
  switch (c.key.kind) {
    case 'rsa':
      return c.key.bits >= MIN_BITS.rsa;
    case 'ec':
      return c.key.bits >= MIN_BITS.ec;
    case 'p521':
      return true;
    case 'other':
      return false;
  }
};

const keyText = (c: ParsedCertificate): string =>
  c.key.kind === 'rsa'
    ? `RSA, ${c.key.bits} bits`
    : c.key.kind === 'p521'
      ? 'P-521'
      : c.key.kind === 'ec'
        ? c.key.curve
        : c.key.oid;

/** The CRL of an issuer that is best for now: of its name and key id, valid before not, signed before not. */
const crlOf = (issuer: ParsedCertificate, input: ChainInput): ParsedCrl | undefined => {
  const score = (l: ParsedCrl): number =>
    (l.thisUpdate <= input.at && (l.nextUpdate === undefined || l.nextUpdate >= input.at) ? 2 : 0) +
    (isSignedBy(l.signed, issuer.spki, input.verify) ? 1 : 0);
  const own = input.crls.filter((l) => sameName(l.issuer, issuer.subject) && crlAuthorityFits(l, issuer));
  return own.sort((a, b) => score(b) - score(a))[0];
};

export const crlAuthorityFits = (l: ParsedCrl, issuer: ParsedCertificate): boolean =>
  l.authorityKeyId === undefined || issuer.subjectKeyId === undefined || same(l.authorityKeyId, issuer.subjectKeyId);

/** Finds and checks the chain of the signing key. @returns the chain, the signing key first @throws Refused */
export const verifyChain = (input: ChainInput, checks: Checks): ParsedCertificate[] => {
  const chain = findChain(input, checks);
  const must = (openssl: number, depth: number, id: CheckId, good: boolean, expected: string, found: string): void =>
    checks.must(
      { kind: 'IbmSignInvalid', openssl, depth },
      id,
      shortName(chain[depth] as ParsedCertificate),
      good,
      expected,
      found,
    );

  chain.forEach((c, depth) => {
    const broken = brokenRule(c, depth, chain);
    must(
      broken?.[0] ?? 0,
      depth,
      'chain-rules',
      broken === undefined,
      broken?.[1] ?? 'strict X.509 rules',
      broken === undefined ? 'kept' : 'otherwise',
    );
  });
  chain.forEach((c, depth) => {
    must(
      depth === 0 ? V.leafKeyTooSmall : V.caKeyTooSmall,
      depth,
      'chain-strength',
      strong(c),
      'a key of 112 bits of strength',
      keyText(c),
    );
    const { known, oid } = algorithmOf(c.signed);
    // the signature of the root over itself carries no trust
    if (depth < chain.length - 1)
      must(V.weakDigest, depth, 'chain-strength', known !== undefined, 'SHA-256 or better', known?.hash ?? oid);
  });
  chain.forEach((c, depth) => {
    const issuer = chain[depth + 1] ?? c;
    const crl = crlOf(issuer, input);
    if (crl === undefined) checks.missing.push({ what: 'CRL', issuer: nameText(issuer.subject), urls: c.crlUrls });
    must(
      V.noCrl,
      depth,
      'crl-found',
      crl !== undefined,
      `a CRL of ${shortName(issuer)}`,
      crl === undefined ? 'none given' : 'found',
    );
    if (crl)
      revocation(
        c,
        issuer,
        crl,
        input,
        (openssl, id, good, expected, found) => must(openssl, depth, id, good, expected, found),
        checks,
      );
  });
  for (let depth = chain.length - 1; depth >= 0; depth--) {
    const c = chain[depth] as ParsedCertificate;
    const issuer = chain[depth + 1] ?? c;
    must(
      V.badSignature,
      depth,
      'chain-signature',
      isSignedBy(c.signed, issuer.spki, input.verify),
      `signed by ${shortName(issuer)}`,
      'its signature',
    );
    must(
      V.notYetValid,
      depth,
      'chain-time',
      input.at >= c.notBefore,
      `valid at ${instantText(input.at)}`,
      `from ${instantText(c.notBefore)}`,
    );
    must(
      V.expired,
      depth,
      'chain-time',
      input.at <= c.notAfter,
      `valid at ${instantText(input.at)}`,
      `until ${instantText(c.notAfter)}`,
    );
    checks.ends(shortName(c), c.notAfter);
  }
  return chain;
};

type Say = (openssl: number, id: CheckId, good: boolean, expected: string, found: string) => void;

const revocation = (
  c: ParsedCertificate,
  issuer: ParsedCertificate,
  crl: ParsedCrl,
  input: ChainInput,
  must: Say,
  checks: Checks,
): void => {
  const at = instantText(input.at);
  must(V.crlNotYetValid, 'crl-time', crl.thisUpdate <= input.at, `valid at ${at}`, `from ${instantText(crl.thisUpdate)}`);
  must(
    V.crlExpired,
    'crl-time',
    crl.nextUpdate === undefined || crl.nextUpdate >= input.at,
    `valid at ${at}`,
    crl.nextUpdate === undefined ? 'without an end' : `until ${instantText(crl.nextUpdate)}`,
  );
  must(
    V.noCrlSign,
    'crl-rules',
    issuer.keyUsage === undefined || issuer.keyUsage.includes('crlSign'),
    'key usage "CRL sign"',
    issuer.keyUsage?.join(', ') ?? 'any',
  );
  must(
    V.criticalCrl,
    'crl-rules',
    crl.unknownCritical.length === 0,
    'no unknown critical extension',
    crl.unknownCritical.join(', ') || 'none',
  );
  must(
    V.crlSignature,
    'crl-signature',
    isSignedBy(crl.signed, issuer.spki, input.verify),
    `signed by ${shortName(issuer)}`,
    'its signature',
  );
  must(
    V.revoked,
    'not-revoked',
    !crl.revoked.has(plainSerial(c.serial)),
    `serial ${c.serial} not in it`,
    `${crl.revoked.size} revoked`,
  );
  if (crl.nextUpdate) checks.ends(`CRL of ${shortName(issuer)}`, crl.nextUpdate);
};
