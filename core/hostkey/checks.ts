/** What verification answers with: every check it made, in order, with what was compared. Sentences: words/hostkey.ts. */
import { shown } from '../shown.ts';
import type { ParsedCertificate } from './certificate.ts';
import { nameText, valuesOf } from './name.ts';
import type { OpensslNumber } from './openssl.ts';

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
  readonly openssl?: OpensslNumber;
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

/** Something that ends, and when: it holds before that moment, and at it no more. */
export interface Ending {
  readonly subject: string;
  readonly until: Date;
}

/** How far ahead an end is looked for among lists, in moments at which something begins or ends. */
const MOMENTS_MAX = 64;

/** A certificate in a few words: its unit, or its common name, or all of its name. */
export const shortName = (c: Pick<ParsedCertificate, 'subject'>): string => {
  const value = valuesOf(c.subject, 'OU').at(-1) ?? valuesOf(c.subject, 'CN').at(-1);
  return value === undefined ? nameText(c.subject) : shown(value);
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

  /**
   * Something that rests on several lists ends at the first of their moments at which it no longer holds; never, when it holds
   * at all of them.
   */
  endsAtFirst(subject: string, moments: readonly Date[], at: Date, holdsAt: (then: Date) => boolean): void {
    const later = [...new Set(moments.map((m) => m.getTime()))].filter((m) => m > at.getTime()).sort((a, b) => a - b);
    const end = later.find((m, i) => i === MOMENTS_MAX || !holdsAt(new Date(m)));
    if (end !== undefined) this.ends(subject, new Date(end));
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
