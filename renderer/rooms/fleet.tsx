/** For many guests at once: a table, a plan, and the bundles as they are made. It can be left and come back to; it goes on meanwhile. */
import { Button, ProgressBar } from '@carbon/react';
import { useCallback, useEffect, useState } from 'react';
import type { FleetView } from '../../electron/contract.ts';
import { language, said, t } from '../../words/language.ts';
import { call } from '../bridge.ts';
import { Notice } from '../components/carbon.tsx';
import { DropZone } from '../components/drop-zone.tsx';
import { Facts } from '../components/facts.tsx';
import { Findings } from '../components/findings.tsx';
import { PlaceField } from '../components/place.tsx';
import { readOne } from '../files.ts';
import { stepWords } from '../steps.ts';
import { useStore } from '../store.ts';

/** Largest table that is read, in bytes. */
const TABLE_MAX = 8 * 1024 * 1024;
/** Milliseconds between two looks at a fleet that is being made. */
const LOOK = 500;

type Table = NonNullable<FleetView['table']>;
type Plan = NonNullable<FleetView['plan']>;
type Run = NonNullable<FleetView['run']>;

const isActive = (run: FleetView['run']): boolean =>
  run?.state === 'preparing' || run?.state === 'running' || run?.state === 'cancelling';

/** What the open project lacks, each with the way to it. */
const Lacks = ({ lacks }: { readonly lacks: FleetView['lacks'] }) => {
  const go = useStore((s) => s.go);
  return (
    <section className="card">
      <h2>{t('The open project has not all that a fleet needs')}</h2>
      {lacks.map((l) => (
        <div key={l.says} className="offer">
          <span>{l.says}</span>
          <Button size="sm" kind="tertiary" onClick={() => go(l.step)}>
            {t('Go to {step}', { step: stepWords(l.step).name })}
          </Button>
        </div>
      ))}
    </section>
  );
};

const guestsSay = ({ guests: n, first }: Table): string => {
  const names = first.slice(0, 8).join(', ');
  if (n <= 8) return t('{n, plural, one {One guest} other {{n} guests}}: {names}.', { n, names });
  return t('{n} guests: {names} and {more} more.', { n, names, more: n - Math.min(8, first.length) });
};

