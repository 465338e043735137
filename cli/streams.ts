/** Input and output that need not be a file: `-`, pipes (`<(command)`), /dev/stdin. */
import { closeSync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { wipe } from '../core/bytes.ts';
import { SelError } from '../core/errors.ts';
import { io, readFile } from '../edge/files.ts';

export const STDIN_OUT = '-';
const STDIN = 0;
const STDOUT = 1;

const isStream = (path: string): boolean => {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
};

/** Reads to the end, or until there is more than `max`. */
const drain = (fd: number, path: string, what: string, max: number): Uint8Array => {
  let buffer = new Uint8Array(4096);
  let have = 0;
  for (;;) {
    let n = 0;
    try {
      n = readSync(fd, buffer, have, buffer.length - have, null);
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException;
      if (code === 'EAGAIN') continue;
      if (code !== 'EOF') throw e;
    }
    if (n === 0) break;
    have += n;
    if (have > max)
      throw new SelError('too-long', { file: path, field: what, found: `over ${max} bytes`, expected: `at most ${max} bytes` });
    if (have < buffer.length) continue;
    const larger = new Uint8Array(Math.min(2 * buffer.length, max + 1));
    larger.set(buffer);
    wipe(buffer);
    buffer = larger;
  }
  const out = buffer.slice(0, have);
  wipe(buffer);
  return out;
};

/** Number of a file that is open already: such a name cannot always be opened once more, a socket for example. */
const openNumber = (path: string): number | undefined => {
  const name = /^\/dev\/(stdin|fd\/(\d{1,4}))$/.exec(path);
  return name === null ? undefined : Number(name[2] ?? STDIN);
};

/** A whole input: a file, or a pipe or device the user named. @throws io-not-found, io-directory, io-denied, too-long */
export const readInput = (path: string, what: string, max: number): Uint8Array => {
  if (!isStream(path)) return readFile(path, what, max);
  return io(path, what, () => {
    const number = openNumber(path);
    if (number !== undefined) return drain(number, path, what, max);
    const fd = openSync(path, 'r');
    try {
      return drain(fd, path, what, max);
    } finally {
      closeSync(fd);
    }
  });
};

/** The same where `-` is standard input. */
export const readInputOrStdin = (path: string, what: string, max: number): Uint8Array =>
  path === STDIN_OUT ? io('standard input', what, () => drain(STDIN, 'standard input', what, max)) : readInput(path, what, max);

/** Bytes to standard output, all of them before this returns. */
export const writeStdout = (bytes: Uint8Array, what: string): void =>
  io('standard output', what, () => {
    fstatSync(STDOUT);
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(STDOUT, bytes, at);
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code !== 'EAGAIN') throw e;
      }
    }
  });
