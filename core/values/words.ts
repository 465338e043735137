/**
 * Passphrases of words, for people who have to type them. The list is made when it is first needed, from the word frequencies that
 * @zxcvbn-ts/language-en ships (MIT; its subtitle words ODC-BY): words of 4 to 8 letters that are common in speech and in writing,
 * no names, a power of two of them. Nothing of it is copied into the project.
 */
import { type Bytes, join, utf8, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import type { GeneratedValue } from './passphrase.ts';

/** Words to choose from. */
export interface WordList {
  /** a power of two, all different, only a to z */
  readonly words: readonly string[];
  /** bits of each word: log2 of their number */
  readonly bits: number;
}

/** Words that nobody should find in a passphrase that a machine gave them. */
const UNFIT =
  /fuck|shit|nazi|hitler|himmler|rape|rapist|slave|whore|porn|lynch|jihad|genocid|terror|suicid|holocaust|massacre|taliban|racis|racial|corpse|fascis/;

const loadList = async (): Promise<WordList> => {
  const { dictionary } = await import('@zxcvbn-ts/language-en');
  const names = new Set([...dictionary['firstnames-en'], ...dictionary['lastnames-en']]);
  const written = new Set(dictionary['wikipedia-en']);
  const fit = (w: string): boolean => /^[a-z]{4,8}$/.test(w) && written.has(w) && !names.has(w) && !UNFIT.test(w);
  const all = [...new Set(dictionary['commonWords-en'])].filter(fit);
  const bits = Math.floor(Math.log2(all.length));
  return { words: all.slice(0, 2 ** bits), bits };
};

let list: Promise<WordList> | undefined;

/** The list; takes a moment the first time, a fifth of a second. */
export const wordList = (): Promise<WordList> => {
  list ??= loadList();
  return list;
};

/** How many words hold at least so many bits and give so many characters, separators between them. */
export const wordsFor = (bits: number, minimum: number, from: WordList): number => {
  const shortest = Math.min(...from.words.map((w) => w.length)) + 1;
  return Math.max(1, Math.ceil(bits / from.bits), Math.ceil((minimum + 1) / shortest));
};

/** An index below a power of two, unbiased. */
const index = (bits: number, random: Bytes): number => ((random[0] as number) * 256 + (random[1] as number)) & (2 ** bits - 1);

/**
 * A passphrase of words with one separator between them.
 * @param separator one printable ASCII character that is no letter @throws bad-value
 */
export const wordPassphrase = (count: number, separator: string, from: WordList, env: Env): GeneratedValue => {
  if (!/^[ -@[-`{-~]$/.test(separator)) fail('bad-value', 'separator', 'another text', 'one mark, digit or space');
  const random = env.random(2 * count);
  const parts: Bytes[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0) parts.push(utf8(separator));
    parts.push(utf8(from.words[index(from.bits, random.subarray(2 * i))] as string));
  }
  const value = join(...parts);
  wipe(random, ...parts);
  return { value, bits: count * from.bits };
};
