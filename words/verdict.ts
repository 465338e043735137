/** Sentences for the verdict on a report. Source: spec page "retrieval-report", sections 5 and 6. */
import type { Diagnosis } from '../core/report/diagnose.ts';
import type { PROBLEM_CODES } from '../core/report/format.ts';
import {
  type CheckClass,
  type CheckOutcome,
  type Grade,
  lacking,
  type ReportCheck,
  type Verdict,
} from '../core/report/verdict.ts';
import { fact, said, t } from './language.ts';

export const GRADES: Record<Grade, { readonly name: string; readonly says: string }> = said({
  proven: {
    name: 'Proven',
    says: 'Exactly this list arrived, in this image, on a machine you chose, and the guest that answers holds your secrets.',
  },
  'list-attested': {
    name: 'List attested',
    says: 'Right image, right machine, right list of tags. That the contents are yours is not shown.',
  },
  'possession-shown': {
    name: 'Possession shown',
    says: 'Whoever answered holds a secret of this bundle. Image, machine and list are not attested.',
  },
  claimed: { name: 'Claimed', says: 'The report says so; nothing, or not enough, shows that it is true.' },
  failed: { name: 'Failed', says: 'At least one check that counts has failed. Do not trust this guest.' },
});

export const CLASSES: Record<CheckClass, string> = said({ C: 'cryptographic', D: 'compared', I: 'informative' });
export const OUTCOMES: Record<CheckOutcome, string> = said({
  passed: 'passed',
  failed: 'failed',
  'not-checked': 'not checked',
  'not-needed': 'not needed',
  question: 'for you to judge',
});

export const CHECKS: Record<string, { readonly about: string; readonly failure: string }> = said({
  R01: { about: 'The file is a retrieval report', failure: 'It is not a report.' },
  C01: {
    about: 'The measurement is the one of my image',
    failure: 'The answer is forged or altered, or comes from another image or another request.',
  },
  C02: { about: 'The answer is to a request of mine', failure: 'It answers a request of somebody else.' },
  C03: {
    about: 'The attestation is bound to this report',
    failure: 'The report was changed, or the attestation belongs to another one.',
  },
  C04: {
    about: 'The writer holds my report key',
    failure: 'The writer does not hold the report key, or the report was altered.',
  },
  R02: { about: 'It is fresh', failure: 'It is an old answer, or an answer to another question.' },
  R03: { about: 'The guest is one seen for the first time, or a known one', failure: 'It is a restart or a second guest.' },
  R04: { about: 'The image is the one of the bundle', failure: 'It is another image.' },
  R05: { about: 'The image was opened with a chosen host key', failure: 'The guest runs on a machine that was not chosen.' },
  R06: { about: 'The attestation was made with a chosen host key', failure: 'The guest runs on a machine that was not chosen.' },
  R07: {
    about: 'The secret store holds exactly my list, in order',
    failure: 'A request is missing, extra, in another place or foreign, or the lock differs.',
  },
  R08: { about: 'It is the newest bundle', failure: 'It is an older or another bundle.' },
  R09: { about: 'It is the policy of the bundle', failure: 'It is another policy.' },
  R10: { about: 'No secret is missing', failure: 'Secrets are missing.' },
  R11: { about: 'No secret is extra', failure: 'Secrets are there that are not yours.' },
  R12: { about: 'Types and order are right', failure: 'Types or order differ.' },
  R13: { about: 'The list is complete', failure: 'The list was cut.' },
  R14: { about: 'The customer communication key was replaced', failure: "Dumps stay with the image builder's key." },
  R15: { about: 'The secret store is locked', failure: 'Root in the guest can add more.' },
  R16: { about: 'Every required secret was applied', failure: 'Secrets were not applied.' },
  R17: { about: 'The public keys are the expected ones', failure: 'Other keys are in use.' },
  R18: { about: 'The live service shows the expected key', failure: 'It is not this guest.' },
  R19: { about: 'The root disk uses protected keys', failure: 'The root disk is set up in another way.' },
  R20: { about: 'The firmware is known to be good', failure: 'The firmware is not known.' },
  R21: { about: "The guest's clock is plausible", failure: 'The clock is off.' },
  R22: { about: 'It is a real guest', failure: 'It is a simulated guest.' },
});

/** What is looked at in a check. */
export const checkAbout = (id: string): string => {
  const about = CHECKS[id]?.about;
  return about === undefined ? id : t(about);
};

/** What it means that a check has failed; undefined for one that is not known. */
export const checkFailure = (id: string): string | undefined => {
  const failure = CHECKS[id]?.failure;
  return failure && t(failure);
};

const lockSays = (locked: boolean): string => (locked ? t('store locked') : t('store not locked'));

