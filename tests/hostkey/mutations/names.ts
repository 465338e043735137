/** Names: the six entries of the signing key's subject, each changed in every way, and the spellings that are allowed. */
import { hexBytes } from '../der-writer.ts';
import { type Entry, ibm, KIND, KINDS, type Kind, type Name, type Pki, SERIAL } from '../forge.ts';
import { doubled, invalid, lower, type Mutation, other, spaced, spoil, upper, without } from './make.ts';

const UNIT = 'IBM Z Host Key Signing Service';
const wide = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'utf16le').swap16());

/** The subject of the signing key and the issuer of its CRL, as one. */
const rename = (p: Pki, name: Name): void => {
  p.signing.subject = name;
  p.crls.signing.issuer = name;
};

/** OpenSSL knows no names of IBM: to it these chains are good. */
const CHANGES: readonly (readonly [string, (name: Name, kind: Kind) => Name])[] = [
  ['another', other],
  ['no', without],
  ['twice the', doubled],
  ['the other case of the', lower],
];

const subjects: Mutation[] = KINDS.flatMap((kind) => [
  ...CHANGES.map(([what, change]) =>
    spoil(`signing: ${what} ${kind} in its subject`, 'NoIbmSignKey', (p) => rename(p, change(p.signing.subject, kind)), {
      openssl: 'ok',
    }),
  ),
  spoil(
    `signing: white space around the ${kind} in its subject`,
    kind === 'OU' ? 'trusted' : 'NoIbmSignKey',
    (p) =>
      rename(
        p,
        p.signing.subject.map((e) => (e.oid === KIND[kind] ? { ...e, value: ` ${e.value}` } : e)),
      ),
    { openssl: 'ok' },
  ),
  spoil(
    `signing: the ${kind} in its subject with two bytes a character`,
    kind === 'OU' ? 'trusted' : 'NoIbmSignKey',
    (p) =>
      rename(
        p,
        p.signing.subject.map((e) => (e.oid === KIND[kind] ? { ...e, tag: 30, raw: wide(e.value) } : e)),
      ),
    { openssl: 'ok' },
  ),
  spoil(`signing: the ${kind} in its subject as another string type`, 'trusted', (p) =>
    rename(
      p,
      p.signing.subject.map((e) => (e.oid === KIND[kind] ? { ...e, tag: kind === 'C' ? 12 : 19 } : e)),
    ),
  ),
]);

const units: Mutation[] = [
  ...['Key Signing Service', 'xKey Signing Service'].map((unit) =>
    spoil(`signing: unit "${unit}"`, 'trusted', (p) => rename(p, ibm('Poughkeepsie', unit))),
  ),
  ...['IBM Z Host Key Signing Service ', 'IBM Z Host Key Signing service', 'Key Signing Services', 'Signing Service', ''].map(
    (unit) => spoil(`signing: unit "${unit}"`, 'NoIbmSignKey', (p) => rename(p, ibm('Poughkeepsie', unit)), { openssl: 'ok' }),
  ),
  ...['Boeblingen', 'armonk', 'Poughkeepsie ', ''].map((place) =>
    spoil(`signing: in "${place}"`, 'NoIbmSignKey', (p) => rename(p, ibm(place, UNIT)), { openssl: 'ok' }),
  ),
  spoil(
    'signing: text that is no UTF-8 in its subject',
    'NoIbmSignKey',
    (p) =>
      rename(
        p,
        p.signing.subject.map((e) => (e.oid === KIND.OU ? { ...e, raw: hexBytes('fffe') } : e)),
      ),
    { openssl: 'unreadable' },
  ),
  spoil('signing: entries joined to one relative name', 'trusted', (p) =>
    rename(
      p,
      p.signing.subject.map((e): Entry => (e.oid === KIND.ST ? { ...e, joined: true } : e)),
    ),
  ),
];

const ORDER: readonly Kind[] = ['C', 'O', 'OU', 'L', 'ST', 'CN'];
const inOrder = (name: Name): Name => ORDER.flatMap((k) => name.filter((e) => e.oid === KIND[k]));

const OTHER = { Armonk: 'Poughkeepsie', Poughkeepsie: 'Armonk' } as const;

/** The spellings of the CRL's issuer that are looked for, for a signing key in either place. */
const spellings: Mutation[] = (['Armonk', 'Poughkeepsie'] as const).flatMap((place) =>
  (
    [
      ...(place === 'Armonk' ? ([['the same', ibm(place, UNIT), true]] as const) : []),
      ['of the other place', ibm(OTHER[place], UNIT), place === 'Armonk'],
      ['in the other order', inOrder(ibm(place, UNIT)), true],
      ['of the other place in the other order', inOrder(ibm(OTHER[place], UNIT)), place === 'Armonk'],
      ['in a third order', [...ibm(place, UNIT)].reverse(), false],
      ['in other case', upper(ibm(place, UNIT)), true],
      ['with more white space', spaced(ibm(place, UNIT)), true],
      ['another place', ibm('Boeblingen', UNIT), false],
      [
        'joined to one relative name',
        ibm(place, UNIT).map((e): Entry => (e.oid === KIND.ST ? { ...e, joined: true } : e)),
        false,
      ],
    ] as const
  ).flatMap(([what, issuer, found]) => [
    spoil(`signing in ${place}, its CRL's issuer: ${what}`, found ? 'trusted' : 'NoCrl', (p) => {
      p.signing.subject = ibm(place, UNIT);
      p.crls.signing.issuer = [...issuer];
    }),
    ...(found
      ? [
          spoil(`signing in ${place}, its CRL's issuer: ${what}, and the host key revoked`, 'HkdRevoked', (p) => {
            p.signing.subject = ibm(place, UNIT);
            p.crls.signing.issuer = [...issuer];
            p.crls.signing.revoked.push({ serial: SERIAL.host });
          }),
        ]
      : []),
  ]),
);

const issuers: Mutation[] = (['signing', 'intermediate'] as const).flatMap((l) => {
  const at = l === 'signing' ? 0 : 1;
  return [
    ...KINDS.flatMap((kind) =>
      CHANGES.slice(0, 3).map(([what, change]) =>
        spoil(`${l}: ${what} ${kind} in its issuer`, invalid(20, at), (p) => (p[l].issuer = change(p[l].issuer, kind))),
      ),
    ),
    spoil(`${l}: its issuer in the other order`, invalid(20, at), (p) => (p[l].issuer = inOrder(p[l].issuer))),
    spoil(`${l}: its issuer in other case`, 'trusted', (p) => (p[l].issuer = upper(p[l].issuer))),
    spoil(`${l}: its issuer with more white space`, 'trusted', (p) => (p[l].issuer = spaced(p[l].issuer))),
    spoil(`${l}: no issuer name`, invalid(20, at), (p) => (p[l].issuer = [])),
    spoil(`${l}: letters of another alphabet in its issuer`, invalid(20, at), (p) => {
      // the Kelvin sign: lower case of it is the k of ASCII, in languages but not in names
      p[l].issuer = p[l].issuer.map((e) => (e.oid === KIND.ST ? { ...e, value: 'New Yor\u212a' } : e));
    }),
  ];
});

export const names: Mutation[] = [...subjects, ...units, ...spellings, ...issuers];
