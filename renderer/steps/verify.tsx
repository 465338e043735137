/** Step 8: the verdict on a report. */
import { CheckmarkFilled, CircleDash, ErrorFilled, HelpFilled, SubtractFilled } from '@carbon/icons-react';
import { Button, Tag } from '@carbon/react';
import type { ProjectView } from '../../electron/contract.ts';
import { instantText, t } from '../../words/language.ts';
import { Notice } from '../components/carbon.tsx';
import { DropZone } from '../components/drop-zone.tsx';
import { CopyButton, Facts, Hash } from '../components/facts.tsx';
import { Place } from '../components/place.tsx';
import { readOne } from '../files.ts';
import { useStore } from '../store.ts';

type VerdictView = NonNullable<ProjectView['verdict']>;
type CheckView = VerdictView['checks'][number];

const REPORT_MAX = 1024 * 1024;

const ICON: Record<CheckView['outcome'], React.ReactNode> = {
  passed: <CheckmarkFilled className="mark mark--good" aria-hidden />,
  failed: <ErrorFilled className="mark mark--bad" aria-hidden />,
  'not-checked': <CircleDash className="mark mark--quiet" aria-hidden />,
  'not-needed': <SubtractFilled className="mark mark--quiet" aria-hidden />,
  question: <HelpFilled className="mark mark--warn" aria-hidden />,
};

const CLASS_TYPE = { C: 'blue', D: 'teal', I: 'gray' } as const;

const shown = (value: string | null) =>
  value !== null && /^[0-9a-f]{32,}$/.test(value) ? <Hash value={value} what={t('value')} short /> : (value ?? '');

const Checks = ({ verdict }: { readonly verdict: VerdictView }) => (
  <table className="table">
    <thead>
      <tr>
        <th scope="col">{t('Point')}</th>
        <th scope="col">{t('Outcome')}</th>
        <th scope="col">{t('Evidence')}</th>
        <th scope="col">{t('Expected')}</th>
        <th scope="col">{t('Found')}</th>
      </tr>
    </thead>
    <tbody>
      {verdict.checks.map((c) => (
        <tr key={c.id} className={c.outcome === 'failed' ? 'table__bad' : ''}>
          <td>
            <span className="finding__rule">{c.id}</span> {c.about}
            {c.failure && <div className="card__reason">{c.failure}</div>}
          </td>
          <td className="nowrap">
            {ICON[c.outcome]} {c.outcomeName}
          </td>
          <td>
            <Tag size="sm" type={CLASS_TYPE[c.class]}>
              {c.className}
            </Tag>
          </td>
          <td>{shown(c.expected)}</td>
          <td>{shown(c.found)}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

const Grade = ({ verdict: v }: { readonly verdict: VerdictView }) => (
  <section className={`grade grade--${v.grade}`} aria-label={t('Verdict')}>
    <div className="grade__name">{v.gradeName}</div>
    <div>
      <p>{v.says}</p>
      {v.rehearsal && (
        <p className="grade__note">{t('This is a rehearsal: the guest was simulated. It says nothing about a real machine.')}</p>
      )}
      {v.unverifiedHostKeys > 0 && (
        <p className="grade__note">
          {t('{n, plural, one {# host key was} other {# host keys were}} used without verification.', {
            n: v.unverifiedHostKeys,
          })}
        </p>
      )}
      {v.reasons.length > 0 && (
        <ul className="grade__reasons">
          {v.reasons.map((r) => (
            <li key={r}>{r}</li>
          ))}
        </ul>
      )}
      {v.diagnosis && <p className="grade__note">{v.diagnosis}</p>}
    </div>
  </section>
);

const Judged = ({ verdict }: { readonly verdict: VerdictView }) => {
  const home = useStore((s) => s.view?.home) ?? '';
  const ask = useStore((s) => s.ask);
  const say = useStore((s) => s.say);
  const save = async (path: string): Promise<void> => {
    const answer = await ask('verdict.save', { path }, t('Saving the verdict'));
    if (answer) say(t('{files} are in {path}.', { files: answer.files.join(', '), path: answer.path }));
  };
  return (
    <>
      <Grade verdict={verdict} />
      {!verdict.ownRecord && (
        <Notice
          kind="warning"
          title={t('Your own record of this bundle was not found.')}
          subtitle={t('Its keys are needed for the cryptographic checks.')}
        />
      )}
      <Facts
        rows={[
          [t('Report'), verdict.file],
          [t('Bundle'), verdict.bundle],
          [t('Judged'), instantText(verdict.time)],
          [t('SHA-256 of the report'), <Hash key="hash" value={verdict.reportSha256} what={t('hash of the report')} />],
        ]}
      />
      <section>
        <div className="section__head">
          <h2>{t('Point by point')}</h2>
          <CopyButton text={verdict.asText} what={t('verdict as text')} />
        </div>
        <Checks verdict={verdict} />
      </section>
      <section>
        <h2>{t('What no report shows')}</h2>
        <ul className="plain">
          {verdict.unproven.map((u) => (
            <li key={u}>{u}</li>
          ))}
        </ul>
      </section>
      <section className="card">
        <h2>{t('Keep the verdict')}</h2>
        <Place
          label={t('Directory for the verdict')}
          help={t('It must not exist yet. It gets the verdict as PDF, HTML, text and JSON; no secret is in them.')}
          suggested={`${home}/verdict-${verdict.reportSha256.slice(0, 8)}`}
          button={t('Save the verdict')}
          onSave={(path) => void save(path)}
        />
      </section>
    </>
  );
};

export const VerifyStep = () => {
  const view = useStore((s) => s.view) as ProjectView;
  const change = useStore((s) => s.change);
  const busy = useStore((s) => s.busy);
  return (
    <>
      <DropZone
        label={t('Drop the retrieval report of the guest here')}
        hint={t(
          'The file retrieval-report.json that the guest wrote. A report of an earlier bundle is compared with your record of it.',
        )}
        button={t('Choose a report')}
        accept=".json"
        onFiles={async ([file]) => {
          if (file) await change('report.load', await readOne(file, REPORT_MAX), t('Judging the report'));
        }}
      />
      {view.boot?.hasReport && !view.verdict && (
        <section className="offer">
          <p>{t('The simulated guest on {host} has written a report.', { host: view.boot.host })}</p>
          <Button disabled={busy !== undefined} onClick={() => void change('report.simulated', {}, t('Judging the report'))}>
            {t('Judge the report of the simulated guest')}
          </Button>
        </section>
      )}
      {view.verdict && <Judged verdict={view.verdict} />}
    </>
  );
};
