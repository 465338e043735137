/** For many guests at once: a table, a plan, and the bundles as they are made. It can be left and come back to; it goes on meanwhile. */
import { Button, InlineNotification, ProgressBar } from '@carbon/react';
import { useCallback, useEffect, useState } from 'react';
import type { FleetView } from '../../electron/contract.ts';
import { call } from '../bridge.ts';
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
      <h2>The open project has not all that a fleet needs</h2>
      {lacks.map((l) => (
        <div key={l.says} className="offer">
          <span>{l.says}</span>
          <Button size="sm" kind="tertiary" onClick={() => go(l.step)}>
            {`Go to ${stepWords(l.step).name}`}
          </Button>
        </div>
      ))}
    </section>
  );
};

const TableCard = ({ table }: { readonly table: Table }) => (
  <section className="card" aria-label="The table">
    <h2>{table.file}</h2>
    {table.problem ? (
      <InlineNotification
        kind="error"
        title={table.problem.what}
        subtitle={table.problem.todo ?? 'Mend the table and drop it again.'}
        lowContrast
        hideCloseButton
      />
    ) : (
      <>
        <p>
          {table.guests === 1 ? 'One guest: ' : `${table.guests} guests: `}
          {table.first.slice(0, 8).join(', ')}
          {table.guests > 8 ? ` and ${table.guests - Math.min(8, table.first.length)} more.` : '.'}
        </p>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Secret or entry</th>
              <th scope="col">Its value is</th>
              <th scope="col">Guests with another source</th>
            </tr>
          </thead>
          <tbody>
            {table.values.map((v) => (
              <tr key={v.name}>
                <th scope="row">{v.name}</th>
                <td>{v.says}</td>
                <td>{v.own === 0 ? 'none' : v.own}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </>
    )}
  </section>
);

const planSays = ({ total, before }: Plan): string => {
  const guests = total === 1 ? 'One guest' : `${total} guests`;
  if (before === 0) return `${guests}: nothing is made yet.`;
  return before === total
    ? `${guests}: every bundle is made.`
    : `${guests}: ${before} are made already, ${total - before} are left.`;
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
          <p>{plan.missingCount === 1 ? 'One file is missing:' : `${plan.missingCount} files are missing:`}</p>
          <ul className="plain">
            {plan.missing.map((m) => (
              <li key={`${m.guest} ${m.path}`}>
                Line {m.line}, {m.guest}: <code>{m.path}</code>
              </li>
            ))}
          </ul>
          {plan.missingCount > plan.missing.length && <p>And {plan.missingCount - plan.missing.length} more.</p>}
        </>
      )}
      {plan.missingCount === 0 && left > 0 && (
        <Button size="md" disabled={busy !== undefined} onClick={onStart}>
          {plan.before > 0 ? `Make the remaining ${left}` : left === 1 ? 'Make the bundle' : `Make ${left} bundles`}
        </Button>
      )}
    </div>
  );
};

const STATES: Record<Run['state'], string> = {
  preparing: 'Looking at what is there',
  running: 'Making bundles',
  cancelling: 'Finishing the guests at hand',
  done: 'All bundles are made',
  incomplete: 'Not all bundles are made',
  broken: 'The fleet stopped',
};

const BARS = {
  preparing: 'active',
  running: 'active',
  cancelling: 'active',
  done: 'finished',
  incomplete: 'error',
  broken: 'error',
} as const;

