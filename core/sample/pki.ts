/**
 * A PKI shaped like IBM's, for the sample tenant: root, intermediate, host-key signing key, a CRL of each, and host-key
 * documents. Signing and RSA keys come from outside.
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { type Bytes, join, unhex, utf8 } from '../bytes.ts';
import { decodePoint } from '../crypto/p521.ts';
import { children, context, contextOf, readWhole, TAG } from '../hostkey/der.ts';
import { EXTENSION } from '../hostkey/extensions.ts';
import { OID_OF, type ShortName } from '../hostkey/name.ts';
import { bitString, element, integer, nothing, objectIdentifier, octetString, sequence, time, yes } from './der.ts';

/** A key that signs with sha512WithRSAEncryption. */
export interface SigningKey {
  /** SubjectPublicKeyInfo, DER */
  readonly spki: Bytes;
  sign(data: Bytes): Bytes;
}

type NameParts = readonly (readonly [ShortName, string])[];

const IBM = 'International Business Machines Corporation';
const P521_SPKI_HEAD = unhex('30819b301006072a8648ce3d020106052b810400230381860004', 'SPKI head');
const SHA512_RSA = sequence(objectIdentifier('1.2.840.113549.1.1.13'), nothing);
const PRINTABLE = 0x13;
const UTF8 = 0x0c;

/** A name of IBM's form. @param locality Poughkeepsie or Armonk @param unit what the OU says */
const ibmName = (locality: string, unit: string, commonName = IBM): NameParts => [
  ['C', 'US'],
  ['O', IBM],
  ['CN', commonName],
  ['ST', 'New York'],
  ['L', locality],
  ['OU', unit],
];

const NAMES = {
  root: ibmName('Armonk', 'SAMPLE Root CA', 'Selwright Sample Root CA'),
  intermediate: ibmName('Armonk', 'SAMPLE Intermediate CA', 'Selwright Sample Intermediate CA'),
  signing: ibmName('Poughkeepsie', 'SAMPLE Host Key Signing Service'),
  host: ibmName('Poughkeepsie', 'SAMPLE Host Key'),
} as const;

/** Where the certificates say that their issuer's CRL is: nowhere that exists. */
const crlUrl = (issuer: string): string => `http://crl.example/${issuer}.crl`;

const writeName = (parts: NameParts): Bytes =>
  sequence(
    ...parts.map(([kind, value]) =>
      element(TAG.set, sequence(objectIdentifier(OID_OF[kind]), element(kind === 'C' ? PRINTABLE : UTF8, utf8(value)))),
    ),
  );

/** SubjectPublicKeyInfo of a secp521r1 point in 160 bytes. */
const p521Spki = (publicKey: Bytes): Bytes => join(P521_SPKI_HEAD, decodePoint(publicKey, 'sample host key').slice(1));

/** Subject key identifier: SHA-1 of the key bits, as everybody makes it. Not a security function. */
const keyId = (spki: Bytes): Bytes => {
  const [, bits] = children(spki, readWhole(spki, TAG.sequence, 'sample key'), 'sample key');
  return bits ? sha1(spki.slice(bits.content + 1, bits.end)) : new Uint8Array(0);
};

const extension = (oid: string, critical: boolean, value: Bytes): Bytes =>
  sequence(objectIdentifier(oid), ...(critical ? [yes] : []), octetString(value));

const authorityKey = (signer: SigningKey): Bytes =>
  extension(EXTENSION.authorityKeyIdentifier, false, sequence(element(context(0), keyId(signer.spki))));

const distributionPoint = (url: string): Bytes => {
  const name = element(context(6), utf8(url));
  return extension(
    EXTENSION.crlDistributionPoints,
    false,
    sequence(sequence(element(contextOf(0), element(contextOf(0), name)))),
  );
};

/** Key usages: the bits, and how many of the byte do not count. */
const USAGE = {
  digitalSignature: bitString(new Uint8Array([0x80]), 7),
  keyAgreement: bitString(new Uint8Array([0x08]), 3),
  authority: bitString(new Uint8Array([0x06]), 1),
} as const;

/** What a certificate says. */
interface CertificateInput {
  readonly subject: NameParts;
  readonly issuer: NameParts;
  readonly spki: Bytes;
  /** key that signs, and whose id becomes the authority key id */
  readonly signer: SigningKey;
  readonly serial: number;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly usage: Bytes;
  /** absent: no basic constraints */
  readonly ca?: boolean;
  readonly crlUrl?: string;
}

