/** Sentences for a review: what a guest would get, on which hosts, who can read a dump, how much a report can show. */
import type { Finding } from '../core/findings.ts';
import type { PolicySecret } from '../core/policy/schema.ts';
import { PURPOSES } from '../core/policy/schema.ts';
import type { DumpNote, DumpReader, DumpStory } from '../core/review/dump.ts';
import type { GradeReason, ReachableGrade } from '../core/review/grade.ts';
import type { Delivery, Exposure, Review, ReviewedHostKey } from '../core/review/review.ts';
import { shown } from '../core/shown.ts';
import { approvalStateSays } from './approval.ts';
import { durationSays } from './duration.ts';
import { instantText, said, t } from './language.ts';
import { applySays, purposeSays } from './policy.ts';
import { consequence, findingSays } from './rules.ts';
import { GRADES } from './verdict.ts';

const EXPOSURES: Record<Exposure, string> = said({
  bytes: 'the guest sees the bytes',
  'protected-key': 'the guest sees a protected key only',
  never: 'never leaves the ultravisor',
});

const DUMP: Record<DumpReader, string> = said({
  nobody: 'Nobody: the host cannot make a dump of the guest.',
  'cck-holder': 'Whoever holds the customer communication key of this policy: you.',
  'image-builder': "Whoever built the image: dumps are encrypted with the builder's key.",
  'depends-on-cck': 'Whoever holds the customer communication key, if one is given; otherwise whoever built the image.',
});

const DUMP_NOTES: Record<DumpNote, string> = said({
  'disabled-by-request': 'The first request forbids dumps, whatever the image says.',
  'forbidden-by-image': 'The image forbids dumps.',
  'if-image-allows': 'That is if the image allows dumps at all: choose the image to be certain.',
  'builder-until-cck': "Until the ultravisor has taken the CCK, which is the first secret, a dump opens with the builder's key.",
  'cck-not-first':
    "The CCK is not the first secret: until it is in, a dump with other secrets in it opens with the builder's key.",
  'cck-optional': 'The policy does not demand a CCK.',
  'cck-update-not-visible':
    'Whether the image accepts a CCK stands in its encrypted part: if it does not, the guest powers off at its start.',
});

/** Who can read a dump, as sentences. */
export const dumpSays = (d: DumpStory): string[] => [t(DUMP[d.who]), ...d.notes.map((n) => t(DUMP_NOTES[n]))];

const REASONS: Record<GradeReason, string> = said({
  'no-attestation': 'the machine does not attest the report',
  'no-report-key': 'no secret shows that the guest holds what was sent',
  'extension-secret': 'the requests are not tied together by a secret of their own, so the list could be imitated',
  'challenge-only': 'and only in answer to a challenge: otherwise it may be an old answer',
  'host-keys-not-verified': 'whatever the grade, it counts for a machine whose key nobody verified',
});

/** The best grade and why it is no better. */
export const reachableSays = (g: ReachableGrade): string => {
  const grade = t(GRADES[g.grade].name);
  const says = t(GRADES[g.grade].says);
  const reasons = g.because.map((r) => t(REASONS[r])).join('; ');
  return reasons === ''
    ? t('"{grade}" at best: {says}', { grade, says })
    : t('"{grade}" at best: {says} Because: {reasons}.', { grade, says, reasons });
};

const isPurpose = (p: string): p is PolicySecret['purpose'] => (PURPOSES as readonly string[]).includes(p);

/** A secret that a guest gets, in one line. */
export const deliverySays = (d: Delivery): string =>
  `${d.name}: ${isPurpose(d.purpose) ? purposeSays(d.purpose) : shown(d.purpose)} (${d.type}, ${t(d.required ? 'required' : 'optional')}). ${applySays(d.apply)}; ${t(EXPOSURES[d.exposure])}.`;

