/** Distinguished names: entries in their order, comparable as OpenSSL compares them. */
import type { Name } from '@peculiar/asn1-x509';

/** One entry of a name. */
export interface NameEntry {
  readonly oid: string;
  readonly value: string;
}

const SHORT: Record<string, string> = {
  '2.5.4.6': 'C',
  '2.5.4.8': 'ST',
  '2.5.4.7': 'L',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

export const OID_OF = { C: '2.5.4.6', ST: '2.5.4.8', L: '2.5.4.7', O: '2.5.4.10', OU: '2.5.4.11', CN: '2.5.4.3' } as const;
export type ShortName = keyof typeof OID_OF;

/** Entries of a parsed name. A relative name with several parts counts as several entries. */
export const nameEntries = (name: Name): NameEntry[] =>
  name.flatMap((rdn) => [...rdn].map((e) => ({ oid: e.type, value: e.value.toString() })));

/** `C=US, O=...` in the order of the certificate. */
export const nameText = (entries: readonly NameEntry[]): string =>
  entries.map((e) => `${SHORT[e.oid] ?? e.oid}=${e.value}`).join(', ');

const canonical = (value: string): string => value.trim().replace(/\s+/g, ' ').toLowerCase();

/** Equal as names are compared: entry by entry, in order, without case and with white space folded. */
export const sameName = (a: readonly NameEntry[], b: readonly NameEntry[]): boolean =>
  a.length === b.length && a.every((e, i) => e.oid === b[i]?.oid && canonical(e.value) === canonical((b[i] as NameEntry).value));

/** Values of one kind of entry. */
export const valuesOf = (entries: readonly NameEntry[], kind: ShortName): string[] =>
  entries.filter((e) => e.oid === OID_OF[kind]).map((e) => e.value);
