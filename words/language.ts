/**
 * The language people are spoken to in. A message is written in English, in ICU message syntax, where it is said; `t` looks it up in
 * the message file of the language that is spoken, and the English stands when there is none. The command line speaks English.
 */
import { IntlMessageFormat } from 'intl-messageformat';

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

/** English message to message of another language. */
export type Messages = Readonly<Record<string, string>>;
export type Values = Readonly<Record<string, string | number>>;

let spoken: Language = 'en';
let messages: ReadonlyMap<string, string> = new Map();
const formats = new Map<string, IntlMessageFormat>();
const notSaid = new Set<string>();

/** From now on everything is said in that language. @param other its messages; none are needed for English */
export const speak = (language: Language, other: Messages = {}): void => {
  spoken = language;
  messages = new Map(Object.entries(other));
  patterns = undefined;
  formats.clear();
  notSaid.clear();
};

/** The language that is spoken. */
export const language = (): Language => spoken;

/** Messages that were said in English because the language spoken has none: what tests look at. */
export const untranslated = (): readonly string[] => [...notSaid];

const inLanguage = (message: string): string => {
  if (spoken === 'en') return message;
  const other = messages.get(message);
  if (other === undefined) notSaid.add(message);
  return other ?? message;
};

const formatOf = (text: string): IntlMessageFormat => {
  const known = formats.get(text);
  if (known !== undefined) return known;
  // what looks like markup in a message is text
  const made = new IntlMessageFormat(text, spoken, undefined, { ignoreTag: true });
  formats.set(text, made);
  return made;
};

/**
 * A message in the language spoken.
 * @param message English; with `values` in ICU message syntax ("{n, plural, one {# byte} other {# bytes}}"), without them plain text
 * @throws when a value is missing that the message names
 */
export const t = (message: string, values?: Values): string => {
  const text = inLanguage(message);
  return values === undefined ? text : String(formatOf(text).format({ ...values }));
};

/** Marks a table of messages that are looked up later, as `t(TABLE[code])`: tests see that each has its translation. */
export const said = <T>(table: T): T => table;

const NUMBER = /\d(?:[\d.,]*\d)?/g;
const SLOT = /\{(\d+)\}/g;
/** Facts put into facts: no deeper than this. */
const FACT_DEPTH = 4;

/** A fact with places for something else: "a key of type {0}". */
interface Pattern {
  /** what stands around the places: one text more than there are places */
  readonly around: readonly string[];
  /** which place comes first, second, … */
  readonly slots: readonly string[];
  readonly other: string;
  /** words that stand in it: the more, the surer it is meant */
  readonly words: number;
  /** "{0}, version" names a part of what is put in; "policy, {0}" has a field put in, as the document spells it */
  readonly names: 'part' | 'field' | undefined;
}

let patterns: readonly Pattern[] | undefined;

/** What is surer comes first: fields of a document, then parts; then the longer one. */
const sureness = (p: Pattern): number =>
  p.around.reduce((sum, a) => sum + a.length, p.names === 'field' ? 20_000 : p.names === 'part' ? 10_000 : 0);

