/**
 * Puts on the disk what was written without being flushed file by file. A flush takes milliseconds, whatever its size, and a bundle
 * with its record is some forty files: many bundles are flushed at once instead, before anybody is told that they are done.
 */
import { execFile } from 'node:child_process';
import { lstat, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether the system has a `sync` that flushes the file systems of the paths it is given: coreutils and busybox do. */
let haveSync = process.platform === 'linux';

const flushOne = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Files first, then the directories that name them. Links lead elsewhere and are passed over. */
const flushTree = async (path: string): Promise<void> => {
  const stat = await lstat(path);
  if (stat.isDirectory()) for (const name of await readdir(path)) await flushTree(join(path, name));
  if (stat.isDirectory() || stat.isFile()) await flushOne(path);
};

/**
 * Returns when everything in these directories, and the directories' own names, are on the disk.
 * @param oneByOne for tests: never asks the system to flush all at once
 */
export const flushTrees = async (directories: readonly string[], oneByOne = !haveSync): Promise<void> => {
  if (directories.length === 0) return;
  if (!oneByOne)
    try {
      await run('sync', ['-f', '--', ...new Set(directories.map(dirname))]);
      return;
    } catch {
      haveSync = false;
    }
  for (const d of directories) await flushTree(d);
  for (const d of new Set(directories.map(dirname))) await flushOne(d);
};
