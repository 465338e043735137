/** Looks for words of the wrong language on the screen. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './window.ts';

/** Words that stand in nearly every English sentence, and in no German one. */
const ENGLISH =
  /\b(the|and|of|is|are|has|have|it|its|this|that|which|when|with|from|by|to|or|for|your|no|not|none|yes|must|made|found|expected|missing)\b/i;

/** What is not ours to translate: file contents, commands, keys, and what says of itself that it is English or anybody's. */
const FOREIGN = 'code, pre, kbd, textarea, script, style, [lang=en], [lang=""]';

/**
 * Fingerprints, keys and generated passwords in Base64: between their marks, or at an end, stands "or" or "By" now and then, of the
 * fingerprints in one of a thousand.
 */
const BASE64 = /(?<![A-Za-z0-9+/_-])(?=[A-Za-z0-9+/_-]*[0-9+/])[A-Za-z0-9+/_-]{16,}={0,2}/g;

/** The English in a text that people read, if there is any. */
export const isEnglish = (text: string): boolean => ENGLISH.test(text.replace(BASE64, ' '));

/** Everything a person sees or hears of the page: text, names for screen readers, hints of the mouse. */
const saidOn = (page: Page): Promise<string[]> =>
  page.evaluate((foreign) => {
    const out: string[] = [];
    for (const e of document.body.querySelectorAll('*')) {
      if (e.closest(foreign) || !(e.checkVisibility() || e.matches('option, optgroup, title'))) continue;
      for (const name of ['aria-label', 'title', 'alt', 'placeholder', 'label']) out.push(e.getAttribute(name) ?? '');
      for (const n of e.childNodes) if (n.nodeType === Node.TEXT_NODE) out.push(n.textContent ?? '');
    }
    return [...new Set(out.map((x) => x.trim()).filter((x) => x !== ''))];
  }, FOREIGN);

/** Fails when something on the screen is English. @param where the screen, for the message */
export const expectGerman = async (page: Page, where: string): Promise<void> => {
  const all = await saidOn(page);
  expect(all.length, where).toBeGreaterThan(10);
  expect.soft(all.filter(isEnglish), `${where} is German`).toEqual([]);
};

/** Nothing that axe finds, and nothing wider than the window. */
export const expectSound = async (page: Page, where: string): Promise<void> => {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  expect
    .soft(
      violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`),
      where,
    )
    .toEqual([]);
  expect.soft(await page.locator('main').evaluate((m) => m.scrollWidth - m.clientWidth), `${where} is not too wide`).toBe(0);
  expect.soft(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${where} fits`).toBe(true);
};
