/** Step 1: host-key documents and what verifies them. */
import { CheckmarkFilled, ErrorFilled, TrashCan } from '@carbon/icons-react';
import { Button, IconButton, Modal, Tag, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { HostKeyView } from '../../electron/contract.ts';
import { DropZone } from '../components/drop-zone.tsx';
import { CopyButton, Facts, Hash } from '../components/facts.tsx';
import { readFiles } from '../files.ts';
import { useStore } from '../store.ts';

const STATES: Record<HostKeyView['state'], readonly [type: 'green' | 'red' | 'gray' | 'magenta', text: string]> = {
  verified: ['green', 'verified'],
  refused: ['red', 'refused'],
  'not-verified': ['gray', 'not verified'],
  accepted: ['magenta', 'used without verification'],
};

/** A typed confirmation: a click alone must not be enough to trust a stranger's key. */
const AcceptDialog = ({ hostKey, onClose }: { readonly hostKey: HostKeyView; readonly onClose: () => void }) => {
  const change = useStore((s) => s.change);
  const word = useStore((s) => s.acceptWord);
  const [typed, setTyped] = useState('');
  return (
    <Modal
      open
      danger
      modalHeading="Use this host key without verification?"
      primaryButtonText="Use it without verification"
      secondaryButtonText="Cancel"
      primaryButtonDisabled={typed.trim().toLowerCase() !== word}
      onRequestClose={onClose}
      onRequestSubmit={() => {
        void change('host-keys.accept', { phkh: hostKey.phkh, typed }, 'Noting your decision');
        onClose();
      }}
    >
      <p>
        Nothing shows that {hostKey.file} belongs to a real machine. If it is a stranger’s key, every secret you make here can be
        opened by that stranger. The decision is written on the review, into the bundle and on the verdict.
      </p>
      <TextInput
        id="accept-word"
        data-modal-primary-focus
        labelText={`Type the word “${word}” to confirm`}
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
        {hostKey.checks.length} checks{failed > 0 && `, ${failed} failed`}
      </summary>
      <table className="table table--dense">
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Check</th>
            <th scope="col">About</th>
            <th scope="col">Expected</th>
            <th scope="col">Found</th>
          </tr>
        </thead>
        <tbody>
          {hostKey.checks.map((c, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: one check can come several times, and the list is replaced as a whole
            <tr key={i}>
              <td>
                {c.outcome === 'passed' ? (
                  <CheckmarkFilled className="mark mark--good" aria-label="Passed" />
                ) : (
                  <ErrorFilled className="mark mark--bad" aria-label="Failed" />
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
  const [type, text] = STATES[k.state];
  return (
    <li className="card">
      <div className="card__head">
        <h2>{k.file}</h2>
        <Tag size="sm" type={type}>
          {text}
        </Tag>
        {k.holdsUntil && <span className="card__note">holds until {k.holdsUntil}</span>}
        <span className="card__push" />
        {(k.state === 'refused' || k.state === 'not-verified') && (
          <Button kind="danger--ghost" size="sm" onClick={() => setAsking(true)}>
            Use without verification…
          </Button>
        )}
        <IconButton
          kind="ghost"
          size="sm"
          label={`Remove ${k.file}`}
          align="left"
          onClick={() => void change('host-keys.remove', { phkh: k.phkh }, 'Removing the host key')}
        >
          <TrashCan />
        </IconButton>
      </div>
      {k.reason && k.state !== 'verified' && <p className="card__reason">{k.reason}</p>}
      {k.endingSoon.map((e) => (
        <p key={e} className="card__warn">
          Ends within 14 days: {e}
        </p>
      ))}
      {k.inImage === false && (
        <p className="card__warn">The chosen image has no key slot for this host: it will not start there.</p>
      )}
      <Facts
        rows={[
          ['Host-key hash', <Hash key="hash" value={k.phkh} what="host-key hash" />],
          ['Serial number', <code key="serial">{k.serial}</code>],
          ['Subject', k.model === null ? k.subject : `${k.subject}, ${k.model}`],
          ['Document valid', `${k.notBefore} to ${k.notAfter}`],
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
        <h2>What else was in the files</h2>
        <Button kind="ghost" size="sm" onClick={() => void change('host-keys.clear-pieces', {}, 'Removing the certificates')}>
          Remove all of these
        </Button>
      </div>
      <table className="table table--dense">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">What it is</th>
            <th scope="col">Whose</th>
            <th scope="col">Ends</th>
          </tr>
        </thead>
        <tbody>
          {pieces.map((p, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: files may share a name, and the list is replaced as a whole
            <tr key={i} className={p.used ? '' : 'table__quiet'}>
              <td>{p.file}</td>
              <td>{p.kind}</td>
              <td>{p.name}</td>
              <td>{p.until ?? ''}</td>
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
        <h2>What verification still needs</h2>
        <CopyButton text={checklist} what="checklist" />
      </div>
      <p>
        Selwright never connects to anything. Copy the checklist, fetch what is missing on a machine with a network, and drop it
        here.
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
      <h2>Is this root certificate genuine?</h2>
      <p>
        This machine does not trust it yet. Whoever hands you a stranger’s host key can hand you the stranger’s root with it:
        compare the fingerprint with one you got another way, then decide.
      </p>
      {roots.map((r) => (
        <div key={r.fingerprint} className="trust">
          <Facts
            rows={[
              ['File', r.file],
              ['Name', r.name],
              ['SHA-256 fingerprint', <Hash key="fingerprint" value={r.fingerprint} what="fingerprint" />],
            ]}
          />
          <Button
            kind="tertiary"
            size="sm"
            onClick={() => void change('host-keys.trust-root', { fingerprint: r.fingerprint }, 'Verifying with this root')}
          >
            I compared it: trust this root
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
        label="Drop host-key documents, certificates and revocation lists here"
        hint="Files, a folder or a zip, PEM or DER, in any mix: each is recognised by its content. For verification: IBM’s signing key, the intermediate and root certificates, and a revocation list (CRL) of each."
        button="Choose files"
        multiple
        folders
        onFiles={async (files) => {
          await change('host-keys.add', { files: await readFiles(files) }, 'Reading and verifying');
        }}
      />
      {empty && (
        <section className="offer">
          <p>
            <strong>First time here?</strong> The sample tenant brings everything: certificates shaped like IBM’s, two simulated
            machines, a generic image and a policy. Nothing in it is real.
          </p>
          <Button kind="tertiary" onClick={() => void change('project.sample', {}, 'Making the sample tenant')}>
            Open the sample tenant
          </Button>
        </section>
      )}
      {keys.length > 0 && (
        <ul className="cards" aria-label="Host keys">
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
