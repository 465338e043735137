/**
 * Shows a value on purpose: masked again after half a minute, copied with a clipboard that is cleared. The value is not kept in any
 * state: it is written into the element and taken out of it again.
 */
import { Copy, View, ViewOff } from '@carbon/icons-react';
import { Button } from '@carbon/react';
import { useEffect, useRef, useState } from 'react';
import { said, t } from '../../words/language.ts';
import { useStore } from '../store.ts';

/** Milliseconds until a shown value is masked and a copied one is cleared. */
const SHOWN_FOR = 30_000;

type Form = 'text' | 'hex';

const COPIED: Record<Form, string> = said({
  text: '{name} is on the clipboard as text, for half a minute.',
  hex: '{name} is on the clipboard as hex, for half a minute.',
});
const SHOWN: Record<Form, string> = said({
  text: 'text, masked again in 30 s:',
  hex: 'hex, masked again in 30 s:',
});

/** Text when it is printable, else hex: never guessed, the caller is told which. */
const readable = (value: Uint8Array): { text: string; form: Form } => {
  const printable = value.every((b) => b >= 0x20 && b < 0x7f);
  return printable
    ? { text: String.fromCharCode(...value), form: 'text' }
    : { text: [...value].map((b) => b.toString(16).padStart(2, '0')).join(''), form: 'hex' };
};

export const Reveal = ({ name }: { readonly name: string }) => {
  const ask = useStore((s) => s.ask);
  const say = useStore((s) => s.say);
  const field = useRef<HTMLElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [form, setForm] = useState<Form>();
  const mask = (): void => {
    clearTimeout(timer.current);
    if (field.current) field.current.textContent = '';
    setForm(undefined);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const fetchValue = async (): Promise<{ text: string; form: Form } | undefined> => {
    const answer = await ask('secrets.reveal', { name });
    if (answer === undefined) return undefined;
    const shown = readable(answer.value);
    answer.value.fill(0);
    return shown;
  };
  const show = async (): Promise<void> => {
    const shown = await fetchValue();
    if (shown === undefined || field.current === null) return;
    field.current.textContent = shown.text;
    setForm(shown.form);
    clearTimeout(timer.current);
    timer.current = setTimeout(mask, SHOWN_FOR);
  };
  const copy = async (): Promise<void> => {
    const shown = await fetchValue();
    if (shown === undefined) return;
    await navigator.clipboard.writeText(shown.text);
    say(t(COPIED[shown.form], { name }));
    // whatever is there by then goes: reading it first to compare would need another permission
    setTimeout(() => void navigator.clipboard.writeText(''), SHOWN_FOR);
  };
  return (
    <div className="reveal">
      <Button
        size="sm"
        kind="ghost"
        renderIcon={form === undefined ? View : ViewOff}
        onClick={() => (form === undefined ? void show() : mask())}
      >
        {form === undefined ? t('Show') : t('Hide')}
      </Button>
      <Button size="sm" kind="ghost" renderIcon={Copy} onClick={() => void copy()}>
        {t('Copy')}
      </Button>
      {form !== undefined && <span className="quiet">{t(SHOWN[form])}</span>}
      <code ref={field} className="reveal__value" data-testid={`value-${name}`} />
    </div>
  );
};
