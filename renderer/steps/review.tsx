/** Step 5: the complete list, what the rules say, and the making of the bundle. */
import { Button, ProgressBar, Tag, TextInput } from '@carbon/react';
import { useEffect, useState } from 'react';
import type { ProjectView } from '../../electron/contract.ts';
import { instantText, t } from '../../words/language.ts';
import { call } from '../bridge.ts';
import { CopyButton, Facts, Hash } from '../components/facts.tsx';
import { Findings } from '../components/findings.tsx';
import { useStore } from '../store.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const Order = ({ rows }: { readonly rows: ProjectView['planned'] }) => (
  <table className="table">
    <thead>
      <tr>
        <th scope="col">#</th>
        <th scope="col">{t('Request')}</th>
        <th scope="col">{t('What it carries, and where it goes')}</th>
        <th scope="col">{t('Tag')}</th>
      </tr>
    </thead>
    <tbody>
      {rows.map((r, i) => (
        <tr key={r.file}>
          <td>{i + 1}</td>
          <td>
            <code>{r.file}</code>
          </td>
          <td>
            {r.carries}
            {r.goesTo && <p className="quiet">{r.goesTo}.</p>}
          </td>
          <td>
            {r.tag ? (
              <Hash value={r.tag} what={t('tag of {file}', { file: r.file })} />
            ) : (
              <span className="quiet">{t('not made yet')}</span>
            )}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** What travels in the manifest: anybody can read it, nobody can change it unseen. */
const Publics = ({ entries }: { readonly entries: ProjectView['publics'] }) =>
  entries.length === 0 ? null : (
    <section>
      <h2>{t('Not secret, in the manifest')}</h2>
      <Facts rows={entries.map((p) => [p.name, `${p.purpose}. ${p.goesTo}.`])} />
    </section>
  );

/** Asks how far it is while requests are made. */
const useProgress = (running: boolean) => {
  const [step, setStep] = useState({ done: 0, total: 0, file: '' });
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => {
      // a poll that fails is not worth a message: the next one tells, or the work is done
      call('bundle.progress', {}).then(setStep, () => undefined);
    }, 100);
    return () => clearInterval(timer);
  }, [running]);
  return step;
};

const Generate = () => {
  const view = useStore((s) => s.view) as ProjectView;
  const change = useStore((s) => s.change);
  const busy = useStore((s) => s.busy);
  const [name, setName] = useState(view.bundle?.name ?? view.policy?.name ?? 'guest');
  const [running, setRunning] = useState(false);
  const step = useProgress(running);
  const ready =
    view.lacks.secrets.length === 0 &&
    view.lacks['host-keys'].length === 0 &&
    view.lacks.image.length === 0 &&
    view.lacks.policy.length === 0;
  const broken = view.risks.some((r) => r.severity === 'error');
  const generate = async (): Promise<void> => {
    setRunning(true);
    await change('bundle.generate', { name }, t('Making the requests'));
    setRunning(false);
  };
  if (running)
    return (
      <section className="card">
        <ProgressBar
          label={t('Making the requests')}
          helperText={step.total > 0 ? t('{done} of {total}: {file}', step) : t('Starting')}
          value={step.done}
          max={Math.max(1, step.total)}
        />
        <Button kind="danger--tertiary" size="md" onClick={() => void call('bundle.cancel', {})}>
          {t('Cancel')}
        </Button>
      </section>
    );
  return (
    <section className="row">
      <TextInput
        id="guest-name"
        labelText={t('Name of the guest')}
        helperText={t('Letters, digits, dot, dash and underscore. It stands in the bundle and in the report.')}
        value={name}
        invalid={!NAME.test(name)}
        invalidText={t('1 to 64 letters, digits, dot, dash or underscore, the first a letter or digit.')}
        onChange={(e) => setName(e.target.value)}
        spellCheck={false}
      />
      <Button
        size="md"
        kind={view.bundle ? 'tertiary' : 'primary'}
        disabled={!ready || broken || !NAME.test(name) || busy !== undefined}
        onClick={() => void generate()}
      >
        {view.bundle ? t('Generate again') : t('Generate the bundle')}
      </Button>
    </section>
  );
};

