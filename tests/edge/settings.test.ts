/** How a person likes the window: kept, read back, and never a reason to stop. */
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULTS, readSettings, type Settings, settingsPath, writeSettings, ZOOMS } from '../../edge/settings.ts';
import { languageOf, localeOf, Preferences } from '../../electron/preferences.ts';
import { language, speak } from '../../words/language.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-settings-'));
let n = 0;
const fresh = (): string => join(home, `${n++}`, 'selwright', 'settings.json');

describe('the file of settings', () => {
  it('comes back as it was written, for its user alone', () => {
    const side = fc.integer({ min: 320, max: 32767 });
    const bounds = fc.record({ x: fc.integer({ min: -32768, max: 32767 }), y: fc.constant(-7), width: side, height: side });
    const any = fc.record(
      {
        language: fc.constantFrom('system' as const, 'en' as const, 'de' as const),
        theme: fc.constantFrom('system' as const, 'light' as const, 'dark' as const),
        zoom: fc.constantFrom(...ZOOMS),
        bounds,
      },
      { requiredKeys: ['language', 'theme', 'zoom'] },
    );
    fc.assert(
      fc.property(any, (settings) => {
        const path = fresh();
        expect(writeSettings(path, settings as Settings)).toBe(true);
        expect(readSettings(path)).toEqual(settings);
        expect(statSync(path).mode & 0o777).toBe(0o600);
      }),
      { numRuns: 50 },
    );
  });
  it.each(['', '{', '[]', '{"zoom":101}', '{"language":"tlh"}', '{"more":1}', 'x'.repeat(70_000)])(
    'that is not ours (%#) leaves the window as it comes',
    (text) => {
      const path = join(home, 'other.json');
      writeFileSync(path, text);
      expect(readSettings(path)).toEqual(DEFAULTS);
    },
  );
  it('that cannot be written is said, and nothing is thrown', () => {
    const file = join(home, 'a-file');
    writeFileSync(file, '');
    expect(writeSettings(join(file, 'settings.json'), DEFAULTS)).toBe(false);
    const directory = join(home, 'taken', 'settings.json');
    mkdirSync(directory, { recursive: true });
    expect(writeSettings(directory, DEFAULTS)).toBe(false);
  });
  it('lies where the desktop says', () => {
    expect(settingsPath({ XDG_CONFIG_HOME: '/c' })).toBe('/c/selwright/settings.json');
    expect(settingsPath({})).toMatch(/\/\.config\/selwright\/settings\.json$/);
  });
});

describe('preferences', () => {
  it('speak the language of the system, of whichever country', () => {
    for (const locale of ['de', 'de-AT', 'de_DE.UTF-8', 'de_CH@euro', 'DE']) expect(languageOf(locale)).toBe('de');
    for (const locale of ['en', 'en-GB', 'fr', 'C', 'C.UTF-8', 'POSIX', '', 'den']) expect(languageOf(locale)).toBe('en');
    expect(localeOf({ LANG: 'de_DE.UTF-8' })).toBe('de_DE.UTF-8');
    expect(localeOf({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' })).toBe('C');
    expect(localeOf({})).toBe('en');
  });
  it('change one thing and keep the others, in the file too', () => {
    const path = fresh();
    const own = new Preferences('de', path);
    expect(own.view()).toMatchObject({ language: 'system', spoken: 'de', theme: 'system', zoom: 100 });
    expect(language()).toBe('de');
    own.moved({ x: 1, y: 2, width: 800, height: 600 });
    expect(own.change({ language: 'en', theme: undefined })).toMatchObject({ spoken: 'en', theme: 'system', messages: {} });
    expect(language()).toBe('en');
    own.change({ theme: 'dark', zoom: 150 });
    const kept = JSON.parse(readFileSync(path, 'utf8')) as unknown;
    expect(kept).toEqual({ language: 'en', theme: 'dark', zoom: 150, bounds: { x: 1, y: 2, width: 800, height: 600 } });
    expect(new Preferences('de', path).view()).toMatchObject({ spoken: 'en', theme: 'dark', zoom: 150 });
    speak('en');
  });
});
