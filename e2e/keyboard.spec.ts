/** The sample tenant's whole way by keyboard alone: no click, no script in the page but for reading what has the focus. */
import type { Page } from '@playwright/test';
import { expect, test } from './window.ts';

/** Name of the focused element as assistive technology would say it, roughly: its label, its aria-label or its text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const e = document.activeElement as HTMLElement | null;
    if (e === null) return '';
    const label = e.id ? document.querySelector(`label[for="${CSS.escape(e.id)}"]`)?.textContent : undefined;
    return (e.getAttribute('aria-label') ?? label ?? e.textContent ?? '').trim();
  });

/** Tabs until an element of that name has the focus. */
const tabTo = async (page: Page, name: RegExp): Promise<void> => {
  const seen: string[] = [];
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (name.test(now)) return;
    seen.push(now);
  }
  throw new Error(`no way by Tab to ${name}; passed: ${seen.join(' | ')}`);
};

const press = async (page: Page, name: RegExp): Promise<void> => {
  await tabTo(page, name);
  await page.keyboard.press('Enter');
};

test('by keyboard alone, from the empty window to the verdict', async ({ openWindow }) => {
  const { page, home } = await openWindow();
  const heading = (name: string) => expect(page.getByRole('heading', { level: 1, name })).toBeFocused();
  await heading('Host keys');
  await press(page, /^Open the sample tenant/);
  await page.getByRole('heading', { name: 'beta.crt' }).waitFor();
  for (const name of ['Image', 'Policy', 'Secrets']) {
    await press(page, /^Next/);
    await heading(name);
  }
  await press(page, /^Generate all/);
  await page.getByText('has a value').nth(2).waitFor();
  await press(page, /^Next/);
  await heading('Review and generate');
  await press(page, /^Generate the bundle/);
  await page.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await press(page, /^Next/);
  await heading('Hand over');
  await tabTo(page, /^Directory of the bundle/);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(`${home}/by-keyboard.selbundle`);
  await press(page, /^Save the bundle/);
  await page.getByText('For the boot partition').waitFor();
  await press(page, /^Next/);
  await heading('Boot (simulator)');
  await press(page, /^Start the guest/);
  await page.getByText('The guest is up on alpha.').waitFor();
  await press(page, /^Next/);
  await heading('Verify');
  await press(page, /^Judge the report/);
  await expect(page.getByRole('region', { name: 'Verdict' })).toContainText('Proven');
});
