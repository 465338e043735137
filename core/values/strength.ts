/**
 * How strong a passphrase is that a person chose: an estimate, by zxcvbn-ts and its English word lists, loaded when first needed.
 * zxcvbn takes every character it cannot explain for one of ten, which is right for people and wrong for generators: a text that
 * looks like a generator's is measured by its alphabet instead. Nothing of the value is kept.
 */
import type { MatchEstimated, ZxcvbnFactory, ZxcvbnResult } from '@zxcvbn-ts/core';
import { type Bytes, fromUtf8 } from '../bytes.ts';
import { SelError } from '../errors.ts';
import type { PolicySecret } from '../policy/schema.ts';

/** What weakens it, and what would help. Sentences: words/values.ts. */
export const FEEDBACK = [
  'common-password',
  'single-word',
  'name',
  'known-words',
  'keyboard',
  'repeats',
  'sequence',
  'year',
  'date',
  'swaps-are-known',
  'longer',
  'more-words',
  'generate',
] as const;
export type Feedback = (typeof FEEDBACK)[number];

export interface Strength {
  /** an estimate, rounded down */
  readonly bits: number;
  /** what weakens it, and what would help; empty when there is nothing to say */
  readonly feedback: readonly Feedback[];
}

/** Longest text that is looked at, in characters: the rest can only make it stronger, and takes long. */
const LOOKED_AT = 64;
/** Most swaps like 4 for a that are tried in a text: each one doubles the work. */
const SWAPS_MAX = 16;
/** Below this nothing looks like a generator's work, in characters. */
const RANDOM_MIN = 12;
/** Least share of the different characters to be expected of an alphabet that a text shows when it was drawn from it. */
const SPREAD = 0.75;
/** The same where the text mixes its kinds of characters as a generator does, and as nobody types. */
const SPREAD_MIXED = 0.65;
/** Most lower case letters of a mixed text, as a share: of Base64 they are 26 in 64, of what people type nearly all. */
const LOWER_MAX = 0.55;
/** Most of its bits that words and patterns may explain in a text that looks random, as a share. */
const EXPLAINED_MAX = 1 / 4;
/**
 * Bits that words and patterns explain in a generator's text by chance: of 4,000 texts each of 22 to 44 characters of Base64 and of
 * 32 hex digits, less than one in 500 had more.
 */
const BY_CHANCE = 32;
/** Bits of a word that stands in a stretch zxcvbn counted character by character: one of the list's many thousand. */
const WORD_BITS = 14;
/** Least share of bytes that are no printable ASCII in random ones: of those that are drawn it is five in eight. */
const STRANGE_MIN = 1 / 4;
/** From here on a passphrase needs no advice. */
const STRONG = 100;

const LOG2_10 = Math.log2(10);

/** Sizes of the alphabets that generators use, and how their characters are told. */
const CLASSES: readonly (readonly [RegExp, number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[^a-zA-Z0-9]/, 33],
];
/** Hex digits of one case, and not just decimal ones: they say the alphabet is 16. */
const HEX = /^(?=.*[a-fA-F])(?:[0-9a-f]+|[0-9A-F]+)$/;
/** Marks of Base64 and of our own passphrases: they say the alphabet is 64, not all of the keyboard. */
const NARROW_MARKS = /^[A-Za-z0-9\-_+/=.]+$/;
/** Both cases: with nothing but the marks above it is Base64, though a text of it lacks a digit or a mark now and then. */
const BOTH_CASES = /^(?=.*[a-z]).*[A-Z]/;

const alphabetSize = (text: string): number => {
  if (HEX.test(text)) return 16;
  const full = CLASSES.reduce((n, [test, size]) => n + (test.test(text) ? size : 0), 0);
  if (!NARROW_MARKS.test(text)) return full;
  return BOTH_CASES.test(text) ? 64 : Math.min(full, 64);
};

/** How many different characters are to be expected of so many that were drawn from an alphabet. */
const expectedOf = (alphabet: number, drawn: number): number => alphabet * (1 - (1 - 1 / alphabet) ** drawn);

/**
 * Size of the alphabet a random text was drawn from. A text that uses much less of its alphabet than chance would was not drawn
 * from it: somebody's fingers on the home row. It gets the alphabet it uses.
 */
const alphabetOf = (text: string): number => {
  const size = alphabetSize(text);
  const distinct = new Set(text).size;
  const expected = expectedOf(size, text.length);
  const lower = text.replace(/[^a-z]/g, '').length;
  const spread = BOTH_CASES.test(text) && lower <= LOWER_MAX * text.length ? SPREAD_MIXED : SPREAD;
  return distinct >= spread * expected ? size : Math.max(2, distinct);
};

const isUnexplained = (m: { readonly pattern: string }): boolean => m.pattern === 'bruteforce';

/** Words of five letters or more that stand in a stretch zxcvbn counted character by character: their sizes. */
const wordsIn = (stretch: string, words: ReadonlySet<string>): number[] => {
  const low = stretch.toLowerCase();
  const found: number[] = [];
  for (let at = 0; at < low.length; at++) {
    for (let size = Math.min(12, low.length - at); size >= 5; size--) {
      if (!words.has(low.slice(at, at + size))) continue;
      found.push(size);
      at += size - 1;
      break;
    }
  }
  return found;
};

/** What was loaded: the estimator, and words to look for. */
interface Loaded {
  readonly zxcvbn: ZxcvbnFactory;
  readonly words: ReadonlySet<string>;
}

const loadAll = async (): Promise<Loaded> => {
  const [core, common, en] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  const zxcvbn = new core.ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...en.dictionary },
    graphs: common.adjacencyGraphs,
    maxLength: LOOKED_AT,
    l33tMaxSubstitutions: SWAPS_MAX,
  });
  return { zxcvbn, words: new Set(en.dictionary['commonWords-en']) };
};

