/** What the printed sheets say: the bundle for the file, and the verdict for sign-off. No secret is in either. */
import type { Expected } from '../core/bundle/expected.ts';
import type { HostKeyList } from '../core/bundle/hostkeys.ts';
import { MANIFEST_ASR, TOC_ASR } from '../core/bundle/names.ts';
import { sheetAsHtml } from '../core/packing/html.ts';
import { type Block, type Cell, type Sheet, sheetAsPdf, type Tone } from '../core/packing/sheet.ts';
import { PURPOSES } from '../core/policy/schema.ts';
import type { Grade, ReportCheck, Verdict } from '../core/report/verdict.ts';
import { purposeSays } from './policy.ts';
import { CHECKS, CLASSES, diagnosisSays, GRADES, lackingSays, OUTCOMES, problemSays, UNPROVEN } from './verdict.ts';

const mono = (text: string): Cell => ({ mono: text });

/** A moment of our documents as people write it, in the zone it is in. */
const moment = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;

/** What the sheet of a bundle is made of: all of it public. */
export interface BundleSheetInput {
  readonly expected: Expected;
  /** meta/host-keys.json, when it is there */
  readonly hostKeys?: HostKeyList | undefined;
  readonly policyName: string;
  /** approvals as sentences */
  readonly approvals?: readonly string[] | undefined;
  /** SHA-256 of the packed bundle by the name of its file */
  readonly packed?: readonly { readonly file: string; readonly sha256: string }[] | undefined;
  /** name and version of the program */
  readonly tool: string;
}

const carries = (s: Expected['submission_order'][number]): string => {
  if (s.file === TOC_ASR) return 'The list of all others';
  if (s.file === MANIFEST_ASR) return 'What the guest does with each secret';
  const known = PURPOSES.find((p) => p === s.purpose);
  return known ? purposeSays(known) : (s.name ?? '');
};

const hostKeyTable = ({ expected, hostKeys }: BundleSheetInput): Block => ({
  kind: 'table',
  head: ['Host key (SHA-256 of the public key)', 'Serial', 'Valid until', 'Chain'],
  widths: [0.6, 0.14, 0.13, 0.13],
  rows: expected.host_keys.map((k) => {
    const more = hostKeys?.find((h) => h.phkh === k.phkh);
    return [
      mono(k.phkh),
      mono(more?.serial ?? '-'),
      more?.not_after.slice(0, 10) ?? '-',
      k.verified ? 'verified' : 'NOT verified',
    ];
  }),
});

const orderTable = ({ expected }: BundleSheetInput): Block => ({
  kind: 'table',
  head: ['#', 'Request', 'Carries', 'Tag'],
  widths: [0.05, 0.29, 0.34, 0.32],
  rows: expected.submission_order.map((s, i) => [String(i + 1), mono(s.file), carries(s), mono(s.tag)]),
});

const fingerprints = ({ expected }: BundleSheetInput): Block[] => {
  const rows = expected.submission_order.flatMap((s): [string, Cell][] =>
    s.fingerprint ? [[s.name ?? s.file, mono(s.fingerprint)]] : [],
  );
  return rows.length === 0 ? [] : [{ kind: 'facts', rows }];
};

/** One page for the file: which bundle, for whom, what is in it, what the guest must answer; and who says so. */
export const bundleSheet = (i: BundleSheetInput): Sheet => {
  const { expected: e } = i;
  const keys = fingerprints(i);
  return {
    title: `Provisioning bundle ${e.bundle.name}, number ${e.bundle.serial}`,
    subtitle: `Made ${moment(e.bundle.created)}. This sheet holds no secret: keep it with the records of the guest.`,
    foot: `Bundle ${e.bundle.id}, number ${e.bundle.serial}. Made with ${i.tool}.`,
    date: new Date(e.bundle.created),
    tool: i.tool,
    sections: [
      {
        heading: '',
        blocks: [
          {
            kind: 'facts',
            rows: [
              ['Bundle', mono(e.bundle.id)],
              ['Image, SE header tag', mono(e.image.tag)],
              ['Policy', i.policyName],
              ['Policy, SHA-256', mono(e.policy_sha256)],
              ['List of requests, SHA-256', mono(e.toc_pol_sha256)],
              ...(e.manifest_sha256 ? [['Manifest, SHA-256', mono(e.manifest_sha256)] as [string, Cell]] : []),
              ...(i.packed ?? []).map((p): [string, Cell] => [`${p.file}, SHA-256`, mono(p.sha256)]),
            ],
          },
        ],
      },
      { heading: 'Machines that can open it', blocks: [hostKeyTable(i)] },
      { heading: 'Requests, in the order of submission', blocks: [orderTable(i)] },
      {
        heading: 'What a genuine machine attests when exactly this list arrived',
        blocks: [
          {
            kind: 'facts',
            rows: [
              [`Store hash, locked${e.lock ? ' (expected)' : ''}`, mono(e.store_hash.locked)],
              [`Store hash, not locked${e.lock ? '' : ' (expected)'}`, mono(e.store_hash.unlocked)],
            ],
          },
        ],
      },
      ...(keys.length > 0 ? [{ heading: 'Keys the guest shows on the network', blocks: keys }] : []),
      ...(i.approvals && i.approvals.length > 0
        ? [{ heading: 'Approvals of the policy', blocks: [{ kind: 'list' as const, items: i.approvals }] }]
        : []),
      {
        heading: 'Signatures',
        blocks: [{ kind: 'signatures', roles: ['Made by: name, date, signature', 'Handed over to: name, date, signature'] }],
      },
    ],
  };
};

