/** What the window loads first, as it is built: small, whole, and with nothing that runs without being ours. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from './window.ts';

const ROOT = join(import.meta.dirname, '..', 'dist', 'renderer');
const FIRST_LOAD_MAX = 300 * 1024;

test('first load of the window', () => {
  const html = readFileSync(join(ROOT, 'index.html'), 'utf8');
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map((m) => m[1] as string);
  expect(named.some((n) => n.endsWith('.js'))).toBe(true);
  const sizes = ['index.html', ...named].map((n) => [n, gzipSync(readFileSync(join(ROOT, n))).length] as const);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  console.log(`first load, gzipped: ${total} bytes\n${sizes.map(([n, s]) => `  ${s} ${n}`).join('\n')}`);
  expect(total).toBeLessThan(FIRST_LOAD_MAX);
  // the content security policy would stop these; none may be there to be stopped
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
  expect(html).not.toMatch(/https?:/);
  for (const name of readdirSync(join(ROOT, 'assets')).filter((n) => n.endsWith('.css')))
    expect(readFileSync(join(ROOT, 'assets', name), 'utf8'), name).not.toMatch(/url\(['"]?https?:/);
});
