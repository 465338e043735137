/** The window in German: the straight way, the rooms, the lab, errors and settings, with no English left on any screen. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { walkSample } from '../electron/shells/walk.ts';
import { speak, t } from '../words/language.ts';
import { messagesOf } from '../words/locales/messages.ts';
import { expectGerman, expectSound, isEnglish } from './languages.ts';
import { expect, picture, test } from './window.ts';

const CERTIFICATES = join(import.meta.dirname, '..', '..', 'shared', 'vectors', 's390-tools', 'pv', 'cert');
const PASSPHRASE = 'eine lange Passphrase aus Wörtern';

test.use({ actionTimeout: 15_000 });

test.beforeAll(() => speak('de', messagesOf('de')));
test.afterAll(() => speak('en'));

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });
const settingsOf = (home: string): unknown => JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8'));
const room = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Bereiche' }).getByRole('button', { name }).click();

/** A screen as its user sees it: taken as a picture, German throughout, and sound. */
const screen = async (page: Page, name: string): Promise<void> => {
  await picture(page, `de-${name}`);
  await expectGerman(page, name);
  await expectSound(page, name);
};

const openSample = async (page: Page): Promise<void> => {
  await button(page, 'Beispielmandanten öffnen').click();
  await page.getByRole('list', { name: 'Host-Schlüssel' }).getByText('geprüft', { exact: true }).nth(1).waitFor();
};

test('a fingerprint with a word in it is no English, a sentence with one is', () => {
  for (const said of ['ssh-ed25519, SHA256:or+VV9pGJiNSe0uMDzWmRXTZmEjWsoiDkTYqPqKvDG0', 'kX9vQ2mZ7pL4-No-tB3nC6yH1'])
    expect(isEnglish(said), said).toBe(false);
  for (const said of ['Der Host-Key or das Zertifikat', 'Found SHA256:zzV9pGJiNSe0uMDzWmRXTZmEjWsoiDkTYqPqKvDG0ab'])
    expect(isEnglish(said), said).toBe(true);
});

for (const [colorScheme, width, height] of [
  ['light', 1024, 720],
  ['dark', 1440, 900],
] as const)
  test(`the whole way in German, ${colorScheme}, ${width}x${height}`, async ({ openWindow }) => {
    const { page, home, complaints } = await openWindow({ language: 'de', colorScheme, width, height });
    await expect(heading(page, 'Host-Schlüssel')).toBeFocused();
    await screen(page, `0-empty-${width}`);
    await walkSample(page, home, (name) => screen(page, `${name}-${width}`));
    await expect(page.getByRole('region', { name: 'Urteil' })).toContainText('Nachgewiesen');
    // what goes to others stays English, whatever the window speaks
    expect(readFileSync(join(home, 'guest.selbundle', 'HANDOVER.txt'), 'utf8')).toContain('What to do');
    expect(complaints).toEqual([]);
  });

