/**
 * What verification needs, all of it, for a set of files: every certificate up to the root and every CRL, with the addresses that
 * the certificates name, given or not, and until when. Verification itself stops at the first thing that is missing; this does
 * not. Nothing is fetched.
 */
import type { ParsedCertificate } from './certificate.ts';
import { INTERMEDIATES_MAX } from './chain.ts';
import { shortName } from './checks.ts';
import { isCurrent, type ParsedCrl } from './crl.ts';
import { crlsOfSigningKey, isIbmSigningKey } from './ibm.ts';
import { authorityFits, chooseCrl, crlsFor, isSelfSigned, issuerOf } from './issue.ts';
import { type NameEntry, nameText, sameName } from './name.ts';
import { isSignedBy } from './signature.ts';
import type { VerifyHostKeysInput } from './verify.ts';

export type WantedKind = 'signing-key' | 'issuer' | 'root' | 'crl';

/**
 * How it stands with a thing that is needed: `given` and good; `missing`; there, but at another time (`not-yet`, `ended`);
 * there, but not signed by whom it should be (`unusable`); or a root that is there and that nobody said is to be trusted.
 */
export type WantedState = 'given' | 'missing' | 'not-yet' | 'ended' | 'unusable' | 'untrusted';

/** One thing that verification needs. */
export interface Wanted {
  readonly kind: WantedKind;
  /** subject of the certificate, or issuer of the CRL */
  readonly name: string;
  /** the same in a few words */
  readonly short: string;
  readonly state: WantedState;
  /** until when a given one holds, or since when an ended one does not */
  readonly until?: Date;
  /** addresses that the given certificates name for it; never fetched */
  readonly urls: readonly string[];
  /** a name to save it under, different for each */
  readonly fileName: string;
}

type Draft = Omit<Wanted, 'fileName'>;

const unique = (urls: readonly string[]): string[] => [...new Set(urls)];

const timed = (at: Date, from: Date, until: Date | undefined, good: boolean): { state: WantedState; until?: Date } => {
  const state = at < from ? 'not-yet' : until !== undefined && at >= until ? 'ended' : good ? 'given' : 'unusable';
  return { state, ...(until ? { until } : {}) };
};

const certificateDraft = (
  kind: WantedKind,
  c: ParsedCertificate,
  urls: readonly string[],
  input: VerifyHostKeysInput,
): Draft => ({
  kind,
  name: nameText(c.subject),
  short: shortName(c),
  urls: unique(urls),
  ...timed(input.at, c.notBefore, c.notAfter, true),
});

const missingDraft = (kind: WantedKind, name: readonly NameEntry[], urls: readonly string[]): Draft => ({
  kind,
  name: nameText(name),
  short: shortName({ subject: name }),
  state: 'missing',
  urls: unique(urls),
});

/** The CRL of an issuer. @param issuer absent when only its name is known, and no signature can be checked */
const crlDraft = (
  name: readonly NameEntry[],
  issuer: ParsedCertificate | undefined,
  chosen: ParsedCrl | undefined,
  urls: readonly string[],
  input: VerifyHostKeysInput,
): Draft => {
  const draft = missingDraft('crl', name, urls);
  if (chosen === undefined) return draft;
  const good = issuer === undefined || isSignedBy(chosen.signed, issuer.spki, input.verify);
  return { ...draft, ...timed(input.at, chosen.thisUpdate, chosen.nextUpdate, good) };
};

/** The newest of those that are valid, or else of all. */
const newest = (lists: readonly ParsedCrl[], at: Date): ParsedCrl | undefined => {
  const current = lists.filter((l) => isCurrent(l, at));
  return [...(current.length > 0 ? current : lists)].sort((a, b) => b.thisUpdate.getTime() - a.thisUpdate.getTime())[0];
};

/** The CRL of the signing key, for the host keys. */
const hostCrl = (name: readonly NameEntry[], signing: ParsedCertificate | undefined, input: VerifyHostKeysInput): Draft => {
  const lists = crlsOfSigningKey(name, input.crls).filter((l) => signing === undefined || authorityFits(l, signing));
  const signed = signing ? lists.filter((l) => isSignedBy(l.signed, signing.spki, input.verify)) : lists;
  const urls = input.hostKeys.flatMap((h) => h.certificate.crlUrls);
  return crlDraft(name, signing, newest(signed.length > 0 ? signed : lists, input.at), urls, input);
};

