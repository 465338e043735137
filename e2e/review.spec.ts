/** Review and generate: the complete list and where each secret goes, who can open it, commands, progress, hashes, the check as a list. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, looked, test } from './window.ts';

test('everything that is to be reviewed is there, before and after', async ({ openWindow }) => {
  const { page, home, complaints } = await openWindow();
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  await button('Open the sample tenant').click();
  await page.getByRole('list', { name: 'Host keys' }).getByText('verified').nth(1).waitFor();
  await button(/^Secrets/).click();
  await button('Generate all that are missing').click();
  await page.getByText('has a value').nth(2).waitFor();
  await button(/^Review/).click();

  // before: the order of submission, where each goes, who can open it
  const rows = page.locator('table tbody tr');
  const files = ['toc.asr', 'manifest.asr', 'cck.asr', 'rfs-luks-key.asr', 'luks-rfs-passphrase.asr', 'report-key.asr'];
  await expect(rows).toHaveCount(files.length);
  for (const [i, file] of files.entries()) await expect(rows.nth(i)).toContainText(file);
  await expect(rows.nth(4)).toContainText('Opens the root disk at boot.');
  await expect(rows.nth(2)).toContainText('Stays with the ultravisor.');
  await expect(page.locator('.who')).toContainText([/alpha\.crt.*verified/, /beta\.crt.*verified/]);
  await page.getByText('The same with the reference tools, as commands').click();
  await expect(page.locator('pre').filter({ hasText: 'pvsecret create' })).toContainText('--toc-policy toc.pol');
  // it says so for two seconds: waited for from before the click
  await Promise.all([
    button('commands: Make the requests: copied').waitFor(),
    button('Copy commands: Make the requests').click(),
  ]);
  await looked(page, 'review-before', rows.nth(4));

  await button('Generate the bundle').click();
  await page.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await expect(page.getByRole('heading', { name: 'Check of the bundle' })).toBeVisible();
  await page.getByText(/more rules are in order/).click();
  await expect(page.locator('.finding--ok').first()).toBeVisible();
  await looked(page, 'review-after', page.getByText('Secret-store hash, locked'));
  const shown = async (what: string): Promise<string | null> =>
    page.locator('.facts__row').filter({ hasText: what }).locator('code').getAttribute('title');
  const [toc, manifest, store] = [
    await shown('SHA-256 of toc.pol'),
    await shown('SHA-256 of manifest.pol'),
    await shown('Secret-store hash, locked'),
  ];
  await button('Next').click();
  await page.getByLabel('Directory of the bundle').fill(join(home, 'b'));
  await button('Save the bundle').click();
  await page.getByText('For the boot partition').waitFor();
  const sha256 = (file: string): string =>
    createHash('sha256')
      .update(readFileSync(join(home, 'b', 'sics', file)))
      .digest('hex');
  expect([toc, manifest]).toEqual([sha256('toc.pol'), sha256('manifest.pol')]);
  expect(store).toBe(JSON.parse(readFileSync(join(home, 'b', 'meta', 'expected.json'), 'utf8')).store_hash.locked);
  expect(complaints).toEqual([]);
});
