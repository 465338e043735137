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
import { applySays, purposeSays } from './policy.ts';
import { consequence, findingSays } from './rules.ts';
import { GRADES } from './verdict.ts';

const EXPOSURES: Record<Exposure, string> = {
  bytes: 'the guest sees the bytes',
  'protected-key': 'the guest sees a protected key only',
  never: 'never leaves the ultravisor',
};

const DUMP: Record<DumpReader, string> = {
  nobody: 'Nobody: the host cannot make a dump of the guest.',
  'cck-holder': 'Whoever holds the customer communication key of this policy: you.',
  'image-builder': "Whoever built the image: dumps are encrypted with the builder's key.",
  'depends-on-cck': 'Whoever holds the customer communication key, if one is given; otherwise whoever built the image.',
};

const DUMP_NOTES: Record<DumpNote, string> = {
  'disabled-by-request': 'The first request forbids dumps, whatever the image says.',
  'forbidden-by-image': 'The image forbids dumps.',
  'if-image-allows': 'That is if the image allows dumps at all: choose the image to be certain.',
  'builder-until-cck': "Until the ultravisor has taken the CCK, which is the first secret, a dump opens with the builder's key.",
  'cck-not-first':
    "The CCK is not the first secret: until it is in, a dump with other secrets in it opens with the builder's key.",
  'cck-optional': 'The policy does not demand a CCK.',
  'cck-update-not-visible':
    'Whether the image accepts a CCK stands in its encrypted part: if it does not, the guest powers off at its start.',
};

/** Who can read a dump, as sentences. */
export const dumpSays = (d: DumpStory): string[] => [DUMP[d.who], ...d.notes.map((n) => DUMP_NOTES[n])];

const REASONS: Record<GradeReason, string> = {
  'no-attestation': 'the machine does not attest the report',
  'no-report-key': 'no secret shows that the guest holds what was sent',
  'extension-secret': 'the requests are not tied together by a secret of their own, so the list could be imitated',
  'challenge-only': 'and only in answer to a challenge: otherwise it may be an old answer',
  'host-keys-not-verified': 'whatever the grade, it counts for a machine whose key nobody verified',
};

/** The best grade and why it is no better. */
export const reachableSays = (g: ReachableGrade): string => {
  const because = g.because.map((r) => REASONS[r]).join('; ');
  return `"${GRADES[g.grade].name}" at best: ${GRADES[g.grade].says}${because === '' ? '' : ` Because: ${because}.`}`;
};

const isPurpose = (p: string): p is PolicySecret['purpose'] => (PURPOSES as readonly string[]).includes(p);

/** A secret that a guest gets, in one line. */
export const deliverySays = (d: Delivery): string =>
  `${d.name}: ${isPurpose(d.purpose) ? purposeSays(d.purpose) : shown(d.purpose)} (${d.type}, ${d.required ? 'required' : 'optional'}). ${applySays(d.apply)}; ${EXPOSURES[d.exposure]}.`;

/** A host key in one line. */
export const hostKeySays = (k: ReviewedHostKey): string => {
  const notes = [
    ...(k.verified === undefined ? [] : [k.verified ? 'verified' : 'NOT verified']),
    ...(k.inImage === undefined ? [] : [k.inImage ? 'the image starts there' : 'the image does NOT start there']),
  ];
  return `${k.phkh}${k.label === undefined ? '' : ` ${shown(k.label)}`}${notes.length > 0 ? `: ${notes.join(', ')}` : ''}`;
};

const MARKS: Record<Finding['severity'], string> = { error: 'ERROR', warning: 'warning', ok: 'ok', 'not-checked': 'not checked' };

/** A rule with its outcome, and what its breach means in a real guest. */
export const ruleLine = (f: Finding): string => {
  const after = consequence(f);
  return `${MARKS[f.severity].padEnd(11)} ${f.rule}  ${findingSays(f)}${after ? ` ${after}` : ''}`;
};

const RANK: Record<Finding['severity'], number> = { error: 0, warning: 1, 'not-checked': 2, ok: 3 };

const section = (title: string, lines: readonly string[]): string[] => ['', title, ...lines.map((l) => `  ${l}`)];

/** The whole review as text. */
export const reviewAsText = (r: Review): string => {
  const { policy: p, bundle } = r;
  const { min, max, verify, allow } = p.hostKeys;
  const head = [
    `Policy ${p.name}, hash ${p.sha256}`,
    ...(p.description === undefined ? [] : [shown(p.description, 1000)]),
    ...(bundle ? [`Bundle ${bundle.id.name}, number ${bundle.id.serial}, made ${bundle.id.created}, id ${bundle.id.id}`] : []),
    ...(bundle?.manifestSha256 ? [`Manifest ${bundle.manifestSha256}`] : []),
    ...(r.serials ? [`Bundles made: ${r.serials.made.join(', ') || 'none'}; the next one is number ${r.serials.next}.`] : []),
  ];
  const hosts = [
    `${min} to ${max}, ${verify === 'required' ? 'verification required' : 'verification advised, a decision can do without'}${allow.length > 0 ? `, ${allow.length} allowed by name` : ''}`,
    ...r.hostKeys.map(hostKeySays),
  ];
  const report = p.report.required
    ? [`required, at most ${durationSays(p.report['max-age'])} old`, reachableSays(r.grade)]
    : ['not required', reachableSays(r.grade)];
  const sorted = [...r.findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  return [
    ...head,
    ...section(
      'A guest gets',
      r.gets.map((d, i) => `${i + 1}. ${deliverySays(d)}`),
    ),
    ...(r.publics.length === 0
      ? []
      : section(
          'And, not secret',
          r.publics.map((d) => `${d.name}: ${d.purpose}. ${applySays(d.apply)}.`),
        )),
    ...section('Secret store', [
      p.store === 'never' ? 'stays open: root in the guest can add more' : 'locked after personalization',
    ]),
    ...section('Host keys', hosts),
    ...section('Who can read a dump', dumpSays(r.dump)),
    ...section('Report', report),
    ...section('Approvals of the policy', approvalStateSays(r.approvals)),
    ...(bundle?.approvals ? section('Approvals of the bundle', approvalStateSays(bundle.approvals)) : []),
    ...section('Rules', sorted.map(ruleLine)),
  ].join('\n');
};
