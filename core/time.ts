/** Moments and durations as our documents write them. */
import { fail } from './errors.ts';

/** UTC to the second: 2026-11-24T04:30:00Z. */
export const instantText = (d: Date): string => `${d.toISOString().slice(0, 19)}Z`;

/** Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds. @throws bad-value */
export const durationMs = (text: string, field: string): number => {
  const m = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (m === null || text.length < 3) return fail('bad-value', field, text.slice(0, 32), 'a duration like PT24H or P7D');
  const [d, h, min, s] = m.slice(1).map((x) => Number(x ?? 0)) as [number, number, number, number];
  return (((d * 24 + h) * 60 + min) * 60 + s) * 1000;
};
