/** Node's side of what core gets passed in: randomness and time. */
import { randomFillSync } from 'node:crypto';
import type { Env } from '../core/env.ts';

export const nodeEnv: Env = {
  random: (size) => randomFillSync(new Uint8Array(size)),
  now: () => new Date(),
};
