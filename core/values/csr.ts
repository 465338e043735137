/**
 * A certificate signing request (PKCS#10) for a TLS key: what a certification authority needs to make the certificate. The key
 * stays here. Sources: RFC 2986, RFC 5280 (subjectAltName), RFC 5758, RFC 8410, RFC 4055.
 */
import { type Bytes, utf8, wipe } from '../bytes.ts';
import { fail } from '../errors.ts';
import { writePem } from '../hostkey/pem.ts';
import { publicHalf } from '../policy/keypair.ts';
import { type Curve, curveOf } from '../secret/curves.ts';
import { readEcPrivateKey } from '../secret/eckey.ts';
import { bits, explicit, implicit, integer, nil, octets, oid, sequence, set, small, text } from './derwrite.ts';
import { rsaSpkiOf, spkiOf } from './pkcs8.ts';

/** Signs with RSA PKCS#1 v1.5 and SHA-256. @param key key file, PEM or DER: secret */
export type SignRsa = (key: Bytes, data: Bytes) => Bytes;

/** Who the certificate shall be for. */
export interface Subject {
  /** at most 64 characters; empty: only the alternative names count, as today's browsers have it */
  readonly commonName: string;
  readonly organization?: string | undefined;
  /** host names, "*.example.org" too, and addresses */
  readonly names: readonly string[];
}

const F = 'certificate signing request';
const COMMON_NAME = '550403';
const ORGANIZATION = '55040a';
const SUBJECT_ALT_NAME = '551d11';
const EXTENSION_REQUEST = '2a864886f70d01090e';
const SHA256_RSA = '2a864886f70d01010b';
const DNS_NAME = 2;
const ADDRESS = 7;
const NAME_MAX = 64;

const HOST_NAME = /^(?:\*\.)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** The bytes of an IPv4 address; undefined for other texts. */
const ipv4 = (name: string): Bytes | undefined => {
  const parts = name.split('.');
  if (parts.length !== 4 || parts.some((p) => !/^\d{1,3}$/.test(p) || Number(p) > 255)) return undefined;
  return Uint8Array.from(parts, Number);
};

/** The bytes of an IPv6 address, one "::" allowed; undefined for other texts. */
const ipv6 = (name: string): Bytes | undefined => {
  const [front = '', back, ...more] = name.split('::');
  if (!name.includes(':') || more.length > 0) return undefined;
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [a, b] = [groups(front), groups(back ?? '')];
  const missing = 8 - a.length - b.length;
  if (back === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...a, ...new Array<string>(missing).fill('0'), ...b];
  if (all.some((g) => !/^[0-9A-Fa-f]{1,4}$/.test(g))) return undefined;
  return Uint8Array.from(all.flatMap((g) => [Number.parseInt(g, 16) >>> 8, Number.parseInt(g, 16) & 0xff]));
};

const altName = (name: string): Bytes => {
  const address = ipv4(name) ?? ipv6(name);
  if (address !== undefined) return implicit(ADDRESS, address);
  // digits and dots alone are an address that went wrong
  if (name.length > 253 || !HOST_NAME.test(name) || /^[\d.]+$/.test(name))
    fail('bad-name', `${F}, name`, name.slice(0, 80), 'a host name or an address');
  return implicit(DNS_NAME, utf8(name));
};

const attribute = (type: string, value: string): Bytes => {
  if (value.length > NAME_MAX || /\p{Cc}/u.test(value))
    fail('bad-name', F, value.slice(0, 80), `at most ${NAME_MAX} characters, none of them a control character`);
  return set(sequence(oid(type), text(value)));
};

const nameOf = (s: Subject): Bytes =>
  sequence(
    ...(s.organization ? [attribute(ORGANIZATION, s.organization)] : []),
    ...(s.commonName === '' ? [] : [attribute(COMMON_NAME, s.commonName)]),
  );

/** The attribute that asks for the alternative names. */
const attributes = (s: Subject): Bytes => {
  if (s.names.length === 0) return explicit(0);
  const names = octets(sequence(...s.names.map(altName)));
  const extensions = sequence(sequence(oid(SUBJECT_ALT_NAME), names));
  return explicit(0, sequence(oid(EXTENSION_REQUEST), set(extensions)));
};

/** r and s as a SEQUENCE of two numbers, or an Edwards signature as it is. */
const signature = (c: Curve, raw: Bytes): Bytes =>
  c.edwards ? raw : sequence(integer(raw.subarray(0, c.size)), integer(raw.subarray(c.size)));

/** @param sign the signature over the bytes to sign, as it stands in the request */
const request = (s: Subject, spki: Bytes, algorithm: Bytes, sign: (data: Bytes) => Bytes): string => {
  const info = sequence(small(0), nameOf(s), spki, attributes(s));
  return writePem('CERTIFICATE REQUEST', sequence(info, algorithm, bits(sign(info))));
};

/**
 * The signing request of a private key, PEM text; nothing in it is secret.
 * @param file key file, PEM, DER or OpenSSH: secret @param signRsa for RSA keys
 * @throws everything of publicHalf; bad-name for names that no certificate can have; missing-value without any name
 */
export const signingRequest = (file: Bytes, s: Subject, signRsa: SignRsa): string => {
  if (s.commonName === '' && s.names.length === 0) fail('missing-value', F, 'no name', 'a host name');
  const { key } = publicHalf(file);
  if ('modulus' in key)
    return request(s, rsaSpkiOf(integer(key.modulus), integer(key.exponent)), sequence(oid(SHA256_RSA), nil()), (data) =>
      signRsa(file, data),
    );
  const ec = readEcPrivateKey(file);
  try {
    const curve = curveOf(ec.kind);
    return request(s, spkiOf(curve, curve.publicKey(ec.key)), sequence(oid(curve.signatureOid)), (data) =>
      signature(curve, curve.sign(data, ec.key)),
    );
  } finally {
    wipe(ec.key);
  }
};
