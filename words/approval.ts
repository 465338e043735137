/** Sentences for approvals: who approved, who did not, what is missing. */
import type { ApprovalState, NotCounted, Voice } from '../core/approval/state.ts';
import { shown } from '../core/shown.ts';

const REASONS: Record<NotCounted, string> = {
  'bad-signature': 'its signature does not fit: it was altered',
  'other-subject': 'it is for something else, or for an earlier version',
  'not-trusted': 'its key is not among the trusted ones',
  'not-named': 'the policy names other approvers',
  'same-key': 'the same key has said so already',
  outdated: 'the same key has said something else since',
};
export const notCountedSays = (reason: NotCounted): string => REASONS[reason];

const who = (v: Voice): string => (v.name === '' ? v.fingerprint : `${v.name}, ${v.fingerprint}`);

/** Somebody's word in one line. */
export const voiceSays = (v: Voice, decision: 'approve' | 'reject'): string => {
  const verb = decision === 'approve' ? 'Approved' : 'REJECTED';
  const when = v.time === undefined ? ' (signed with ssh-keygen)' : `, ${v.time}`;
  return `${verb} by ${who(v)}${when}.${v.comment ? ` "${shown(v.comment, 1000)}"` : ''}`;
};

/** The state as lines, the most important first. */
export const approvalStateSays = (s: ApprovalState): string[] => {
  const about = s.subject.kind === 'policy' ? 'policy' : 'bundle';
  const missing = s.missing === 1 ? 'One approval is missing' : `${s.missing} approvals are missing, by different keys`;
  const head =
    s.missing > 0
      ? `${missing}: nothing is made until then.`
      : s.rejectedBy.length > 0
        ? `This ${about} was rejected: nothing is made of it.`
        : s.required > 0
          ? `This ${about} has the approvals it needs.`
          : `This ${about} needs no approval.`;
  return [
    head,
    ...s.rejectedBy.map((v) => voiceSays(v, 'reject')),
    ...s.approvedBy.map((v) => voiceSays(v, 'approve')),
    ...s.notCounted.map(
      (n) =>
        `Not counted: ${n.decision === 'approve' ? 'an approval' : 'a rejection'} by ${n.fingerprint}: ${REASONS[n.reason]}.`,
    ),
    ...(s.by.length > 0 ? [`Only these keys may approve: ${s.by.join(', ')}.`] : []),
  ];
};
