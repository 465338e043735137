/** Approvals of the policy: how many it needs, who may give them, and those that came. */
import { Button, Tag, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { ProjectView } from '../../electron/contract.ts';
import { t } from '../../words/language.ts';
import { FileButton } from '../components/file-button.tsx';
import { readOne } from '../files.ts';
import { useStore } from '../store.ts';

const APPROVAL_MAX = 16 * 1024;

export const Approvals = ({ approvals: a }: { readonly approvals: ProjectView['approvals'] }) => {
  const change = useStore((s) => s.change);
  const [line, setLine] = useState('');
  return (
    <section className="card">
      <div className="card__head">
        <h2>{t('Approvals')}</h2>
        {a.required === 0 ? (
          <Tag size="sm" type="gray">
            {t('none needed')}
          </Tag>
        ) : a.satisfied ? (
          <Tag size="sm" type="green">
            {t('complete')}
          </Tag>
        ) : (
          <Tag size="sm" type="red">
            {t('missing')}
          </Tag>
        )}
      </div>
      <ul className="plain">
        {a.says.map((s) => (
          <li key={s}>{s}</li>
        ))}
      </ul>
      <div className="buttons">
        <FileButton
          label={t('Add an approval')}
          testId="approval"
          onFile={async (file) => {
            await change('approvals.add', await readOne(file, APPROVAL_MAX), t('Reading the approval'));
          }}
        />
      </div>
      <h3>{t('Keys you trust to approve')}</h3>
      {a.trusted.length === 0 && <p className="quiet">{t('None yet: without one no approval counts.')}</p>}
      <ul>
        {a.trusted.map((k) => (
          <li key={k.fingerprint} className="card__head">
            <code>{k.fingerprint}</code> {k.name}
            <Button
              size="sm"
              kind="danger--ghost"
              onClick={() => void change('approvers.remove', { fingerprint: k.fingerprint }, t('Removing the key'))}
            >
              {t('Remove')}
            </Button>
          </li>
        ))}
      </ul>
      <div className="row">
        <TextInput
          id="approver-line"
          labelText={t('Public key of an approver')}
          helperText={t(
            'A line like “ssh-ed25519 AAAA… name”, from the file that ends in .pub. Compare its fingerprint with its owner.',
          )}
          value={line}
          onChange={(e) => setLine(e.target.value)}
          spellCheck={false}
        />
        <Button
          size="md"
          kind="tertiary"
          disabled={line.trim() === ''}
          onClick={() =>
            void change('approvers.trust', { line: line.trim() }, t('Adding the key')).then((done) => done && setLine(''))
          }
        >
          {t('Trust this key')}
        </Button>
      </div>
    </section>
  );
};
