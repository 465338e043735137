/** A network of its own for a program: nothing leads out of it, and whatever is sent in it is counted. Root on Linux only. */
import { spawnSync } from 'node:child_process';

// every way leads back in: what is sent goes over the loopback interface, whose packets are counted
const SETUP = 'ip link set lo up && ip route add default dev lo && exec "$@"';

/** Tells the program that no other one sends here. */
export const ALONE = 'SELWRIGHT_ALONE';

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {{ command: string, args: string[], env: Record<string, string> }} the same, alone where that is possible here
 */
export const alone = (command, args) => {
  const wrapped = ['--net', 'sh', '-c', SETUP, 'sh'];
  const possible =
    process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('unshare', [...wrapped, 'true']).status === 0;
  return possible
    ? { command: 'unshare', args: [...wrapped, command, ...args], env: { [ALONE]: '1' } }
    : { command, args: [...args], env: {} };
};
