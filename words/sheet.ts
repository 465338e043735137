/** What the printed sheets say: the bundle for the file, and the verdict for sign-off. No secret is in either. */
import type { Expected } from '../core/bundle/expected.ts';
import type { HostKeyList } from '../core/bundle/hostkeys.ts';
import { MANIFEST_ASR, TOC_ASR } from '../core/bundle/names.ts';
import { sheetAsHtml } from '../core/packing/html.ts';
import { type Block, type Cell, type Sheet, sheetAsPdf, type Tone } from '../core/packing/sheet.ts';
import { PURPOSES } from '../core/policy/schema.ts';
import type { Grade, ReportCheck, Verdict } from '../core/report/verdict.ts';
import { dayText, fact, language, momentText, t } from './language.ts';
import { purposeSays } from './policy.ts';
import {
  CLASSES,
  checkAbout,
  checkFailure,
  diagnosisSays,
  GRADES,
  lackingSays,
  OUTCOMES,
  problemSays,
  unprovenSays,
} from './verdict.ts';

const mono = (text: string): Cell => ({ mono: text });

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
  if (s.file === TOC_ASR) return t('The list of all others');
  if (s.file === MANIFEST_ASR) return t('What the guest does with each secret');
  const known = PURPOSES.find((p) => p === s.purpose);
  return known ? purposeSays(known) : (s.name ?? '');
};

const hostKeyTable = ({ expected, hostKeys }: BundleSheetInput): Block => ({
  kind: 'table',
  head: [t('Host key (SHA-256 of the public key)'), t('Serial'), t('Valid until'), t('Chain')],
  widths: [0.6, 0.14, 0.13, 0.13],
  rows: expected.host_keys.map((k) => {
    const more = hostKeys?.find((h) => h.phkh === k.phkh);
    return [
      mono(k.phkh),
      mono(more?.serial ?? '-'),
      more === undefined ? '-' : dayText(more.not_after),
      k.verified ? t('verified') : t('NOT verified'),
    ];
  }),
});

