/**
 * The straight way through the eight screens with the sample tenant: the journey of the tests, and the demo's. Names on the screen are
 * looked for in the language that `t` speaks here; the window has to speak the same.
 */
import type { Page } from 'playwright-core';
import { t } from '../../words/language.ts';

/** Called when a screen is as its user would see it. */
export type Picture = (name: string) => Promise<void>;

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const next = (page: Page): Promise<void> => page.getByRole('button', { name: t('Next'), exact: true }).click();
const toTop = (page: Page): Promise<void> => page.locator('main').evaluate((m) => m.scrollTo(0, 0));

/** @param home where the bundle, the values and the verdict are saved */
export const walkSample = async (page: Page, home: string, picture: Picture): Promise<void> => {
  await button(page, t('Open the sample tenant')).click();
  await page
    .getByRole('list', { name: t('Host keys') })
    .getByText(t('verified'))
    .nth(1)
    .waitFor();
  await picture('1-host-keys');
  await next(page);
  await page.getByText(t('generic image'), { exact: true }).waitFor();
  await picture('2-image');
  await next(page);
  await page.getByText(t('Policy hash'), { exact: true }).waitFor();
  await picture('3-policy');
  await next(page);
  await button(page, t('Generate all that are missing')).click();
  await page.getByText(t('has a value')).nth(2).waitFor();
  await picture('4-secrets');
  await next(page);
  await button(page, t('Generate the bundle')).click();
  await page.getByRole('heading', { name: t('{name}, number {serial}', { name: '', serial: 1 }) }).waitFor();
  await toTop(page);
  await picture('5-review');
  await next(page);
  await page.getByLabel(t('Directory of the bundle')).fill(`${home}/guest.selbundle`);
  await button(page, t('Save the bundle')).click();
  await page.getByText(t('For the boot partition')).waitFor();
  await picture('6-hand-over');
  await next(page);
  await button(page, t('Start the guest')).click();
  await page.getByText(t('The guest is up on {host}.', { host: 'alpha' })).waitFor();
  await picture('7-boot');
  await next(page);
  await button(page, t('Judge the report of the simulated guest')).click();
  await page
    .getByRole('region', { name: t('Verdict') })
    .getByText(t('Proven'))
    .waitFor();
  await picture('8-verify');
  await page.getByLabel(t('Directory for the verdict')).fill(`${home}/verdict`);
  await button(page, t('Save the verdict')).click();
  await page.locator('.messages').getByText('verdict.pdf').waitFor();
};
