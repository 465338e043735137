/** Asks for a place on the disk: a path that can be typed or chosen, alone or with the button that uses it. */
import { Folder } from '@carbon/icons-react';
import { Button, TextInput } from '@carbon/react';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { t } from '../../words/language.ts';
import { useStore } from '../store.ts';

interface FieldProps {
  readonly label: string;
  readonly help: string;
  readonly path: string;
  readonly onPath: (path: string) => void;
  /** name that is put behind a chosen folder; without one the folder itself is the place */
  readonly name?: string | undefined;
  readonly disabled?: boolean;
  readonly children?: ReactNode;
}

/** A path, typed or chosen. */
export const PlaceField = ({ label, help, path, onPath, name, disabled = false, children }: FieldProps) => {
  const id = useId();
  const canChoose = useStore((s) => s.canChooseFolder);
  const ask = useStore((s) => s.ask);
  const busy = useStore((s) => s.busy);
  const choose = async (): Promise<void> => {
    const answer = await ask('dialog.folder', {}, t('Waiting for the folder dialog'));
    if (answer?.path) onPath(name === undefined ? answer.path : `${answer.path}/${name}`);
  };
  return (
    <div className="place">
      <TextInput
        id={id}
        labelText={label}
        helperText={help}
        value={path}
        onChange={(e) => onPath(e.target.value)}
        disabled={disabled}
        spellCheck={false}
      />
      {canChoose && (
        <Button
          kind="ghost"
          renderIcon={Folder}
          size="md"
          disabled={disabled || busy !== undefined}
          onClick={() => void choose()}
        >
          {t('Choose a folder')}
        </Button>
      )}
      {children}
    </div>
  );
};

interface PlaceProps {
  readonly label: string;
  readonly help: string;
  readonly suggested: string;
  readonly button: string;
  readonly onSave: (path: string) => void;
  readonly disabled?: boolean;
}

export const Place = ({ label, help, suggested, button, onSave, disabled = false }: PlaceProps) => {
  const busy = useStore((s) => s.busy);
  const [path, setPath] = useState(suggested);
  useEffect(() => setPath(suggested), [suggested]);
  return (
    <PlaceField label={label} help={help} path={path} onPath={setPath} name={suggested.split('/').at(-1)}>
      <Button size="md" disabled={disabled || busy !== undefined || path.trim() === ''} onClick={() => onSave(path.trim())}>
        {button}
      </Button>
    </PlaceField>
  );
};
