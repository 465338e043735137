/** Files that are broken as files: cut, padded, empty, huge, or encoded as DER does not allow. */
import { bits, type Der, hexBytes, int, octets, oid, seq, text, tlv } from '../der-writer.ts';
import { EXT, type Files, KEYS, setExtension } from '../forge.ts';
import { invalid, type Mutation, rearrange, spoil } from './make.ts';

const MIB = 1024 * 1024;
/** What each broken file leads to. */
const PLACES = [
  { what: 'root', list: 'roots', i: 0, says: invalid(20, 1) },
  { what: 'intermediate', list: 'certificates', i: 0, says: invalid(20, 0) },
  { what: 'signing', list: 'certificates', i: 1, says: 'NoIbmSignKey' },
  { what: 'host key', list: 'hosts', i: 0, says: 'unreadable' },
] as const satisfies readonly { what: string; list: keyof Files; i: number; says: string }[];

/** Length of the outer SEQUENCE written in a longer form than needed. */
const longForm = (b: Der): Der => new Uint8Array([0x30, 0x83, 0, b[2] as number, b[3] as number, ...b.subarray(4)]);
const indefinite = (b: Der): Der => new Uint8Array([0x30, 0x80, ...b.subarray(4), 0, 0]);

/** How a file is broken, and the code that a host key is then refused with. */
const BREAKS: readonly (readonly [string, (b: Der) => Der, string])[] = [
  ['empty', () => new Uint8Array(0), 'empty'],
  ['cut by a byte', (b) => b.slice(0, -1), 'bad-encoding'],
  ['cut in the middle', (b) => b.slice(0, b.length >> 1), 'bad-encoding'],
  ['one byte of it', (b) => b.slice(0, 1), 'bad-encoding'],
  ['a byte behind it', (b) => new Uint8Array([...b, 0]), 'trailing-bytes'],
  ['a line end behind it', (b) => new Uint8Array([...b, 10]), 'trailing-bytes'],
  ['a length in a longer form', longForm, 'bad-encoding'],
  ['an indefinite length', indefinite, 'bad-encoding'],
  ['another type outside', (b) => new Uint8Array([0x31, ...b.subarray(1)]), 'not-recognised'],
  ['a text', () => text('this is no certificate'), 'not-recognised'],
  ['Base64 with another alphabet', () => text('-----BEGIN CERTIFICATE-----\nMA_-\n-----END CERTIFICATE-----\n'), 'bad-encoding'],
];

/** Files of 10 MB, as a host key and as a CRL. */
const HUGE: typeof BREAKS = [
  ['10 MB of zeros', () => new Uint8Array(10 * MIB), 'not-recognised'],
  ['over 10 MB', () => new Uint8Array(10 * MIB + 1), 'too-long'],
  ['10 MB of nested sequences', () => nested(10 * MIB), 'bad-encoding'],
  [
    '10 MB of small elements',
    () =>
      tlv(
        0x30,
        new Uint8Array(10 * MIB - 20).fill(5).map((b, i) => (i & 1 ? 0 : b)),
      ),
    'too-long',
  ],
  ['10 MB of PEM beginnings', () => text('-----BEGIN CERTIFICATE-----\n'.repeat(370_000)), 'too-short'],
  ['10 MB of PEM beginnings without an end', () => text('-----BEGIN '.repeat(900_000)), 'too-long'],
  [
    '10 MB of Base64',
    () => text(`-----BEGIN CERTIFICATE-----\n${'MAAA'.repeat(2_400_000)}\n-----END CERTIFICATE-----\n`),
    'trailing-bytes',
  ],
  [
    'many small PEM blocks',
    () => text('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'.repeat(150_000)),
    'too-long',
  ],
];

/** Sequences in one another, as deep as they fit. */
function nested(size: number): Der {
  const out = new Uint8Array(size);
  let at = 0;
  while (size - at > 8) {
    const inside = size - at - 5;
    out.set([0x30, 0x83, (inside >> 16) & 0xff, (inside >> 8) & 0xff, inside & 0xff], at);
    if (inside < 0x10000) break;
    at += 5;
  }
  return out;
}

const broken: Mutation[] = PLACES.flatMap(({ what, list, i, says }) =>
  BREAKS.map(([how, change, code]) =>
    rearrange(
      `${what}: ${how}`,
      what === 'host key' ? `${says} ${code}` : says,
      (f) => (f[list][i] = change(f[list][i] as Der)),
      // OpenSSL gets what is not a certificate as a PEM block that is none
      { leaf: -1 },
    ),
  ),
);

