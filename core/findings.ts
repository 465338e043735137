/** What a rule found: rules answer with what they looked at, never with yes or no alone. Sentences: words/rules.ts. */

export type Severity = 'error' | 'warning' | 'ok' | 'not-checked';

/** One rule's answer. No fact is secret. */
export interface Finding {
  /** rule number of the spec page: P01..., B01... */
  readonly rule: string;
  readonly severity: Severity;
  /** what it concerns: a file, a secret, a field */
  readonly subject?: string | undefined;
  readonly found?: string | undefined;
  readonly expected?: string | undefined;
  /** where in the document it stands: keys and indices, when the document has such places */
  readonly path?: readonly (string | number)[] | undefined;
}

export const hasErrors = (findings: readonly Finding[]): boolean => findings.some((f) => f.severity === 'error');
