/** How often a window that dies is opened again: a fault that comes back at once must not become an endless loop. */
const TIMES = 3;
const WITHIN = 60_000;

/** @returns a function that is told the time in milliseconds at each death and answers whether to open again */
export const patience = (): ((now: number) => boolean) => {
  let deaths: number[] = [];
  return (now) => {
    deaths = [...deaths.filter((d) => now - d < WITHIN), now];
    return deaths.length <= TIMES;
  };
};
