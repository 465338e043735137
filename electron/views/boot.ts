/** What the simulated guest did, by itself and under attack. */
import type { AttackId } from '../../core/bundle/attacks.ts';
import { attackOf } from '../../core/bundle/attacks.ts';
import type { BootResult } from '../../core/guestsim/boot.ts';
import { STAGES } from '../../core/guestsim/events.ts';
import type { LabResult } from '../../core/guestsim/lab.ts';
import { ATTACKERS, attackSays, CAUGHT_BY } from '../../words/attacks.ts';
import { bootSays, STAGE_NAMES } from '../../words/boot.ts';
import { t } from '../../words/language.ts';
import { GRADES } from '../../words/verdict.ts';
import type { AttackView, LabView, ProjectView } from '../contract.ts';
import { findingView } from './finding.ts';

/** The timeline of a start, stage by stage. */
export const bootView = (host: string, result: BootResult): NonNullable<ProjectView['boot']> => ({
  host,
  booted: result.booted,
  stoppedAt: result.booted ? null : t(STAGE_NAMES[result.stage]),
  stages: STAGES.map((stage) => {
    const events = result.events.filter((e) => e.stage === stage);
    return {
      name: t(STAGE_NAMES[stage]),
      outcome: events.length === 0 ? 'not-reached' : events.some((e) => e.outcome === 'failed') ? 'failed' : 'ok',
      events: events.map((e) => ({ outcome: e.outcome, says: bootSays(e) })),
    };
  }),
  hasReport: result.report !== undefined,
});

/** What an attack does, and who could. */
export const attackView = (id: AttackId): AttackView => {
  const { name, does } = attackSays(id);
  return { id, name, does, by: t(ATTACKERS[attackOf(id).by]) };
};

/** What an attack came to, and who caught it. */
export const labView = (host: string, r: LabResult): LabView => ({
  attack: attackView(r.attack.id),
  boot: bootView(host, r.boot),
  caughtBy: r.caughtBy,
  caughtSays: t(CAUGHT_BY[r.caughtBy]),
  lesson: attackSays(r.attack.id).lesson,
  gradeName: r.verdict ? t(GRADES[r.verdict.grade].name) : null,
  findings: r.findings.map(findingView),
});