const TONES: Record<Grade, Tone> = {
  proven: 'good',
  'list-attested': 'plain',
  'possession-shown': 'plain',
  claimed: 'plain',
  failed: 'bad',
};

const about = (c: ReportCheck): string => CHECKS[c.id]?.about ?? c.id;

/** What was expected and found; only once when they are the same. */
const evidence = (c: ReportCheck): Cell => {
  const parts = [
    ...(c.expected !== undefined && c.expected !== c.found ? [`expected ${c.expected}`] : []),
    ...(c.found === undefined ? [] : [c.outcome === 'failed' ? `found ${c.found}` : c.found]),
  ];
  return mono(parts.join('; ') || '-');
};

const outcome = (c: ReportCheck): string => {
  const says = OUTCOMES[c.outcome];
  return c.outcome === 'failed' ? says.toUpperCase() : says;
};

const checkTable = (v: Verdict): Block => ({
  kind: 'table',
  head: ['Point', 'What was looked at', 'Outcome', 'Kind', 'Evidence'],
  widths: [0.07, 0.3, 0.13, 0.15, 0.35],
  rows: v.checks.map((c) => [c.id, about(c), outcome(c), CLASSES[c.class], evidence(c)]),
});

const failures = (v: Verdict): Block[] => {
  const items = v.checks
    .filter((c) => c.outcome === 'failed')
    .map((c) => `${c.id}, "${about(c)}": ${CHECKS[c.id]?.failure ?? 'failed.'}`);
  return items.length === 0 ? [] : [{ kind: 'list', items }];
};

const listed = (heading: string, items: readonly string[]) =>
  items.length === 0 ? [] : [{ heading, blocks: [{ kind: 'list' as const, items }] }];

/** The verdict for a security officer: the grade, every point with its evidence, what it does not show, lines to sign. */
export const verdictSheet = (v: Verdict, tool: string): Sheet => {
  const grade = GRADES[v.grade];
  const failed = failures(v);
  return {
    title: `Verdict on ${v.bundle.name}, number ${v.bundle.serial}`,
    subtitle: `Judged ${moment(v.time)}.${v.rehearsal ? ' Rehearsal: the guest is simulated.' : ''}`,
    foot: `Report ${v.reportSha256.slice(0, 32)}..., bundle ${v.bundle.id}. Made with ${tool}.`,
    date: new Date(v.time),
    tool,
    sections: [
      {
        heading: '',
        blocks: [
          {
            kind: 'banner',
            text: `${grade.name}${v.rehearsal ? ' (rehearsal)' : ''}`,
            says: grade.says,
            tone: v.rehearsal && v.grade === 'proven' ? 'plain' : TONES[v.grade],
          },
          {
            kind: 'facts',
            rows: [
              ['Bundle', mono(v.bundle.id)],
              ['Report, SHA-256', mono(v.reportSha256)],
              ['Expectation, SHA-256', mono(v.expectedSha256)],
              ...(v.request ? [['Attestation request, SHA-256', mono(v.request)] as [string, Cell]] : []),
              ...(v.cuid ? [['Configuration UID', mono(v.cuid)] as [string, Cell]] : []),
              ...(v.unverifiedHostKeys.length > 0
                ? [['Host keys used unverified', String(v.unverifiedHostKeys.length)] as [string, Cell]]
                : []),
            ],
          },
        ],
      },
      ...(failed.length > 0 ? [{ heading: 'What failed', blocks: failed }] : []),
      ...listed('What the secret store tells', v.diagnosis ? [diagnosisSays(v.diagnosis)] : []),
      ...listed('What the guest says went wrong', v.problems.map(problemSays)),
      ...listed('To be proven it lacks', lackingSays(v)),
      { heading: 'Every point', blocks: [checkTable(v)] },
      ...listed('Not shown by any report', UNPROVEN),
      {
        heading: 'Sign-off',
        blocks: [{ kind: 'signatures', roles: ['Judged by: name, date, signature', 'Accepted by: name, date, signature'] }],
      },
    ],
  };
};

/** Both sheets in both forms. */
export const bundleSheetPdf = (i: BundleSheetInput): ReturnType<typeof sheetAsPdf> => sheetAsPdf(bundleSheet(i));
export const verdictPdf = (v: Verdict, tool: string): ReturnType<typeof sheetAsPdf> => sheetAsPdf(verdictSheet(v, tool));
export const verdictHtml = (v: Verdict, tool: string): Uint8Array => sheetAsHtml(verdictSheet(v, tool));
