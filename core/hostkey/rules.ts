/** Strict X.509 rules, one certificate at a time, in OpenSSL's order and with its numbers. Source: RFC 5280, spec page "host-keys". */
import type { ParsedCertificate } from './certificate.ts';
import { EXTENSION } from './extensions.ts';
import { isSelfIssued } from './issue.ts';
import { OPENSSL } from './openssl.ts';

/** Critical extensions that OpenSSL evaluates. Key identifiers are none of them: they must not be critical. */
const EVALUATED: readonly string[] = [
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.crlDistributionPoints,
  EXTENSION.certificatePolicies,
  EXTENSION.extendedKeyUsage,
];

/** Extensions that restrict what a chain may be used for, and that we do not evaluate: critical or not, they stop us. */
const RESTRICTING: readonly string[] = [
  EXTENSION.nameConstraints,
  EXTENSION.policyConstraints,
  EXTENSION.policyMappings,
  EXTENSION.inhibitAnyPolicy,
  EXTENSION.proxyCertInfo,
];

/** A rule that is broken: OpenSSL's number, what was expected, what was found. */
export interface BrokenRule {
  readonly openssl: number;
  readonly expected: string;
  readonly found: string;
}

/** OpenSSL's idea of a certificate authority: 1 it is one, 0 it is not, else it might be and strict mode does not want it. */
const authority = (c: ParsedCertificate): 0 | 1 | 'perhaps' => {
  if (c.keyUsage !== undefined && !c.keyUsage.includes('keyCertSign')) return 0;
  if (c.basicConstraints !== undefined) return c.basicConstraints.ca ? 1 : 0;
  return c.keyUsage !== undefined || (c.version === 1 && isSelfIssued(c)) ? 'perhaps' : 0;
};

/**
 * The first strict rule that a certificate of a chain breaks.
 * @param depth where it stands: 0 is the signing key, the last one is the root
 */
export const brokenRule = (c: ParsedCertificate, depth: number, chain: readonly ParsedCertificate[]): BrokenRule | undefined => {
  const broken = (openssl: number, expected: string, found: string): BrokenRule => ({ openssl, expected, found });
  const { basicConstraints, keyUsage, extensions } = c;
  const ca = basicConstraints?.ca === true;
  const signsCertificates = keyUsage?.includes('keyCertSign') === true;

  const unhandled = extensions.find((e) => (e.critical && !EVALUATED.includes(e.oid)) || RESTRICTING.includes(e.oid));
  if (unhandled) return broken(OPENSSL.unhandledExtension, 'extensions that are evaluated', unhandled.oid);

  const rank = authority(c);
  if (rank === 'perhaps' || (depth > 0 && rank === 0))
    return broken(
      OPENSSL.invalidCa,
      depth > 0 ? 'a certificate authority' : 'basic constraints beside key usage "certificate sign"',
      basicConstraints === undefined
        ? 'no basic constraints'
        : ca
          ? 'key usage without "certificate sign"'
          : 'no certificate authority',
    );

  if (basicConstraints?.pathLength !== undefined) {
    if (!ca) return broken(OPENSSL.pathLengthNotCa, 'no path length', 'a path length, and no certificate authority');
    if (!signsCertificates)
      return broken(OPENSSL.pathLengthNoCertSign, 'key usage "certificate sign"', 'a path length without it');
  }
  if (ca && !basicConstraints?.critical)
    return broken(OPENSSL.constraintsNotCritical, 'critical basic constraints', 'not critical');
  if (ca && keyUsage === undefined) return broken(OPENSSL.noKeyUsage, 'a key usage', 'none');
  if (!ca && signsCertificates) return broken(OPENSSL.certSignNotCa, 'no key usage "certificate sign"', 'it is there');
  if (c.issuer.length === 0) return broken(OPENSSL.issuerEmpty, 'the name of an issuer', 'an empty name');
  if (c.subject.length === 0) return broken(OPENSSL.subjectEmpty, 'a subject', 'an empty name');
  if (c.version < 3 && extensions.length > 0)
    return broken(OPENSSL.extensionsNeedV3, 'version 3', `version ${c.version} with extensions`);
  if (c.version === 3 && depth + 1 < chain.length && c.authorityKey?.keyId === undefined)
    return broken(OPENSSL.noAuthorityKey, 'an authority key identifier', 'none');
  if (c.version === 3 && ca && c.subjectKeyId === undefined)
    return broken(OPENSSL.noSubjectKey, 'a subject key identifier', 'none');

  // how many certificates that are not self-issued stand between the leaf and this one
  const below = chain.slice(1, depth).filter((x) => !isSelfIssued(x)).length;
  if (depth > 1 && basicConstraints?.pathLength !== undefined && below > basicConstraints.pathLength)
    return broken(OPENSSL.pathLength, `a path length of at least ${below}`, String(basicConstraints.pathLength));
  return undefined;
};
