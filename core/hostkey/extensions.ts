/** The extensions of certificates and CRLs that verification looks at, read strictly. Source: RFC 5280, section 4.2 and 5.2. */
import { type Bytes, hex } from '../bytes.ts';
import { fail } from '../errors.ts';
import { children, context, contextOf, expectTag, inOrder, readWhole, TAG, type Tlv } from './der.ts';
import { type NameEntry, readNameIn } from './name.ts';
import { contentOf, readBits, readBoolean, readInteger, readOid, readSmall } from './values.ts';

/** Object identifiers of extensions, by the names RFC 5280 gives them. */
export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  proxyCertInfo: '1.3.6.1.5.5.7.1.14',
} as const;

const CA_ISSUERS = '1.3.6.1.5.5.7.48.2';

export interface ParsedExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Bytes;
}

/** Authority key identifier: which key signed this. Every part of it is optional. */
export interface AuthorityKey {
  readonly keyId?: Bytes;
  /** issuer of the authority's own certificate: the first directory name in it */
  readonly issuer?: readonly NameEntry[];
  /** serial number of the authority's own certificate, as an INTEGER's bytes in hex */
  readonly serial?: string;
}

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength?: number;
}

/** Where a certificate says its CRL is. */
export interface DistributionPoint {
  /** general names, DER in hex, for comparing; absent when the point has no name */
  readonly names?: readonly string[];
  readonly urls: readonly string[];
  /** for some reasons only, or by another issuer: more than is handled here */
  readonly partial: boolean;
}

/** What a CRL covers, when it says so. */
export interface CrlScope {
  /** general names, DER in hex; absent: every distribution point */
  readonly names?: readonly string[];
  readonly onlyUserCertificates: boolean;
  readonly onlyCaCertificates: boolean;
  /** for some reasons only, with entries of other issuers, or for attribute certificates: more than is handled here */
  readonly partial: boolean;
}

/**
 * A list of extensions: `SEQUENCE OF { OID, critical, OCTET STRING }`.
 * @throws bad-encoding; duplicate when one is there twice
 */
export const readExtensionList = (bytes: Bytes, list: Tlv, field: string): ParsedExtension[] => {
  const seen = new Set<string>();
  return children(bytes, expectTag(list, TAG.sequence, field), field).map((e) => {
    const parts = inOrder(children(bytes, expectTag(e, TAG.sequence, field), field), field);
    const oid = readOid(bytes, parts.need(TAG.oid), field);
    const critical = parts.take(TAG.boolean);
    const value = contentOf(bytes, parts.need(TAG.octetString));
    parts.end();
    if (seen.has(oid)) fail('duplicate', field, `${oid} twice`, 'each extension once');
    seen.add(oid);
    return { oid, critical: critical !== undefined && readBoolean(bytes, critical, field), value };
  });
};

/** The content of an extension, when it is there. Names the extension in errors. */
const reader =
  (what: string, list: readonly ParsedExtension[]) =>
  <T>(oid: string, read: (value: Bytes, field: string) => T): T | undefined => {
    const e = list.find((x) => x.oid === oid);
    return e && read(e.value, `${what}, extension ${oid}`);
  };

const sequenceOf = (value: Bytes, field: string): Tlv[] => children(value, readWhole(value, TAG.sequence, field), field);

const readKeyId = (value: Bytes, field: string): Bytes => contentOf(value, readWhole(value, TAG.octetString, field));

/** Tags of the nine kinds of general name. */
const URI = context(6);
const DIRECTORY = contextOf(4);
const GENERAL_NAMES = [contextOf(0), context(1), context(2), contextOf(3), DIRECTORY, contextOf(5), URI, context(7), context(8)];

const generalNames = (value: Bytes, parent: Tlv, field: string): Tlv[] => {
  const names = children(value, parent, field);
  return names.every((n) => GENERAL_NAMES.includes(n.tag))
    ? names
    : fail('bad-encoding', field, 'another ASN.1 type', 'general names');
};

