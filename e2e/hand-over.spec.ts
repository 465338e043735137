/** The forms a bundle leaves in: one file, Kata initdata, pvics.yaml; each says what it is for. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, looked, test } from './window.ts';

test('every form of one file says what it is for and is written', async ({ openWindow }) => {
  const { page, home, complaints } = await openWindow();
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  await button('Open the sample tenant').click();
  await page.getByRole('list', { name: 'Host keys' }).getByText('verified').nth(1).waitFor();
  await button(/^Secrets/).click();
  await button('Generate all that are missing').click();
  await button(/^Review/).click();
  await button('Generate the bundle').click();
  await page.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await button('Next').click();
  const form = page.getByLabel('Form of the file');
  const place = page.getByLabel('Place of the file');
  const says = ['operators on Linux', 'operators on Windows', 'a confidential pod', 'encrypt the disk with pvics'];
  for (const [i, id] of ['tar', 'zip', 'initdata', 'pvics'].entries()) {
    await form.selectOption(id);
    await expect(page.getByText(says[i] as string)).toBeVisible();
    const name = ((await place.inputValue()).split('/').at(-1) ?? '') as string;
    expect(name).toMatch([/\.tar$/, /\.zip$/, /\.toml$/, /^pvics\.yaml$/][i] as RegExp);
    await place.fill(join(home, name));
    await button('Save as one file').click();
    await expect(page.locator('.messages')).toContainText(name);
    expect(existsSync(join(home, name)), name).toBe(true);
  }
  const beside = page.getByRole('region', { name: 'Beside pvics.yaml' });
  await expect(beside).toContainText('alpha.crt, beta.crt');
  await expect(beside).toContainText('extension-secret');
  expect(readFileSync(join(home, 'pvics.yaml'), 'utf8')).toContain('luks-rfs-passphrase');
  await looked(page, 'hand-over-pvics', beside);
  await form.selectOption('initdata');
  await looked(page, 'hand-over-initdata', form);
  expect(complaints).toEqual([]);
});
