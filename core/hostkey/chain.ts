/**
 * The chain of the signing key: found, and checked as OpenSSL does in strict mode at security level 2 with a CRL for every
 * certificate, in the order OpenSSL checks. Error numbers are OpenSSL's. Source: spec page "host-keys", step 2.
 *
 * Some things are refused here that OpenSSL lets pass: RSA keys a little below 2,048 bits (it rounds their strength up to 112
 * bits), SHA-224, RSA-PSS, Ed25519 and Brainpool's curves, CRLs signed with SHA-1, and whatever restricts a chain in ways we do
 * not evaluate (rules.ts). IBM's chains have none of that.
 */
import { same } from '../bytes.ts';
import { instantText } from '../time.ts';
import { keyText, type ParsedCertificate } from './certificate.ts';
import { type CheckId, type Checks, shortName } from './checks.ts';
import { isCurrent, momentsOf, type ParsedCrl } from './crl.ts';
import { chooseCrl, covers, crlsFor, isSelfSigned, issuerOf } from './issue.ts';
import { nameText } from './name.ts';
import { OPENSSL, type OpensslNumber } from './openssl.ts';
import { brokenRule } from './rules.ts';
import { isSignedBy, isStrongAlgorithm, signatureText, signsItself, type VerifySignature } from './signature.ts';

/** At most so many certificates between the signing key and the trusted one. */
export const INTERMEDIATES_MAX = 2;
const MIN_BITS = { rsa: 2048, ec: 224 };

export interface ChainInput {
  readonly leaf: ParsedCertificate;
  readonly untrusted: readonly ParsedCertificate[];
  readonly roots: readonly ParsedCertificate[];
  readonly crls: readonly ParsedCrl[];
  readonly at: Date;
  readonly verify: VerifySignature;
}

/** Says one thing about one certificate: `must` of the checks with the depth filled in. */
type Must = (openssl: OpensslNumber, depth: number, id: CheckId, good: boolean, expected: string, found: string) => void;

const mustOf =
  (checks: Checks, chain: readonly ParsedCertificate[]): Must =>
  (openssl, depth, id, good, expected, found) =>
    checks.must(
      { kind: 'IbmSignInvalid', openssl, depth },
      id,
      shortName(chain[depth] as ParsedCertificate),
      good,
      expected,
      found,
    );

