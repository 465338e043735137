/**
 * Project files on the disk. Saving: a temporary file, flushed; the state before becomes NAME.bak; the new one gets the name; the
 * directory is flushed. Whatever happens in between, NAME is the old or the new state, whole.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { wipe } from '../core/bytes.ts';
import type { KdfParameters } from '../core/crypto/argon.ts';
import { freshSealKey, isKeyFor, type SealKey, sealKeyOf } from '../core/crypto/sealed.ts';
import type { Env } from '../core/env.ts';
import { inFile, SelError } from '../core/errors.ts';
import type { Project } from '../core/project/content.ts';
import { openProjectWith, PROJECT_KIND, PROJECT_MAX, projectFileInfo, sealProject } from '../core/project/file.ts';
import { nextState, noted, wipeProject } from '../core/project/state.ts';
import { nodeEnv } from './env.ts';
import { exists, io, readFile } from './files.ts';
import { measuredKdf } from './kdf.ts';
import { isLockRest, type Lock, takeLock } from './lock.ts';

const WHAT = 'project file';
const MODE = 0o600;
/** Bytes that are written at a time. */
const CHUNK = 16 * 1024;
const NO_LINKS = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'];

/** The steps of saving, one system call each: tests put their own in between. */
export interface Disk {
  create(path: string): number;
  write(fd: number, bytes: Uint8Array): number;
  flush(fd: number): void;
  close(fd: number): void;
  link(from: string, to: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  openDirectory(path: string): number;
}

export const nodeDisk: Disk = {
  create: (path) => openSync(path, 'wx', MODE),
  write: (fd, bytes) => writeSync(fd, bytes),
  flush: fsyncSync,
  close: closeSync,
  link: linkSync,
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  openDirectory: (path) => openSync(path, 'r'),
};

/** The last good state before the one that is in the file. */
export const backupOf = (path: string): string => `${path}.bak`;

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const temporaryOf = (path: string): string => join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
const isRest = (name: string, base: string): boolean =>
  (name.startsWith(`.${base}.`) && /^[0-9a-f]{12}\.tmp$/.test(name.slice(base.length + 2))) || isLockRest(name, base);

/** What a program that was killed left behind. Called with the lock held. */
const sweep = (path: string): void => {
  const directory = dirname(path);
  for (const name of readdirSync(directory)) if (isRest(name, basename(path))) rmSync(join(directory, name), { force: true });
};

const writeNew = (path: string, bytes: Uint8Array, disk: Disk): void => {
  const fd = disk.create(path);
  try {
    for (let at = 0; at < bytes.length; ) at += disk.write(fd, bytes.subarray(at, at + CHUNK));
    disk.flush(fd);
  } finally {
    disk.close(fd);
  }
};

/** Some file systems cannot flush a directory: the files themselves are on the disk. */
const flushDirectory = (path: string, disk: Disk): void => {
  try {
    const fd = disk.openDirectory(path);
    try {
      disk.flush(fd);
    } finally {
      disk.close(fd);
    }
  } catch {
    // the new state has its name by now: this is no reason to call it not saved
  }
};

/** A second name for a file that is about to be replaced: by a link, or by a copy where there are none. Replaces what has the name. */
const duplicate = (path: string, to: string, bytes: Uint8Array, disk: Disk): void => {
  const temporary = temporaryOf(path);
  try {
    try {
      disk.link(path, temporary);
    } catch (e) {
      if (!NO_LINKS.includes((e as NodeJS.ErrnoException).code ?? '')) throw e;
      writeNew(temporary, bytes, disk);
    }
    disk.rename(temporary, to);
  } catch (e) {
    disk.remove(temporary);
    throw e;
  }
};

/** A name that is free: .unreadable, .unreadable-2 and so on. */
const asideOf = (path: string): string => {
  for (let n = 1; ; n++) {
    const name = `${path}.unreadable${n === 1 ? '' : `-${n}`}`;
    if (lstatSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
};

const read = (path: string): Uint8Array => readFile(path, WHAT, PROJECT_MAX);

/** The whole path of a file that may not exist yet, links followed: what is renamed must be the file, not a link to it. */
const wholePath = (path: string): string =>
  io(path, WHAT, () => (exists(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path))));

const openFile = (path: string, key: SealKey, bytes: Uint8Array): Project => inFile(path, () => openProjectWith(bytes, key));

export interface StoreOptions {
  readonly env?: Env;
  readonly disk?: Disk;
  /** take the lock from another machine's program, when the user says that nobody has it open */
  readonly force?: boolean;
  /** for a new passphrase; measured unless given */
  readonly parameters?: KdfParameters;
}

/** Opened; or not, but the state before can be: then the user decides, with {@link ProjectStore.openBackup}. */
export type Opened =
  | { readonly from: 'file'; readonly store: ProjectStore; readonly project: Project }
  | {
      readonly from: 'nothing';
      /** why the file does not open */
      readonly error: SelError;
      readonly backup: string;
      /** when the state in the backup was saved, and which it is */
      readonly saved: string;
      readonly generation: number;
    };

/** What is known of the file at the path: the state we read or wrote, or something that does not open. */
type Known = { readonly hash: string; readonly good: boolean } | undefined;

/** A project file that is open for writing. Secret: the key inside; close it. */
export class ProjectStore {
  readonly path: string;
  readonly #env: Env;
  readonly #disk: Disk;
  readonly #lock: Lock;
  #key: SealKey;
  #known: Known;
  #closed = false;

  private constructor(path: string, key: SealKey, lock: Lock, known: Known, { env = nodeEnv, disk = nodeDisk }: StoreOptions) {
    this.path = path;
    this.#key = key;
    this.#lock = lock;
    this.#known = known;
    this.#env = env;
    this.#disk = disk;
  }

  /** Writes a new project file. Takes about a second for the passphrase. @throws io-exists, io-denied, io-full, io-locked, limit */
  static create(where: string, project: Project, passphrase: string, options: StoreOptions = {}): ProjectStore {
    const path = wholePath(where);
    const taken = (): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    const refuse = (): never => {
      throw new SelError('io-exists', { file: path, field: WHAT });
    };
    if (taken()) refuse();
    const lock = takeLock(path, options.force);
    try {
      if (taken()) refuse();
      const key = freshSealKey(PROJECT_KIND, passphrase, options.parameters ?? measuredKdf(), options.env ?? nodeEnv);
      const store = new ProjectStore(path, key, lock, undefined, options);
      store.#write(project);
      return store;
    } catch (e) {
      lock.release();
      throw e;
    }
  }

  /**
   * Opens a project file and takes its lock. Takes about a second, twice when it does not open and there is a backup.
   * @throws io-locked; what makes the file unreadable, when the backup does not open either
   */
  static open(where: string, passphrase: string, options: StoreOptions = {}): Opened {
    const path = wholePath(where);
    const lock = takeLock(path, options.force);
    let key: SealKey | undefined;
    try {
      io(path, WHAT, () => sweep(path));
      try {
        const bytes = read(path);
        key = inFile(path, () => sealKeyOf(PROJECT_KIND, bytes, passphrase));
        const project = openFile(path, key, bytes);
        return { from: 'file', project, store: new ProjectStore(path, key, lock, { hash: hashOf(bytes), good: true }, options) };
      } catch (error) {
        if (!(error instanceof SelError)) throw error;
        const state = stateOf(backupOf(path), passphrase, key);
        wipe(key?.key);
        if (state === undefined) throw error;
        lock.release();
        return { from: 'nothing', error, backup: backupOf(path), ...state };
      }
    } catch (e) {
      lock.release();
      throw e;
    }
  }

  /**
   * Opens the state before. The file itself stays until the next save, and is then kept under another name: with another
   * passphrase it may open after all.
   * @throws everything that makes the backup unreadable; io-locked
   */
  static openBackup(where: string, passphrase: string, options: StoreOptions = {}): { store: ProjectStore; project: Project } {
    const path = wholePath(where);
    const lock = takeLock(path, options.force);
    try {
      const backup = backupOf(path);
      const bytes = read(backup);
      const key = inFile(backup, () => sealKeyOf(PROJECT_KIND, bytes, passphrase));
      const project = openFile(backup, key, bytes);
      const known = exists(path) ? { hash: hashOf(read(path)), good: false } : undefined;
      const store = new ProjectStore(path, key, lock, known, options);
      return { store, project: noted(project, { kind: 'backup-used', generation: project.generation }, store.#env) };
    } catch (e) {
      lock.release();
      throw e;
    }
  }

  /** Reads a project without taking its lock: for looking at it. @throws what makes it unreadable */
  static read(path: string, passphrase: string): Project {
    const bytes = read(path);
    const key = inFile(path, () => sealKeyOf(PROJECT_KIND, bytes, passphrase));
    try {
      return openFile(path, key, bytes);
    } finally {
      wipe(key.key);
    }
  }

  /**
   * Saves. Takes some milliseconds: the passphrase is not needed again.
   * @returns the project as it was saved: go on with this one
   * @throws io-changed when the file is not the one that was opened or saved last; io-locked, io-denied, io-full, limit: then
   * nothing is changed
   */
  save(project: Project): Project {
    const next = nextState(project, this.#env);
    this.#write(next);
    return next;
  }

  /**
   * Saves, and the backup as well: what the state before held is gone from both. For values that shall be forgotten.
   * @throws the same as save; an error whose field is the backup means that the backup still has the state before
   */
  saveForgetting(project: Project): Project {
    const next = nextState(project, this.#env);
    this.#replaceBackup(this.#write(next));
    return next;
  }

  /**
   * Saves under a new passphrase, the backup as well: the old passphrase opens nothing any more.
   * @throws the same as save; an error whose field is the backup means that the new passphrase holds, but the backup has the old one
   */
  changePassphrase(project: Project, passphrase: string, parameters: KdfParameters = measuredKdf()): Project {
    const old = this.#key;
    const next = nextState(noted(project, { kind: 'passphrase-changed' }, this.#env), this.#env);
    this.#key = freshSealKey(PROJECT_KIND, passphrase, parameters, this.#env);
    let bytes: Uint8Array;
    try {
      bytes = this.#write(next);
    } catch (e) {
      wipe(this.#key.key);
      this.#key = old;
      throw e;
    }
    wipe(old.key);
    this.#replaceBackup(bytes);
    return next;
  }

  /** Gives the lock back and overwrites the key; with a project, its secrets too. */
  close(project?: Project): void {
    if (project) wipeProject(project);
    if (this.#closed) return;
    this.#closed = true;
    wipe(this.#key.key);
    this.#lock.release();
  }

  #write(project: Project): Uint8Array {
    const { path } = this;
    if (this.#closed)
      throw new SelError('conflict', { file: path, field: WHAT, found: 'a project that was closed', expected: 'an open one' });
    const bytes = sealProject(project, this.#key, this.#env);
    io(path, WHAT, () => {
      this.#lock.check();
      this.#replace(bytes);
    });
    return bytes;
  }

  /** A copy, not a second name: what damages the file must not damage its backup. */
  #replaceBackup(bytes: Uint8Array): void {
    const backup = backupOf(this.path);
    const temporary = temporaryOf(this.path);
    io(backup, 'backup of the project file', () => {
      try {
        writeNew(temporary, bytes, this.#disk);
        this.#disk.rename(temporary, backup);
      } catch (e) {
        this.#disk.remove(temporary);
        throw e;
      }
    });
    flushDirectory(dirname(backup), this.#disk);
  }

  #replace(bytes: Uint8Array): void {
    const { path } = this;
    const present = lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : read(path);
    if (present && hashOf(present) !== this.#known?.hash) throw new SelError('io-changed', { file: path, field: WHAT });
    const temporary = temporaryOf(path);
    try {
      writeNew(temporary, bytes, this.#disk);
      if (present) duplicate(path, this.#known?.good ? backupOf(path) : asideOf(path), present, this.#disk);
      this.#disk.rename(temporary, path);
    } catch (e) {
      this.#disk.remove(temporary);
      throw e;
    }
    this.#known = { hash: hashOf(bytes), good: true };
    flushDirectory(dirname(path), this.#disk);
  }
}

/** Which state a file holds, when it opens. A key that is there already is used when it fits: deriving takes a second. */
const stateOf = (
  path: string,
  passphrase: string,
  known: SealKey | undefined,
): { saved: string; generation: number } | undefined => {
  let derived: SealKey | undefined;
  try {
    const bytes = read(path);
    const usable = known && isKeyFor(projectFileInfo(bytes), known);
    if (!usable) derived = sealKeyOf(PROJECT_KIND, bytes, passphrase);
    const project = openProjectWith(bytes, derived ?? (known as SealKey));
    const { saved, generation } = project;
    wipeProject(project);
    return { saved, generation };
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  } finally {
    wipe(derived?.key);
  }
};
