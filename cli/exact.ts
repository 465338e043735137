/** Files of an exact size: keys and other values without any structure. */
import type { Bytes } from '../core/bytes.ts';
import { fail, inFile } from '../core/errors.ts';
import { readFile } from '../edge/files.ts';

/** A file of exactly `size` bytes. @throws wrong-length, and what reading a file throws */
export const readExact = (path: string, what: string, size: number): Bytes => {
  const bytes = readFile(path, what, 1024 * 1024);
  return bytes.length === size ? bytes : inFile(path, () => fail('wrong-length', what, `${bytes.length} bytes`, `${size} bytes`));
};
