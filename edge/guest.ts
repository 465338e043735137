/** Whether this very system is an IBM Secure Execution guest: a request made there would be made where its secret is used. */
import { existsSync } from 'node:fs';
import { readFile } from './files.ts';

const SYSFS = '/sys/firmware/uv/prot_virt_guest';

/** @param path sysfs entry; tests give another */
export const isSecureExecutionGuest = (path = SYSFS): boolean => {
  if (!existsSync(path)) return false;
  return new TextDecoder().decode(readFile(path, 'state of this system', 64)).trim() === '1';
};
