/** The difference between two policies as sentences: what is now allowed, required, longer, gone. */
import type { ListField, PolicyChange, ScalarField } from '../core/policy/diff.ts';
import { shown } from '../core/shown.ts';
import { durationSays, secondsOf } from './duration.ts';
import { said, t } from './language.ts';
import { applySays, purposeSays } from './policy.ts';

type Value = string | number | boolean | undefined;

/** What changed to or from, as it stands in the policy. */
const valueText = (v: Value): string => (v === undefined ? t('nothing') : v === '' ? t('an empty text') : shown(String(v)));

/** "The name of the policy is web instead of mail." @param what the field as the subject of the sentence */
const turned = (what: string, before: Value, after: Value): string => {
  if (before === undefined) return t('{what} is now {after}.', { what, after: valueText(after) });
  if (after === undefined) return t('{what} is no longer set (was {before}).', { what, before: valueText(before) });
  return t('{what} is {after} instead of {before}.', { what, after: valueText(after), before: valueText(before) });
};

/** Fields that are said with their values, and numbers that bound something. {entry} is the name of the secret or public entry. */
const FIELDS: Record<Exclude<ScalarField, keyof typeof CHOICES | 'report.max-age' | 'approvals.required'>, string> = said({
  format: 'The format',
  version: 'The version',
  name: 'The name of the policy',
  description: 'The description',
  'host-keys.min': 'The least number of host keys',
  'host-keys.max': 'The largest number of host keys',
  'secrets.name': 'The name of the secret {entry}',
  'secrets.purpose': 'The purpose of the secret {entry}',
  'secrets.type': 'The type of the secret {entry}',
  'secrets.apply.kind': 'The way into the guest of the secret {entry}',
  'secrets.apply.path': 'The path in the guest of the secret {entry}',
  'secrets.apply.mode': 'The mode in the guest of the secret {entry}',
  'secrets.apply.owner': 'The owner in the guest of the secret {entry}',
  'secrets.apply.before': 'The unit that waits for the secret {entry}',
  'secrets.apply.label': 'The label of the disk of the secret {entry}',
  'secrets.apply.user': 'The user of the secret {entry}',
  'secrets.constraints.bytes': 'The size in bytes of the secret {entry}',
  'secrets.constraints.min-bytes': 'The least size in bytes of the secret {entry}',
  'secrets.constraints.max-bytes': 'The largest size in bytes of the secret {entry}',
  'secrets.constraints.min-entropy-bits': 'The least randomness in bits of the secret {entry}',
  'secrets.constraints.charset': 'The characters of the secret {entry}',
  'secrets.constraints.trailing-newline': 'A line end behind the value of the secret {entry}',
  'secrets.constraints.format': 'The format of the secret {entry}',
  'secrets.constraints.encrypted': 'A passphrase on the key of the secret {entry}',
  'secrets.constraints.certificate': 'The certificate of the secret {entry}',
  'secrets.constraints.user': 'The user of the secret {entry}',
  'secrets.constraints.store-as': 'The form of the password of the secret {entry}',
  'secrets.constraints.must-change': 'The forced change of the password of the secret {entry}',
  'public.name': 'The name of the public entry {entry}',
  'public.purpose': 'The purpose of the public entry {entry}',
  'public.format': 'The format of the public entry {entry}',
  'public.signs': 'The key that is certified by the public entry {entry}',
  'public.apply.kind': 'The way into the guest of the public entry {entry}',
  'public.apply.path': 'The path in the guest of the public entry {entry}',
  'public.apply.mode': 'The mode in the guest of the public entry {entry}',
  'public.apply.owner': 'The owner in the guest of the public entry {entry}',
  'public.apply.before': 'The unit that waits for the public entry {entry}',
});

/** Bounds, and where one is looser than before. */
const LOOSER: Partial<Record<ScalarField, 'up' | 'down'>> = {
  'host-keys.min': 'down',
  'host-keys.max': 'up',
  'secrets.constraints.min-bytes': 'down',
  'secrets.constraints.max-bytes': 'up',
  'secrets.constraints.min-entropy-bits': 'down',
};