const Made = ({ bundle }: { readonly bundle: NonNullable<ProjectView['bundle']> }) => {
  const speaking = bundle.findings.filter((f) => f.severity !== 'ok');
  return (
    <>
      <section className="card">
        <div className="card__head">
          <h2>{t('{name}, number {serial}', { name: bundle.name, serial: bundle.serial })}</h2>
          <Tag size="sm" type="green">
            {t('complete')}
          </Tag>
        </div>
        <Facts
          rows={[
            [t('Made'), instantText(bundle.created)],
            [t('Bundle id'), <code key="id">{bundle.id}</code>],
            [t('SHA-256 of toc.pol'), <Hash key="toc" value={bundle.tocPolSha256} what={t('hash of toc.pol')} />],
            ...(bundle.manifestSha256 === null
              ? []
              : [
                  [
                    t('SHA-256 of manifest.pol'),
                    <Hash key="manifest" value={bundle.manifestSha256} what={t('hash of manifest.pol')} />,
                  ] as const,
                ]),
            [
              bundle.locked ? t('Secret-store hash, locked') : t('Secret-store hash, not locked'),
              <Hash key="store" value={bundle.storeHash} what={t('secret-store hash')} />,
            ],
          ]}
        />
        <p className="quiet">
          {t('The secret-store hash is what a genuine machine will attest when exactly this list arrived, in this order.')}
        </p>
      </section>
      <section>
        <h2>{t('Check of the bundle')}</h2>
        <Findings findings={speaking} />
        <details className="fold">
          <summary>{t('{n} more rules are in order', { n: bundle.findings.length - speaking.length })}</summary>
          <Findings findings={bundle.findings.filter((f) => f.severity === 'ok')} />
        </details>
      </section>
    </>
  );
};

/** The same by hand, for whoever wants to see or to repeat it. */
const Commands = ({ commands }: { readonly commands: ProjectView['commands'] }) =>
  commands.length === 0 ? null : (
    <details className="fold">
      <summary>{t('The same with the reference tools, as commands')}</summary>
      {commands.map((c) => (
        <section key={c.title} className="commands">
          <div className="section__head">
            <h3>{c.title}</h3>
            <CopyButton text={c.text} what={t('commands: {title}', { title: c.title })} />
          </div>
          <p>
            {c.says} <span className="quiet">{t('Basis: {basis}.', { basis: c.basis })}</span>
          </p>
          <pre className="text" lang="en">
            {c.text}
          </pre>
        </section>
      ))}
    </details>
  );

export const ReviewStep = () => {
  const view = useStore((s) => s.view) as ProjectView;
  const { bundle } = view;
  const rows = bundle?.order ?? view.planned;
  return (
    <>
      <section className="row row--facts">
        <Facts
          rows={[
            [t('Image'), view.image ? <Hash key="image" value={view.image.tag} what={t('SE header tag')} /> : t('none yet')],
            [
              t('Policy'),
              view.policy ? (
                <>
                  {view.policy.name} <Hash value={view.policy.hash} what={t('policy hash')} short />
                </>
              ) : (
                t('none yet')
              ),
            ],
            [
              t('Who can open it'),
              view.hostKeys.length === 0
                ? t('nobody yet')
                : view.hostKeys.map((k) => (
                    <span key={k.phkh} className="who">
                      {k.file} <Hash value={k.phkh} what={t('hash of host key {file}', { file: k.file })} short />{' '}
                      <Tag size="sm" type={k.state === 'verified' ? 'green' : 'magenta'}>
                        {k.state === 'verified' ? t('verified') : t('not verified')}
                      </Tag>
                    </span>
                  )),
            ],
          ]}
        />
      </section>
      {view.risks.length > 0 && (
        <section>
          <h2>{t('What the rules say')}</h2>
          <Findings findings={view.risks} />
        </section>
      )}
      <Generate />
      {rows.length > 0 && (
        <section>
          <h2>{t('The list, in the order the guest submits it')}</h2>
          <Order rows={rows} />
        </section>
      )}
      <Publics entries={view.publics} />
      {bundle && <Made bundle={bundle} />}
      <Commands commands={view.commands} />
    </>
  );
};
