/** X.509 certificates, read strictly: the parts that verification and the window look at. */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, hex } from '../bytes.ts';
import { encodePoint } from '../crypto/p521.ts';
import { fail } from '../errors.ts';
import { children, contextOf, expectTag, inOrder, readWhole, TAG, type Tlv } from './der.ts';
import { type CertificateExtensions, type ParsedExtension, readCertificateExtensions, readExtensionList } from './extensions.ts';
import { type NameEntry, readName } from './name.ts';
import { certificateAlgorithm, cutSigned, type Signed } from './signed.ts';
import { contentOf, readInteger, readOid, readSmall, readTime } from './values.ts';

/** The key of a certificate, as far as it matters here. */
export type SubjectKey =
  | { readonly kind: 'p521'; readonly publicKey: Bytes }
  | { readonly kind: 'rsa'; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: string; readonly bits: number }
  | { readonly kind: 'other'; readonly oid: string };

/** A certificate. Nothing in it is verified by reading it. */
export interface ParsedCertificate extends CertificateExtensions {
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
}

const F = 'certificate';
const EC = '1.2.840.10045.2.1';
const RSA = '1.2.840.113549.1.1.1';
const CURVES: Record<string, { name: string; bits: number }> = {
  '1.2.840.10045.3.1.7': { name: 'P-256', bits: 256 },
  '1.3.132.0.33': { name: 'P-224', bits: 224 },
  '1.3.132.0.34': { name: 'P-384', bits: 384 },
  '1.3.132.0.35': { name: 'P-521', bits: 521 },
  '1.3.132.0.10': { name: 'secp256k1', bits: 256 },
};

/** `[0] { INTEGER }`; absent: version 1. */
const readVersion = (der: Bytes, tlv: Tlv | undefined): number => {
  if (tlv === undefined) return 1;
  const [number, ...more] = children(der, tlv, `${F}, version`);
  if (more.length > 0) fail('bad-encoding', `${F}, version`, 'more than a number', 'a number');
  const version = readSmall(der, expectTag(number, TAG.integer, `${F}, version`), `${F}, version`) + 1;
  return version <= 3 ? version : fail('bad-value', `${F}, version`, version, 'at most 3');
};

const readExtensions = (der: Bytes, tlv: Tlv | undefined): ParsedExtension[] => {
  if (tlv === undefined) return [];
  const [list, ...more] = children(der, tlv, `${F}, extensions`);
  if (more.length > 0) fail('bad-encoding', `${F}, extensions`, 'more than a list', 'a list');
  return readExtensionList(der, expectTag(list, TAG.sequence, `${F}, extensions`), `${F}, extensions`);
};

/**
 * Reads one certificate, DER.
 * @throws bad-encoding, bad-value, trailing-bytes, duplicate, too-long, not-on-curve
 */
export const parseCertificate = (der: Bytes): ParsedCertificate => {
  const signed = cutSigned(der, F, certificateAlgorithm);
  const fields = inOrder(signed.fields, F);
  const version = readVersion(der, fields.take(contextOf(0)));
  const serial = readInteger(der, fields.need(TAG.integer), `${F}, serial number`);
  fields.need(TAG.sequence); // the algorithm, cut already
  const issuer = readName(der, fields.need(TAG.sequence), `${F}, issuer`);
  const validity = children(der, fields.need(TAG.sequence), `${F}, validity`);
  const subject = readName(der, fields.need(TAG.sequence), `${F}, subject`);
  const keyInfo = fields.need(TAG.sequence);
  fields.take(0x81); // unique identifiers of old: nobody uses them
  fields.take(0x82);
  const extensions = readExtensions(der, fields.take(contextOf(3)));
  fields.end();
  if (validity.length !== 2) fail('bad-encoding', `${F}, validity`, `${validity.length} elements`, 'two times');
  const spki = der.slice(keyInfo.start, keyInfo.end);
  return {
    der,
    signed,
    version,
    serial,
    subject,
    issuer,
    notBefore: readTime(der, validity[0], `${F}, not before`),
    notAfter: readTime(der, validity[1], `${F}, not after`),
    spki,
    key: readKey(spki),
    extensions,
    ...readCertificateExtensions(extensions, F),
  };
};

/** A SubjectPublicKeyInfo. @throws bad-encoding, not-on-curve */
const readKey = (spki: Bytes): SubjectKey => {
  const field = `${F}, public key`;
  const parts = inOrder(children(spki, readWhole(spki, TAG.sequence, field), field), field);
  const [oidTlv, parameters] = children(spki, parts.need(TAG.sequence), field);
  const oid = readOid(spki, expectTag(oidTlv, TAG.oid, field), field);
  const bits = contentOf(spki, parts.need(TAG.bitString));
  parts.end();
  if (bits.length < 2 || bits[0] !== 0) fail('bad-encoding', field, 'no whole bytes', 'a key');
  const key = bits.subarray(1);
  if (oid === RSA) return { kind: 'rsa', bits: rsaBits(key) };
  if (oid !== EC) return { kind: 'other', oid };
  const curve = parameters?.tag === TAG.oid ? CURVES[readOid(spki, parameters, field)] : undefined;
  if (curve === undefined) return { kind: 'ec', curve: 'another curve', bits: 0 };
  if (curve.name !== 'P-521') return { kind: 'ec', curve: curve.name, bits: curve.bits };
  // uncompressed or compressed; checked to be a point of the curve
  return { kind: 'p521', publicKey: encodePoint(key, field) };
};

/** Bits of the modulus of an RSAPublicKey. @throws bad-encoding, bad-value */
const rsaBits = (key: Bytes): number => {
  const field = `${F}, RSA key`;
  const parts = inOrder(children(key, readWhole(key, TAG.sequence, field), field), field);
  const modulus = parts.need(TAG.integer);
  readInteger(key, parts.need(TAG.integer), field);
  parts.end();
  const text = readInteger(key, modulus, field).replace(/^0+/, '');
  if ((key[modulus.content] as number) >= 0x80 || text === '') fail('bad-value', field, 'no positive number', 'a modulus');
  return 4 * (text.length - 1) + (32 - Math.clz32(Number.parseInt(text.charAt(0), 16)));
};

/** A key in a few words. */
export const keyText = (key: SubjectKey): string => {
  switch (key.kind) {
    case 'rsa':
      return `RSA, ${key.bits} bits`;
    case 'ec':
      return key.curve;
    case 'p521':
      return 'P-521';
    case 'other':
      return `type ${key.oid}`;
  }
};

/** SHA-256 of the whole certificate, hex: what people compare. */
export const fingerprint = (c: ParsedCertificate): string => hex(sha256(c.der));
