/** The customer communication key the image was built with: asked for when the policy derives the extension secret from it. */
import { Button, Tag } from '@carbon/react';
import { t } from '../../words/language.ts';
import { FileButton } from '../components/file-button.tsx';
import { readOne } from '../files.ts';
import { useStore } from '../store.ts';

const FILE_MAX = 64 * 1024;

export const BuilderKey = () => {
  const held = useStore((s) => s.view?.builderKey);
  const change = useStore((s) => s.change);
  if (held === undefined) return null;
  const take = async (file: File): Promise<void> => {
    const chosen = await readOne(file, FILE_MAX);
    await change('image.cck', chosen, t('Reading the key'));
    chosen.bytes.fill(0);
  };
  return (
    <section className="card" aria-label={t('Customer communication key of the image')}>
      <div className="card__head">
        <h2>{t('Customer communication key of the image')}</h2>
        <Tag size="sm" type={held === null ? 'red' : 'green'}>
          {held === null ? t('missing') : t('held for this session')}
        </Tag>
      </div>
      <p>
        {t(
          'The policy derives the extension secret from the key the image was built with (pvimg create --cck). Choose its file of 32 bytes. It is wiped when the project is closed or locked, and no project file ever has it.',
        )}
      </p>
      <p className="quiet">
        {held === null
          ? t(
              'Whether it is the right one shows when the guest boots: the ultravisor refuses every request that was made with another.',
            )
          : held}
      </p>
      <div className="buttons">
        <FileButton
          label={held === null ? t('Choose the key file') : t('Choose another file')}
          testId="builder-key"
          kind={held === null ? 'primary' : 'tertiary'}
          onFile={take}
        />
        {held !== null && (
          <Button size="sm" kind="danger--ghost" onClick={() => void change('image.cck-forget', {}, t('Forgetting the key'))}>
            {t('Forget')}
          </Button>
        )}
      </div>
    </section>
  );
};