/** Fields that have a sentence of their own for each value they can have now. */
const CHOICES = said({
  profile: {
    ebc: 'The guest is a machine with an encrypted root disk',
    kata: 'The guest is a Kata pod: no root disk is asked for',
  },
  'image.require.image-encryption': {
    disabled: 'The image must be a generic one',
    any: 'The image need not be a generic one any more',
  },
  'image.require.dump': {
    allowed: 'The dump is now allowed: the image must allow it',
    forbidden: 'The dump is now forbidden: the image must forbid it',
    any: 'Whether dumps are allowed is now left to the image',
  },
  'host-keys.verify': {
    required: 'Host keys must now be verified',
    warn: 'Host keys may now be used without verification, by decision',
  },
  'dump.cck-update': {
    required: 'A customer communication key of your own is now required',
    optional: 'A customer communication key of your own is now optional',
    none: "The customer communication key is now left as the image's builder made it",
  },
  'dump.disable-host-dump': {
    true: 'The host can no longer dump the guest',
    false: 'The host can now dump the guest, where the image allows it',
  },
  'extension-secret': {
    random: 'Requests are now tied together by a random extension secret, new for each bundle',
    'cck-derived': "Requests are now tied together by an extension secret that is derived from the image's key",
    none: 'Requests are no longer tied together: there is no extension secret, and anybody can write requests that fit',
  },
  'store.lock': {
    'after-personalization': 'The secret store is now locked after personalization',
    never: 'The secret store now stays open: more can be added later',
  },
  'report.required': {
    true: 'A report of the guest is now required',
    false: 'A report of the guest is no longer required',
  },
  'report.attestation': {
    required: 'The report must now be attested by the machine',
    optional: 'The report need not be attested by the machine any more',
    none: 'The report is no longer attested by the machine',
  },
  'secrets.required': { true: 'The secret {entry} is now required', false: 'The secret {entry} is no longer required' },
} satisfies Partial<Record<ScalarField, Record<string, string>>>);

const isChoice = (field: ScalarField): field is keyof typeof CHOICES => Object.hasOwn(CHOICES, field);

type FieldChange = Extract<PolicyChange, { kind: 'field' }>;

/** "The image must be a generic one (was any)." A switch that was turned is not said with what it was. */
const choiceSays = (sentences: Readonly<Record<string, string>>, { before, after, entry = '' }: FieldChange): string => {
  const says = t(sentences[String(after)] as string, { entry });
  return typeof before === 'string' ? t('{says} (was {before}).', { says, before: valueText(before) }) : `${says}.`;
};

const boundSays = (what: string, wider: 'up' | 'down', before: number, after: number): string =>
  t((wider === 'up' ? after > before : after < before) ? LOOSENED : TIGHTENED, { what, before, after });
const LOOSENED = said('{what} is looser: {after} instead of {before}.');
const TIGHTENED = said('{what} is stricter: {after} instead of {before}.');

const OLDER = said('The report may be older: {after} instead of {before}.');
const NEWER = said('The report must be newer: {after} instead of {before}.');

const ageSays = (before: string, after: string): string => {
  const [a, b] = [secondsOf(before), secondsOf(after)];
  const values = { before: durationSays(before), after: durationSays(after) };
  if (a !== b) return t(b > a ? OLDER : NEWER, values);
  return values.before === values.after
    ? t('The report may be as old, written in another way: {after} instead of {before} ({afterText} instead of {beforeText}).', {
        ...values,
        afterText: after,
        beforeText: before,
      })
    : t('The report may be as old, written in another way: {after} instead of {before}.', values);
};

const approvalsSay = (before: Value, after: Value): string => {
  if (after === undefined) return t('Approvals are no longer asked for.');
  if (before === undefined) return t('Approvals are now asked for: {after}.', { after: Number(after) });
  return t(
    '{after, plural, one {# approval is now required instead of {before}.} other {# approvals are now required instead of {before}.}}',
    { after: Number(after), before: Number(before) },
  );
};

