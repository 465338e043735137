/** Moments and durations as our documents write them. */
import { fail } from './errors.ts';

/** UTC to the second: 2026-11-24T04:30:00Z. */
export const instantText = (d: Date): string => `${d.toISOString().slice(0, 19)}Z`;

/** An ISO 8601 duration of days, hours, minutes and seconds. */
export const DURATION = /^P(?=\d|T)(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,7})S)?)?$/;

/** Milliseconds of a duration. @throws bad-value */
export const durationMs = (text: string, field: string): number => {
  const m = DURATION.exec(text);
  if (m === null) return fail('bad-value', field, text.slice(0, 32), 'a duration like PT24H or P7D');
  const [d, h, min, s] = m.slice(1).map((x) => Number(x ?? 0)) as [number, number, number, number];
  return (((d * 24 + h) * 60 + min) * 60 + s) * 1000;
};
