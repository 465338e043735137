/** Contents of the policy that are not secret: they must be genuine, and fit the keys beside them. */
import { Tag } from '@carbon/react';
import type { PublicView } from '../../electron/contract.ts';
import { said, t } from '../../words/language.ts';
import { useReading } from '../components/drop-zone.tsx';
import { Facts, Hash } from '../components/facts.tsx';
import { readOne } from '../files.ts';
import { useStore } from '../store.ts';
import { Traps } from './secret-traps.tsx';

const CONTENT_MAX = 64 * 1024;

const STATES: Record<PublicView['state'], string> = said({
  ready: 'has content',
  wrong: 'does not fit',
  missing: 'no content yet',
});
const COLOURS = { ready: 'green', wrong: 'red', missing: 'gray' } as const;

/** A button that takes the content of an entry from a file. */
export const PublicFile = ({
  name,
  label,
  testId = `public-${name}`,
}: {
  readonly name: string;
  readonly label: string;
  readonly testId?: string;
}) => {
  const change = useStore((s) => s.change);
  const reading = useReading();
  return (
    <label className="cds--btn cds--btn--sm cds--btn--tertiary cds--layout--size-sm">
      {label}
      <input
        type="file"
        className="unseen"
        aria-label={`${label}: ${name}`}
        data-testid={testId}
        onChange={(e) => {
          const [file] = [...(e.target.files ?? [])];
          e.target.value = '';
          if (file)
            void reading(async () => {
              const { bytes } = await readOne(file, CONTENT_MAX);
              await change('publics.import', { name, bytes }, t('Checking the content'));
              // it may have been a private key by mistake
              bytes.fill(0);
            });
        }}
      />
    </label>
  );
};

const PublicCard = ({ entry: p }: { readonly entry: PublicView }) => {
  return (
    <li className="card">
      <div className="card__head">
        <h3>{p.name}</h3>
        <Tag size="sm" type={COLOURS[p.state]}>
          {t(STATES[p.state])}
        </Tag>
      </div>
      <p>
        {p.purpose}. {p.goesTo}.
      </p>
      <Traps traps={p.traps} />
      {p.facts.length > 0 && (
        <Facts rows={p.facts.map((f) => [f.about, f.copy ? <Hash key={f.about} value={f.value} what={f.about} /> : f.value])} />
      )}
      <div className="buttons">
        <PublicFile name={p.name} label={t('From a file')} />
      </div>
    </li>
  );
};

/** All of them: they travel in the manifest. */
export const Publics = () => {
  const publics = useStore((s) => s.view?.publics) ?? [];
  if (publics.length === 0) return null;
  return (
    <section>
      <h2>{t('Not secret, but needed')}</h2>
      <ul className="cards" aria-label={t('Public entries')}>
        {publics.map((p) => (
          <PublicCard key={p.name} entry={p} />
        ))}
      </ul>
    </section>
  );
};
