/** Which certificate issued which, and which CRL speaks for it: by names and key identifiers, as OpenSSL looks for them. */
import { same } from '../bytes.ts';
import type { ParsedCertificate } from './certificate.ts';
import { isCurrent, type ParsedCrl } from './crl.ts';
import type { AuthorityKey } from './extensions.ts';
import { sameName } from './name.ts';
import type { SignatureFamily } from './signed.ts';

export const isSelfIssued = (c: ParsedCertificate): boolean => sameName(c.subject, c.issuer);

/** Fits as authority: whatever the lower one names of it (key id, serial, issuer) is the upper one's. */
export const authorityFits = (lower: { readonly authorityKey?: AuthorityKey }, upper: ParsedCertificate): boolean => {
  const { keyId, serial, issuer } = lower.authorityKey ?? {};
  if (keyId !== undefined && upper.subjectKeyId !== undefined && !same(keyId, upper.subjectKeyId)) return false;
  if (serial !== undefined && serial !== upper.serial) return false;
  return issuer === undefined || sameName(issuer, upper.issuer);
};

const familyOf = (c: ParsedCertificate): SignatureFamily | undefined =>
  c.key.kind === 'rsa' ? 'rsa' : c.key.kind === 'other' ? undefined : 'ecdsa';

/** The upper one can have issued the lower: name, key identifier, and a key of the kind that signed. Not whether it did. */
const canIssue = (upper: ParsedCertificate, lower: ParsedCertificate): boolean =>
  sameName(upper.subject, lower.issuer) && authorityFits(lower, upper) && familyOf(upper) === lower.signed.algorithm.family;

/** Names itself as its issuer and fits as that. Its signature is another matter. */
export const isSelfSigned = (c: ParsedCertificate): boolean => canIssue(c, c);

/** Valid at a time: OpenSSL takes the very second of the end for over. */
export const isValidAt = (c: ParsedCertificate, at: Date): boolean => at >= c.notBefore && at < c.notAfter;

/** The certificate that issued another: the first that is valid, else the one that ends last. */
export const issuerOf = (c: ParsedCertificate, among: readonly ParsedCertificate[], at: Date): ParsedCertificate | undefined => {
  const able = among.filter((u) => canIssue(u, c));
  return able.find((u) => isValidAt(u, at)) ?? [...able].sort((a, b) => b.notAfter.getTime() - a.notAfter.getTime())[0];
};

/** The CRL says that it covers the certificate: its kind, and one of the distribution points it names. */
export const covers = (l: ParsedCrl, c: ParsedCertificate): boolean => {
  if (l.scope?.partial || c.crlPoints.some((p) => p.partial)) return false;
  if (c.basicConstraints?.ca ? l.scope?.onlyUserCertificates : l.scope?.onlyCaCertificates) return false;
  const { names } = l.scope ?? {};
  return names === undefined || c.crlPoints.some((p) => p.names === undefined || p.names.some((n) => names.includes(n)));
};

/** Complete CRLs that an issuer can have made, by name and key identifier. */
export const crlsFor = (issuer: ParsedCertificate, crls: readonly ParsedCrl[]): ParsedCrl[] =>
  crls.filter((l) => !l.isDelta && l.scope?.partial !== true && sameName(l.issuer, issuer.subject) && authorityFits(l, issuer));

/**
 * The CRL that OpenSSL takes for a certificate: nothing unhandled in it counts most, then that it covers the certificate, then
 * that it is valid; of equals the newest. Signatures do not choose: a newer list that is badly signed is not passed over.
 */
export const chooseCrl = (c: ParsedCertificate, candidates: readonly ParsedCrl[], at: Date): ParsedCrl | undefined => {
  const score = (l: ParsedCrl): number =>
    (l.unknownCritical.length === 0 ? 4 : 0) + (covers(l, c) ? 2 : 0) + (isCurrent(l, at) ? 1 : 0);
  return candidates
    .map((l) => ({ l, score: score(l) }))
    .reduce<{ l: ParsedCrl; score: number } | undefined>(
      (best, x) =>
        best === undefined || x.score > best.score || (x.score === best.score && x.l.thisUpdate > best.l.thisUpdate) ? x : best,
      undefined,
    )?.l;
};
