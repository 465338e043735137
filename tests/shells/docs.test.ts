/** docs/security.md names a test for what it claims: each of them exists, and no item of the checklist is without one. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/security.md'), 'utf8');
const cited = [...page.matchAll(/`((?:tests|e2e)\/[\w/.-]+\.(?:test|spec)\.ts)` › (.+?) \|$/gm)].map(
  (m) => [m[1], m[2]] as const,
);
/** Titles of the tests in a file, quotes undone. */
const titlesIn = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\b(?:it|test)\(\s*(['"])((?:\\.|(?!\1).)*)\1/g)].map((m) =>
    (m[2] as string).replaceAll(/\\(.)/g, '$1'),
  );

describe('docs/security.md', () => {
  it('names tests that exist', () => {
    expect(cited.length).toBeGreaterThan(40);
    for (const [file, title] of cited) {
      expect(existsSync(join(ROOT, file as string)), file).toBe(true);
      expect(titlesIn(file as string), file).toContain(title);
    }
  });
  it("has all twenty items of Electron's checklist, each with its test", () => {
    const part = page.slice(page.indexOf("## Electron's security checklist"), page.indexOf('Beyond the list:'));
    const rows = part.split('\n').filter((l) => /^\| \d+ \|/.test(l));
    expect(rows.map((r) => Number(r.split('|')[1]))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    for (const r of rows) expect(r).toMatch(/› .+ \|$/);
  });
  it('every row that claims something names a test', () => {
    for (const l of page.split('\n').filter((x) => x.includes('`tests/') || x.includes('`e2e/')))
      if (l.startsWith('|')) expect(l).toMatch(/`(tests|e2e)\/[\w/.-]+` › .+ \|$/);
  });
});
