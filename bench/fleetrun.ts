/** What bench/fleet-run.ts says about a fleet that it made. */

/** What a fleet took. */
export interface FleetRun {
  readonly guests: number;
  /** processor time of a guest once the program is warm, all threads, ms */
  readonly cost: number;
  /** processor time of a guest with everything a fleet does once: workers, tables of the host keys, the end, ms */
  readonly whole: number;
  /** time of a guest, start and end of the fleet included, ms */
  readonly wall: number;
  /** largest resident set of the process, bytes */
  readonly peak: number;
}

/** Guests until the compiler has seen everything. */
export const WARM = 20;
