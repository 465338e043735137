/** Distinguished names: entries in their order, comparable as OpenSSL compares them. */
import { type Bytes, hex } from '../bytes.ts';
import { fail } from '../errors.ts';
import { shown } from '../shown.ts';
import { children, expectTag, TAG, type Tlv } from './der.ts';
import { readOid, readText } from './values.ts';

/** One entry of a name. */
export interface NameEntry {
  readonly oid: string;
  /** text; hex with a leading # when it is no text */
  readonly value: string;
  /** the string type's tag */
  readonly tag: number;
  /** which relative name it stands in: those with the same number are one, of several parts */
  readonly part: number;
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

/** Two bytes or four a character: never the same bytes as plain text, however it reads. */
const WIDE = [28, 30];

const ENTRY_MAX = 4096;

/** A name. @throws bad-encoding, too-long for an entry over 4 KiB */
export const readName = (bytes: Bytes, name: Tlv, field: string): NameEntry[] =>
  children(bytes, name, field).flatMap((relative, part) => {
    if (relative.tag !== TAG.set) return fail('bad-encoding', field, 'another ASN.1 type', 'a set of entries');
    const entries = children(bytes, relative, field);
    if (entries.length === 0) fail('bad-encoding', field, 'an empty set', 'a set of entries');
    return entries.map((entry) => {
      const [type, value, ...more] = entry.tag === TAG.sequence ? children(bytes, entry, field) : [];
      if (type === undefined || value === undefined || more.length > 0)
        return fail('bad-encoding', field, 'another structure', 'type and value');
      if (value.end - value.content > ENTRY_MAX)
        fail('too-long', field, `an entry of ${value.end - value.content} bytes`, `at most ${ENTRY_MAX} bytes`);
      const text = readText(bytes, value, field);
      return {
        oid: readOid(bytes, type, field),
        value: text ?? `#${hex(bytes.subarray(value.start, value.end))}`,
        tag: value.tag,
        part,
      };
    });
  });

/** The name inside an element that holds nothing else. @throws bad-encoding, too-long */
export const readNameIn = (bytes: Bytes, parent: Tlv, field: string): NameEntry[] => {
  const [name, ...more] = children(bytes, parent, field);
  if (more.length > 0) fail('bad-encoding', field, 'more than a name', 'a name');
  return readName(bytes, expectTag(name, TAG.sequence, field), field);
};

/** `C=US, O=...` in the order of the certificate; a comma or equals sign inside a value is marked. For people only. */
export const nameText = (entries: readonly NameEntry[]): string =>
  entries
    .slice(0, 32)
    .map((e) => `${SHORT[e.oid] ?? e.oid}=${shown(e.value).replace(/[,=]/g, '\\$&')}`)
    .join(', ');

/** White space folded, and the letters A to Z without case: other letters keep theirs. */
const canonical = (value: string): string =>
  value
    .replace(/[ \t\n\v\f\r]+/g, ' ')
    .replace(/^ | $/g, '')
    .replace(/[A-Z]/g, (c) => c.toLowerCase());

const sameEntry = (a: NameEntry, b: NameEntry): boolean =>
  a.oid === b.oid &&
  a.part === b.part &&
  canonical(a.value) === canonical(b.value) &&
  // what is no text starts with a #, and so may a text
  (a.tag === b.tag || !a.value.startsWith('#'));

/** Equal as names are compared: entry by entry, in order, without case and with white space folded. */
export const sameName = (a: readonly NameEntry[], b: readonly NameEntry[]): boolean =>
  a.length === b.length && a.every((e, i) => sameEntry(e, b[i] as NameEntry));

/** Values of one kind of entry. */
export const valuesOf = (entries: readonly NameEntry[], kind: ShortName): string[] =>
  entries.filter((e) => e.oid === OID_OF[kind]).map((e) => e.value);

/** Values of one kind of entry that are written a byte a character, so that equal text is equal bytes. */
export const plainValuesOf = (entries: readonly NameEntry[], kind: ShortName): string[] =>
  entries.filter((e) => e.oid === OID_OF[kind] && !WIDE.includes(e.tag)).map((e) => e.value);
