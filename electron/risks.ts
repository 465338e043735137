/** What is looked at before a bundle is made: shown as long as there is none, and looked at again when it is about to be made. */
import { preflight } from '../core/bundle/preflight.ts';
import type { Bytes } from '../core/bytes.ts';
import type { Finding } from '../core/findings.ts';
import { projectApprovals, projectBits, projectPublics } from '../core/project/project.ts';
import { nodeSha512 } from '../edge/values.ts';
import type { LoadedImage, LoadedPolicy, State } from './state.ts';

/** @param values by name, those that are made for the bundle among them when there are such: secret */
export const risksOf = (
  { policy }: LoadedPolicy,
  { found }: LoadedImage,
  values: ReadonlyMap<string, Bytes>,
  { derived, kept }: State,
  now: Date,
): Finding[] =>
  preflight({
    policy,
    header: found.header,
    hostKeys: derived.hostKeys.map((k) => ({ label: k.file, phkh: k.document.phkh, verified: k.verdict.trusted })),
    values,
    bits: projectBits(kept),
    sha512: nodeSha512,
    publics: projectPublics(kept),
    approvals: projectApprovals(kept),
    now,
  });
