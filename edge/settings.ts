/**
 * How a person likes the window: language, theme, zoom, size and place. A file of its own, not the project's: nothing in it is about
 * a guest. A file that cannot be read or written is no reason to stop: then the window is as it comes.
 */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { utf8 } from '../core/bytes.ts';
import { SelError } from '../core/errors.ts';
import { readFile, writeFile } from './files.ts';

/** Steps of the zoom, in percent. */
export const ZOOMS = [80, 90, 100, 110, 125, 150, 175, 200] as const;

const coordinate = z.number().int().min(-32768).max(32767);
const extent = z.number().int().min(320).max(32767);

const schema = z.strictObject({
  language: z.enum(['system', 'en', 'de']).default('system'),
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  zoom: z.literal(ZOOMS).default(100),
  /** of the window, in the pixels of its desktop */
  bounds: z.strictObject({ x: coordinate, y: coordinate, width: extent, height: extent }).optional(),
});

export type Settings = z.infer<typeof schema>;
export type Bounds = NonNullable<Settings['bounds']>;

/** As long as nobody said otherwise. */
export const DEFAULTS: Settings = schema.parse({});

const MAX = 64 * 1024;

/** Where settings are kept: `$XDG_CONFIG_HOME/selwright/settings.json`, or in `~/.config`. */
export const settingsPath = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'selwright', 'settings.json');

/** The settings of a file; as they come where there is none, or one that is not ours. */
export const readSettings = (path: string): Settings => {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(readFile(path, 'settings', MAX))));
  } catch {
    return DEFAULTS;
  }
};

/** Keeps them. @returns whether that could be done: a home that cannot be written to is no fault of the program */
export const writeSettings = (path: string, settings: Settings): boolean => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFile(path, utf8(`${JSON.stringify(schema.parse(settings), null, 2)}\n`), 'settings', { mode: 0o600, overwrite: true });
    return true;
  } catch (e) {
    if (e instanceof SelError || (e as NodeJS.ErrnoException).code !== undefined) return false;
    throw e;
  }
};
