/** Names and values, one pair a line; long hex values in a fixed-width face, to be copied whole. */
import { Checkmark, Copy } from '@carbon/icons-react';
import { type ReactNode, useState } from 'react';
import { t } from '../../words/language.ts';

export const Facts = ({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }) => (
  <dl className="facts">
    {rows.map(([name, value]) => (
      <div key={name} className="facts__row">
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** A button that copies text; it says so for a moment. */
export const CopyButton = ({ text, what }: { readonly text: string; readonly what: string }) => {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <button
      type="button"
      className="copy"
      aria-label={copied ? t('{what}: copied', { what }) : t('Copy {what}', { what })}
      title={t('Copy {what}', { what })}
      onClick={() => void copy()}
    >
      {copied ? <Checkmark /> : <Copy />}
    </button>
  );
};

/** A hash or tag. `short` shows its first and last digits; the whole value is what is copied. */
export const Hash = ({
  value,
  what,
  short = false,
}: {
  readonly value: string;
  readonly what: string;
  readonly short?: boolean;
}) => (
  <span className="hash">
    <code title={value}>{short && value.length > 24 ? `${value.slice(0, 12)}…${value.slice(-8)}` : value}</code>
    <CopyButton text={value} what={what} />
  </span>
);
