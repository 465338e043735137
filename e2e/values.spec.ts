/** Values of every kind in the window: ways to generate, what is public of a key, a login shown once, strength while typing. */
import { expect, picture, test } from './window.ts';

test('values for a web server', async ({ openWindow }) => {
  const { page } = await openWindow({ width: 1440, height: 900 });
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const card = (name: string) =>
    page.getByRole('list', { name: 'Secrets' }).getByRole('listitem').filter({ hasText: name }).first();
  await button('Open the sample tenant').click();
  await button(/^Policy/).click();
  await page.getByLabel('Or start from a template').selectOption('web-server');
  await button('Use this template').click();
  await page.getByRole('heading', { name: 'web-server' }).waitFor();
  await button(/^Secrets/).click();

  await card('luks-rfs-passphrase').getByRole('combobox').selectOption({ label: 'random words, 128 bits' });
  await card('luks-rfs-passphrase').getByRole('button', { name: 'Generate' }).click();
  await expect(card('luks-rfs-passphrase').getByText('has a value')).toBeVisible();
  await card('luks-rfs-passphrase').getByRole('button', { name: 'Show' }).click();
  await expect(page.getByTestId('value-luks-rfs-passphrase')).toHaveText(/^[a-z]+(-[a-z]+){7,}$/);
  await card('luks-rfs-passphrase').getByRole('button', { name: 'Hide' }).click();
  await expect(page.getByTestId('value-luks-rfs-passphrase')).toHaveText('');

  await button('Generate all that are missing').click();
  await expect(card('ssh-host-ed25519-key')).toContainText('SHA256:');
  await expect(card('ssh-host-ed25519-key')).toContainText('ssh-ed25519 AAAA');

  await card('admin-login').getByRole('button', { name: 'Make a new password' }).click();
  await expect(page.getByTestId('login-admin-login')).toHaveText(/^.{12,}$/);
  await expect(card('admin-login').getByText('has a value')).toBeVisible();
  await picture(page, 'secrets-web-server');
  await card('admin-login').getByRole('button', { name: 'I have noted it' }).click();
  await expect(page.getByTestId('login-admin-login')).toHaveText('');

  await card('luks-rfs-passphrase').getByRole('button', { name: 'Type' }).click();
  await page.getByLabel('Value of luks-rfs-passphrase').fill('password1234password');
  await expect(card('luks-rfs-passphrase')).toContainText('too few, the policy asks for 128');
});
