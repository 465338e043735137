/**
 * Programs that are needed beyond npm. They are found on this machine; or, as root on a machine with apt, installed after
 * saying so; or named precisely, so that somebody can install them.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Path of a program on PATH (and in the sbin directories, where users do not look), or undefined. */
export const findProgram = (name) => {
  for (const directory of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here
    }
  }
  return undefined;
};

const apt = (...args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });

/**
 * Makes sure that programs are there.
 * @param {{ program: string, package: string, why: string, here?: () => boolean }[]} wanted `here` looks elsewhere than on PATH
 * @returns {string[]} the programs that are still missing
 */
export const need = (wanted) => {
  const missing = () => wanted.filter((w) => !(w.here?.() ?? findProgram(w.program) !== undefined));
  let open = missing();
  if (open.length > 0 && process.getuid?.() === 0 && findProgram('apt-get')) {
    const packages = [...new Set(open.map((w) => w.package))];
    console.log(`Installing through apt, as this is root: ${packages.join(', ')} (${open.map((w) => w.why).join('; ')})`);
    apt('update');
    apt('install', '-y', '--no-install-recommends', ...packages);
    open = missing();
  }
  for (const w of open)
    console.error(
      `Missing: ${w.program} (${w.why}). Install the package "${w.package}", for example: apt-get install ${w.package}`,
    );
  return open.map((w) => w.program);
};
