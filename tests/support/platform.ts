/** A shell for tests of the main side: no dialogs, English, settings in the test's own home. */
import { join } from 'node:path';
import type { Platform } from '../../electron/handlers.ts';
import { Preferences } from '../../electron/preferences.ts';

/** @param home the test's own directory */
export const testPlatform = (home: string): Platform => ({
  shell: 'chromium',
  version: 'test',
  canChooseFolder: false,
  chooseFolder: () => Promise.resolve(null),
  preferences: new Preferences('en', join(home, 'settings.json')),
});
