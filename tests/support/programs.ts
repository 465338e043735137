/** Programs of this machine that tests compare with, when they are there. */
import { spawnSync } from 'node:child_process';
import { it } from 'vitest';

const have = (program: string, ...args: string[]): boolean => spawnSync(program, args).error === undefined;

export const haveOpenssl = have('openssl', 'version');
export const haveSshKeygen = have('ssh-keygen', '-?');
export const havePdftotext = have('pdftotext', '-v');

/** Runs a program. @returns its standard output @throws with what it said when it fails */
export const run = (program: string, args: readonly string[], input?: Uint8Array): Buffer => {
  const r = spawnSync(program, args, input ? { input } : {});
  if (r.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${r.stderr}`);
  return r.stdout;
};

/** A test that needs a program, and complains in capitals when it is not there. */
export const itWith = (present: boolean, program: string, name: string, body: () => void): void => {
  if (present) it(name, body);
  else {
    console.warn(`\n*** SKIPPED: ${name}: NO ${program} ON THIS MACHINE ***\n`);
    it.skip(name, body);
  }
};
