/** What bench/fleet-run.ts says about a fleet that it made. */

/** What a fleet took. */
export interface FleetRun {
  readonly guests: number;
  /** processor time of a guest once BEGUN are made, all threads, without what the kernel does for its files, ms */
  readonly own: number;
  /** the same with it: on a disk it depends on the disk and changes from minute to minute */
  readonly all: number;
  /** processor time of a guest with everything a fleet does once: workers, tables of the host keys, the end, ms */
  readonly whole: number;
  /** time of a guest, start and end of the fleet included, ms */
  readonly wall: number;
  /** largest resident set of the process, bytes */
  readonly peak: number;
}

/** Guests until everything has been done once. */
export const BEGUN = 20;
