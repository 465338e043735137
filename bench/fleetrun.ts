/** What bench/fleet-run.ts says about a fleet that it made. */

/** What a fleet took. */
export interface FleetRun {
  readonly guests: number;
  /** processor time of a guest once BEGUN are made, all threads, ms */
  readonly begun: number;
  /** the same once WARM are made */
  readonly warm: number;
  /** processor time of a guest with everything a fleet does once: workers, tables of the host keys, the end, ms */
  readonly whole: number;
  /** time of a guest, start and end of the fleet included, ms */
  readonly wall: number;
  /** largest resident set of the process, bytes */
  readonly peak: number;
}

/** Guests until everything has been done once. */
export const BEGUN = 20;
/** Guests until V8 has compiled the code of two workers for good: docs/speed.md says how that was seen. */
export const WARM = 70;
