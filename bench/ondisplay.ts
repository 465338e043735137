/** Benchmarks in the real window: built anew, on a virtual display of their own. */
import { startXvfb } from '../scripts/display.mjs';
import { have, run } from './processes.ts';

/** Builds the program and measures it on a display. @returns undefined where there can be no window, and says so */
export const onDisplay = async <T>(what: string, measure: (display: string) => Promise<T>): Promise<T | undefined> => {
  if (process.platform !== 'linux' || !have('Xvfb', '-help') || !have('chromium', '--version')) {
    console.log(`${what}: not measured, it needs Linux, Xvfb and Chromium`);
    return undefined;
  }
  run(process.execPath, ['scripts/build.mjs']);
  const { display, stop } = await startXvfb();
  try {
    return await measure(display);
  } finally {
    stop();
  }
};
