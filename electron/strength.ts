/**
 * Strength of a window's values: estimated when a value comes in and kept with it, because of a login only the hash stays; measured
 * again for values that nobody measured, in a project of an earlier program or under a policy that got its floor later.
 */
import type { Bytes } from '../core/bytes.ts';
import type { Policy, PolicySecret } from '../core/policy/schema.ts';
import type { Project } from '../core/project/content.ts';
import { projectBits, projectValues, withBits } from '../core/project/project.ts';
import { readLogin } from '../core/values/login.ts';
import { measureStrength, strengthOf } from '../core/values/strength.ts';
import { newlineSize } from '../core/values/traps.ts';

/** Bits of a value as it comes in; undefined where the policy has no floor, or where only a hash is there. @param value secret */
export const bitsOfNew = async (s: PolicySecret, value: Bytes): Promise<number | undefined> => {
  if (s.purpose !== 'admin-password') return (await measureStrength([s], new Map([[s.name, value]]))).get(s.name);
  if (s.constraints['min-entropy-bits'] === undefined || readLogin(value).what !== 'clear') return undefined;
  // the line end of a password's file is not part of it
  return (await strengthOf(s, value.subarray(0, value.length - newlineSize(value)))).bits;
};

/**
 * Measures the values of a project whose strength nobody knows.
 * @returns how to keep what was measured, in the project as it is by then
 */
export const measureProject = async (policy: Policy, kept: Project): Promise<(now: Project) => Project> => {
  const values = projectValues(kept);
  const bits = await measureStrength(policy.secrets, values, projectBits(kept));
  return (now) => withBits(now, values, bits);
};
