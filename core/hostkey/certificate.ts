/** X.509 certificates, read strictly: the parts that verification and the window look at. */
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  CRLDistributionPoints,
  ExtendedKeyUsage,
  type Extension,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyUsage,
  SubjectKeyIdentifier,
} from '@peculiar/asn1-x509';
import { type Bytes, hex } from '../bytes.ts';
import { encodePoint } from '../crypto/p521.ts';
import { fail, SelError } from '../errors.ts';
import { certificateAlgorithm, children, cutSigned, readTlv, type Signed } from './der.ts';
import { type NameEntry, nameEntries } from './name.ts';

/** The key of a certificate, as far as it matters here. */
export type SubjectKey =
  | { readonly kind: 'p521'; readonly publicKey: Bytes }
  | { readonly kind: 'rsa'; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: string; readonly bits: number }
  | { readonly kind: 'other'; readonly oid: string };

export interface ParsedExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Bytes;
}

/** Authority key identifier: which key signed this. */
export interface AuthorityKey {
  readonly keyId?: Bytes;
  readonly hasIssuerAndSerial: boolean;
}

/** A certificate. Nothing in it is verified by reading it. */
export interface ParsedCertificate {
  readonly der: Bytes;
  readonly signed: Signed;
  /** 1, 2 or 3 */
  readonly version: number;
  /** serial number, lower-case hex, as the bytes of the INTEGER */
  readonly serial: string;
  readonly subject: readonly NameEntry[];
  readonly issuer: readonly NameEntry[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo, DER, as it was read */
  readonly spki: Bytes;
  readonly key: SubjectKey;
  readonly extensions: readonly ParsedExtension[];
  readonly subjectKeyId?: Bytes;
  readonly authorityKey?: AuthorityKey;
  readonly basicConstraints?: { readonly ca: boolean; readonly pathLength?: number; readonly critical: boolean };
  /** bits by name */
  readonly keyUsage?: readonly string[];
  readonly extendedKeyUsage?: readonly string[];
  /** addresses of CRLs, as the certificate names them; never fetched */
  readonly crlUrls: readonly string[];
}

const F = 'certificate';
const EC = '1.2.840.10045.2.1';
const RSA = '1.2.840.113549.1.1.1';
const CURVES: Record<string, { name: string; bits: number }> = {
  '1.2.840.10045.3.1.7': { name: 'P-256', bits: 256 },
  '1.3.132.0.34': { name: 'P-384', bits: 384 },
  '1.3.132.0.35': { name: 'P-521', bits: 521 },
  '1.3.132.0.10': { name: 'secp256k1', bits: 256 },
};

/** Reads one certificate. @throws bad-encoding, bad-value, trailing-bytes, not-on-curve */
export const parseCertificate = (der: Bytes): ParsedCertificate => {
  const signed = cutSigned(der, F, certificateAlgorithm);
  let tbs: Certificate['tbsCertificate'];
  try {
    tbs = AsnConvert.parse(der.slice(), Certificate).tbsCertificate;
  } catch {
    return fail('bad-encoding', F, 'another ASN.1 structure', 'an X.509 certificate');
  }
  const hasVersion = signed.fields[0]?.tag === 0xa0;
  const spkiTlv = signed.fields[hasVersion ? 6 : 5] ?? fail('missing-field', `${F}, public key`, 'none', 'a public key');
  // the seams are offsets into the whole certificate
  const spki = der.slice(spkiTlv.start, spkiTlv.end);
  const notBefore = tbs.validity.notBefore.getTime();
  const notAfter = tbs.validity.notAfter.getTime();
  if (Number.isNaN(notBefore.getTime()) || Number.isNaN(notAfter.getTime()))
    fail('bad-value', `${F}, validity`, 'no time', 'two times');
  return {
    der,
    signed,
    version: tbs.version + 1,
    serial: hex(new Uint8Array(tbs.serialNumber)),
    subject: nameEntries(tbs.subject),
    issuer: nameEntries(tbs.issuer),
    notBefore,
    notAfter,
    spki,
    key: subjectKey(tbs),
    ...readExtensions(tbs.extensions ?? []),
  };
};

const subjectKey = (tbs: Certificate['tbsCertificate']): SubjectKey => {
  const info = tbs.subjectPublicKeyInfo;
  const oid = info.algorithm.algorithm;
  const bits = new Uint8Array(info.subjectPublicKey);
  if (oid === RSA) return { kind: 'rsa', bits: rsaBits(bits) };
  if (oid !== EC) return { kind: 'other', oid };
  const parameters = info.algorithm.parameters ? hex(new Uint8Array(info.algorithm.parameters)) : '';
  const curve = Object.entries(CURVES).find(([o]) => parameters === oidHex(o))?.[1];
  if (curve === undefined) return { kind: 'ec', curve: 'unknown', bits: 0 };
  if (curve.name !== 'P-521') return { kind: 'ec', curve: curve.name, bits: curve.bits };
  // uncompressed or compressed; checked to be a point of the curve
  return { kind: 'p521', publicKey: encodePoint(bits, `${F}, public key`) };
};

/** DER of an object identifier, as hex. */
const oidHex = (oid: string): string => {
  const [a, b, ...rest] = oid.split('.').map(Number) as [number, number, ...number[]];
  const bytes = [40 * a + b];
  for (const n of rest) {
    const group = [n & 0x7f];
    for (let v = n >>> 7; v > 0; v >>>= 7) group.unshift((v & 0x7f) | 0x80);
    bytes.push(...group);
  }
  return hex(new Uint8Array([6, bytes.length, ...bytes]));
};

/** Bits of the modulus of an RSAPublicKey. */
const rsaBits = (key: Bytes): number => {
  const modulus = children(key, readTlv(key, 0, key.length, `${F}, RSA key`), `${F}, RSA key`)[0];
  if (modulus === undefined || modulus.tag !== 0x02) return fail('bad-encoding', `${F}, RSA key`, 'no modulus', 'a modulus');
  let at = modulus.content;
  while (at < modulus.end && key[at] === 0) at++;
  return at === modulus.end ? 0 : (modulus.end - at) * 8 - Math.clz32(key[at] as number) + 24;
};

type ExtensionFields = Pick<
  ParsedCertificate,
  'extensions' | 'subjectKeyId' | 'authorityKey' | 'basicConstraints' | 'keyUsage' | 'extendedKeyUsage' | 'crlUrls'
>;

const readExtensions = (list: readonly Extension[]): ExtensionFields => {
  const extensions = list.map((e) => ({ oid: e.extnID, critical: e.critical, value: new Uint8Array(e.extnValue.buffer) }));
  const twice = extensions.find((e, i) => extensions.findIndex((x) => x.oid === e.oid) !== i);
  if (twice) fail('duplicate', `${F}, extensions`, `${twice.oid} twice`, 'each extension once');
  const read = <T>(oid: string, type: new () => T): T | undefined => {
    const e = extensions.find((x) => x.oid === oid);
    if (e === undefined) return undefined;
    try {
      return AsnConvert.parse(e.value.slice(), type);
    } catch {
      return fail('bad-encoding', `${F}, extension ${oid}`, 'another structure', 'the structure of this extension');
    }
  };
  const skid = read(id_ce_subjectKeyIdentifier, SubjectKeyIdentifier);
  const akid = read(id_ce_authorityKeyIdentifier, AuthorityKeyIdentifier);
  const constraints = read(id_ce_basicConstraints, BasicConstraints);
  const usage = read(id_ce_keyUsage, KeyUsage);
  const extended = read(id_ce_extKeyUsage, ExtendedKeyUsage);
  const points = read(id_ce_cRLDistributionPoints, CRLDistributionPoints);
  return {
    extensions,
    ...(skid ? { subjectKeyId: new Uint8Array(skid.buffer) } : {}),
    ...(akid
      ? {
          authorityKey: {
            ...(akid.keyIdentifier ? { keyId: new Uint8Array(akid.keyIdentifier.buffer) } : {}),
            hasIssuerAndSerial: akid.authorityCertIssuer !== undefined || akid.authorityCertSerialNumber !== undefined,
          },
        }
      : {}),
    ...(constraints
      ? {
          basicConstraints: {
            ca: constraints.cA,
            critical: extensions.some((e) => e.oid === id_ce_basicConstraints && e.critical),
            ...(constraints.pathLenConstraint === undefined ? {} : { pathLength: constraints.pathLenConstraint }),
          },
        }
      : {}),
    ...(usage ? { keyUsage: usage.toJSON() } : {}),
    ...(extended ? { extendedKeyUsage: [...extended] } : {}),
    crlUrls: (points ? [...points] : []).flatMap((p) =>
      (p.distributionPoint?.fullName ?? []).flatMap((n) => (n.uniformResourceIdentifier ? [n.uniformResourceIdentifier] : [])),
    ),
  };
};

/** True for an error that says "this is not a certificate", as opposed to "a broken one". */
export const isNotCertificate = (e: unknown): boolean =>
  e instanceof SelError && (e.code === 'bad-encoding' || e.code === 'not-recognised');
