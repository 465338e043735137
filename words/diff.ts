/** The difference between two policies as sentences: what is now allowed, required, longer, gone. */
import type { ListField, PolicyChange, ScalarField } from '../core/policy/diff.ts';
import { shown } from '../core/shown.ts';
import { DURATION } from '../core/time.ts';
import { applySays, purposeSays } from './policy.ts';

type Value = string | number | boolean | undefined;
/** @param of the entry as the sentence calls it: "the secret tls-web-key" */
type Sentence = (before: Value, after: Value, of: string) => string;

const valueText = (v: Value): string => (v === undefined ? 'nothing' : v === '' ? 'an empty text' : shown(String(v)));
const turned = (before: Value, after: Value): string =>
  before === undefined
    ? `now ${valueText(after)}`
    : after === undefined
      ? `no longer set (was ${valueText(before)})`
      : `${valueText(after)} instead of ${valueText(before)}`;
/** "The name is web instead of mail." */
const plain =
  (what: string): Sentence =>
  (before, after, of) =>
    `${what}${of} is ${turned(before, after)}.`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
/** A sentence of its own for each value it can have now; {} is the entry. */
const byValue =
  (sentences: Readonly<Record<string, string>>): Sentence =>
  (before, after, of) => {
    const says = sentences[String(after)] ?? `{} is ${turned(before, after)}`;
    return `${capital(says.replaceAll('{}', of))}${typeof before === 'string' ? ` (was ${valueText(before)})` : ''}.`;
  };
/** A number that a value must reach or may not exceed. */
const bound =
  (what: string, wider: 'up' | 'down'): Sentence =>
  (before, after, of) => {
    if (typeof before !== 'number' || typeof after !== 'number') return `${what}${of} is ${turned(before, after)}.`;
    const looser = wider === 'up' ? after > before : after < before;
    return `${what}${of} is ${looser ? 'looser' : 'stricter'}: ${after} instead of ${before}.`;
  };

/** 24 h, 7 d, 1 d 12 h: an ISO 8601 duration as people write it. */
export const durationSays = (text: string): string => {
  const m = DURATION.exec(text);
  const parts = (m?.slice(1) ?? []).flatMap((n, i) => (n === undefined ? [] : [`${Number(n)} ${['d', 'h', 'min', 's'][i]}`]));
  return parts.length === 0 ? text : parts.join(' ');
};
const milliseconds = (text: string): number =>
  (DURATION.exec(text)?.slice(1) ?? []).reduce((sum, n, i) => sum + Number(n ?? 0) * ([86_400, 3600, 60, 1][i] as number), 0);

const age: Sentence = (before, after) => {
  const [a, b] = [String(before), String(after)];
  const how =
    milliseconds(b) > milliseconds(a)
      ? 'may be older'
      : milliseconds(b) < milliseconds(a)
        ? 'must be newer'
        : 'may be as old, written in another way';
  return `The report ${how}: ${durationSays(b)} instead of ${durationSays(a)}${durationSays(a) === durationSays(b) ? ` (${b} instead of ${a})` : ''}.`;
};

const APPLY = 'The way into the guest of ';