test('rooms, lab, policy editor, a bad file and settings in German', async ({ openWindow }) => {
  const { page, home } = await openWindow({ language: 'de' });
  await openSample(page);

  await page.keyboard.press('Alt+2');
  await page.getByTestId('files').setInputFiles({ name: 'kein-image.bin', mimeType: '', buffer: Buffer.from('nichts') });
  await expect(page.locator('.messages')).toContainText('kein-image.bin');
  await screen(page, 'bad-image');

  await page.keyboard.press('Alt+3');
  await page.getByText('Richtlinie bearbeiten').click();
  const text = await page.getByLabel('Die Richtlinie als Text').inputValue();
  await page.getByLabel('Die Richtlinie als Text').scrollIntoViewIfNeeded();
  await screen(page, 'policy-editor');
  await page.getByLabel('Die Richtlinie als Text').fill('kein: yaml: hier');
  await button(page, 'Diesen Text übernehmen').click();
  await expect(page.locator('.messages')).not.toBeEmpty();
  await page.locator('main').evaluate((m) => m.scrollTo(0, 0));
  await screen(page, 'bad-policy');
  await page.keyboard.press('Alt+4');
  await button(page, t('Generate all that are missing')).click();
  await page.getByText(t('has a value')).nth(2).waitFor();
  await page.keyboard.press('Alt+5');
  await button(page, t('Generate the bundle')).click();
  await page.getByRole('heading', { name: /, Nummer 1$/ }).waitFor();
  await page.keyboard.press('Alt+7');
  await button(page, 'Gast starten').click();
  await page.getByText('Der Gast läuft auf alpha.').waitFor();
  await page.getByLabel('Was getan wird').selectOption('missing-request');
  await button(page, 'Versuchen').click();
  await page.getByText('Der Start, Stufe für Stufe').click();
  await page.getByRole('heading', { name: 'Angriffslabor' }).scrollIntoViewIfNeeded();
  await screen(page, 'lab');
  const attacks = page.getByLabel('Was getan wird');
  for (const id of await attacks.locator('option').evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value))) {
    await attacks.selectOption(id);
    await button(page, 'Versuchen').click();
    await page.locator('section.card .cds--inline-notification__title').waitFor();
    await expectGerman(page, `attack ${id}`);
  }

  await room(page, 'Projekt');
  await screen(page, 'project');
  await page.getByLabel('Projektdatei', { exact: true }).fill(join(home, 'probe.selwright'));
  for (const [first, second] of [
    [PASSPHRASE, 'eine andere Passphrase'],
    [PASSPHRASE, PASSPHRASE],
  ] as const) {
    await page.getByLabel('Neue Passphrase').fill(first);
    await page.getByLabel('Dieselbe Passphrase noch einmal').fill(second);
    await button(page, 'Projektdatei anlegen').click();
    if (first !== second) await expect(page.locator('.messages')).toContainText('Die beiden Passphrasen sind verschieden.');
  }
  await button(page, 'Jetzt sperren').waitFor();
  await screen(page, 'project-kept');
  await button(page, 'Jetzt sperren').click();
  await expect(heading(page, 'Das Projekt ist gesperrt')).toBeVisible();
  await screen(page, 'project-locked');

  await button(page, 'Entsperren').waitFor();
  await page.getByLabel('Passphrase').fill(PASSPHRASE);
  await button(page, 'Entsperren').click();
  await button(page, 'Jetzt sperren').waitFor();

  await room(page, 'Flotte');
  const table = (name: string, lines: string) => ({ name, mimeType: '', buffer: Buffer.from(lines) });
  await page.getByTestId('files').setInputFiles(table('falsch.csv', 'name\nalpha\n'));
  await page.getByRole('heading', { name: 'falsch.csv' }).waitFor();
  await screen(page, 'fleet-bad-table');
  await page.getByTestId('files').setInputFiles(table('gaeste.csv', 'guest,cck\n*,\neins,\nzwei,\n'));
  await page.getByRole('heading', { name: 'gaeste.csv' }).waitFor();
  await page.getByLabel('Verzeichnis der Werte').fill(join(home, 'werte'));
  await page.getByLabel('Verzeichnis der Bündel').fill(join(home, 'flotte'));
  await button(page, 'Ansehen, was getan würde').click();
  await page.getByText('2 Gäste: Noch ist nichts erzeugt.').waitFor();
  await screen(page, 'fleet-plan');
  await button(page, '2 Bündel erzeugen').click();
  await page.getByRole('heading', { name: 'Alle Bündel sind erzeugt' }).waitFor();
  await page.locator('main').evaluate((m) => m.scrollTo(0, 0));
  await screen(page, 'fleet-done');

  await room(page, 'Sicherheitsbeauftragte');
  const policy = join(home, 'richtlinie.yaml');
  writeFileSync(policy, `${text}approvals: { required: 1 }\n`);
  await page.getByTestId('files').setInputFiles(policy);
  await page.getByRole('heading', { name: 'Ihre Entscheidung' }).waitFor();
  await page.getByText('Eine Projektdatei prüfen').click();
  await page.getByText('Einen Schlüssel zum Genehmigen erzeugen').click();
  await page.getByLabel('Wem der Schlüssel gehört').fill('Olga');
  await page.getByLabel('Passphrase für den neuen Schlüssel').fill(PASSPHRASE);
  await page.getByLabel('Dieselbe Passphrase noch einmal').fill(PASSPHRASE);
  await page.getByLabel('Datei des Schlüssels').fill(join(home, 'olga.key'));
  await button(page, 'Schlüssel erzeugen').click();
  await page.getByText('Fingerabdruck', { exact: true }).waitFor();
  await screen(page, 'officer');
  await page.getByTestId('officer-key').setInputFiles(join(home, 'olga.key'));
  await page.getByLabel('Passphrase Ihres Schlüssels').fill(PASSPHRASE);
  await page.getByLabel('Datei für die Genehmigung').fill(join(home, 'genehmigung.json'));
  await page.getByRole('heading', { name: 'Ihre Entscheidung' }).scrollIntoViewIfNeeded();
  await screen(page, 'officer-decision');
  await button(page, 'Genehmigung signieren').click();
  await expect(page.locator('.messages')).toContainText('Signiert von SHA256:');
});

