/**
 * A fleet in a process of its own. A scheduler may weigh whole programs, or sessions, against each other and not threads (Linux does where
 * it groups by session, and threads have no priority of their own elsewhere): only a process as a whole can stand back for a window.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { type Bytes, join, wipe } from '../core/bytes.ts';
import { type ErrorCode, type Facts, SelError } from '../core/errors.ts';
import type { FleetProgress } from '../core/fleet/progress.ts';
import type { Fleet, FleetResult } from './fleet.ts';
import type { FleetInput } from './fleetplan.ts';

/** Sizes in bytes of the secrets that come over the process's standard input, one behind the other, in this order. */
export interface SecretSizes {
  readonly common?: readonly (readonly [name: string, size: number])[] | undefined;
  readonly cck?: number | undefined;
}

/** What goes to the process by messages, which are copied on their way: nothing secret. */
export type ToFleet =
  | { readonly kind: 'start'; readonly input: Omit<FleetInput, 'common' | 'cck' | 'workerFile'>; readonly secrets: SecretSizes }
  | { readonly kind: 'cancel' };

/** What comes back: the progress now and then, and one end. */
export type FromFleet =
  | { readonly kind: 'progress'; readonly progress: FleetProgress }
  | { readonly kind: 'done'; readonly result: FleetResult }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly facts: Facts };

/** Writes the secrets to the process and wipes the copy, however that ends. */
const hand = (child: ChildProcess, secrets: readonly Bytes[]): void => {
  if (child.stdin === null) return;
  const copy = join(...secrets);
  // one that ended already takes nothing: its end is told by its exit
  child.stdin.on('error', () => undefined).once('close', () => wipe(copy));
  child.stdin.end(copy);
};

class Apart implements Fleet {
  readonly done: Promise<FleetResult>;
  readonly #child: ChildProcess;
  #progress: FleetProgress;
  #cancelled = false;

  constructor({ common, cck, workerFile: _, ...input }: FleetInput, program: URL) {
    this.#progress = {
      total: input.table.guests.length,
      made: 0,
      before: 0,
      failed: 0,
      atHand: [],
      elapsed: 0,
      state: 'preparing',
    };
    // a session of its own: what a terminal tells this program is not told to it, it hears from this program
    this.#child = fork(program, {
      execArgv: [],
      stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      detached: process.platform === 'linux',
    });
    this.done = this.#listen().finally(() => {
      this.#progress = { ...this.#progress, atHand: [], state: 'ended' };
    });
    const sizes: SecretSizes = { common: common && [...common].map(([name, value]) => [name, value.length]), cck: cck?.length };
    this.#send({ kind: 'start', input, secrets: sizes });
    hand(this.#child, [...(common?.values() ?? []), ...(cck ? [cck] : [])]);
  }

  progress(): FleetProgress {
    const stopping = this.#cancelled && this.#progress.state !== 'ended';
    return stopping ? { ...this.#progress, state: 'cancelling' } : this.#progress;
  }

  cancel(): void {
    if (this.#progress.state === 'ended') return;
    this.#cancelled = true;
    this.#send({ kind: 'cancel' });
  }

  #send(message: ToFleet): void {
    // one that ended hears nothing: that is told by its exit
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #listen(): Promise<FleetResult> {
    return new Promise((done, failed) => {
      const died = (found: string): void => {
        failed(new SelError('stopped', { field: 'making the bundles', found, expected: 'an answer' }));
      };
      this.#child.on('message', (m: FromFleet) => {
        if (m.kind === 'progress') this.#progress = m.progress;
        else if (m.kind === 'done') done(m.result);
        else failed(new SelError(m.code, m.facts));
      });
      this.#child.once('error', () => died('a process that could not be started'));
      this.#child.once('exit', (code, signal) => {
        const found = code === null ? `a process that was ended by ${signal}` : `a process that ended with code ${code}`;
        // what it said last may still be on its way: it comes before the end of the channel
        if (this.#child.connected) this.#child.once('disconnect', () => died(found));
        else died(found);
      });
    });
  }
}

/**
 * Starts making a fleet in a process that stands back when something else wants the processor; otherwise as `startFleet`. When this program
 * is killed, that one finishes the guests at hand and ends.
 * @param program what runs edge/fleetprocess.ts, built; beside the running program unless given. The built worker is beside it
 */
export const startFleetApart = (input: FleetInput, program = new URL('./fleet.mjs', import.meta.url)): Fleet =>
  new Apart(input, program);
