/** Saving on a full disk, without permission, by two programs at once: the last saved state is never lost. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SelError } from '../../core/errors.ts';
import type { Project } from '../../core/project/content.ts';
import { openProject } from '../../core/project/file.ts';
import { forgetValues } from '../../core/project/project.ts';
import { lockPath, takeLock } from '../../edge/lock.ts';
import { backupOf, type Disk, nodeDisk, ProjectStore } from '../../edge/project.ts';
import { CHEAP, env, fullProject, PASSPHRASE } from './fixture.ts';
import { large, makePlace, names, options, stateAt } from './place.ts';

const place = makePlace();
const { root, running } = place;
beforeAll(place.buildSaver);
afterAll(place.remove);

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
  return 'done';
};
const opened = (path: string, more: object = {}): { store: ProjectStore; project: Project } => {
  const o = ProjectStore.open(path, PASSPHRASE, { ...options, ...more });
  if (o.from === 'nothing') throw o.error;
  return o;
};
const SYSTEM: (keyof Disk)[] = ['create', 'write', 'flush', 'close', 'link', 'rename', 'openDirectory'];

/** A disk that fails at one call. */
const failing = (call: keyof Disk, nth: number, code: string): { disk: Disk; failed: () => boolean } => {
  let count = 0;
  let failed = false;
  const disk = Object.fromEntries(
    Object.entries(nodeDisk).map(([name, run]) => [
      name,
      (...args: unknown[]) => {
        if (name === call && count++ === nth) {
          failed = true;
          throw Object.assign(new Error(code), { code });
        }
        return (run as (...a: unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as Disk;
  return { disk, failed: () => failed };
};

describe('a disk that fails', () => {
  it.each([
    ['ENOSPC', 'io-full'],
    ['EDQUOT', 'io-full'],
    ['EACCES', 'io-denied'],
    ['EROFS', 'io-denied'],
    ['EIO', 'io-failed'],
  ])('%s at every step: a typed error and the old state, or, where it does not matter, the new one', (errno, code) => {
    const path = place.project(large());
    let failures = 0;
    for (const call of SYSTEM)
      for (let nth = 0; nth < 6; nth++) {
        const { disk, failed } = failing(call, nth, errno);
        const { store, project } = opened(path, { disk });
        const before = readFileSync(path);
        const got = codeOf(() => store.save(project));
        store.close();
        if (!failed()) break;
        // only flushing the directory may fail unseen: the file itself is on the disk by then
        if (got === 'done') expect(['openDirectory', 'flush', 'close']).toContain(call);
        else {
          failures++;
          expect(got, `${call} ${nth}`).toBe(code);
          expect(readFileSync(path).equals(before), `${call} ${nth}`).toBe(true);
        }
        expect(stateAt(path).id).toBe(project.id);
      }
    expect(failures).toBeGreaterThan(6);
    expect(names(path)).toEqual(['acme.selwright', 'acme.selwright.bak']);
  });

  it('without links, as on FAT, copies the backup', () => {
    for (const errno of ['EPERM', 'ENOTSUP']) {
      const path = place.project();
      const { store, project } = opened(path, { disk: failing('link', 0, errno).disk });
      const next = store.save(project);
      store.close();
      expect(stateAt(path).generation).toBe(next.generation);
      expect(stateAt(backupOf(path)).generation).toBe(project.generation);
      expect(names(path)).toEqual(['acme.selwright', 'acme.selwright.bak']);
    }
  });

  const canMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'none', root]).status === 0;
  if (canMount) spawnSync('umount', [root]);
  it.skipIf(!canMount)('that is really full, and one that is really read-only', () => {
    const directory = join(root, 'small');
    mkdirSync(directory);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=120k', 'none', directory]).status).toBe(0);
    try {
      const path = join(directory, 'acme.selwright');
      const store = ProjectStore.create(path, fullProject(), PASSPHRASE, options);
      const before = stateAt(path);
      expect(codeOf(() => store.save(large()))).toBe('io-full');
      expect(stateAt(path)).toEqual(before);
      const next = store.save(before);
      expect(stateAt(path).generation).toBe(next.generation);
      expect(spawnSync('mount', ['-o', 'remount,ro', directory]).status).toBe(0);
      expect(codeOf(() => store.save(next))).toBe('io-denied');
      expect(stateAt(path).generation).toBe(next.generation);
      expect(ProjectStore.read(path, PASSPHRASE).generation).toBe(next.generation);
      expect(spawnSync('mount', ['-o', 'remount,rw', directory]).status).toBe(0);
      store.close();
      expect(spawnSync('mount', ['-o', 'remount,ro', directory]).status).toBe(0);
      expect(codeOf(() => opened(path))).toBe('io-denied');
    } finally {
      spawnSync('umount', [directory]);
    }
  });
  it.skipIf(process.getuid?.() === 0)('a directory without permission', () => {
    const path = place.project();
    const { store, project } = opened(path);
    chmodSync(join(path, '..'), 0o500);
    expect(codeOf(() => store.save(project))).toBe('io-denied');
    chmodSync(join(path, '..'), 0o700);
    expect(stateAt(path).generation).toBe(project.generation);
    store.close();
  });
  if (!canMount) console.warn('\n*** SKIPPED: A DISK THAT IS REALLY FULL: NO PERMISSION TO MOUNT A SMALL ONE ***\n');
});

describe('the file and its backup', () => {
  it('are for their owner alone, and lie beside each other', () => {
    const path = place.project();
    const { store, project } = opened(path);
    store.save(project);
    store.close();
    expect(names(path)).toEqual(['acme.selwright', 'acme.selwright.bak']);
    for (const f of [path, backupOf(path)]) expect(statSync(f).mode & 0o777).toBe(0o600);
  });
  it('a new project replaces nothing', () => {
    const path = place.project();
    expect(codeOf(() => ProjectStore.create(path, fullProject(), PASSPHRASE, options))).toBe('io-exists');
    symlinkSync('nowhere', join(path, '..', 'link.selwright'));
    expect(codeOf(() => ProjectStore.create(join(path, '..', 'link.selwright'), fullProject(), PASSPHRASE, options))).toBe(
      'io-exists',
    );
    expect(codeOf(() => ProjectStore.create('/no/such/place.selwright', fullProject(), PASSPHRASE, options))).toBe(
      'io-not-found',
    );
    expect(names(path)).toEqual(['acme.selwright', 'link.selwright']);
  });
  it('a link to a project stays a link', () => {
    const path = place.project();
    const link = place.free('link');
    symlinkSync(path, link);
    const { store, project } = opened(link);
    expect(store.path).toBe(path);
    store.save(project);
    store.close();
    expect(stateAt(path).generation).toBe(2);
  });
  it('a file that somebody else changed is not replaced', () => {
    const path = place.project();
    const { store, project } = opened(path);
    const theirs = readFileSync(path);
    theirs[100] = (theirs[100] as number) ^ 1;
    writeFileSync(path, theirs);
    expect(codeOf(() => store.save(project))).toBe('io-changed');
    expect(readFileSync(path).equals(theirs)).toBe(true);
    expect(existsSync(backupOf(path))).toBe(false);
    rmSync(path);
    // one that is gone is simply written again
    expect(store.save(project).generation).toBe(2);
    store.close();
    expect(stateAt(path).generation).toBe(2);
  });
  it.each([
    ['a bit flipped', (b: Buffer) => Buffer.from(b.map((x, i) => (i === 5000 ? x ^ 1 : x))), 'wrong-passphrase'],
    ['cut short', (b: Buffer) => b.subarray(0, 1000), 'wrong-length'],
    ['empty', () => Buffer.alloc(0), 'empty'],
    ['overwritten', () => Buffer.from('something else entirely'), 'wrong-magic'],
  ])('%s: the backup opens, and the next save keeps what did not open', (_, damage, code) => {
    const path = place.project();
    const one = opened(path);
    one.store.save({ ...one.project, guest: 'two' });
    one.store.close();
    const damaged = damage(readFileSync(path));
    writeFileSync(path, damaged);
    const answer = ProjectStore.open(path, PASSPHRASE, options);
    expect(answer).toMatchObject({ from: 'nothing', backup: backupOf(path), generation: 1 });
    expect(answer.from === 'nothing' && answer.error.code).toBe(code);
    expect(existsSync(lockPath(path))).toBe(false);
    const { store, project } = ProjectStore.openBackup(path, PASSPHRASE, options);
    expect(project.audit.at(-1)?.event).toEqual({ kind: 'backup-used', generation: 1 });
    const next = store.save(project);
    store.save(next);
    store.close();
    expect(names(path)).toEqual(['acme.selwright', 'acme.selwright.bak', 'acme.selwright.unreadable']);
    expect(readFileSync(`${path}.unreadable`).equals(damaged)).toBe(true);
    expect([stateAt(path).generation, stateAt(backupOf(path)).generation]).toEqual([3, 2]);
  });
  it('neither opens: the error is the one of the file itself', () => {
    const path = place.project();
    expect(codeOf(() => ProjectStore.open(path, 'another passphrase', options))).toBe('wrong-passphrase');
    writeFileSync(backupOf(path), 'x');
    expect(codeOf(() => ProjectStore.open(path, 'another passphrase', options))).toBe('wrong-passphrase');
    expect(existsSync(lockPath(path))).toBe(false);
    expect(codeOf(() => ProjectStore.open(`${path}x`, PASSPHRASE, options))).toBe('io-not-found');
    expect(names(path)).toEqual(['acme.selwright', 'acme.selwright.bak']);
  });
  it('a missing file with a backup is told as one', () => {
    const path = place.project();
    const one = opened(path);
    one.store.save(one.project);
    one.store.close();
    rmSync(path);
    const answer = ProjectStore.open(path, PASSPHRASE, options);
    expect(answer).toMatchObject({ from: 'nothing', generation: 1 });
    expect(answer.from === 'nothing' && answer.error.code).toBe('io-not-found');
    const { store, project } = ProjectStore.openBackup(path, PASSPHRASE, options);
    store.save(project);
    store.close();
    expect(stateAt(path).generation).toBe(2);
    expect(names(path)).toEqual(['acme.selwright', 'acme.selwright.bak']);
  });
  it('under a new passphrase: the old one opens neither of them', () => {
    const path = place.project();
    const { store, project } = opened(path);
    const second = store.save(project);
    const third = store.changePassphrase(second, 'a new passphrase', CHEAP);
    for (const f of [path, backupOf(path)]) {
      expect(codeOf(() => openProject(readFileSync(f), PASSPHRASE))).toBe('wrong-passphrase');
      expect(openProject(readFileSync(f), 'a new passphrase').project.generation).toBe(third.generation);
    }
    expect(third.audit.at(-1)?.event).toEqual({ kind: 'passphrase-changed' });
    expect(store.save(third).generation).toBe(4);
    store.close();
    expect(openProject(readFileSync(path), 'a new passphrase').project.generation).toBe(4);
  });
  it('a passphrase that could not be changed is the old one', () => {
    const path = place.project();
    const { store, project } = opened(path, { disk: failing('rename', 0, 'ENOSPC').disk });
    expect(codeOf(() => store.changePassphrase(project, 'a new passphrase', CHEAP))).toBe('io-full');
    const next = store.save(project);
    store.close();
    expect(stateAt(path).generation).toBe(next.generation);
  });
  it('values that are forgotten are in neither of them', () => {
    const path = place.project();
    const { store, project } = opened(path);
    expect(stateAt(path).values.length).toBeGreaterThan(0);
    store.saveForgetting(forgetValues(project, env));
    store.close();
    for (const f of [path, backupOf(path)]) expect(stateAt(f).values).toEqual([]);
    // two files, not two names of one: what damages the one leaves the other
    writeFileSync(path, 'damaged in its place');
    expect(stateAt(backupOf(path)).generation).toBe(2);
  });
  it('a store that is closed writes nothing any more', () => {
    const path = place.project();
    const { store, project } = opened(path);
    store.close(project);
    store.close();
    expect(project.values.every((v) => v.value.every((b) => b === 0))).toBe(true);
    expect(codeOf(() => store.save(project))).toBe('conflict');
    expect(stateAt(path).generation).toBe(1);
  });
});

describe('two programs', () => {
  it('cannot have one project open: not in one process, not in two', async () => {
    const path = place.project();
    const { store } = opened(path);
    expect(codeOf(() => opened(path))).toBe('io-locked');
    expect(codeOf(() => ProjectStore.openBackup(path, PASSPHRASE, options))).toBe('io-locked');
    const other = await running(path, PASSPHRASE, 1, -1).end;
    expect(other.code).toBe(1);
    expect(other.err).toContain('io-locked');
    // looking is allowed
    expect(ProjectStore.read(path, PASSPHRASE).generation).toBe(1);
    store.close();
    expect((await running(path, PASSPHRASE, 1, -1).end).out).toContain('saved 2');
  });
  it('the lock of a process that is gone, or of an earlier start of the machine, is taken over', () => {
    const path = place.project();
    const dead = spawnSync(process.execPath, ['-e', '']).pid as number;
    const held = JSON.parse(readFileSync(lockOf(path), 'utf8'));
    for (const holder of [
      { ...held, pid: dead },
      { ...held, boot: 'another start' },
      { ...held, start: '1' },
    ]) {
      writeFileSync(lockPath(path), JSON.stringify(holder));
      opened(path).store.close();
      expect(existsSync(lockPath(path))).toBe(false);
    }
  });
  it('the lock of a process that was killed is taken over before its parent has asked for it', async ({ skip }) => {
    if (process.platform !== 'linux') skip('SKIPPED: /proc is of Linux');
    const path = place.project();
    const held = JSON.parse(readFileSync(lockOf(path), 'utf8'));
    // a shell that became another program does not ask for its child
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const pid = await new Promise<number>((said) => parent.stdout.once('data', (d) => said(Number(d))));
      const stat = () =>
        readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
      await vi.waitFor(() => expect(stat()[0]).toBe('Z'), { timeout: 60_000 });
      writeFileSync(lockPath(path), JSON.stringify({ ...held, pid, start: stat()[19] }));
      opened(path).store.close();
      expect(existsSync(lockPath(path))).toBe(false);
    } finally {
      parent.kill('SIGKILL');
    }
  });
  it('the lock of another machine, and one that is just being written, are respected', () => {
    const path = place.project();
    const held = JSON.parse(readFileSync(lockOf(path), 'utf8'));
    writeFileSync(lockPath(path), JSON.stringify({ ...held, host: `${hostname()}-other` }));
    expect(codeOf(() => opened(path))).toBe('io-locked');
    opened(path, { force: true }).store.close();
    writeFileSync(lockPath(path), '{"pid"');
    expect(codeOf(() => opened(path))).toBe('io-locked');
    rmSync(lockPath(path));
  });
  it('whose lock was taken away does not write', () => {
    const path = place.project();
    const mine = opened(path);
    const theirs = opened(path, { force: true });
    expect(codeOf(() => mine.store.save(mine.project))).toBe('io-locked');
    expect(theirs.store.save(theirs.project).generation).toBe(2);
    mine.store.close();
    expect(existsSync(lockPath(path))).toBe(true);
    theirs.store.close();
    expect(existsSync(lockPath(path))).toBe(false);
  });
  it('rests of other projects and other files are left alone', () => {
    const path = place.project();
    const directory = join(path, '..');
    const rest = `.${basename(path)}.0123456789ab.tmp`;
    const others = ['.other.selwright.0123456789ab.tmp', `${basename(path)}.lock.txt`, `.${basename(path)}.notes.tmp`];
    for (const n of [rest, `${basename(path)}.lock.0123456789ab`, ...others]) writeFileSync(join(directory, n), 'x');
    linkSync(path, join(directory, 'copy.selwright'));
    opened(path).store.close();
    expect(names(path)).toEqual(['acme.selwright', 'copy.selwright', ...others].sort());
  });
});

/** A copy of the lock file that an open project has. */
const lockOf = (path: string): string => {
  const lock = takeLock(path);
  const copy = place.free('lock');
  writeFileSync(copy, readFileSync(lockPath(path)));
  lock.release();
  return copy;
};
