/** What a step needs of the project; each says that it is missing when it is. */
import type { Bytes } from '../../core/bytes.ts';
import { fail } from '../../core/errors.ts';
import type { PolicySecret } from '../../core/policy/schema.ts';
import { projectValues } from '../../core/project/project.ts';
import type { CurrentBundle, LoadedImage, LoadedPolicy, State } from '../state.ts';

/** @throws missing-value */
export const needPolicy = ({ derived }: State): LoadedPolicy =>
  derived.policy ?? fail('missing-value', 'policy', 'none', 'a policy');

/** A secret of the policy. @throws missing-value, not-found */
export const needSecret = (s: State, name: string): PolicySecret =>
  needPolicy(s).policy.secrets.find((x) => x.name === name) ??
  fail('not-found', 'secret', name.slice(0, 64), 'one of the policy');

/** The value of a secret. Secret: a reference. @throws missing-value */
export const needValue = ({ kept }: State, name: string): Bytes =>
  projectValues(kept).get(name) ?? fail('missing-value', name, 'no value', 'a value');

/** @throws missing-value */
export const needImage = ({ derived }: State): LoadedImage =>
  derived.image ?? fail('missing-value', 'image', 'none', 'an image or its header');

/** @throws missing-value */
export const needBundle = ({ bundle }: State): CurrentBundle =>
  bundle ?? fail('missing-value', 'bundle', 'none', 'a generated bundle');

/** The report that the simulated guest wrote. @throws missing-value */
export const needReport = ({ boot }: State): Bytes =>
  boot?.result.report ?? fail('missing-value', 'report', 'none', 'a report of the simulated guest');
