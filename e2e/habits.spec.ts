/** What people get used to: the theme, the size of text, keys, taking back, details of an error to copy; and that the window remembers. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, picture, test } from './window.ts';

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });
const settingsOf = (home: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8')) as Record<string, unknown>;
const background = (page: Page): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const sane = async (page: Page): Promise<void> => {
  expect((await new AxeBuilder({ page }).setLegacyMode(true).analyze()).violations).toEqual([]);
  // nothing is cut off at the side, whatever the size of the text
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
};

test('theme and size are chosen in the settings, stay, and fit the smallest window', async ({ openWindow }) => {
  const { page, home } = await openWindow({ colorScheme: 'light' });
  await page.getByRole('button', { name: 'Open the sample tenant' }).click();
  const light = await background(page);
  await page.keyboard.press('F1');
  const dialog = page.getByRole('dialog', { name: 'Settings' });
  await expect(dialog.getByLabel('Language')).toBeFocused();
  await dialog.getByLabel('Theme').selectOption('Dark');
  await expect.poll(() => background(page)).not.toBe(light);
  await picture(page, 'settings-dark-1024');
  await sane(page);
  await dialog.getByLabel('Theme').selectOption('As the system');
  await expect.poll(() => background(page)).toBe(light);
  await picture(page, 'settings-light-1024');
  await sane(page);
  await dialog.getByLabel('Size of text and controls').selectOption('200 %');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  for (const [n, name] of ['Host keys', 'Image', 'Policy', 'Secrets'].entries()) {
    await page.keyboard.press(`Alt+${n + 1}`);
    await expect(heading(page, name)).toBeVisible();
    await picture(page, `zoom-200-${n + 1}`);
    await sane(page);
  }
  await page.keyboard.press('Control+0');
  await expect.poll(() => settingsOf(home)).toMatchObject({ theme: 'system', zoom: 100 });
  await page.keyboard.press('Control++');
  await expect.poll(() => settingsOf(home)).toMatchObject({ zoom: 110 });
});

test('keys go to the steps, and on only when nothing is missing', async ({ openWindow }) => {
  const { page } = await openWindow();
  await expect(heading(page, 'Host keys')).toBeFocused();
  // host keys are missing
  await page.keyboard.press('Alt+ArrowRight');
  await expect(heading(page, 'Host keys')).toBeVisible();
  await page.getByRole('button', { name: 'Open the sample tenant' }).click();
  await page.getByRole('list', { name: 'Host keys' }).getByText('verified').first().waitFor();
  await page.keyboard.press('Alt+ArrowRight');
  await expect(heading(page, 'Image')).toBeFocused();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(heading(page, 'Host keys')).toBeFocused();
  await page.keyboard.press('Alt+8');
  await expect(heading(page, 'Verify')).toBeFocused();
});

test('what was removed comes back by a button or a key; an error can be copied with its details', async ({ openWindow }) => {
  const { page } = await openWindow();
  await page.getByRole('button', { name: 'Open the sample tenant' }).click();
  const keys = page.getByRole('list', { name: 'Host keys' });
  await expect(keys.getByText('verified', { exact: true })).toHaveCount(2);
  await page
    .getByRole('button', { name: /^Remove/ })
    .first()
    .click();
  await expect(keys.getByText('verified', { exact: true })).toHaveCount(1);
  await picture(page, 'undo');
  await sane(page);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(keys.getByText('verified', { exact: true })).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeHidden();
  await page.keyboard.press('Alt+4');
  await page.getByRole('button', { name: 'Generate all that are missing' }).click();
  await page.getByText('has a value').nth(2).waitFor();
  await page.getByRole('button', { name: 'Forget', exact: true }).first().click();
  await expect(page.getByText('has a value')).toHaveCount(2);
  await heading(page, 'Secrets').focus();
  await page.keyboard.press('Control+z');
  await expect(page.getByText('has a value')).toHaveCount(3);

  await page.keyboard.press('Alt+2');
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'no-image.bin', mimeType: '', buffer: Buffer.from('nothing') });
  await expect(page.getByText(/no-image\.bin/).first()).toBeVisible();
  await picture(page, 'error-with-details');
  await sane(page);
  // it says so for two seconds: waited for from before the click
  await Promise.all([
    page.getByRole('button', { name: 'the details: copied' }).waitFor(),
    page.getByRole('button', { name: 'Copy the details' }).click(),
  ]);
});

test('the window comes back where it was left, as large as it was', async ({ openWindow }) => {
  const { page, home, window: first } = await openWindow({ asLeft: true });
  const session = await page.context().newCDPSession(page);
  const { windowId } = await session.send('Browser.getWindowForTarget');
  await session.send('Browser.setWindowBounds', { windowId, bounds: { left: 40, top: 30, width: 1100, height: 760 } });
  const settings = join(home, 'settings.json');
  const left = { x: 40, y: 30, width: 1100, height: 760 };
  await expect.poll(() => existsSync(settings) && settingsOf(home).bounds).toEqual(left);
  await first.close();
  const again = await openWindow({ asLeft: true, settings });
  const place = () =>
    again.page.evaluate(() => ({
      x: window.screenX,
      y: window.screenY,
      width: window.outerWidth,
      height: window.outerHeight,
    }));
  await expect.poll(place).toEqual(left);
});
