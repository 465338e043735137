/** Waiting for a person. */
import { readSync } from 'node:fs';

const STDIN = 0;
const LF = 0x0a;

/** Reads standard input up to the next line end. Where it has ended, nobody waits any more. */
export const waitForEnter = (): void => {
  const byte = new Uint8Array(1);
  for (;;) {
    try {
      if (readSync(STDIN, byte, 0, 1, null) === 0 || byte[0] === LF) return;
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
};
