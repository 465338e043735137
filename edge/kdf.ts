/** How much work one second is on this machine: parameters for the passphrase of a new file. */
import { performance } from 'node:perf_hooks';
import { chooseKdf, deriveKey, KDF_FLOOR, type KdfParameters, SALT_SIZE } from '../core/crypto/argon.ts';

const PROBE: KdfParameters = { memory: 16 * 1024, passes: 1, lanes: 1 };
let chosen: KdfParameters | undefined;

/** Measures once, which takes some tenths of a second, and remembers. The better of two runs counts: the first one warms up. */
export const measuredKdf = (): KdfParameters => {
  if (chosen === undefined) {
    const run = (): number => {
      const start = performance.now();
      deriveKey('measuring', new Uint8Array(SALT_SIZE), PROBE, 'measuring');
      return performance.now() - start;
    };
    chosen = chooseKdf({ memory: PROBE.memory, milliseconds: Math.min(run(), run()) });
  }
  return chosen;
};

/** True when a file is protected by less work than new ones at least are. */
export const isWeaker = ({ memory, passes }: KdfParameters): boolean => memory * passes < KDF_FLOOR.memory * KDF_FLOOR.passes;
