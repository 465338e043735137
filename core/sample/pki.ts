/**
 * A PKI shaped like IBM's, for the sample tenant and for tests: root, intermediate, host-key signing key, a CRL of each, and
 * host-key documents. Every ingredient can be given, so that tests can spoil each one. Signing and RSA keys come from outside.
 */

import { sha1 } from '@noble/hashes/legacy.js';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  CertificateList,
  CRLDistributionPoints,
  DistributionPoint,
  DistributionPointName,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_cRLDistributionPoints,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  RevokedCertificate,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  TBSCertList,
  Time,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { type Bytes, join, unhex } from '../bytes.ts';
import { decodePoint } from '../crypto/p521.ts';
import { OID_OF, type ShortName } from '../hostkey/name.ts';

/** A key that signs: its SubjectPublicKeyInfo, and a function that signs with it (sha512WithRSAEncryption unless told otherwise). */
export interface SigningKey {
  /** SubjectPublicKeyInfo, DER */
  readonly spki: Bytes;
  sign(data: Bytes): Bytes;
}

export type NameParts = readonly (readonly [ShortName, string])[];

const SHA512_RSA = '1.2.840.113549.1.1.13';
const NULL = new Uint8Array([5, 0]);
const EXACT_P521 = unhex('30819b301006072a8648ce3d020106052b810400230381860004', 'SPKI prefix');
const IBM = 'International Business Machines Corporation';

/** A name of IBM's form. @param locality Poughkeepsie or Armonk @param unit what the OU says */
export const ibmName = (locality: string, unit: string, commonName = IBM): NameParts => [
  ['C', 'US'],
  ['O', IBM],
  ['CN', commonName],
  ['ST', 'New York'],
  ['L', locality],
  ['OU', unit],
];

const asn = (data: Bytes): ArrayBuffer => data.slice().buffer as ArrayBuffer;

const name = (parts: NameParts): Name =>
  new Name(
    parts.map(
      ([kind, value]) =>
        new RelativeDistinguishedName([
          new AttributeTypeAndValue({
            type: OID_OF[kind],
            value: new AttributeValue(kind === 'C' ? { printableString: value } : { utf8String: value }),
          }),
        ]),
    ),
  );

/** SubjectPublicKeyInfo of a secp521r1 point in 160 bytes. */
export const p521Spki = (publicKey: Bytes): Bytes => join(EXACT_P521, decodePoint(publicKey, 'sample host key').slice(1));

/** Subject key identifier: SHA-1 of the key bits, as everybody makes it. Not a security function. */
const keyId = (spki: Bytes): Bytes => sha1(new Uint8Array(AsnConvert.parse(spki.slice(), SubjectPublicKeyInfo).subjectPublicKey));

