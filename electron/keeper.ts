/**
 * The project file behind a window: made, opened, locked and opened again, and saved after every change. A save that fails leaves
 * the old state on the disk and the new one in memory, and is said until one succeeds.
 */
import { isAbsolute } from 'node:path';
import { type Bytes, fromUtf8, wipe } from '../core/bytes.ts';
import { checkNewPassphrase } from '../core/crypto/argon.ts';
import type { Env } from '../core/env.ts';
import { fail, SelError } from '../core/errors.ts';
import type { Project } from '../core/project/content.ts';
import { ProjectStore } from '../edge/project.ts';
import { explain } from '../words/errors.ts';

/** Milliseconds without a call after which an open project file is locked. */
export const IDLE_LOCK = 10 * 60 * 1000;
/** A path as the user typed it, when it says the whole way. @throws bad-value */
export const wholePath = (path: string, field: string): string =>
  isAbsolute(path) ? path : fail('bad-value', field, path.slice(0, 80), 'a whole path, starting at the root');

/** Text of a passphrase that came as bytes, which are wiped. */
export const passphraseOf = (bytes: Bytes): string => {
  try {
    return fromUtf8(bytes, 'passphrase');
  } finally {
    wipe(bytes);
  }
};

/** One that is new must not be short. @throws too-short */
export const newPassphraseOf = (bytes: Bytes): string => {
  const text = passphraseOf(bytes);
  checkNewPassphrase(text);
  return text;
};

export class Keeper {
  readonly #env: Env;
  #store: ProjectStore | undefined;
  #locked: string | undefined;
  #problem: SelError | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  /** where the open or locked project file is */
  get path(): string | undefined {
    return this.#store?.path ?? this.#locked;
  }
  get isLocked(): boolean {
    return this.#locked !== undefined;
  }
  get isOpen(): boolean {
    return this.#store !== undefined;
  }
  /** why the last save failed, in words */
  get problem(): string | undefined {
    return this.#problem && explain(this.#problem.code, this.#problem.facts).what;
  }

  /** Writes a new project file. @throws io-exists, io-denied, io-full, too-short */
  create(path: string, project: Project, passphrase: Bytes): void {
    const text = newPassphraseOf(passphrase);
    const store = ProjectStore.create(wholePath(path, 'place of the project'), project, text, { env: this.#env });
    this.close();
    this.#store = store;
  }

  /** Opens a project file. @throws what makes it unreadable; not-found with the backup's state when only that one opens */
  open(path: string, passphrase: Bytes): Project {
    const opened = ProjectStore.open(wholePath(path, 'project file'), passphraseOf(passphrase), { env: this.#env });
    if (opened.from === 'nothing')
      throw new SelError(opened.error.code, {
        ...opened.error.facts,
        expected: `a project file; its backup ${opened.backup}, saved ${opened.saved}, does open`,
      });
    this.#take(opened.store);
    return opened.project;
  }

  /** Opens the state before the one in the file. @throws what makes it unreadable */
  openBackup(path: string, passphrase: Bytes): Project {
    const opened = ProjectStore.openBackup(wholePath(path, 'project file'), passphraseOf(passphrase), { env: this.#env });
    this.#take(opened.store);
    return opened.project;
  }

  #take(store: ProjectStore): void {
    this.close();
    this.#store = store;
  }

  /** Saves when there is a file. @param forget the state before goes too: its backup may not keep what was forgotten @returns the project to go on with */
  save(project: Project, forget = false): Project {
    if (this.#store === undefined) return project;
    try {
      const saved = forget ? this.#store.saveForgetting(project) : this.#store.save(project);
      this.#problem = undefined;
      return saved;
    } catch (e) {
      if (!(e instanceof SelError)) throw e;
      this.#problem = e;
      return project;
    }
  }

  /** @throws missing-value without a file, too-short, and what saving throws */
  changePassphrase(project: Project, passphrase: Bytes): Project {
    const store = this.#store ?? fail('missing-value', 'project file', 'none', 'an open project file');
    return store.changePassphrase(project, newPassphraseOf(passphrase));
  }

  /** Gives up the key and the secrets; the path stays, to be opened again. @throws missing-value, conflict when the last save failed */
  lock(project: Project): void {
    const store = this.#store ?? fail('missing-value', 'project file', 'none', 'an open project file');
    if (this.#problem !== undefined) fail('conflict', 'project', 'changes that are not saved', 'a saved project');
    store.close(project);
    this.#store = undefined;
    this.#locked = store.path;
  }

  close(project?: Project): void {
    this.#store?.close(project);
    this.#store = undefined;
    this.#locked = undefined;
    this.#problem = undefined;
  }
}
