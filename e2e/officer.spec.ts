/** Four eyes and a project that keeps: an officer on another "machine" approves, one letter shuts it again, the file locks and opens. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, picture, test } from './window.ts';

const room = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
const step = (page: Page, name: RegExp): Promise<void> => page.getByRole('button', { name }).click();
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const PASSPHRASE = 'correct horse battery staple';

test('officer approves on another machine; the tenant generates; one letter shuts it again', async ({ openWindow }) => {
  const officer = await openWindow({ width: 1440, height: 900 });
  const tenant = await openWindow({ width: 1440, height: 900 });
  const o = officer.page;
  const t = tenant.page;
  const carried = join(tenant.home, 'carried');
  mkdirSync(carried);

  // the tenant's policy demands an approval
  await button(t, 'Open the sample tenant').click();
  await step(t, /^Policy/);
  await t.getByText('Edit the policy').click();
  const text = await t.getByLabel('The policy as text').inputValue();
  const policy = join(carried, 'policy.yaml');
  writeFileSync(policy, `${text}approvals: { required: 1 }\n`);
  await t.getByTestId('files').setInputFiles(policy);
  await expect(t.getByText('One approval is missing')).toBeVisible();
  await step(t, /^Secrets/);
  await button(t, 'Generate all that are missing').click();
  await step(t, /^Review/);
  await expect(button(t, 'Generate the bundle')).toBeDisabled();

  // the officer, with nothing but the policy
  await room(o, 'Security officer');
  await o.getByTestId('files').setInputFiles(policy);
  await o.getByRole('heading', { name: /^Policy sample/ }).waitFor();
  await picture(o, 'officer-review');
  await o.getByText('Make a key to approve with').click();
  await o.getByLabel('Whose key it is').fill('Olga');
  await o.getByLabel('Passphrase for the new key').fill(PASSPHRASE);
  await o.getByLabel('The same passphrase again').fill(PASSPHRASE);
  const key = join(officer.home, 'olga.key');
  await o.getByLabel('File of the key').fill(key);
  await button(o, 'Make the key').click();
  await o.getByText('Fingerprint').waitFor();
  await o.getByTestId('officer-key').setInputFiles(key);
  await o.getByLabel('Passphrase of your key').fill(PASSPHRASE);
  await o.getByLabel('Comment (optional)').fill('read line by line');
  const approval = join(carried, 'approval.json');
  await o.getByLabel('File for the approval').fill(approval);
  await button(o, 'Sign the approval').click();
  await expect(o.locator('.messages')).toContainText('Signed by SHA256:');
  await picture(o, 'officer-signed');

  // back at the tenant's: the approval counts only once the key is trusted
  await step(t, /^Policy/);
  await t.getByTestId('approval').setInputFiles(approval);
  await expect(t.getByText('its key is not among the trusted ones')).toBeVisible();
  await t.getByLabel('Public key of an approver').fill(readFileSync(`${key}.pub`, 'utf8').trim());
  await button(t, 'Trust this key').click();
  await expect(t.getByText('This policy has the approvals it needs.')).toBeVisible();
  await expect(t.getByText('"read line by line"')).toBeVisible();
  await picture(t, 'policy-approved');
  await step(t, /^Review/);
  await button(t, 'Generate the bundle').click();
  await t.getByRole('heading', { name: /, number 1$/ }).waitFor();

  // one letter
  writeFileSync(policy, `${text.replace('name: sample', 'name: samples')}approvals: { required: 1 }\n`);
  await step(t, /^Policy/);
  await t.getByTestId('files').setInputFiles(policy);
  await expect(t.getByText('it is for something else, or for an earlier version')).toBeVisible();
  await step(t, /^Review/);
  await expect(button(t, 'Generate the bundle')).toBeDisabled();
});

test('a project is kept in a file, locked, opened again, and judges the report of a bundle made before', async ({
  openWindow,
}) => {
  const { page, home } = await openWindow({ width: 1440, height: 900 });
  await button(page, 'Open the sample tenant').click();
  await step(page, /^Secrets/);
  await button(page, 'Generate all that are missing').click();
  await page.getByText('has a value').nth(2).waitFor();

  await room(page, 'Project');
  await picture(page, 'project-new');
  const file = join(home, 'sample.selwright');
  await page.getByLabel('Project file', { exact: true }).fill(file);
  await page.getByLabel('New passphrase').fill('short');
  await page.getByLabel('The same passphrase again').fill('short');
  await button(page, 'Make the project file').click();
  await expect(page.locator('.messages')).toContainText('at least 12 characters');
  await page.getByLabel('New passphrase').fill(PASSPHRASE);
  await page.getByLabel('The same passphrase again').fill(PASSPHRASE);
  await button(page, 'Make the project file').click();
  await page.getByRole('button', { name: 'Lock now' }).waitFor();
  await picture(page, 'project-kept');

  await room(page, 'Guest');
  await step(page, /^Review/);
  await button(page, 'Generate the bundle').click();
  await page.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await step(page, /^Hand over/);
  await page.getByLabel('Directory of the bundle').fill(join(home, 'guest.selbundle'));
  await button(page, 'Save the bundle').click();
  await page.getByText('For the boot partition').waitFor();
  await step(page, /^Boot/);
  await button(page, 'Start the guest').click();
  await page.getByText('The guest is up on alpha.').waitFor();
  const report = join(home, 'report.json');
  await page.evaluate(
    (path) =>
      (globalThis as unknown as { selwright: { call(c: string, a: unknown): Promise<unknown> } }).selwright.call('report.save', {
        path,
      }),
    report,
  );

  await room(page, 'Project');
  await button(page, 'Lock now').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The project is locked');
  await picture(page, 'project-locked');
  await page.getByLabel('Passphrase').fill('a wrong passphrase');
  await button(page, 'Unlock').click();
  await expect(page.locator('.messages')).toContainText('does not open');
  await page.getByLabel('Passphrase').fill(PASSPHRASE);
  await button(page, 'Unlock').click();
  await page.getByRole('button', { name: 'Lock now' }).waitFor();

  // a new window: another start of the program
  await button(page, 'Lock now').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The project is locked');
  const later = await openWindow({ width: 1024, height: 720 });
  await room(later.page, 'Project');
  await later.page.getByLabel('Project file to open').fill(file);
  await later.page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await button(later.page, /^Open$/).click();
  await later.page.getByRole('heading', { name: 'alpha.crt' }).waitFor();
  await step(later.page, /^Secrets/);
  await expect(later.page.getByText('has a value').nth(2)).toBeVisible();
  await step(later.page, /^Verify/);
  await later.page.getByTestId('files').setInputFiles(report);
  await expect(later.page.getByRole('region', { name: 'Verdict' })).toContainText('Proven');
  await room(later.page, 'Project');
  await expect(later.page.getByText('A report of bundle number 1 was judged "Proven" (rehearsal)')).toBeVisible();
});

test('form and text of the policy are kept in step; a difference is told in words', async ({ openWindow }) => {
  const { page, home } = await openWindow({ width: 1440, height: 900 });
  await button(page, 'Open the sample tenant').click();
  await step(page, /^Policy/);
  await page.getByText('Edit the policy').click();
  const text = page.getByLabel('The policy as text');
  const before = await text.inputValue();
  const other = join(home, 'before.yaml');
  writeFileSync(other, before);

  await page.getByLabel('Secret store').selectOption('never');
  await expect(text).toHaveValue(/lock: never/);
  await text.fill((await text.inputValue()).replace('lock: never', 'lock: sometimes'));
  await expect(page.getByLabel('Secret store')).toBeDisabled();
  await button(page, 'Take this text').click();
  await expect(page.locator('.messages')).toContainText(/store.lock|line \d+/);
  await button(page, 'Undo').click();
  await text.fill((await text.inputValue()).replace('disable-host-dump: false', 'disable-host-dump: true'));
  await button(page, 'Take this text').click();
  await expect(page.getByLabel('Dumps of the guest')).toHaveValue('true');
  await page.getByTestId('compare').setInputFiles(other);
  await expect(page.getByText(/^From sample \(before\.yaml\)/)).toBeVisible();
  await expect(page.locator('.fold[open] .plain li')).toHaveCount(2);
  await picture(page, 'policy-editor');
});
