/** What can go wrong around the window, each with one sentence in it, and nothing lost. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, ftruncateSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { childrenOf } from './traces.ts';
import { expect, type Journey, test } from './window.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();
const alert = (page: Page) => page.locator('.messages');
const isRoot = process.getuid?.() === 0;

/** The sample tenant with a generated, booted and judged bundle. */
const toVerdict = async (page: Page): Promise<void> => {
  await button(page, 'Open the sample tenant').click();
  await page.getByRole('heading', { name: 'beta.crt' }).waitFor();
  await button(page, /^Secrets/).click();
  await button(page, 'Generate all that are missing').click();
  await page.getByText('has a value').nth(2).waitFor();
  await button(page, /^Review/).click();
  await button(page, 'Generate the bundle').click();
  await page.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await button(page, /^Boot/).click();
  await button(page, 'Start the guest').click();
  await page.getByText('The guest is up on alpha.').waitFor();
  await button(page, /^Verify/).click();
  await button(page, 'Judge the report of the simulated guest').click();
  await page.getByRole('region', { name: 'Verdict' }).getByText('Proven').waitFor();
};

/** The three places where the window writes directories. */
const PLACES = [
  [/^Secrets/, 'Directory for the values', 'Save the values'],
  [/^Hand over/, 'Directory of the bundle', 'Save the bundle'],
  [/^Verify/, 'Directory for the verdict', 'Save the verdict'],
] as const;

/** Tries to save everywhere in `directory`. */
const saveEverywhere = async (page: Page, directory: string, says: RegExp): Promise<void> => {
  for (const [step, label, save] of PLACES) {
    await button(page, step).click();
    await page.getByLabel(label).fill(join(directory, 'here'));
    await button(page, save).click();
    await expect(alert(page), label).toContainText(says);
    await expect(alert(page).locator('.cds--inline-notification'), 'one message').toHaveCount(1);
  }
};