const extension = (oid: string, critical: boolean, value: unknown): Extension =>
  new Extension({ extnID: oid, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

/** What a certificate says. */
export interface CertificateInput {
  readonly subject: NameParts;
  readonly issuer: NameParts;
  readonly spki: Bytes;
  /** key that signs, and whose id becomes the authority key id */
  readonly signer: SigningKey;
  readonly serial: Bytes;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly usage: KeyUsageFlags | undefined;
  readonly ca?: boolean | undefined;
  readonly pathLength?: number | undefined;
  readonly crlUrl?: string | undefined;
  /** authority key id to write instead of the signer's; null: none */
  readonly authorityKeyId?: Bytes | null | undefined;
  readonly subjectKeyId?: Bytes | null | undefined;
  /** 3 unless given; below it no extensions are written */
  readonly version?: 1 | 3 | undefined;
  readonly extra?: readonly Extension[] | undefined;
  /** object identifier of the signature algorithm */
  readonly algorithm?: string | undefined;
}

const algorithmOf = (oid = SHA512_RSA): AlgorithmIdentifier => new AlgorithmIdentifier({ algorithm: oid, parameters: asn(NULL) });

/** A certificate, DER. */
export const makeCertificate = (c: CertificateInput): Bytes => {
  const extensions: Extension[] = [];
  if (c.crlUrl !== undefined)
    extensions.push(
      extension(
        id_ce_cRLDistributionPoints,
        false,
        new CRLDistributionPoints([
          new DistributionPoint({
            distributionPoint: new DistributionPointName({
              fullName: [new GeneralName({ uniformResourceIdentifier: c.crlUrl })],
            }),
          }),
        ]),
      ),
    );
  if (c.ca !== undefined)
    extensions.push(
      extension(
        id_ce_basicConstraints,
        true,
        new BasicConstraints({ cA: c.ca, ...(c.pathLength === undefined ? {} : { pathLenConstraint: c.pathLength }) }),
      ),
    );
  if (c.usage !== undefined) extensions.push(extension(id_ce_keyUsage, true, new KeyUsage(c.usage)));
  if (c.authorityKeyId !== null)
    extensions.push(
      extension(
        id_ce_authorityKeyIdentifier,
        false,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(asn(c.authorityKeyId ?? keyId(c.signer.spki))) }),
      ),
    );
  if (c.subjectKeyId !== null)
    extensions.push(extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(asn(c.subjectKeyId ?? keyId(c.spki)))));
  extensions.push(...(c.extra ?? []));
  const signatureAlgorithm = algorithmOf(c.algorithm);
  const tbsCertificate = new TBSCertificate({
    version: c.version === 1 ? Version.v1 : Version.v3,
    serialNumber: asn(c.serial),
    signature: signatureAlgorithm,
    issuer: name(c.issuer),
    validity: new Validity({ notBefore: c.notBefore, notAfter: c.notAfter }),
    subject: name(c.subject),
    subjectPublicKeyInfo: AsnConvert.parse(c.spki.slice(), SubjectPublicKeyInfo),
    ...(c.version === 1 ? {} : { extensions: new Extensions(extensions) }),
  });
  const tbs = new Uint8Array(AsnConvert.serialize(tbsCertificate));
  const certificate = new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue: asn(c.signer.sign(tbs)) });
  return new Uint8Array(AsnConvert.serialize(certificate));
};

/** What a CRL says. */
export interface CrlInput {
  readonly issuer: NameParts;
  readonly signer: SigningKey;
  readonly thisUpdate: Date;
  /** null: none */
  readonly nextUpdate: Date | null;
  readonly revoked: readonly Bytes[];
  readonly authorityKeyId?: Bytes | null | undefined;
}

/** A CRL, DER. */
export const makeCrl = (c: CrlInput): Bytes => {
  const signature = algorithmOf();
  const tbsCertList = new TBSCertList({
    version: Version.v2,
    signature,
    issuer: name(c.issuer),
    thisUpdate: new Time(c.thisUpdate),
    ...(c.nextUpdate === null ? {} : { nextUpdate: new Time(c.nextUpdate) }),
    ...(c.revoked.length === 0
      ? {}
      : {
          revokedCertificates: c.revoked.map(
            (s) => new RevokedCertificate({ userCertificate: asn(s), revocationDate: new Time(c.thisUpdate) }),
          ),
        }),
    ...(c.authorityKeyId === null
      ? {}
      : {
          crlExtensions: [
            extension(
              id_ce_authorityKeyIdentifier,
              false,
              new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(asn(c.authorityKeyId ?? keyId(c.signer.spki))) }),
            ),
          ],
        }),
  });
  const tbs = new Uint8Array(AsnConvert.serialize(tbsCertList));
  const list = new CertificateList({ tbsCertList, signatureAlgorithm: signature, signature: asn(c.signer.sign(tbs)) });
  return new Uint8Array(AsnConvert.serialize(list));
};

/** The keys of a sample PKI. */
export interface PkiKeys {
  readonly root: SigningKey;
  readonly intermediate: SigningKey;
  readonly signing: SigningKey;
}

