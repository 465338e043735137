/** Which signatures count: RSA PKCS#1 v1.5 and ECDSA with SHA-256 or better. The arithmetic is passed in. */
import type { Bytes } from '../bytes.ts';
import type { SignatureFamily, SignatureHash, Signed, StatedAlgorithm } from './signed.ts';

/** Checks one signature. @param spki SubjectPublicKeyInfo, DER. Must answer false, not throw, for a key of another kind */
export type VerifySignature = (
  hash: SignatureHash,
  family: SignatureFamily,
  spki: Bytes,
  data: Bytes,
  signature: Bytes,
) => boolean;

/** Checks each signature once: the same bytes object under the same key object gets the answer it got before. */
export const remembering = (verify: VerifySignature): VerifySignature => {
  const known = new WeakMap<Bytes, WeakMap<Bytes, boolean>>();
  return (hash, family, spki, data, signature) => {
    const ofKey = known.get(spki) ?? new WeakMap<Bytes, boolean>();
    known.set(spki, ofKey);
    // a parsed structure has signed bytes of its own, and one signature over them
    const good = ofKey.get(data) ?? verify(hash, family, spki, data, signature);
    ofKey.set(data, good);
    return good;
  };
};

/** A signature algorithm whose hash is strong enough for what others sign: 112 bits. */
export const isStrongAlgorithm = (a: StatedAlgorithm): boolean => a.known !== undefined && a.known.hash !== 'sha1';

/** True when the signature over the very bytes that were read fits the key, by a strong algorithm. */
export const isSignedBy = (signed: Signed, spki: Bytes, verify: VerifySignature): boolean =>
  isStrongAlgorithm(signed.algorithm) && fits(signed, spki, verify);

/**
 * The same for a root's signature over itself, where SHA-1 will do: it is trusted for being among the trusted ones, and old
 * roots sign themselves like that.
 */
export const signsItself = (root: { readonly signed: Signed; readonly spki: Bytes }, verify: VerifySignature): boolean =>
  fits(root.signed, root.spki, verify);

const fits = (signed: Signed, spki: Bytes, verify: VerifySignature): boolean => {
  const { known } = signed.algorithm;
  return known !== undefined && verify(known.hash, known.family, spki, signed.tbs, signed.signature);
};

/** What was found where a signature was looked for. */
export const signatureText = (good: boolean): string => (good ? 'its signature' : 'a signature that does not fit');
