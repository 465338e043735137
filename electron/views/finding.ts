/** A finding of a rule, in words. */
import type { Finding } from '../../core/findings.ts';
import { consequence, findingSays } from '../../words/rules.ts';
import type { FindingView } from '../contract.ts';

export const findingView = (f: Finding): FindingView => ({
  rule: f.rule,
  severity: f.severity,
  says: findingSays(f),
  consequence: consequence(f) ?? null,
});