const TableCard = ({ table }: { readonly table: Table }) => (
  <section className="card" aria-label={t('The table')}>
    <h2>{table.file}</h2>
    {table.problem ? (
      <Notice kind="error" title={table.problem.what} subtitle={table.problem.todo ?? t('Mend the table and drop it again.')} />
    ) : (
      <>
        <p>{guestsSay(table)}</p>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('Secret or entry')}</th>
              <th scope="col">{t('Its value is')}</th>
              <th scope="col">{t('Guests with another source')}</th>
            </tr>
          </thead>
          <tbody>
            {table.values.map((v) => (
              <tr key={v.name}>
                <th scope="row">{v.name}</th>
                <td>{v.says}</td>
                <td>{t('{n, plural, =0 {none} other {{n}}}', { n: v.own })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </>
    )}
  </section>
);

const planSays = ({ total, before }: Plan): string => {
  if (before === 0) return t('{total, plural, one {One guest} other {{total} guests}}: nothing is made yet.', { total });
  return before === total
    ? t('{total, plural, one {One guest} other {{total} guests}}: every bundle is made.', { total })
    : t('{total} guests: {before} are made already, {left} are left.', { total, before, left: total - before });
};

const PlanView = ({ plan, onStart }: { readonly plan: Plan; readonly onStart: () => void }) => {
  const busy = useStore((s) => s.busy);
  const left = plan.total - plan.before;
  return (
    <div className="stack" role="status">
      <p>
        <strong>{planSays(plan)}</strong>
      </p>
      {plan.missingCount > 0 && (
        <>
          <p>{t('{n, plural, one {One file is} other {{n} files are}} missing:', { n: plan.missingCount })}</p>
          <ul className="plain">
            {plan.missing.map((m) => (
              <li key={`${m.guest} ${m.path}`}>
                {t('Line {line}, {guest}:', { line: m.line, guest: m.guest })} <code>{m.path}</code>
              </li>
            ))}
          </ul>
          {plan.missingCount > plan.missing.length && <p>{t('And {n} more.', { n: plan.missingCount - plan.missing.length })}</p>}
        </>
      )}
      {plan.missingCount === 0 && left > 0 && (
        <Button size="md" disabled={busy !== undefined} onClick={onStart}>
          {plan.before > 0
            ? t('Make the remaining {left}', { left })
            : left === 1
              ? t('Make the bundle')
              : t('Make {left} bundles', { left })}
        </Button>
      )}
    </div>
  );
};

const STATES: Record<Run['state'], string> = said({
  preparing: 'Looking at what is there',
  running: 'Making bundles',
  cancelling: 'Finishing the guests at hand',
  done: 'All bundles are made',
  incomplete: 'Not all bundles are made',
  broken: 'The fleet stopped',
});

const BARS = {
  preparing: 'active',
  running: 'active',
  cancelling: 'active',
  done: 'finished',
  incomplete: 'error',
  broken: 'error',
} as const;

const endSays = (run: Run): string =>
  t('{ready} of {total} bundles are in {output}. {made, plural, one {# was} other {# were}} made now, in {elapsed}.', {
    ready: run.before + run.made,
    total: run.total,
    output: run.output,
    made: run.made,
    elapsed: run.elapsed,
  });

/** With one digit behind the point, or the comma. */
const rateSays = (rate: number): string =>
  t('{rate} guests a second', {
    rate: rate.toLocaleString(language(), { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false }),
  });

const RunCard = ({
  run,
  onGoOn,
  onCancel,
}: {
  readonly run: Run;
  readonly onGoOn: () => void;
  readonly onCancel: () => void;
}) => {
  const busy = useStore((s) => s.busy);
  const active = isActive(run);
  const ready = run.before + run.made;
  return (
    <section className="card" aria-label={t('The fleet')}>
      <div role="status">
        <h2>{t(STATES[run.state])}</h2>
      </div>
      <ProgressBar
        label={t('Policy {name}', { name: run.policy })}
        helperText={t('{ready} of {total} made', { ready, total: run.total })}
        value={ready}
        max={run.total}
        status={BARS[run.state]}
      />
      {active ? (
        <Facts
          rows={[
            [t('Rate'), run.rate === null ? t('not known yet') : rateSays(run.rate)],
            [t('Remaining'), run.remaining ?? t('not known yet')],
            [t('Since the start'), run.elapsed],
            [t('Made before'), String(run.before)],
            [t('Not made'), String(run.failed)],
            [t('At hand'), run.atHand.length === 0 ? t('none') : run.atHand.join(', ')],
          ]}
        />
      ) : (
        <p>{endSays(run)}</p>
      )}
      {run.problem && <Notice kind="error" title={run.problem.what} subtitle={run.problem.todo ?? ''} />}
      {run.failures.length > 0 && (
        <>
          <h3>{t('{n, plural, one {One guest} other {{n} guests}} could not be made', { n: run.failed })}</h3>
          <ul className="plain">
            {run.failures.map((f) => (
              <li key={f.guest}>
                {t('Line {line}, {guest}:', { line: f.line, guest: f.guest })} {f.says}
              </li>
            ))}
          </ul>
          {run.failed > run.failures.length && <p>{t('And {n} more.', { n: run.failed - run.failures.length })}</p>}
        </>
      )}
      {run.state === 'done' && (
        <p>
          {t(
            'What you need to check the report of a guest is in its own directory of {values}, with the values that were made.',
            { values: run.values },
          )}
        </p>
      )}
      <div className="buttons">
        {active && (
          <Button size="md" kind="danger--tertiary" disabled={run.state === 'cancelling'} onClick={onCancel}>
            {t('Stop')}
          </Button>
        )}
        {!active && run.state !== 'done' && (
          <Button size="md" disabled={busy !== undefined} onClick={onGoOn}>
            {t('Go on')}
          </Button>
        )}
        {active && (
          <span className="quiet">{t('What is made stays made. A fleet that was stopped goes on where it stopped.')}</span>
        )}
      </div>
    </section>
  );
};

/** The fleet as the main side has it; looked at again and again while one is being made. */
const useFleet = () => {
  const ask = useStore((s) => s.ask);
  const [fleet, setFleet] = useState<FleetView>();
  const active = isActive(fleet?.run ?? null);
  useEffect(() => {
    // what was said before stays where it is: this question is the window's own
    const look = (): Promise<void> => call('fleet.view', {}).then(setFleet, () => undefined);
    void look();
    if (!active) return undefined;
    const timer = setInterval(() => void look(), LOOK);
    return () => clearInterval(timer);
  }, [active]);
  const tell = useCallback(
    async <C extends 'fleet.table' | 'fleet.plan' | 'fleet.start' | 'fleet.cancel'>(
      channel: C,
      args: Parameters<typeof call<C>>[1],
      busy: string,
    ): Promise<void> => {
      const view = await ask(channel, args, busy);
      if (view) setFleet(view as FleetView);
    },
    [ask],
  );
  return { fleet, active, tell };
};

const Order = ({ fleet, tell }: { readonly fleet: FleetView; readonly tell: ReturnType<typeof useFleet>['tell'] }) => {
  const busy = useStore((s) => s.busy);
  const last = fleet.plan ?? fleet.run ?? fleet.suggested;
  const [values, setValues] = useState(last.values);
  const [output, setOutput] = useState(last.output);
  const places = { values: values.trim(), output: output.trim() };
  const plan = fleet.plan?.values === places.values && fleet.plan.output === places.output ? fleet.plan : undefined;
  const bad = fleet.findings.some((f) => f.severity === 'error');
  return (
    <section className="card">
      <h2>{t('Where values are, and where bundles go')}</h2>
      <PlaceField
        label={t('Directory of values')}
        help={t(
          'One directory a guest, and common/ for all of them. New values and the records are kept there, readable by you alone.',
        )}
        path={values}
        onPath={setValues}
      />
      <PlaceField
        label={t('Directory of bundles')}
        help={t('A new one, or that of an earlier run, which then goes on.')}
        path={output}
        onPath={setOutput}
      />
      {fleet.findings.length > 0 && <Findings findings={fleet.findings} />}
      <div className="buttons">
        <Button
          size="md"
          kind={plan ? 'tertiary' : 'primary'}
          disabled={bad || busy !== undefined || places.values === '' || places.output === ''}
          onClick={() => void tell('fleet.plan', places, t('Looking at what is there'))}
        >
          {t('See what would be done')}
        </Button>
        {busy && <span className="quiet">{busy}</span>}
      </div>
      {plan && <PlanView plan={plan} onStart={() => void tell('fleet.start', places, t('Starting'))} />}
    </section>
  );
};

export const FleetRoom = ({ locked }: { readonly locked: boolean }) => {
  const { fleet, active, tell } = useFleet();
  if (fleet === undefined) return null;
  const { run } = fleet;
  const ready = !locked && fleet.lacks.length === 0;
  return (
    <>
      {run && (
        <RunCard
          run={run}
          onCancel={() => void tell('fleet.cancel', {}, t('Stopping'))}
          onGoOn={() => void tell('fleet.start', { values: run.values, output: run.output }, t('Starting'))}
        />
      )}
      {!locked && !ready && <Lacks lacks={fleet.lacks} />}
      {ready && !active && (
        <>
          <p className="quiet">
            {fleet.hostKeys === 1
              ? t('With policy {policy}, the image and the host key of the open project.', { policy: fleet.policy ?? '' })
              : t('With policy {policy}, the image and the {n} host keys of the open project.', {
                  policy: fleet.policy ?? '',
                  n: fleet.hostKeys,
                })}
          </p>
          <DropZone
            label={t('Drop the table of guests here')}
            hint={t('CSV with the column guest, or YAML. A table says where values come from, and never holds one.')}
            button={t('Choose a table')}
            accept=".csv,.yaml,.yml"
            onFiles={async ([file]) => {
              if (file) await tell('fleet.table', await readOne(file, TABLE_MAX), t('Reading the table'));
            }}
          />
          {fleet.table && <TableCard table={fleet.table} />}
          {fleet.table && fleet.table.problem === null && <Order fleet={fleet} tell={tell} />}
        </>
      )}
    </>
  );
};