let loaded: Promise<Loaded> | undefined;

const explained = (m: MatchEstimated, l33t: boolean): Feedback[] => {
  switch (m.pattern) {
    case 'dictionary': {
      const name: string = m.dictionaryName;
      const own: Feedback = name.startsWith('passwords')
        ? 'common-password'
        : name.startsWith('firstnames') || name.startsWith('lastnames')
          ? 'name'
          : 'known-words';
      return l33t ? [own, 'swaps-are-known'] : [own];
    }
    case 'spatial':
      return ['keyboard'];
    case 'repeat':
      return ['repeats'];
    case 'sequence':
    case 'wordSequence':
      return ['sequence'];
    case 'date':
      return ['date'];
    case 'regex':
      return ['year'];
    default:
      return [];
  }
};

const feedbackOf = (sequence: readonly MatchEstimated[], bits: number): Feedback[] => {
  if (bits >= STRONG) return [];
  const found = new Set(sequence.flatMap((m) => explained(m, m.l33t === true)));
  const [only, ...more] = sequence.filter((m) => m.pattern !== 'separator');
  const alone = more.length === 0 && only?.pattern === 'dictionary';
  if (alone && found.delete('known-words')) found.add('single-word');
  const words = sequence.filter((m) => m.pattern === 'dictionary').length;
  // several words are no weakness of their own: there are too few of them
  if (words > 1) found.delete('known-words');
  return [...FEEDBACK.filter((f) => found.has(f)), words > 1 ? 'more-words' : 'longer', 'generate'];
};

/**
 * Bits of a text that looks like a generator's work: hardly anything in it is a word or a pattern. Some of it always is, by chance,
 * and no weaker for it: only what is explained beyond that is taken off. undefined: it does not look like one.
 */
const randomBits = (text: string, sequence: readonly MatchEstimated[], words: ReadonlySet<string>): number | undefined => {
  if (text.length < RANDOM_MIN) return undefined;
  const perCharacter = Math.log2(alphabetOf(text));
  const whole = text.length * perCharacter;
  const saved = (size: number, bits: number): number => Math.max(0, size * perCharacter - bits);
  const explains = (m: MatchEstimated): number =>
    isUnexplained(m)
      ? wordsIn(m.token, words).reduce((n, size) => n + saved(size, WORD_BITS), 0)
      : saved(m.token.length, m.guessesLog10 * LOG2_10);
  const all = sequence.reduce((n, m) => n + explains(m), 0);
  return all > EXPLAINED_MAX * whole ? undefined : whole - Math.max(0, all - BY_CHANCE);
};

/** The estimator keeps the text it saw last, and so does the language for its last match. This takes their place. */
const forget = (zxcvbn: ZxcvbnFactory): void => {
  zxcvbn.check('x');
  /x/.test('x');
};

const isPrintable = (b: number): boolean => b >= 0x20 && b <= 0x7e;

/**
 * Bytes that are no text: a generator's, by their alphabet of 256, when they look like it. Others may be a text in another encoding, most
 * of it letters: they count as they are.
 */
const ofBytes = (value: Bytes): Strength => {
  const distinct = new Set(value).size;
  const strange = value.filter((b) => !isPrintable(b)).length;
  const random = strange >= STRANGE_MIN * value.length && distinct >= SPREAD * expectedOf(256, value.length);
  return { bits: Math.floor(value.length * Math.log2(random ? 256 : Math.max(2, distinct))), feedback: [] };
};

/**
 * Estimates a passphrase. The value becomes a text of the language for as long as this runs, as zxcvbn takes nothing else.
 * @param value UTF-8: secret @param known words that an attacker would try first: the user's name, the guest's
 */
export const estimateStrength = async (value: Bytes, known: readonly string[] = []): Promise<Strength> => {
  if (value.length === 0) return { bits: 0, feedback: ['generate'] };
  loaded ??= loadAll();
  const { zxcvbn, words } = await loaded;
  let text: string;
  try {
    text = fromUtf8(value, 'passphrase').slice(0, LOOKED_AT);
  } catch (e) {
    if (e instanceof SelError) return ofBytes(value);
    throw e;
  }
  try {
    const result: ZxcvbnResult = zxcvbn.check(text, [...known]);
    const sequence = result.sequence as MatchEstimated[];
    const guessed = result.guessesLog10 * LOG2_10;
    const bits = Math.floor(randomBits(text, sequence, words) ?? guessed);
    return { bits, feedback: feedbackOf(sequence, bits) };
  } finally {
    forget(zxcvbn);
  }
};

/** Estimates the passphrase of a secret: what everybody can read in the policy is no secret of it. @param value secret */
export const strengthOf = (s: PolicySecret, value: Bytes): Promise<Strength> =>
  estimateStrength(value, [s.name, ...(s.constraints.user === undefined ? [] : [s.constraints.user])]);

/**
 * Strength in bits of the passphrases that a policy has a floor for, as far as nobody knows it. Of a login only the hash is there:
 * its password is measured when it is typed.
 * @param known bits by secret name, as generated or measured before
 */
export const measureStrength = async (
  secrets: readonly PolicySecret[],
  values: ReadonlyMap<string, Bytes>,
  known: ReadonlyMap<string, number> = new Map(),
): Promise<Map<string, number>> => {
  const bits = new Map(known);
  for (const s of secrets) {
    const value = values.get(s.name);
    const asked = s.constraints['min-entropy-bits'] !== undefined && s.purpose !== 'admin-password';
    if (value && asked && !bits.has(s.name)) bits.set(s.name, (await strengthOf(s, value)).bits);
  }
  return bits;
};
