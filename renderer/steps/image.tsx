/** Step 2: the image, or its SE header. */
import { CheckmarkFilled, CircleDash } from '@carbon/icons-react';
import { Tag } from '@carbon/react';
import type { ProjectView } from '../../electron/contract.ts';
import { t } from '../../words/language.ts';
import { DropZone } from '../components/drop-zone.tsx';
import { Facts, Hash } from '../components/facts.tsx';
import { Findings } from '../components/findings.tsx';
import { readImage } from '../files.ts';
import { useStore } from '../store.ts';

type ImageView = NonNullable<ProjectView['image']>;

const Flags = ({ image }: { readonly image: ImageView }) => (
  <section>
    <h2>{t('Flags of the header')}</h2>
    <ul className="flags">
      {image.flags.map((f) => (
        <li key={f.name}>
          {f.set ? (
            <CheckmarkFilled className="mark mark--good" aria-label={t('Set')} />
          ) : (
            <CircleDash className="mark mark--quiet" aria-label={t('Not set')} />
          )}
          <code>{f.name}</code>
          <span>{f.doc}</span>
        </li>
      ))}
    </ul>
    <p className="quiet">
      {t(
        'Whether the image accepts a new customer communication key stands in the encrypted part of the header: only the ultravisor can see it. If it does not, the guest powers off at that request.',
      )}
    </p>
  </section>
);

const Slots = ({ image }: { readonly image: ImageView }) => (
  <section>
    <h2>{t('Machines this image starts on')}</h2>
    <table className="table table--dense">
      <thead>
        <tr>
          <th scope="col">{t('Host-key hash')}</th>
          <th scope="col">{t('Chosen in step 1')}</th>
        </tr>
      </thead>
      <tbody>
        {image.hostKeys.map((k) => (
          <tr key={k.phkh}>
            <td>
              <Hash value={k.phkh} what={t('host-key hash')} />
            </td>
            <td>{k.chosen ? t('yes') : t('no')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

export const ImageStep = () => {
  const image = useStore((s) => s.view?.image);
  const change = useStore((s) => s.change);
  return (
    <>
      <DropZone
        label={t('Drop the image or its SE header here')}
        hint={t('A header file (selhdr.bin) or a whole SE image of any size: the header is found inside.')}
        button={image ? t('Choose another file') : t('Choose a file')}
        onFiles={async ([file]) => {
          if (file) await change('image.set', await readImage(file), t('Looking for the header'));
        }}
      />
      {image && (
        <>
          <div className="card">
            <div className="card__head">
              <h2>{image.file}</h2>
              {image.generic ? (
                <Tag size="sm" type="green">
                  {t('generic image')}
                </Tag>
              ) : (
                <Tag size="sm" type="red">
                  {t('not a generic image')}
                </Tag>
              )}
              <Tag size="sm" type="gray">
                {image.whole ? t('whole image') : t('header only')}
              </Tag>
            </div>
            <Facts
              rows={[
                [t('SE header tag'), <Hash key="tag" value={image.tag} what={t('SE header tag')} />],
                [t('Component pages'), `${image.pages} (${image.pages * 4} KiB)`],
              ]}
            />
            <details className="fold">
              <summary>{t('Digests of the components')}</summary>
              <Facts
                rows={[
                  [t('PLD, pages'), <Hash key="pld" value={image.pld} what={t('page list digest')} />],
                  [t('ALD, addresses'), <Hash key="ald" value={image.ald} what={t('address list digest')} />],
                  [t('TLD, tweaks'), <Hash key="tld" value={image.tld} what={t('tweak list digest')} />],
                ]}
              />
            </details>
            <Findings findings={image.findings} />
          </div>
          <Slots image={image} />
          <Flags image={image} />
          <p className="quiet">
            {t(
              'A header is shown as it stands in the file. That it is genuine cannot be checked without its key, and nobody should have that key: take the header from its builder over a way you trust, and compare the tag.',
            )}
          </p>
        </>
      )}
    </>
  );
};
