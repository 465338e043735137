/** One secret of the policy: its state, what was understood of its value, and the ways to give it one. */
import { Button, Tag } from '@carbon/react';
import { type DragEvent, useState } from 'react';
import type { SecretView } from '../../electron/contract.ts';
import { said, t } from '../../words/language.ts';
import { useReading } from '../components/drop-zone.tsx';
import { Facts, Hash } from '../components/facts.tsx';
import { FileButton } from '../components/file-button.tsx';
import { Reveal } from '../components/reveal.tsx';
import { droppedFiles, readOne } from '../files.ts';
import { useStore } from '../store.ts';
import { HostCertificate } from './host-certificate.tsx';
import { Generate } from './secret-generating.tsx';
import { Traps } from './secret-traps.tsx';
import { TypeValue } from './secret-typing.tsx';
import { MadeRequest, SigningRequest } from './signing-request.tsx';

const STATES: Record<SecretView['state'], string> = said({
  ready: 'has a value',
  wrong: 'does not fit',
  missing: 'no value yet',
  automatic: 'made new for each bundle',
});
const COLOURS = { ready: 'green', wrong: 'red', missing: 'gray', automatic: 'blue' } as const;
const VALUE_MAX = 64 * 1024;

const KeyFacts = ({ secret: s }: { readonly secret: SecretView }) =>
  s.key === null && s.login === null ? null : (
    <Facts
      rows={[
        ...(s.login === null ? [] : [[t('User'), s.login] as const]),
        ...(s.key?.kind ? [[t('Kind of key'), s.key.kind] as const] : []),
        ...(s.key?.fingerprint
          ? [[t('Fingerprint'), <Hash key="fp" value={s.key.fingerprint} what={t('fingerprint')} />] as const]
          : []),
        ...(s.key?.publicLine
          ? [[t('Public half'), <Hash key="pub" value={s.key.publicLine} what={t('public half')} />] as const]
          : []),
      ]}
    />
  );

export const SecretCard = ({ secret: s }: { readonly secret: SecretView }) => {
  const change = useStore((st) => st.change);
  const [open, setOpen] = useState<'typing' | 'companion'>();
  const [over, setOver] = useState(false);
  const reading = useReading();
  const fixed = s.state === 'automatic';
  const load = async (file: File): Promise<void> => {
    const { bytes } = await readOne(file, VALUE_MAX);
    await change('secrets.import', { name: s.name, bytes }, t('Checking the value'));
    bytes.fill(0);
  };
  const drop = (e: DragEvent): void => {
    // this card's file, not the window's
    e.preventDefault();
    e.stopPropagation();
    setOver(false);
    const files = droppedFiles(e.dataTransfer as unknown as DataTransfer);
    void reading(async () => {
      const [file] = await files;
      if (file) await load(file);
    });
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
        <Tag size="sm" type={COLOURS[s.state]}>
          {t(STATES[s.state])}
        </Tag>
        {!s.required && (
          <Tag size="sm" type="gray">
            {t('optional')}
          </Tag>
        )}
        {s.bits !== null && (
          <span className="card__note">
            {s.estimated ? t('about {n} bits of strength', { n: s.bits }) : t('{n} random bits', { n: s.bits })}
          </span>
        )}
        {s.size !== null && <span className="card__note">{t('{n} bytes', { n: s.size })}</span>}
      </div>
      <p>
        {s.purpose}. {s.goesTo}. <span className="quiet">{t('Type {type}.', { type: s.type })}</span>
      </p>
      {s.understood && <p className="quiet">{s.understood}</p>}
      <Traps traps={s.traps} secret={s} />
      {!fixed && open === undefined && (
        <div className="buttons">
          <Generate secret={s} />
          <FileButton
            label={t('From a file')}
            testId={`file-${s.name}`}
            kind={s.canGenerate ? 'ghost' : 'primary'}
            onFile={load}
          />
          {s.canType && (
            <Button size="sm" kind="ghost" onClick={() => setOpen('typing')}>
              {t('Type')}
            </Button>
          )}
          {s.makes && (
            <Button size="sm" kind="ghost" onClick={() => setOpen('companion')}>
              {s.makes === 'host-certificate' ? t('Sign a host certificate') : t('Make a signing request')}
            </Button>
          )}
          {s.state !== 'missing' && (
            <Button
              size="sm"
              kind="danger--ghost"
              onClick={() => void change('secrets.clear', { name: s.name }, t('Forgetting the value'))}
            >
              {t('Forget')}
            </Button>
          )}
        </div>
      )}
      <KeyFacts secret={s} />
      {(s.state === 'ready' || s.state === 'wrong') && <Reveal name={s.name} />}
      {open === 'typing' && <TypeValue secret={s} onDone={() => setOpen(undefined)} />}
      {open === 'companion' && s.makes === 'host-certificate' && <HostCertificate secret={s} onDone={() => setOpen(undefined)} />}
      {open === 'companion' && s.makes === 'signing-request' && <SigningRequest secret={s} onDone={() => setOpen(undefined)} />}
      {open === undefined && <MadeRequest secret={s} />}
    </li>
  );
};
