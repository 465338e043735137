/** The boot of a guest, stage by stage: what happened, what the ultravisor answered, where it stopped. */
import { CheckmarkFilled, CircleDash, ErrorFilled, InformationFilled } from '@carbon/icons-react';
import type { ProjectView } from '../../electron/contract.ts';

export type BootView = NonNullable<ProjectView['boot']>;

const STAGE = {
  ok: <CheckmarkFilled className="mark mark--good" aria-label="Done" />,
  failed: <ErrorFilled className="mark mark--bad" aria-label="Failed" />,
  'not-reached': <CircleDash className="mark mark--quiet" aria-label="Not reached" />,
} as const;
const EVENT = {
  ok: <CheckmarkFilled className="mark mark--small mark--good" aria-label="Done" />,
  failed: <ErrorFilled className="mark mark--small mark--bad" aria-label="Failed" />,
  note: <InformationFilled className="mark mark--small mark--quiet" aria-label="Note" />,
} as const;

export const Timeline = ({ boot }: { readonly boot: BootView }) => (
  <ol className="timeline">
    {boot.stages.map((s) => (
      <li key={s.name} className={`stage stage--${s.outcome}`}>
        <div className="stage__head">
          {STAGE[s.outcome]}
          <h2>{s.name}</h2>
        </div>
        {s.events.length > 0 && (
          <ul>
            {s.events.map((e, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: events have no name, and the list is replaced as a whole
              <li key={i}>
                {EVENT[e.outcome]}
                <span>{e.says}</span>
              </li>
            ))}
          </ul>
        )}
      </li>
    ))}
  </ol>
);
