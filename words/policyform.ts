/** The policy as a form: which fields can be chosen, and what each choice means. The text stays the policy; this is a way to write it. */
import { type FieldValue, policyValue } from '../core/policy/edit.ts';
import type { Policy } from '../core/policy/schema.ts';

export interface FormChoice {
  readonly value: FieldValue;
  readonly text: string;
}

export interface FormField {
  readonly path: readonly string[];
  readonly label: string;
  readonly choices: readonly FormChoice[];
}

const choices = (...rows: readonly (readonly [FieldValue, string])[]): FormChoice[] =>
  rows.map(([value, text]) => ({ value, text }));

/** Every field of the form, in the order of the text. */
export const POLICY_FIELDS: readonly FormField[] = [
  {
    path: ['image', 'require', 'image-encryption'],
    label: 'Image',
    choices: choices(['disabled', 'must be generic'], ['any', 'may be of any kind']),
  },
  {
    path: ['image', 'require', 'dump'],
    label: 'Dumps in the image',
    choices: choices(['any', 'as the image says'], ['allowed', 'must be allowed'], ['forbidden', 'must be forbidden']),
  },
  {
    path: ['host-keys', 'verify'],
    label: 'Verification of host keys',
    choices: choices(['required', 'required'], ['warn', 'advised: a typed word can do without']),
  },
  {
    path: ['dump', 'cck-update'],
    label: 'Customer communication key',
    choices: choices(['required', 'required'], ['optional', 'optional'], ['none', 'none']),
  },
  {
    path: ['dump', 'disable-host-dump'],
    label: 'Dumps of the guest',
    choices: choices([false, 'as image and key say'], [true, 'forbidden for this guest']),
  },
  {
    path: ['extension-secret'],
    label: 'Extension secret',
    choices: choices(
      ['random', 'random, new for each bundle'],
      ['cck-derived', "derived from the image builder's CCK"],
      ['none', 'none'],
    ),
  },
  {
    path: ['store', 'lock'],
    label: 'Secret store',
    choices: choices(['after-personalization', 'locked after personalization'], ['never', 'stays open']),
  },
  {
    path: ['report', 'required'],
    label: 'Report',
    choices: choices([true, 'required'], [false, 'not required']),
  },
  {
    path: ['report', 'attestation'],
    label: 'Attestation in the report',
    choices: choices(['required', 'required'], ['optional', 'optional'], ['none', 'none']),
  },
  {
    path: ['report', 'max-age'],
    label: 'Age of the report',
    choices: choices(
      ['PT1H', 'at most one hour'],
      ['PT12H', 'at most 12 hours'],
      ['PT24H', 'at most 24 hours'],
      ['P7D', 'at most 7 days'],
    ),
  },
  {
    path: ['approvals', 'required'],
    label: 'Approvals',
    choices: choices([0, 'none needed'], [1, 'one'], [2, 'two, by different keys']),
  },
];

/** What is chosen in a policy now; a value that the form does not offer is shown as it is. */
export const formOf = (policy: Policy): { readonly field: FormField; readonly value: string; readonly offered: boolean }[] =>
  POLICY_FIELDS.map((field) => {
    const value = policyValue(policy, field.path) ?? (field.path[0] === 'approvals' ? 0 : '');
    return { field, value: String(value), offered: field.choices.some((c) => String(c.value) === String(value)) };
  });
