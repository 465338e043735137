/** What rules found, one line each: how bad, which rule, what it says, what it means in a real guest. */
import { CheckmarkFilled, CircleDash, ErrorFilled, WarningAltFilled } from '@carbon/icons-react';
import type { FindingView } from '../../electron/contract.ts';
import { said, t } from '../../words/language.ts';

const ICON = {
  error: [ErrorFilled, 'mark mark--bad'],
  warning: [WarningAltFilled, 'mark mark--warn'],
  ok: [CheckmarkFilled, 'mark mark--good'],
  'not-checked': [CircleDash, 'mark mark--quiet'],
} as const;

const SEVERITIES: Record<FindingView['severity'], string> = said({
  error: 'Error',
  warning: 'Warning',
  ok: 'In order',
  'not-checked': 'Not checked',
});

const Mark = ({ severity }: { readonly severity: FindingView['severity'] }) => {
  const [Icon, className] = ICON[severity];
  return <Icon className={className} aria-label={t(SEVERITIES[severity])} />;
};

export const Findings = ({ findings }: { readonly findings: readonly FindingView[] }) => (
  <ul className="findings">
    {findings.map((f, i) => (
      // a rule can speak several times, so its number is no key
      // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole
      <li key={`${f.rule}-${i}`} className={`finding finding--${f.severity}`}>
        <Mark severity={f.severity} />
        <span className="finding__rule">{f.rule}</span>
        <span>
          {f.says}
          {f.consequence && <span className="finding__after"> {f.consequence}</span>}
        </span>
      </li>
    ))}
  </ul>
);
