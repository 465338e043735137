/**
 * Clicks in the window, first without a fleet and then while one is made, as a process: prints how long each took until it was seen, in JSON.
 *   clicks-run.mjs DIST HOME CLICKS
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type Click, lookAround, takeClicks, watchClicks } from '../e2e/clicks.ts';
import type { ChromiumOptions, ChromiumWindow } from '../electron/shells/chromium.ts';

/** What one run prints. */
export interface ClicksRun {
  readonly idle: readonly Click[];
  readonly meanwhile: readonly Click[];
}

/** More than are made while anybody clicks. */
const GUESTS = 9999;

const [dist = 'dist', home = '.', wanted = '100'] = process.argv.slice(2);
const { openChromium } = (await import(join(dist, 'main', 'chromium.mjs'))) as {
  openChromium: (options: ChromiumOptions) => Promise<ChromiumWindow>;
};

/** Clicks until there are that many: clicks of less than 16 ms are not told one by one, and do not count. */
const clicksOf = async (page: Page, count: number): Promise<Click[]> => {
  const clicks: Click[] = [];
  await takeClicks(page);
  while (clicks.length < count) {
    await lookAround(page);
    clicks.push(...(await takeClicks(page)));
  }
  return clicks;
};

mkdirSync(home, { recursive: true });
process.env.XDG_STATE_HOME = join(home, 'state');
const { page, close } = await openChromium({ root: join(dist, 'renderer'), home, settings: join(home, 'settings.json') });
const button = (name: string) => page.getByRole('button', { name });
await button('Open the sample tenant').click();
await page.getByRole('heading', { name: 'beta.crt' }).waitFor();
await page.getByRole('button', { name: 'Fleet', exact: true }).click();
const table = join(home, 'guests.csv');
writeFileSync(table, `guest\n${Array.from({ length: GUESTS }, (_, i) => `guest-${i + 1}\n`).join('')}`);
await page.getByTestId('files').setInputFiles(table);
await page.getByLabel('Directory of values').fill(join(home, 'values'));
await page.getByLabel('Directory of bundles').fill(join(home, 'bundles'));
await button('See what would be done').click();
const make = button(`Make ${GUESTS} bundles`);
await make.waitFor();
await watchClicks(page);
const idle = await clicksOf(page, Number(wanted) / 2);
await button('See what would be done').click();
await make.click();
await page.getByText('guests a second').first().waitFor();
const meanwhile = await clicksOf(page, Number(wanted));
await close();
process.stdout.write(`${JSON.stringify({ idle, meanwhile } satisfies ClicksRun)}\n`);
