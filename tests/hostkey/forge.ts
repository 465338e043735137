/**
 * Forges a PKI of IBM's shape, every piece of it as wrong as a test wants. Keys are made once a test file. Shares no code with
 * what is tested: DER by der-writer.ts, keys and signatures by Node's crypto.
 */
import { createHash, constants as cryptoConstants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  bits,
  bool,
  type Der,
  hexBytes,
  int,
  namedBits,
  nothing,
  octets,
  oid,
  seq,
  seqOf,
  set,
  text,
  time,
  tlv,
} from './der-writer.ts';

// -- keys

export interface Key {
  readonly privateKey: KeyObject;
  readonly spki: Der;
}

const keyFrom = (pair: { privateKey: KeyObject; publicKey: KeyObject }): Key => ({
  privateKey: pair.privateKey,
  spki: new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' })),
});

export const rsaKey = (bitCount: number): Key => keyFrom(generateKeyPairSync('rsa', { modulusLength: bitCount }));
export const ecKey = (namedCurve: string): Key => keyFrom(generateKeyPairSync('ec', { namedCurve }));
export const edKey = (): Key => keyFrom(generateKeyPairSync('ed25519'));

// -- algorithms

export interface Algorithm {
  readonly identifier: Der;
  sign(key: Key, data: Der): Der;
}

const hashed = (identifier: Der, hash: string, options: object = {}): Algorithm => ({
  identifier,
  sign: (key, data) => new Uint8Array(sign(hash, data, { key: key.privateKey, ...options })),
});
const rsa = (n: number, hash: string): Algorithm => hashed(seq(oid(`1.2.840.113549.1.1.${n}`), nothing), hash);

