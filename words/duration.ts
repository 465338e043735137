/** Durations as people write them. */
import { DURATION } from '../core/time.ts';
import { said, t } from './language.ts';

/** Days, hours, minutes, seconds: how each is written, and how many seconds it has. */
const UNITS = said(['{n} d', '{n} h', '{n} min', '{n} s']);
const SECONDS = [86_400, 3600, 60, 1];

const parts = (text: string): (string | undefined)[] => DURATION.exec(text)?.slice(1) ?? [];

/** 24 h, 7 d, 1 d 12 h. @param text an ISO 8601 duration; anything else is said as it is */
export const durationSays = (text: string): string => {
  const words = parts(text).flatMap((n, i) => (n === undefined ? [] : [t(UNITS[i] as string, { n: Number(n) })]));
  return words.length === 0 ? text : words.join(' ');
};

/** How long it is, in seconds. @param text an ISO 8601 duration */
export const secondsOf = (text: string): number =>
  parts(text).reduce((sum, n, i) => sum + Number(n ?? 0) * (SECONDS[i] as number), 0);
