/** The bundle that is being made: one at a time, how far it is, and why it is given up. */
import type { BuildStep } from '../../core/bundle/build.ts';
import { fail } from '../../core/errors.ts';

const NOTHING: BuildStep = { file: '', done: 0, total: 0 };

export class Making {
  #running = false;
  #step = NOTHING;
  #givenUp: 'cancelled by you' | 'the project was changed' | undefined;

  /** whether one is being made */
  get isRunning(): boolean {
    return this.#running;
  }
  /** how far it is */
  get step(): BuildStep {
    return this.#step;
  }

  /** @throws conflict when one is being made */
  begin(): void {
    if (this.#running) fail('conflict', 'generating', 'already at work', 'one at a time');
    this.#running = true;
    this.#givenUp = undefined;
  }

  /** Asks the one that is being made to stop; there need be none. */
  giveUp(why: 'cancelled by you' | 'the project was changed'): void {
    this.#givenUp = why;
  }

  /** @throws conflict when it was given up meanwhile */
  goOn(): void {
    if (this.#givenUp) fail('conflict', 'generating', this.#givenUp, 'nothing was kept');
  }

  /** It is this far now. */
  reached(step: BuildStep): void {
    this.#step = step;
  }

  /** It is made, or will not be. */
  end(): void {
    this.#running = false;
    this.#step = NOTHING;
  }
}