const fieldSays = (c: FieldChange): string => {
  const { field, before, after, entry = '' } = c;
  if (field === 'report.max-age') return ageSays(String(before), String(after));
  if (field === 'approvals.required') return approvalsSay(before, after);
  if (isChoice(field)) return choiceSays(CHOICES[field], c);
  const what = t(FIELDS[field], { entry });
  const wider = LOOSER[field];
  return wider !== undefined && typeof before === 'number' && typeof after === 'number'
    ? boundSays(what, wider, before, after)
    : turned(what, before, after);
};

/** What a list is called. */
const LISTS: Record<ListField, string> = said({
  'image.header-tags': 'Images',
  'host-keys.allow': 'Host keys',
  order: 'Requests that come first',
  'approvals.by': 'Approvers',
  'secrets.source': 'Sources of the secret {entry}',
  'secrets.constraints.bits': 'Sizes in bits of the secret {entry}',
  'secrets.constraints.key': 'Kinds of key of the secret {entry}',
  'secrets.constraints.hash': 'Password hashes of the secret {entry}',
});
/** What it means that nothing is in it. */
const EMPTY: Partial<Record<ListField, string>> = said({
  'image.header-tags': 'every image may be used',
  'host-keys.allow': 'every host key may be used',
  'approvals.by': 'every trusted key may approve',
  'secrets.constraints.bits': 'every size of the type',
  'secrets.constraints.key': 'every kind',
  'secrets.constraints.hash': 'every kind',
});

const listSays = (c: Extract<PolicyChange, { kind: 'list' }>): string => {
  const what = t(LISTS[c.field], { entry: c.entry ?? '' });
  const empty = EMPTY[c.field];
  const all = (values: readonly Value[]): string => values.map(valueText).join(', ');
  if (c.added.length === 0 && c.removed.length === 0)
    return t('{what}: another order: {after} instead of {before}.', { what, after: all(c.after), before: all(c.before) });
  const parts = [
    ...(c.added.length > 0 ? [t('{names} added', { names: all(c.added) })] : []),
    ...(c.removed.length > 0 ? [t('{names} removed', { names: all(c.removed) })] : []),
    ...(c.after.length === 0 && empty !== undefined ? [t(empty)] : []),
    ...(c.before.length === 0 && empty !== undefined ? [t('before, {empty}', { empty: t(empty) })] : []),
  ];
  return `${what}: ${parts.join('; ')}.`;
};

const PUBLIC_ENTRIES = said({
  added: 'The public entry {entry} ({purpose}) is new.',
  removed: 'The public entry {entry} ({purpose}) is gone.',
});
const SECRETS = {
  added: said({
    required: 'The secret {entry} is new: {purpose}, {type}, required. {place}.',
    optional: 'The secret {entry} is new: {purpose}, {type}, optional. {place}.',
  }),
  removed: said({
    required: 'The secret {entry} is gone: {purpose}, {type}, required. {place}.',
    optional: 'The secret {entry} is gone: {purpose}, {type}, optional. {place}.',
  }),
};

/** A change as a sentence. */
export const changeSays = (c: PolicyChange): string => {
  switch (c.kind) {
    case 'field':
      return fieldSays(c);
    case 'list':
      return listSays(c);
    case 'order':
      return t(c.list === 'secrets' ? 'The secrets stand in another order.' : 'The public entries stand in another order.');
    case 'added':
    case 'removed': {
      if (c.list === 'public') return t(PUBLIC_ENTRIES[c.kind], { entry: c.entry, purpose: c.public.purpose });
      const { purpose, type, required, apply } = c.secret;
      return t(SECRETS[c.kind][required ? 'required' : 'optional'], {
        entry: c.entry,
        purpose: purposeSays(purpose),
        type,
        place: applySays(apply),
      });
    }
  }
};

/** All of them, one sentence each. */
export const diffSays = (changes: readonly PolicyChange[]): string[] => changes.map(changeSays);
