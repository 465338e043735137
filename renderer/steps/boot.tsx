/** Step 7: the guest on a simulated machine. */
import { CheckmarkFilled, CircleDash, ErrorFilled, InformationFilled } from '@carbon/icons-react';
import { Button, InlineNotification, Select, SelectItem } from '@carbon/react';
import { useState } from 'react';
import type { ProjectView } from '../../electron/contract.ts';
import { useStore } from '../store.ts';

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

const Timeline = ({ boot }: { readonly boot: NonNullable<ProjectView['boot']> }) => (
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

export const BootStep = () => {
  const view = useStore((s) => s.view) as ProjectView;
  const change = useStore((s) => s.change);
  const go = useStore((s) => s.go);
  const busy = useStore((s) => s.busy);
  const [host, setHost] = useState('');
  const chosen = host || view.hosts[0] || '';
  if (!view.bundle) return <p>Generate the bundle first.</p>;
  return (
    <>
      {view.hosts.length === 0 ? (
        <InlineNotification
          kind="info"
          lowContrast
          hideCloseButton
          title="There is no simulated machine for these host keys."
          subtitle="A real host key opens only inside the real machine. Rehearse with the sample tenant, or go on: the report of the real guest is judged in the next step."
        />
      ) : (
        <section className="row">
          <Select id="host" labelText="Simulated machine" value={chosen} onChange={(e) => setHost(e.target.value)}>
            {view.hosts.map((h) => (
              <SelectItem key={h} value={h} text={h} />
            ))}
          </Select>
          <Button
            size="md"
            disabled={busy !== undefined}
            onClick={() => void change('boot.run', { name: chosen }, 'Starting the guest')}
          >
            {view.boot ? 'Start again' : 'Start the guest'}
          </Button>
        </section>
      )}
      {view.boot && (
        <>
          {view.boot.booted ? (
            <InlineNotification
              kind="success"
              lowContrast
              hideCloseButton
              title={`The guest is up on ${view.boot.host}.`}
              subtitle={
                view.boot.hasReport
                  ? 'It has written its retrieval report: the next step judges it.'
                  : 'It has written no report.'
              }
            />
          ) : (
            <InlineNotification
              kind="error"
              lowContrast
              hideCloseButton
              title={`The guest powered off at: ${view.boot.stoppedAt}.`}
              subtitle="A real guest would stop at the same place."
            />
          )}
          <Timeline boot={view.boot} />
          {view.boot.hasReport && (
            <Button kind="tertiary" onClick={() => go('verify')}>
              Judge its report
            </Button>
          )}
        </>
      )}
    </>
  );
};
