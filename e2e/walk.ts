/** The straight way through the eight screens with the sample tenant: the journey of the tests, and the demo's. */
import type { Page } from 'playwright-core';

/** Called when a screen is as its user would see it. */
export type Picture = (name: string) => Promise<void>;

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const next = (page: Page): Promise<void> => button(page, 'Next').click();
const toTop = (page: Page): Promise<void> => page.locator('main').evaluate((m) => m.scrollTo(0, 0));

/** @param home where the bundle, the values and the verdict are saved */
export const walkSample = async (page: Page, home: string, picture: Picture): Promise<void> => {
  await button(page, 'Open the sample tenant').click();
  await page.getByRole('list', { name: 'Host keys' }).getByText('verified').nth(1).waitFor();
  await picture('1-host-keys');
  await next(page);
  await page.getByText('generic image', { exact: true }).waitFor();
  await picture('2-image');
  await next(page);
  await page.getByText('Policy hash').waitFor();
  await picture('3-policy');
  await next(page);
  await button(page, 'Generate all that are missing').click();
  await page.getByText('has a value').nth(2).waitFor();
  await picture('4-secrets');
  await next(page);
  await button(page, 'Generate the bundle').click();
  await page.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await toTop(page);
  await picture('5-review');
  await next(page);
  await page.getByLabel('Directory of the bundle').fill(`${home}/guest.selbundle`);
  await button(page, 'Save the bundle').click();
  await page.getByText('For the boot partition').waitFor();
  await picture('6-hand-over');
  await next(page);
  await button(page, 'Start the guest').click();
  await page.getByText('The guest is up on alpha.').waitFor();
  await picture('7-boot');
  await next(page);
  await button(page, 'Judge the report of the simulated guest').click();
  await page.getByRole('region', { name: 'Verdict' }).getByText('Proven').waitFor();
  await picture('8-verify');
  await page.getByLabel('Directory for the verdict').fill(`${home}/verdict`);
  await button(page, 'Save the verdict').click();
  await page.getByText(/verdict\.pdf.*are in/).waitFor();
};
