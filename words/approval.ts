/** Sentences for approvals: who approved, who did not, what is missing. */
import type { ApprovalState, NotCounted, Voice } from '../core/approval/state.ts';
import { shown } from '../core/shown.ts';
import { instantText, said, t } from './language.ts';

const REASONS: Record<NotCounted, string> = said({
  'bad-signature': 'its signature does not fit: it was altered',
  'other-subject': 'it is for something else, or for an earlier version',
  'not-trusted': 'its key is not among the trusted ones',
  'not-named': 'the policy names other approvers',
  'same-key': 'the same key has said so already',
  outdated: 'the same key has said something else since',
});
export const notCountedSays = (reason: NotCounted): string => t(REASONS[reason]);

const WORDS = {
  approve: said({ dated: 'Approved by {who}, {time}.', undated: 'Approved by {who} (signed with ssh-keygen).' }),
  reject: said({ dated: 'REJECTED by {who}, {time}.', undated: 'REJECTED by {who} (signed with ssh-keygen).' }),
};

/** Somebody's word in one line. */
export const voiceSays = (v: Voice, decision: 'approve' | 'reject'): string => {
  const who = v.name === '' ? v.fingerprint : `${v.name}, ${v.fingerprint}`;
  const words = WORDS[decision];
  const says = v.time === undefined ? t(words.undated, { who }) : t(words.dated, { who, time: instantText(v.time) });
  return v.comment ? t('{says} "{comment}"', { says, comment: shown(v.comment, 1000) }) : says;
};

const HEADS = {
  policy: said({
    rejected: 'This policy was rejected: nothing is made of it.',
    approved: 'This policy has the approvals it needs.',
    free: 'This policy needs no approval.',
  }),
  bundle: said({
    rejected: 'This bundle was rejected: nothing is made of it.',
    approved: 'This bundle has the approvals it needs.',
    free: 'This bundle needs no approval.',
  }),
};

const headOf = (s: ApprovalState): string => {
  if (s.missing > 0)
    return t(
      '{n, plural, one {One approval is missing: nothing is made until then.} other {# approvals are missing, by different keys: nothing is made until then.}}',
      { n: s.missing },
    );
  const heads = HEADS[s.subject.kind];
  return t(s.rejectedBy.length > 0 ? heads.rejected : s.required > 0 ? heads.approved : heads.free);
};

const NOT_COUNTED = said({
  approve: 'Not counted: an approval by {key}: {reason}.',
  reject: 'Not counted: a rejection by {key}: {reason}.',
});

/** The state as lines, the most important first. */
export const approvalStateSays = (s: ApprovalState): string[] => [
  headOf(s),
  ...s.rejectedBy.map((v) => voiceSays(v, 'reject')),
  ...s.approvedBy.map((v) => voiceSays(v, 'approve')),
  ...s.notCounted.map((n) => t(NOT_COUNTED[n.decision], { key: n.fingerprint, reason: t(REASONS[n.reason]) })),
  ...(s.by.length > 0 ? [t('Only these keys may approve: {keys}.', { keys: s.by.join(', ') })] : []),
];
