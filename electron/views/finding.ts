/** A finding of a rule, in words. */
import type { Finding } from '../../core/findings.ts';
import { consequence, findingSays } from '../../words/rules.ts';
import type { FindingView } from '../contract.ts';

/** What a rule found, and what follows from it. */
export const findingView = (f: Finding): FindingView => ({
  rule: f.rule,
  severity: f.severity,
  says: findingSays(f),
  consequence: consequence(f) ?? null,
});
