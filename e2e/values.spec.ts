/** Values of every kind in the window: ways to generate, what is public of a key, a login shown once, strength while typing. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  await expect(card('luks-rfs-passphrase')).toContainText('not enough, the policy demands 128');
  // taken all the same: the card says why it cannot be used, and Review stays shut
  await button('Use this value').click();
  await expect(card('luks-rfs-passphrase').getByText('does not fit')).toBeVisible();
  await expect(card('luks-rfs-passphrase')).toContainText('It is weaker than the policy demands.');
  await expect(card('luks-rfs-passphrase')).toContainText(/about \d+ bits of strength/);
  await picture(page, 'secrets-weak');
  await button(/^Review/).click();
  await expect(page.locator('.way__missing')).toContainText(
    'The value of luks-rfs-passphrase does not fit. It is weaker than the policy demands.',
  );
  await expect(button('Generate the bundle')).toBeDisabled();
  await picture(page, 'review-shut');
});

test('every trap says what to do, and what the program can do is one click', async ({ openWindow }) => {
  const { page, home } = await openWindow({ width: 1440, height: 900 });
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const card = (name: string) =>
    page.getByRole('list', { name: 'Secrets' }).getByRole('listitem').filter({ hasText: name }).first();
  await button('Open the sample tenant').click();
  await button(/^Policy/).click();
  await page.getByLabel('Or start from a template').selectOption('web-server');
  await button('Use this template').click();
  await page.getByRole('heading', { name: 'web-server' }).waitFor();
  await button(/^Secrets/).click();
  const give = async (secret: string, content: string | Uint8Array): Promise<void> => {
    const path = join(home, 'value');
    writeFileSync(path, content);
    await page.getByTestId(`file-${secret}`).setInputFiles(path);
  };
  const ready = (secret: string) => expect(card(secret).getByText('has a value')).toBeVisible();
  const random = new Uint8Array(32).map((_, i) => (i * 73 + 131) & 0xff);

  await give('luks-rfs-passphrase', 'nine-tall-herons-drank-the-quiet-lake-dry-41\n');
  await expect(card('luks-rfs-passphrase')).toContainText('does not fit');
  await card('luks-rfs-passphrase').getByRole('button', { name: 'Take the line feed off' }).click();
  await ready('luks-rfs-passphrase');

  await give('cck', Buffer.from(random).toString('hex'));
  await expect(card('cck')).toContainText('It is text of hex digits');
  await picture(page, 'secrets-traps');
  await card('cck').getByRole('button', { name: 'Decode the hex digits' }).click();
  await ready('cck');
  await give('cck', Buffer.from(random).toString('base64'));
  await card('cck').getByRole('button', { name: 'Decode the Base64' }).click();
  await ready('cck');

  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await give('tls-web-key', publicKey.export({ type: 'spki', format: 'pem' }));
  await expect(card('tls-web-key')).toContainText('does not fit');
  await expect(card('tls-web-key')).toContainText(/public/);
  await give(
    'tls-web-key',
    privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' }),
  );
  await card('tls-web-key').getByLabel('Passphrase of the key').fill('wrong');
  await card('tls-web-key').getByRole('button', { name: 'Open with its passphrase' }).click();
  await expect(page.locator('.messages')).toContainText(/passphrase/i);
  await card('tls-web-key').getByLabel('Passphrase of the key').fill('open sesame');
  await card('tls-web-key').getByRole('button', { name: 'Open with its passphrase' }).click();
  await ready('tls-web-key');

  // a password that is typed becomes a hash at once
  await card('admin-login').getByRole('button', { name: 'Type' }).click();
  await page.getByLabel('Value of admin-login').fill('plum-violin-orbit-candle-71');
  await button('Use this value').click();
  await ready('admin-login');
  await card('admin-login').getByRole('button', { name: 'Show' }).click();
  await expect(page.getByTestId('value-admin-login')).toHaveText(/^admin:\$6\$/);
});
