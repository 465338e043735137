/** Step 6: the bundle leaves this machine, in the form its receiver needs. */
import { Select, SelectItem } from '@carbon/react';
import { useState } from 'react';
import type { ProjectView, ResultOf } from '../../electron/contract.ts';
import { said, t } from '../../words/language.ts';
import { CopyButton, Facts } from '../components/facts.tsx';
import { Place } from '../components/place.tsx';
import { useStore } from '../store.ts';

type Bundle = NonNullable<ProjectView['bundle']>;
type Form = 'tar' | 'zip' | 'initdata' | 'pvics';

/** Forms in one file, by their own names, and how the file is called. */
const FORMS: Record<Form, { readonly name: string; readonly file: (suggested: string) => string }> = {
  tar: {
    name: 'tar',
    file: (s) => `${s}.tar`,
  },
  zip: { name: 'zip', file: (s) => `${s}.zip` },
  initdata: {
    name: 'Kata initdata',
    file: (s) => `${s}.toml`,
  },
  pvics: {
    name: 'pvics.yaml',
    file: (s) => `${s.slice(0, s.lastIndexOf('/'))}/pvics.yaml`,
  },
};

/** What each is for. */
const SAYS: Record<Form, string> = said({
  tar: 'For operators on Linux: the same bundle always gives the same bytes, so a hash tells whether it arrived whole.',
  zip: 'For operators on Windows, who open it without a tool.',
  initdata:
    'For a confidential pod: the requests as text for its annotation. Its shape is from an open proposal and may still change.',
  pvics:
    'For those who encrypt the disk with pvics: it makes a list of its own, so its guest sends no report that can be proven here.',
});

const isForm = (text: string): text is Form => Object.hasOwn(FORMS, text);

/** Where it was saved, and what to do with it there. */
const Saved = ({ bundle: b }: { readonly bundle: Bundle }) => {
  if (b.savedTo === null) return null;
  const archive = /\.(tar|zip)$/.test(b.savedTo);
  const pod = b.savedTo.endsWith('.toml');
  return (
    <Facts
      rows={[
        [t('Saved to'), <code key="saved">{b.savedTo}</code>],
        pod
          ? [t('For the pod'), t('the whole text, in the annotation for initdata')]
          : [t('For the boot partition'), archive ? t('sics/ in it') : <code key="sics">{`${b.savedTo}/sics`}</code>],
        [t('Stays with you'), b.recordIn === null ? t('in the project file') : <code key="record">{b.recordIn}</code>],
      ]}
    />
  );
};

/** What pvics looks for beside its file. */
const Beside = ({ made }: { readonly made: ResultOf<'bundle.pvics'> }) => (
  <section aria-label={t('Beside pvics.yaml')}>
    <h3>{t('Put beside it, before you run pvics encrypt')}</h3>
    <Facts rows={made.beside.map((b) => [b.name, b.says])} />
  </section>
);

const OneFile = ({ bundle }: { readonly bundle: Bundle }) => {
  const change = useStore((s) => s.change);
  const ask = useStore((s) => s.ask);
  const say = useStore((s) => s.say);
  const [form, setForm] = useState<Form>('tar');
  const [pvics, setPvics] = useState<ResultOf<'bundle.pvics'>>();
  const save = async (path: string): Promise<void> => {
    if (form !== 'pvics') {
      if (await change('bundle.pack', { path, packing: form }, t('Saving the bundle')))
        say(t('The bundle is in {path}.', { path }));
      return;
    }
    const made = await ask('bundle.pvics', { path }, t('Saving pvics.yaml'));
    setPvics(made);
    if (made) say(t('The file for pvics is in {path}.', { path: made.path }));
  };
  return (
    <section className="card">
      <h2>{t('Or as one file')}</h2>
      <Select
        id="packing"
        size="sm"
        labelText={t('Form of the file')}
        helperText={t(SAYS[form])}
        value={form}
        onChange={(e) => isForm(e.target.value) && setForm(e.target.value)}
      >
        {Object.entries(FORMS).map(([id, f]) => (
          <SelectItem key={id} value={id} text={f.name} />
        ))}
      </Select>
      <Place
        label={t('Place of the file')}
        help={t('A new file.')}
        suggested={FORMS[form].file(bundle.suggestedPath)}
        button={t('Save as one file')}
        onSave={(path) => void save(path)}
      />
      {form === 'pvics' && pvics && <Beside made={pvics} />}
    </section>
  );
};

export const HandOverStep = () => {
  const bundle = useStore((s) => s.view?.bundle) as ProjectView['bundle'];
  const change = useStore((s) => s.change);
  const ask = useStore((s) => s.ask);
  const say = useStore((s) => s.say);
  if (!bundle) return <p>{t('Generate the bundle first: it is made in the step before.')}</p>;
  const save = async (path: string): Promise<void> => {
    if (await change('bundle.save', { path }, t('Saving the bundle'))) say(t('The bundle is in {path}.', { path }));
  };
  const sheet = async (path: string): Promise<void> => {
    const answer = await ask('bundle.sheet', { path }, t('Making the sheet'));
    if (answer) say(t('The sheet is in {path}.', { path: answer.path }));
  };
  return (
    <>
      <section className="card">
        <h2>{t('Save the bundle')}</h2>
        <Place
          label={t('Directory of the bundle')}
          help={t('It must not exist yet. Everything is written, or nothing.')}
          suggested={bundle.suggestedPath}
          button={bundle.savedTo ? t('Save another copy') : t('Save the bundle')}
          onSave={(path) => void save(path)}
        />
        <Saved bundle={bundle} />
        <p className="quiet">
          {t(
            'What stays with you are the keys that check the report later. They are written beside your other private files when you save, and are not part of the bundle.',
          )}
        </p>
      </section>
      <OneFile bundle={bundle} />
      <section className="card">
        <h2>{t('A printed sheet for the file')}</h2>
        <p>{t('One page with what identifies the bundle, what it expects, and lines to sign on. No secret is on it.')}</p>
        <Place
          label={t('File of the sheet')}
          help={t('A new PDF.')}
          suggested={`${bundle.suggestedPath}.pdf`}
          button={t('Save the sheet')}
          onSave={(path) => void sheet(path)}
        />
      </section>
      <section>
        <div className="section__head">
          <h2>{t('What the operator reads (HANDOVER.txt)')}</h2>
          <CopyButton text={bundle.handover} what={t('instructions for the operator')} />
        </div>
        <pre className="text" lang="en">
          {bundle.handover}
        </pre>
      </section>
    </>
  );
};
