/** The certificate of an ssh host key: signed here with a CA key that is used once and forgotten. */
import { Button, Select, SelectItem, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { SecretView } from '../../electron/contract.ts';
import { t } from '../../words/language.ts';
import { useReading } from '../components/drop-zone.tsx';
import { FileButton } from '../components/file-button.tsx';
import { Passphrase, usePassphrase } from '../components/passphrase.tsx';
import { readOne } from '../files.ts';
import { useStore } from '../store.ts';

const CA_MAX = 64 * 1024;
const YEAR = '365';

/** Names as people type them: with commas or blanks between. */
export const namesIn = (text: string): string[] => text.split(/[\s,]+/).filter((n) => n !== '');

export const HostCertificate = ({ secret: s, onDone }: { readonly secret: SecretView; readonly onDone: () => void }) => {
  const change = useStore((st) => st.change);
  const say = useStore((st) => st.say);
  const reading = useReading();
  const passphrase = usePassphrase();
  const [from, setFrom] = useState('file');
  const [ca, setCa] = useState<File>();
  const [names, setNames] = useState('');
  const [days, setDays] = useState(YEAR);
  const good = namesIn(names).length > 0 && /^\d{1,5}$/.test(days) && (from === 'fresh' || ca !== undefined);
  const sign = async (): Promise<void> => {
    const file = from === 'file' && ca ? await readOne(ca, CA_MAX) : null;
    const text = passphrase.take();
    const order = { name: s.name, ca: file, passphrase: text, principals: namesIn(names), days: Number(days) };
    const done = await change('secrets.certify', order, t('Signing the certificate'));
    file?.bytes.fill(0);
    text.fill(0);
    if (!done) return;
    say(t('The certificate is in {name}. The CA key was used once and is forgotten.', { name: s.certificate ?? '' }));
    onDone();
  };
  return (
    <form
      className="fields"
      aria-label={t('Host certificate of {name}', { name: s.name })}
      onSubmit={(e) => {
        e.preventDefault();
        void reading(sign);
      }}
    >
      <p>
        {t('Clients that know the CA believe every host it signed, and need no fingerprint. The certificate goes to {name}.', {
          name: s.certificate ?? '',
        })}
      </p>
      <Select
        id={`ca-${s.name}`}
        size="sm"
        labelText={t('Who signs')}
        value={from}
        onChange={(e) => setFrom(e.target.value)}
        helperText={
          from === 'file'
            ? t('PEM, DER or OpenSSH. Its bytes are used for this one signature and wiped.')
            : t('Nobody can sign a second host with it. Good for one guest, and for trying.')
        }
      >
        <SelectItem value="file" text={t('your CA key, from a file')} />
        <SelectItem value="fresh" text={t('a new CA key, made for this one signature')} />
      </Select>
      {from === 'file' && (
        <>
          <div className="buttons">
            <FileButton label={t('Choose the CA key')} testId={`ca-${s.name}`} onFile={setCa} />
            <span className="quiet">{ca ? ca.name : t('no file chosen yet')}</span>
          </div>
          <Passphrase handle={passphrase} label={t('Passphrase of the CA key, if it has one')} />
        </>
      )}
      <TextInput
        id={`principals-${s.name}`}
        labelText={t('Names the host is reached by')}
        helperText={t('Host names and addresses, with commas between.')}
        value={names}
        onChange={(e) => setNames(e.target.value)}
        spellCheck={false}
      />
      <TextInput
        id={`days-${s.name}`}
        labelText={t('Days it is valid')}
        helperText={t('1 to 36500.')}
        value={days}
        onChange={(e) => setDays(e.target.value)}
        inputMode="numeric"
      />
      <div className="buttons">
        <Button type="submit" size="sm" disabled={!good}>
          {t('Sign the certificate')}
        </Button>
        <Button size="sm" kind="ghost" onClick={onDone}>
          {t('Cancel')}
        </Button>
      </div>
    </form>
  );
};
