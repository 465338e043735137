/** The signing request of a TLS key: what a certification authority needs, as text to copy or as a file. The key stays here. */
import { Button, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { SecretView } from '../../electron/contract.ts';
import { t } from '../../words/language.ts';
import { CopyButton } from '../components/facts.tsx';
import { Place } from '../components/place.tsx';
import { useStore } from '../store.ts';
import { namesIn } from './host-certificate.tsx';
import { PublicFile } from './publics.tsx';

export const SigningRequest = ({ secret: s, onDone }: { readonly secret: SecretView; readonly onDone: () => void }) => {
  const change = useStore((st) => st.change);
  const [names, setNames] = useState('');
  const [commonName, setCommonName] = useState('');
  const [organization, setOrganization] = useState('');
  const all = namesIn(names);
  const make = async (): Promise<void> => {
    const subject = { commonName: commonName.trim() || (all[0] ?? ''), organization: organization.trim(), names: all };
    if (await change('secrets.request', { name: s.name, ...subject }, t('Making the signing request'))) onDone();
  };
  return (
    <form
      className="fields"
      aria-label={t('Signing request of {name}', { name: s.name })}
      onSubmit={(e) => {
        e.preventDefault();
        void make();
      }}
    >
      <TextInput
        id={`names-${s.name}`}
        labelText={t('Names of the service')}
        helperText={t('Host names and addresses, with commas between. Browsers look at these.')}
        value={names}
        onChange={(e) => setNames(e.target.value)}
        spellCheck={false}
      />
      <TextInput
        id={`common-${s.name}`}
        labelText={t('Common name')}
        helperText={t('Left empty, it is the first of the names.')}
        value={commonName}
        onChange={(e) => setCommonName(e.target.value)}
        spellCheck={false}
      />
      <TextInput
        id={`organization-${s.name}`}
        labelText={t('Organization')}
        helperText={t('May be left empty.')}
        value={organization}
        onChange={(e) => setOrganization(e.target.value)}
      />
      <div className="buttons">
        <Button type="submit" size="sm" disabled={all.length === 0 && commonName.trim() === ''}>
          {t('Make the request')}
        </Button>
        <Button size="sm" kind="ghost" onClick={onDone}>
          {t('Cancel')}
        </Button>
      </div>
    </form>
  );
};

/** A request that was made: to copy, to save, and what to do with the answer. */
export const MadeRequest = ({ secret: s }: { readonly secret: SecretView }) => {
  const home = useStore((st) => st.view?.home) ?? '';
  const ask = useStore((st) => st.ask);
  const say = useStore((st) => st.say);
  if (s.request === null) return null;
  const save = async (path: string): Promise<void> => {
    const answer = await ask('secrets.request-save', { name: s.name, path }, t('Saving the request'));
    if (answer) say(t('The signing request is in {path}.', { path: answer.path }));
  };
  return (
    <section aria-label={t('Signing request of {name}', { name: s.name })}>
      <div className="section__head">
        <h3>{t('Signing request')}</h3>
        <CopyButton text={s.request} what={t('signing request of {name}', { name: s.name })} />
      </div>
      <p>{t('Give it to your certification authority. The key is not in it.')}</p>
      <pre className="text text--small">{s.request}</pre>
      <Place
        label={t('File of the request')}
        help={t('A new file.')}
        suggested={`${home}/${s.name}.csr`}
        button={t('Save the request')}
        onSave={(path) => void save(path)}
      />
      {s.certificate && (
        <div className="buttons">
          <PublicFile name={s.certificate} label={t('Add the certificate')} testId={`certificate-${s.name}`} />
          <span className="quiet">{t('When it comes, add it here. Whether it fits this key is checked.')}</span>
        </div>
      )}
    </section>
  );
};
