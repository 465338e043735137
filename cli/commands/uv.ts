/**
 * `uv`: the calls of /dev/uv on a simulated guest whose state was saved by `boot --state`. Options as `pvsecret` and `pvattest
 * perform` have them, so that scripts written for those can be tried here.
 */
import type { Command } from 'commander';
import { type Bytes, hex, unhex, utf8, wipe } from '../../core/bytes.ts';
import { inFile } from '../../core/errors.ts';
import { attestWith } from '../../core/guestsim/kit.ts';
import { findById, findByName, LIST_MAX, listAll, type SeenList } from '../../core/guestsim/store.ts';
import { writePem } from '../../core/hostkey/pem.ts';
import { REQUEST_MAX } from '../../core/request/asrcb.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { readInfoYaml } from '../../core/secret/info.ts';
import { kindOfType } from '../../core/secret/kinds.ts';
import { type ListEntry, listAsText, listAsYaml, type SecretList, writeList } from '../../core/secret/list.ts';
import { readPlaintext } from '../../core/secret/secret.ts';
import { RC_OK, showRc, type UvCall } from '../../core/uvsim/codes.ts';
import { DUMP_MAX, openDump } from '../../core/uvsim/dump.ts';
import { restoreGuest, STATE_MAX, saveGuest } from '../../core/uvsim/state.ts';
import type { UltravisorGuest } from '../../core/uvsim/ultravisor.ts';
import { nodeEnv } from '../../edge/env.ts';
import { readFile, writeFile } from '../../edge/files.ts';
import { uvSays } from '../../words/uv.ts';
import { readExact } from '../exact.ts';
import { Done, EXIT, refuse, say, sayJson, warn } from '../out.ts';
import { readInputOrStdin, STDIN_OUT, writeStdout } from '../streams.ts';

interface StateOption {
  readonly state: string;
}
interface OutputOption {
  readonly output?: string;
}

const STATE = 'simulated guest';

const load = (o: StateOption): UltravisorGuest => {
  const bytes = readFile(o.state, STATE, STATE_MAX);
  return inFile(o.state, () => restoreGuest(bytes, nodeEnv));
};

/** Writes the state of a guest. It holds secrets in the clear: only its owner reads it. */
export const saveState = (path: string, guest: UltravisorGuest, overwrite: boolean): void => {
  const bytes = saveGuest(guest);
  writeFile(path, bytes, STATE, { overwrite, mode: 0o600 });
  wipe(bytes);
};
const save = (o: StateOption, guest: UltravisorGuest): void => saveState(o.state, guest, true);

/** The answer of the ultravisor is no: said in its own number and in words. */
const checkRc = (call: UvCall, rc: number): void => {
  if (rc === RC_OK) return;
  warn(`selwright: Ultravisor: ${uvSays(call, rc)} (${showRc(rc)})`);
  throw new Done(EXIT.no);
};

/** A result to a file or, as `-`, to standard output. A file that is there is replaced, as the tools of the reference do. */
const put = (path: string, bytes: Bytes, what: string, mode = 0o644): void =>
  path === STDIN_OUT ? writeStdout(bytes, what) : writeFile(path, bytes, what, { overwrite: true, mode });

const seen = (list: SeenList): SecretList => ({ total: list.total, next: list.entries.length, entries: list.entries });

const FORMATS: Record<string, (list: SecretList) => Bytes> = {
  human: (l) => utf8(listAsText(l)),
  yaml: (l) => utf8(listAsYaml(l)),
  bin: writeList,
};

const list = (file: string | undefined, o: StateOption & OutputOption & { format: string }): void => {
  const write = FORMATS[o.format] ?? refuse(`--format ${o.format} is not known: ${Object.keys(FORMATS).join(', ')}`);
  const all = listAll(load(o));
  if (all.total > all.entries.length)
    warn(`selwright: the store has ${all.total} secrets; the tools of the reference see the first ${LIST_MAX}`);
  put(o.output ?? file ?? STDIN_OUT, write(seen(all)), 'secret list');
};

const add = (file: string, o: StateOption & { force?: boolean }): void => {
  const guest = load(o);
  const bytes = readInputOrStdin(file, 'add-secret request', REQUEST_MAX);
  const { id } = inFile(file, () => parseRequest(bytes));
  if (!o.force && id && findById(listAll(guest), id))
    refuse(`the store has a secret with the id 0x${hex(id)} already: --force adds it all the same`);
  checkRc('add', guest.add(bytes));
  save(o, guest);
};

const lock = (o: StateOption): void => {
  const guest = load(o);
  checkRc('lock', guest.lock());
  save(o, guest);
};

interface RetrieveOptions extends StateOption, OutputOption {
  readonly input?: string;
  readonly inform: string;
  readonly outform: string;
}

/** Which secret is meant, in each of the ways `pvsecret retrieve` knows. */
const FINDERS: Record<string, (list: SeenList, given: string) => ListEntry | undefined> = {
  yaml: (l, given) => {
    const bytes = readFile(given, 'secret info', 64 * 1024);
    return findById(l, inFile(given, () => readInfoYaml(bytes)).id);
  },
  hex: (l, given) => findById(l, unhex(given.replace(/^0x/, ''), 'secret id', 32)),
  name: findByName,
  idx: (l, given) => l.entries.find((e) => String(e.index) === given),
};