const readAuthorityKey = (value: Bytes, field: string): AuthorityKey => {
  const parts = inOrder(sequenceOf(value, field), field);
  const keyId = parts.take(context(0));
  const issuer = parts.take(contextOf(1));
  const serial = parts.take(context(2));
  parts.end();
  const directory = issuer && generalNames(value, issuer, field).find((n) => n.tag === DIRECTORY);
  return {
    ...(keyId ? { keyId: contentOf(value, keyId) } : {}),
    ...(directory ? { issuer: readNameIn(value, directory, field) } : {}),
    ...(serial ? { serial: readInteger(value, serial, field) } : {}),
  };
};

const readBasicConstraints = (value: Bytes, field: string): BasicConstraints => {
  const parts = inOrder(sequenceOf(value, field), field);
  const ca = parts.take(TAG.boolean);
  const length = parts.take(TAG.integer);
  parts.end();
  return {
    ca: ca !== undefined && readBoolean(value, ca, field),
    ...(length ? { pathLength: readSmall(value, length, field) } : {}),
  };
};

const USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'crlSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof USAGES)[number];

const readKeyUsage = (value: Bytes, field: string): KeyUsage[] => {
  const bits = readBits(value, readWhole(value, TAG.bitString, field), field);
  const usages = USAGES.filter((_, i) => bits[i]);
  return usages.length > 0 ? usages : fail('bad-value', field, 'no usage at all', 'at least one');
};

const readOidList = (value: Bytes, field: string): string[] => {
  const oids = sequenceOf(value, field).map((t) => readOid(value, t, field));
  return oids.length > 0 ? oids : fail('bad-value', field, 'an empty list', 'at least one');
};

/** The policies, each once: their qualifiers say nothing that is looked at here. */
const checkPolicies = (value: Bytes, field: string): void => {
  const policies = sequenceOf(value, field).map((p) => {
    const [oid, qualifiers, ...more] = children(value, expectTag(p, TAG.sequence, field), field);
    if (more.length > 0 || (qualifiers && qualifiers.tag !== TAG.sequence))
      fail('bad-encoding', field, 'another structure', 'a policy');
    return readOid(value, expectTag(oid, TAG.oid, field), field);
  });
  if (policies.length === 0) fail('bad-value', field, 'an empty list', 'at least one');
  if (new Set(policies).size !== policies.length) fail('duplicate', field, 'a policy twice', 'each policy once');
};

const checkAltName = (value: Bytes, field: string): void => {
  if (generalNames(value, readWhole(value, TAG.sequence, field), field).length === 0)
    fail('bad-value', field, 'an empty list', 'at least one name');
};

const URL_MAX = 2048;