test('files that do not fit are refused in German, at every step', async ({ openWindow }) => {
  const { page } = await openWindow({ language: 'de' });
  await openSample(page);
  const bad: Readonly<Record<string, Buffer>> = {
    'leer.bin': Buffer.alloc(0),
    'zufall.bin': Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 73 + 131) & 0xff)),
    'text.txt': Buffer.from('Guten Tag\n'),
    'kaputt.pem': Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
    'kaputt.yaml': Buffer.from('format: sel-personalization-policy\nversion: 2\nname: "?"\n'),
    'kaputt.json': Buffer.from('{"format":"sel-retrieval-report","version":1}'),
    'kaputt.zip': Buffer.from('PK\x03\x04kein zip'),
    'gross.bin': Buffer.alloc(11 * 1024 * 1024),
  };
  for (const step of [1, 2, 3, 8]) {
    await page.keyboard.press(`Alt+${step}`);
    for (const [name, buffer] of Object.entries(bad)) {
      await page.getByTestId('files').setInputFiles({ name, mimeType: '', buffer });
      await expect(page.getByText(name).first()).toBeVisible();
      await expectGerman(page, `${name} at step ${step}`);
    }
  }
});

test('a stranger’s host key, its root and what is missing, in German', async ({ openWindow }) => {
  test.skip(!existsSync(CERTIFICATES), `SKIPPED: NO CONFORMANCE DATA AT ${CERTIFICATES}`);
  const { page } = await openWindow({ language: 'de' });
  const files = ['host.crt', 'ibm.crt', 'ibm.crl', 'inter_ca.crt', 'root_ca.chained.crt', 'host_rev.crt'];
  await page.getByTestId('files').setInputFiles(files.map((f) => join(CERTIFICATES, f)));
  await page.getByRole('heading', { name: 'Ist dieses Stammzertifikat echt?' }).waitFor();
  await screen(page, 'host-keys-root');
  await page
    .getByText(/^\d+ Prüfungen/)
    .first()
    .click();
  await page.locator('.table').first().scrollIntoViewIfNeeded();
  await screen(page, 'host-keys-checks');
  await button(page, 'Ungeprüft verwenden…').first().click();
  const dialog = page.getByRole('dialog');
  const use = dialog.getByRole('button', { name: 'Ungeprüft verwenden' });
  await expect(use).toBeDisabled();
  await screen(page, 'host-keys-accept');
  await dialog.getByLabel('Geben Sie zur Bestätigung das Wort').fill('ungeprüft');
  await use.click();
  await expect(page.getByText('ungeprüft verwendet')).toBeVisible();
});

