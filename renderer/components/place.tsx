/** Asks where to save: a path that can be typed or chosen, and the button that does it. */
import { Folder } from '@carbon/icons-react';
import { Button, TextInput } from '@carbon/react';
import { useEffect, useId, useState } from 'react';
import { t } from '../../words/language.ts';
import { useStore } from '../store.ts';

interface PlaceProps {
  readonly label: string;
  readonly help: string;
  readonly suggested: string;
  readonly button: string;
  readonly onSave: (path: string) => void;
  readonly disabled?: boolean;
}

export const Place = ({ label, help, suggested, button, onSave, disabled = false }: PlaceProps) => {
  const id = useId();
  const canChoose = useStore((s) => s.canChooseFolder);
  const ask = useStore((s) => s.ask);
  const busy = useStore((s) => s.busy);
  const [path, setPath] = useState(suggested);
  useEffect(() => setPath(suggested), [suggested]);
  const choose = async (): Promise<void> => {
    const answer = await ask('dialog.folder', {}, t('Waiting for the folder dialog'));
    if (answer?.path) setPath(`${answer.path}/${suggested.split('/').at(-1)}`);
  };
  return (
    <div className="place">
      <TextInput
        id={id}
        labelText={label}
        helperText={help}
        value={path}
        onChange={(e) => setPath(e.target.value)}
        spellCheck={false}
      />
      {canChoose && (
        <Button kind="ghost" renderIcon={Folder} size="md" disabled={busy !== undefined} onClick={() => void choose()}>
          {t('Choose a folder')}
        </Button>
      )}
      <Button size="md" disabled={disabled || busy !== undefined || path.trim() === ''} onClick={() => onSave(path.trim())}>
        {button}
      </Button>
    </div>
  );
};
