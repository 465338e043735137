/** One cold start of the window, as a process: opens it as the program does, says when what happened, and closes it. Times are of the clock. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { ChromiumOptions, ChromiumWindow } from '../electron/shells/chromium.ts';

/** Milliseconds after which the first screen is there for certain. */
const SETTLED = 1500;

const now = (): number => performance.timeOrigin + performance.now();

/** What the page noted itself, in milliseconds of the clock. */
const marksOf = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(() => {
    const at = (e: PerformanceEntry | undefined): number => performance.timeOrigin + (e?.startTime ?? Number.NaN);
    const painted = at(performance.getEntriesByName('first-contentful-paint')[0]);
    // what nobody sees yet cannot be used
    const usable = Math.max(painted, at(performance.getEntriesByName('usable')[0]));
    return { asked: performance.timeOrigin, painted, usable };
  });

const [dist = 'dist', home = '.'] = process.argv.slice(2);
const { openChromium } = (await import(join(dist, 'main', 'chromium.mjs'))) as {
  openChromium: (options: ChromiumOptions) => Promise<ChromiumWindow>;
};
const loaded = now();
const { page, close } = await openChromium({ root: join(dist, 'renderer'), home });
// whoever looks into the page meanwhile makes it slower: it notes the times itself
await sleep(SETTLED);
await page.getByRole('button', { name: 'Open the sample tenant' }).waitFor();
await page.waitForFunction(
  () => performance.getEntriesByName('usable').length > 0 && performance.getEntriesByName('first-contentful-paint').length > 0,
);
const marks = await marksOf(page);
process.stdout.write(`${JSON.stringify({ loaded, ...marks })}\n`);
await close();
