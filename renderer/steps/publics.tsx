/** Contents of the policy that are not secret: they must be genuine, and fit the keys beside them. */
import { Tag } from '@carbon/react';
import { useReading } from '../components/drop-zone.tsx';
import { readOne } from '../files.ts';
import { useStore } from '../store.ts';

const CONTENT_MAX = 64 * 1024;

/** Contents that are not secret, but must be genuine: they travel in the manifest. */
export const Publics = () => {
  const publics = useStore((s) => s.view?.publics) ?? [];
  const change = useStore((s) => s.change);
  const reading = useReading();
  if (publics.length === 0) return null;
  return (
    <section>
      <h2>Not secret, but needed</h2>
      <ul className="cards">
        {publics.map((p) => (
          <li key={p.name} className="card">
            <div className="card__head">
              <h3>{p.name}</h3>
              <Tag size="sm" type={p.given ? 'green' : 'gray'}>
                {p.given ? 'has content' : 'no content yet'}
              </Tag>
            </div>
            <p>
              {p.purpose}. {p.goesTo}.
            </p>
            <label className="cds--btn cds--btn--sm cds--btn--tertiary cds--layout--size-sm">
              From a file
              <input
                type="file"
                className="unseen"
                data-testid={`public-${p.name}`}
                onChange={(e) => {
                  const [file] = [...(e.target.files ?? [])];
                  e.target.value = '';
                  if (file)
                    void reading(async () => {
                      const { bytes } = await readOne(file, CONTENT_MAX);
                      await change('publics.import', { name: p.name, bytes }, 'Checking the content');
                    });
                }}
              />
            </label>
          </li>
        ))}
      </ul>
    </section>
  );
};