/** A file system in memory. @returns its directory */
const mounted = (options: string): { directory: string; unmount(): void } => {
  const directory = mkdtempSync(join(tmpdir(), 'selwright-mount-'));
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount: ${stderr}`);
  return {
    directory,
    unmount: () => {
      spawnSync('umount', [directory]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

test('read-only places, a full disk and unplugged media: one sentence each, and nothing is left behind', async ({
  openWindow,
}) => {
  const gone = mkdtempSync(join(tmpdir(), 'selwright-stick-'));
  const { page, home } = await openWindow({ chooseFolder: () => Promise.resolve(gone) });
  await toVerdict(page);

  // a place where nobody may write: /sys takes no directory, not even from root
  await saveEverywhere(page, '/sys', /\/sys\/here.*may not be read or written/);

  // the medium was there when it was chosen, and is not when it is written to
  await button(page, /^Hand over/).click();
  await button(page, 'Choose a folder').click();
  await expect(page.getByLabel('Directory of the bundle')).toHaveValue(new RegExp(`^${gone}/`));
  rmSync(gone, { recursive: true });
  await button(page, 'Save the bundle').click();
  await expect(alert(page)).toContainText(new RegExp(`${gone}.*does not exist`));
  await saveEverywhere(page, gone, /does not exist/);
  expect(existsSync(gone)).toBe(false);

  if (isRoot) {
    const readOnly = mounted('ro');
    const small = mounted('size=8k');
    try {
      await saveEverywhere(page, readOnly.directory, /may not be read or written/);
      await saveEverywhere(page, small.directory, /could not be written: the disk is full/);
      expect(readdirSync(small.directory)).toEqual([]);
    } finally {
      readOnly.unmount();
      small.unmount();
    }
  } else console.log('  SKIPPED: only root can mount a read-only and a full file system');

  // the work is still there, and can be saved elsewhere
  await button(page, /^Hand over/).click();
  await page.getByLabel('Directory of the bundle').fill(join(home, 'at-last'));
  await button(page, 'Save the bundle').click();
  await page.getByText('For the boot partition').waitFor();
  expect(readdirSync(join(home, 'at-last')).sort()).toContain('sics');
});

/** Kills the page's process, as the system does when memory runs out. */
const crash = async ({ page, window }: Journey): Promise<Page> => {
  const cdp = await page.context().newCDPSession(page);
  cdp.send('Page.crash').catch(() => undefined);
  await expect.poll(() => window.page !== page, { timeout: 60_000 }).toBe(true);
  const again = window.page;
  await again.getByRole('heading', { level: 1 }).waitFor();
  return again;
};

test('a crashed renderer: the window opens again with the project as it was, and no dump is written', async ({ openWindow }) => {
  const journey = await openWindow();
  const { page, home } = journey;
  const before = process.env.HOME;
  await button(page, 'Open the sample tenant').click();
  await page.getByRole('heading', { name: 'beta.crt' }).waitFor();
  await button(page, /^Secrets/).click();
  await button(page, 'Generate all that are missing').click();
  await page.getByText('has a value').nth(2).waitFor();
  const dumps = (): string[] =>
    [join(before ?? '', '.config', 'chromium', 'Crash Reports'), journey.window.profile]
      .filter(existsSync)
      .flatMap((d) => readdirSync(d, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.dmp')));
  const had = dumps().length;
  const again = await crash(journey);
  await expect(alert(again)).toContainText('The window stopped and was opened again. Your project is as it was.');
  await expect(again.getByRole('heading', { name: 'beta.crt' })).toBeVisible();
  await button(again, /^Secrets/).click();
  await expect(again.getByText('has a value')).toHaveCount(3);
  expect(dumps()).toHaveLength(had);
  // it works on, to the end
  await button(again, /^Review/).click();
  await button(again, 'Generate the bundle').click();
  await again.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await button(again, /^Hand over/).click();
  await again.getByLabel('Directory of the bundle').fill(join(home, 'after'));
  await button(again, 'Save the bundle').click();
  await again.getByText('For the boot partition').waitFor();
});

test('a second instance says so, brings the first to the front and ends', async () => {
  const home = mkdtempSync(join(tmpdir(), 'selwright-two-'));
  const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_STATE_HOME: join(home, 'state') };
  const program = join(import.meta.dirname, '..', 'dist', 'main', 'window.mjs');
  const first = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const s of [first.stdout, first.stderr])
    s.on('data', (d) => {
      said += String(d);
    });
  const ended = new Promise<number | null>((done) => first.once('close', done));
  try {
    await expect.poll(() => childrenOf(first.pid as number).length, { timeout: 60_000 }).toBeGreaterThan(4);
    const second = spawnSync(process.execPath, [program], { env, encoding: 'utf8', timeout: 60_000 });
    expect(second.stderr).toBe('Selwright is open already: its window was brought to the front.\n');
    expect(second.stdout).toBe('');
    expect(second.status).toBe(0);
    expect(first.exitCode).toBeNull();
  } finally {
    first.kill('SIGTERM');
    await ended;
  }
  expect(said).toBe('');
  // nothing is left of it: no process, no socket, no profile
  expect(childrenOf(first.pid as number)).toEqual([]);
  expect(readdirSync(home).filter((f) => f.startsWith('selwright-window-'))).toEqual([]);
  rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

test('4,000 files at once are sorted; 4,001 are refused with a sentence', async ({ openWindow }) => {
  const { page } = await openWindow();
  const drop = (count: number): Promise<void> =>
    page.evaluate((n) => {
      const data = new DataTransfer();
      for (let i = 0; i < n; i++) data.items.add(new File([`not a certificate, number ${i}\n`], `file-${i}.txt`));
      window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, count);
  await drop(4001);
  await expect(alert(page)).toContainText('These are 4001 files; at most 4000 are taken at once.');
  await drop(4000);
  await expect(alert(page)).toContainText('file-0.txt', { timeout: 60_000 });
  await expect(alert(page)).not.toContainText('at most 4000');
  // the window goes on
  await button(page, 'Open the sample tenant').click();
  await page.getByRole('heading', { name: 'beta.crt' }).waitFor();
});

test('an image of 2 GiB: its header is read, the image is not handed over', async ({ openWindow }) => {
  const { page, home } = await openWindow();
  await button(page, 'Open the sample tenant').click();
  await page.getByRole('heading', { name: 'beta.crt' }).waitFor();
  const sample = join(home, 'sample');
  const cli = join(import.meta.dirname, '..', 'dist', 'cli', 'selwright.mjs');
  expect(spawnSync(process.execPath, [cli, 'sample', 'init', sample]).status).toBe(0);
  const header = readFileSync(join(sample, 'image', 'sel-ebc.img'));
  const huge = (name: string, start: Uint8Array): string => {
    const path = join(home, name);
    writeFileSync(path, start);
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, 2 * 1024 ** 3);
    return path;
  };
  await button(page, /^Image/).click();
  const choose = (path: string): Promise<void> => page.getByTestId('files').setInputFiles(path);
  await choose(huge('empty.img', new Uint8Array()));
  await expect(alert(page)).toContainText(/empty\.img/);
  await expect(page.getByText('sel-ebc.img')).toBeVisible();
  await choose(huge('large.img', header));
  await expect(page.getByText('large.img')).toBeVisible();
  await expect(page.getByText('generic image', { exact: true })).toBeVisible();
});
