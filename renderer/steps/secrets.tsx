/** Step 4: a value for each secret. Values go to the main side at once and are never kept here. */
import { Button, PasswordInput, Tag } from '@carbon/react';
import { type DragEvent, useRef, useState } from 'react';
import type { SecretView } from '../../electron/contract.ts';
import { useReading } from '../components/drop-zone.tsx';
import { Place } from '../components/place.tsx';
import { Reveal } from '../components/reveal.tsx';
import { droppedFiles, readOne } from '../files.ts';
import { useStore } from '../store.ts';

const STATES: Record<SecretView['state'], readonly [type: 'green' | 'red' | 'gray' | 'blue', text: string]> = {
  ready: ['green', 'has a value'],
  wrong: ['red', 'does not fit'],
  missing: ['gray', 'no value yet'],
  automatic: ['blue', 'made new for each bundle'],
};
const VALUE_MAX = 64 * 1024;

/** The field is not bound to any state: the value is read once, handed over as bytes, and the field is emptied. */
const TypeValue = ({ secret, onDone }: { readonly secret: SecretView; readonly onDone: () => void }) => {
  const field = useRef<HTMLInputElement>(null);
  const change = useStore((s) => s.change);
  const take = async (): Promise<void> => {
    const input = field.current;
    if (input === null) return;
    const value = new TextEncoder().encode(input.value);
    input.value = '';
    await change('secrets.type', { name: secret.name, value }, 'Checking the value');
    value.fill(0);
    onDone();
  };
  return (
    <form
      className="row"
      onSubmit={(e) => {
        e.preventDefault();
        void take();
      }}
    >
      <PasswordInput
        ref={field}
        id={`type-${secret.name}`}
        labelText={`Value of ${secret.name}`}
        helperText="Exactly these characters become the value: no line feed is added."
        autoComplete="off"
        spellCheck={false}
      />
      <Button type="submit" size="md">
        Use this value
      </Button>
      <Button kind="ghost" size="md" onClick={onDone}>
        Cancel
      </Button>
    </form>
  );
};

