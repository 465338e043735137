/** Opens the real window (the Chromium shell, as built) for a journey, with a home of its own, and closes it afterwards. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Locator, type Page } from '@playwright/test';
import type { ChromiumOptions, ChromiumWindow } from '../electron/shells/chromium.ts';

const DIST = join(import.meta.dirname, '..', 'dist');
/** Pictures of every screen, made by the run; not committed. */
export const PICTURES = join(import.meta.dirname, 'pictures');

/** A window and what a journey needs beside it. */
export interface Journey {
  readonly page: Page;
  /** where bundles and records go */
  readonly home: string;
  /** the browser's profile */
  readonly profile: string;
  /** the window itself: after a crash it has another page */
  readonly window: ChromiumWindow;
  /** what the page said on its console that is worse than information, and errors it threw */
  readonly complaints: readonly string[];
}

/** A picture of a screen that is not on the straight way. */
export const picture = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
};

/** Drops a file on the window, as from a file manager. */
export const drop = (page: Page, name: string, bytes: Uint8Array): Promise<void> =>
  page.evaluate(
    ([n, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(content as number[])], n as string));
      window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    },
    [name, [...bytes]] as const,
  );

/** A screen that was looked at: pictures in both themes and at both sizes, nothing wider than the window, and axe finds nothing. @param at what must be in the picture */
export const looked = async (page: Page, name: string, at?: Locator): Promise<void> => {
  const before = page.viewportSize();
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [width, height] of [
      [1024, 720],
      [1440, 900],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      // colours go over slowly
      await page.waitForTimeout(300);
      await at?.evaluate((e) => e.scrollIntoView({ block: 'center' }));
      await picture(page, `${name}-${colorScheme}-${width}`);
      expect(await page.locator('main').evaluate((m) => m.scrollWidth - m.clientWidth), `${name}, ${width}`).toBe(0);
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
      const said = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
      expect(said, `${name}, ${colorScheme}, ${width}`).toEqual([]);
    }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
};

/** Opens the sample tenant with a template's policy, at the step of the secrets. */
export const openTemplate = async (page: Page, name: string): Promise<void> => {
  const button = (label: string | RegExp) => page.getByRole('button', { name: label });
  await button('Open the sample tenant').click();
  await button(/^Policy/).click();
  await page.getByLabel('Or start from a template').selectOption(name);
  await button('Use this template').click();
  await page.getByRole('heading', { name }).waitFor();
  await button(/^Secrets/).click();
};

/** How a journey's window differs from what a user gets: it speaks English and has the smallest size, unless told otherwise. */
export interface JourneyOptions extends Partial<ChromiumOptions> {
  readonly language?: 'en' | 'de';
  /** size and place as its settings say */
  readonly asLeft?: boolean;
}

export type OpenWindow = (options?: JourneyOptions) => Promise<Journey>;

/** Packets that every interface of this network has sent and received. */
const packets = (): Record<string, number> =>
  Object.fromEntries(
    readFileSync('/proc/net/dev', 'utf8')
      .split('\n')
      .filter((l) => /^\s*[\w.-]+:/.test(l))
      .map((l) => l.trim().split(/[:\s]+/))
      .map((f) => [f[0] as string, Number(f[2]) + Number(f[10])]),
  );

interface Quiet {
  /** the test itself sends something, to show that it would be seen */
  readonly sends: boolean;
  /** shows that a journey sends nothing, where the suite has a network of its own (scripts/alone.mjs) */
  readonly quiet: undefined;
}

/** `openWindow` opens one; every window is closed and every home removed when the test ends. */
export const test = base.extend<{ openWindow: OpenWindow } & Quiet>({
  sends: [false, { option: true }],
  quiet: [
    async ({ sends }, use) => {
      const alone = process.env.SELWRIGHT_ALONE === '1';
      const before = alone ? packets() : {};
      await use(undefined);
      if (!alone) return;
      if (sends) expect(packets(), 'what the test sends is seen').not.toEqual(before);
      else expect(packets(), 'no packet on any interface').toEqual(before);
    },
    { auto: true },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
  openWindow: async ({}, use) => {
    const { openChromium } = (await import(join(DIST, 'main', 'chromium.mjs'))) as {
      openChromium: (options: ChromiumOptions) => Promise<ChromiumWindow>;
    };
    const windows: ChromiumWindow[] = [];
    const homes: string[] = [];
    const before = process.env.XDG_STATE_HOME;
    await use(async ({ language = 'en', asLeft = false, ...options } = {}) => {
      const home = mkdtempSync(join(tmpdir(), 'selwright-journey-'));
      homes.push(home);
      process.env.XDG_STATE_HOME = join(home, 'state');
      const settings = join(home, 'settings.json');
      writeFileSync(settings, JSON.stringify({ language }));
      const opened = await openChromium({
        root: join(DIST, 'renderer'),
        ...(asLeft ? {} : { width: 1024, height: 720 }),
        home,
        settings,
        ...options,
      });
      windows.push(opened);
      const complaints: string[] = [];
      opened.page.on('console', (m) => {
        if (m.type() === 'error' || m.type() === 'warning') complaints.push(m.text());
      });
      opened.page.on('pageerror', (e) => complaints.push(e.message));
      await opened.page.getByRole('heading', { level: 1 }).waitFor();
      return { page: opened.page, home, profile: opened.profile, window: opened, complaints };
    });
    for (const w of windows) await w.close();
    for (const h of homes) rmSync(h, { recursive: true, force: true });
    if (before === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before;
  },
});

export { expect };
