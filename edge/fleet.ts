/**
 * Makes the bundles of a fleet: hands guests to the workers, writes down in a journal what is done, and goes on where an earlier run
 * stopped. This side touches no value and never waits for the disk or for the curve: a window stays usable meanwhile.
 */
import { resolve } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { join as joinBytes } from '../core/bytes.ts';
import { windowFor } from '../core/crypto/fast.ts';
import { type ErrorCode, type Facts, SelError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { type Journal, journalLine } from '../core/fleet/journal.ts';
import { type FleetProgress, Pace, remainingSeconds } from '../core/fleet/progress.ts';
import { instantText } from '../core/time.ts';
import { nodeEnv } from './env.ts';
import { exists, makeDirectory, removeTemporaries } from './files.ts';
import { bundlePath, type FleetAnswer, type FleetJob, guestValues } from './fleetguest.ts';
import { type FleetInput, headOf, journalPath, leftToDo, readEarlier, type Todo } from './fleetplan.ts';
import { flushTrees } from './flush.ts';
import { JournalFile } from './journalfile.ts';
import { type Lock, takeLock } from './lock.ts';
import { cores, Pool } from './pool.ts';
import { nextSerial } from './record.ts';
import type { FleetSetUp, FleetTables } from './worker.ts';

/** A guest that was not made. */
export interface FleetFailure {
  readonly guest: string;
  /** of the table */
  readonly line: number;
  readonly error?: { readonly code: ErrorCode; readonly facts: Facts };
  readonly findings?: readonly Finding[];
}

export interface FleetResult {
  readonly total: number;
  readonly made: number;
  /** made in an earlier run */
  readonly before: number;
  readonly failures: readonly FleetFailure[];
  /** stopped before the last guest: by whoever asked for it, or because the disk is full */
  readonly cancelled: boolean;
  /** of this run */
  readonly seconds: number;
}

/** A fleet that is being made. */
export interface Fleet {
  /** at any time, also after the end */
  progress(): FleetProgress;
  /** finishes the guests at hand, then stops. What is done stays done: the same fleet started again goes on behind it */
  cancel(): void;
  /** settles when everything that was made is on the disk. @throws what keeps a fleet from starting, or from being written down */
  readonly done: Promise<FleetResult>;
}

/** One way to make a fleet: in this process, or in one of its own (edge/fleetapart.ts). */
export type StartFleet = (input: FleetInput) => Fleet;

type FleetPool = Pool<FleetSetUp, FleetJob, FleetAnswer>;

/** Least time between two flushes, in milliseconds: each costs about as much as a guest. */
const FLUSH_EVERY = 1000;
/** Requests of a bundle beside those of its secrets: toc, manifest, attestation. */
const MORE_REQUESTS = 3;

/** The lock of the output directory. @throws io-locked */
const lockOutput = (output: string): Lock => {
  try {
    return takeLock(journalPath(output));
  } catch (e) {
    if (!(e instanceof SelError) || e.code !== 'io-locked') throw e;
    throw new SelError(e.code, { ...e.facts, field: 'fleet' });
  }
};

const startPool = (input: FleetInput, size: number, guests: number): FleetPool => {
  const {
    policy,
    header,
    hostKeys,
    values,
    output,
    common,
    cck,
    strict,
    storeLimit,
    approvals,
    tool,
    background = false,
  } = input;
  const requests = guests * (policy.secrets.length + MORE_REQUESTS);
  const tables: FleetTables = { hostKeys: hostKeys.map((h) => h.publicKey), window: windowFor(hostKeys.length, requests) };
  const shared = { policy, header, hostKeys, values, output, strict, storeLimit, approvals, tool, background };
  return new Pool({
    file: input.workerFile ?? new URL('./worker.mjs', import.meta.url),
    size,
    what: 'making the bundles',
    prepare: tables,
    setUp: (packed) => {
      // copies of each worker's own: they move there, and it wipes them
      const own = common && new Map([...common].map(([name, value]) => [name, Uint8Array.from(value)]));
      const key = cck && Uint8Array.from(cck);
      return {
        data: { ...shared, tables: packed as SharedArrayBuffer, common: own, cck: key },
        move: [...(own?.values() ?? []), ...(key ? [key] : [])],
      };
    },
  });
};

/** Made, and not yet known to be on the disk. */
interface Made {
  readonly todo: Todo;
  readonly serial: number;
  readonly id: string;
}

/** One run: from the journal of an earlier one to the end, or to where it was stopped. */
class Run implements Fleet {
  readonly done: Promise<FleetResult>;
  readonly #input: FleetInput;
  readonly #started = performance.now();
  readonly #pace = new Pace();
  readonly #atHand = new Set<string>();
  readonly #failures: FleetFailure[] = [];
  #open: Made[] = [];
  #flushing: Promise<void> | undefined;
  #lastFlush = 0;
  #made = 0;
  #before = 0;
  #state: FleetProgress['state'] = 'preparing';
  #cancelled = false;
  /** what ends the fleet, and not only a guest */
  #broken: { readonly reason: unknown } | undefined;
  #ended: number | undefined;

  constructor(input: FleetInput) {
    this.#input = { ...input, values: resolve(input.values), output: resolve(input.output) };
    this.done = this.#run();
  }

  progress(): FleetProgress {
    const now = this.#ended ?? performance.now();
    const rate = this.#pace.rate(now);
    const remaining = this.#state === 'ended' ? undefined : remainingSeconds(this.#left, rate);
    return {
      total: this.#total,
      made: this.#made,
      before: this.#before,
      failed: this.#failures.length,
      atHand: [...this.#atHand],
      ...(rate === undefined ? {} : { rate }),
      ...(remaining === undefined ? {} : { remaining }),
      elapsed: (now - this.#started) / 1000,
      state: this.#state,
    };
  }

  cancel(): void {
    if (this.#state === 'ended') return;
    this.#cancelled = true;
    this.#state = 'cancelling';
  }

  get #total(): number {
    return this.#input.table.guests.length;
  }
  get #left(): number {
    return this.#total - this.#before - this.#made - this.#failures.length;
  }

  async #run(): Promise<FleetResult> {
    try {
      // whoever starts a fleet gets its handle before anything happens
      await breathe();
      makeDirectory(this.#input.output, 'directory of bundles');
      const lock = lockOutput(this.#input.output);
      try {
        await this.#make();
      } finally {
        lock.release();
      }
    } finally {
      this.#ended = performance.now();
      this.#state = 'ended';
    }
    return {
      total: this.#total,
      made: this.#made,
      before: this.#before,
      failures: this.#failures,
      cancelled: this.#cancelled && this.#left > 0,
      seconds: (this.#ended - this.#started) / 1000,
    };
  }

  async #make(): Promise<void> {
    const input = this.#input;
    const earlier = await readEarlier(input);
    const todo = await leftToDo(input, earlier);
    this.#before = this.#total - todo.length;
    removeTemporaries(input.output, 'directory of bundles');
    const journal = await JournalFile.open(input.output, earlier, headOf(input));
    try {
      if (todo.length > 0) await this.#makeAll(todo, earlier, journal);
    } finally {
      await journal.close();
    }
  }

  async #makeAll(todo: readonly Todo[], earlier: Journal | undefined, journal: JournalFile): Promise<void> {
    const size = Math.max(1, Math.min(this.#input.workers ?? cores(), todo.length));
    const pool = startPool(this.#input, size, todo.length);
    if (this.#state === 'preparing') this.#state = 'running';
    // all lanes take from one queue: each guest is made once
    const queue = todo.values();
    const lane = async (): Promise<void> => {
      for (const t of queue) {
        if (this.#cancelled) return;
        await this.#guest(pool, t, earlier, journal);
        this.#flushSoon(journal);
      }
    };
    try {
      await Promise.all(Array.from({ length: size }, () => lane().catch((e: unknown) => this.#break(e))));
      await this.#flushing;
      await this.#flush(journal);
    } finally {
      await pool.close();
    }
    if (this.#broken) throw this.#broken.reason;
  }

  #break(reason: unknown): void {
    this.#broken ??= { reason };
    this.cancel();
  }

  /** What the worker is to do. @throws io-exists for a bundle that nobody of this fleet made; what reading the records throws */
  #jobOf({ guest, sources, row }: Todo, earlier: Journal | undefined): FleetJob {
    const { values, output } = this.#input;
    const begun = earlier?.begun.get(guest.name);
    const path = bundlePath(output, guest.name);
    if (begun === undefined && exists(path)) throw new SelError('io-exists', { file: path, field: 'bundle' });
    const serial = begun?.serial ?? nextSerial(guestValues(values, guest.name));
    return { guest: guest.name, serial, sources, begun: begun !== undefined, sameRow: begun?.row === row };
  }

  /** Makes one guest. What goes wrong with it is kept; only what would stop every guest is thrown. */
  async #guest(pool: FleetPool, todo: Todo, earlier: Journal | undefined, journal: JournalFile): Promise<void> {
    const { name, line } = todo.guest;
    this.#atHand.add(name);
    try {
      const job = this.#jobOf(todo, earlier);
      await journal.add(journalLine({ begin: name, serial: job.serial, row: todo.row })).catch((e: unknown) => this.#break(e));
      if (this.#broken) return;
      const answer = await pool.run({ data: job }, name);
      if (answer.made) {
        this.#open.push({ todo, serial: job.serial, id: answer.id });
        this.#made++;
        this.#pace.add(performance.now());
      } else this.#failures.push({ guest: name, line, findings: answer.findings });
    } catch (e) {
      if (!(e instanceof SelError) || pool.broken) throw e;
      this.#failures.push({ guest: name, line, error: { code: e.code, facts: e.facts } });
      // every other guest would fail the same way
      if (e.code === 'io-full') this.cancel();
    } finally {
      this.#atHand.delete(name);
    }
  }

  /** Flushes now and then, one at a time; the workers go on meanwhile. */
  #flushSoon(journal: JournalFile): void {
    if (this.#flushing || performance.now() - this.#lastFlush < FLUSH_EVERY) return;
    this.#flushing = this.#flush(journal)
      .catch((e: unknown) => this.#break(e))
      .finally(() => {
        this.#flushing = undefined;
        this.#lastFlush = performance.now();
      });
  }

  /** Brings what was made to the disk, then writes down that it is done. */
  async #flush(journal: JournalFile): Promise<void> {
    const made = this.#open;
    if (made.length === 0) return;
    this.#open = [];
    const { values, output } = this.#input;
    await flushTrees(made.flatMap(({ todo: { guest } }) => [guestValues(values, guest.name), bundlePath(output, guest.name)]));
    const at = instantText(nodeEnv.now());
    await journal.add(
      joinBytes(...made.map(({ todo, serial, id }) => journalLine({ done: todo.guest.name, serial, row: todo.row, id, at }))),
    );
    await journal.flush();
  }
}

/**
 * Starts making a fleet in worker threads. The caller has checked policy, approvals, image and host keys; values and bundles are
 * checked here, guest by guest.
 */
export const startFleet: StartFleet = (input) => new Run(input);
