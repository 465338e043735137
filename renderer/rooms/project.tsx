/** The project file: kept under a passphrase, saved by itself, locked when nobody is there; and what was done so far. */
import { Button, TextInput } from '@carbon/react';
import { type FormEvent, useState } from 'react';
import type { ProjectView } from '../../electron/contract.ts';
import { instantText, t } from '../../words/language.ts';
import { Notice } from '../components/carbon.tsx';
import { Facts } from '../components/facts.tsx';
import { differ, Passphrase, takeTwice, usePassphrase } from '../components/passphrase.tsx';
import { Place } from '../components/place.tsx';
import { useStore } from '../store.ts';

const submitted =
  (run: () => Promise<void>) =>
  (e: FormEvent): void => {
    e.preventDefault();
    void run();
  };

const Create = ({ view }: { readonly view: ProjectView }) => {
  const change = useStore((s) => s.change);
  const fail = useStore((s) => s.fail);
  const [name, setName] = useState(view.file.name);
  const [path, setPath] = useState(`${view.home}/${view.file.name}.selwright`);
  const first = usePassphrase();
  const second = usePassphrase();
  const create = async (): Promise<void> => {
    const passphrase = takeTwice(first, second);
    if (passphrase === undefined) return fail(differ());
    await change('project.create', { path: path.trim(), name: name.trim(), passphrase }, t('Making the project file'));
    passphrase.fill(0);
  };
  return (
    <form className="card" onSubmit={submitted(create)}>
      <h2>{t('Keep this project in a file')}</h2>
      <p>
        {t(
          'The file holds everything, the secrets included, encrypted with your passphrase. From then on every change is saved by itself. Without the passphrase nobody opens it: not you either.',
        )}
      </p>
      <TextInput id="project-name" labelText={t('Name of the project')} value={name} onChange={(e) => setName(e.target.value)} />
      <TextInput
        id="project-path"
        labelText={t('Project file')}
        helperText={t('A new file; its name ends in .selwright.')}
        value={path}
        onChange={(e) => setPath(e.target.value)}
        spellCheck={false}
      />
      <Passphrase
        handle={first}
        label={t('New passphrase')}
        help={t('At least 12 characters; better, six or more random words.')}
      />
      <Passphrase handle={second} label={t('The same passphrase again')} />
      <Button type="submit" size="md">
        {t('Make the project file')}
      </Button>
    </form>
  );
};

const Open = ({ view }: { readonly view: ProjectView }) => {
  const change = useStore((s) => s.change);
  const go = useStore((s) => s.go);
  const problem = useStore((s) => s.problem);
  const opens = useStore((s) => s.opens);
  const [path, setPath] = useState(view.file.path ?? opens ?? '');
  const passphrase = usePassphrase();
  const open = async (backup: boolean): Promise<void> => {
    const bytes = passphrase.take();
    if (await change('project.open', { path: path.trim(), passphrase: bytes, backup }, t('Opening the project'))) go('host-keys');
    bytes.fill(0);
  };
  // the refusal names the backup when that one opens, in any language
  const offersBackup = problem?.what.includes(`${path.trim()}.bak`) ?? false;
  return (
    <form className="card" onSubmit={submitted(() => open(false))}>
      <h2>{t('Open a project file')}</h2>
      <TextInput
        id="open-path"
        labelText={t('Project file to open')}
        value={path}
        onChange={(e) => setPath(e.target.value)}
        spellCheck={false}
      />
      <Passphrase handle={passphrase} label={t('Passphrase')} />
      <div className="buttons">
        <Button type="submit" size="md" kind="tertiary">
          {t('Open')}
        </Button>
        {offersBackup && (
          <Button size="md" kind="danger--tertiary" onClick={() => void open(true)}>
            {t('Open the state before, from the backup')}
          </Button>
        )}
      </div>
    </form>
  );
};

const NewPassphrase = () => {
  const change = useStore((s) => s.change);
  const fail = useStore((s) => s.fail);
  const say = useStore((s) => s.say);
  const first = usePassphrase();
  const second = usePassphrase();
  const renew = async (): Promise<void> => {
    const passphrase = takeTwice(first, second);
    if (passphrase === undefined) return fail(differ());
    if (await change('project.passphrase', { passphrase }, t('Changing the passphrase'))) say(t('The passphrase is changed.'));
    passphrase.fill(0);
  };
  return (
    <details className="fold">
      <summary>{t('Change the passphrase')}</summary>
      <form className="stack" onSubmit={submitted(renew)}>
        <Passphrase handle={first} label={t('New passphrase')} />
        <Passphrase handle={second} label={t('The same passphrase again')} />
        <Button type="submit" size="md" kind="tertiary">
          {t('Change it')}
        </Button>
      </form>
    </details>
  );
};

