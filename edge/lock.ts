/**
 * One program at a time: a lock file beside the project. It is advisory: what really protects the file is that saving looks
 * whether it is still the one that was opened. A lock whose process is gone is taken over.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as z from 'zod';
import { SelError } from '../core/errors.ts';
import { io } from './files.ts';

const WHAT = 'project';
/** A lock that cannot be read is being written, unless it is older: then whoever wrote it is gone. Milliseconds. */
const WRITING_MAX = 10_000;

const holderSchema = z.object({
  pid: z.number().int().min(1),
  host: z.string().max(256),
  /** which start of the machine, and when the process began: a number may be used again */
  boot: z.string().max(64),
  start: z.string().max(64),
  token: z.string().max(64),
  since: z.string().max(64),
});
type Holder = z.infer<typeof holderSchema>;

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const bootId = (): string => textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
/** Fields 3 and 22 of /proc/PID/stat; the name in field 2 may hold spaces and brackets. Empty where there are none. */
const statOf = (pid: number): { readonly state: string; readonly start: string } => {
  const fields = (textOf(`/proc/${pid}/stat`) ?? '').replace(/^.*\) /s, '').split(' ');
  return { state: fields[0] ?? '', start: fields[19] ?? '' };
};

const holderOf = (text: string | undefined): Holder | undefined => {
  try {
    const result = holderSchema.safeParse(JSON.parse(text ?? ''));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
};

const isAlive = (h: Holder): boolean => {
  // on another machine nobody here can tell
  if (h.host !== hostname()) return true;
  if (h.boot !== bootId()) return false;
  try {
    process.kill(h.pid, 0);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const { state, start } = statOf(h.pid);
  // a process that was killed keeps its number until its parent asks for it, which in a container may be never
  return h.start === start && state !== 'Z';
};

/** A lock that is held. */
export interface Lock {
  /** @throws io-locked when somebody took it over or removed it */
  check(): void;
  release(): void;
}

export const lockPath = (path: string): string => `${path}.lock`;

const locked = (path: string, h: Holder | undefined): SelError =>
  new SelError('io-locked', {
    file: path,
    field: WHAT,
    found: h === undefined ? 'a lock that is just being made' : `process ${h.pid} on ${h.host}, since ${h.since}`,
    expected: `nobody (if nobody has it open, remove ${lockPath(path)})`,
  });

/** Gives a finished lock file its name; false when the name is taken. */
const claim = (lock: string, text: string): boolean => {
  const temporary = `${lock}.${randomBytes(6).toString('hex')}`;
  writeFileSync(temporary, text, { flag: 'wx', mode: 0o600 });
  try {
    linkSync(temporary, lock);
    return true;
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(code)) throw e;
  } finally {
    rmSync(temporary, { force: true });
  }
  // FAT has no links
  try {
    writeFileSync(lock, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw e;
  }
};

const isOld = (lock: string): boolean => {
  const stat = lstatSync(lock, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > WRITING_MAX;
};

/** Takes a dead lock away, and no other: if somebody was faster, theirs is put back. */
const clear = (lock: string, seen: string | undefined): void => {
  const aside = `${lock}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(lock, aside);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw e;
  }
  if (textOf(aside) !== seen) linkSync(aside, lock);
  rmSync(aside, { force: true });
};

/**
 * Takes the lock of a file.
 * @param force take it from whoever has it: for a lock of another machine, when the user says that nobody has it open
 * @throws io-locked, io-denied, io-full, io-not-found
 */
export const takeLock = (path: string, force = false): Lock =>
  io(path, WHAT, () => {
    const lock = lockPath(path);
    const token = randomBytes(16).toString('hex');
    const { pid } = process;
    const mine: Holder = {
      pid,
      host: hostname(),
      boot: bootId(),
      start: statOf(pid).start,
      token,
      since: new Date().toISOString().slice(0, 19),
    };
    const text = `${JSON.stringify(mine)}\n`;
    for (let tries = 0; !claim(lock, text); tries++) {
      const seen = textOf(lock);
      const holder = holderOf(seen);
      const dead = holder ? !isAlive(holder) : seen === undefined || isOld(lock);
      if (tries > 3 || !(dead || force)) throw locked(path, holder);
      clear(lock, seen);
    }
    const isMine = (): boolean => textOf(lock) === text;
    return {
      check: () => {
        if (!isMine()) throw locked(path, holderOf(textOf(lock)));
      },
      release: () => {
        if (isMine()) rmSync(lock, { force: true });
      },
    };
  });

/** Names that takeLock leaves behind when it is killed. */
export const isLockRest = (name: string, base: string): boolean =>
  name.startsWith(`${base}.lock.`) && /^[0-9a-f]{12}$/.test(name.slice(base.length + '.lock.'.length));
