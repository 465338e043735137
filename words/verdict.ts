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

export const GRADES: Record<Grade, { readonly name: string; readonly says: string }> = {
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
};

export const CLASSES: Record<CheckClass, string> = { C: 'cryptographic', D: 'compared', I: 'informative' };
export const OUTCOMES: Record<CheckOutcome, string> = {
  passed: 'passed',
  failed: 'failed',
  'not-checked': 'not checked',
  'not-needed': 'not needed',
  question: 'for you to judge',
};

export const CHECKS: Record<string, { readonly about: string; readonly failure: string }> = {
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
};

const LOCK = (locked: boolean): string => (locked ? 'store locked' : 'store not locked');

/** The story behind a wrong secret-store hash. */
export const diagnosisSays = (d: Diagnosis): string => {
  switch (d.kind) {
    case 'lock':
      return `The list is right, only the lock differs: ${LOCK(d.locked)}.`;
    case 'stopped-after':
      return `It stopped after request ${d.position} of ${d.total} (${d.file}); ${LOCK(d.locked)}. Look at the request that follows it.`;
    case 'left-out':
      return `Request ${d.position}, ${d.file}, is missing; ${LOCK(d.locked)}.`;
    case 'doubled':
      return `Request ${d.position}, ${d.file}, was submitted twice; ${LOCK(d.locked)}.`;
    case 'swapped':
      return `Request ${d.position}, ${d.file}, and the one after it changed places; ${LOCK(d.locked)}.`;
    case 'without-toc':
      return `toc.asr is not in the list; ${LOCK(d.locked)}.`;
    case 'other-bundle':
      return `It is the list of your bundle number ${d.serial}; ${LOCK(d.locked)}.`;
    case 'empty':
      return `The store is empty; ${LOCK(d.locked)}.`;
    case 'foreign':
      return 'At least one request in the store is not yours.';
  }
};

/** What the guest can say of itself. */
const PROBLEMS: Record<(typeof PROBLEM_CODES)[number], (secret: string) => string> = {
  RETRIEVE_FAILED: (s) => `${s} could not be retrieved.`,
  UNLISTED_REQUEST: (s) => `The request ${s} lay beside the bundle, was not in the list, and was not submitted.`,
  APPLY_NOT_SUPPORTED: (s) => `${s} cannot be applied in the way the policy says.`,
  APPLY_FILE: (s) => `${s} could not be put in its place.`,
  APPLY_FILE_MODE: (s) => `The permissions of ${s} could not be set.`,
  APPLY_OWNER: (s) => `The owner of ${s} could not be set.`,
  LOCK_FAILED: () => 'The secret store could not be locked.',
  ATTEST_FAILED: () => 'The ultravisor did not answer the attestation request.',
  NO_MANIFEST: () => 'There was no manifest.',
  MANIFEST_NOT_AUTHENTICATED: () => 'No accepted request vouched for the manifest.',
};

/** One sentence for a problem of the report. */
export const problemSays = (p: Verdict['problems'][number]): string => PROBLEMS[p.code](p.secret ?? 'Something');

/** What no report can show; said with every verdict. */
export const UNPROVEN = [
  'That software in the guest used a secret well.',
  'That the root disk was not rolled back to old data.',
  'That no second instance runs.',
  'That nothing changed after the report.',
  'That root in the guest did not copy plaintext secrets out.',
  'Anything to a third party: this evidence convinces only who holds the keys.',
] as const;

/** Expected and found, as far as they are known. */
const details = (c: ReportCheck): string =>
  [c.expected && `expected ${c.expected}`, c.found && `found ${c.found}`].filter((t) => t).join(', ');

/** What keeps a report that did not fail from being proven. */
export const lackingSays = (v: Verdict): string[] => {
  if (v.grade === 'proven' || v.grade === 'failed') return [];
  const checks = lacking(v.checks).map((c) => {
    const more = details(c);
    return `${c.id}  ${CHECKS[c.id]?.about ?? c.id}: ${OUTCOMES[c.outcome]}${more === '' ? '' : `, ${more}`}.`;
  });
  return v.randomExtension
    ? checks
    : [...checks, 'The bundle has no random extension secret: its requests can be imitated one by one.'];
};

/** Why a report is not proven, or what the guest says of itself that is not as it should be: one sentence a point. */
export const reasonsSay = (v: Verdict): string[] => [
  ...v.checks.filter((c) => c.outcome === 'failed').map((c) => `${c.id}: ${CHECKS[c.id]?.failure ?? ''}`),
  ...lackingSays(v),
];

/** The verdict as plain text, for the console and for a file. */
export const verdictAsText = (v: Verdict): string => {
  const grade = GRADES[v.grade];
  const width = Math.max(...v.checks.map((c) => (CHECKS[c.id]?.about ?? c.id).length));
  const lines = v.checks.map((c) => {
    const words = CHECKS[c.id];
    const line = `${c.id}  ${(words?.about ?? c.id).padEnd(width)}  ${OUTCOMES[c.outcome]} (${CLASSES[c.class]})`;
    const more = details(c);
    return c.outcome === 'failed'
      ? `${line}\n     ${words?.failure ?? ''} ${more.charAt(0).toUpperCase()}${more.slice(1)}.`
      : line;
  });
  const lacks = lackingSays(v);
  return [
    `${grade.name}${v.rehearsal ? ' (rehearsal: the guest is simulated)' : ''}`,
    grade.says,
    `Bundle ${v.bundle.name}, serial ${v.bundle.serial}, judged ${v.time}.`,
    ...(v.unverifiedHostKeys.length > 0 ? [`Host keys used without verification: ${v.unverifiedHostKeys.length}.`] : []),
    ...(v.diagnosis ? [diagnosisSays(v.diagnosis)] : []),
    ...v.problems.map((p) => `The guest says: ${problemSays(p)}`),
    ...(lacks.length > 0 ? ['', 'To be proven it lacks:', ...lacks] : []),
    '',
    ...lines,
    '',
    'Not shown by any report:',
    ...UNPROVEN.map((u) => `- ${u}`),
    '',
  ].join('\n');
};
