/**
 * What a certificate and a CRL have in common: a signed structure. It is cut at its seams, so that signatures are checked over
 * the very bytes that were read.
 */
import type { Bytes } from '../bytes.ts';
import { fail } from '../errors.ts';
import { children, contextOf, expectTag, readWhole, TAG, type Tlv } from './der.ts';
import { readOid } from './values.ts';

export type SignatureHash = 'sha1' | 'sha256' | 'sha384' | 'sha512';
export type SignatureFamily = 'rsa' | 'ecdsa';

/** A signature algorithm that we can check. */
export interface SignatureAlgorithm {
  readonly hash: SignatureHash;
  readonly family: SignatureFamily;
}

const ALGORITHMS: Record<string, SignatureAlgorithm> = {
  '1.2.840.113549.1.1.5': { hash: 'sha1', family: 'rsa' },
  '1.2.840.113549.1.1.11': { hash: 'sha256', family: 'rsa' },
  '1.2.840.113549.1.1.12': { hash: 'sha384', family: 'rsa' },
  '1.2.840.113549.1.1.13': { hash: 'sha512', family: 'rsa' },
  '1.2.840.10045.4.1': { hash: 'sha1', family: 'ecdsa' },
  '1.2.840.10045.4.3.2': { hash: 'sha256', family: 'ecdsa' },
  '1.2.840.10045.4.3.3': { hash: 'sha384', family: 'ecdsa' },
  '1.2.840.10045.4.3.4': { hash: 'sha512', family: 'ecdsa' },
};

const F = 'signature algorithm';
/** Object identifiers under which RSA signs, whatever the padding or hash; and those of ECDSA. */
const FAMILIES: readonly (readonly [string, SignatureFamily])[] = [
  ['1.2.840.113549.1.1.', 'rsa'],
  ['1.2.840.10045.4.', 'ecdsa'],
];

/** What a signed structure says it is signed with. */
export interface StatedAlgorithm {
  readonly oid: string;
  /** the kind of key that makes such signatures, when we know it */
  readonly family: SignatureFamily | undefined;
  /** the algorithm, when it is one that we can check */
  readonly known: SignatureAlgorithm | undefined;
}

/** Reads an algorithm identifier, DER. @throws bad-encoding */
const readAlgorithm = (algorithm: Bytes): StatedAlgorithm => {
  const [oidTlv, parameters, ...more] = children(algorithm, readWhole(algorithm, TAG.sequence, F), F);
  const oid = readOid(algorithm, expectTag(oidTlv, TAG.oid, F), F);
  const known = ALGORITHMS[oid];
  // RSA has a NULL or nothing, ECDSA nothing: anything else is somebody else's idea of these algorithms
  const isNull = parameters?.tag === TAG.null && parameters.content === parameters.end;
  const plain = more.length === 0 && (parameters === undefined || (isNull && known?.family === 'rsa'));
  return { oid, family: FAMILIES.find(([prefix]) => oid.startsWith(prefix))?.[1], known: plain ? known : undefined };
};

/** A signed structure (certificate or CRL), cut at its seams. */
export interface Signed {
  /** what is signed, as it was read */
  readonly tbs: Bytes;
  readonly algorithm: StatedAlgorithm;
  readonly signature: Bytes;
  /** elements of the signed part; their offsets are those of the whole structure */
  readonly fields: readonly Tlv[];
}

/**
 * Cuts `SEQUENCE { tbs, algorithm, BIT STRING }`. The algorithm inside the signed part (at `inner`) must be the same bytes.
 * @param inner says which element of the signed part that is
 * @throws bad-encoding, trailing-bytes, bad-value
 */
export const cutSigned = (der: Bytes, field: string, inner: (fields: readonly Tlv[]) => Tlv | undefined): Signed => {
  const outer = readWhole(der, TAG.sequence, field);
  const [tbs, algorithm, signature, ...more] = children(der, outer, field);
  if (tbs?.tag !== TAG.sequence || algorithm?.tag !== TAG.sequence || signature?.tag !== TAG.bitString || more.length > 0)
    return fail('bad-encoding', field, 'another structure', 'a signed structure');
  if (signature.end - signature.content < 2 || der[signature.content] !== 0)
    fail('bad-value', `${field}, signature`, 'unused bits', 'whole bytes');
  const fields = children(der, tbs, field);
  const own = inner(fields);
  const slice = (t: Tlv): Bytes => der.slice(t.start, t.end);
  const outerAlgorithm = slice(algorithm);
  const equal =
    own !== undefined && own.end - own.start === outerAlgorithm.length && slice(own).every((b, i) => b === outerAlgorithm[i]);
  if (!equal) fail('bad-value', `${field}, signature algorithm`, 'one outside and another inside', 'the same');
  return {
    tbs: slice(tbs),
    algorithm: readAlgorithm(outerAlgorithm),
    signature: der.slice(signature.content + 1, signature.end),
    fields,
  };
};

/** The algorithm inside a certificate: behind the optional version and the serial. */
export const certificateAlgorithm = (fields: readonly Tlv[]): Tlv | undefined => {
  const at = fields[0]?.tag === contextOf(0) ? 2 : 1;
  return fields[at - 1]?.tag === TAG.integer ? fields[at] : undefined;
};

/** The algorithm inside a CRL: behind the optional version. */
export const crlAlgorithm = (fields: readonly Tlv[]): Tlv | undefined => fields[fields[0]?.tag === TAG.integer ? 1 : 0];
