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

/**
 * A fact that core states in English ("31 bytes"), in the language spoken: looked up as it is, then with its numbers apart, as
 * "{0} bytes". Names and values are in no message file and stay what they are.
 */
export const fact = (text: string): string => {
  if (spoken === 'en') return text;
  const own = messages.get(text);
  if (own !== undefined) return own;
  const numbers: string[] = [];
  const apart = text.replace(NUMBER, (n) => `{${numbers.push(n) - 1}}`);
  return messages.get(apart)?.replace(/\{(\d+)\}/g, (_, i: string) => numbers[Number(i)] ?? '') ?? text;
};

/** A day as it is written: 2026-11-24, which nobody misreads, or 24.11.2026. @param iso a date or an instant, ISO 8601, UTC */
export const dayText = (iso: string): string => {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(iso) ?? [];
  return spoken === 'en' || day === undefined ? iso.slice(0, 10) : `${day}.${month}.${year}`;
};

/** An instant to the minute: 2026-11-24 19:05 UTC. @param iso an instant, ISO 8601, UTC */
export const momentText = (iso: string): string => `${dayText(iso)} ${iso.slice(11, 16)} UTC`;

/** Several names in a row: "a, b and c". */
export const listText = (names: readonly string[]): string => new Intl.ListFormat(spoken, { type: 'conjunction' }).format(names);
