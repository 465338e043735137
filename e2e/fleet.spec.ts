/** A fleet in the window: table, plan, stop, another start of the program, and every bundle once; the window answers meanwhile. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { lookAround, takeClicks, watchClicks } from './clicks.ts';
import { expect, PICTURES, test } from './window.ts';

const CLI = join(import.meta.dirname, '..', 'dist', 'cli', 'selwright.mjs');
const GUESTS = 60;
const MORE_SECRETS = 20;
/** Milliseconds that a fleet may add to what this machine takes to answer. */
const ANSWER = 100;

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const room = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
const card = (page: Page) => page.getByRole('region', { name: 'The fleet', exact: true });

const guestNames = (n: number): string[] => Array.from({ length: n }, (_, i) => `guest-${String(i + 1).padStart(3, '0')}`);
const tableOf = (n: number): string => ['guest,cck', '*,', ...guestNames(n).map((g) => `${g},`)].join('\n');

const extra = (name: string) => ({
  name,
  purpose: 'app-config',
  type: 'plaintext',
  source: ['generate'],
  constraints: { bytes: 64 },
  apply: { kind: 'none' },
});

/** A tenant's files on the disk: another start of the program has the same ones. */
const tenantIn = (home: string): string => {
  const directory = join(home, 'tenant');
  const { status, stderr } = spawnSync(process.execPath, [CLI, 'sample', 'init', directory], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  // more secrets a guest, so that there is time to look around
  const policy = join(directory, 'policy.yaml');
  const more = Array.from({ length: MORE_SECRETS }, (_, i) => `  - ${JSON.stringify(extra(`app-${i + 1}`))}\n`);
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('report: {', `${more.join('')}report: {`));
  return directory;
};
const below = (directory: string): string[] => readdirSync(directory).map((n) => join(directory, n));

/** Chooses the tenant's host keys, image and policy, step by step. */
const openTenant = async (page: Page, tenant: string): Promise<void> => {
  const files = page.getByTestId('files');
  await files.setInputFiles([...below(join(tenant, 'host-keys')), ...below(join(tenant, 'pki'))]);
  await button(page, 'I compared it: trust this root').click();
  await page.getByRole('list', { name: 'Host keys' }).getByText('verified', { exact: true }).nth(1).waitFor();
  await button(page, /^Image/).click();
  await files.setInputFiles(join(tenant, 'image', 'sel-ebc.img'));
  await page.getByText('generic image', { exact: true }).waitFor();
  await button(page, /^Policy/).click();
  await files.setInputFiles(join(tenant, 'policy.yaml'));
  await page.getByText('Policy hash').waitFor();
};

/** Hands a table to the Fleet room. */
const giveTable = async (page: Page, home: string, text: string, name = 'guests.csv'): Promise<void> => {
  await room(page, 'Fleet');
  const file = join(home, name);
  writeFileSync(file, text);
  await page.getByTestId('files').setInputFiles(file);
  await page.getByRole('region', { name: 'The table', exact: true }).getByRole('heading', { name }).waitFor();
};

const plan = async (page: Page, root: string): Promise<void> => {
  await page.getByLabel('Directory of values').fill(join(root, 'values'));
  await page.getByLabel('Directory of bundles').fill(join(root, 'out'));
  await button(page, 'See what would be done').click();
};