test('language, theme and size change while a project is open, and nothing of it is lost', async ({ openWindow }) => {
  const { page, home, window: first } = await openWindow({ colorScheme: 'light' });
  await button(page, 'Open the sample tenant').click();
  await page.getByRole('heading', { name: 'alpha.crt' }).waitFor();
  await page.keyboard.press('Alt+3');
  await expect(heading(page, 'Policy')).toBeFocused();
  await button(page, /^Settings/).click();
  await page.getByRole('dialog', { name: 'Settings' }).getByLabel('Language').selectOption('Deutsch');
  const dialog = page.getByRole('dialog', { name: 'Einstellungen' });
  await expect(dialog).toBeVisible();
  // who changes the language by keyboard goes on where they were
  await expect(dialog.getByLabel('Sprache')).toBeFocused();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await screen(page, 'settings');
  await dialog.getByLabel('Farben').selectOption('Dunkel');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await screen(page, 'settings-dark');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  // the same step of the same project
  await expect(heading(page, 'Richtlinie')).toBeVisible();
  await page.getByText('Hash der Richtlinie').waitFor();
  await page.keyboard.press('Alt+1');
  await expect(page.getByRole('heading', { name: 'alpha.crt' })).toBeVisible();
  // twice the text in the smallest window
  for (const zoom of [110, 125, 150, 175, 200]) {
    await page.keyboard.press('Control++');
    await expect.poll(() => settingsOf(home)).toMatchObject({ zoom });
  }
  for (let step = 1; step <= 8; step++) {
    await page.keyboard.press(`Alt+${step}`);
    await screen(page, `zoom-200-${step}`);
  }
  await first.close();
  const again = await openWindow({ settings: join(home, 'settings.json') });
  await expect(heading(again.page, 'Host-Schlüssel')).toBeVisible();
  await expect(again.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect(await again.page.evaluate(() => document.body.style.zoom)).toMatch(/^(200%|2)$/);
});

test('the secrets of every template, ways to give them a value, and what leaves, in German', async ({ openWindow }) => {
  const { page, home } = await openWindow({ language: 'de' });
  await openSample(page);
  await page.keyboard.press('Alt+3');
  const choice = page.getByLabel('Oder mit einer Vorlage beginnen');
  const offered = () => choice.locator('option').evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value));
  await expect.poll(offered).toContain('web-server');
  const templates = await offered();
  for (const name of templates) {
    await page.keyboard.press('Alt+3');
    await choice.selectOption(name);
    await button(page, 'Diese Vorlage verwenden').click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    for (const step of [3, 4, 5]) {
      await page.keyboard.press(`Alt+${step}`);
      await screen(page, `template-${name}-${step}`);
    }
  }
  await page.keyboard.press('Alt+3');
  await choice.selectOption('web-server');
  await button(page, 'Diese Vorlage verwenden').click();
  await page.getByRole('heading', { name: 'web-server', exact: true }).waitFor();
  await page.keyboard.press('Alt+4');
  await button(page, 'Alle fehlenden erzeugen').click();
  const card = (name: string) =>
    page
      .getByRole('list', { name: 'Geheimnisse' })
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading', { name, exact: true }) });
  for (const [name, open] of [
    ['luks-rfs-passphrase', 'Eingeben'],
    ['ssh-host-ed25519-key', 'Ein Host-Zertifikat signieren'],
    ['tls-web-key', 'Eine Zertifikatsanforderung erstellen'],
  ] as const) {
    await card(name).getByRole('button', { name: open }).click();
    await card(name).scrollIntoViewIfNeeded();
    await screen(page, `card-${name}`);
  }
  const typed = card('luks-rfs-passphrase').getByLabel('Wert von luks-rfs-passphrase');
  await typed.fill('Passwort1234567890123');
  await page.waitForTimeout(1500);
  await screen(page, 'card-strength');
  await button(page, 'Diesen Wert verwenden').click();
  await screen(page, 'card-weak');
  await card('tls-web-key').getByLabel('Namen des Dienstes').fill('web.example');
  await button(page, 'Anforderung erstellen').click();
  await page.getByText('Geben Sie sie Ihrer Zertifizierungsstelle.').waitFor();
  await card('tls-web-key').scrollIntoViewIfNeeded();
  await screen(page, 'card-request');
  await card('ssh-host-ed25519-key').getByLabel('Wer signiert').selectOption('fresh');
  await card('ssh-host-ed25519-key').getByLabel('Namen, unter denen der Host erreicht wird').fill('web.example');
  await button(page, 'Zertifikat signieren').click();
  await expect(page.locator('.messages')).toContainText('Der CA-Schlüssel wurde einmal benutzt und ist vergessen.');
  await card('ssh-host-ed25519-key').getByRole('button', { name: 'Einen neuen erzeugen' }).click();
  await expect(page.locator('.messages')).toBeEmpty();
  await page.locator('.trap').first().scrollIntoViewIfNeeded();
  await screen(page, 'card-trap');
  await card('ssh-host-ed25519-key').getByRole('button', { name: 'Anzeigen' }).click();
  await card('ssh-host-ed25519-key').getByRole('button', { name: 'Kopieren', exact: true }).click();
  await screen(page, 'card-shown');
  await button(page, 'Vergessen').first().click();
  await button(page, 'Rückgängig').waitFor();
  await screen(page, 'undo');

  await page.keyboard.press('Alt+3');
  await choice.selectOption('ebc-minimal');
  await button(page, 'Diese Vorlage verwenden').click();
  await page.getByRole('heading', { name: 'ebc-minimal', exact: true }).waitFor();
  await page.keyboard.press('Alt+4');
  // the value that was forgotten is the only one that is missing: names are the same in both templates
  await page.getByRole('button', { name: 'Erzeugen', exact: true }).click();
  await card('luks-rfs-passphrase').getByRole('button', { name: 'Einen neuen erzeugen' }).click();
  await page.keyboard.press('Alt+5');
  await button(page, 'Bündel erzeugen').click();
  await page.getByRole('heading', { name: /, Nummer 1$/ }).waitFor();
  for (const fold of [/weitere Regeln sind in Ordnung$/, 'Dasselbe mit den Referenzwerkzeugen, als Befehle']) {
    await page.getByText(fold).click();
    await page.getByText(fold).scrollIntoViewIfNeeded();
  }
  await screen(page, 'review-unfolded');
  await page.keyboard.press('Alt+6');
  await page.getByLabel('Form der Datei').selectOption('pvics');
  await page.getByLabel('Ort der Datei').fill(join(home, 'pvics.yaml'));
  await button(page, 'Als eine Datei speichern').click();
  await page.getByRole('heading', { name: 'Legen Sie daneben, bevor Sie pvics encrypt aufrufen' }).waitFor();
  await screen(page, 'hand-over-pvics');
});

