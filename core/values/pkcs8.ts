/** Private keys as PKCS#8 in PEM, as OpenSSL writes them. Sources: RFC 5958, RFC 5915, RFC 8410. */
import { type Bytes, wipe } from '../bytes.ts';
import { type Curve, curveOf } from '../secret/curves.ts';
import { EC_PUBLIC_KEY, type EcPrivateKey } from '../secret/eckey.ts';
import { RSA_ENCRYPTION } from '../secret/rsakey.ts';
import { bits, explicit, nil, octets, oid, sequence, small } from './derwrite.ts';
import { pemBytes } from './encoding.ts';

const LABEL = 'PRIVATE KEY';

/** AlgorithmIdentifier of the keys of a curve. */
const algorithm = (c: Curve): Bytes => (c.edwards ? sequence(oid(c.oid)) : sequence(oid(EC_PUBLIC_KEY), oid(c.oid)));
const rsaAlgorithm = (): Bytes => sequence(oid(RSA_ENCRYPTION), nil());

/** A PKCS#8 block as PEM. Secret: wipe after use. @param der PKCS#8 */
export const pkcs8Pem = (der: Bytes): Bytes => pemBytes(LABEL, der);

/** SEC1's ECPrivateKey without the curve, which stands outside, with the public key. */
const sec1 = (c: Curve, key: Bytes): Bytes => sequence(small(1), octets(key), explicit(1, bits(c.publicKey(key))));

/** An elliptic-curve key as PEM. Secret: wipe after use. */
export const writePkcs8 = ({ kind, key }: EcPrivateKey): Bytes => {
  const curve = curveOf(kind);
  const inner = curve.edwards ? octets(key) : sec1(curve, key);
  const wrapped = octets(inner);
  const der = sequence(small(0), algorithm(curve), wrapped);
  const pem = pkcs8Pem(der);
  wipe(inner, wrapped, der);
  return pem;
};

/** An RSA key as PEM. Secret: wipe after use. @param pkcs1 RSAPrivateKey, DER */
export const writeRsaPkcs8 = (pkcs1: Bytes): Bytes => {
  const wrapped = octets(pkcs1);
  const der = sequence(small(0), rsaAlgorithm(), wrapped);
  const pem = pkcs8Pem(der);
  wipe(wrapped, der);
  return pem;
};

/** SubjectPublicKeyInfo of a point, DER. */
export const spkiOf = (c: Curve, point: Bytes): Bytes => sequence(algorithm(c), bits(point));

/** SubjectPublicKeyInfo of an RSA key, DER. @param numbers modulus and exponent as DER integers */
export const rsaSpkiOf = (...numbers: readonly [modulus: Bytes, exponent: Bytes]): Bytes =>
  sequence(rsaAlgorithm(), bits(sequence(...numbers)));
