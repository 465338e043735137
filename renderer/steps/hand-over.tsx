/** Step 6: the bundle leaves this machine, in the form its receiver needs. */
import { Select, SelectItem } from '@carbon/react';
import { useState } from 'react';
import type { ProjectView, ResultOf } from '../../electron/contract.ts';
import { CopyButton, Facts } from '../components/facts.tsx';
import { Place } from '../components/place.tsx';
import { useStore } from '../store.ts';

type Bundle = NonNullable<ProjectView['bundle']>;
type Form = 'tar' | 'zip' | 'initdata' | 'pvics';

/** Forms in one file: what each is for, and how its file is called. */
const FORMS: Record<Form, { readonly name: string; readonly says: string; readonly file: (suggested: string) => string }> = {
  tar: {
    name: 'tar',
    says: 'For operators on Linux: the same bundle always gives the same bytes, so a hash tells whether it arrived whole.',
    file: (s) => `${s}.tar`,
  },
  zip: { name: 'zip', says: 'For operators on Windows, who open it without a tool.', file: (s) => `${s}.zip` },
  initdata: {
    name: 'Kata initdata',
    says: 'For a confidential pod: the requests as text for its annotation. Its shape is from an open proposal and may still change.',
    file: (s) => `${s}.toml`,
  },
  pvics: {
    name: 'pvics.yaml',
    says: 'For those who encrypt the disk with pvics: it makes a list of its own, so its guest sends no report that can be proven here.',
    file: (s) => `${s.slice(0, s.lastIndexOf('/'))}/pvics.yaml`,
  },
};

const isForm = (text: string): text is Form => Object.hasOwn(FORMS, text);

/** Where it was saved, and what to do with it there. */
const Saved = ({ bundle: b }: { readonly bundle: Bundle }) => {
  if (b.savedTo === null) return null;
  const archive = /\.(tar|zip)$/.test(b.savedTo);
  const pod = b.savedTo.endsWith('.toml');
  return (
    <Facts
      rows={[
        ['Saved to', <code key="saved">{b.savedTo}</code>],
        pod
          ? ['For the pod', 'the whole text, in the annotation for initdata']
          : ['For the boot partition', archive ? 'sics/ in it' : <code key="sics">{`${b.savedTo}/sics`}</code>],
        ['Stays with you', b.recordIn === null ? 'in the project file' : <code key="record">{b.recordIn}</code>],
      ]}
    />
  );
};

/** What pvics looks for beside its file. */
const Beside = ({ made }: { readonly made: ResultOf<'bundle.pvics'> }) => (
  <section aria-label="Beside pvics.yaml">
    <h3>Put beside it, before you run pvics encrypt</h3>
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
      if (await change('bundle.pack', { path, packing: form }, 'Saving the bundle')) say(`The bundle is in ${path}.`);
      return;
    }
    const made = await ask('bundle.pvics', { path }, 'Saving pvics.yaml');
    setPvics(made);
    if (made) say(`The file for pvics is in ${made.path}.`);
  };
  return (
    <section className="card">
      <h2>Or as one file</h2>
      <Select
        id="packing"
        size="sm"
        labelText="Form of the file"
        helperText={FORMS[form].says}
        value={form}
        onChange={(e) => isForm(e.target.value) && setForm(e.target.value)}
      >
        {Object.entries(FORMS).map(([id, f]) => (
          <SelectItem key={id} value={id} text={f.name} />
        ))}
      </Select>
      <Place
        label="Place of the file"
        help="A new file."
        suggested={FORMS[form].file(bundle.suggestedPath)}
        button="Save as one file"
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
  if (!bundle) return <p>Generate the bundle first: it is made in the step before.</p>;
  const save = async (path: string): Promise<void> => {
    if (await change('bundle.save', { path }, 'Saving the bundle')) say(`The bundle is in ${path}.`);
  };
  const sheet = async (path: string): Promise<void> => {
    const answer = await ask('bundle.sheet', { path }, 'Making the sheet');
    if (answer) say(`The sheet is in ${answer.path}.`);
  };
  return (
    <>
      <section className="card">
        <h2>Save the bundle</h2>
        <Place
          label="Directory of the bundle"
          help="It must not exist yet. Everything is written, or nothing."
          suggested={bundle.suggestedPath}
          button={bundle.savedTo ? 'Save another copy' : 'Save the bundle'}
          onSave={(path) => void save(path)}
        />
        <Saved bundle={bundle} />
        <p className="quiet">
          What stays with you are the keys that check the report later. They are written beside your other private files when you
          save, and are not part of the bundle.
        </p>
      </section>
      <OneFile bundle={bundle} />
      <section className="card">
        <h2>A printed sheet for the file</h2>
        <p>One page with what identifies the bundle, what it expects, and lines to sign on. No secret is on it.</p>
        <Place
          label="File of the sheet"
          help="A new PDF."
          suggested={`${bundle.suggestedPath}.pdf`}
          button="Save the sheet"
          onSave={(path) => void sheet(path)}
        />
      </section>
      <section>
        <div className="section__head">
          <h2>What the operator reads (HANDOVER.txt)</h2>
          <CopyButton text={bundle.handover} what="instructions for the operator" />
        </div>
        <pre className="text">{bundle.handover}</pre>
      </section>
    </>
  );
};
