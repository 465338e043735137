/** How far a fleet is, how fast it goes, and how long it will take: from the last few minutes, not from the start. */

/** What is shown of a fleet that is being made. */
export interface FleetProgress {
  readonly total: number;
  /** made in this run */
  readonly made: number;
  /** made in an earlier run: not made again */
  readonly before: number;
  readonly failed: number;
  /** guests being made at this moment */
  readonly atHand: readonly string[];
  /** guests a second, once two are made */
  readonly rate?: number;
  /** seconds until the end at this rate */
  readonly remaining?: number;
  /** seconds since the start of this run */
  readonly elapsed: number;
  readonly state: 'preparing' | 'running' | 'cancelling' | 'ended';
}

/** Newest guests that the rate is taken from. */
const RECENT = 64;

/** Counts guests as they end. Times are milliseconds of any clock that does not go back. */
export class Pace {
  readonly #ends: number[] = [];

  add(now: number): void {
    this.#ends.push(now);
    if (this.#ends.length > RECENT) this.#ends.shift();
  }

  /** Guests a second; undefined while there is nothing to tell it from. A pause makes it fall. */
  rate(now: number): number | undefined {
    const [first] = this.#ends;
    const count = this.#ends.length - 1;
    if (first === undefined || count < 1) return undefined;
    const span = Math.max(now - first, 1);
    return (1000 * count) / span;
  }
}

/** Seconds until `open` guests are made. */
export const remainingSeconds = (open: number, rate: number | undefined): number | undefined =>
  rate === undefined || rate === 0 ? undefined : Math.ceil(open / rate);
