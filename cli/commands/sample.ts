/** `sample init DIR`: a tenant to try everything with. */
import type { Command } from 'commander';
import { makeSampleTenant, sampleTenantFiles } from '../../core/sample/tenant.ts';
import { nodeEnv } from '../../edge/env.ts';
import { writeTree } from '../../edge/files.ts';
import { samplePkiKeys } from '../../edge/keys.ts';
import { say, sayJson } from '../out.ts';

/** Values and simulated hosts are for their owner only. */
const modeOf = (path: string): number => (/^(values|hosts)\//.test(path) ? 0o600 : 0o644);

/** Writes a sample tenant to a directory that does not exist yet. */
export const initSample = (directory: string): string[] => {
  const files = sampleTenantFiles(makeSampleTenant(samplePkiKeys(), nodeEnv));
  writeTree(directory, files, 'sample tenant', modeOf);
  return files.map((f) => f.path);
};

export const addSample = (program: Command): void => {
  const sample = program.command('sample').description('a made-up tenant to try everything with');
  sample
    .command('init')
    .argument('<dir>', 'directory to make')
    .option('--json', 'answer in JSON')
    .description('make a PKI, two simulated hosts, a generic image, a policy and its values')
    .action((directory: string, options: { json?: boolean }) => {
      const files = initSample(directory);
      if (options.json) sayJson({ ok: true, directory, files });
      else say(`The sample tenant is in ${directory}:\n${files.map((f) => `  ${f}`).join('\n')}`);
    });
};
