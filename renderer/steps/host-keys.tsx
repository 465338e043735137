/** Step 1: host-key documents and what verifies them. */
import { CheckmarkFilled, ErrorFilled, TrashCan } from '@carbon/icons-react';
import { Button, IconButton, Modal, Tag, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { HostKeyView } from '../../electron/contract.ts';
import { dayText, said, t } from '../../words/language.ts';
import { DropZone } from '../components/drop-zone.tsx';
import { CopyButton, Facts, Hash } from '../components/facts.tsx';
import { readFiles } from '../files.ts';
import { useStore } from '../store.ts';

const STATES: Record<HostKeyView['state'], string> = said({
  verified: 'verified',
  refused: 'refused',
  'not-verified': 'not verified',
  accepted: 'used without verification',
});
const COLOURS = { verified: 'green', refused: 'red', 'not-verified': 'gray', accepted: 'magenta' } as const;

/** A typed confirmation: a click alone must not be enough to trust a stranger's key. */
const AcceptDialog = ({ hostKey, onClose }: { readonly hostKey: HostKeyView; readonly onClose: () => void }) => {
  const change = useStore((s) => s.change);
  const word = t(useStore((s) => s.acceptWord));
  const [typed, setTyped] = useState('');
  return (
    <Modal
      open
      danger
      modalHeading={t('Use this host key without verification?')}
      primaryButtonText={t('Use it without verification')}
      secondaryButtonText={t('Cancel')}
      closeButtonLabel={t('Close')}
      primaryButtonDisabled={typed.trim().toLowerCase() !== word}
      onRequestClose={onClose}
      onRequestSubmit={() => {
        void change('host-keys.accept', { phkh: hostKey.phkh, typed }, t('Noting your decision'));
        onClose();
      }}
    >
      <p>
        {t(
          'Nothing shows that {file} belongs to a real machine. If it is a stranger’s key, every secret you make here can be opened by that stranger. The decision is written on the review, into the bundle and on the verdict.',
          { file: hostKey.file },
        )}
      </p>
      <TextInput
        id="accept-word"
        data-modal-primary-focus
        labelText={t('Type the word “{word}” to confirm', { word })}
        value={typed}
        onChange={(e) => setTyped(e.target.value)}
        autoComplete="off"
      />
    </Modal>
  );
};

const Checks = ({ hostKey }: { readonly hostKey: HostKeyView }) => {
  const failed = hostKey.checks.filter((c) => c.outcome === 'failed').length;
  return (
    <details className="fold">
      <summary>
        {failed > 0
          ? t('{n, plural, one {# check} other {# checks}}, {failed} failed', { n: hostKey.checks.length, failed })
          : t('{n, plural, one {# check} other {# checks}}', { n: hostKey.checks.length })}
      </summary>
      <table className="table table--dense">
        <thead>
          <tr>
            <th scope="col">{t('Outcome')}</th>
            <th scope="col">{t('Check')}</th>
            <th scope="col">{t('About')}</th>
            <th scope="col">{t('Expected')}</th>
            <th scope="col">{t('Found')}</th>
          </tr>
        </thead>
        <tbody>
          {hostKey.checks.map((c, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: one check can come several times, and the list is replaced as a whole
            <tr key={i}>
              <td>
                {c.outcome === 'passed' ? (
                  <CheckmarkFilled className="mark mark--good" aria-label={t('Passed')} />
                ) : (
                  <ErrorFilled className="mark mark--bad" aria-label={t('Failed')} />
                )}
              </td>
              <td>{c.about}</td>
              <td>{c.subject}</td>
              <td>{c.expected}</td>
              <td>{c.found}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
};

const HostKeyCard = ({ hostKey: k }: { readonly hostKey: HostKeyView }) => {
  const change = useStore((s) => s.change);
  const [asking, setAsking] = useState(false);
  return (
    <li className="card">
      <div className="card__head">
        <h2>{k.file}</h2>
        <Tag size="sm" type={COLOURS[k.state]}>
          {t(STATES[k.state])}
        </Tag>
        {k.holdsUntil && <span className="card__note">{t('holds until {day}', { day: dayText(k.holdsUntil) })}</span>}
        <span className="card__push" />
        {(k.state === 'refused' || k.state === 'not-verified') && (
          <Button kind="danger--ghost" size="sm" onClick={() => setAsking(true)}>
            {t('Use without verification…')}
          </Button>
        )}
        <IconButton
          kind="ghost"
          size="sm"
          label={t('Remove {name}', { name: k.file })}
          align="left"
          onClick={() => void change('host-keys.remove', { phkh: k.phkh }, t('Removing the host key'))}
        >
          <TrashCan />
        </IconButton>
      </div>
      {k.reason && k.state !== 'verified' && <p className="card__reason">{k.reason}</p>}
      {k.endingSoon.map((e) => (
        <p key={e} className="card__warn">
          {t('Ends within 14 days: {what}', { what: e })}
        </p>
      ))}
      {k.inImage === false && (
        <p className="card__warn">{t('The chosen image has no key slot for this host: it will not start there.')}</p>
      )}
      <Facts
        rows={[
          [t('Host-key hash'), <Hash key="hash" value={k.phkh} what={t('host-key hash')} />],
          [t('Serial number'), <code key="serial">{k.serial}</code>],
          [t('Subject'), k.model === null ? k.subject : `${k.subject}, ${k.model}`],
          [t('Document valid'), t('{from} to {until}', { from: dayText(k.notBefore), until: dayText(k.notAfter) })],
        ]}
      />
      {k.checks.length > 0 && <Checks hostKey={k} />}
      {asking && <AcceptDialog hostKey={k} onClose={() => setAsking(false)} />}
    </li>
  );
};

const Pieces = () => {
  const pieces = useStore((s) => s.view?.pieces) ?? [];
  const change = useStore((s) => s.change);
  if (pieces.length === 0) return null;
  return (
    <section>
      <div className="section__head">
        <h2>{t('What else was in the files')}</h2>
        <Button kind="ghost" size="sm" onClick={() => void change('host-keys.clear-pieces', {}, t('Removing the certificates'))}>
          {t('Remove all of these')}
        </Button>
      </div>
      <table className="table table--dense">
        <thead>
          <tr>
            <th scope="col">{t('File')}</th>
            <th scope="col">{t('What it is')}</th>
            <th scope="col">{t('Whose')}</th>
            <th scope="col">{t('Ends')}</th>
          </tr>
        </thead>
        <tbody>
          {pieces.map((p, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: files may share a name, and the list is replaced as a whole
            <tr key={i} className={p.used ? '' : 'table__quiet'}>
              <td>{p.file}</td>
              <td>{p.kind}</td>
              <td>{p.name}</td>
              <td>{dayText(p.until ?? '')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

const Missing = () => {
  const missing = useStore((s) => s.view?.missing) ?? [];
  const checklist = useStore((s) => s.view?.checklist) ?? '';
  if (missing.length === 0) return null;
  return (
    <section className="todo">
      <div className="section__head">
        <h2>{t('What verification still needs')}</h2>
        <CopyButton text={checklist} what={t('checklist')} />
      </div>
      <p>
        {t(
          'Selwright never connects to anything. Copy the checklist, fetch what is missing on a machine with a network, and drop it here.',
        )}
      </p>
      <ul>
        {missing.map((m) => (
          <li key={m}>{m}</li>
        ))}
      </ul>
    </section>
  );
};

/** Roots that nobody vouches for yet: trust is a decision, and the fingerprint is what it is about. */
const Roots = () => {
  const roots = (useStore((s) => s.view?.roots) ?? []).filter((r) => r.trusted === 'no');
  const change = useStore((s) => s.change);
  if (roots.length === 0) return null;
  return (
    <section className="todo">
      <h2>{t('Is this root certificate genuine?')}</h2>
      <p>
        {t(
          'This machine does not trust it yet. Whoever hands you a stranger’s host key can hand you the stranger’s root with it: compare the fingerprint with one you got another way, then decide.',
        )}
      </p>
      {roots.map((r) => (
        <div key={r.fingerprint} className="trust">
          <Facts
            rows={[
              [t('File'), r.file],
              [t('Name'), r.name],
              [t('SHA-256 fingerprint'), <Hash key="fingerprint" value={r.fingerprint} what={t('fingerprint')} />],
            ]}
          />
          <Button
            kind="tertiary"
            size="sm"
            onClick={() => void change('host-keys.trust-root', { fingerprint: r.fingerprint }, t('Verifying with this root'))}
          >
            {t('I compared it: trust this root')}
          </Button>
        </div>
      ))}
    </section>
  );
};

export const HostKeysStep = () => {
  const keys = useStore((s) => s.view?.hostKeys) ?? [];
  const empty = useStore((s) => s.view?.hostKeys.length === 0 && s.view.pieces.length === 0);
  const change = useStore((s) => s.change);
  return (
    <>
      <DropZone
        label={t('Drop host-key documents, certificates and revocation lists here')}
        hint={t(
          'Files, a folder or a zip, PEM or DER, in any mix: each is recognised by its content. For verification: IBM’s signing key, the intermediate and root certificates, and a revocation list (CRL) of each.',
        )}
        button={t('Choose files')}
        multiple
        folders
        onFiles={async (files) => {
          await change('host-keys.add', { files: await readFiles(files) }, t('Reading and verifying'));
        }}
      />
      {empty && (
        <section className="offer">
          <p>
            <strong>{t('First time here?')}</strong>{' '}
            {t(
              'The sample tenant brings everything: certificates shaped like IBM’s, two simulated machines, a generic image and a policy. Nothing in it is real.',
            )}
          </p>
          <Button kind="tertiary" onClick={() => void change('project.sample', {}, t('Making the sample tenant'))}>
            {t('Open the sample tenant')}
          </Button>
        </section>
      )}
      {keys.length > 0 && (
        <ul className="cards" aria-label={t('Host keys')}>
          {keys.map((k) => (
            <HostKeyCard key={k.phkh} hostKey={k} />
          ))}
        </ul>
      )}
      <Roots />
      <Missing />
      <Pieces />
    </>
  );
};
