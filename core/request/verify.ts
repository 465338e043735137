/** What can be verified of a request without a host key: its shape, and the signature of its user data. Spec page "asrcb". */
import type { Bytes } from '../bytes.ts';
import { fail } from '../errors.ts';
import type { VerifySignature } from '../hostkey/signature.ts';
import type { UserDataKind } from './asrcb.ts';
import { type ParsedRequest, parseRequest } from './parse.ts';
import { isSignedKind, type SignedKind, signedPart } from './userdata.ts';

/** A public key that signed user data can be checked with. */
export interface VerifyKey {
  readonly kind: SignedKind;
  /** SubjectPublicKeyInfo, DER */
  readonly spki: Bytes;
}

/** What was looked at, in this order. Sentences: words/request.ts. */
export const REQUEST_CHECKS = ['magic', 'version', 'sizes', 'signed', 'key-kind', 'signature'] as const;
export type RequestCheckId = (typeof REQUEST_CHECKS)[number];

export interface RequestCheck {
  readonly id: RequestCheckId;
  readonly outcome: 'passed' | 'failed';
  readonly found: string;
  readonly expected: string;
}

export interface RequestVerdict {
  readonly request: ParsedRequest;
  readonly checks: readonly RequestCheck[];
  readonly ok: boolean;
  /** the user's own bytes, with the zeros behind; absent when there are none, or when their signature was not confirmed */
  readonly userData?: Bytes;
}

const FAMILY: Record<SignedKind, 'rsa' | 'ecdsa'> = {
  'signed-ec-p521': 'ecdsa',
  'signed-rsa-2048': 'rsa',
  'signed-rsa-3072': 'rsa',
};

const shape = (request: ParsedRequest): RequestCheck[] => [
  { id: 'magic', outcome: 'passed', found: 'asrcbM', expected: 'asrcbM' },
  { id: 'version', outcome: 'passed', found: '0x0100', expected: '0x0100' },
  { id: 'sizes', outcome: 'passed', found: `${request.length} bytes`, expected: `${request.bytes.length} bytes` },
];

/** Is it signed, by a key of this kind, and does the signature fit: stops at the first no. */
const signatureChecks = (request: ParsedRequest, key: VerifyKey, verify: VerifySignature): RequestCheck[] => {
  const kind: UserDataKind = request.userDataKind;
  const signed = isSignedKind(kind);
  const checks: RequestCheck[] = [
    { id: 'signed', outcome: signed ? 'passed' : 'failed', found: kind, expected: 'signed user data' },
  ];
  if (!signed) return checks;
  checks.push({ id: 'key-kind', outcome: kind === key.kind ? 'passed' : 'failed', found: kind, expected: key.kind });
  if (kind !== key.kind) return checks;
  const fits =
    request.signature !== undefined &&
    verify('sha512', FAMILY[kind], key.spki, signedPart(request.bytes, kind), request.signature);
  checks.push({
    id: 'signature',
    outcome: fits ? 'passed' : 'failed',
    found: fits ? 'a signature that fits' : 'a signature that does not fit',
    expected: 'the signature of this key over this request',
  });
  return checks;
};

/**
 * Verifies what everybody can see. With a key the request must be signed by it: one without a signature does not pass, although
 * the reference lets a request without any user data through.
 * @throws everything parseRequest throws; missing-value for signed user data without a key
 */
export const verifyRequest = (bytes: Bytes, key: VerifyKey | undefined, verify: VerifySignature): RequestVerdict => {
  const request = parseRequest(bytes);
  if (key === undefined && isSignedKind(request.userDataKind))
    return fail(
      'missing-value',
      'public key of the signer',
      `no key, and user data ${request.userDataKind}`,
      'a certificate or public key',
    );
  const checks = [...shape(request), ...(key ? signatureChecks(request, key, verify) : [])];
  const ok = checks.every((c) => c.outcome === 'passed');
  return { request, checks, ok, ...(ok && request.userDataKind !== 'none' ? { userData: request.message } : {}) };
};
