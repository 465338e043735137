/** RSA private keys: the structure inside a key file, and its numbers. Source: RFC 8017, appendix A.1.2. */
import { type Bytes, hex } from '../bytes.ts';
import { children, expectTag, readWhole, TAG, type Tlv } from '../hostkey/der.ts';
import type { KeyBlock } from './keyfile.ts';

const F = 'RSA private key';
/** Content of the OBJECT IDENTIFIER rsaEncryption, hex. */
export const RSA_ENCRYPTION = '2a864886f70d010101';

/** Numbers of a private key, big-endian, without zeros in front. Views into the key: all but the first two are secret. */
export interface RsaNumbers {
  readonly modulus: Bytes;
  readonly exponent: Bytes;
  readonly privateExponent: Bytes;
  readonly prime1: Bytes;
  readonly prime2: Bytes;
  /** inverse of the second prime modulo the first */
  readonly coefficient: Bytes;
}

/** Content of an INTEGER without the zero in front that only says "positive"; a view. @throws bad-encoding */
export const unsigned = (bytes: Bytes, tlv: Tlv | undefined, field: string): Bytes => {
  const { content, end } = expectTag(tlv, TAG.integer, field);
  return bytes.subarray(bytes[content] === 0 && end - content > 1 ? content + 1 : content, end);
};

/** The RSAPrivateKey in a key block, a view; undefined for other keys. @throws bad-encoding, trailing-bytes */
export const rsaIn = ({ form, body }: KeyBlock): Bytes | undefined =>
  form === 'pkcs1' ? body : form === 'pkcs8' ? rsaInPkcs8(body) : undefined;

/** The RSAPrivateKey inside PKCS#8, a view; undefined for a key of another algorithm. @throws bad-encoding, trailing-bytes */
const rsaInPkcs8 = (body: Bytes): Bytes | undefined => {
  const [, algorithm, key] = children(body, readWhole(body, TAG.sequence, F), F);
  const [name] = children(body, expectTag(algorithm, TAG.sequence, F), F);
  const { content, end } = expectTag(name, TAG.oid, F);
  if (hex(body.subarray(content, end)) !== RSA_ENCRYPTION) return undefined;
  const octets = expectTag(key, TAG.octetString, F);
  return body.subarray(octets.content, octets.end);
};

/** The numbers of an RSAPrivateKey. @throws bad-encoding, trailing-bytes */
export const readRsaPrivateKey = (pkcs1: Bytes): RsaNumbers => {
  const parts = children(pkcs1, readWhole(pkcs1, TAG.sequence, F), F);
  const number = (i: number): Bytes => unsigned(pkcs1, parts[i], F);
  return {
    modulus: number(1),
    exponent: number(2),
    privateExponent: number(3),
    prime1: number(4),
    prime2: number(5),
    coefficient: number(8),
  };
};