/** The chain from the signing key up to a trusted, self-signed root: trusted certificates first, and from there on only those. */
const findChain = (input: ChainInput, checks: Checks): ParsedCertificate[] => {
  const chain = [input.leaf];
  const must = mustOf(checks, chain);
  const absent = (c: ParsedCertificate): void => {
    checks.missing.push({ what: 'certificate', issuer: nameText(c.issuer), urls: c.issuerUrls });
  };
  for (let trusted = false; ; ) {
    const depth = chain.length - 1;
    const last = chain[depth] as ParsedCertificate;
    const whole = trusted && isSelfSigned(last);
    if (whole || depth > INTERMEDIATES_MAX)
      must(
        OPENSSL.tooLong,
        depth,
        'chain-length',
        whole,
        `at most ${INTERMEDIATES_MAX} between signing key and root`,
        String(whole ? depth - 1 : depth),
      );
    if (whole) return chain;
    if (!trusted && isSelfSigned(last)) {
      const known = input.roots.some((r) => same(r.der, last.der));
      const openssl = depth > 0 ? OPENSSL.selfSignedInChain : known ? OPENSSL.application : OPENSSL.selfSignedLeaf;
      must(openssl, depth, 'chain-issuer', false, 'a chain that ends in a trusted root', 'a certificate that signs itself');
    }
    const root = issuerOf(last, input.roots, input.at);
    const others = input.untrusted.filter((u) => !chain.some((c) => same(c.der, u.der)));
    const next = root ?? (trusted ? undefined : issuerOf(last, others, input.at));
    if (next === undefined) absent(last);
    must(
      trusted ? OPENSSL.noIssuer : OPENSSL.noIssuerLocally,
      depth,
      'chain-issuer',
      next !== undefined,
      nameText(last.issuer),
      next === undefined ? 'not among the given certificates' : nameText(next.subject),
    );
    trusted = root !== undefined;
    chain.push(next as ParsedCertificate);
  }
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

const STRONG_KEY = 'a key of 112 bits of strength';

const checkRules = (chain: readonly ParsedCertificate[], must: Must): void => {
  chain.forEach((c, depth) => {
    const broken = brokenRule(c, depth, chain);
    must(
      (broken?.openssl ?? 0) as OpensslNumber,
      depth,
      'chain-rules',
      broken === undefined,
      broken?.expected ?? 'strict X.509 rules',
      broken?.found ?? 'kept',
    );
  });
};

const checkStrength = (chain: readonly ParsedCertificate[], must: Must): void => {
  chain.forEach((c, depth) => {
    // the leaf's key was looked at before there was a chain
    if (depth > 0) must(OPENSSL.caKeyTooSmall, depth, 'chain-strength', strong(c), STRONG_KEY, keyText(c.key));
    const { algorithm } = c.signed;
    // the signature of the root over itself carries no trust
    if (depth < chain.length - 1)
      must(
        OPENSSL.weakDigest,
        depth,
        'chain-strength',
        isStrongAlgorithm(algorithm),
        'RSA or ECDSA with SHA-256 or better',
        algorithm.known?.hash ?? algorithm.oid,
      );
  });
};

/** What makes a CRL good for a certificate at a time: the checks in OpenSSL's order, each with what it compares. */
const crlChecks = (
  c: ParsedCertificate,
  issuer: ParsedCertificate,
  l: ParsedCrl,
  { at, verify }: ChainInput,
): (readonly [OpensslNumber, CheckId, boolean, string, string])[] => {
  const signed = isSignedBy(l.signed, issuer.spki, verify);
  return [
    [
      OPENSSL.noCrlSign,
      'crl-rules',
      issuer.keyUsage === undefined || issuer.keyUsage.includes('crlSign'),
      'an issuer that may sign revocation lists',
      issuer.keyUsage?.join(', ') ?? 'any usage',
    ],
    [
      OPENSSL.crlScope,
      'crl-rules',
      covers(l, c),
      `a list that covers ${shortName(c)}`,
      l.scope ? 'one that names what it covers' : 'all',
    ],
    [OPENSSL.crlNotYetValid, 'crl-time', l.thisUpdate <= at, `valid at ${instantText(at)}`, `from ${instantText(l.thisUpdate)}`],
    [
      OPENSSL.crlExpired,
      'crl-time',
      l.nextUpdate === undefined || l.nextUpdate > at,
      `valid at ${instantText(at)}`,
      l.nextUpdate === undefined ? 'without an end' : `until ${instantText(l.nextUpdate)}`,
    ],
    [OPENSSL.crlSignature, 'crl-signature', signed, `signed by ${shortName(issuer)}`, signatureText(signed)],
    [
      OPENSSL.unhandledInCrl,
      'crl-rules',
      l.unknownCritical.length === 0,
      'no unknown critical extension',
      l.unknownCritical.slice(0, 3).join(', ') || 'none',
    ],
    [OPENSSL.revoked, 'not-revoked', !l.revoked.has(c.serial), `serial ${c.serial} not in it`, `${l.revoked.size} revoked`],
  ];
};

/** A certificate's CRL. What was found holds until the first moment at which the list then chosen says otherwise. */
const checkRevocation = (
  depth: number,
  chain: readonly ParsedCertificate[],
  input: ChainInput,
  checks: Checks,
  must: Must,
): void => {
  const c = chain[depth] as ParsedCertificate;
  const issuer = chain[depth + 1] ?? c;
  const candidates = crlsFor(issuer, input.crls);
  const chosen = chooseCrl(c, candidates, input.at);
  if (chosen === undefined || !isCurrent(chosen, input.at)) {
    const urls = chain.filter((x, i) => (chain[i + 1] ?? x) === issuer).flatMap((x) => x.crlUrls);
    checks.missing.push({ what: 'CRL', issuer: nameText(issuer.subject), urls: [...new Set(urls)] });
  }
  must(
    OPENSSL.noCrl,
    depth,
    'crl-found',
    chosen !== undefined,
    `a revocation list of ${shortName(issuer)}`,
    chosen === undefined ? 'none given' : 'found',
  );
  if (chosen === undefined) return;
  for (const [openssl, id, good, expected, found] of crlChecks(c, issuer, chosen, input))
    must(openssl, depth, id, good, expected, found);
  const holdsAt = (at: Date): boolean => {
    const then = chooseCrl(c, candidates, at);
    return then !== undefined && crlChecks(c, issuer, then, { ...input, at }).every(([, , good]) => good);
  };
  checks.endsAtFirst(`revocation list of ${shortName(issuer)}`, momentsOf(candidates), input.at, holdsAt);
};

/** Signature and time, from the root down. */
const checkSignatures = (chain: readonly ParsedCertificate[], input: ChainInput, checks: Checks, must: Must): void => {
  const at = instantText(input.at);
  for (let depth = chain.length - 1; depth >= 0; depth--) {
    const c = chain[depth] as ParsedCertificate;
    const issuer = chain[depth + 1];
    const good = issuer ? isSignedBy(c.signed, issuer.spki, input.verify) : signsItself(c, input.verify);
    must(OPENSSL.badSignature, depth, 'chain-signature', good, `signed by ${shortName(issuer ?? c)}`, signatureText(good));
    must(OPENSSL.notYetValid, depth, 'chain-time', input.at >= c.notBefore, `valid at ${at}`, `from ${instantText(c.notBefore)}`);
    must(OPENSSL.expired, depth, 'chain-time', input.at < c.notAfter, `valid at ${at}`, `until ${instantText(c.notAfter)}`);
    checks.ends(shortName(c), c.notAfter);
  }
};

/** Finds and checks the chain of the signing key. @returns the chain, the signing key first @throws Refused */
export const verifyChain = (input: ChainInput, checks: Checks): ParsedCertificate[] => {
  mustOf(checks, [input.leaf])(
    OPENSSL.leafKeyTooSmall,
    0,
    'chain-strength',
    strong(input.leaf),
    STRONG_KEY,
    keyText(input.leaf.key),
  );
  const chain = findChain(input, checks);
  const must = mustOf(checks, chain);
  checkRules(chain, must);
  checkStrength(chain, must);
  chain.forEach((_, depth) => {
    checkRevocation(depth, chain, input, checks, must);
  });
  checkSignatures(chain, input, checks, must);
  return chain;
};
