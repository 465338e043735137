/** The public entries of the policy. */
import type { Finding } from '../../core/findings.ts';
import { checkEntry, publicFacts } from '../../core/policy/contents.ts';
import type { Policy } from '../../core/policy/schema.ts';
import { projectPublics, projectValues } from '../../core/project/project.ts';
import { applySays, publicPurposeSays } from '../../words/policy.ts';
import { publicFactsSay, publicFindingSays } from '../../words/publics.ts';
import type { ProjectView, PublicView } from '../contract.ts';
import type { State } from '../state.ts';

const publicTrap = (f: Finding): PublicView['traps'][number] => {
  const { what, todo, details } = publicFindingSays(f);
  return { severity: f.severity, says: what, todo, details, remedies: [] };
};

/** Each public entry, what is known of its content, and what does not fit. */
export const publicViews = ({ derived, kept }: State, now: Date): ProjectView['publics'] => {
  const policy = derived.policy?.policy;
  const publics = projectPublics(kept);
  return (policy?.public ?? []).map((p): PublicView => {
    const content = publics.get(p.name);
    const found = content ? checkEntry(p, content, { policy: policy as Policy, values: projectValues(kept), now }) : [];
    const facts = content ? publicFacts(p, content) : undefined;
    return {
      name: p.name,
      purpose: publicPurposeSays(p.purpose),
      goesTo: applySays(p.apply),
      state: content === undefined ? 'missing' : found.some((f) => f.severity === 'error') ? 'wrong' : 'ready',
      facts: facts ? publicFactsSay(facts) : [],
      traps: found.map(publicTrap),
    };
  });
};
