/** A button that asks for one file. */
import { Button, type ButtonProps } from '@carbon/react';
import { useRef } from 'react';
import { useReading } from './drop-zone.tsx';

interface FileButtonProps {
  readonly label: string;
  readonly testId: string;
  readonly kind?: ButtonProps<'button'>['kind'];
  readonly size?: 'sm' | 'md';
  /** what is thrown here is shown like any other refusal */
  readonly onFile: (file: File) => void | Promise<void>;
}

export const FileButton = ({ label, testId, kind = 'tertiary', size = 'sm', onFile }: FileButtonProps) => {
  const input = useRef<HTMLInputElement>(null);
  const reading = useReading();
  return (
    <>
      <Button size={size} kind={kind} onClick={() => input.current?.click()}>
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        data-testid={testId}
        onChange={(e) => {
          const [file] = e.target.files ?? [];
          // the same file can be chosen again after it was changed
          e.target.value = '';
          if (file) void reading(() => onFile(file));
        }}
      />
    </>
  );
};
