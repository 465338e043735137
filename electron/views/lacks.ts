/** What each step lacks, in words. */
import { checkPolicy } from '../../core/policy/rules.ts';
import { t } from '../../words/language.ts';
import type { FindingView, HostKeyView, PublicView, SecretView, StepId } from '../contract.ts';
import type { State } from '../state.ts';

const bundleLacks = (s: State): Pick<Record<StepId, string[]>, 'hand-over' | 'boot'> => {
  const none = s.bundle === undefined ? [t('Generate the bundle first.')] : [];
  return {
    'hand-over': none.length > 0 ? none : s.bundle?.savedTo === undefined ? [t('The bundle is not saved yet.')] : [],
    boot: none.length > 0 ? none : s.boot === undefined ? [t('The guest was not started yet.')] : [],
  };
};

/** Whether the policy derives the extension secret from the key the image was built with. */
export const needsBuilderKey = (s: State): boolean => s.derived.policy?.policy['extension-secret'] === 'cck-derived';

const firstReason = (x: SecretView | PublicView): string => x.traps.find((trap) => trap.severity === 'error')?.says ?? '';
/** That a value or a content cannot be used, and the first reason. */
const doesNotFit = (x: SecretView): string =>
  t('The value of {name} does not fit. {reason}', { name: x.name, reason: firstReason(x) });
const contentDoesNotFit = (x: PublicView): string =>
  t('The content of {name} does not fit. {reason}', { name: x.name, reason: firstReason(x) });

/** Step by step; empty for a step that is done. */
export const lacksOf = (
  s: State,
  keys: readonly HostKeyView[],
  secrets: readonly SecretView[],
  publics: readonly PublicView[],
  risks: readonly FindingView[],
): Record<StepId, string[]> => {
  const { policy: p, image: i } = s.derived;
  const required = p?.policy['host-keys'].verify === 'required';
  const open = secrets.filter((x) => x.state === 'wrong' || (x.required && x.state === 'missing'));
  const unverified = keys.filter((k) => k.state !== 'verified' && !(k.state === 'accepted' && !required));
  const first = [
    ...(keys.length === 0 ? [t('Choose the host-key document of at least one machine.')] : []),
    ...unverified.map(({ file }) =>
      required ? t('{file} is not verified, and the policy requires it.', { file }) : t('{file} is not verified.', { file }),
    ),
  ];
  const image = i === undefined ? [t('Choose the image, or its SE header.')] : [];
  const policy =
    p === undefined
      ? [t('Choose a policy or a template.')]
      : checkPolicy(p.policy).some((f) => f.severity === 'error')
        ? [t('The policy breaks a rule.')]
        : [];
  const values =
    p === undefined
      ? [t('Choose a policy first.')]
      : [
          ...open.map((x) => (x.state === 'wrong' ? doesNotFit(x) : t('{name} has no value.', { name: x.name }))),
          ...(needsBuilderKey(s) && s.builderKey === undefined
            ? [t('The customer communication key of the image is missing.')]
            : []),
          ...publics.flatMap((x) =>
            x.state === 'missing'
              ? [t('{name} has no content.', { name: x.name })]
              : x.state === 'wrong'
                ? [contentDoesNotFit(x)]
                : [],
          ),
        ];
  const before = [...first, ...image, ...policy, ...values];
  const errors = risks.filter((r) => r.severity === 'error').map((r) => r.says);
  // a bundle that is there was made when nothing was missing; that its values were forgotten since is no lack
  const review = s.bundle
    ? []
    : before.length > 0
      ? before
      : errors.length > 0
        ? errors
        : [t('The bundle is not generated yet.')];
  return {
    'host-keys': first,
    image,
    policy,
    secrets: s.bundle && s.kept.values.length === 0 ? [] : values,
    review,
    ...bundleLacks(s),
    verify: s.verdict === undefined ? [t('There is no report yet.')] : [],
  };
};
