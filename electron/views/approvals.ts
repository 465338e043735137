/** Approvals, and who may give them. */
import { projectApprovalState, trustedKeys } from '../../core/project/project.ts';
import { approvalStateSays } from '../../words/approval.ts';
import type { ProjectView } from '../contract.ts';
import type { State } from '../state.ts';

/** How far the approvals that the policy asks for are, and whose count. */
export const approvalViews = ({ kept }: State): ProjectView['approvals'] => {
  const state = projectApprovalState(kept);
  return {
    required: state?.required ?? 0,
    satisfied: state?.satisfied ?? true,
    says: state ? approvalStateSays(state) : [],
    trusted: trustedKeys(kept).map((k) => ({ fingerprint: k.fingerprint, name: k.name })),
    given: kept.approvals.length,
  };
};
