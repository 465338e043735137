/** Every trap of values, in the window: caught with a sentence that says what to do, and where the program can help, one click does. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { TRAPS } from '../core/values/traps.ts';
import { remedySays, trapSays } from '../words/values.ts';
import { publicTraps, STRONG, trapFiles, trapPolicy } from './trap-files.ts';
import { expect, looked, openTemplate, test } from './window.ts';

const inList = (page: Page, list: string, name: string): Locator =>
  page
    .getByRole('list', { name: list })
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name, exact: true }) });
const card = (page: Page, name: string): Locator => inList(page, 'Secrets', name);
const entry = (page: Page, name: string): Locator => inList(page, 'Public entries', name);

/** Opens the policy that has room for every trap. @returns what gives a file to a field */
const opened = async (page: Page, home: string) => {
  await openTemplate(page, 'web-server');
  await page.getByRole('button', { name: /^Policy/ }).click();
  await page.getByText('Edit the policy').click();
  const policy = join(home, 'traps.yaml');
  writeFileSync(policy, trapPolicy(await page.getByLabel('The policy as text').inputValue()));
  await page.getByTestId('files').setInputFiles(policy);
  await page.getByText('7 required, 1 optional').waitFor();
  await page.getByRole('button', { name: /^Secrets/ }).click();
  let n = 0;
  return async (id: string, content: string | Uint8Array): Promise<void> => {
    const path = join(home, `value-${n++}`);
    writeFileSync(path, content);
    await page.getByTestId(id).setInputFiles(path);
  };
};

test('every trap of a value is caught on its card', async ({ openWindow }) => {
  const { page, home, complaints } = await openWindow({ width: 1440, height: 900 });
  const work = join(home, 'work');
  mkdirSync(work);
  const give = await opened(page, home);
  const files = trapFiles(work);
  expect(TRAPS.filter((code) => !files.some((f) => f.code === code))).toEqual([]);
  for (const { code, secret, content, remedy } of files) {
    const own = card(page, secret);
    if (code === 'other-certificate') await page.getByTestId('public-web-cert').setInputFiles(join(work, 'own.pem'));
    await give(`file-${secret}`, content);
    const { what, todo } = trapSays({ code, severity: 'error', found: '', expected: '', remedies: [] });
    await expect(own, code).toContainText(what);
    await expect(own, code).toContainText(todo);
    // a warning is said, and the value is good all the same
    await expect(own.getByText(code === 'nul-byte' ? 'has a value' : 'does not fit', { exact: true }), code).toBeVisible();
    if (remedy === undefined) continue;
    if (remedy === 'decrypt') await own.getByLabel('Passphrase of the key').fill('open sesame');
    await own.getByRole('button', { name: remedySays(remedy) }).click();
    await expect(own.getByText('has a value', { exact: true }), `${code}, ${remedy}`).toBeVisible();
  }
  await looked(page, 'secrets-all-traps', card(page, 'admin-login'));
  expect(complaints).toEqual([]);
});

test('every trap of a public entry is caught on its card or at the door', async ({ openWindow }) => {
  const { page, home } = await openWindow({ width: 1440, height: 900 });
  const work = join(home, 'work');
  mkdirSync(work);
  const give = await opened(page, home);
  trapFiles(work);
  for (const { entry: name, content, says, refused } of publicTraps(work)) {
    await give(`public-${name}`, content);
    if (refused) {
      await expect(page.locator('.messages'), String(says)).toContainText(says);
      await expect(entry(page, name).getByText('no content yet')).toBeVisible();
      continue;
    }
    await expect(entry(page, name), String(says)).toContainText(says);
    await expect(entry(page, name).getByText('does not fit', { exact: true })).toBeVisible();
    await expect(page.locator('.way__missing')).toContainText('Still missing');
  }
  await looked(page, 'secrets-public-traps', entry(page, 'ssh-host-cert'));
});

test('a value used twice keeps Review shut, also when of the one only a hash is there', async ({ openWindow }) => {
  const { page, home } = await openWindow({ width: 1440, height: 900 });
  const give = await opened(page, home);
  await page.getByRole('button', { name: 'Generate all that are missing' }).click();
  const key = new Uint8Array(32).map((_, i) => (i * 73 + 131) & 0xff);
  await give('file-rfs-luks-key', key);
  await give('file-cck', key);
  await give('file-luks-rfs-passphrase', STRONG);
  await card(page, 'admin-login').getByRole('button', { name: 'Type' }).click();
  await page.getByLabel('Value of admin-login').fill(STRONG);
  await page.getByRole('button', { name: 'Use this value' }).click();
  await expect(card(page, 'admin-login').getByText('has a value', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: /^Review/ }).click();
  const rules = page.locator('.finding--error').filter({ hasText: 'P11' });
  await expect(rules.filter({ hasText: 'the password of admin-login' })).toBeVisible();
  await expect(rules.filter({ hasText: /the value of (cck|rfs-luks-key)/ })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Generate the bundle' })).toBeDisabled();
});
