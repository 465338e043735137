/** Language, theme, zoom, size and place of the window: kept in a file, changed in the window, spoken from here on. */
import { type Bounds, readSettings, type Settings, settingsPath, writeSettings, ZOOMS } from '../edge/settings.ts';
import { LANGUAGES, type Language, type Messages, speak } from '../words/language.ts';
import { messagesOf } from '../words/locales/messages.ts';
import type { ArgsOf, ResultOf } from './contract.ts';

/** "de-AT" and "de_DE.UTF-8" are German; what we do not speak is English. */
export const languageOf = (locale: string): Language =>
  LANGUAGES.find((l) => locale.toLowerCase().split(/[-_.@]/)[0] === l) ?? 'en';

/** The locale that the environment names. */
export const localeOf = (env: NodeJS.ProcessEnv): string => env.LC_ALL || env.LC_MESSAGES || env.LANG || 'en';

export class Preferences {
  readonly #path: string;
  readonly #locale: string;
  #settings: Settings;
  #messages: Messages = {};

  /** @param locale of the system, as "de-AT" or "de_AT.UTF-8" @param path of the file */
  constructor(locale: string, path: string = settingsPath()) {
    this.#path = path;
    this.#locale = locale;
    this.#settings = readSettings(path);
    this.#speak();
  }

  get bounds(): Bounds | undefined {
    return this.#settings.bounds;
  }

  get theme(): Settings['theme'] {
    return this.#settings.theme;
  }

  /** What the window needs to look and speak as it should. */
  view(): ResultOf<'settings.view'> {
    const { language, theme, zoom } = this.#settings;
    return { language, theme, zoom, zooms: [...ZOOMS], spoken: this.#language(), messages: this.#messages };
  }

  change(some: ArgsOf<'settings.change'>): ResultOf<'settings.view'> {
    const given = Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined));
    this.#keep({ ...this.#settings, ...given });
    this.#speak();
    return this.view();
  }

  /** Remembers size and place for the next time. */
  moved(bounds: Bounds): void {
    this.#keep({ ...this.#settings, bounds });
  }

  #keep(settings: Settings): void {
    this.#settings = settings;
    writeSettings(this.#path, settings);
  }

  #language(): Language {
    const { language } = this.#settings;
    return language === 'system' ? languageOf(this.#locale) : language;
  }

  #speak(): void {
    this.#messages = messagesOf(this.#language());
    speak(this.#language(), this.#messages);
  }
}
