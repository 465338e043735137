/** Whether a policy, or a bundle, has the approvals it needs: rule A01. Source: spec page "personalization-policy", section 4. */
import type { Finding } from '../findings.ts';
import { policyHash } from '../policy/document.ts';
import type { Policy } from '../policy/schema.ts';
import { type Approval, type ApprovalSubject, holdsFor } from './document.ts';
import type { TrustedKey } from './trust.ts';

/** Why an approval does not count. */
export type NotCounted = 'bad-signature' | 'other-subject' | 'not-trusted' | 'not-named' | 'same-key' | 'outdated';

/** Somebody's word on exactly this hash. */
export interface Voice {
  readonly fingerprint: string;
  /** comment of the trusted key */
  readonly name: string;
  readonly form: Approval['form'];
  /** by the approver's clock; an SSH signature has none */
  readonly time?: string;
  readonly comment?: string;
}

export interface ApprovalState {
  readonly subject: ApprovalSubject;
  /** how many different keys must approve */
  readonly required: number;
  /** only these may, when the policy names them */
  readonly by: readonly string[];
  readonly approvedBy: readonly Voice[];
  /** a rejection by a trusted key shuts it, whatever the others say */
  readonly rejectedBy: readonly Voice[];
  readonly notCounted: readonly {
    readonly fingerprint: string;
    readonly decision: Approval['decision'];
    readonly reason: NotCounted;
  }[];
  /** how many are still missing */
  readonly missing: number;
  readonly satisfied: boolean;
}

/** What somebody gave, and whom one believes. */
export interface ApprovalInput {
  readonly approvals: readonly Approval[];
  readonly trusted: readonly TrustedKey[];
}

const voice = (a: Approval, key: TrustedKey): Voice => ({
  fingerprint: a.fingerprint,
  name: key.name,
  form: a.form,
  ...(a.form === 'statement' ? { time: a.statement.time, comment: a.statement.comment } : {}),
});

/** When somebody said it. What has no time is the oldest: a dated rejection must not be undone by a signature without a date. */
const timeOf = (a: Approval): string => (a.form === 'statement' ? a.statement.time : '');

/** Of all that one key said: what it said last; at the same time, the rejection. */
const lastWord = (a: Approval, b: Approval): Approval => {
  if (timeOf(a) !== timeOf(b)) return timeOf(a) > timeOf(b) ? a : b;
  return b.decision === 'reject' ? b : a;
};

/**
 * The state for any subject. Two approvals are by two different keys; each holds for exactly this hash.
 * @param by fingerprints; empty: every trusted key
 */
export const stateOf = (
  subject: ApprovalSubject,
  { approvals, trusted }: ApprovalInput,
  required: number,
  by: readonly string[] = [],
): ApprovalState => {
  const notCounted: { fingerprint: string; decision: Approval['decision']; reason: NotCounted }[] = [];
  const words = new Map<string, Approval>();
  const leave = (a: Approval, reason: NotCounted): void => {
    notCounted.push({ fingerprint: a.fingerprint, decision: a.decision, reason });
  };
  for (const a of approvals) {
    const holds = holdsFor(a, subject);
    if (holds !== 'yes') leave(a, holds);
    else if (!trusted.some((k) => k.fingerprint === a.fingerprint)) leave(a, 'not-trusted');
    else if (by.length > 0 && !by.includes(a.fingerprint)) leave(a, 'not-named');
    else {
      const earlier = words.get(a.fingerprint);
      const last = earlier ? lastWord(earlier, a) : a;
      if (earlier) leave(last === a ? earlier : a, earlier.decision === a.decision ? 'same-key' : 'outdated');
      words.set(a.fingerprint, last);
    }
  }
  const voices = (decision: Approval['decision']): Voice[] =>
    [...words.values()]
      .filter((a) => a.decision === decision)
      .flatMap((a) =>
        trusted
          .filter((k) => k.fingerprint === a.fingerprint)
          .slice(0, 1)
          .map((k) => voice(a, k)),
      );
  const approvedBy = voices('approve');
  const rejectedBy = voices('reject');
  const missing = Math.max(0, required - approvedBy.length);
  return {
    subject,
    required,
    by,
    approvedBy,
    rejectedBy,
    notCounted,
    missing,
    satisfied: missing === 0 && rejectedBy.length === 0,
  };
};

/** The state of a policy: what it demands, what is there, what is missing. */
export const approvalState = (policy: Policy, approvals: readonly Approval[], trusted: readonly TrustedKey[]): ApprovalState =>
  stateOf(
    { kind: 'policy', sha256: policyHash(policy) },
    { approvals, trusted },
    policy.approvals?.required ?? 0,
    policy.approvals?.by ?? [],
  );

/** The state of a bundle, by the SHA-256 of its manifest.pol: nothing demands it, so it tells who approved. */
export const bundleApprovalState = (manifestSha256: string, input: ApprovalInput): ApprovalState =>
  stateOf({ kind: 'bundle', sha256: manifestSha256 }, input, 0);

/** A01 for the policy alone: a demand that nobody can meet. */
export const checkApprovalDemand = ({ approvals }: Policy): Finding[] => {
  const named = new Set(approvals?.by).size;
  return approvals === undefined || named === 0 || named >= approvals.required
    ? []
    : [
        {
          rule: 'A01',
          severity: 'error',
          subject: 'approvals',
          found: `${named} named, ${approvals.required} required`,
          expected: 'as many keys as approvals, or more',
          path: ['approvals', 'by'],
        },
      ];
};

const EMPTY: ApprovalInput = { approvals: [], trusted: [] };

/** A01: shut while approvals are missing or somebody trusted rejects. Without input nothing is approved. */
export const checkApprovals = (policy: Policy, input: ApprovalInput = EMPTY): Finding[] => {
  const state = approvalState(policy, input.approvals, input.trusted);
  const say = (found: string, expected: string): Finding => ({
    rule: 'A01',
    severity: 'error',
    subject: 'policy',
    found,
    expected,
    path: ['approvals'],
  });
  const who = (v: Voice): string => (v.name === '' ? v.fingerprint : `${v.name} (${v.fingerprint})`);
  return [
    ...checkApprovalDemand(policy),
    ...state.rejectedBy.map((v) => say(`rejected by ${who(v)}`, 'no rejection by a trusted key')),
    ...(state.missing > 0
      ? [
          say(
            `${state.approvedBy.length} of ${state.required}`,
            `${state.required === 1 ? 'one approval' : `${state.required} approvals, by different keys,`} of exactly this policy (${state.subject.sha256.slice(0, 16)}...)`,
          ),
        ]
      : []),
  ];
};
