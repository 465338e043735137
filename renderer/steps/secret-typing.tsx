/** A value that is typed: read once, handed over as bytes, with its strength while it is typed. */
import { Button } from '@carbon/react';
import { useEffect, useRef, useState } from 'react';
import type { SecretView } from '../../electron/contract.ts';
import { t } from '../../words/language.ts';
import { call } from '../bridge.ts';
import { HiddenInput } from '../components/carbon.tsx';
import { useStore } from '../store.ts';

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
export const TypeValue = ({ secret, onDone }: { readonly secret: SecretView; readonly onDone: () => void }) => {
  const field = useRef<HTMLInputElement>(null);
  const change = useStore((s) => s.change);
  const { strength, typed } = useStrength(secret.name);
  const take = async (): Promise<void> => {
    const input = field.current;
    if (input === null) return;
    const value = new TextEncoder().encode(input.value);
    input.value = '';
    await change('secrets.type', { name: secret.name, value }, t('Checking the value'));
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
      <HiddenInput
        ref={field}
        id={`type-${secret.name}`}
        labelText={t('Value of {name}', { name: secret.name })}
        helperText={
          strength
            ? [strength.says, ...strength.feedback].join(' ')
            : t('Exactly these characters become the value: no line feed is added.')
        }
        onInput={(e) => typed(e.currentTarget as HTMLInputElement)}
      />
      <Button type="submit" size="md">
        {t('Use this value')}
      </Button>
      <Button kind="ghost" size="md" onClick={onDone}>
        {t('Cancel')}
      </Button>
    </form>
  );
};
