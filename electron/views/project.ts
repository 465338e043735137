/** Turns the project into what the window shows: words and plain data, never a value. */
import { isLacking } from '../../core/hostkey/wanted.ts';
import { projectValues } from '../../core/project/project.ts';
import { checklist, lackingSays } from '../../words/hostkey.ts';
import { auditEventSays } from '../../words/project.ts';
import type { ProjectView, StepId } from '../contract.ts';
import type { Keeper } from '../keeper.ts';
import { risksOf } from '../risks.ts';
import type { State } from '../state.ts';
import { approvalViews } from './approvals.ts';
import { bootView } from './boot.ts';
import { bundleView, plannedView } from './bundle.ts';
import { commandsView } from './commands.ts';
import { findingView } from './finding.ts';
import { hostKeyView, pieceViews, rootViews } from './hostkeys.ts';
import { imageView } from './image.ts';
import { lacksOf, needsBuilderKey } from './lacks.ts';
import { policyView, templateViews } from './policy.ts';
import { publicViews } from './publics.ts';
import { secretViews } from './secrets.ts';
import { verdictView } from './verdict.ts';

/** The newest entries of the audit trail that are shown; all of it can be exported. */
const AUDIT_SHOWN = 200;

const fileView = (s: State, keeper: Keeper): ProjectView['file'] => ({
  path: keeper.path ?? null,
  name: s.kept.name,
  locked: keeper.isLocked,
  problem: keeper.problem ?? null,
  saved: keeper.isOpen ? s.kept.saved : null,
  holdsValues: s.kept.values.length > 0,
});

/** The whole view. */
export const viewOf = (s: State, keeper: Keeper, home: string, now: Date): Omit<ProjectView, 'undo'> => {
  const { derived: d, kept } = s;
  const hostKeys = d.hostKeys.map((k) => hostKeyView(s, k));
  const secrets = secretViews(s);
  const publics = publicViews(s, now);
  // once the bundle is made its own check speaks
  const risks =
    s.bundle === undefined && d.policy && d.image && d.hostKeys.length > 0
      ? risksOf(d.policy, d.image, projectValues(kept), s, now).map(findingView)
      : [];
  const lacks = lacksOf(s, hostKeys, secrets, publics, risks);
  return {
    sample: d.hosts.length > 0,
    file: fileView(s, keeper),
    hostKeys,
    pieces: pieceViews(s),
    roots: rootViews(s),
    missing: d.wanted.filter(isLacking).map(lackingSays),
    checklist: checklist(d.wanted, now),
    image: imageView(s),
    ...(needsBuilderKey(s) ? { builderKey: s.builderKey?.file ?? null } : {}),
    policy: policyView(s),
    templates: templateViews(),
    secrets,
    publics,
    approvals: approvalViews(s),
    planned: plannedView(s),
    risks,
    bundle: s.bundle ? bundleView(s.bundle, home, d.policy?.policy) : null,
    commands: commandsView(s, secrets),
    bundles: kept.bundles.map(({ expected: e, savedTo }) => ({
      name: e.bundle.name,
      serial: e.bundle.serial,
      created: e.bundle.created,
      savedTo: savedTo ?? null,
    })),
    hosts: d.hosts.map((h) => h.name),
    home,
    boot: s.boot ? bootView(s.boot.host, s.boot.result) : null,
    verdict: verdictView(s),
    audit: kept.audit.slice(-AUDIT_SHOWN).map((e) => ({ n: e.n, time: e.time, says: auditEventSays(e.event) })),
    lacks,
    done: (Object.keys(lacks) as StepId[]).filter((x) => lacks[x].length === 0),
  };
};
