/** Step 4: a value for each secret. Values go to the main side at once and are never kept here. */
import { Button } from '@carbon/react';
import { t } from '../../words/language.ts';
import { Place } from '../components/place.tsx';
import { useStore } from '../store.ts';
import { BuilderKey } from './builder-key.tsx';
import { Publics } from './publics.tsx';
import { SecretCard } from './secret-card.tsx';

export const SecretsStep = () => {
  const secrets = useStore((s) => s.view?.secrets) ?? [];
  const home = useStore((s) => s.view?.home) ?? '';
  const name = useStore((s) => s.view?.policy?.name) ?? 'guest';
  const change = useStore((s) => s.change);
  const ask = useStore((s) => s.ask);
  const say = useStore((s) => s.say);
  const open = secrets.filter((s) => s.state === 'missing' && s.canGenerate);
  const held = secrets.filter((s) => s.state === 'ready' || s.state === 'wrong');
  const save = async (path: string): Promise<void> => {
    const answer = await ask('secrets.export', { path }, t('Saving the values'));
    if (answer) say(t('{n} values are in {path}, readable by you alone.', { n: answer.files.length, path: answer.path }));
  };
  if (secrets.length === 0) return <p>{t('Choose a policy first: it says which secrets there are.')}</p>;
  return (
    <>
      {open.length > 1 && (
        <section className="offer">
          <p>{t('{n} secrets can be made at random now. That is the best value they can have.', { n: open.length })}</p>
          <Button kind="tertiary" onClick={() => void change('secrets.generate-all', {}, t('Generating'))}>
            {t('Generate all that are missing')}
          </Button>
        </section>
      )}
      <BuilderKey />
      <ul className="cards" aria-label={t('Secrets')}>
        {secrets.map((s) => (
          <SecretCard key={s.name} secret={s} />
        ))}
      </ul>
      <Publics />
      {held.length > 0 && (
        <section className="card">
          <h2>{t('Keep a copy for yourself')}</h2>
          <p>
            {t(
              'You need the disk passphrase and the volume key to encrypt the root disk, and the customer communication key to read a dump later. They are written to a new directory that only you can read. Keep it offline.',
            )}
          </p>
          <Place
            label={t('Directory for the values')}
            help={t('It must not exist yet. The values are not encrypted there.')}
            suggested={`${home}/private/${name}-values`}
            button={t('Save the values')}
            onSave={(path) => void save(path)}
          />
        </section>
      )}
    </>
  );
};
