/** `request`: add-secret requests. */
import type { Command } from 'commander';
import { addCreate } from './request-create.ts';
import { addVerify } from './request-verify.ts';

export { addCertificateOptions } from '../certificates.ts';

export const addRequest = (program: Command): void => {
  const request = program.command('request').description('add-secret requests');
  addCreate(request);
  addVerify(request);
};
