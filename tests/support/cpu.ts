/** Processor time of this process: what something costs, however busy the machine is with other things. */
export const cpuMs = (run: () => void): number => {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/**
 * The least of several runs: the first one also compiles, and each can be met by the collector of garbage or by a neighbour on the
 * same core. Ends as soon as one is below half of the limit. @param limit milliseconds
 */
export const leastCpuMs = (run: () => void, limit: number, runs = 7): number => {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs && best >= limit / 2; i++) best = Math.min(best, cpuMs(run));
  return best;
};
