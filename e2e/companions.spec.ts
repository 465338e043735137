/**
 * What goes with keys, in the window: a host certificate and its forgotten CA, a signing request and the certificate that answers it, and
 * the key an image was built with.
 */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { templateText } from '../core/policy/templates.ts';
import { drop, expect, looked, openTemplate, test } from './window.ts';

const card = (page: Page, name: string) =>
  page
    .getByRole('list', { name: 'Secrets' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name, exact: true }) });
const entry = (page: Page, name: string) =>
  page
    .getByRole('list', { name: 'Public entries' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name, exact: true }) });

test('a host certificate is signed with a CA key that is forgotten', async ({ openWindow }) => {
  const { page, home, complaints } = await openWindow({ width: 1440, height: 900 });
  await openTemplate(page, 'web-server');
  await page.getByRole('button', { name: 'Generate all that are missing' }).click();
  const ssh = card(page, 'ssh-host-ed25519-key');
  await ssh.getByRole('button', { name: 'Sign a host certificate' }).click();
  const sign = ssh.getByRole('button', { name: 'Sign the certificate' });
  await expect(sign).toBeDisabled();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ca = join(home, 'host-ca.pem');
  writeFileSync(ca, privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' }));
  await page.getByTestId('ca-ssh-host-ed25519-key').setInputFiles(ca);
  await ssh.getByLabel('Names the host is reached by').fill('web-01.example, 10.0.0.7');
  await looked(page, 'secrets-host-certificate', ssh.getByLabel('Who signs'));
  await sign.click();
  await expect(page.locator('.messages')).toContainText(/host-ca\.pem.*passphrase/);
  await ssh.getByLabel('Passphrase of the CA key, if it has one').fill('open sesame');
  await page.keyboard.press('Enter');
  await expect(page.locator('.messages')).toContainText('The CA key was used once and is forgotten.');
  await expect(entry(page, 'ssh-host-cert').getByText('has content')).toBeVisible();
  await expect(entry(page, 'ssh-host-cert')).toContainText('@cert-authority web-01.example,10.0.0.7 ecdsa-sha2-nistp256 ');
  await looked(page, 'secrets-publics', entry(page, 'ssh-host-cert'));

  // a mismatched certificate: the key is another one now, and both cards say so
  await ssh.getByRole('button', { name: 'Generate a new one' }).click();
  await expect(ssh).toContainText('It does not belong to the certificate beside it.');
  await expect(entry(page, 'ssh-host-cert')).toContainText('It does not belong to the key beside it.');
  await ssh.getByRole('button', { name: 'Sign a host certificate' }).click();
  await ssh.getByLabel('Who signs').selectOption({ label: 'a new CA key, made for this one signature' });
  await ssh.getByLabel('Names the host is reached by').fill('web-01.example');
  await ssh.getByRole('button', { name: 'Sign the certificate' }).click();
  await expect(ssh.getByText('has a value')).toBeVisible();
  await expect(entry(page, 'ssh-host-cert').getByText('has content')).toBeVisible();
  expect(complaints).toEqual([]);
});

test('a TLS key: the signing request leaves, the certificate comes back and is checked', async ({ openWindow }) => {
  test.skip(spawnSync('openssl', ['version']).status !== 0, 'SKIPPED: no openssl on this machine');
  const { page, home, complaints } = await openWindow({ width: 1440, height: 900 });
  await openTemplate(page, 'web-server');
  const tls = card(page, 'tls-web-key');
  const openssl = (...args: string[]) => expect(spawnSync('openssl', args, { cwd: home }).status, args.join(' ')).toBe(0);
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:3072',
    '-nodes',
    '-keyout',
    'web.key',
    '-out',
    'own.pem',
    '-subj',
    '/CN=web-01.example',
  );
  await page.getByTestId('file-tls-web-key').setInputFiles(join(home, 'web.key'));
  await expect(tls.getByText('has a value')).toBeVisible();
  await tls.getByRole('button', { name: 'Make a signing request' }).click();
  await tls.getByLabel('Names of the service').fill('web-01.example, 10.0.0.7');
  await tls.getByLabel('Organization').fill('ACME');
  await looked(page, 'secrets-request-form', tls.getByLabel('Common name'));
  await tls.getByRole('button', { name: 'Make the request' }).click();
  const text = tls.getByText('-----BEGIN CERTIFICATE REQUEST-----');
  await expect(text).toBeVisible();
  await looked(page, 'secrets-request', tls.getByLabel('File of the request'));
  await tls.getByLabel('File of the request').fill(join(home, 'web.csr'));
  await tls.getByRole('button', { name: 'Save the request' }).click();
  await expect(page.locator('.messages')).toContainText('web.csr');
  expect(readFileSync(join(home, 'web.csr'), 'utf8')).toBe(await text.textContent());
  openssl('req', '-in', 'web.csr', '-noout', '-verify');

  openssl('req', '-x509', '-newkey', 'ed25519', '-nodes', '-keyout', 'x.key', '-out', 'other.pem', '-subj', '/CN=web-01.example');
  await page.getByTestId('certificate-tls-web-key').setInputFiles(join(home, 'other.pem'));
  await expect(entry(page, 'web-cert')).toContainText('It does not belong to the key beside it.');
  await expect(tls).toContainText('It does not belong to the certificate beside it.');
  await page.getByTestId('certificate-tls-web-key').setInputFiles(join(home, 'own.pem'));
  await expect(entry(page, 'web-cert').getByText('has content')).toBeVisible();
  await expect(tls.getByText('has a value')).toBeVisible();
  // a private key where a public one belongs is not even taken
  await page.getByTestId('public-ssh-user-ca').setInputFiles(join(home, 'x.key'));
  await expect(page.locator('.messages')).toContainText('a private key');
  await expect(entry(page, 'ssh-user-ca').getByText('no content yet')).toBeVisible();
  expect(complaints).toEqual([]);
});

