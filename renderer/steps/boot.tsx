/** Step 7: the guest on a simulated machine. */
import { Button, Select, SelectItem } from '@carbon/react';
import { useState } from 'react';
import type { ProjectView } from '../../electron/contract.ts';
import { t } from '../../words/language.ts';
import { Notice } from '../components/carbon.tsx';
import { Timeline } from '../components/timeline.tsx';
import { useStore } from '../store.ts';
import { Lab } from './lab.tsx';

export const BootStep = () => {
  const view = useStore((s) => s.view) as ProjectView;
  const change = useStore((s) => s.change);
  const go = useStore((s) => s.go);
  const busy = useStore((s) => s.busy);
  const [host, setHost] = useState('');
  const chosen = host || view.hosts[0] || '';
  if (!view.bundle) return <p>{t('Generate the bundle first.')}</p>;
  return (
    <>
      {view.hosts.length === 0 ? (
        <Notice
          kind="info"
          title={t('There is no simulated machine for these host keys.')}
          subtitle={t(
            'A real host key opens only inside the real machine. Rehearse with the sample tenant, or go on: the report of the real guest is judged in the next step.',
          )}
        />
      ) : (
        <section className="row">
          <Select id="host" labelText={t('Simulated machine')} value={chosen} onChange={(e) => setHost(e.target.value)}>
            {view.hosts.map((h) => (
              <SelectItem key={h} value={h} text={h} />
            ))}
          </Select>
          <Button
            size="md"
            disabled={busy !== undefined}
            onClick={() => void change('boot.run', { name: chosen }, t('Starting the guest'))}
          >
            {view.boot ? t('Start again') : t('Start the guest')}
          </Button>
        </section>
      )}
      {view.boot && (
        <>
          {view.boot.booted ? (
            <Notice
              kind="success"
              title={t('The guest is up on {host}.', { host: view.boot.host })}
              subtitle={
                view.boot.hasReport
                  ? t('It has written its retrieval report: the next step judges it.')
                  : t('It has written no report.')
              }
            />
          ) : (
            <Notice
              kind="error"
              title={t('The guest powered off at: {stage}.', { stage: view.boot.stoppedAt ?? '' })}
              subtitle={t('A real guest would stop at the same place.')}
            />
          )}
          <Timeline boot={view.boot} />
          {view.boot.hasReport && (
            <Button kind="tertiary" onClick={() => go('verify')}>
              {t('Judge its report')}
            </Button>
          )}
        </>
      )}
      {chosen !== '' && <Lab host={chosen} />}
    </>
  );
};
