/** The policy as a form: which fields can be chosen, and what each choice means. The text stays the policy; this is a way to write it. */
import { type FieldValue, policyValue } from '../core/policy/edit.ts';
import type { Policy } from '../core/policy/schema.ts';
import { said, t } from './language.ts';
import { aboutField, NONE } from './policy.ts';

export interface FormChoice {
  readonly value: FieldValue;
  readonly text: string;
}

export interface FormField {
  readonly path: readonly string[];
  readonly label: string;
  readonly choices: readonly FormChoice[];
}

/** @param texts one for each value, in their order */
const field = (path: readonly string[], label: string, values: readonly FieldValue[], texts: readonly string[]): FormField => ({
  path,
  label,
  choices: values.map((value, i) => ({ value, text: texts[i] as string })),
});

/** Every field of the form, in the order of the text; in English. */
export const POLICY_FIELDS: readonly FormField[] = [
  field(
    ['image', 'require', 'image-encryption'],
    said('Image'),
    ['disabled', 'any'],
    said(['must be generic', 'may be of any kind']),
  ),
  field(
    ['image', 'require', 'dump'],
    said('Dumps in the image'),
    ['any', 'allowed', 'forbidden'],
    said(['as the image says', 'must be allowed', 'must be forbidden']),
  ),
  field(
    ['host-keys', 'verify'],
    said('Verification of host keys'),
    ['required', 'warn'],
    said(['required', 'advised: a typed word can do without']),
  ),
  field(
    ['dump', 'cck-update'],
    said('Customer communication key'),
    ['required', 'optional', 'none'],
    said(['required', 'optional', NONE]),
  ),
  field(
    ['dump', 'disable-host-dump'],
    said('Dumps of the guest'),
    [false, true],
    said(['as image and key say', 'forbidden for this guest']),
  ),
  field(
    ['extension-secret'],
    said('Extension secret'),
    ['random', 'cck-derived', 'none'],
    said(['random, new for each bundle', "derived from the image builder's CCK", NONE]),
  ),
  field(
    ['store', 'lock'],
    said('Secret store'),
    ['after-personalization', 'never'],
    said(['locked after personalization', 'stays open']),
  ),
  field(['report', 'required'], said('Report'), [true, false], said(['required', 'not required'])),
  field(
    ['report', 'attestation'],
    said('Attestation in the report'),
    ['required', 'optional', 'none'],
    said(['required', 'optional', NONE]),
  ),
  field(
    ['report', 'max-age'],
    said('Age of the report'),
    ['PT1H', 'PT12H', 'PT24H', 'P7D'],
    said(['at most one hour', 'at most 12 hours', 'at most 24 hours', 'at most 7 days']),
  ),
  field(['approvals', 'required'], said('Approvals'), [0, 1, 2], said(['none needed', 'one', 'two, by different keys'])),
];

/** The field in the language spoken. */
const spoken = (f: FormField): FormField => ({
  ...f,
  label: t(f.label),
  choices: f.choices.map((c) => ({ ...c, text: t(c.text, aboutField(f.path)) })),
});

/** What is chosen in a policy now; a value that the form does not offer is shown as it is. */
export const formOf = (policy: Policy): { readonly field: FormField; readonly value: string; readonly offered: boolean }[] =>
  POLICY_FIELDS.map((f) => {
    const value = policyValue(policy, f.path) ?? (f.path[0] === 'approvals' ? 0 : '');
    return { field: spoken(f), value: String(value), offered: f.choices.some((c) => String(c.value) === String(value)) };
  });
