/** Step 6: the bundle leaves this machine. */
import { Select, SelectItem } from '@carbon/react';
import { useState } from 'react';
import type { ProjectView } from '../../electron/contract.ts';
import { CopyButton, Facts } from '../components/facts.tsx';
import { Place } from '../components/place.tsx';
import { useStore } from '../store.ts';

export const HandOverStep = () => {
  const bundle = useStore((s) => s.view?.bundle) as ProjectView['bundle'];
  const change = useStore((s) => s.change);
  const ask = useStore((s) => s.ask);
  const say = useStore((s) => s.say);
  const [packing, setPacking] = useState<'tar' | 'zip'>('tar');
  if (!bundle) return <p>Generate the bundle first: it is made in the step before.</p>;
  const save = async (path: string): Promise<void> => {
    if (await change('bundle.save', { path }, 'Saving the bundle')) say(`The bundle is in ${path}.`);
  };
  const pack = async (path: string): Promise<void> => {
    if (await change('bundle.pack', { path, packing }, 'Saving the bundle')) say(`The bundle is in ${path}.`);
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
        <div className="row">
          <Select
            id="packing"
            size="sm"
            labelText="Or as one file"
            value={packing}
            onChange={(e) => setPacking(e.target.value === 'zip' ? 'zip' : 'tar')}
          >
            <SelectItem value="tar" text="tar: the same bundle, the same bytes" />
            <SelectItem value="zip" text="zip, for Windows" />
          </Select>
        </div>
        <Place
          label="File of the packed bundle"
          help="A new file."
          suggested={`${bundle.suggestedPath}.${packing}`}
          button="Save as one file"
          onSave={(path) => void pack(path)}
        />
        {bundle.savedTo && (
          <Facts
            rows={[
              ['Saved to', <code key="saved">{bundle.savedTo}</code>],
              [
                'For the boot partition',
                /\.(tar|zip)$/.test(bundle.savedTo) ? 'sics/ in it' : <code key="sics">{`${bundle.savedTo}/sics`}</code>,
              ],
              ['Stays with you', bundle.recordIn === null ? 'in the project file' : <code key="record">{bundle.recordIn}</code>],
            ]}
          />
        )}
        <p className="quiet">
          What stays with you are the keys that check the report later. They are written beside your other private files when you
          save, and are not part of the bundle.
        </p>
      </section>
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
