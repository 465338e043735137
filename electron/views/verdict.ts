/** The verdict on a report. */
import { fact, t } from '../../words/language.ts';
import {
  CLASSES,
  checkAbout,
  checkFailure,
  diagnosisSays,
  GRADES,
  OUTCOMES,
  reasonsSay,
  unprovenSays,
  verdictAsText,
} from '../../words/verdict.ts';
import type { ProjectView } from '../contract.ts';
import type { State } from '../state.ts';

/** The verdict, check by check; null when no report was judged. */
export const verdictView = (p: State): ProjectView['verdict'] => {
  if (p.verdict === undefined) return null;
  const { verdict: v, file, ownRecord } = p.verdict;
  return {
    file,
    grade: v.grade,
    gradeName: t(GRADES[v.grade].name),
    says: t(GRADES[v.grade].says),
    rehearsal: v.rehearsal,
    ownRecord,
    unverifiedHostKeys: v.unverifiedHostKeys.length,
    reasons: reasonsSay(v),
    diagnosis: v.diagnosis ? diagnosisSays(v.diagnosis) : null,
    bundle: t('{name}, number {serial}', { name: v.bundle.name, serial: v.bundle.serial }),
    time: v.time,
    reportSha256: v.reportSha256,
    checks: v.checks.map((c) => ({
      id: c.id,
      about: checkAbout(c.id),
      class: c.class,
      className: t(CLASSES[c.class]),
      outcome: c.outcome,
      outcomeName: t(OUTCOMES[c.outcome]),
      expected: c.expected === undefined ? null : fact(c.expected),
      found: c.found === undefined ? null : fact(c.found),
      failure: c.outcome === 'failed' ? (checkFailure(c.id) ?? null) : null,
    })),
    unproven: unprovenSays(),
    asText: verdictAsText(v),
    asJson: `${JSON.stringify(v, null, 2)}\n`,
  };
};