const Kept = ({ view }: { readonly view: ProjectView }) => {
  const change = useStore((s) => s.change);
  return (
    <section className="card">
      <h2>{view.file.name}</h2>
      <Facts
        rows={[
          [t('Project file'), <code key="path">{view.file.path}</code>],
          [t('Saved'), view.file.saved === null ? t('not yet') : instantText(view.file.saved)],
          [
            t('Bundles'),
            view.bundles.length === 0
              ? t('none yet')
              : view.bundles.map(({ name, serial }) => t('{name}, number {serial}', { name, serial })).join('; '),
          ],
        ]}
      />
      {view.file.problem && <Notice kind="error" title={t('The last change is not saved.')} subtitle={view.file.problem} />}
      <div className="buttons">
        <Button size="md" onClick={() => void change('project.lock', {}, t('Locking'))}>
          {t('Lock now')}
        </Button>
        {view.file.holdsValues && view.bundles.length > 0 && (
          <Button size="md" kind="danger--ghost" onClick={() => void change('secrets.forget', {}, t('Forgetting the values'))}>
            {t('Forget the values of the secrets')}
          </Button>
        )}
        <Button size="md" kind="ghost" onClick={() => void change('project.reset', {}, t('Closing the project'))}>
          {t('Close the project')}
        </Button>
      </div>
      <NewPassphrase />
    </section>
  );
};

const Audit = ({ view }: { readonly view: ProjectView }) => {
  const ask = useStore((s) => s.ask);
  const say = useStore((s) => s.say);
  const save = async (path: string): Promise<void> => {
    const answer = await ask('project.audit', { path }, t('Saving the audit trail'));
    if (answer) say(t('The audit trail is in {path}.', { path: answer.path }));
  };
  return (
    <section>
      <h2>{t('What was done')}</h2>
      <table className="table table--dense">
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">{t('When')}</th>
            <th scope="col">{t('What')}</th>
          </tr>
        </thead>
        <tbody>
          {[...view.audit].reverse().map((e) => (
            <tr key={e.n}>
              <td className="nowrap">{e.n}</td>
              <td className="nowrap">{instantText(e.time)}</td>
              <td>{e.says}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Place
        label={t('File for the audit trail')}
        help={t('JSON Lines, one entry a line, each with the hash of the one before. No secret is in it.')}
        suggested={`${view.home}/${view.file.name}-audit.jsonl`}
        button={t('Export')}
        onSave={(path) => void save(path)}
      />
    </section>
  );
};

export const ProjectRoom = () => {
  const view = useStore((s) => s.view) as ProjectView;
  const change = useStore((s) => s.change);
  const kept = view.file.path !== null;
  return (
    <>
      {kept ? (
        <Kept view={view} />
      ) : (
        <>
          <Create view={view} />
          <Open view={view} />
          <Button kind="ghost" onClick={() => void change('project.reset', {}, t('Clearing the project'))}>
            {t('Start over with an empty project')}
          </Button>
        </>
      )}
      <Audit view={view} />
    </>
  );
};

/** What is shown instead of everything while the project is locked. */
export const LockedRoom = () => {
  const view = useStore((s) => s.view) as ProjectView;
  const change = useStore((s) => s.change);
  const passphrase = usePassphrase();
  const unlock = async (): Promise<void> => {
    const bytes = passphrase.take();
    await change('project.unlock', { passphrase: bytes }, t('Opening the project'));
    bytes.fill(0);
  };
  return (
    <form className="card" onSubmit={submitted(unlock)}>
      <p>
        {t('Nothing of it is in memory. Its file:')} <code>{view.file.path}</code>
      </p>
      <Passphrase handle={passphrase} label={t('Passphrase')} />
      <div className="buttons">
        <Button type="submit" size="md">
          {t('Unlock')}
        </Button>
        <Button size="md" kind="ghost" onClick={() => void change('project.reset', {}, t('Closing the project'))}>
          {t('Work on something else')}
        </Button>
      </div>
    </form>
  );
};
