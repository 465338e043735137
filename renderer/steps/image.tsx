/** Step 2: the image, or its SE header. */
import { CheckmarkFilled, CircleDash } from '@carbon/icons-react';
import { Tag } from '@carbon/react';
import type { ProjectView } from '../../electron/contract.ts';
import { DropZone } from '../components/drop-zone.tsx';
import { Facts, Hash } from '../components/facts.tsx';
import { Findings } from '../components/findings.tsx';
import { readImage } from '../files.ts';
import { useStore } from '../store.ts';

type ImageView = NonNullable<ProjectView['image']>;

const Flags = ({ image }: { readonly image: ImageView }) => (
  <section>
    <h2>Flags of the header</h2>
    <ul className="flags">
      {image.flags.map((f) => (
        <li key={f.name}>
          {f.set ? (
            <CheckmarkFilled className="mark mark--good" aria-label="Set" />
          ) : (
            <CircleDash className="mark mark--quiet" aria-label="Not set" />
          )}
          <code>{f.name}</code>
          <span>{f.doc}</span>
        </li>
      ))}
    </ul>
    <p className="quiet">
      Whether the image accepts a new customer communication key stands in the encrypted part of the header: only the ultravisor
      can see it. If it does not, the guest powers off at that request.
    </p>
  </section>
);

const Slots = ({ image }: { readonly image: ImageView }) => (
  <section>
    <h2>Machines this image starts on</h2>
    <table className="table table--dense">
      <thead>
        <tr>
          <th scope="col">Host-key hash</th>
          <th scope="col">Chosen in step 1</th>
        </tr>
      </thead>
      <tbody>
        {image.hostKeys.map((k) => (
          <tr key={k.phkh}>
            <td>
              <Hash value={k.phkh} what="host-key hash" />
            </td>
            <td>{k.chosen ? 'yes' : 'no'}</td>
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
        label="Drop the image or its SE header here"
        hint="A header file (selhdr.bin) or a whole SE image of any size: the header is found inside."
        button={image ? 'Choose another file' : 'Choose a file'}
        onFiles={async ([file]) => {
          if (file) await change('image.set', await readImage(file), 'Looking for the header');
        }}
      />
      {image && (
        <>
          <div className="card">
            <div className="card__head">
              <h2>{image.file}</h2>
              {image.generic ? (
                <Tag size="sm" type="green">
                  generic image
                </Tag>
              ) : (
                <Tag size="sm" type="red">
                  not a generic image
                </Tag>
              )}
              <Tag size="sm" type="gray">
                {image.whole ? 'whole image' : 'header only'}
              </Tag>
            </div>
            <Facts
              rows={[
                ['SE header tag', <Hash key="tag" value={image.tag} what="SE header tag" />],
                ['Component pages', `${image.pages} (${image.pages * 4} KiB)`],
              ]}
            />
            <details className="fold">
              <summary>Digests of the components</summary>
              <Facts
                rows={[
                  ['PLD, pages', <Hash key="pld" value={image.pld} what="page list digest" />],
                  ['ALD, addresses', <Hash key="ald" value={image.ald} what="address list digest" />],
                  ['TLD, tweaks', <Hash key="tld" value={image.tld} what="tweak list digest" />],
                ]}
              />
            </details>
            <Findings findings={image.findings} />
          </div>
          <Slots image={image} />
          <Flags image={image} />
          <p className="quiet">
            A header is shown as it stands in the file. That it is genuine cannot be checked without its key, and nobody should
            have that key: take the header from its builder over a way you trust, and compare the tag.
          </p>
        </>
      )}
    </>
  );
};
