/** Passphrase fields that keep nothing: read once as bytes, then emptied. */
import { type RefObject, useId, useRef } from 'react';
import { t } from '../../words/language.ts';
import type { Problem } from '../store.ts';
import { HiddenInput } from './carbon.tsx';

export interface PassphraseHandle {
  readonly field: RefObject<HTMLInputElement | null>;
  /** What was typed, as bytes; the field is emptied. */
  take(): Uint8Array;
}

export const usePassphrase = (): PassphraseHandle => {
  const field = useRef<HTMLInputElement>(null);
  return {
    field,
    take: () => {
      const value = new TextEncoder().encode(field.current?.value ?? '');
      if (field.current) field.current.value = '';
      return value;
    },
  };
};

export const Passphrase = ({
  handle,
  label,
  help = '',
}: {
  readonly handle: PassphraseHandle;
  readonly label: string;
  readonly help?: string;
}) => {
  const id = useId();
  return <HiddenInput ref={handle.field} id={id} labelText={label} helperText={help} />;
};

/** What is said when two entries differ. */
export const differ = (): Problem => ({ what: t('The two passphrases differ.'), todo: t('Type the same one twice.') });

/** Two entries of a new passphrase. @returns the bytes, or undefined when they differ; the second entry is wiped */
export const takeTwice = (first: PassphraseHandle, second: PassphraseHandle): Uint8Array | undefined => {
  const a = first.take();
  const b = second.take();
  const same = a.length === b.length && a.every((x, i) => x === b[i]);
  b.fill(0);
  if (same) return a;
  a.fill(0);
  return undefined;
};