/** An address that can be shown and copied: nothing in it means anything to a shell, a terminal or a browser's parser. */
const addressOf = (value: Bytes, uri: Tlv): string[] => {
  const text = String.fromCharCode(...value.subarray(uri.content, Math.min(uri.end, uri.content + URL_MAX + 1)));
  return text.length <= URL_MAX && /^[#%&*+,./0-9:=?@A-Z[\]_a-z~-]+$/.test(text) ? [text] : [];
};

/** A distribution point name: the general names of its full name. A name relative to an issuer is more than is handled here. */
const pointNames = (value: Bytes, point: Tlv, field: string): Tlv[] | undefined => {
  const [name, ...more] = children(value, point, field);
  if (name === undefined || more.length > 0) return fail('bad-encoding', field, 'another structure', 'one name');
  return name.tag === contextOf(0) ? generalNames(value, name, field) : undefined;
};

const asHex = (value: Bytes, names: readonly Tlv[]): string[] => names.map((n) => hex(value.subarray(n.start, n.end)));

const readPoints = (value: Bytes, field: string): DistributionPoint[] =>
  sequenceOf(value, field).map((p) => {
    const parts = inOrder(children(value, expectTag(p, TAG.sequence, field), field), field);
    const name = parts.take(contextOf(0));
    const reasons = parts.take(context(1));
    const issuer = parts.take(contextOf(2));
    parts.end();
    const names = name && pointNames(value, name, field);
    return {
      ...(names ? { names: asHex(value, names) } : {}),
      urls: (names ?? []).filter((n) => n.tag === URI).flatMap((n) => addressOf(value, n)),
      partial: reasons !== undefined || issuer !== undefined || (name !== undefined && names === undefined),
    };
  });

/** Where the issuer's certificate can be got. */
const readIssuerUrls = (value: Bytes, field: string): string[] =>
  sequenceOf(value, field).flatMap((d) => {
    const [method, location, ...more] = children(value, expectTag(d, TAG.sequence, field), field);
    if (method === undefined || location === undefined || more.length > 0)
      return fail('bad-encoding', field, 'another structure', 'method and location');
    return readOid(value, method, field) === CA_ISSUERS && location.tag === URI ? addressOf(value, location) : [];
  });

/** What the extensions of a certificate say. */
export interface CertificateExtensions {
  readonly subjectKeyId?: Bytes;
  readonly authorityKey?: AuthorityKey;
  readonly basicConstraints?: BasicConstraints & { readonly critical: boolean };
  readonly keyUsage?: readonly KeyUsage[];
  /** object identifiers */
  readonly extendedKeyUsage?: readonly string[];
  readonly crlPoints: readonly DistributionPoint[];
  /** addresses of CRLs, as the certificate names them; never fetched */
  readonly crlUrls: readonly string[];
  /** addresses of the issuer's certificate, as the certificate names them; never fetched */
  readonly issuerUrls: readonly string[];
}

/** Reads the extensions of a certificate. @throws bad-encoding, bad-value, trailing-bytes, duplicate */
export const readCertificateExtensions = (list: readonly ParsedExtension[], what: string): CertificateExtensions => {
  const read = reader(what, list);
  const subjectKeyId = read(EXTENSION.subjectKeyIdentifier, readKeyId);
  const authorityKey = read(EXTENSION.authorityKeyIdentifier, readAuthorityKey);
  const constraints = read(EXTENSION.basicConstraints, readBasicConstraints);
  const keyUsage = read(EXTENSION.keyUsage, readKeyUsage);
  const extendedKeyUsage = read(EXTENSION.extendedKeyUsage, readOidList);
  read(EXTENSION.certificatePolicies, checkPolicies);
  read(EXTENSION.subjectAltName, checkAltName);
  const crlPoints = read(EXTENSION.crlDistributionPoints, readPoints) ?? [];
  const critical = list.some((e) => e.critical && e.oid === EXTENSION.basicConstraints);
  return {
    ...(subjectKeyId ? { subjectKeyId } : {}),
    ...(authorityKey ? { authorityKey } : {}),
    ...(constraints ? { basicConstraints: { ...constraints, critical } } : {}),
    ...(keyUsage ? { keyUsage } : {}),
    ...(extendedKeyUsage ? { extendedKeyUsage } : {}),
    crlPoints,
    crlUrls: [...new Set(crlPoints.flatMap((p) => p.urls))],
    issuerUrls: [...new Set(read(EXTENSION.authorityInfoAccess, readIssuerUrls) ?? [])],
  };
};

const readScope = (value: Bytes, field: string): CrlScope => {
  const parts = inOrder(sequenceOf(value, field), field);
  const name = parts.take(contextOf(0));
  const flag = (n: number): boolean => {
    const t = parts.take(context(n));
    return t !== undefined && readBoolean(value, t, field);
  };
  const onlyUserCertificates = flag(1);
  const onlyCaCertificates = flag(2);
  const reasons = parts.take(context(3));
  const indirect = flag(4);
  const onlyAttributes = flag(5);
  parts.end();
  const names = name && pointNames(value, name, field);
  return {
    ...(names ? { names: asHex(value, names) } : {}),
    onlyUserCertificates,
    onlyCaCertificates,
    partial:
      reasons !== undefined ||
      indirect ||
      onlyAttributes ||
      (onlyUserCertificates && onlyCaCertificates) ||
      (name !== undefined && names === undefined),
  };
};

/** What the extensions of a CRL say. */
export interface CrlExtensions {
  readonly authorityKey?: AuthorityKey;
  readonly scope?: CrlScope;
}

/** Reads the extensions of a CRL. @throws bad-encoding, bad-value, trailing-bytes */
export const readCrlExtensions = (list: readonly ParsedExtension[], what: string): CrlExtensions => {
  const read = reader(what, list);
  const authorityKey = read(EXTENSION.authorityKeyIdentifier, readAuthorityKey);
  const scope = read(EXTENSION.issuingDistributionPoint, readScope);
  return { ...(authorityKey ? { authorityKey } : {}), ...(scope ? { scope } : {}) };
};
