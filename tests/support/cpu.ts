/** Processor time of this process: what something costs, however busy the machine is with other things. */
const cpuOf = (run: () => void): number => {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

const least = (run: () => void, enough: number, runs: number): number => {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs && best >= enough; i++) best = Math.min(best, cpuOf(run));
  return best;
};

const BYTES = new Uint8Array(1 << 20).map((_, i) => (i * 31) & 0xff);
/** Some work of the kind that is measured: a loop over bytes, and some text. */
const known = (): number => {
  let hash = 0;
  for (let round = 0; round < 2; round++) for (const b of BYTES) hash = Math.imul(hash ^ b, 16777619);
  let text = '';
  for (let i = 0; i < 20_000; i++) text += String.fromCharCode(97 + ((hash + i) & 15));
  return text.split('a').length;
};
/** Milliseconds that it takes on the machine that the limits are for. */
const KNOWN_MS = 9;

let slowness: number | undefined;
/** How many times as long this machine takes, at least once. */
const slow = (): number => {
  slowness ??= Math.max(1, least(known, 0, 15) / KNOWN_MS);
  return slowness;
};

/** Processor time in milliseconds of the machine that the limits are for. */
export const cpuMs = (run: () => void): number => cpuOf(run) / slow();

/**
 * The least of several runs: the first one also compiles, and each can be met by the collector of garbage or by a neighbour on the
 * same core. Ends as soon as one is below half of the limit. @param limit milliseconds
 */
export const leastCpuMs = (run: () => void, limit: number, runs = 7): number => {
  const times = slow();
  return least(run, (limit / 2) * times, runs) / times;
};
