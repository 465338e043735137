/**
 * Traps people fall into when they give a value: each with a code, and what would help. Nothing of a value's content is in one.
 * Source: spec page "personalization-policy", section 3.
 */
import type { Bytes } from '../bytes.ts';
import type { Finding, Severity } from '../findings.ts';
import type { PolicySecret } from '../policy/schema.ts';

/** Traps. Sentences: words/values.ts. */
export const TRAPS = [
  'empty',
  'too-large',
  'too-small',
  'wrong-size',
  'hex-text',
  'base64-text',
  'text-for-key',
  'file-for-bytes',
  'trailing-newline',
  'byte-order-mark',
  'not-printable',
  'nul-byte',
  'equal-halves',
  'repeated-byte',
  'hmac-short',
  'public-key',
  'certificate',
  'signing-request',
  'several-keys',
  'encrypted',
  'encrypted-openssh',
  'putty',
  'pkcs12',
  'not-a-key',
  'broken-key',
  'wrong-form',
  'key-kind',
  'rsa-short',
  'clear-password',
  'no-user',
  'wrong-user',
  'hash-kind',
  'not-a-login',
  'weak',
  'other-certificate',
] as const;
export type TrapCode = (typeof TRAPS)[number];

/** What the program can do about it. `decrypt` needs a passphrase and is the edge's; the others are core/values/remedy.ts. */
export const REMEDIES = [
  'decode-hex',
  'decode-base64',
  'strip-newline',
  'strip-bom',
  'pad-hmac',
  'convert-openssh',
  'convert-pkcs8',
  'hash-password',
  'add-user',
  'decrypt',
] as const;
export type Remedy = (typeof REMEDIES)[number];

/** One thing that is wrong. */
export interface Trap {
  readonly code: TrapCode;
  /** a warning does not keep the value from being used */
  readonly severity: Extract<Severity, 'error' | 'warning'>;
  readonly found: string;
  readonly expected: string;
  readonly remedies: readonly Remedy[];
}

export const trap = (code: TrapCode, found: string, expected: string, ...remedies: Remedy[]): Trap => ({
  code,
  severity: 'error',
  found,
  expected,
  remedies,
});

const LF = 0x0a;
const CR = 0x0d;

/** How many bytes of line end there are at the end. */
export const newlineSize = (value: Bytes): number => (value.at(-1) !== LF ? 0 : value.at(-2) === CR ? 2 : 1);

export const hasBom = (value: Bytes): boolean => value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf;

/** A strength under the policy's floor. @param bits known or estimated; undefined: nobody knows */
export const weakTrap = (s: PolicySecret, bits: number | undefined): Trap | undefined => {
  const floor = s.constraints['min-entropy-bits'];
  return floor === undefined || bits === undefined || bits >= floor
    ? undefined
    : trap('weak', `about ${Math.floor(bits)} bits of strength`, `at least ${floor} bits, as the policy says`);
};

/** A trap as a finding of a rule. */
export const trapFinding = (t: Trap, subject: string, rule = 'P10'): Finding => ({
  rule,
  severity: t.severity,
  subject,
  found: t.found,
  expected: t.expected,
});
