/** The boot of a guest, stage by stage: what happened, what the ultravisor answered, where it stopped. */
import { CheckmarkFilled, CircleDash, ErrorFilled, InformationFilled } from '@carbon/icons-react';
import type { ProjectView } from '../../electron/contract.ts';
import { said, t } from '../../words/language.ts';

export type BootView = NonNullable<ProjectView['boot']>;

const ICON = {
  ok: [CheckmarkFilled, 'mark--good'],
  failed: [ErrorFilled, 'mark--bad'],
  'not-reached': [CircleDash, 'mark--quiet'],
  note: [InformationFilled, 'mark--quiet'],
} as const;
type Outcome = keyof typeof ICON;

const OUTCOMES: Record<Outcome, string> = said({
  ok: 'Done',
  failed: 'Failed',
  'not-reached': 'Not reached',
  note: 'Note',
});

const Mark = ({ outcome, small = false }: { readonly outcome: Outcome; readonly small?: boolean }) => {
  const [Icon, colour] = ICON[outcome];
  return <Icon className={small ? `mark mark--small ${colour}` : `mark ${colour}`} aria-label={t(OUTCOMES[outcome])} />;
};

export const Timeline = ({ boot }: { readonly boot: BootView }) => (
  <ol className="timeline">
    {boot.stages.map((s) => (
      <li key={s.name} className={`stage stage--${s.outcome}`}>
        <div className="stage__head">
          <Mark outcome={s.outcome} />
          <h2>{s.name}</h2>
        </div>
        {s.events.length > 0 && (
          <ul>
            {s.events.map((e, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: events have no name, and the list is replaced as a whole
              <li key={i}>
                <Mark outcome={e.outcome} small />
                <span>{e.says}</span>
              </li>
            ))}
          </ul>
        )}
      </li>
    ))}
  </ol>
);
