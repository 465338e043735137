/** The bundle, and the order of its requests before and after it is made. */
import { TOC_ASR } from '../../core/bundle/names.ts';
import { plannedOrder } from '../../core/bundle/preflight.ts';
import { type Policy, PURPOSES } from '../../core/policy/schema.ts';
import { projectValues } from '../../core/project/project.ts';
import { t } from '../../words/language.ts';
import { applySays, purposeSays } from '../../words/policy.ts';
import type { ProjectView } from '../contract.ts';
import { suggestedPath } from '../places.ts';
import type { CurrentBundle, State } from '../state.ts';
import { findingView } from './finding.ts';

/** @param purpose as an expectation carries it: any text */
const carries = (file: string, name: string | undefined, purpose: string | undefined): string => {
  if (name === undefined) return file === TOC_ASR ? t('The list of all others') : t('What the guest does with each secret');
  const known = PURPOSES.find((p) => p === purpose);
  return known === undefined ? name : `${name}: ${purposeSays(known)}`;
};

/** What becomes of a secret in the guest; null for requests that carry none. */
const goesTo = (policy: Policy | undefined, name: string | undefined): string | null => {
  const s = policy?.secrets.find((x) => x.name === name);
  return s ? applySays(s.apply) : null;
};

/** What would be made now. */
export const plannedView = ({ derived, kept }: State): ProjectView['planned'] => {
  const policy = derived.policy?.policy;
  const values = projectValues(kept);
  return (policy ? plannedOrder(policy) : [])
    .filter((x) => x.secret === undefined || x.secret.required || values.has(x.secret.name))
    .map((x) => ({
      file: x.file,
      carries: carries(x.file, x.secret?.name, x.secret?.purpose),
      goesTo: goesTo(policy, x.secret?.name),
      tag: null,
    }));
};

/** The bundle that was made. @param home where it is suggested to go */
export const bundleView = (b: CurrentBundle, home: string, policy: Policy | undefined): NonNullable<ProjectView['bundle']> => {
  const { expected, id } = b.built;
  const handover = b.built.files.find((f) => f.path === 'HANDOVER.txt')?.bytes;
  return {
    id: id.id,
    name: id.name,
    serial: id.serial,
    created: id.created,
    order: expected.submission_order.map(({ file, tag, name, purpose }) => ({
      file,
      carries: carries(file, name, purpose),
      goesTo: goesTo(policy, name),
      tag,
    })),
    tocPolSha256: expected.toc_pol_sha256,
    manifestSha256: expected.manifest_sha256 ?? null,
    storeHash: expected.lock ? expected.store_hash.locked : expected.store_hash.unlocked,
    locked: expected.lock,
    findings: b.findings.map(findingView),
    handover: handover ? Buffer.from(handover).toString('utf8') : '',
    savedTo: b.savedTo ?? null,
    recordIn: b.recordIn ?? null,
    suggestedPath: suggestedPath(home, id.name, id.serial),
  };
};