const SecretCard = ({ secret: s }: { readonly secret: SecretView }) => {
  const change = useStore((st) => st.change);
  const [typing, setTyping] = useState(false);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const reading = useReading();
  const [type, text] = STATES[s.state];
  const fixed = s.state === 'automatic';
  const load = async ([file]: readonly File[]): Promise<void> => {
    if (file === undefined) return;
    const { bytes } = await readOne(file, VALUE_MAX);
    await change('secrets.import', { name: s.name, bytes }, 'Checking the value');
    bytes.fill(0);
  };
  const drop = (e: DragEvent): void => {
    // this card's file, not the window's
    e.preventDefault();
    e.stopPropagation();
    setOver(false);
    const files = droppedFiles(e.dataTransfer as unknown as DataTransfer);
    void reading(async () => load(await files));
  };
  return (
    <li
      className={over ? 'card card--over' : 'card'}
      onDragOver={(e) => {
        if (fixed) return;
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={fixed ? undefined : drop}
    >
      <div className="card__head">
        <h2>{s.name}</h2>
        <Tag size="sm" type={type}>
          {text}
        </Tag>
        {!s.required && (
          <Tag size="sm" type="gray">
            optional
          </Tag>
        )}
        {s.bits !== null && <span className="card__note">{s.bits} random bits</span>}
        {s.size !== null && <span className="card__note">{s.size} bytes</span>}
      </div>
      <p>
        {s.purpose}. {s.goesTo}. <span className="quiet">Type {s.type}.</span>
      </p>
      {s.problems.map((p) => (
        <p key={p} className="card__reason">
          {p}
        </p>
      ))}
      {!fixed && !typing && (
        <div className="buttons">
          {s.canGenerate && (
            <Button
              size="sm"
              kind={s.state === 'ready' ? 'tertiary' : 'primary'}
              onClick={() => void change('secrets.generate', { name: s.name }, 'Generating')}
            >
              {s.state === 'missing' ? 'Generate' : 'Generate a new one'}
            </Button>
          )}
          <Button size="sm" kind={s.canGenerate ? 'ghost' : 'primary'} onClick={() => input.current?.click()}>
            From a file
          </Button>
          {s.canType && (
            <Button size="sm" kind="ghost" onClick={() => setTyping(true)}>
              Type
            </Button>
          )}
          {s.state !== 'missing' && (
            <Button
              size="sm"
              kind="danger--ghost"
              onClick={() => void change('secrets.clear', { name: s.name }, 'Forgetting the value')}
            >
              Forget
            </Button>
          )}
          <input
            ref={input}
            type="file"
            hidden
            data-testid={`file-${s.name}`}
            onChange={(e) => {
              const files = [...(e.target.files ?? [])];
              e.target.value = '';
              void reading(() => load(files));
            }}
          />
        </div>
      )}
      {(s.state === 'ready' || s.state === 'wrong') && <Reveal name={s.name} />}
      {typing && <TypeValue secret={s} onDone={() => setTyping(false)} />}
    </li>
  );
};

/** Contents that are not secret, but must be genuine: they travel in the manifest. */
const Publics = () => {
  const publics = useStore((s) => s.view?.publics) ?? [];
  const change = useStore((s) => s.change);
  const reading = useReading();
  if (publics.length === 0) return null;
  return (
    <section>
      <h2>Not secret, but needed</h2>
      <ul className="cards">
        {publics.map((p) => (
          <li key={p.name} className="card">
            <div className="card__head">
              <h3>{p.name}</h3>
              <Tag size="sm" type={p.given ? 'green' : 'gray'}>
                {p.given ? 'has content' : 'no content yet'}
              </Tag>
            </div>
            <p>
              {p.purpose}. {p.goesTo}.
            </p>
            <label className="cds--btn cds--btn--sm cds--btn--tertiary cds--layout--size-sm">
              From a file
              <input
                type="file"
                className="unseen"
                data-testid={`public-${p.name}`}
                onChange={(e) => {
                  const [file] = [...(e.target.files ?? [])];
                  e.target.value = '';
                  if (file)
                    void reading(async () => {
                      const { bytes } = await readOne(file, VALUE_MAX);
                      await change('publics.import', { name: p.name, bytes }, 'Checking the content');
                    });
                }}
              />
            </label>
          </li>
        ))}
      </ul>
    </section>
  );
};

export const SecretsStep = () => {
  const secrets = useStore((s) => s.view?.secrets) ?? [];
  const home = useStore((s) => s.view?.home) ?? '';
  const name = useStore((s) => s.view?.policy?.name) ?? 'guest';
  const change = useStore((s) => s.change);
  const ask = useStore((s) => s.ask);
  const say = useStore((s) => s.say);
  const open = secrets.filter((s) => s.state === 'missing' && s.canGenerate);
  const held = secrets.filter((s) => s.state === 'ready' || s.state === 'wrong');
  const save = async (path: string): Promise<void> => {
    const answer = await ask('secrets.export', { path }, 'Saving the values');
    if (answer) say(`${answer.files.length} values are in ${answer.path}, readable by you alone.`);
  };
  if (secrets.length === 0) return <p>Choose a policy first: it says which secrets there are.</p>;
  return (
    <>
      {open.length > 1 && (
        <section className="offer">
          <p>{open.length} secrets can be made at random now. That is the best value they can have.</p>
          <Button kind="tertiary" onClick={() => void change('secrets.generate-all', {}, 'Generating')}>
            Generate all that are missing
          </Button>
        </section>
      )}
      <ul className="cards" aria-label="Secrets">
        {secrets.map((s) => (
          <SecretCard key={s.name} secret={s} />
        ))}
      </ul>
      <Publics />
      {held.length > 0 && (
        <section className="card">
          <h2>Keep a copy for yourself</h2>
          <p>
            You need the disk passphrase and the volume key to encrypt the root disk, and the customer communication key to read a
            dump later. They are written to a new directory that only you can read. Keep it offline.
          </p>
          <Place
            label="Directory for the values"
            help="It must not exist yet. The values are not encrypted there."
            suggested={`${home}/private/${name}-values`}
            button="Save the values"
            onSave={(path) => void save(path)}
          />
        </section>
      )}
    </>
  );
};
