/** `secret list`: the ultravisor's list of secrets, in every form `pvsecret list` has. */
import type { Command } from 'commander';
import { hex, utf8 } from '../../core/bytes.ts';
import { inFile } from '../../core/errors.ts';
import { listAsText, listAsYaml, readAnyList, type SecretList, typeLabel, writeList } from '../../core/secret/list.ts';
import { showId } from '../../core/secret/secret.ts';
import { writeTogether } from '../../edge/together.ts';
import { EXIT, refuse, sayJson, warn } from '../out.ts';
import { readInputOrStdin, STDIN_OUT, writeStdout } from '../streams.ts';

interface ListOptions {
  readonly format: string;
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

const MAX = 4 * 1024 * 1024;

const FORMATS: Record<string, (list: SecretList) => Uint8Array> = {
  human: (l) => utf8(listAsText(l)),
  yaml: (l) => utf8(listAsYaml(l)),
  bin: writeList,
};

const list = (file: string, o: ListOptions): void => {
  const write = FORMATS[o.format] ?? refuse(`--format ${o.format} is not known: ${Object.keys(FORMATS).join(', ')}`);
  const { output = STDIN_OUT } = o;
  if (o.json && output !== STDIN_OUT) refuse('--json and -o exclude each other');
  const bytes = readInputOrStdin(file, 'secret list', MAX);
  const secrets = inFile(file, () => readAnyList(bytes));
  process.exitCode = EXIT.good;
  if (secrets.entries.length < secrets.total)
    warn(`selwright: ${file}: the store has ${secrets.total} secrets, ${secrets.entries.length} of them are in this list`);
  if (o.json) {
    sayJson({
      ok: true,
      total: secrets.total,
      next: secrets.next,
      secrets: secrets.entries.map((e) => ({
        index: e.index,
        type: e.type,
        kind: typeLabel(e.type),
        length: e.length,
        id: hex(e.id),
        shown: showId(e.id),
      })),
    });
    return;
  }
  if (output === STDIN_OUT) writeStdout(write(secrets), 'secret list');
  else writeTogether([{ path: output, bytes: write(secrets), what: 'secret list', how: o.overwrite ? 'replace' : 'new' }]);
};

export const addSecret = (program: Command): void => {
  program
    .command('secret')
    .description('lists of secrets')
    .command('list')
    .description('show a list that "pvsecret list" wrote, binary or YAML, in the forms of "pvsecret list"')
    .argument('<file>', 'the list; - is standard input')
    .option('--format <format>', `form to write: ${Object.keys(FORMATS).join(', ')}`, 'human')
    .option('-o, --output <file>', 'where it goes; standard output unless given')
    .option('--overwrite', 'replace the file when it exists')
    .option('--json', 'answer in JSON')
    .action((file: string, o: ListOptions) => list(file, o));
};
