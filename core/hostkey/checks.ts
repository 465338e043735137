/** What verification answers with: every check it made, in order, with what was compared. Sentences: words/hostkey.ts. */
import type { ParsedCertificate } from './certificate.ts';
import { nameText, valuesOf } from './name.ts';

/** The reference's error kinds. Source: spec page "host-keys". */
export type HostKeyErrorKind =
  | 'NoIbmSignKey'
  | 'ManyIbmSignKeys'
  | 'IbmSignInvalid'
  | 'SecurityBits'
  | 'BeforeValidity'
  | 'AfterValidity'
  | 'Akid'
  | 'Signature'
  | 'NoCrl'
  | 'HkdRevoked';

export interface HostKeyError {
  readonly kind: HostKeyErrorKind;
  /** OpenSSL's number, for IbmSignInvalid */
  readonly openssl?: number;
  /** 0 is the signing key, then upwards */
  readonly depth?: number;
}

export const CHECK_IDS = [
  'signing-key',
  'chain-issuer',
  'chain-length',
  'chain-rules',
  'chain-strength',
  'crl-found',
  'crl-time',
  'crl-signature',
  'crl-rules',
  'not-revoked',
  'chain-signature',
  'chain-time',
  'host-strength',
  'host-time',
  'host-authority',
  'host-signature',
  'host-crl',
  'host-not-revoked',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

export interface HostKeyCheck {
  readonly id: CheckId;
  /** certificate or CRL it is about */
  readonly subject: string;
  readonly outcome: 'passed' | 'failed';
  readonly expected: string;
  readonly found: string;
}

/** Something that is needed and was not given. Never fetched: shown, with the addresses the certificates name. */
export interface Missing {
  readonly what: 'CRL' | 'certificate';
  /** whose CRL, or which certificate */
  readonly issuer: string;
  readonly urls: readonly string[];
}

/** Something that ends soon. */
export interface Ending {
  readonly subject: string;
  readonly until: Date;
}

/** A certificate in a few words: its unit, or its common name, or all of its name. */
export const shortName = (c: Pick<ParsedCertificate, 'subject'>): string => {
  const unit = valuesOf(c.subject, 'OU').at(-1);
  return unit ?? valuesOf(c.subject, 'CN').at(-1) ?? nameText(c.subject);
};

/** Collects checks; `must` stops at the first that fails. */
export class Checks {
  readonly done: HostKeyCheck[] = [];
  readonly missing: Missing[] = [];
  readonly endings: Ending[] = [];

  must(error: HostKeyError, id: CheckId, subject: string, good: boolean, expected: string, found: string): void {
    this.done.push({ id, subject, outcome: good ? 'passed' : 'failed', expected, found });
    if (!good) throw new Refused(error);
  }
  ends(subject: string, until: Date): void {
    this.endings.push({ subject, until });
  }
}

/** Stops a verification. */
export class Refused extends Error {
  readonly error: HostKeyError;
  constructor(error: HostKeyError) {
    super(error.kind);
    this.error = error;
  }
}
