/** Sentences for the verification of host keys. */
import type { CheckId, HostKeyError, Missing } from '../core/hostkey/checks.ts';
import type { PieceKind } from '../core/hostkey/sort.ts';

export const CHECK_WORDS: Record<CheckId, string> = {
  'signing-key': 'One IBM signing key is among the certificates',
  'chain-issuer': 'Its issuer is there',
  'chain-length': 'The chain is not too long',
  'chain-rules': 'It keeps the strict rules for certificates',
  'chain-strength': 'Key and signature are strong enough',
  'crl-found': 'There is a revocation list for it',
  'crl-time': 'The revocation list is valid now',
  'crl-signature': 'The revocation list is signed by the issuer',
  'crl-rules': 'The revocation list may be used',
  'not-revoked': 'It is not revoked',
  'chain-signature': 'It is signed by its issuer',
  'chain-time': 'It is valid now',
  'host-strength': 'The host key is strong enough',
  'host-time': 'The host-key document is valid now',
  'host-authority': 'It names the signing key as its authority',
  'host-signature': 'It is signed by the signing key',
  'host-crl': 'There is a valid revocation list of the signing key',
  'host-not-revoked': 'The host key is not revoked',
};

const OPENSSL: Record<number, string> = {
  2: 'an issuer is missing',
  3: 'a revocation list is missing',
  7: 'a signature does not fit',
  8: 'the signature of a revocation list does not fit',
  9: 'a certificate is not valid yet',
  10: 'a certificate has expired',
  11: 'a revocation list is not valid yet',
  12: 'a revocation list has expired',
  18: 'the signing key signs itself and is not trusted',
  19: 'the root is not one that is trusted',
  20: 'an issuer is missing',
  22: 'the chain is too long',
  23: 'a certificate is revoked',
  25: 'a path length is exceeded',
  34: 'a critical extension is not known',
  35: 'an issuer may not sign revocation lists',
  36: 'a critical extension of a revocation list is not known',
  66: 'the signing key is too weak',
  67: 'a key in the chain is too weak',
  68: 'a signature in the chain is too weak',
};

/** Why a host key is not trusted. */
export const hostKeyErrorSays = (e: HostKeyError): string => {
  switch (e.kind) {
    case 'NoIbmSignKey':
      return 'No IBM host-key signing key is among the certificates.';
    case 'ManyIbmSignKeys':
      return 'There is more than one IBM host-key signing key: give the one that belongs to this host key.';
    case 'IbmSignInvalid':
      return `The signing key cannot be trusted: ${OPENSSL[e.openssl ?? -1] ?? 'a certificate breaks a rule'} (OpenSSL ${e.openssl}, depth ${e.depth}).`;
    case 'SecurityBits':
      return 'The host key is too weak.';
    case 'BeforeValidity':
      return 'The host-key document is not valid yet.';
    case 'AfterValidity':
      return 'The host-key document has expired.';
    case 'Akid':
      return 'The host-key document names another signing key.';
    case 'Signature':
      return 'The host-key document is not signed by the signing key.';
    case 'NoCrl':
      return 'There is no valid revocation list of the signing key.';
    case 'HkdRevoked':
      return 'The host key is revoked.';
  }
};

/** What to get on another machine. */
export const missingSays = (m: Missing): string =>
  `${m.what === 'CRL' ? 'Revocation list of' : 'Certificate'} ${m.issuer}${m.urls.length > 0 ? ` from ${m.urls.join(' or ')}` : ''}`;

export const PIECES: Record<PieceKind, string> = {
  'host-key': 'host-key document',
  'signing-key': 'IBM signing key',
  intermediate: 'intermediate certificate',
  root: 'root certificate',
  certificate: 'other certificate',
  crl: 'revocation list',
  unknown: 'not used',
};
