/** What rules found, one line each: how bad, which rule, what it says, what it means in a real guest. */
import { CheckmarkFilled, CircleDash, ErrorFilled, WarningAltFilled } from '@carbon/icons-react';
import type { FindingView } from '../../electron/contract.ts';

const ICON = {
  error: <ErrorFilled className="mark mark--bad" aria-label="Error" />,
  warning: <WarningAltFilled className="mark mark--warn" aria-label="Warning" />,
  ok: <CheckmarkFilled className="mark mark--good" aria-label="In order" />,
  'not-checked': <CircleDash className="mark mark--quiet" aria-label="Not checked" />,
} as const;

export const Findings = ({ findings }: { readonly findings: readonly FindingView[] }) => (
  <ul className="findings">
    {findings.map((f, i) => (
      // a rule can speak several times, so its number is no key
      // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole
      <li key={`${f.rule}-${i}`} className={`finding finding--${f.severity}`}>
        {ICON[f.severity]}
        <span className="finding__rule">{f.rule}</span>
        <span>
          {f.says}
          {f.consequence && <span className="finding__after"> {f.consequence}</span>}
        </span>
      </li>
    ))}
  </ul>
);
