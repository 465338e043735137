/** Sentences for the verification of host keys. */
import type { CheckId, HostKeyError, Missing } from '../core/hostkey/checks.ts';
import type { OpensslNumber } from '../core/hostkey/openssl.ts';
import type { PieceKind } from '../core/hostkey/sort.ts';
import type { Wanted, WantedKind } from '../core/hostkey/wanted.ts';
import { dayText, said, t } from './language.ts';

export const CHECK_WORDS: Record<CheckId, string> = said({
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
});

const OPENSSL_WORDS: Record<OpensslNumber, string> = said({
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
});

/** Errors that need no more words; the others name what broke. */
const ERRORS: Record<Exclude<HostKeyError['kind'], 'IbmSignInvalid'>, string> = said({
  NoIbmSignKey: 'No IBM host-key signing key is among the certificates.',
  ManyIbmSignKeys: 'There is more than one IBM host-key signing key: give the one that belongs to this host key.',
  SecurityBits: 'The host key is too weak.',
  BeforeValidity: 'The host-key document is not valid yet.',
  AfterValidity: 'The host-key document has expired.',
  Akid: 'The host-key document names another signing key.',
  Signature: 'The host-key document is not signed by the signing key.',
  NoCrl: 'There is no valid revocation list of the signing key.',
  HkdRevoked: 'The host key is revoked.',
});

/** Why a host key is not trusted. */
export const hostKeyErrorSays = (e: HostKeyError): string => {
  if (e.kind !== 'IbmSignInvalid') return t(ERRORS[e.kind]);
  const reason = e.openssl === undefined ? t('a certificate breaks a rule') : t(OPENSSL_WORDS[e.openssl]);
  return t('The signing key cannot be trusted: {reason} (OpenSSL {openssl}, depth {depth}).', {
    reason,
    openssl: String(e.openssl),
    depth: String(e.depth),
  });
};

/** One of several addresses. */
const anyOf = (urls: readonly string[]): string => urls.reduce((one, other) => t('{one} or {other}', { one, other }));

/** What to get on another machine, in a line. */
export const missingSays = ({ what, issuer, urls }: Missing): string => {
  const thing = what === 'CRL' ? t('Revocation list of {issuer}', { issuer }) : t('Certificate {issuer}', { issuer });
  return urls.length > 0 ? t('{thing} from {urls}', { thing, urls: anyOf(urls) }) : thing;
};

export const PIECES: Record<PieceKind, string> = said({
  'host-key': 'host-key document',
  'signing-key': 'IBM signing key',
  intermediate: 'intermediate certificate',
  root: 'root certificate',
  certificate: 'other certificate, not used',
  crl: 'revocation list',
  unknown: 'not used',
});

const WANTED: Record<WantedKind, string> = said({
  'signing-key': 'IBM signing key "{name}"',
  issuer: 'certificate "{name}"',
  root: 'root certificate "{name}"',
  crl: 'revocation list of "{name}"',
});

const wantedSays = (w: Wanted): string => t(WANTED[w.kind], { name: w.short });

const day = (d: Date): string => dayText(d.toISOString());

/** How it stands with a thing, when it is not simply given. */
const stateSays = (w: Wanted): string => {
  switch (w.state) {
    case 'given':
      return w.until ? t('until {day}', { day: day(w.until) }) : t('without an end');
    case 'missing':
      return t('missing');
    case 'not-yet':
      return t('not valid yet');
    case 'ended':
      return w.until
        ? t('ended on {day}: a newer one is needed', { day: day(w.until) })
        : t('ended on an unknown day: a newer one is needed');
    case 'unusable':
      return t('not signed by its issuer: another one is needed');
    case 'untrusted':
      return t('there, but not named as trusted');
  }
};

const INDENT = ' '.repeat(6);

/** What is said about a thing, below it: labels of one width. */
const below = (facts: readonly (readonly [label: string, value: string])[]): string[] => {
  const width = Math.max(10, ...facts.map(([label]) => label.length));
  return facts.map(([label, value]) => `${INDENT}${label.padEnd(width)} ${value}`);
};

const wantedLines = (w: Wanted): string[] => {
  const head = `${w.state === 'given' ? '[x]' : '[ ]'} ${wantedSays(w)}: ${stateSays(w)}`;
  if (w.state === 'given') return [head];
  const name: [string, string] = [t('its name:'), w.name];
  if (w.state === 'untrusted')
    return [
      head,
      ...below([name]),
      `${INDENT}${t('compare its fingerprint with a source you trust, then name it as root certificate')}`,
    ];
  if (w.urls.length === 0)
    return [
      head,
      ...below([name]),
      `${INDENT}${t('no certificate names an address for it: ask where the host-key documents came from')}`,
    ];
  const urls = w.urls.map((u, i): [string, string] => [i === 0 ? t('download:') : t('or:'), u]);
  return [head, ...below([name, ...urls, [t('save as:'), w.fileName]])];
};

/**
 * What verification needs as a checklist: plain text, to be copied and carried to a machine with a network. What is there
 * already is ticked.
 */
export const checklist = (list: readonly Wanted[], at: Date): string => {
  const open = list.filter((w) => w.state !== 'given');
  const unknown = open.some((w) => w.state === 'missing' && w.kind !== 'crl');
  const head =
    open.length === 0
      ? t('What verification of the host keys needs, on {day}: everything is there', { day: day(at) })
      : t('What verification of the host keys needs, on {day}: {open} of {all} to get', {
          day: day(at),
          open: open.length,
          all: list.length,
        });
  const lines = [
    head,
    ...list.flatMap(wantedLines),
    ...(unknown ? [t('Once a missing certificate is there, what stands above it can be needed too.')] : []),
  ];
  return `${lines.join('\n')}\n`;
};

/** The checklist's open points, one line each: for a place where the whole list has no room. */
export const lackingSays = (w: Wanted): string => {
  const says = `${wantedSays(w)}: ${stateSays(w)}`;
  return w.urls.length > 0 ? t('{says}, from {urls} as {file}', { says, urls: anyOf(w.urls), file: w.fileName }) : says;
};
