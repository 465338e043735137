/** Host keys in the window: a zip sorts itself, a root is trusted by decision only, what is missing is named, checks unfold. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { zipSync } from 'fflate';
import { drop, expect, picture, test } from './window.ts';

const CERTIFICATES = join(import.meta.dirname, '..', '..', 'shared', 'vectors', 's390-tools', 'pv', 'cert');
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(join(CERTIFICATES, name)));
/** Everything for a verification but the revocation list of the intermediate certificate. */
const GIVEN = ['host.crt', 'ibm.crt', 'ibm.crl', 'inter_ca.crt', 'root_ca.chained.crt'];

const card = (page: Page) => page.getByRole('list', { name: 'Host keys' }).getByRole('listitem').first();
test('a zip sorts itself; the root is a decision; the missing list is named; then verified', async ({ openWindow }) => {
  test.skip(!existsSync(CERTIFICATES), `SKIPPED: NO CONFORMANCE DATA AT ${CERTIFICATES}`);
  const { page, home } = await openWindow({ width: 1440, height: 900 });
  const zip = join(home, 'from-ibm.zip');
  writeFileSync(
    zip,
    zipSync(Object.fromEntries([...GIVEN.map((n) => [`deep/${n}`, file(n)]), ['readme.txt', new Uint8Array([65])]])),
  );
  await page.getByTestId('files').setInputFiles(zip);

  await expect(card(page).getByText('refused', { exact: true })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Is this root certificate genuine?' })).toBeVisible();
  await expect(page.getByRole('cell', { name: 'readme.txt', exact: true })).toBeVisible();
  await picture(page, 'host-keys-root');
  await page.getByRole('button', { name: 'I compared it: trust this root' }).click();
  await expect(page.getByRole('heading', { name: 'Is this root certificate genuine?' })).toBeHidden();

  // the revocation list of the intermediate is still missing: said by name, in the checklist as well
  await expect(card(page)).toContainText('a revocation list is missing');
  const todo = page.locator('.todo');
  await expect(todo).toContainText(/revocation list of/i);
  await expect(todo).toContainText('missing');

  await picture(page, 'host-keys-missing');
  await drop(page, 'inter_ca.crl', file('inter_ca.crl'));
  await expect(card(page).getByText('verified', { exact: true })).toBeVisible();
  await expect(card(page)).toContainText(/holds until \d{4}-\d\d-\d\d/);
  await card(page)
    .getByText(/^\d+ checks$/)
    .click();
  await expect(card(page).getByRole('cell', { name: 'The host key is not revoked' })).toBeVisible();
  await expect(page.locator('.todo')).toBeHidden();
  await picture(page, 'host-keys-checks');

  // a revoked host key beside it is refused, with the reason
  await drop(page, 'host_rev.crt', file('host_rev.crt'));
  await expect(page.getByRole('list', { name: 'Host keys' })).toContainText('The host key is revoked.');
  await page.getByRole('button', { name: 'Remove host_rev.crt' }).click();
  await expect(page.getByRole('list', { name: 'Host keys' })).not.toContainText('host_rev.crt');
});

test('a host key the image has no slot for is warned about', async ({ openWindow }) => {
  test.skip(!existsSync(CERTIFICATES), `SKIPPED: NO CONFORMANCE DATA AT ${CERTIFICATES}`);
  const { page } = await openWindow();
  await page.getByRole('button', { name: 'Open the sample tenant' }).click();
  await page.getByRole('heading', { name: 'alpha.crt' }).waitFor();
  await drop(page, 'host.crt', file('host.crt'));
  await expect(page.getByRole('list', { name: 'Host keys' })).toContainText('no key slot for this host');
});
