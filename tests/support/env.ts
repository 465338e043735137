/** Environments for tests: Node's own generator, and one that can be repeated. */
import { createHash, randomBytes } from 'node:crypto';
import type { Env } from '../../core/env.ts';

export const nodeEnv: Env = { random: (n) => new Uint8Array(randomBytes(n)), now: () => new Date() };

/** Repeats itself: SHA-256 in counter mode over the seed, and a clock that stands still. */
export const seededEnv = (seed: string, now = new Date('2026-11-24T04:30:00Z')): Env => {
  let counter = 0;
  return {
    now: () => now,
    random: (n) => {
      const out = new Uint8Array(n);
      for (let at = 0; at < n; at += 32) {
        const block = createHash('sha256').update(`${seed}:${counter++}`).digest();
        out.set(block.subarray(0, Math.min(32, n - at)), at);
      }
      return out;
    },
  };
};
