/** The verdict on a report: every point, its class, its outcome, and the grade. Source: spec page "retrieval-report", section 5. */
import type { Diagnosis } from './diagnose.ts';
import type { ReportBody } from './format.ts';

/** C: cryptographic. D: exact comparison of data that a C check has authenticated. I: informative, the guest or the host says so. */
export type CheckClass = 'C' | 'D' | 'I';
/** `question`: something a person has to answer; it neither raises nor lowers the grade. */
export type CheckOutcome = 'passed' | 'failed' | 'not-checked' | 'not-needed' | 'question';

export interface ReportCheck {
  /** C01..., R01... */
  readonly id: string;
  /** as it counts here: D drops to I when nothing authenticates the data, I rises to D when something does */
  readonly class: CheckClass;
  readonly outcome: CheckOutcome;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
}

export const GRADES = ['proven', 'list-attested', 'possession-shown', 'claimed', 'failed'] as const;
export type Grade = (typeof GRADES)[number];

export interface Verdict {
  readonly format: 'sel-report-verdict';
  readonly version: 1;
  readonly grade: Grade;
  /** the report comes from a simulated guest */
  readonly rehearsal: boolean;
  /** the bundle had an extension secret that nobody else could know: without one, requests can be imitated */
  readonly randomExtension: boolean;
  /** host keys in the bundle that were used without verification */
  readonly unverifiedHostKeys: readonly string[];
  readonly checks: readonly ReportCheck[];
  readonly diagnosis?: Diagnosis;
  /** what the guest says went wrong, in its own codes: informative, like everything it says about itself */
  readonly problems: ReportBody['problems'];
  readonly bundle: { readonly id: string; readonly serial: number; readonly name: string };
  readonly reportSha256: string;
  readonly expectedSha256: string;
  /** SHA-256 of the attestation request that was answered, hex */
  readonly request?: string;
  /** configuration UID of the guest, hex, when the attestation is authentic */
  readonly cuid?: string;
  /** when it was judged, UTC */
  readonly time: string;
}

/** What each grade needs to have passed. R14 and R15 may be not needed. */
const LIST_NEEDS = [
  'R01',
  'C01',
  'C02',
  'C03',
  'R02',
  'R04',
  'R05',
  'R06',
  'R07',
  'R08',
  'R09',
  'R10',
  'R11',
  'R12',
  'R14',
  'R15',
];
const POSSESSION_NEEDS = ['R01', 'C04', 'R02', 'R08', 'R10', 'R11', 'R12'];

const isGood = (checks: readonly ReportCheck[], id: string): boolean =>
  checks.some((c) => c.id === id && (c.outcome === 'passed' || c.outcome === 'not-needed'));

/** The checks that keep a verdict from "proven": those that count for it and were neither passed nor not needed. */
export const lacking = (checks: readonly ReportCheck[]): ReportCheck[] =>
  [...LIST_NEEDS, 'C04'].filter((id) => !isGood(checks, id)).flatMap((id) => checks.filter((c) => c.id === id));

/**
 * The grade. One failed C or D check is never averaged away; a missing one is not a passed one.
 * @param randomExtension the bundle had an extension secret that nobody else could know
 * @param fresh the report answers a nonce of ours
 */
export const gradeOf = (checks: readonly ReportCheck[], randomExtension: boolean, fresh: boolean): Grade => {
  if (checks.some((c) => c.outcome === 'failed' && c.class !== 'I')) return 'failed';
  const good = (id: string): boolean => isGood(checks, id);
  const list = LIST_NEEDS.every(good);
  const possession = good('C04') || checks.some((c) => c.id === 'R18' && c.outcome === 'passed');
  if (list && possession && randomExtension) return 'proven';
  if (list) return 'list-attested';
  const noStoreHash = checks.some((c) => c.id === 'R07' && c.outcome === 'not-checked');
  if (noStoreHash && fresh && POSSESSION_NEEDS.every(good)) return 'possession-shown';
  return 'claimed';
};
