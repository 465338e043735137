/** The window's files: only ours, each with its headers. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CSP, loadAsset } from '../../electron/assets.ts';

const base = mkdtempSync(join(tmpdir(), 'selwright-assets-'));
const root = join(base, 'root');
mkdirSync(join(root, 'assets'), { recursive: true });
writeFileSync(join(root, 'index.html'), '<!doctype html>');
writeFileSync(join(root, 'assets', 'a.js'), '1');
writeFileSync(join(base, 'secret.js'), 'outside');
writeFileSync(join(root, 'notes.txt'), 'a type nobody asked for');

describe('loadAsset', () => {
  it.each([
    ['app://selwright/', 'text/html; charset=utf-8'],
    ['app://selwright/index.html', 'text/html; charset=utf-8'],
    ['https://selwright.invalid/assets/a.js?x=1#y', 'text/javascript; charset=utf-8'],
  ])('%s is there', (url, type) => {
    const asset = loadAsset(root, url);
    expect(asset.status).toBe(200);
    expect(asset.headers['Content-Type']).toBe(type);
    expect(asset.headers['Content-Security-Policy']).toBe(CSP);
    expect(asset.headers['X-Content-Type-Options']).toBe('nosniff');
  });
  it.each([
    'app://selwright/../secret.js',
    'app://selwright/%2e%2e/secret.js',
    'app://selwright/..%2fsecret.js',
    'app://selwright/assets/..%5c..%5csecret.js',
    'app://selwright/assets/%00.js',
    'app://selwright/%E0%A4%A',
    'app://selwright/notes.txt',
    'app://selwright/assets',
    'app://selwright/none.js',
    'not an address',
  ])('%s is not', (url) => {
    const asset = loadAsset(root, url);
    expect(asset.status).toBe(404);
    expect(asset.body.toString()).not.toContain('outside');
  });
  it('allows no script but our own, no inline style, no connection, no frame, no markup from text', () => {
    expect(CSP).toContain("default-src 'none'");
    expect(CSP).toContain("script-src 'self'");
    expect(CSP).toContain("connect-src 'none'");
    expect(CSP).toContain("require-trusted-types-for 'script'");
    expect(CSP).not.toMatch(/unsafe|\*|https?:/);
  });
});
