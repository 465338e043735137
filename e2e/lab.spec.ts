/** The attack lab: each attack of the list can be tried, and every one is caught where it should be. */
import { expect, picture, test } from './window.ts';

test('every attack of the lab gives an answer; the look-alike list is unmasked by the MAC', async ({ openWindow }) => {
  const { page } = await openWindow({ width: 1440, height: 900 });
  const step = (name: RegExp) => page.getByRole('button', { name }).click();
  await step(/^Open the sample tenant/);
  await step(/^Secrets/);
  await step(/^Generate all/);
  await step(/^Review/);
  await step(/^Generate the bundle/);
  await page.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await step(/^Boot/);
  const select = page.getByLabel('What is done');
  await expect.poll(() => select.locator('option').count()).toBeGreaterThan(20);
  const attacks = await select.locator('option').evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value));
  const lab = page.locator('section.card', { hasText: 'Attack lab' });
  const caught: Record<string, string> = {};
  for (const id of attacks) {
    await select.selectOption(id);
    await page.getByRole('button', { name: 'Try it' }).click();
    const title = lab.locator('.cds--inline-notification__title');
    await expect(title, id).toBeVisible();
    caught[id] = (await title.textContent()) ?? '';
    if (id === 'missing-request') await picture(page, 'boot-lab');
  }
  console.log(
    Object.entries(caught)
      .map(([id, says]) => `${id.padEnd(28)} ${says}`)
      .join('\n'),
  );
  expect(caught['missing-request']).toBe('The guest does not let it pass');
  expect(caught['look-alikes']).toBe('The guest lets it pass; the verdict on the report shows it');
  expect(Object.values(caught)).not.toContain('Nothing shows it');
});