export const SAMPLE_NAMES = {
  root: ibmName('Armonk', 'SAMPLE Root CA', 'Selwright Sample Root CA'),
  intermediate: ibmName('Armonk', 'SAMPLE Intermediate CA', 'Selwright Sample Intermediate CA'),
  signing: ibmName('Poughkeepsie', 'SAMPLE Host Key Signing Service'),
  host: ibmName('Poughkeepsie', 'SAMPLE Host Key'),
} as const;

export const CRL_URLS = {
  root: 'http://crl.example/root.crl',
  intermediate: 'http://crl.example/intermediate.crl',
  signing: 'http://crl.example/signing.crl',
};

/** A whole PKI, DER. */
export interface SamplePki {
  readonly root: Bytes;
  readonly intermediate: Bytes;
  readonly signing: Bytes;
  readonly crls: { readonly root: Bytes; readonly intermediate: Bytes; readonly signing: Bytes };
  readonly hosts: readonly Bytes[];
}

/** What a test wants different, for one of the pieces. */
export interface PkiChanges {
  readonly root?: Partial<CertificateInput>;
  readonly intermediate?: Partial<CertificateInput>;
  readonly signing?: Partial<CertificateInput>;
  readonly host?: Partial<CertificateInput>;
  readonly rootCrl?: Partial<CrlInput>;
  readonly intermediateCrl?: Partial<CrlInput>;
  readonly signingCrl?: Partial<CrlInput>;
}

const CA_USAGE = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
const years = (from: Date, n: number): Date =>
  new Date(Date.UTC(from.getUTCFullYear() + n, from.getUTCMonth(), from.getUTCDate()));

/** Builds the PKI. @param hostKeys public keys of 160 bytes @param from when it begins to hold */
export const makePki = (keys: PkiKeys, hostKeys: readonly Bytes[], from: Date, change: PkiChanges = {}): SamplePki => {
  const N = SAMPLE_NAMES;
  const serial = (n: number): Bytes => unhex((0x5e1a0000 + n).toString(16), 'serial');
  const common = { notBefore: from };
  const root = makeCertificate({
    ...common,
    subject: N.root,
    issuer: N.root,
    spki: keys.root.spki,
    signer: keys.root,
    serial: serial(1),
    notAfter: years(from, 20),
    usage: CA_USAGE,
    ca: true,
    ...change.root,
  });
  const intermediate = makeCertificate({
    ...common,
    subject: N.intermediate,
    issuer: N.root,
    spki: keys.intermediate.spki,
    signer: keys.root,
    serial: serial(2),
    notAfter: years(from, 10),
    usage: CA_USAGE,
    ca: true,
    crlUrl: CRL_URLS.root,
    ...change.intermediate,
  });
  const signing = makeCertificate({
    ...common,
    subject: N.signing,
    issuer: N.intermediate,
    spki: keys.signing.spki,
    signer: keys.intermediate,
    serial: serial(3),
    notAfter: years(from, 5),
    usage: KeyUsageFlags.digitalSignature,
    ca: false,
    crlUrl: CRL_URLS.intermediate,
    ...change.signing,
  });
  const crl = { thisUpdate: from, nextUpdate: years(from, 1), revoked: [] };
  return {
    root,
    intermediate,
    signing,
    crls: {
      root: makeCrl({ ...crl, issuer: N.root, signer: keys.root, ...change.rootCrl }),
      intermediate: makeCrl({ ...crl, issuer: N.intermediate, signer: keys.intermediate, ...change.intermediateCrl }),
      signing: makeCrl({ ...crl, issuer: N.signing, signer: keys.signing, revoked: [serial(99)], ...change.signingCrl }),
    },
    hosts: hostKeys.map((k, i) =>
      makeCertificate({
        ...common,
        subject: N.host,
        issuer: N.signing,
        spki: p521Spki(k),
        signer: keys.signing,
        serial: serial(10 + i),
        notAfter: years(from, 3),
        usage: KeyUsageFlags.keyAgreement,
        crlUrl: CRL_URLS.signing,
        ...change.host,
      }),
    ),
  };
};
