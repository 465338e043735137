/** For security officers: a policy or a bundle without any secret, what it means, and a signature for or against it. */
import { RadioButton, RadioButtonGroup, TextInput } from '@carbon/react';
import { useState } from 'react';
import type { ChosenFile, ReviewView } from '../../electron/contract.ts';
import { t } from '../../words/language.ts';
import { DropZone } from '../components/drop-zone.tsx';
import { Facts, Hash } from '../components/facts.tsx';
import { FileButton } from '../components/file-button.tsx';
import { Findings } from '../components/findings.tsx';
import { differ, Passphrase, takeTwice, usePassphrase } from '../components/passphrase.tsx';
import { Place } from '../components/place.tsx';
import { readOne } from '../files.ts';
import { useStore } from '../store.ts';

const KEY_MAX = 64 * 1024;
const POLICY_MAX = 256 * 1024;

const Lines = ({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) => (
  <section>
    <h2>{title}</h2>
    <ul className="plain">
      {lines.map((l) => (
        <li key={l}>{l}</li>
      ))}
    </ul>
  </section>
);

const Sign = ({ review }: { readonly review: ReviewView }) => {
  const ask = useStore((s) => s.ask);
  const say = useStore((s) => s.say);
  const home = useStore((s) => s.view?.home) ?? '';
  const [key, setKey] = useState<ChosenFile>();
  const [decision, setDecision] = useState<'approve' | 'reject'>('approve');
  const [comment, setComment] = useState('');
  const passphrase = usePassphrase();
  const hash = review.signable ?? '';
  const sign = async (path: string): Promise<void> => {
    if (key === undefined) return;
    const bytes = passphrase.take();
    const answer = await ask('officer.sign', { key, passphrase: bytes, decision, comment, path }, t('Signing'));
    bytes.fill(0);
    if (answer) say(t('Signed by {fingerprint}: {path}. Give this file to whoever makes the bundle.', answer));
  };
  return (
    <section className="card">
      <h2>{t('Your decision')}</h2>
      <p>
        {review.about === 'bundle'
          ? t('The signature is about exactly this bundle, hash {hash}. A change of one letter makes it void.', { hash })
          : t('The signature is about exactly this policy, hash {hash}. A change of one letter makes it void.', { hash })}
      </p>
      <RadioButtonGroup
        legendText={t('Decision')}
        name="decision"
        valueSelected={decision}
        onChange={(v) => setDecision(v === 'reject' ? 'reject' : 'approve')}
      >
        <RadioButton id="approve" labelText={t('Approve')} value="approve" />
        <RadioButton id="reject" labelText={t('Reject')} value="reject" />
      </RadioButtonGroup>
      <TextInput
        id="comment"
        labelText={t('Comment (optional)')}
        value={comment}
        maxLength={1000}
        onChange={(e) => setComment(e.target.value)}
      />
      <div className="row">
        <FileButton
          label={key ? t('Key: {name}', { name: key.name }) : t('Choose your key file')}
          testId="officer-key"
          size="md"
          onFile={async (file) => setKey(await readOne(file, KEY_MAX))}
        />
        <Passphrase handle={passphrase} label={t('Passphrase of your key')} />
      </div>
      <Place
        label={t('File for the approval')}
        help={t('A new file. It holds your decision and comment, and no secret.')}
        suggested={`${home}/${review.name}-${decision === 'approve' ? 'approval' : 'rejection'}.json`}
        button={decision === 'approve' ? t('Sign the approval') : t('Sign the rejection')}
        disabled={key === undefined}
        onSave={(path) => void sign(path)}
      />
    </section>
  );
};

const NewKey = () => {
  const ask = useStore((s) => s.ask);
  const fail = useStore((s) => s.fail);
  const home = useStore((s) => s.view?.home) ?? '';
  const [name, setName] = useState('');
  const [made, setMade] = useState<{ line: string; fingerprint: string; path: string }>();
  const first = usePassphrase();
  const second = usePassphrase();
  const make = async (path: string): Promise<void> => {
    const passphrase = takeTwice(first, second);
    if (passphrase === undefined) return fail(differ());
    setMade(await ask('officer.key', { path, name: name.trim(), passphrase }, t('Making the key')));
    passphrase.fill(0);
  };
  return (
    <details className="fold">
      <summary>{t('Make a key to approve with')}</summary>
      <div className="card">
        <TextInput
          id="officer-name"
          labelText={t('Whose key it is')}
          value={name}
          maxLength={64}
          onChange={(e) => setName(e.target.value)}
        />
        <Passphrase handle={first} label={t('Passphrase for the new key')} help={t('At least 12 characters.')} />
        <Passphrase handle={second} label={t('The same passphrase again')} />
        <Place
          label={t('File of the key')}
          help={t('A new file; the public half goes beside it, with the ending .pub.')}
          suggested={`${home}/approver.key`}
          button={t('Make the key')}
          onSave={(path) => void make(path)}
        />
        {made && (
          <Facts
            rows={[
              [t('Key'), <code key="path">{made.path}</code>],
              [t('Public half'), <Hash key="line" value={made.line} what={t('public half of the key')} />],
              [t('Fingerprint'), made.fingerprint],
            ]}
          />
        )}
        <p className="quiet">
          {t(
            'Give the public half to whoever makes the bundles: they add it in the step Policy. A key of ssh-keygen (ed25519) works as well.',
          )}
        </p>
      </div>
    </details>
  );
};

/** The policy of a project file: whoever has its passphrase may look, and sees no value. */
const OpenProject = ({ onReview }: { readonly onReview: (review: ReviewView | undefined) => void }) => {
  const ask = useStore((s) => s.ask);
  const home = useStore((s) => s.view?.home) ?? '';
  const passphrase = usePassphrase();
  const open = async (path: string): Promise<void> => {
    const bytes = passphrase.take();
    onReview(await ask('officer.project', { path, passphrase: bytes }, t('Reading the project')));
    bytes.fill(0);
  };
  return (
    <details className="fold">
      <summary>{t('Review a project file')}</summary>
      <div className="card">
        <Passphrase handle={passphrase} label={t('Passphrase of the project file')} />
        <Place
          label={t('Project file to review')}
          help={t('It is only read. Its values are not shown.')}
          suggested={`${home}/`}
          button={t('Review the project')}
          onSave={(path) => void open(path)}
        />
      </div>
    </details>
  );
};

export const OfficerRoom = () => {
  const ask = useStore((s) => s.ask);
  const home = useStore((s) => s.view?.home) ?? '';
  const [review, setReview] = useState<ReviewView>();
  const speaking = review?.findings.filter((f) => f.severity !== 'ok') ?? [];
  return (
    <>
      <DropZone
        label={t('Drop a policy here to review it')}
        hint={t('No secret is needed to review, and none is shown.')}
        button={t('Choose a policy')}
        accept=".yaml,.yml,.json"
        onFiles={async ([file]) => {
          if (file) setReview(await ask('officer.policy', await readOne(file, POLICY_MAX), t('Reading the policy')));
        }}
      />
      <section className="card">
        <Place
          label={t('Or review a bundle: its directory')}
          help={t('The directory that holds sics/ and meta/.')}
          suggested={`${home}/`}
          button={t('Review the bundle')}
          onSave={(path) => void ask('officer.bundle', { path }, t('Reading the bundle')).then(setReview)}
        />
      </section>
      <OpenProject onReview={setReview} />
      <NewKey />
      {review && (
        <>
          <section className="card">
            <h2>{review.title}</h2>
            <Facts
              rows={[
                [t('From'), review.file],
                [t('Policy hash'), <Hash key="hash" value={review.policySha256} what={t('policy hash')} />],
              ]}
            />
          </section>
          <Lines title={t('A guest gets, in this order')} lines={review.gets} />
          {review.hostKeys.length > 0 && <Lines title={t('Host keys')} lines={review.hostKeys} />}
          <Lines title={t('Who can read a dump')} lines={review.dump} />
          <Lines title={t('What a report can show')} lines={[review.report]} />
          <Lines title={t('Approvals')} lines={review.approvals} />
          <section>
            <h2>{t('Rules that speak')}</h2>
            {speaking.length === 0 ? <p>{t('Every rule is in order.')}</p> : <Findings findings={speaking} />}
          </section>
          {review.signable !== null && <Sign review={review} />}
        </>
      )}
    </>
  );
};
