/** How long clicks take until they are seen, as the browser measures it: for journeys and for the benchmark. */
import type { Page } from 'playwright-core';

/** A click, in ms of the page's clock: until its handlers run, until they have run, until the picture shows what they did. */
export interface Click {
  readonly what: string;
  readonly waited: number;
  readonly handled: number;
  readonly shown: number;
}

/** Notes in the page how long each click takes from the mouse to the picture, as the browser measures it. */
export const watchClicks = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const w = globalThis as unknown as { clicks: Click[] };
    w.clicks = [];
    new PerformanceObserver((list) => {
      for (const e of list.getEntries() as PerformanceEventTiming[])
        if (e.name === 'click')
          w.clicks.push({
            what: (e.target as Element | null)?.textContent ?? 'gone from the page',
            waited: Math.round(e.processingStart - e.startTime),
            handled: Math.round(e.processingEnd - e.processingStart),
            shown: e.duration,
          });
    }).observe({ type: 'event', durationThreshold: 16, buffered: false } as PerformanceObserverInit);
  });
/** Those since it was last asked. */
export const takeClicks = (page: Page): Promise<Click[]> =>
  page.evaluate(() => (globalThis as unknown as { clicks: Click[] }).clicks.splice(0));

const STEPS = ['Host keys', 'Image', 'Secrets', 'Review and generate', 'Policy'];

/** Clicks through all rooms and the steps that a project has before its bundle is made, and back to the fleet. */
export const lookAround = async (page: Page): Promise<void> => {
  const click = (name: string | RegExp, exact = false): Promise<void> => page.getByRole('button', { name, exact }).click();
  await click('Guest', true);
  for (const step of STEPS) {
    await click(new RegExp(`^${step}`));
    await page.getByRole('heading', { level: 1, name: step }).waitFor();
  }
  for (const room of ['Project', 'Security officer', 'Fleet']) await click(room, true);
};
