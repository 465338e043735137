/** Certificate revocation lists, read strictly. */
import type { Bytes } from '../bytes.ts';
import { fail } from '../errors.ts';
import { children, contextOf, expectTag, inOrder, TAG, type Tlv } from './der.ts';
import { type CrlExtensions, EXTENSION, type ParsedExtension, readCrlExtensions, readExtensionList } from './extensions.ts';
import { type NameEntry, readName } from './name.ts';
import { crlAlgorithm, cutSigned, type Signed } from './signed.ts';
import { readInteger, readSmall, readTime } from './values.ts';

/** A CRL. Nothing in it is verified by reading it. */
export interface ParsedCrl extends CrlExtensions {
  readonly der: Bytes;
  readonly signed: Signed;
  readonly issuer: readonly NameEntry[];
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** revoked serial numbers, as the bytes of their INTEGERs in hex, whatever the reason */
  readonly revoked: ReadonlySet<string>;
  /** critical extensions that are not handled, in the list or in an entry */
  readonly unknownCritical: readonly string[];
  /** holds changes to another list only, and says nothing by itself */
  readonly isDelta: boolean;
}

const F = 'CRL';
/** What OpenSSL handles in a list; in an entry it handles none of those we would. */
const HANDLED: readonly string[] = [
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.issuingDistributionPoint,
  EXTENSION.deltaCrlIndicator,
];

const unhandled = (list: readonly ParsedExtension[]): string[] =>
  list.filter((e) => e.critical && !HANDLED.includes(e.oid)).map((e) => e.oid);

const readListExtensions = (der: Bytes, tlv: Tlv | undefined): ParsedExtension[] => {
  if (tlv === undefined) return [];
  const [list, ...more] = children(der, tlv, `${F}, extensions`);
  if (more.length > 0) fail('bad-encoding', `${F}, extensions`, 'more than a list', 'a list');
  return readExtensionList(der, expectTag(list, TAG.sequence, `${F}, extensions`), `${F}, extensions`);
};

/** Most revoked certificates of one list. */
const ENTRIES_MAX = 400_000;

interface Entries {
  readonly revoked: Set<string>;
  readonly unknownCritical: string[];
}

/** `SEQUENCE OF { serial, time, extensions }`. */
const readEntries = (der: Bytes, tlv: Tlv | undefined): Entries => {
  const field = `${F}, revoked certificates`;
  const out: Entries = { revoked: new Set(), unknownCritical: [] };
  for (const entry of tlv ? children(der, tlv, field, ENTRIES_MAX) : []) {
    const [serial, time, extensions, ...more] = children(der, expectTag(entry, TAG.sequence, field), field);
    if (more.length > 0 || (time?.tag !== TAG.utcTime && time?.tag !== TAG.generalizedTime))
      fail('bad-encoding', field, 'another structure', 'serial number, time and extensions');
    out.revoked.add(readInteger(der, expectTag(serial, TAG.integer, field), field));
    if (extensions)
      out.unknownCritical.push(
        ...readExtensionList(der, extensions, field)
          .filter((e) => e.critical)
          .map((e) => e.oid),
      );
  }
  return out;
};

/**
 * Reads one CRL, DER.
 * @throws bad-encoding, bad-value, trailing-bytes, duplicate, too-long
 */
export const parseCrl = (der: Bytes): ParsedCrl => {
  const signed = cutSigned(der, F, crlAlgorithm);
  const fields = inOrder(signed.fields, F);
  const version = fields.take(TAG.integer);
  if (version && readSmall(der, version, `${F}, version`) !== 1)
    fail('bad-value', `${F}, version`, 'another version', 'version 2');
  fields.need(TAG.sequence); // the algorithm, cut already
  const issuer = readName(der, fields.need(TAG.sequence), `${F}, issuer`);
  const takeTime = (): Tlv | undefined => fields.take(TAG.utcTime) ?? fields.take(TAG.generalizedTime);
  const thisUpdate = readTime(der, takeTime(), `${F}, this update`);
  const next = takeTime();
  const entries = readEntries(der, fields.take(TAG.sequence));
  const extensions = readListExtensions(der, fields.take(contextOf(0)));
  fields.end();
  return {
    der,
    signed,
    issuer,
    thisUpdate,
    ...(next ? { nextUpdate: readTime(der, next, `${F}, next update`) } : {}),
    revoked: entries.revoked,
    unknownCritical: [...new Set([...unhandled(extensions), ...entries.unknownCritical])],
    isDelta: extensions.some((e) => e.oid === EXTENSION.deltaCrlIndicator),
    ...readCrlExtensions(extensions, F),
  };
};

/** True when the list is valid at a time: it has begun, and the next one is not due yet. One without an end never ends. */
export const isCurrent = (l: ParsedCrl, at: Date): boolean =>
  l.thisUpdate <= at && (l.nextUpdate === undefined || l.nextUpdate > at);

/** The moments at which the answer of a set of lists can change: each one's beginning and end. */
export const momentsOf = (lists: readonly ParsedCrl[]): Date[] =>
  lists.flatMap((l) => [l.thisUpdate, ...(l.nextUpdate ? [l.nextUpdate] : [])]);