test('the key the image was built with: asked for, refused when it has another size, held, forgotten', async ({ openWindow }) => {
  const { page, home, complaints } = await openWindow();
  const [wrong, right] = [join(home, 'short.cck'), join(home, 'image.cck')];
  writeFileSync(wrong, randomBytes(31));
  writeFileSync(right, randomBytes(32));
  await openTemplate(page, 'ebc-minimal');
  const key = page.getByRole('region', { name: 'Customer communication key of the image' });
  await expect(page.getByRole('list', { name: 'Secrets' })).toBeVisible();
  await expect(key).toHaveCount(0);
  const policy = templateText('ebc-minimal')
    .replace('extension-secret: random', 'extension-secret: cck-derived')
    .replace('cck-update: required', 'cck-update: none')
    .replace('order: [cck, ', 'order: [')
    .replace(/ {2}- name: cck\n(?: {4}.*\n)*/, '');
  await page.getByRole('button', { name: /^Policy/ }).click();
  await drop(page, 'derived.yaml', Buffer.from(policy));
  await page.getByRole('heading', { name: 'derived.yaml' }).or(page.getByText('derived.yaml')).first().waitFor();
  await page.getByRole('button', { name: /^Secrets/ }).click();
  await page.getByRole('button', { name: 'Generate all that are missing' }).click();
  await expect(key.getByText('missing', { exact: true })).toBeVisible();
  await expect(page.getByText('The customer communication key of the image is missing.').first()).toBeVisible();
  await looked(page, 'secrets-builder-key-missing', key);
  await page.getByTestId('builder-key').setInputFiles(wrong);
  await expect(page.locator('.messages')).toContainText('short.cck');
  await expect(page.locator('.messages')).toContainText('31 bytes');
  await page.getByTestId('builder-key').setInputFiles(right);
  await expect(key.getByText('held for this session')).toBeVisible();
  await expect(key).toContainText('image.cck');
  await looked(page, 'secrets-builder-key', key);
  // by keyboard: from the one button to the other, and the key is gone
  await key.getByRole('button', { name: 'Choose another file' }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(key.getByText('missing', { exact: true })).toBeVisible();
  expect(complaints).toEqual([]);
});