const clean = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  expect(await page.locator('main').evaluate((m) => m.scrollWidth - m.clientWidth), name).toBe(0);
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  expect(
    violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`),
    name,
  ).toEqual([]);
};

/** How long the main side takes to answer the window, seen from the page, in ms. */
const askMain = (page: Page, channel: string): Promise<number> =>
  page.evaluate(async (c) => {
    const w = globalThis as unknown as { selwright: { call(c: string, a: unknown): Promise<unknown> } };
    const from = performance.now();
    await w.selwright.call(c, {});
    return performance.now() - from;
  }, channel);

const spread = (times: readonly number[]): { count: number; median: number; high: number; max: number } => {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { count: sorted.length, median: at(0.5), high: at(0.9), max: at(1) };
};

const CHANNELS = ['project.view', 'fleet.view', 'project.pulse'];

/** Looks around, and asks the main side itself. @param main how long that took, by channel */
const lookAndAsk = async (page: Page, main: Map<string, number[]>): Promise<void> => {
  await lookAround(page);
  for (const channel of CHANNELS) main.get(channel)?.push(await askMain(page, channel));
};

test('a fleet is stopped, taken up by another start, and every bundle is made once; clicks are answered meanwhile', async ({
  openWindow,
}) => {
  mkdirSync(PICTURES, { recursive: true });
  const first = await openWindow({ width: 1440, height: 900 });
  const { page } = first;
  const root = join(first.home, 'fleet');
  mkdirSync(root);
  const tenant = tenantIn(first.home);
  await openTenant(page, tenant);
  await giveTable(page, first.home, tableOf(GUESTS));
  await expect(page.getByRole('region', { name: 'The table', exact: true })).toContainText(`${GUESTS} guests: guest-001`);
  await plan(page, root);
  await expect(page.getByText(`${GUESTS} guests: nothing is made yet.`)).toBeVisible();
  // the same clicks without a fleet, to compare with
  const idle = new Map<string, number[]>(CHANNELS.map((c) => [c, []]));
  await watchClicks(page);
  for (let i = 0; i < 3; i++) await lookAndAsk(page, idle);
  const idleClick = spread((await takeClicks(page)).map((c) => c.shown));
  console.log(`clicks without a fleet, to the next picture, ms: ${JSON.stringify(idleClick)}`);
  for (const [channel, times] of idle) console.log(`answers to ${channel} without a fleet, ms: ${JSON.stringify(spread(times))}`);
  await plan(page, root);
  await takeClicks(page);
  await button(page, `Make ${GUESTS} bundles`).click();
  await expect(card(page)).toContainText('Making bundles');

  // a user who looks around while it works; what is clicked goes to the main side too
  const main = new Map<string, number[]>(CHANNELS.map((c) => [c, []]));
  const progress = async () => Number((await card(page).textContent())?.match(/(\d+) of \d+ made/)?.[1]);
  const held = monitorEventLoopDelay({ resolution: 5 });
  held.enable();
  for (let ready = 0; ready < GUESTS / 2; ready = await progress()) {
    await lookAndAsk(page, main);
    await expect(card(page)).toContainText(`of ${GUESTS} made`);
  }
  held.disable();
  await button(page, 'Stop').click();
  await expect(card(page)).toContainText('Not all bundles are made');
  const clicks = (await takeClicks(page)).sort((a, b) => b.shown - a.shown);
  const byClick = spread(clicks.map((c) => c.shown));
  // the view of a project takes its time without a fleet too: it is printed, and these are held to the bound
  const byMain = spread([...(main.get('fleet.view') ?? []), ...(main.get('project.pulse') ?? [])]);
  console.log(`clicks while a fleet is made, to the next picture, ms: ${JSON.stringify(byClick)}`);
  console.log(`the slowest of them: ${JSON.stringify(clicks.slice(0, 3))}`);
  for (const [channel, times] of main) console.log(`answers to ${channel} meanwhile, ms: ${JSON.stringify(spread(times))}`);
  console.log(`longest time that the main side was held, ms: ${Math.round(held.max / 1e6)}`);
  expect(byClick.count).toBeGreaterThan(5);
  // one in ten may wait for whatever else this machine does
  const idleMain = spread([...(idle.get('fleet.view') ?? []), ...(idle.get('project.pulse') ?? [])]);
  expect(byClick.high).toBeLessThan(ANSWER + idleClick.high);
  expect(byMain.high).toBeLessThan(ANSWER + idleMain.high);

  // stopped: some are made, not all, and none is half there
  const made = readdirSync(join(root, 'out')).filter((n) => n.endsWith('.selbundle'));
  expect(made.length).toBeGreaterThanOrEqual(GUESTS / 2);
  expect(made.length).toBeLessThan(GUESTS);
  const before = new Map(made.map((n) => [n, statSync(join(root, 'out', n)).ino]));
  expect(first.complaints).toEqual([]);
  await first.window.close();

  // another start of the program
  const second = await openWindow({ width: 1440, height: 900 });
  const again = second.page;
  await openTenant(again, tenant);
  await giveTable(again, second.home, tableOf(GUESTS));
  await plan(again, root);
  const left = GUESTS - made.length;
  await expect(again.getByText(`${GUESTS} guests: ${made.length} are made already, ${left} are left.`)).toBeVisible();
  await button(again, `Make the remaining ${left}`).click();
  await expect(card(again)).toContainText('All bundles are made', { timeout: 200_000 });
  await expect(card(again)).toContainText(`${GUESTS} of ${GUESTS} bundles are in ${join(root, 'out')}. ${left} were made now`);
  expect(second.complaints).toEqual([]);

  // exactly the right ones, those of the first run untouched, each good by every rule and by its own record
  const wanted = guestNames(GUESTS);
  expect(readdirSync(join(root, 'out')).sort()).toEqual(['fleet.journal', ...wanted.map((g) => `${g}.selbundle`)]);
  for (const [name, ino] of before) expect(statSync(join(root, 'out', name)).ino, name).toBe(ino);
  const ids = wanted.map((g) => {
    const record = join(root, 'values', g, 'bundles');
    expect(readdirSync(record), g).toHaveLength(1);
    const bundle = join(root, 'out', `${g}.selbundle`);
    const args = [
      CLI,
      'bundle',
      'check',
      bundle,
      '--hdr',
      join(tenant, 'image', 'selhdr.bin'),
      '--values',
      join(root, 'values', g),
    ];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status, `${g}: ${stdout}`).toBe(0);
    return JSON.parse(readFileSync(join(bundle, 'meta', 'expected.json'), 'utf8')).bundle.id as string;
  });
  expect(new Set(ids).size).toBe(GUESTS);
});

/** Processes that make a fleet for this program. */
const fleetProcesses = (): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      const [, parent] = readFileSync(join('/proc', pid, 'stat'), 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return parent === String(process.pid) && readFileSync(join('/proc', pid, 'cmdline'), 'utf8').includes('fleet.mjs');
    } catch {
      // gone meanwhile, or no process
      return false;
    }
  });

test('a window that is closed while a fleet is made ends it: guests at hand are finished, and nothing is left running', async ({
  openWindow,
}) => {
  test.skip(process.platform !== 'linux', 'processes are looked up in /proc');
  const { page, home, window, complaints } = await openWindow();
  const root = join(home, 'fleet');
  mkdirSync(root);
  await openTenant(page, tenantIn(home));
  await giveTable(page, home, tableOf(GUESTS));
  await plan(page, root);
  await button(page, `Make ${GUESTS} bundles`).click();
  await expect(card(page)).toContainText('guests a second');
  expect(fleetProcesses()).toHaveLength(1);
  await window.close();
  expect(complaints).toEqual([]);
  await expect.poll(fleetProcesses).toEqual([]);
  const there = readdirSync(join(root, 'out'));
  const made = there.filter((n) => n.endsWith('.selbundle')).map((n) => n.replace('.selbundle', ''));
  expect(made.length).toBeGreaterThan(0);
  expect(made.length).toBeLessThan(GUESTS);
  // the journal, and neither a lock nor anything half-written
  expect(there).toHaveLength(made.length + 1);
  const journal = readFileSync(join(root, 'out', 'fleet.journal'), 'utf8')
    .split('\n')
    .filter(Boolean);
  const done = journal.map((l) => (JSON.parse(l) as { done?: string }).done).filter((n) => n !== undefined);
  expect(done.sort()).toEqual(made.sort());
});

/** Guests of the pictures: enough to catch one while it works. */
const SEEN = 30;
const SIZES = [
  [1024, 720],
  [1440, 900],
] as const;

for (const colorScheme of ['light', 'dark'] as const)
  for (const [width, height] of SIZES)
    test(`the Fleet room as it looks, ${colorScheme}, ${width}x${height}`, async ({ openWindow }) => {
      mkdirSync(PICTURES, { recursive: true });
      const journey = await openWindow({ colorScheme, width, height });
      const { page, home } = journey;
      const look = (name: string) => clean(page, `${name}-${colorScheme}-${width}`);
      await room(page, 'Fleet');
      await page.getByText('The open project has not all that a fleet needs').waitFor();
      await look('fleet-1-lacks');
      await button(page, 'Go to Policy').click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Policy');
      await button(page, /^Host keys/).click();
      await button(page, 'Open the sample tenant').click();
      await page.getByRole('heading', { name: 'beta.crt' }).waitFor();

      await giveTable(page, home, 'guest,cck\nweb-01,no-such-word\n', 'wrong.csv');
      await expect(page.getByRole('region', { name: 'The table', exact: true })).toContainText('line 2, cck');
      await expect(page.getByRole('region', { name: 'The table', exact: true })).not.toContainText('no-such-word');
      await look('fleet-2-wrong-table');
      const names = guestNames(SEEN).map((g, i) => (i === 3 ? `${g},file:special/cck` : `${g},`));
      await giveTable(page, home, `guest,cck\n${names.join('\n')}\n`);
      const root = join(home, 'fleet');
      await plan(page, root);
      await expect(page.getByText('One file is missing:')).toBeVisible();
      await look('fleet-3-missing');
      mkdirSync(join(root, 'values', 'special'), { recursive: true });
      writeFileSync(join(root, 'values', 'special', 'cck'), Buffer.alloc(32, 7));
      await button(page, 'See what would be done').click();
      await button(page, `Make ${SEEN} bundles`).waitFor();
      await look('fleet-4-plan');
      await button(page, `Make ${SEEN} bundles`).click();
      await expect(card(page)).toContainText('guests a second');
      await page.screenshot({ path: join(PICTURES, `fleet-5-running-${colorScheme}-${width}.png`) });
      // a value that breaks the policy fails its own guest only; put right, the fleet goes on with it
      await expect(card(page)).toContainText('One guest could not be made');
      await expect(card(page)).toContainText('found one byte repeated');
      await page.locator('main').evaluate((m) => m.scrollTo(0, 0));
      await look('fleet-6-failed');
      writeFileSync(join(root, 'values', 'special', 'cck'), randomBytes(32));
      await button(page, 'Go on').click();
      await expect(card(page)).toContainText('All bundles are made');
      await page.locator('main').evaluate((m) => m.scrollTo(0, 0));
      await look('fleet-7-done');
      expect(journey.complaints).toEqual([]);
    });