const endSays = (run: Run): string =>
  `${run.before + run.made} of ${run.total} bundles are in ${run.output}. ${run.made} were made now, in ${run.elapsed}.`;

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
    <section className="card" aria-label="The fleet">
      <div role="status">
        <h2>{STATES[run.state]}</h2>
      </div>
      <ProgressBar
        label={`Policy ${run.policy}`}
        helperText={`${ready} of ${run.total} made`}
        value={ready}
        max={run.total}
        status={BARS[run.state]}
      />
      {active ? (
        <Facts
          rows={[
            ['Rate', run.rate === null ? 'not known yet' : `${run.rate.toFixed(1)} guests a second`],
            ['Remaining', run.remaining ?? 'not known yet'],
            ['Since the start', run.elapsed],
            ['Made before', String(run.before)],
            ['Failed', String(run.failed)],
            ['At hand', run.atHand.length === 0 ? 'none' : run.atHand.join(', ')],
          ]}
        />
      ) : (
        <p>{endSays(run)}</p>
      )}
      {run.problem && (
        <InlineNotification kind="error" title={run.problem.what} subtitle={run.problem.todo ?? ''} lowContrast hideCloseButton />
      )}
      {run.failures.length > 0 && (
        <>
          <h3>{run.failed === 1 ? 'One guest could not be made' : `${run.failed} guests could not be made`}</h3>
          <ul className="plain">
            {run.failures.map((f) => (
              <li key={f.guest}>
                Line {f.line}, {f.guest}: {f.says}
              </li>
            ))}
          </ul>
          {run.failed > run.failures.length && <p>And {run.failed - run.failures.length} more.</p>}
        </>
      )}
      {run.state === 'done' && (
        <p>
          What you need to check the report of a guest is in its own directory of <code>{run.values}</code>, with the values that
          were made.
        </p>
      )}
      <div className="buttons">
        {active && (
          <Button size="md" kind="danger--tertiary" disabled={run.state === 'cancelling'} onClick={onCancel}>
            Stop
          </Button>
        )}
        {!active && run.state !== 'done' && (
          <Button size="md" disabled={busy !== undefined} onClick={onGoOn}>
            Go on
          </Button>
        )}
        {active && <span className="quiet">What is made stays made. A fleet that was stopped goes on where it stopped.</span>}
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
      <h2>Where values are, and where bundles go</h2>
      <PlaceField
        label="Directory of values"
        help="One directory a guest, and common/ for all of them. New values and the records are kept there, readable by you alone."
        path={values}
        onPath={setValues}
      />
      <PlaceField
        label="Directory of bundles"
        help="A new one, or that of an earlier run, which then goes on."
        path={output}
        onPath={setOutput}
      />
      {fleet.findings.length > 0 && <Findings findings={fleet.findings} />}
      <div className="buttons">
        <Button
          size="md"
          kind={plan ? 'tertiary' : 'primary'}
          disabled={bad || busy !== undefined || places.values === '' || places.output === ''}
          onClick={() => void tell('fleet.plan', places, 'Looking at what is there')}
        >
          See what would be done
        </Button>
        {busy && <span className="quiet">{busy}</span>}
      </div>
      {plan && <PlanView plan={plan} onStart={() => void tell('fleet.start', places, 'Starting')} />}
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
          onCancel={() => void tell('fleet.cancel', {}, 'Stopping')}
          onGoOn={() => void tell('fleet.start', { values: run.values, output: run.output }, 'Starting')}
        />
      )}
      {!locked && !ready && <Lacks lacks={fleet.lacks} />}
      {ready && !active && (
        <>
          <p className="quiet">
            {fleet.hostKeys === 1
              ? `With policy ${fleet.policy}, the image and the host key of the open project.`
              : `With policy ${fleet.policy}, the image and the ${fleet.hostKeys} host keys of the open project.`}
          </p>
          <DropZone
            label="Drop the table of guests here"
            hint="CSV with the column guest, or YAML. A table says where values come from, and never holds one."
            button="Choose a table"
            accept=".csv,.yaml,.yml"
            onFiles={async ([file]) => {
              if (file) await tell('fleet.table', await readOne(file, TABLE_MAX), 'Reading the table');
            }}
          />
          {fleet.table && <TableCard table={fleet.table} />}
          {fleet.table && fleet.table.problem === null && <Order fleet={fleet} tell={tell} />}
        </>
      )}
    </>
  );
};