/** One sentence a field. The compiler sees that none is missing. */
const FIELDS: Record<ScalarField, Sentence> = {
  format: plain('The format'),
  version: plain('The version'),
  name: plain('The name of the policy'),
  description: plain('The description'),
  profile: byValue({
    ebc: 'The guest is a machine with an encrypted root disk',
    kata: 'The guest is a Kata pod: no root disk is asked for',
  }),
  'image.require.image-encryption': byValue({
    disabled: 'The image must be a generic one',
    any: 'The image need not be a generic one any more',
  }),
  'image.require.dump': byValue({
    allowed: 'The dump is now allowed: the image must allow it',
    forbidden: 'The dump is now forbidden: the image must forbid it',
    any: 'Whether dumps are allowed is now left to the image',
  }),
  'host-keys.min': bound('The least number of host keys', 'down'),
  'host-keys.max': bound('The largest number of host keys', 'up'),
  'host-keys.verify': byValue({
    required: 'Host keys must now be verified',
    warn: 'Host keys may now be used without verification, by decision',
  }),
  'dump.cck-update': byValue({
    required: 'A customer communication key of your own is now required',
    optional: 'A customer communication key of your own is now optional',
    none: "The customer communication key is now left as the image's builder made it",
  }),
  'dump.disable-host-dump': byValue({
    true: 'The host can no longer dump the guest',
    false: 'The host can now dump the guest, where the image allows it',
  }),
  'extension-secret': byValue({
    random: 'Requests are now tied together by a random extension secret, new for each bundle',
    'cck-derived': "Requests are now tied together by an extension secret that is derived from the image's key",
    none: 'Requests are no longer tied together: there is no extension secret, and anybody can write requests that fit',
  }),
  'store.lock': byValue({
    'after-personalization': 'The secret store is now locked after personalization',
    never: 'The secret store now stays open: more can be added later',
  }),
  'report.required': byValue({
    true: 'A report of the guest is now required',
    false: 'A report of the guest is no longer required',
  }),
  'report.attestation': byValue({
    required: 'The report must now be attested by the machine',
    optional: 'The report need not be attested by the machine any more',
    none: 'The report is no longer attested by the machine',
  }),
  'report.max-age': age,
  'approvals.required': (before, after) =>
    after === undefined
      ? 'Approvals are no longer asked for.'
      : before === undefined
        ? `Approvals are now asked for: ${after}.`
        : `${after} ${after === 1 ? 'approval is' : 'approvals are'} now required instead of ${before}.`,

  'secrets.name': plain('The name of '),
  'secrets.purpose': plain('The purpose of '),
  'secrets.type': plain('The type of '),
  'secrets.required': byValue({ true: '{} is now required', false: '{} is no longer required' }),
  'secrets.apply.kind': plain(APPLY),
  'secrets.apply.path': plain('The path in the guest of '),
  'secrets.apply.mode': plain('The mode in the guest of '),
  'secrets.apply.owner': plain('The owner in the guest of '),
  'secrets.apply.before': plain('The unit that waits for '),
  'secrets.apply.label': plain('The label of the disk of '),
  'secrets.apply.user': plain('The user of '),
  'secrets.constraints.bytes': plain('The size in bytes of '),
  'secrets.constraints.min-bytes': bound('The least size in bytes of ', 'down'),
  'secrets.constraints.max-bytes': bound('The largest size in bytes of ', 'up'),
  'secrets.constraints.min-entropy-bits': bound('The least randomness in bits of ', 'down'),
  'secrets.constraints.charset': plain('The characters of '),
  'secrets.constraints.trailing-newline': plain('A line end behind the value of '),
  'secrets.constraints.format': plain('The format of '),
  'secrets.constraints.encrypted': plain('A passphrase on the key of '),
  'secrets.constraints.certificate': plain('The certificate of '),
  'secrets.constraints.user': plain('The user of '),
  'secrets.constraints.store-as': plain('The form of the password of '),
  'secrets.constraints.must-change': plain('The forced change of the password of '),

  'public.name': plain('The name of '),
  'public.purpose': plain('The purpose of '),
  'public.format': plain('The format of '),
  'public.signs': plain('The key that is certified by '),
  'public.apply.kind': plain(APPLY),
  'public.apply.path': plain('The path in the guest of '),
  'public.apply.mode': plain('The mode in the guest of '),
  'public.apply.owner': plain('The owner in the guest of '),
  'public.apply.before': plain('The unit that waits for '),
};

/** What a list is called, and what being in it means. */
const LISTS: Record<ListField, { readonly what: string; readonly empty?: string }> = {
  'image.header-tags': { what: 'Images', empty: 'every image may be used' },
  'host-keys.allow': { what: 'Host keys', empty: 'every host key may be used' },
  order: { what: 'Requests that come first' },
  'approvals.by': { what: 'Approvers', empty: 'every trusted key may approve' },
  'secrets.source': { what: 'Sources' },
  'secrets.constraints.bits': { what: 'Sizes in bits', empty: 'every size of the type' },
  'secrets.constraints.key': { what: 'Kinds of key', empty: 'every kind' },
  'secrets.constraints.hash': { what: 'Password hashes', empty: 'every kind' },
};

const entryOf = (field: ScalarField | ListField, entry: string | undefined): string =>
  entry === undefined ? '' : field.startsWith('public.') ? `the public entry ${entry}` : `the secret ${entry}`;

const listSays = (c: Extract<PolicyChange, { kind: 'list' }>): string => {
  const { what, empty } = LISTS[c.field];
  const of = entryOf(c.field, c.entry);
  const head = `${what}${of === '' ? '' : ` of ${of}`}`;
  const all = (values: readonly Value[]): string => values.map(valueText).join(', ');
  if (c.added.length === 0 && c.removed.length === 0)
    return `${head}: another order: ${all(c.after)} instead of ${all(c.before)}.`;
  const parts = [
    ...(c.added.length > 0 ? [`${all(c.added)} added`] : []),
    ...(c.removed.length > 0 ? [`${all(c.removed)} removed`] : []),
    ...(c.after.length === 0 && empty !== undefined ? [empty] : []),
    ...(c.before.length === 0 && empty !== undefined ? [`before, ${empty}`] : []),
  ];
  return `${head}: ${parts.join('; ')}.`;
};

/** A change as a sentence. */
export const changeSays = (c: PolicyChange): string => {
  switch (c.kind) {
    case 'field':
      return FIELDS[c.field](c.before, c.after, entryOf(c.field, c.entry));
    case 'list':
      return listSays(c);
    case 'order':
      return c.list === 'secrets' ? 'The secrets stand in another order.' : 'The public entries stand in another order.';
    case 'added':
    case 'removed': {
      const verb = c.kind === 'added' ? 'is new' : 'is gone';
      if (c.list === 'public') return `The public entry ${c.entry} (${c.public.purpose}) ${verb}.`;
      const { purpose, type, required, apply } = c.secret;
      return `The secret ${c.entry} ${verb}: ${purposeSays(purpose)}, ${type}, ${required ? 'required' : 'optional'}. ${applySays(apply)}.`;
    }
  }
};

/** All of them, one sentence each. */
export const diffSays = (changes: readonly PolicyChange[]): string[] => changes.map(changeSays);
