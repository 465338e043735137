/**
 * Text of a value that was looked at (how hard is it to guess, what kind of key is it) is a string, and strings cannot be overwritten.
 * What the collector has freed keeps what was in it until something new comes to lie there: this makes something new lie there.
 */

/** Node's young generation has two halves of 16 MiB; new strings fill both more than once. */
const ROUNDS = 4;
const HALF = 16 * 1024 * 1024;
const PIECE = Buffer.alloc(1024, ' ');

/** Fills the young generation with blanks, some 20 ms. For when a project is closed or locked. @returns what keeps the engine from leaving it out */
export const overwriteFreed = (): number => {
  let length = 0;
  for (let filled = 0; filled < ROUNDS * HALF; filled += PIECE.length) length += PIECE.toString('latin1').length;
  return length;
};
