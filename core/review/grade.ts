/** The best grade that a report can reach, before any guest ran, and what keeps it from "proven". Source: spec page "retrieval-report", section 5. */
import type { Expected } from '../bundle/expected.ts';
import type { Policy } from '../policy/schema.ts';
import { type Grade, gradeOf, type ReportCheck } from '../report/verdict.ts';

/** What evidence a guest will be able to give. */
export interface Evidence {
  /** the bundle carries an attestation request */
  readonly attestation: boolean;
  /** it delivers a key whose possession can be shown */
  readonly reportKey: boolean;
  /** its requests are tied together by a secret nobody else knows */
  readonly randomExtension: boolean;
}

/** Why it cannot be better. */
export type GradeReason = 'no-attestation' | 'no-report-key' | 'extension-secret' | 'challenge-only' | 'host-keys-not-verified';

export interface ReachableGrade {
  readonly grade: Grade;
  readonly because: readonly GradeReason[];
}

/** Checks that rest on the attestation. R18 is done by the user at the live service, outside of this program: it is not counted on. */
const ATTESTED = ['C01', 'C02', 'C03', 'R04', 'R05', 'R06', 'R07', 'R14', 'R15'];
const OTHERS = ['R01', 'R02', 'R08', 'R09', 'R10', 'R11', 'R12', 'R13'];

const check = (id: string, good: boolean): ReportCheck => ({ id, class: 'C', outcome: good ? 'passed' : 'not-checked' });

/** The grade when everything that can be checked passes: the same arithmetic as for a real verdict. */
export const reachableGrade = ({ attestation, reportKey, randomExtension }: Evidence): ReachableGrade => {
  const checks = [
    ...OTHERS.map((id) => check(id, true)),
    ...ATTESTED.map((id) => check(id, attestation)),
    check('C04', reportKey),
  ];
  const grade = gradeOf(checks, randomExtension, true);
  const because: GradeReason[] = [];
  if (!attestation) because.push('no-attestation');
  if (!reportKey) because.push('no-report-key');
  if (attestation && reportKey && !randomExtension) because.push('extension-secret');
  // without the nonce of a challenge it is "claimed": the answer could be an old one
  if (grade === 'possession-shown') because.push('challenge-only');
  return { grade, because };
};

/** What a bundle of this policy will be able to give. */
export const evidenceOfPolicy = (policy: Policy): Evidence => ({
  attestation: policy.report.attestation !== 'none',
  reportKey: policy.secrets.some((s) => s.purpose === 'report-authentication'),
  randomExtension: policy['extension-secret'] === 'random',
});

/** What this bundle is able to give. */
export const evidenceOfBundle = (expected: Expected): Evidence => ({
  attestation: expected.attestation_request_sha256 !== undefined,
  reportKey: expected.report.mac_secret !== undefined,
  randomExtension: expected.extension_secret === 'random',
});