const namesOf = (key: string): Pattern['names'] =>
  /^[^{].*, \{\d+\}$/.test(key) ? 'field' : /^\{0\}, [^{]+$/.test(key) ? 'part' : undefined;

/** The facts of the message files that have places, the surest first. Two places side by side could not be told apart. */
const patternsOf = (all: ReadonlyMap<string, string>): Pattern[] =>
  [...all]
    .flatMap(([key, other]) => {
      const pieces = key.split(SLOT);
      const around = pieces.filter((_, i) => i % 2 === 0);
      const slots = pieces.filter((_, i) => i % 2 === 1);
      if (slots.length === 0 || around.slice(1, -1).includes('')) return [];
      const words = around.join(' ').match(/\p{L}+/gu)?.length ?? 0;
      return [{ around, slots, other, words, names: namesOf(key) }];
    })
    .sort((a, b) => sureness(b) - sureness(a));

/** What stands in the places of a pattern, or undefined when the text is another. Never empty, never over a line's end. */
const captured = (text: string, { around }: Pattern): string[] | undefined => {
  const first = around[0] ?? '';
  const last = around.at(-1) ?? '';
  if (!text.startsWith(first) || !text.endsWith(last)) return undefined;
  const parts: string[] = [];
  let from = first.length;
  for (const literal of around.slice(1, -1)) {
    const at = text.indexOf(literal, from + 1);
    if (at < 0) return undefined;
    parts.push(text.slice(from, at));
    from = at + literal.length;
  }
  const end = text.length - last.length;
  return from < end ? [...parts, text.slice(from, end)] : undefined;
};

const filled = (other: string, values: ReadonlyMap<string, string>): string =>
  other.replace(SLOT, (slot, n: string) => values.get(n) ?? slot);

/** One word could be a name or a field, which stays: unless it is known to be a fact. */
const capturedFact = (text: string, isFact: boolean, depth: number): string =>
  isFact || /\s/.test(text) ? factAt(text, depth + 1) : text;

/**
 * Last resort: a fact with something put in that is no number. With two words of its own it may hold anything; with one
 * ("{0} or {1}") it holds names or facts, with none ("{0}: {1}") facts only, lest it takes a sentence for something else.
 */
const factOfPattern = (text: string, depth: number): string | undefined => {
  if (text.includes('\n')) return undefined;
  patterns ??= patternsOf(messages);
  for (const p of patterns) {
    const parts = captured(text, p);
    if (parts === undefined) continue;
    const facts = parts.map((part) => capturedFact(part, p.names === 'part' || p.words === 0, depth));
    const unknown = parts.filter((part, i) => facts[i] === part);
    if (p.words === 0 ? unknown.length > 0 : p.words === 1 && p.names === undefined && unknown.some((part) => /\s/.test(part)))
      continue;
    return filled(p.other, new Map(p.slots.map((slot, i) => [slot, facts[i] as string])));
  }
  return undefined;
};

const factAt = (text: string, depth: number): string => {
  const own = messages.get(text);
  if (own !== undefined) return own;
  const numbers = new Map<string, string>();
  const apart = text.replace(NUMBER, (n) => {
    const slot = String(numbers.size);
    numbers.set(slot, n);
    return `{${slot}}`;
  });
  const withNumbers = numbers.size > 0 ? messages.get(apart) : undefined;
  if (withNumbers !== undefined) return filled(withNumbers, numbers);
  return (depth < FACT_DEPTH ? factOfPattern(text, depth) : undefined) ?? text;
};

/**
 * A fact that core states in English ("31 bytes"), in the language spoken: looked up as it is, then with its numbers apart, as
 * "{0} bytes", then with whatever may stand in its places. Names and values are in no message file and stay what they are.
 */
export const fact = (text: string): string => (spoken === 'en' ? text : factAt(text, 0));

/** A day as it is written: 2026-11-24, which nobody misreads, or 24.11.2026. @param iso a date or an instant, ISO 8601, UTC */
export const dayText = (iso: string): string => {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(iso) ?? [];
  return spoken === 'en' || day === undefined ? iso.slice(0, 10) : `${day}.${month}.${year}`;
};

/** An instant to the minute: 2026-11-24 19:05 UTC. @param iso an instant, ISO 8601, UTC */
export const momentText = (iso: string): string => `${dayText(iso)} ${iso.slice(11, 16)} UTC`;

/** An instant to the second: as it stands, 2026-11-24T19:05:14Z, or 24.11.2026, 19:05:14 UTC. @param iso ISO 8601, UTC */
export const instantText = (iso: string): string => (spoken === 'en' ? iso : `${dayText(iso)}, ${iso.slice(11, 19)} UTC`);

/** Several names in a row: "a, b and c". */
export const listText = (names: readonly string[]): string => new Intl.ListFormat(spoken, { type: 'conjunction' }).format(names);
