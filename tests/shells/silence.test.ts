/**
 * The main side has no output to leak into: no console, no stream, and the one program that speaks has a closed list of sentences. Beside it
 * the demo speaks, which has a window like any user and nothing from behind it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const WINDOW = join('electron', 'shells', 'window.ts');
const DEMO = join('electron', 'shells', 'demo.ts');
const sources = ['core', 'words', 'edge', 'electron', 'renderer'].flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((f) => /\.tsx?$/.test(f))
    .map((f) => join(room, f)),
);
const OUTPUT =
  /\bconsole\s*(\.\s*(log|error|warn|info|debug|trace|dir|table|group|assert|count|time)\b|\[)|process\s*\.\s*(stdout|stderr|emitWarning)|\butil\s*\.\s*(debuglog|inspect)|node:(util|console)'/;

describe('silence', () => {
  it('no module behind the window can print', () => {
    expect(sources.length).toBeGreaterThan(60);
    const speaking = sources.filter((f) =>
      OUTPUT.test(readFileSync(join(ROOT, f), 'utf8').replaceAll("{ promisify } from 'node:util'", '')),
    );
    expect(speaking.sort()).toEqual([DEMO, WINDOW]);
  });
  it('the demo knows nothing but the page of its window, and nobody but the window program starts it', () => {
    const read = (f: string): string => readFileSync(join(ROOT, f), 'utf8');
    const imports = [...read(DEMO).matchAll(/^import (type )?.* from '([^']+)';$/gm)].map((m) => [m[2], m[1] !== undefined]);
    expect(imports).toEqual([
      ['node:fs', false],
      ['node:path', false],
      ['playwright-core', true],
      ['./chromium.ts', true],
      ['./walk.ts', false],
    ]);
    const walk = [...read(join('electron', 'shells', 'walk.ts')).matchAll(/ from '([^']+)';$/gm)].map((m) => m[1]);
    expect(walk).toEqual(['playwright-core', '../../words/language.ts']);
    expect(sources.filter((f) => /[/']demo\.ts'/.test(read(f)))).toEqual([WINDOW]);
  });
  it('the window program prints sentences of its list and nothing that was computed', () => {
    const text = readFileSync(join(ROOT, WINDOW), 'utf8');
    expect(text.match(/\.write\(/g)).toHaveLength(1);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what the source says
    expect(text).toContain('to.write(`${SAYS[what]}\\n`)');
    expect(text).not.toMatch(/\bconsole\b/);
    const list = text.slice(text.indexOf('const SAYS = {'), text.indexOf('} as const;'));
    expect([...list.matchAll(/\$\{(\w+)\}/g)].map((m) => m[1])).toEqual(['VERSION']);
  });
});
