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

const NEXT = `
The way on, with DIR for the directory:
  selwright bundle build --policy DIR/policy.yaml --values DIR/values --hdr DIR/image/selhdr.bin
    -k DIR/host-keys/alpha.crt -k DIR/host-keys/beta.crt -C DIR/pki/signing.crt -C DIR/pki/intermediate.crt
    --crl DIR/pki/signing.crl --crl DIR/pki/intermediate.crl --crl DIR/pki/root.crl --root-ca DIR/pki/root.crt -o BUNDLE
  selwright bundle check BUNDLE --hdr DIR/image/selhdr.bin
  selwright boot BUNDLE --host DIR/hosts/alpha.json --image DIR/image/sel-ebc.img --report REPORT
  selwright report verify REPORT --expected BUNDLE/meta/expected.json`;

export const addSample = (program: Command): void => {
  const sample = program.command('sample').description('a made-up tenant to try everything with');
  sample
    .command('init')
    .argument('<dir>', 'directory to make; it must not exist')
    .option('--json', 'answer in JSON')
    .description('make a PKI, two simulated hosts, a generic image, a policy and its values')
    .addHelpText('after', NEXT)
    .action((directory: string, options: { json?: boolean }) => {
      const files = initSample(directory);
      if (options.json) sayJson({ ok: true, directory, files });
      else say(`The sample tenant is in ${directory}:\n${files.map((f) => `  ${f}`).join('\n')}`);
    });
};