/** Large, but what it says it is. */
const large: Mutation[] = [
  ...HUGE.flatMap(([how, change, code]) => [
    rearrange(`host key: ${how}`, `unreadable ${code}`, (f) => (f.hosts[0] = change(f.hosts[0] as Der)), { leaf: -1 }),
    rearrange(`signing CRL: ${how}`, 'NoCrl', (f) => (f.crls[2] = change(f.crls[2] as Der)), { leaf: -1 }),
  ]),
  spoil(
    'host key: 9 MB in an extension',
    'trusted',
    (p) => p.host.extensions.push({ oid: EXT.unknown, value: octets(new Uint8Array(9 * MIB)) }),
    { leaf: -1 },
  ),
  spoil(
    'host key: 200,000 extensions',
    'unreadable too-long',
    (p) => {
      for (let n = 0; n < 200_000; n++) p.host.extensions.push({ oid: `1.3.6.1.4.1.99999.${n}`, value: hexBytes('0500') });
    },
    { leaf: -1 },
  ),
  spoil(
    'host key: 50,000 entries in its subject',
    'unreadable too-long',
    (p) => {
      p.host.subject = Array.from({ length: 50_000 }, () => ({ oid: '2.5.4.3', value: 'x' }));
    },
    { leaf: -1 },
  ),
  spoil(
    'host key: an entry of 1 MB in its subject',
    'unreadable too-long',
    (p) => {
      p.host.subject = [{ oid: '2.5.4.3', value: 'x'.repeat(MIB) }];
    },
    { leaf: -1 },
  ),
  spoil(
    'signing CRL: 300,000 entries',
    'trusted',
    (p) => {
      p.crls.signing.revoked = Array.from({ length: 300_000 }, (_, n) => ({ serial: (0x10000000 + n).toString(16) }));
    },
    { leaf: -1 },
  ),
  spoil(
    'signing CRL: 300,000 entries, the last one revokes',
    'HkdRevoked',
    (p) => {
      p.crls.signing.revoked = Array.from({ length: 300_000 }, (_, n) => ({ serial: (0x10000000 + n).toString(16) }));
      p.crls.signing.revoked.push({ serial: '44' });
    },
    { leaf: -1 },
  ),
  rearrange(
    '2,000 CRLs of the signing key',
    'trusted',
    (f) => {
      const one = f.crls[2] as Der;
      f.crls.push(joined(Array.from({ length: 2000 }, () => one)));
    },
    { leaf: -1 },
  ),
];

function joined(list: readonly Der[]): Der {
  return new Uint8Array(Buffer.concat(list));
}

/** Values that DER, or X.509, does not allow, inside a certificate that is signed as it is. */
const odd: Mutation[] = [
  spoil('host key: a serial with a zero in front', 'unreadable bad-encoding', (p) => (p.host.serial = '0044')),
  spoil('host key: a negative serial', 'trusted', (p) => (p.host.serial = 'c4')),
  spoil('host key: a serial of 60 bytes', 'trusted', (p) => (p.host.serial = '44'.repeat(60))),
  spoil('signing: a serial with a zero in front', 'NoIbmSignKey', (p) => (p.signing.serial = '0033'), { openssl: 'unreadable' }),
  spoil('host key: a negative serial, its positive twin revoked', 'trusted', (p) => {
    p.host.serial = 'c4';
    p.crls.signing.revoked.push({ serial: '00c4' });
  }),
  spoil('host key: a serial with the high bit, revoked', 'HkdRevoked', (p) => {
    p.host.serial = '00c4';
    p.crls.signing.revoked.push({ serial: '00c4' });
  }),
  spoil('host key: key bits that are no whole bytes', 'unreadable bad-encoding', (p) => {
    p.host.spki = seq(seq(oid('1.2.840.10045.2.1'), oid('1.3.132.0.35')), bits(KEYS.host.spki.slice(-133), 3));
  }),
  spoil('host key: a basic constraint of neither true nor false', 'unreadable bad-encoding', (p) =>
    setExtension(p.host.extensions, { oid: EXT.constraints, critical: true, value: seq(tlv(0x01, new Uint8Array([1]))) }),
  ),
  spoil('host key: more in its key usage than bits', 'unreadable trailing-bytes', (p) =>
    setExtension(p.host.extensions, { oid: EXT.usage, critical: true, value: new Uint8Array([3, 2, 3, 8, 0]) }),
  ),
  spoil('host key: a broken object identifier', 'unreadable bad-encoding', (p) => {
    p.host.spki = seq(seq(tlv(0x06, new Uint8Array([0x80, 1])), oid('1.3.132.0.35')), bits(KEYS.host.spki.slice(-133)));
  }),
  spoil('host key: a version as text', 'unreadable bad-encoding', (p) => {
    p.host.subject = [];
    p.host.issuer = [{ oid: '2.5.4.3', value: '', raw: int('01'), tag: 0x31 }];
    p.host.spki = seq(int('01'));
  }),
];

export const bytes: Mutation[] = [...broken, ...large, ...odd];