/** From a signing key up: each issuer and its CRL. */
const chainDrafts = (signing: ParsedCertificate, input: VerifyHostKeysInput): Draft[] => {
  const drafts: Draft[] = [];
  const others = input.certificates.filter((c) => !isIbmSigningKey(c));
  let c = signing;
  for (let depth = 0; depth <= INTERMEDIATES_MAX && !isSelfSigned(c); depth++) {
    const trusted = issuerOf(c, input.roots, input.at);
    const issuer = trusted ?? issuerOf(c, others, input.at);
    if (issuer === undefined) {
      const name = c.issuer;
      const lists = input.crls.filter((l) => sameName(l.issuer, name));
      return [
        ...drafts,
        missingDraft('issuer', name, c.issuerUrls),
        crlDraft(name, undefined, newest(lists, input.at), c.crlUrls, input),
      ];
    }
    const top = isSelfSigned(issuer);
    const draft = certificateDraft(top ? 'root' : 'issuer', issuer, c.issuerUrls, input);
    const chosen = chooseCrl(c, crlsFor(issuer, input.crls), input.at);
    drafts.push(
      top && trusted === undefined ? { ...draft, state: 'untrusted' } : draft,
      crlDraft(issuer.subject, issuer, chosen, top ? [...c.crlUrls, ...issuer.crlUrls] : c.crlUrls, input),
    );
    c = issuer;
  }
  return drafts;
};

const signingDrafts = (input: VerifyHostKeysInput): Draft[] => {
  const keys = input.certificates.filter(isIbmSigningKey);
  if (keys.length === 0) {
    // only the host keys know by whom they are signed
    const names = input.hostKeys.map((h) => h.certificate.issuer);
    const first = names.filter((n, i) => names.findIndex((x) => sameName(x, n)) === i);
    const urls = input.hostKeys.flatMap((h) => h.certificate.issuerUrls);
    return first.flatMap((n) => [missingDraft('signing-key', n, urls), hostCrl(n, undefined, input)]);
  }
  return keys.flatMap((k) => [
    certificateDraft('signing-key', k, [], input),
    ...(input.hostKeys.length > 0 ? [hostCrl(k.subject, k, input)] : []),
    ...chainDrafts(k, input),
  ]);
};

/** The same thing needed twice is one thing, with the addresses of both. */
const merged = (drafts: readonly Draft[]): Draft[] => {
  const out = new Map<string, Draft>();
  for (const d of drafts) {
    const key = `${d.kind === 'crl' ? 'crl' : 'certificate'} ${d.name}`;
    const before = out.get(key);
    out.set(key, before ? { ...before, urls: unique([...before.urls, ...d.urls]) } : d);
  }
  return [...out.values()];
};

const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** A name to save something under: the one in its address, or one made of its own name; never one that is taken. */
const fileNameOf = (d: Draft, taken: Set<string>): string => {
  const ending = d.kind === 'crl' ? '.crl' : '.crt';
  const last = (d.urls[0] ?? '').split(/[?#]/)[0]?.split('/').at(-1) ?? '';
  const made =
    d.short
      .replace(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .toLowerCase()
      .slice(0, 60) || 'file';
  const name = SAFE_NAME.test(last) && last.includes('.') ? last : `${made}${ending}`;
  const [stem, suffix] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.'))];
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${stem}-${n}${suffix}`;
  taken.add(free.toLowerCase());
  return free;
};

/**
 * Everything that verification of these host keys needs, from the signing key up to the root, each with its CRL. Where an issuer
 * is missing the list ends: what is above it is not known yet.
 */
export const wanted = (input: VerifyHostKeysInput): Wanted[] => {
  const taken = new Set<string>();
  return merged(signingDrafts(input)).map((d) => ({ ...d, fileName: fileNameOf(d, taken) }));
};

/** What has to be got: everything that is not given and good. */
export const isLacking = (w: Wanted): boolean => w.state !== 'given';