/** A host key in one line. */
export const hostKeySays = (k: ReviewedHostKey): string => {
  const notes = [
    ...(k.verified === undefined ? [] : [t(k.verified ? 'verified' : 'NOT verified')]),
    ...(k.inImage === undefined ? [] : [t(k.inImage ? 'the image starts there' : 'the image does NOT start there')]),
  ];
  return `${k.phkh}${k.label === undefined ? '' : ` ${shown(k.label)}`}${notes.length > 0 ? `: ${notes.join(', ')}` : ''}`;
};

const MARKS: Record<Finding['severity'], string> = said({
  error: 'ERROR',
  warning: 'warning',
  ok: 'ok',
  'not-checked': 'not checked',
});

/** A rule with its outcome, and what its breach means in a real guest. */
export const ruleLine = (f: Finding): string => {
  const after = consequence(f);
  const width = Math.max(...Object.values(MARKS).map((m) => t(m).length));
  return `${t(MARKS[f.severity]).padEnd(width)} ${f.rule}  ${findingSays(f)}${after ? ` ${after}` : ''}`;
};

const RANK: Record<Finding['severity'], number> = { error: 0, warning: 1, 'not-checked': 2, ok: 3 };

const section = (title: string, lines: readonly string[]): string[] => ['', title, ...lines.map((l) => `  ${l}`)];

const headLines = ({ policy: p, bundle, serials }: Review): string[] => {
  const made = bundle?.id;
  return [
    t('Policy {name}, hash {sha256}', { name: p.name, sha256: p.sha256 }),
    ...(p.description === undefined ? [] : [shown(p.description, 1000)]),
    ...(made
      ? [
          t('Bundle {name}, number {serial}, made {time}, id {id}', {
            name: made.name,
            serial: made.serial,
            time: instantText(made.created),
            id: made.id,
          }),
        ]
      : []),
    ...(bundle?.manifestSha256 ? [t('Manifest {sha256}', { sha256: bundle.manifestSha256 })] : []),
    ...(serials === undefined
      ? []
      : serials.made.length === 0
        ? [t('Bundles made: none; the next one is number {next}.', { next: serials.next })]
        : [t('Bundles made: {made}; the next one is number {next}.', { made: serials.made.join(', '), next: serials.next })]),
  ];
};

const HOSTS: Record<Review['policy']['hostKeys']['verify'], string> = said({
  required: '{min} to {max}, verification required',
  warn: '{min} to {max}, verification advised, a decision can do without',
});

const hostLines = ({ policy: { hostKeys: k }, hostKeys }: Review): string[] => {
  const demands = t(HOSTS[k.verify], { min: k.min, max: k.max });
  const named = k.allow.length > 0 ? `, ${t('{n} allowed by name', { n: k.allow.length })}` : '';
  return [`${demands}${named}`, ...hostKeys.map(hostKeySays)];
};

/** The whole review as text. */
export const reviewAsText = (r: Review): string => {
  const { policy: p, bundle } = r;
  const report = p.report.required
    ? t('required, at most {age} old', { age: durationSays(p.report['max-age']) })
    : t('not required');
  const sorted = [...r.findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  return [
    ...headLines(r),
    ...section(
      t('A guest gets'),
      r.gets.map((d, i) => `${i + 1}. ${deliverySays(d)}`),
    ),
    ...(r.publics.length === 0
      ? []
      : section(
          t('And, not secret'),
          r.publics.map((d) => `${d.name}: ${d.purpose}. ${applySays(d.apply)}.`),
        )),
    ...section(t('Secret store'), [
      t(p.store === 'never' ? 'stays open: root in the guest can add more' : 'locked after personalization'),
    ]),
    ...section(t('Host keys'), hostLines(r)),
    ...section(t('Who can read a dump'), dumpSays(r.dump)),
    ...section(t('Report'), [report, reachableSays(r.grade)]),
    ...section(t('Approvals of the policy'), approvalStateSays(r.approvals)),
    ...(bundle?.approvals ? section(t('Approvals of the bundle'), approvalStateSays(bundle.approvals)) : []),
    ...section(t('Rules'), sorted.map(ruleLine)),
  ].join('\n');
};