const retrieve = (id: string | undefined, file: string | undefined, o: RetrieveOptions): void => {
  const given = o.input ?? id ?? refuse('no secret named: its id, name or index');
  const find = FINDERS[o.inform] ?? refuse(`--inform ${o.inform} is not known: ${Object.keys(FINDERS).join(', ')}`);
  if (!['pem', 'bin'].includes(o.outform)) refuse(`--outform ${o.outform} is not known: pem, bin`);
  const guest = load(o);
  const entry = find(listAll(guest), given);
  if (entry === undefined) {
    warn(`selwright: the secret store has no secret ${given}`);
    throw new Done(EXIT.no);
  }
  const { rc, data } = guest.retrieve(entry.index);
  checkRc('retrieve', rc);
  const row = kindOfType(entry.type);
  const plain = row?.kind === 'plaintext';
  const value = plain ? readPlaintext(data, 'secret') : data;
  const out =
    o.outform === 'bin' ? value : utf8(withKind(plain ? 'PLAINTEXT SECRET' : 'IBM PROTECTED KEY', row?.label ?? '', value));
  put(o.output ?? file ?? STDIN_OUT, out, 'retrieved secret', 0o600);
  wipe(data, value);
  save(o, guest);
};

/** PEM with one header line that names the kind. */
const withKind = (label: string, kind: string, value: Bytes): string =>
  writePem(label, value).replace('\n', `\nkind: ${kind}\n\n`);

const attest = (
  input: string | undefined,
  output: string | undefined,
  o: StateOption & { input?: string; output?: string; userData?: string },
): void => {
  const from = o.input ?? input ?? refuse('no attestation request given');
  const to = o.output ?? output ?? refuse('no file for the response given');
  const guest = load(o);
  const request = readInputOrStdin(from, 'attestation request', REQUEST_MAX);
  const userData = o.userData === undefined ? new Uint8Array(0) : readFile(o.userData, 'user data', REQUEST_MAX);
  const response = attestWith(guest, request, userData);
  if (response === undefined) {
    warn('selwright: the request is none, or the ultravisor does not answer it');
    throw new Done(EXIT.no);
  }
  put(to, response, 'attestation response');
};

const query = (o: StateOption & { json?: boolean }): void => {
  const files = load(o).query();
  if (o.json) sayJson({ ok: true, query: files });
  else
    say(
      Object.entries(files)
        .map(([name, content]) => `${name}: ${content}`)
        .join('\n'),
    );
};

const dump = (output: string, o: StateOption): void => {
  const guest = load(o);
  if (!guest.startDump()) {
    warn('selwright: this guest may not be dumped: the header does not allow it, or a request forbade it');
    throw new Done(EXIT.no);
  }
  put(output, guest.finishDump(), 'dump');
};

const showDump = (file: string, o: { cck: string } & OutputOption): void => {
  const bytes = readFile(file, 'dump', DUMP_MAX);
  const cck = readExact(o.cck, 'CCK', 32);
  try {
    put(
      o.output ?? STDIN_OUT,
      inFile(file, () => openDump(bytes, cck)),
      'memory of the guest',
      0o600,
    );
  } finally {
    wipe(cck);
  }
};

export const addUv = (program: Command): void => {
  const uv = program.command('uv').description('a simulated guest whose state was saved: the calls of its ultravisor');
  const on = (name: string, description: string): Command =>
    uv.command(name).description(description).requiredOption('--state <file>', 'saved guest, as "boot --state" writes it');
  on('query', 'limits of the machine, as /sys/firmware/uv/query shows them').option('--json', 'answer in JSON').action(query);
  on('list', 'as "pvsecret list"')
    .argument('[file]', 'where the list goes; standard output unless given')
    .option('-o, --output <file>', 'the same')
    .option('--format <format>', `form to write: ${Object.keys(FORMATS).join(', ')}`, 'human')
    .action(list);
  on('add', 'as "pvsecret add"')
    .argument('<request>', 'add-secret request; - is standard input')
    .option('-f, --force', 'also when there is a secret with this id')
    .action(add);
  on('lock', 'as "pvsecret lock"').action(lock);
  on('retrieve', 'as "pvsecret retrieve"')
    .argument('[id]', 'the secret, in the form of --inform')
    .argument('[file]', 'where its value goes; standard output unless given')
    .option('-i, --input <id>', 'the secret, in the form of --inform')
    .option('-o, --output <file>', 'where its value goes')
    .option('--inform <form>', `${Object.keys(FINDERS).join(', ')}`, 'yaml')
    .option('--outform <form>', 'pem, bin', 'pem')
    .action(retrieve);
  on('attest', 'as "pvattest perform"')
    .argument('[input]', 'attestation request')
    .argument('[output]', 'where the response goes')
    .option('-i, --input <file>', 'attestation request')
    .option('-o, --output <file>', 'where the response goes')
    .option('-u, --user-data <file>', 'up to 256 bytes that the response shall be bound to')
    .action(attest);
  on('dump', 'the host dumps the guest: its memory, encrypted with the CCK in force')
    .argument('<output>', 'where the dump goes')
    .action(dump);
  uv.command('open-dump')
    .description('open a dump of a simulated guest: what a holder of the CCK sees')
    .argument('<dump>', 'dump')
    .requiredOption('--cck <file>', 'customer communication key, 32 bytes')
    .option('-o, --output <file>', 'where the memory goes; standard output unless given')
    .action(showDump);
};
