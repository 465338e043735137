/** Passphrases: from a file or a pipe, or typed at the terminal without being shown. Never from the command line: others can see that. */

import { fromUtf8, wipe } from '../core/bytes.ts';
import { checkNewPassphrase } from '../core/crypto/argon.ts';
import { fail, inFile } from '../core/errors.ts';
import { Done, EXIT, refuse, warn } from './out.ts';
import { readInputOrStdin } from './streams.ts';

const WHAT = 'passphrase';
const MAX = 8192;
const KEY = { enter: ['\r', '\n'], erase: ['\u007f', '\b'], interrupt: '\u0003', end: '\u0004', clear: '\u0015' } as const;

/** The first line of a file. @throws what reading a file throws; empty, bad-encoding */
const fromFile = (path: string): string => {
  const bytes = readInputOrStdin(path, WHAT, MAX);
  try {
    const text = inFile(path, () => fromUtf8(bytes, WHAT)).replace(/\r?\n$/, '');
    if (text === '') inFile(path, () => fail('empty', WHAT, 'nothing', 'a passphrase'));
    if (/[\r\n]/.test(text)) inFile(path, () => fail('bad-value', WHAT, 'several lines', 'one line'));
    return text;
  } finally {
    wipe(bytes);
  }
};

/** Asks at the terminal; nothing of what is typed is shown. */
const fromTerminal = (question: string): Promise<string> =>
  new Promise((answer, reject) => {
    const { stdin } = process;
    let text = '';
    const finish = (): void => {
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      process.stderr.write('\n');
    };
    const take = (chunk: Buffer): void => {
      for (const c of chunk.toString('utf8')) {
        if (c === KEY.interrupt) {
          finish();
          reject(new Done(EXIT.wrongUse));
          return;
        }
        if (c === KEY.end || KEY.enter.some((k) => k === c)) {
          finish();
          answer(text);
          return;
        }
        if (c === KEY.clear) text = '';
        else if (KEY.erase.some((k) => k === c)) text = [...text].slice(0, -1).join('');
        else text += c;
      }
    };
    // silent first: who answers at once must not see the answer either
    stdin.setRawMode(true);
    process.stderr.write(question);
    stdin.on('data', take);
    stdin.resume();
  });

const noTerminal = (option: string): never =>
  refuse(`there is no terminal to ask for the passphrase: give it in a file with ${option} FILE`);

/** The passphrase of something that exists. @param of what it opens, for the question */
export const askPassphrase = async (file: string | undefined, of: string, option = '--passphrase-file'): Promise<string> => {
  if (file !== undefined) return fromFile(file);
  if (!process.stdin.isTTY) noTerminal(option);
  const text = await fromTerminal(`Passphrase of ${of}: `);
  return text === '' ? refuse('no passphrase') : text;
};

/** A passphrase for something new: long enough, and typed twice. @throws empty, too-short, bad-value */
export const newPassphrase = async (file: string | undefined, of: string, option = '--passphrase-file'): Promise<string> => {
  if (file === undefined && !process.stdin.isTTY) noTerminal(option);
  const text = file === undefined ? await fromTerminal(`New passphrase of ${of}: `) : fromFile(file);
  checkNewPassphrase(text);
  if (file === undefined && (await fromTerminal('The same again: ')) !== text) {
    warn('selwright: the two are not the same');
    throw new Done(EXIT.wrongUse);
  }
  return text;
};
