/** Step 4: a value for each secret. Values go to the main side at once and are never kept here. */
import { Button, PasswordInput, Select, SelectItem, Tag } from '@carbon/react';
import { type DragEvent, useEffect, useRef, useState } from 'react';
import type { SecretView } from '../../electron/contract.ts';
import { call } from '../bridge.ts';
import { useReading } from '../components/drop-zone.tsx';
import { Facts, Hash } from '../components/facts.tsx';
import { Passphrase, usePassphrase } from '../components/passphrase.tsx';
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

/** Milliseconds after the last key press until the strength is asked for. */
const PAUSE = 300;

/** How hard the typed text is to guess; the text is sent as bytes and not kept. */
const useStrength = (name: string) => {
  const [strength, setStrength] = useState<{ says: string; feedback: string[] }>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const typed = (input: HTMLInputElement): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const value = new TextEncoder().encode(input.value);
      if (value.length === 0) return setStrength(undefined);
      call('secrets.strength', { name, value }).then(setStrength, () => setStrength(undefined));
    }, PAUSE);
  };
  return { strength, typed };
};

/** The field is not bound to any state: the value is read once, handed over as bytes, and the field is emptied. */
const TypeValue = ({ secret, onDone }: { readonly secret: SecretView; readonly onDone: () => void }) => {
  const field = useRef<HTMLInputElement>(null);
  const change = useStore((s) => s.change);
  const { strength, typed } = useStrength(secret.name);
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
        helperText={
          strength
            ? [strength.says, ...strength.feedback].join(' ')
            : 'Exactly these characters become the value: no line feed is added.'
        }
        autoComplete="off"
        spellCheck={false}
        onInput={(e) => typed(e.currentTarget as HTMLInputElement)}
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

const WAYS: Record<string, string> = {
  characters: 'random characters',
  words: 'random words',
  bytes: 'random bytes',
  'ssh-key': 'a new ssh key',
  'tls-key': 'a new TLS key',
  login: 'a new password, shown once',
};

/** A choice of ways where there is more than one; each is a name and, for keys, a kind. */
const choicesOf = (
  s: SecretView,
): { readonly id: string; readonly text: string; readonly generator: string; readonly key?: string }[] =>
  s.ways.flatMap((w) =>
    w.keys.length > 0
      ? w.keys.map((key) => ({
          id: `${w.generator} ${key}`,
          text: `${WAYS[w.generator] ?? w.generator}, ${key}`,
          generator: w.generator,
          key,
        }))
      : [
          {
            id: w.generator,
            text: `${WAYS[w.generator] ?? w.generator}${w.bits === null ? '' : `, ${w.bits} bits`}`,
            generator: w.generator,
          },
        ],
  );

/** Shows the clear password of a new login, until it is put away. */
const NewLogin = ({ name }: { readonly name: string }) => {
  const ask = useStore((s) => s.ask);
  const start = useStore((s) => s.start);
  const field = useRef<HTMLElement>(null);
  const [shown, setShown] = useState(false);
  const make = async (): Promise<void> => {
    const answer = await ask('secrets.login', { name }, 'Making a password');
    if (answer === undefined || field.current === null) return;
    field.current.textContent = new TextDecoder().decode(answer.clear);
    answer.clear.fill(0);
    setShown(true);
    await start();
  };
  const away = (): void => {
    if (field.current) field.current.textContent = '';
    setShown(false);
  };
  return (
    <div className="reveal">
      <Button size="sm" kind="primary" onClick={() => void make()}>
        Make a new password
      </Button>
      {shown && <span>Note it now, it is not kept in clear:</span>}
      <code ref={field} className="reveal__value" data-testid={`login-${name}`} />
      {shown && (
        <Button size="sm" kind="ghost" onClick={away}>
          I have noted it
        </Button>
      )}
    </div>
  );
};

const Generate = ({ secret: s }: { readonly secret: SecretView }) => {
  const change = useStore((st) => st.change);
  const choices = choicesOf(s);
  const [chosen, setChosen] = useState('');
  const choice = choices.find((c) => c.id === chosen) ?? choices[0];
  if (choice === undefined) return null;
  if (choice.generator === 'login') return <NewLogin name={s.name} />;
  const { generator, key } = choice;
  return (
    <>
      <Button
        size="sm"
        kind={s.state === 'ready' ? 'tertiary' : 'primary'}
        onClick={() => void change('secrets.generate', { name: s.name, generator, ...(key ? { key } : {}) }, 'Generating')}
      >
        {s.state === 'missing' ? 'Generate' : 'Generate a new one'}
      </Button>
      {choices.length > 1 && (
        <Select
          id={`way-${s.name}`}
          size="sm"
          hideLabel
          labelText={`How ${s.name} is generated`}
          value={choice.id}
          onChange={(e) => setChosen(e.target.value)}
        >
          {choices.map((c) => (
            <SelectItem key={c.id} value={c.id} text={c.text} />
          ))}
        </Select>
      )}
    </>
  );
};

const KeyFacts = ({ secret: s }: { readonly secret: SecretView }) =>
  s.key === null && s.login === null ? null : (
    <Facts
      rows={[
        ...(s.login === null ? [] : [['User', s.login] as const]),
        ...(s.key?.kind ? [['Kind of key', s.key.kind] as const] : []),
        ...(s.key?.fingerprint ? [['Fingerprint', <Hash key="fp" value={s.key.fingerprint} what="fingerprint" />] as const] : []),
        ...(s.key?.publicLine ? [['Public half', <Hash key="pub" value={s.key.publicLine} what="public half" />] as const] : []),
      ]}
    />
  );

const Remedy = ({
  secret,
  remedy,
}: {
  readonly secret: SecretView;
  readonly remedy: SecretView['traps'][number]['remedies'][number];
}) => {
  const change = useStore((s) => s.change);
  const passphrase = usePassphrase();
  const apply = async (): Promise<void> => {
    const bytes = remedy.needsPassphrase ? passphrase.take() : null;
    await change('secrets.remedy', { name: secret.name, remedy: remedy.id, passphrase: bytes }, 'Changing the value');
    bytes?.fill(0);
  };
  return (
    <div className="row">
      {remedy.needsPassphrase && <Passphrase handle={passphrase} label="Passphrase of the key" />}
      <Button size="sm" kind="tertiary" onClick={() => void apply()}>
        {remedy.says}
      </Button>
    </div>
  );
};

/** What is wrong with the value, and what can be done about it here. */
const Traps = ({ secret: s }: { readonly secret: SecretView }) =>
  s.traps.map((t) => (
    <div key={t.says} className={t.severity === 'error' ? 'trap' : 'trap trap--warning'}>
      <p>
        <strong>{t.says}</strong> {t.todo} <span className="quiet">{t.details}</span>
      </p>
      {t.remedies.map((r) => (
        <Remedy key={r.id} secret={s} remedy={r} />
      ))}
    </div>
  ));

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
      {s.understood && <p className="quiet">{s.understood}</p>}
      <Traps secret={s} />
      {!fixed && !typing && (
        <div className="buttons">
          <Generate secret={s} />
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
      <KeyFacts secret={s} />
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
