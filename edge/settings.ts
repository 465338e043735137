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

/** Size and place of the window, in the pixels of its desktop. */
export const boundsSchema = z.strictObject({ x: coordinate, y: coordinate, width: extent, height: extent });

/** What its user chooses: for the file, and for what the window may ask. */
export const choicesSchema = z.strictObject({
  language: z.enum(['system', 'en', 'de']),
  theme: z.enum(['system', 'light', 'dark']),
  /** percent */
  zoom: z.literal(ZOOMS),
});

const { language, theme, zoom } = choicesSchema.shape;
const settingsSchema = z.strictObject({
  language: language.default('system'),
  theme: theme.default('system'),
  zoom: zoom.default(100),
  bounds: boundsSchema.optional(),
});

export type Settings = z.infer<typeof settingsSchema>;
export type Bounds = NonNullable<Settings['bounds']>;

/** As long as nobody said otherwise. */
export const DEFAULTS: Settings = settingsSchema.parse({});

const MAX = 64 * 1024;

/** Where settings are kept: `$XDG_CONFIG_HOME/selwright/settings.json`, or in `~/.config`. */
export const settingsPath = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'selwright', 'settings.json');

/** The settings of a file; as they come where there is none, or one that is not ours. */
export const readSettings = (path: string): Settings => {
  try {
    return settingsSchema.parse(JSON.parse(new TextDecoder().decode(readFile(path, 'settings', MAX))));
  } catch {
    return DEFAULTS;
  }
};

/** Keeps them. @returns whether that could be done: a home that cannot be written to is no fault of the program */
export const writeSettings = (path: string, settings: Settings): boolean => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFile(path, utf8(`${JSON.stringify(settingsSchema.parse(settings), null, 2)}\n`), 'settings', {
      mode: 0o600,
      overwrite: true,
    });
    return true;
  } catch (e) {
    if (e instanceof SelError || (e as NodeJS.ErrnoException).code !== undefined) return false;
    throw e;
  }
};