test('a damaged project file offers its backup, in German too', async ({ openWindow }) => {
  const { page, home } = await openWindow({ language: 'de' });
  await openSample(page);
  await room(page, 'Projekt');
  const file = join(home, 'probe.selwright');
  await page.getByLabel('Projektdatei', { exact: true }).fill(file);
  await page.getByLabel('Neue Passphrase').fill(PASSPHRASE);
  await page.getByLabel('Dieselbe Passphrase noch einmal').fill(PASSPHRASE);
  await button(page, 'Projektdatei anlegen').click();
  await button(page, 'Jetzt sperren').waitFor();
  // a change, so that there is a state before
  await page.keyboard.press('Alt+4');
  await button(page, 'Alle fehlenden erzeugen').click();
  await page.getByText('hat einen Wert').first().waitFor();
  await room(page, 'Projekt');
  await button(page, 'Projekt schließen').click();
  const bytes = readFileSync(file);
  bytes[bytes.length - 40] = (bytes[bytes.length - 40] as number) ^ 1;
  writeFileSync(file, bytes);
  const open = async (name: string): Promise<void> => {
    await page.getByLabel('Projektdatei, die geöffnet wird').fill(file);
    await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
    await page.getByRole('button', { name, exact: true }).click();
  };
  const backup = 'Den Stand davor öffnen, aus der Sicherung';
  await open('Öffnen');
  await expect(page.getByRole('button', { name: backup })).toBeVisible();
  await screen(page, 'project-damaged');
  await open(backup);
  await expect(heading(page, 'Host-Schlüssel')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'alpha.crt' })).toBeVisible();
});
