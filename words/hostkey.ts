/** Sentences for the verification of host keys. */
import type { CheckId, HostKeyError, Missing } from '../core/hostkey/checks.ts';
import type { OpensslNumber } from '../core/hostkey/openssl.ts';
import type { PieceKind } from '../core/hostkey/sort.ts';
import type { Wanted, WantedKind } from '../core/hostkey/wanted.ts';

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

const OPENSSL_WORDS: Record<OpensslNumber, string> = {
  2: 'the issuer of a trusted certificate is not trusted itself',
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
  34: 'an extension is critical and not known',
  35: 'an issuer may not sign revocation lists',
  36: 'a critical extension of a revocation list is not known',
  44: 'a revocation list is for other certificates',
  50: 'the signing key is itself the trusted root: there must be an issuer above it',
  66: 'the signing key is too weak',
  67: 'a key in the chain is too weak',
  68: 'a signature in the chain is too weak',
  79: 'an issuer is not a certificate authority',
  80: 'a path length stands where there is no certificate authority',
  81: 'a path length stands where certificates may not be signed',
  82: 'a certificate that is no authority says that it signs certificates',
  83: 'a certificate does not name its issuer',
  84: 'a certificate has no name',
  85: 'a certificate does not name the key of its issuer',
  86: 'a certificate authority does not name its key',
  89: 'basic constraints are not critical',
  92: 'a certificate authority has no key usage',
  93: 'a certificate of an old version has extensions',
};

/** Why a host key is not trusted. */
export const hostKeyErrorSays = (e: HostKeyError): string => {
  switch (e.kind) {
    case 'NoIbmSignKey':
      return 'No IBM host-key signing key is among the certificates.';
    case 'ManyIbmSignKeys':
      return 'There is more than one IBM host-key signing key: give the one that belongs to this host key.';
    case 'IbmSignInvalid':
      return `The signing key cannot be trusted: ${e.openssl === undefined ? 'a certificate breaks a rule' : OPENSSL_WORDS[e.openssl]} (OpenSSL ${e.openssl}, depth ${e.depth}).`;
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

/** What to get on another machine, in a line. */
export const missingSays = (m: Missing): string =>
  `${m.what === 'CRL' ? 'Revocation list of' : 'Certificate'} ${m.issuer}${m.urls.length > 0 ? ` from ${m.urls.join(' or ')}` : ''}`;

export const PIECES: Record<PieceKind, string> = {
  'host-key': 'host-key document',
  'signing-key': 'IBM signing key',
  intermediate: 'intermediate certificate',
  root: 'root certificate',
  certificate: 'other certificate, not used',
  crl: 'revocation list',
  unknown: 'not used',
};

const WANTED: Record<WantedKind, string> = {
  'signing-key': 'IBM signing key',
  issuer: 'certificate',
  root: 'root certificate',
  crl: 'revocation list of',
};

const day = (d: Date): string => d.toISOString().slice(0, 10);

/** How it stands with a thing, when it is not simply given. */
const stateSays = (w: Wanted): string => {
  switch (w.state) {
    case 'given':
      return w.until ? `until ${day(w.until)}` : 'without an end';
    case 'missing':
      return 'missing';
    case 'not-yet':
      return 'not valid yet';
    case 'ended':
      return `ended on ${w.until ? day(w.until) : 'an unknown day'}: a newer one is needed`;
    case 'unusable':
      return 'not signed by its issuer: another one is needed';
    case 'untrusted':
      return 'there, but not named as trusted';
  }
};

const wantedLines = (w: Wanted): string[] => {
  const head = `${w.state === 'given' ? '[x]' : '[ ]'} ${WANTED[w.kind]} "${w.short}": ${stateSays(w)}`;
  if (w.state === 'given') return [head];
  const name = `      its name:  ${w.name}`;
  if (w.state === 'untrusted')
    return [head, name, '      compare its fingerprint with a source you trust, then name it as root certificate'];
  const source =
    w.urls.length > 0
      ? [...w.urls.map((u, i) => `      ${i === 0 ? 'download: ' : 'or:       '} ${u}`), `      save as:   ${w.fileName}`]
      : ['      no certificate names an address for it: ask where the host-key documents came from'];
  return [head, name, ...source];
};

/**
 * What verification needs as a checklist: plain text, to be copied and carried to a machine with a network. What is there
 * already is ticked.
 */
export const checklist = (list: readonly Wanted[], at: Date): string => {
  const open = list.filter((w) => w.state !== 'given');
  const unknown = open.some((w) => w.state === 'missing' && w.kind !== 'crl');
  const lines = [
    `What verification of the host keys needs, on ${day(at)}: ${open.length === 0 ? 'everything is there' : `${open.length} of ${list.length} to get`}`,
    ...list.flatMap(wantedLines),
    ...(unknown ? ['Once a missing certificate is there, what stands above it can be needed too.'] : []),
  ];
  return `${lines.join('\n')}\n`;
};

/** The checklist's open points, one line each: for a place where the whole list has no room. */
export const lackingSays = (w: Wanted): string =>
  `${WANTED[w.kind]} "${w.short}": ${stateSays(w)}${w.urls.length > 0 ? `, from ${w.urls.join(' or ')} as ${w.fileName}` : ''}`;