const signed = (signer: SigningKey, ...fields: readonly Bytes[]): Bytes => {
  const tbs = sequence(...fields);
  return sequence(tbs, SHA512_RSA, bitString(signer.sign(tbs)));
};

/** A certificate, DER. */
const makeCertificate = (c: CertificateInput): Bytes => {
  const extensions = [
    ...(c.crlUrl === undefined ? [] : [distributionPoint(c.crlUrl)]),
    ...(c.ca === undefined ? [] : [extension(EXTENSION.basicConstraints, true, sequence(...(c.ca ? [yes] : [])))]),
    extension(EXTENSION.keyUsage, true, c.usage),
    authorityKey(c.signer),
    extension(EXTENSION.subjectKeyIdentifier, false, octetString(keyId(c.spki))),
  ];
  return signed(
    c.signer,
    element(contextOf(0), integer(2)),
    integer(c.serial),
    SHA512_RSA,
    writeName(c.issuer),
    sequence(time(c.notBefore), time(c.notAfter)),
    writeName(c.subject),
    c.spki,
    element(contextOf(3), sequence(...extensions)),
  );
};

/** What a CRL says. */
interface CrlInput {
  readonly issuer: NameParts;
  readonly signer: SigningKey;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revoked: readonly number[];
}

/** A CRL, DER. */
const makeCrl = (c: CrlInput): Bytes =>
  signed(
    c.signer,
    integer(1),
    SHA512_RSA,
    writeName(c.issuer),
    time(c.thisUpdate),
    time(c.nextUpdate),
    ...(c.revoked.length === 0 ? [] : [sequence(...c.revoked.map((s) => sequence(integer(s), time(c.thisUpdate))))]),
    element(contextOf(0), sequence(authorityKey(c.signer))),
  );

/** The keys of a sample PKI. */
export interface PkiKeys {
  readonly root: SigningKey;
  readonly intermediate: SigningKey;
  readonly signing: SigningKey;
}

/** A whole PKI, DER. */
export interface SamplePki {
  readonly root: Bytes;
  readonly intermediate: Bytes;
  readonly signing: Bytes;
  readonly crls: { readonly root: Bytes; readonly intermediate: Bytes; readonly signing: Bytes };
  readonly hosts: readonly Bytes[];
}

const years = (from: Date, n: number): Date =>
  new Date(Date.UTC(from.getUTCFullYear() + n, from.getUTCMonth(), from.getUTCDate()));

const serial = (n: number): number => 0x5e1a0000 + n;

/** Builds the PKI. @param hostKeys public keys of 160 bytes @param from when it begins to hold, to the second */
export const makePki = (keys: PkiKeys, hostKeys: readonly Bytes[], from: Date): SamplePki => {
  const begin = { notBefore: from };
  const list = { thisUpdate: from, nextUpdate: years(from, 1), revoked: [] };
  return {
    root: makeCertificate({
      ...begin,
      subject: NAMES.root,
      issuer: NAMES.root,
      spki: keys.root.spki,
      signer: keys.root,
      serial: serial(1),
      notAfter: years(from, 20),
      usage: USAGE.authority,
      ca: true,
    }),
    intermediate: makeCertificate({
      ...begin,
      subject: NAMES.intermediate,
      issuer: NAMES.root,
      spki: keys.intermediate.spki,
      signer: keys.root,
      serial: serial(2),
      notAfter: years(from, 10),
      usage: USAGE.authority,
      ca: true,
      crlUrl: crlUrl('root'),
    }),
    signing: makeCertificate({
      ...begin,
      subject: NAMES.signing,
      issuer: NAMES.intermediate,
      spki: keys.signing.spki,
      signer: keys.intermediate,
      serial: serial(3),
      notAfter: years(from, 5),
      usage: USAGE.digitalSignature,
      ca: false,
      crlUrl: crlUrl('intermediate'),
    }),
    crls: {
      root: makeCrl({ ...list, issuer: NAMES.root, signer: keys.root }),
      intermediate: makeCrl({ ...list, issuer: NAMES.intermediate, signer: keys.intermediate }),
      signing: makeCrl({ ...list, issuer: NAMES.signing, signer: keys.signing, revoked: [serial(99)] }),
    },
    hosts: hostKeys.map((k, i) =>
      makeCertificate({
        ...begin,
        subject: NAMES.host,
        issuer: NAMES.signing,
        spki: p521Spki(k),
        signer: keys.signing,
        serial: serial(10 + i),
        notAfter: years(from, 3),
        usage: USAGE.keyAgreement,
        crlUrl: crlUrl('signing'),
      }),
    ),
  };
};
