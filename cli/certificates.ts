/** The options about host keys and their certificates, spelled and combined as the tools of the reference have them. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { exists } from '../edge/files.ts';
import type { CertificateOptions } from './hostkeys.ts';
import { refuse } from './out.ts';

/** One or several files, with commas between unless a file has that very name. */
const files = (value: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  ...(exists(value) ? [value] : value.split(',')),
];

/** Adds them to a command. `--crt` is what the reference still takes for `--cert`. */
export const addCertificateOptions = (command: Command): Command =>
  command
    .option('-k, --host-key-document <file>', 'host-key document; may be given more than once', files)
    .option('-C, --cert <file>', 'certificate of the chain; may be given more than once', files)
    .addOption(new Option('--crt <file>').hideHelp())
    .on('option:crt', (value: string) => {
      command.setOptionValue('cert', files(value, command.getOptionValue('cert')));
    })
    .option('--crl <file>', 'certificate revocation list; may be given more than once', files)
    .option('--root-ca <file>', 'root certificate to trust; those of the system unless given')
    .option('--offline', 'accepted for compatibility: this program never uses the network')
    .option('--no-verify', 'use host keys without verification');

/** What pvsecret demands: one of --cert and --no-verify, not both, and the rest of the chain only with --cert. */
export const checkCertificateOptions = (o: CertificateOptions): void => {
  const certificates = (o.cert ?? []).length > 0;
  if ((o.hostKeyDocument ?? []).length === 0) refuse('no host-key document given: -k FILE');
  if (certificates && o.verify === false) refuse('--cert and --no-verify exclude each other');
  if (!certificates && o.verify !== false)
    refuse('give the certificates that verify the host keys with --cert FILE, or say --no-verify');
  for (const [given, name] of [
    [o.crl !== undefined, '--crl'],
    [o.offline === true, '--offline'],
    [o.rootCa !== undefined, '--root-ca'],
  ] as const)
    if (given && !certificates) refuse(`${name} goes with --cert only`);
};