export const SHA512_RSA = rsa(13, 'sha512');
export const ALGORITHMS = {
  'SHA-256 RSA': rsa(11, 'sha256'),
  'SHA-384 RSA': rsa(12, 'sha384'),
  'SHA-224 RSA': rsa(14, 'sha224'),
  'SHA-1 RSA': rsa(5, 'sha1'),
  'MD5 RSA': rsa(4, 'md5'),
  'SHA-512 RSA without NULL': hashed(seq(oid('1.2.840.113549.1.1.13')), 'sha512'),
  'RSA-PSS': hashed(
    seq(
      oid('1.2.840.113549.1.1.10'),
      seq(
        tlv(0xa0, seq(oid('2.16.840.1.101.3.4.2.1'))),
        tlv(0xa1, seq(oid('1.2.840.113549.1.1.8'), seq(oid('2.16.840.1.101.3.4.2.1')))),
        tlv(0xa2, int('20')),
      ),
    ),
    'sha256',
    { padding: cryptoConstants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  ),
  'SHA-256 ECDSA': hashed(seq(oid('1.2.840.10045.4.3.2')), 'sha256'),
  'SHA-384 ECDSA': hashed(seq(oid('1.2.840.10045.4.3.3')), 'sha384'),
  'SHA-1 ECDSA': hashed(seq(oid('1.2.840.10045.4.1')), 'sha1'),
  Ed25519: {
    identifier: seq(oid('1.3.101.112')),
    sign: (key: Key, data: Der) => new Uint8Array(sign(null, data, key.privateKey)),
  },
} as const satisfies Record<string, Algorithm>;

// -- names

export interface Entry {
  oid: string;
  value: string;
  /** string type; UTF8String unless given */
  tag?: number;
  /** stands in one relative name with the entry before it */
  joined?: boolean;
  /** content instead of the value */
  raw?: Der;
}
export type Name = Entry[];

export const KIND = { C: '2.5.4.6', ST: '2.5.4.8', L: '2.5.4.7', O: '2.5.4.10', OU: '2.5.4.11', CN: '2.5.4.3' } as const;
export type Kind = keyof typeof KIND;
export const KINDS = Object.keys(KIND) as Kind[];
const IBM = 'International Business Machines Corporation';

export const ibm = (locality: string, unit: string): Name => [
  { oid: KIND.C, value: 'US', tag: 19 },
  { oid: KIND.O, value: IBM },
  { oid: KIND.CN, value: IBM },
  { oid: KIND.ST, value: 'New York' },
  { oid: KIND.L, value: locality },
  { oid: KIND.OU, value: unit },
];

export const writeName = (name: Name): Der => {
  const parts: Der[][] = [];
  for (const e of name) {
    const entry = seq(oid(e.oid), tlv(e.tag ?? 12, e.raw ?? text(e.value)));
    if (e.joined && parts.length > 0) (parts.at(-1) as Der[]).push(entry);
    else parts.push([entry]);
  }
  return seqOf(parts.map((p) => set(...p)));
};

// -- extensions

export interface Extension {
  oid: string;
  critical?: boolean;
  value: Der;
}
export const EXT = {
  skid: '2.5.29.14',
  usage: '2.5.29.15',
  altName: '2.5.29.17',
  constraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  delta: '2.5.29.27',
  idp: '2.5.29.28',
  nameConstraints: '2.5.29.30',
  points: '2.5.29.31',
  policies: '2.5.29.32',
  mappings: '2.5.29.33',
  akid: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedUsage: '2.5.29.37',
  inhibitAny: '2.5.29.54',
  access: '1.3.6.1.5.5.7.1.1',
  unknown: '1.3.6.1.4.1.99999.1',
} as const;

const writeExtensions = (list: readonly Extension[]): Der =>
  seqOf(list.map((e) => seq(oid(e.oid), ...(e.critical ? [bool(true)] : []), octets(e.value))));

/** Offset of the key bits in a SubjectPublicKeyInfo: behind algorithm and the head of the bit string. */
const keyBits = (spki: Der): Der => {
  const at = (from: number): { content: number; end: number } => {
    const first = spki[from + 1] as number;
    const n = first < 0x80 ? 0 : first & 0x7f;
    let length = n === 0 ? first : 0;
    for (let i = 0; i < n; i++) length = length * 256 + (spki[from + 2 + i] as number);
    return { content: from + 2 + n, end: from + 2 + n + length };
  };
  const algorithm = at(at(0).content);
  const string = at(algorithm.end);
  return spki.subarray(string.content + 1, string.end);
};

export const keyId = (key: Key): Der => new Uint8Array(createHash('sha1').update(keyBits(key.spki)).digest());
export const USAGE = { digitalSignature: 0, keyEncipherment: 2, keyAgreement: 4, certSign: 5, crlSign: 6 } as const;

export const constraints = (ca: boolean | undefined, pathLength?: string): Der =>
  seq(...(ca === undefined ? [] : [bool(ca)]), ...(pathLength === undefined ? [] : [int(pathLength)]));
export const akid = (id: Der | undefined, issuer?: Name, serial?: string): Der =>
  seq(
    ...(id ? [tlv(0x80, id)] : []),
    ...(issuer ? [tlv(0xa1, tlv(0xa4, writeName(issuer)))] : []),
    ...(serial ? [tlv(0x82, hexBytes(serial))] : []),
  );
export const point = (url: string): Der => tlv(0xa0, tlv(0xa0, tlv(0x86, text(url))));
export const points = (...urls: readonly string[]): Der => seq(...urls.map((u) => seq(point(u))));

// -- certificates and CRLs

export interface Certificate {
  version: number;
  serial: string;
  algorithm: Algorithm;
  /** outside, when it is to be another one */
  outside?: Algorithm;
  issuer: Name;
  notBefore: Date | Der;
  notAfter: Date | Der;
  subject: Name;
  spki: Der;
  extensions: Extension[];
  signer: Key;
  /** what becomes of the signature */
  spoil?: (signature: Der) => Der;
}

const writeTime = (t: Date | Der): Der => (t instanceof Date ? time(t) : t);

const writeSigned = (tbs: Der, c: Pick<Certificate, 'algorithm' | 'outside' | 'signer' | 'spoil'>): Der => {
  const signature = c.algorithm.sign(c.signer, tbs);
  return seq(tbs, (c.outside ?? c.algorithm).identifier, bits(c.spoil?.(signature) ?? signature));
};

export const writeCertificate = (c: Certificate): Der =>
  writeSigned(
    seq(
      ...(c.version === 1 ? [] : [tlv(0xa0, int((c.version - 1).toString(16).padStart(2, '0')))]),
      int(c.serial),
      c.algorithm.identifier,
      writeName(c.issuer),
      seq(writeTime(c.notBefore), writeTime(c.notAfter)),
      writeName(c.subject),
      c.spki,
      ...(c.extensions.length === 0 ? [] : [tlv(0xa3, writeExtensions(c.extensions))]),
    ),
    c,
  );

export interface Revoked {
  serial: string;
  extensions?: Extension[];
}

export interface Crl {
  algorithm: Algorithm;
  outside?: Algorithm;
  issuer: Name;
  thisUpdate: Date | Der;
  nextUpdate: Date | Der | undefined;
  revoked: Revoked[];
  extensions: Extension[];
  signer: Key;
  spoil?: (signature: Der) => Der;
}

export const writeCrl = (c: Crl): Der =>
  writeSigned(
    seq(
      int('01'),
      c.algorithm.identifier,
      writeName(c.issuer),
      writeTime(c.thisUpdate),
      ...(c.nextUpdate ? [writeTime(c.nextUpdate)] : []),
      ...(c.revoked.length === 0
        ? []
        : [
            seqOf(
              c.revoked.map((r) =>
                seq(
                  int(r.serial),
                  writeTime(c.thisUpdate instanceof Date ? c.thisUpdate : AT),
                  ...(r.extensions ? [writeExtensions(r.extensions)] : []),
                ),
              ),
            ),
          ]),
      ...(c.extensions.length === 0 ? [] : [tlv(0xa0, writeExtensions(c.extensions))]),
    ),
    c,
  );

// -- a whole PKI

export const AT = new Date('2026-11-24T05:00:00Z');
export const DAY = 24 * 60 * 60 * 1000;
export const inDays = (days: number): Date => new Date(AT.getTime() + days * DAY);

/** The keys of all forged PKIs of a test file. */
export const KEYS = {
  root: rsaKey(2048),
  intermediate: rsaKey(2048),
  signing: rsaKey(2048),
  /** a stranger's */
  other: rsaKey(2048),
  host: ecKey('secp521r1'),
};

export const LEVELS = ['root', 'intermediate', 'signing'] as const;
export type Level = (typeof LEVELS)[number];

export const NAMES: Record<Level | 'host', () => Name> = {
  root: () => ibm('Armonk', 'IBM Z Root CA'),
  intermediate: () => ibm('Armonk', 'IBM Z Intermediate CA'),
  signing: () => ibm('Poughkeepsie', 'IBM Z Host Key Signing Service'),
  host: () => ibm('Poughkeepsie', 'IBM Z Host Key'),
};

export const SERIAL = { root: '11', intermediate: '22', signing: '33', host: '44' } as const;
export const URLS: Record<Level, string> = {
  root: 'http://crl.example/root.crl',
  intermediate: 'http://crl.example/intermediate.crl',
  signing: 'http://crl.example/signing.crl',
};

/** A PKI to be spoiled before it is written. */
export interface Pki {
  root: Certificate;
  intermediate: Certificate;
  signing: Certificate;
  host: Certificate;
  crls: Record<Level, Crl>;
}

const certificate = (
  subject: Name,
  issuer: Name,
  key: Key,
  signer: Key,
  serial: string,
  extensions: Extension[],
): Certificate => ({
  version: 3,
  serial,
  algorithm: SHA512_RSA,
  issuer,
  notBefore: inDays(-400),
  notAfter: inDays(4000),
  subject,
  spki: key.spki,
  extensions,
  signer,
});

const caExtensions = (key: Key, signer: Key): Extension[] => [
  { oid: EXT.constraints, critical: true, value: constraints(true) },
  { oid: EXT.usage, critical: true, value: namedBits(USAGE.certSign, USAGE.crlSign) },
  { oid: EXT.akid, value: akid(keyId(signer)) },
  { oid: EXT.skid, value: octets(keyId(key)) },
];

/** A certificate authority below another. */
export const authority = (subject: Name, issuer: Name, key: Key, signer: Key, serial: string): Certificate =>
  certificate(subject, issuer, key, signer, serial, caExtensions(key, signer));

export const goodCrl = (issuer: Name, signer: Key): Crl => ({
  algorithm: SHA512_RSA,
  issuer,
  thisUpdate: inDays(-10),
  nextUpdate: inDays(300),
  revoked: [{ serial: '0999' }],
  extensions: [{ oid: EXT.akid, value: akid(keyId(signer)) }],
  signer,
});

/** A PKI without fault. */
export const goodPki = (): Pki => ({
  root: authority(NAMES.root(), NAMES.root(), KEYS.root, KEYS.root, SERIAL.root),
  intermediate: {
    ...authority(NAMES.intermediate(), NAMES.root(), KEYS.intermediate, KEYS.root, SERIAL.intermediate),
    extensions: [...caExtensions(KEYS.intermediate, KEYS.root), { oid: EXT.points, value: points(URLS.root) }],
  },
  signing: certificate(NAMES.signing(), NAMES.intermediate(), KEYS.signing, KEYS.intermediate, SERIAL.signing, [
    { oid: EXT.points, value: points(URLS.intermediate) },
    { oid: EXT.constraints, critical: true, value: constraints(undefined) },
    { oid: EXT.usage, critical: true, value: namedBits(USAGE.digitalSignature) },
    { oid: EXT.extendedUsage, value: seq(oid('1.3.6.1.5.5.7.3.3')) },
    { oid: EXT.akid, value: akid(keyId(KEYS.intermediate)) },
    { oid: EXT.skid, value: octets(keyId(KEYS.signing)) },
  ]),
  host: certificate(NAMES.host(), NAMES.signing(), KEYS.host, KEYS.signing, SERIAL.host, [
    { oid: EXT.points, value: points(URLS.signing) },
    { oid: EXT.usage, critical: true, value: namedBits(USAGE.keyAgreement) },
    { oid: EXT.akid, value: akid(keyId(KEYS.signing)) },
    { oid: EXT.skid, value: octets(keyId(KEYS.host)) },
  ]),
  crls: {
    root: goodCrl(NAMES.root(), KEYS.root),
    intermediate: goodCrl(NAMES.intermediate(), KEYS.intermediate),
    signing: goodCrl(NAMES.signing(), KEYS.signing),
  },
});

/** The files of a PKI, DER, as a user would give them. */
export interface Files {
  roots: Der[];
  certificates: Der[];
  crls: Der[];
  hosts: Der[];
}

export const writePki = (p: Pki): Files => ({
  roots: [writeCertificate(p.root)],
  certificates: [writeCertificate(p.intermediate), writeCertificate(p.signing)],
  crls: LEVELS.map((l) => writeCrl(p.crls[l])),
  hosts: [writeCertificate(p.host)],
});

export const setExtension = (list: Extension[], e: Extension): void => {
  const at = list.findIndex((x) => x.oid === e.oid);
  if (at < 0) list.push(e);
  else list[at] = e;
};
export const dropExtension = (list: Extension[], oidText: string): void => {
  const at = list.findIndex((x) => x.oid === oidText);
  if (at >= 0) list.splice(at, 1);
};