const orderTable = ({ expected }: BundleSheetInput): Block => ({
  kind: 'table',
  head: ['#', t('Request'), t('Carries'), t('Tag')],
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
    title: t('Provisioning bundle {name}, number {serial}', { name: e.bundle.name, serial: e.bundle.serial }),
    subtitle: t('Made {time}. This sheet holds no secret: keep it with the records of the guest.', {
      time: momentText(e.bundle.created),
    }),
    foot: t('Bundle {id}, number {serial}. Made with {tool}.', {
      id: e.bundle.id,
      serial: e.bundle.serial,
      tool: i.tool,
    }),
    date: new Date(e.bundle.created),
    tool: i.tool,
    sections: [
      {
        heading: '',
        blocks: [
          {
            kind: 'facts',
            rows: [
              [t('Bundle'), mono(e.bundle.id)],
              [t('Image, SE header tag'), mono(e.image.tag)],
              [t('Policy'), i.policyName],
              [t('Policy, SHA-256'), mono(e.policy_sha256)],
              [t('List of requests, SHA-256'), mono(e.toc_pol_sha256)],
              ...(e.manifest_sha256 ? [[t('Manifest, SHA-256'), mono(e.manifest_sha256)] as [string, Cell]] : []),
              ...(i.packed ?? []).map((p): [string, Cell] => [`${p.file}, SHA-256`, mono(p.sha256)]),
            ],
          },
        ],
      },
      { heading: t('Machines that can open it'), blocks: [hostKeyTable(i)] },
      { heading: t('Requests, in the order of submission'), blocks: [orderTable(i)] },
      {
        heading: t('What a genuine machine attests when exactly this list arrived'),
        blocks: [
          {
            kind: 'facts',
            rows: [
              [e.lock ? t('Store hash, locked (expected)') : t('Store hash, locked'), mono(e.store_hash.locked)],
              [e.lock ? t('Store hash, not locked') : t('Store hash, not locked (expected)'), mono(e.store_hash.unlocked)],
            ],
          },
        ],
      },
      ...(keys.length > 0 ? [{ heading: t('Keys the guest shows on the network'), blocks: keys }] : []),
      ...(i.approvals && i.approvals.length > 0
        ? [{ heading: t('Approvals of the policy'), blocks: [{ kind: 'list' as const, items: i.approvals }] }]
        : []),
      {
        heading: t('Signatures'),
        blocks: [
          { kind: 'signatures', roles: [t('Made by: name, date, signature'), t('Handed over to: name, date, signature')] },
        ],
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

/** What was expected and found; only once when they are the same. */
const evidence = (c: ReportCheck): Cell => {
  const parts = [
    ...(c.expected !== undefined && c.expected !== c.found ? [t('expected {expected}', { expected: fact(c.expected) })] : []),
    ...(c.found === undefined ? [] : [c.outcome === 'failed' ? t('found {found}', { found: fact(c.found) }) : fact(c.found)]),
  ];
  return mono(parts.join('; ') || '-');
};

const outcome = (c: ReportCheck): string => {
  const says = t(OUTCOMES[c.outcome]);
  return c.outcome === 'failed' ? says.toUpperCase() : says;
};

const checkTable = (v: Verdict): Block => ({
  kind: 'table',
  head: [t('Point'), t('What was looked at'), t('Outcome'), t('Kind'), t('Evidence')],
  widths: [0.07, 0.3, 0.13, 0.15, 0.35],
  rows: v.checks.map((c) => [c.id, checkAbout(c.id), outcome(c), t(CLASSES[c.class]), evidence(c)]),
});

const failures = (v: Verdict): Block[] => {
  const items = v.checks
    .filter((c) => c.outcome === 'failed')
    .map((c) =>
      t('{id}, "{about}": {failure}', {
        id: c.id,
        about: checkAbout(c.id),
        failure: checkFailure(c.id) ?? t('failed.'),
      }),
    );
  return items.length === 0 ? [] : [{ kind: 'list', items }];
};

const listed = (heading: string, items: readonly string[]) =>
  items.length === 0 ? [] : [{ heading, blocks: [{ kind: 'list' as const, items }] }];

/** The verdict for a security officer: the grade, every point with its evidence, what it does not show, lines to sign. */
export const verdictSheet = (v: Verdict, tool: string): Sheet => {
  const grade = t(GRADES[v.grade].name);
  const judged = { time: momentText(v.time) };
  const failed = failures(v);
  return {
    title: t('Verdict on {name}, number {serial}', { name: v.bundle.name, serial: v.bundle.serial }),
    subtitle: v.rehearsal ? t('Judged {time}. Rehearsal: the guest is simulated.', judged) : t('Judged {time}.', judged),
    foot: t('Report {report}..., bundle {id}. Made with {tool}.', {
      report: v.reportSha256.slice(0, 32),
      id: v.bundle.id,
      tool,
    }),
    date: new Date(v.time),
    tool,
    sections: [
      {
        heading: '',
        blocks: [
          {
            kind: 'banner',
            text: v.rehearsal ? t('{grade} (rehearsal)', { grade }) : grade,
            says: t(GRADES[v.grade].says),
            tone: v.rehearsal && v.grade === 'proven' ? 'plain' : TONES[v.grade],
          },
          {
            kind: 'facts',
            rows: [
              [t('Bundle'), mono(v.bundle.id)],
              [t('Report, SHA-256'), mono(v.reportSha256)],
              [t('Expectation, SHA-256'), mono(v.expectedSha256)],
              ...(v.request ? [[t('Attestation request, SHA-256'), mono(v.request)] as [string, Cell]] : []),
              ...(v.cuid ? [[t('Configuration UID'), mono(v.cuid)] as [string, Cell]] : []),
              ...(v.unverifiedHostKeys.length > 0
                ? [[t('Host keys used unverified'), String(v.unverifiedHostKeys.length)] as [string, Cell]]
                : []),
            ],
          },
        ],
      },
      ...(failed.length > 0 ? [{ heading: t('What failed'), blocks: failed }] : []),
      ...listed(t('What the secret store tells'), v.diagnosis ? [diagnosisSays(v.diagnosis)] : []),
      ...listed(t('What the guest says went wrong'), v.problems.map(problemSays)),
      ...listed(t('To be proven it lacks'), lackingSays(v)),
      { heading: t('Every point'), blocks: [checkTable(v)] },
      ...listed(t('Not shown by any report'), unprovenSays()),
      {
        heading: t('Sign-off'),
        blocks: [{ kind: 'signatures', roles: [t('Judged by: name, date, signature'), t('Accepted by: name, date, signature')] }],
      },
    ],
  };
};

/** Both sheets in both forms. */
export const bundleSheetPdf = (i: BundleSheetInput): ReturnType<typeof sheetAsPdf> => sheetAsPdf(bundleSheet(i), language());
export const verdictPdf = (v: Verdict, tool: string): ReturnType<typeof sheetAsPdf> =>
  sheetAsPdf(verdictSheet(v, tool), language());
export const verdictHtml = (v: Verdict, tool: string): Uint8Array => sheetAsHtml(verdictSheet(v, tool), language());
