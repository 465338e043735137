/** Stopped in the middle and taken up again: a half-filled project, its generation cancelled, its window closed; opened again from its file. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { ProjectView } from '../electron/contract.ts';
import { drop, expect, picture, test } from './window.ts';

const CLI = join(import.meta.dirname, '..', 'dist', 'cli', 'selwright.mjs');
const PASSPHRASE = 'correct horse battery staple';
const DISKS = 60;

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();
const choose = (page: Page, files: string | string[]): Promise<void> => page.getByTestId('files').setInputFiles(files);
const step = (page: Page, name: RegExp): Promise<void> => button(page, name).click();
const room = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
const card = (page: Page, name: string) =>
  page
    .getByRole('list', { name: 'Secrets' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name, exact: true }) });

/** Of what the window shows, the work: not where it is nor when it was looked at. */
const WORK = [
  ...(['hostKeys', 'pieces', 'roots', 'missing', 'image', 'policy', 'secrets', 'publics'] as const),
  ...(['approvals', 'planned', 'risks', 'bundle', 'bundles', 'lacks', 'done'] as const),
] as const satisfies readonly (keyof ProjectView)[];

const work = async (page: Page): Promise<Partial<ProjectView>> => {
  const view = await page.evaluate(async (names) => {
    const bridge = (globalThis as unknown as { selwright: { call(c: string, a: unknown): Promise<{ value: ProjectView }> } })
      .selwright;
    const { value } = await bridge.call('project.view', {});
    return Object.fromEntries(names.map((n) => [n, value[n]]));
  }, WORK);
  return JSON.parse(JSON.stringify(view).replaceAll(/valid at [-\d]+T[:\d]+Z/g, 'valid now'));
};

/** A value, shown on purpose. */
const shown = async (page: Page, name: string): Promise<string> => {
  await card(page, name).getByRole('button', { name: 'Show' }).click();
  const field = page.getByTestId(`value-${name}`);
  await expect(field).not.toHaveText('');
  const value = (await field.textContent()) ?? '';
  await card(page, name).getByRole('button', { name: 'Hide' }).click();
  return value;
};

test('half filled, cancelled, closed and opened again: everything is as it was, and goes on to a bundle', async ({
  openWindow,
}) => {
  const first = await openWindow({ width: 1440, height: 900 });
  const { page, home } = first;
  const tenant = join(home, 'tenant');
  expect(spawnSync(process.execPath, [CLI, 'sample', 'init', tenant]).status).toBe(0);

  // one of two host keys, with what verifies it; image; a policy with so many secrets that there is time to cancel
  const pki = readdirSync(join(tenant, 'pki')).map((f) => join(tenant, 'pki', f));
  await choose(page, [join(tenant, 'host-keys', 'alpha.crt'), ...pki]);
  await button(page, 'I compared it: trust this root').click();
  await page.getByRole('list', { name: 'Host keys' }).getByText('verified', { exact: true }).waitFor();
  await step(page, /^Image/);
  await choose(page, join(tenant, 'image', 'sel-ebc.img'));
  await page.getByText('generic image', { exact: true }).waitFor();
  await step(page, /^Policy/);
  const disks = Array.from(
    { length: DISKS },
    (_, i) => `  - { name: disk-${i}, purpose: luks-data-key, type: aes-xts, apply: { kind: luks-token, label: disk-${i} } }\n`,
  );
  const text = readFileSync(join(tenant, 'policy.yaml'), 'utf8').replace(/^secrets:\n/m, `secrets:\n${disks.join('')}`);
  await drop(page, 'policy.yaml', Buffer.from(text));
  await page.getByText(`${DISKS + 4} required`).waitFor();

  await room(page, 'Project');
  const file = join(home, 'halfway.selwright');
  await page.getByLabel('Project file', { exact: true }).fill(file);
  await page.getByLabel('New passphrase').fill(PASSPHRASE);
  await page.getByLabel('The same passphrase again').fill(PASSPHRASE);
  await button(page, 'Make the project file').click();
  await button(page, 'Lock now').waitFor();
  await room(page, 'Guest');
  await step(page, /^Secrets/);
  await button(page, 'Generate all that are missing').click();
  await expect(page.getByText('has a value')).toHaveCount(DISKS + 3);

  // the generation is cancelled: no bundle, no number taken
  await step(page, /^Review/);
  await button(page, 'Generate the bundle').click();
  await page.getByText(new RegExp(`^[1-9]\\d* of ${DISKS + 6}`)).waitFor();
  await picture(page, 'review-generating');
  await button(page, 'Cancel').click();
  await expect(page.locator('.messages')).toContainText('cancelled by you');
  await expect(button(page, 'Generate the bundle')).toBeEnabled();

  // second thoughts: one value is taken out again
  await step(page, /^Secrets/);
  const passphrase = await shown(page, 'luks-rfs-passphrase');
  await card(page, 'cck').getByRole('button', { name: 'Forget' }).click();
  await expect(card(page, 'cck')).toContainText('no value yet');
  const before = await work(page);
  expect(before.bundle).toBeNull();
  expect(before.lacks?.secrets).not.toEqual([]);
  await first.window.close();

  // another start of the program
  const { page: again } = await openWindow({ width: 1440, height: 900, opens: file });
  await expect(again.getByLabel('Project file to open')).toHaveValue(file);
  await again.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await button(again, /^Open$/).click();
  await again.getByRole('heading', { name: 'alpha.crt' }).waitFor();
  expect(await work(again)).toEqual(before);
  await expect(again.getByRole('list', { name: 'Host keys' }).getByText('verified', { exact: true })).toHaveCount(1);
  await step(again, /^Image/);
  await expect(again.getByText('sel-ebc.img')).toBeVisible();
  await step(again, /^Policy/);
  await expect(again.getByText(`${DISKS + 4} required`)).toBeVisible();
  await step(again, /^Secrets/);
  await expect(again.getByText('has a value')).toHaveCount(DISKS + 2);
  await expect(card(again, 'cck')).toContainText('no value yet');
  await expect(again.getByRole('button', { name: 'Next' })).toBeDisabled();
  expect(await shown(again, 'luks-rfs-passphrase')).toBe(passphrase);
  await picture(again, 'secrets-resumed');

  // and on to the bundle
  await card(again, 'cck').getByRole('button', { name: 'Generate' }).click();
  await again.getByRole('button', { name: 'Next' }).click();
  await button(again, 'Generate the bundle').click();
  await again.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await again.getByRole('button', { name: 'Next' }).click();
  const bundle = join(home, 'resumed.selbundle');
  await again.getByLabel('Directory of the bundle').fill(bundle);
  await button(again, 'Save the bundle').click();
  await again.getByText('For the boot partition').waitFor();
  const checked = spawnSync(process.execPath, [CLI, 'bundle', 'check', bundle, '--hdr', join(tenant, 'image', 'selhdr.bin')], {
    encoding: 'utf8',
  });
  expect(checked.status, checked.stderr).toBe(0);
});