/** The story behind a wrong secret-store hash. */
const STORIES: Record<Diagnosis['kind'], string> = said({
  lock: 'The list is right, only the lock differs: {lock}.',
  'stopped-after': 'It stopped after request {position} of {total} ({file}); {lock}. Look at the request that follows it.',
  'left-out': 'Request {position}, {file}, is missing; {lock}.',
  doubled: 'Request {position}, {file}, was submitted twice; {lock}.',
  swapped: 'Request {position}, {file}, and the one after it changed places; {lock}.',
  'without-toc': 'toc.asr is not in the list; {lock}.',
  'other-bundle': 'It is the list of your bundle number {serial}; {lock}.',
  empty: 'The store is empty; {lock}.',
  foreign: 'At least one request in the store is not yours.',
});

export const diagnosisSays = (d: Diagnosis): string => {
  if (d.kind === 'foreign') return t(STORIES[d.kind]);
  const { kind, locked, ...where } = d;
  return t(STORIES[kind], { ...where, lock: lockSays(locked) });
};

/** What the guest can say of itself. */
const PROBLEMS: Record<(typeof PROBLEM_CODES)[number], string> = said({
  RETRIEVE_FAILED: '{secret} could not be retrieved.',
  UNLISTED_REQUEST: 'The request {secret} lay beside the bundle, was not in the list, and was not submitted.',
  APPLY_NOT_SUPPORTED: '{secret} cannot be applied in the way the policy says.',
  APPLY_FILE: '{secret} could not be put in its place.',
  APPLY_FILE_MODE: 'The permissions of {secret} could not be set.',
  APPLY_OWNER: 'The owner of {secret} could not be set.',
  LOCK_FAILED: 'The secret store could not be locked.',
  ATTEST_FAILED: 'The ultravisor did not answer the attestation request.',
  NO_MANIFEST: 'There was no manifest.',
  MANIFEST_NOT_AUTHENTICATED: 'No accepted request vouched for the manifest.',
});

/** One sentence for a problem of the report. */
export const problemSays = (p: Verdict['problems'][number]): string =>
  t(PROBLEMS[p.code], { secret: p.secret ?? t('Something') });

/** What no report can show; said with every verdict. */
export const UNPROVEN = said([
  'That software in the guest used a secret well.',
  'That the root disk was not rolled back to old data.',
  'That no second instance runs.',
  'That nothing changed after the report.',
  'That root in the guest did not copy plaintext secrets out.',
  'Anything to a third party: this evidence convinces only who holds the keys.',
]);

/** The same, in the language spoken. */
export const unprovenSays = (): string[] => UNPROVEN.map((u) => t(u));

/** Expected and found, as far as they are known. */
const details = (c: ReportCheck): string =>
  [
    c.expected && t('expected {expected}', { expected: fact(c.expected) }),
    c.found && t('found {found}', { found: fact(c.found) }),
  ]
    .filter((x) => x)
    .join(', ');

/** What keeps a report that did not fail from being proven. */
export const lackingSays = (v: Verdict): string[] => {
  if (v.grade === 'proven' || v.grade === 'failed') return [];
  const checks = lacking(v.checks).map((c) => {
    const more = details(c);
    return `${c.id}  ${checkAbout(c.id)}: ${t(OUTCOMES[c.outcome])}${more === '' ? '' : `, ${more}`}.`;
  });
  return v.randomExtension
    ? checks
    : [...checks, t('The bundle has no random extension secret: its requests can be imitated one by one.')];
};

/** Why a report is not proven, or what the guest says of itself that is not as it should be: one sentence a point. */
export const reasonsSay = (v: Verdict): string[] => [
  ...v.checks.filter((c) => c.outcome === 'failed').map((c) => `${c.id}: ${checkFailure(c.id) ?? ''}`),
  ...lackingSays(v),
];

/** The verdict as plain text, for the console and for a file. */
export const verdictAsText = (v: Verdict): string => {
  const grade = t(GRADES[v.grade].name);
  const width = Math.max(...v.checks.map((c) => checkAbout(c.id).length));
  const lines = v.checks.map((c) => {
    const line = `${c.id}  ${checkAbout(c.id).padEnd(width)}  ${t(OUTCOMES[c.outcome])} (${t(CLASSES[c.class])})`;
    const more = details(c);
    return c.outcome === 'failed'
      ? `${line}\n     ${checkFailure(c.id) ?? ''} ${more.charAt(0).toUpperCase()}${more.slice(1)}.`
      : line;
  });
  const lacks = lackingSays(v);
  return [
    v.rehearsal ? t('{grade} (rehearsal: the guest is simulated)', { grade }) : grade,
    t(GRADES[v.grade].says),
    t('Bundle {name}, serial {serial}, judged {time}.', { name: v.bundle.name, serial: v.bundle.serial, time: v.time }),
    ...(v.unverifiedHostKeys.length > 0
      ? [t('Host keys used without verification: {n}.', { n: v.unverifiedHostKeys.length })]
      : []),
    ...(v.diagnosis ? [diagnosisSays(v.diagnosis)] : []),
    ...v.problems.map((p) => t('The guest says: {problem}', { problem: problemSays(p) })),
    ...(lacks.length > 0 ? ['', t('To be proven it lacks:'), ...lacks] : []),
    '',
    ...lines,
    '',
    t('Not shown by any report:'),
    ...unprovenSays().map((u) => `- ${u}`),
    '',
  ].join('\n');
};
