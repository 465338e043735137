/** Values that are generated: the ways there are, and a new password, which is shown once. */
import { Button, Select, SelectItem } from '@carbon/react';
import { useRef, useState } from 'react';
import type { SecretView } from '../../electron/contract.ts';
import { said, t } from '../../words/language.ts';
import { useStore } from '../store.ts';

const WAYS: Record<string, string> = said({
  characters: 'random characters',
  words: 'random words',
  bytes: 'random bytes',
  'ssh-key': 'a new ssh key',
  'tls-key': 'a new TLS key',
  login: 'a new password, shown once',
});

const waySays = (generator: string): string => t(WAYS[generator] ?? generator);

/** A choice of ways where there is more than one; each is a name and, for keys, a kind. */
const choicesOf = (
  s: SecretView,
): { readonly id: string; readonly text: string; readonly generator: string; readonly key?: string }[] =>
  s.ways.flatMap((w) =>
    w.keys.length > 0
      ? w.keys.map((key) => ({
          id: `${w.generator} ${key}`,
          text: `${waySays(w.generator)}, ${key}`,
          generator: w.generator,
          key,
        }))
      : [
          {
            id: w.generator,
            text: w.bits === null ? waySays(w.generator) : t('{way}, {n} bits', { way: waySays(w.generator), n: w.bits }),
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
    const answer = await ask('secrets.login', { name }, t('Making a password'));
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
        {t('Make a new password')}
      </Button>
      {shown && <span>{t('Note it now, it is not kept in clear:')}</span>}
      <code ref={field} className="reveal__value" data-testid={`login-${name}`} />
      {shown && (
        <Button size="sm" kind="ghost" onClick={away}>
          {t('I have noted it')}
        </Button>
      )}
    </div>
  );
};

export const Generate = ({ secret: s }: { readonly secret: SecretView }) => {
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
        onClick={() => void change('secrets.generate', { name: s.name, generator, ...(key ? { key } : {}) }, t('Generating'))}
      >
        {s.state === 'missing' ? t('Generate') : t('Generate a new one')}
      </Button>
      {choices.length > 1 && (
        <Select
          id={`way-${s.name}`}
          size="sm"
          hideLabel
          labelText={t('How {name} is generated', { name: s.name })}
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
