/** What is IBM's own: the subject of the host-key signing key, and the spellings its CRLs may have. Source: spec page "host-keys". */
import type { ParsedCertificate } from './certificate.ts';
import type { ParsedCrl } from './crl.ts';
import { type NameEntry, OID_OF, plainValuesOf, type ShortName, sameName, valuesOf } from './name.ts';

const IBM = 'International Business Machines Corporation';
/** An IBM host-key signing key, by its subject: six entries, IBM's, and a unit that ends in "Key Signing Service". */
export const isIbmSigningKey = (c: ParsedCertificate): boolean => {
  const is = (kind: ShortName, allowed: readonly string[]): boolean => {
    const values = plainValuesOf(c.subject, kind);
    return values.length === 1 && allowed.includes(values[0] as string);
  };
  const units = valuesOf(c.subject, 'OU');
  return (
    c.subject.length === 6 &&
    is('C', ['US']) &&
    is('ST', ['New York']) &&
    is('L', ['Poughkeepsie', 'Armonk']) &&
    is('O', [IBM]) &&
    is('CN', [IBM]) &&
    units.length === 1 &&
    (units[0] as string).endsWith('Key Signing Service')
  );
};

const ORDER = ['C', 'O', 'OU', 'L', 'ST', 'CN'] as const;
/** A name made anew: each entry is a relative name of its own. */
const anew = (entries: readonly NameEntry[]): NameEntry[] => entries.map((e, part) => ({ ...e, part }));
const reordered = (name: readonly NameEntry[]): NameEntry[] =>
  anew(ORDER.flatMap((k) => name.filter((e) => e.oid === OID_OF[k])));
const relocated = (name: readonly NameEntry[]): NameEntry[] =>
  plainValuesOf(name, 'L')[0] === 'Armonk'
    ? anew(name.map((e) => (e.oid === OID_OF.L ? { ...e, value: 'Poughkeepsie' } : e)))
    : [...name];

/** CRLs of the signing key: by its subject, and when there is none by IBM's other spellings of it, the first that hits. */
export const crlsOfSigningKey = (subject: readonly NameEntry[], crls: readonly ParsedCrl[]): ParsedCrl[] => {
  const spellings = [subject, relocated(subject), reordered(relocated(subject)), reordered(subject)];
  for (const s of spellings) {
    const hits = crls.filter((l) => sameName(l.issuer, s));
    if (hits.length > 0) return hits;
  }
  return [];
};
