/** Where files are wanted: drop them anywhere on the screen, or choose them by button. */
import { DocumentAdd, FolderAdd } from '@carbon/icons-react';
import { Button } from '@carbon/react';
import { useEffect, useRef, useState } from 'react';
import { t } from '../../words/language.ts';
import { Refused } from '../bridge.ts';
import { droppedFiles, NotRead } from '../files.ts';
import { problemOf, useStore } from '../store.ts';

interface DropZoneProps {
  readonly label: string;
  readonly hint: string;
  readonly button: string;
  readonly multiple?: boolean;
  /** also offers to choose a folder */
  readonly folders?: boolean;
  readonly accept?: string;
  readonly onFiles: (files: File[]) => void | Promise<void>;
}

/** Runs what reads files; a refusal of the window itself is shown like any other. */
export const useReading = () => {
  const fail = useStore((s) => s.fail);
  return async (read: () => void | Promise<void>): Promise<void> => {
    try {
      await read();
    } catch (e) {
      // what the browser says is in the browser's language
      if (e instanceof NotRead) fail(e.problem);
      else if (e instanceof Refused) fail(problemOf(e));
      else fail({ what: t('The file could not be read.'), todo: t('Check that it is still there.') });
    }
  };
};

export const DropZone = ({ label, hint, button, multiple = false, folders = false, accept, onFiles }: DropZoneProps) => {
  const input = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const reading = useReading();
  const latest = useRef({ onFiles, reading });
  latest.current = { onFiles, reading };
  useEffect(() => {
    let inside = 0;
    const enter = (): void => {
      inside++;
      setOver(true);
    };
    const leave = (): void => {
      inside = Math.max(0, inside - 1);
      setOver(inside > 0);
    };
    const drop = (e: DragEvent): void => {
      inside = 0;
      setOver(false);
      if (e.dataTransfer === null) return;
      const files = droppedFiles(e.dataTransfer);
      void latest.current.reading(async () => {
        const all = await files;
        if (all.length > 0) await latest.current.onFiles(all);
      });
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  const chosen = (e: { target: HTMLInputElement }): void => {
    const files = [...(e.target.files ?? [])];
    // the same file can be chosen again after it was changed
    e.target.value = '';
    if (files.length > 0) void reading(() => onFiles(files));
  };
  return (
    <section className={over ? 'drop drop--over' : 'drop'} aria-label={label}>
      <div className="drop__words">
        <strong>{label}</strong>
        <span>{hint}</span>
      </div>
      <div className="drop__buttons">
        <Button kind="tertiary" size="md" renderIcon={DocumentAdd} onClick={() => input.current?.click()}>
          {button}
        </Button>
        {folders && (
          <Button kind="ghost" size="md" renderIcon={FolderAdd} onClick={() => folder.current?.click()}>
            {t('Choose a folder')}
          </Button>
        )}
      </div>
      <input ref={input} type="file" multiple={multiple} accept={accept} hidden data-testid="files" onChange={chosen} />
      {folders && (
        // the attribute has no name in React's types: it lets a whole folder be chosen
        <input ref={folder} type="file" hidden data-testid="folder" onChange={chosen} {...{ webkitdirectory: '' }} />
      )}
    </section>
  );
};
