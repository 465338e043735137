/** `commands`: what the tools of the reference would be told to do the same. */
import type { Command } from 'commander';
import { inFile } from '../../core/errors.ts';
import { readPolicy } from '../../core/policy/document.ts';
import { exists, fileSize, readFile } from '../../edge/files.ts';
import { commandsText, referenceCommands } from '../../words/commands.ts';
import { addCertificateOptions, checkCertificateOptions } from '../certificates.ts';
import type { CertificateOptions } from '../hostkeys.ts';
import { say, sayJson } from '../out.ts';

interface CommandsOptions extends CertificateOptions {
  readonly policy: string;
  readonly values: string;
  readonly hdr: string;
  readonly cck?: string;
  readonly json?: boolean;
}

const POLICY_MAX = 1024 * 1024;

const show = (o: CommandsOptions): void => {
  checkCertificateOptions(o);
  const policy = inFile(o.policy, () => readPolicy(readFile(o.policy, 'policy', POLICY_MAX)));
  const there = policy.secrets.filter((s) => exists(`${o.values}/${s.name}`));
  const parts = referenceCommands({
    policy,
    hostKeys: o.hostKeyDocument ?? [],
    certs: o.cert ?? [],
    crls: o.crl ?? [],
    rootCa: o.rootCa,
    header: o.hdr,
    values: o.values,
    cck: o.cck,
    optional: new Set(there.map((s) => s.name)),
    keySizes: new Map(
      there.filter((s) => s.type === 'aes-xts').map((s) => [s.name, fileSize(`${o.values}/${s.name}`, `value of ${s.name}`)]),
    ),
  });
  if (o.json) sayJson({ ok: true, parts });
  else say(commandsText(parts));
};

export const addCommands = (program: Command): void => {
  addCertificateOptions(
    program.command('commands').description('show the commands of pvsecret, pvattest, pvebc and cryptsetup that do the same'),
  )
    .requiredOption('--policy <file>', 'personalization policy, YAML')
    .requiredOption('--values <dir>', 'directory with one file a secret, named as the secret')
    .requiredOption('--hdr <file>', 'SE header, or an image that holds one')
    .option('--cck <file>', "the image's CCK, for a policy whose extension secret is derived from it")
    .option('--json', 'answer in JSON')
    .action(show);
};
