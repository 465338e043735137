/** Which signatures count: RSA PKCS#1 v1.5 and ECDSA with SHA-256 or better. The arithmetic is passed in. */
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import type { Bytes } from '../bytes.ts';
import type { Signed } from './der.ts';

export type SignatureHash = 'sha256' | 'sha384' | 'sha512';

/** Checks one signature. @param spki SubjectPublicKeyInfo, DER. Must answer false, not throw, for a key of another kind */
export type VerifySignature = (
  hash: SignatureHash,
  family: 'rsa' | 'ecdsa',
  spki: Bytes,
  data: Bytes,
  signature: Bytes,
) => boolean;

const ALGORITHMS: Record<string, { hash: SignatureHash; family: 'rsa' | 'ecdsa' }> = {
  '1.2.840.113549.1.1.11': { hash: 'sha256', family: 'rsa' },
  '1.2.840.113549.1.1.12': { hash: 'sha384', family: 'rsa' },
  '1.2.840.113549.1.1.13': { hash: 'sha512', family: 'rsa' },
  '1.2.840.10045.4.3.2': { hash: 'sha256', family: 'ecdsa' },
  '1.2.840.10045.4.3.3': { hash: 'sha384', family: 'ecdsa' },
  '1.2.840.10045.4.3.4': { hash: 'sha512', family: 'ecdsa' },
};

/** The algorithm of a signature, when it is one that counts. */
export const algorithmOf = (signed: Signed): { oid: string; known: (typeof ALGORITHMS)[string] | undefined } => {
  const { algorithm, parameters } = AsnConvert.parse(signed.algorithm.slice(), AlgorithmIdentifier);
  const known = ALGORITHMS[algorithm];
  // RSA has a NULL, ECDSA nothing: anything else is somebody else's idea of these algorithms
  const size = parameters?.byteLength ?? 0;
  const plain = known?.family === 'rsa' ? size === 0 || size === 2 : size === 0;
  return { oid: algorithm, known: plain ? known : undefined };
};

/** True when the signature over the very bytes that were read fits the key. */
export const isSignedBy = (signed: Signed, spki: Bytes, verify: VerifySignature): boolean => {
  const { known } = algorithmOf(signed);
  return known !== undefined && verify(known.hash, known.family, spki, signed.tbs, signed.signature);
};
