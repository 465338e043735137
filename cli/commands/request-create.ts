/** `request create`: the options and sub-commands of `pvsecret create` 2.43, so that a script can swap the tool's name. */
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { checkReferenceName, makeReference, readReference } from '../../core/bundle/reference.ts';
import { type Bytes, hex, padRight, wipe } from '../../core/bytes.ts';
import { inFile, SelError } from '../../core/errors.ts';
import type { ImageTags } from '../../core/image/tags.ts';
import { EXTENSION_SECRET_SIZE, HOST_KEYS_MAX, USER_DATA_SIZE } from '../../core/request/asrcb.ts';
import { buildRequest, freshRequestKeys, wipeRequestKeys } from '../../core/request/build.ts';
import { CUID_FILE_MAX, cuidFromHex, readCuid } from '../../core/request/cuid.ts';
import { CCK_SIZE, deriveExtensionSecret } from '../../core/request/extension.ts';
import { flagsOfHex, flagsOfNames, REQUEST_FLAGS } from '../../core/request/flags.ts';
import { checkUserData, type UserData } from '../../core/request/userdata.ts';
import { infoYaml } from '../../core/secret/info.ts';
import { KEY_FILE_MAX } from '../../core/secret/keyfile.ts';
import { kindRow } from '../../core/secret/kinds.ts';
import { nodeEnv } from '../../edge/env.ts';
import { readFile } from '../../edge/files.ts';
import { isSecureExecutionGuest } from '../../edge/guest.ts';
import { readUserSigner } from '../../edge/keys.ts';
import { writeTogether } from '../../edge/together.ts';
import { explain } from '../../words/errors.ts';
import { addCertificateOptions, checkCertificateOptions } from '../certificates.ts';
import { readHeader } from '../header.ts';
import { type CertificateOptions, loadHostKeys } from '../hostkeys.ts';
import { EXIT, refuse, say, sayJson, warn } from '../out.ts';
import { readInput, STDIN_OUT, writeStdout } from '../streams.ts';
import { checkExisting, checkPlaces, outputsOf, pendingFiles } from './request-outputs.ts';
import { readExactInput, secretFor, TYPES, type Wanted } from './request-secret.ts';

interface CreateOptions extends CertificateOptions {
  readonly hdr: string;
  readonly output: string;
  readonly force?: boolean;
  readonly extensionSecret?: string;
  readonly cck?: string;
  readonly cuid?: string;
  readonly cuidHex?: string;
  readonly flags?: string[];
  readonly pcf?: string;
  readonly userData?: string;
  readonly userSignKey?: string;
  readonly useName?: boolean;
  readonly policy?: string;
  readonly tocPolicy?: string;
  readonly overwrite?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const MAX = 64 * 1024;
const POLICY_FILE_MAX = 16 * 1024 * 1024;

/** What an option says, read: a mistake in it is wrong use, not unreadable input. */
const option = <T>(read: () => T): T => {
  try {
    return read();
  } catch (e) {
    if (e instanceof SelError) return refuse(explain(e.code, e.facts).what);
    throw e;
  }
};

const excludes = (o: CreateOptions, a: keyof CreateOptions, b: keyof CreateOptions, reason = ''): void => {
  const flag = (k: string): string => `--${k.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
  if (o[a] !== undefined && o[b] !== undefined) refuse(`${flag(a)} and ${flag(b)} exclude each other${reason}`);
};

/** Combinations that cannot be, and those the reference takes without a word although they cannot end well. */
const checkOptions = (o: CreateOptions): void => {
  excludes(o, 'extensionSecret', 'cck');
  excludes(o, 'cuid', 'cuidHex');
  excludes(o, 'pcf', 'flags');
  excludes(o, 'policy', 'userData', ': both are the user data of the request');
  excludes(o, 'policy', 'userSignKey', ': a signed request has no room for the reference to a policy, which would be left out');
  excludes(o, 'tocPolicy', 'userSignKey', ': the early boot of a guest fails on a signed request');
  if (o.policy !== undefined && o.policy === o.tocPolicy)
    refuse(`${o.policy} is both: its hash would be in the request before the tag of the request is in it`);
  if (o.tocPolicy !== undefined && (o.cuid !== undefined || o.cuidHex !== undefined))
    warn('selwright: a configuration UID exists only after the start: a guest cannot take this request while it boots');
  if (!o.force && isSecureExecutionGuest())
    refuse(
      'this is an IBM Secure Execution guest: do not make requests where their secrets will be used. -f does it all the same.',
    );
};

/** The 512 bytes are not a policy reference, which a guest's early boot takes them for. */
const isFreeText = (bytes: Bytes): boolean => {
  try {
    const ref = readReference(padRight(bytes, USER_DATA_SIZE, 'user data'));
    return ref !== undefined && (ref.name === '' || ref.name.includes('..') || ref.name.startsWith('/'));
  } catch {
    return true;
  }
};

const userDataOf = (o: CreateOptions): UserData | undefined => {
  if (o.policy !== undefined) {
    const { policy } = o;
    inFile(policy, () => checkReferenceName(policy));
    const content = readFile(policy, 'policy file', POLICY_FILE_MAX);
    const bytes = inFile(policy, () => makeReference(policy, content));
    return { kind: 'unsigned', bytes };
  }
  if (o.userData === undefined && o.userSignKey === undefined) return undefined;
  const bytes = o.userData === undefined ? new Uint8Array(0) : readInput(o.userData, 'user data', MAX);
  if (o.userData !== undefined && bytes.length === 0) warn(`selwright: ${o.userData} is empty: the user data have no bytes`);
  const signer = o.userSignKey === undefined ? undefined : signerOf(o.userSignKey);
  const userData: UserData = signer ? { ...signer, bytes } : { kind: 'unsigned', bytes };
  if (o.userData !== undefined) inFile(o.userData, () => checkUserData(userData.kind, bytes));
  if (o.tocPolicy !== undefined && isFreeText(bytes))
    refuse('--user-data with --toc-policy: the early boot of a guest takes user data for the reference to a policy, and fails');
  return userData;
};

const signerOf = (path: string): ReturnType<typeof readUserSigner> => {
  const bytes = readInput(path, 'user signing key', KEY_FILE_MAX);
  try {
    return inFile(path, () => readUserSigner(bytes));
  } finally {
    wipe(bytes);
  }
};

const cuidOf = (o: CreateOptions): Bytes | undefined => {
  const { cuid, cuidHex } = o;
  if (cuidHex !== undefined) return option(() => cuidFromHex(cuidHex));
  if (cuid === undefined) return undefined;
  const bytes = readInput(cuid, 'configuration UID', CUID_FILE_MAX);
  return inFile(cuid, () => readCuid(bytes));
};

const flagsOf = (o: CreateOptions): bigint => {
  const { pcf, flags } = o;
  return pcf !== undefined ? option(() => flagsOfHex(pcf)) : option(() => flagsOfNames(flags ?? []));
};

const extensionOf = (o: CreateOptions, image: ImageTags): Bytes | undefined => {
  if (o.extensionSecret !== undefined) return readExactInput(o.extensionSecret, 'extension secret', EXTENSION_SECRET_SIZE);
  if (o.cck === undefined) return undefined;
  const cck = readExactInput(o.cck, 'CCK', CCK_SIZE);
  const derived = deriveExtensionSecret(cck, image.tag);
  wipe(cck);
  return derived;
};

/** Every file that is read, so that none is written over. */
const inputsOf = (o: CreateOptions, w: Wanted): (string | undefined)[] => [
  o.hdr,
  ...(o.hostKeyDocument ?? []),
  ...(o.cert ?? []),
  ...(o.crl ?? []),
  o.rootCa,
  o.extensionSecret,
  o.cck,
  o.cuid,
  o.userData,
  o.userSignKey,
  o.policy,
  w.kind === 'retrievable' || w.kind === 'update-cck' ? w.secret : undefined,
  w.kind === 'association' ? w.inputSecret : undefined,
];

const create = (o: CreateOptions, wanted: Wanted, stdout: boolean): void => {
  checkCertificateOptions(o);
  checkOptions(o);
  const name = 'name' in wanted ? wanted.name : undefined;
  const out = outputsOf(o, wanted, stdout);
  if (o.json && (out.request === STDIN_OUT || out.secret === STDIN_OUT))
    refuse('--json and an output to - exclude each other: both are standard output');
  checkPlaces(out, inputsOf(o, wanted));
  checkExisting(out, name, o.overwrite === true);
  const cuid = cuidOf(o);
  const flags = flagsOf(o);
  const hostKeys = loadHostKeys(o, nodeEnv.now());
  if (hostKeys.length > HOST_KEYS_MAX) refuse(`${hostKeys.length} host keys: a request has room for ${HOST_KEYS_MAX}`);
  const { header } = readHeader(o.hdr);
  const userData = userDataOf(o);
  const keys = freshRequestKeys(nodeEnv);
  const secrets: (Bytes | undefined)[] = [];
  try {
    const secret = secretFor(wanted, o.useName === true);
    secrets.push(secret.value);
    const extensionSecret = extensionOf(o, header.image);
    secrets.push(extensionSecret);
    const request = buildRequest(
      {
        hostKeys: hostKeys.map((k) => k.document.publicKey),
        image: header.image,
        secret,
        extensionSecret,
        flags,
        cuid,
        userData,
      },
      keys,
    );
    const info = secret.id && name !== undefined ? infoYaml(kindRow(secret.kind), name, secret.id) : undefined;
    writeTogether(pendingFiles(out, { request, info, secret: secret.value }, o.overwrite === true));
    if (out.secret === STDIN_OUT) writeStdout(secret.value, 'association secret');
    if (out.request === STDIN_OUT) writeStdout(request, 'add-secret request');
    report(o, { request, kind: secret.kind, id: secret.id, info, infoFile: out.info, hosts: hostKeys.length, userData });
  } finally {
    wipeRequestKeys(keys);
    wipe(...secrets);
  }
};

interface Made {
  readonly request: Bytes;
  readonly kind: string;
  readonly id: Bytes | undefined;
  readonly info: string | undefined;
  readonly infoFile: string | undefined;
  readonly hosts: number;
  readonly userData: UserData | undefined;
}

const report = (o: CreateOptions, m: Made): void => {
  const tag = hex(m.request.slice(-16));
  process.exitCode = EXIT.good;
  if (o.json) {
    sayJson({
      ok: true,
      request: o.output,
      tag,
      kind: m.kind,
      id: m.id ? hex(m.id) : null,
      info: m.infoFile ?? null,
      hosts: m.hosts,
      userData: m.userData?.kind ?? 'none',
    });
    return;
  }
  // the reference prints the hash of the policy, and scripts may read it
  if (o.policy !== undefined && o.output !== STDIN_OUT && m.userData) say(hex(m.userData.bytes.subarray(0, 32)));
  if (m.info !== undefined && m.infoFile === undefined) say(m.info);
  if (o.quiet) return;
  warn(`selwright: wrote ${o.output === STDIN_OUT ? 'the request' : basename(o.output)}, tag ${tag}`);
  if (m.infoFile !== undefined) warn(`selwright: name and id of the secret are in ${m.infoFile}`);
};

/** Values of an option that may be repeated, and may hold several with commas between. */
const list = (value: string, before: string[] | undefined): string[] => [...(before ?? []), ...value.split(',')];

const SUB_COMMANDS = `
The options above stand in front of or behind the name of the sub-command. -o - writes to standard output.
Files with secrets may be pipes, for example --secret <(command).`;

const KIND_NAMES = 'meta, association NAME, retrievable NAME, update-cck';

export const addCreate = (request: Command): void => {
  const command = addCertificateOptions(
    request.command('create').description('make one request, with the options of "pvsecret create"'),
  )
    .requiredOption('--hdr <file>', 'SE header, or an image that holds one')
    .requiredOption('-o, --output <file>', 'request to write')
    .option('-f, --force', 'make it even on an IBM Secure Execution guest')
    .option('--extension-secret <file>', 'extension secret, 32 bytes')
    .option('--cck <file>', 'CCK to derive the extension secret from, 32 bytes')
    .option('--cuid-hex <hex>', 'configuration UID, 32 hex digits')
    .option('--cuid <file>', 'configuration UID: 16 bytes, or YAML with an entry cuid')
    .option('--flags <flags>', `flags of the request, with commas between: ${Object.keys(REQUEST_FLAGS).join(', ')}`, list)
    .addOption(new Option('--pcf <hex>', 'flags of the request as a number').hideHelp())
    .option('--user-data <file>', 'user data: at most 512 bytes; 256 signed with EC or RSA 2048, 128 signed with RSA 3072')
    .option('--policy <file>', 'put a reference to this policy file into the user data: a bare name, in the current directory')
    .option('--toc-policy <file>', 'append the tag of the request to this file')
    .option('--user-sign-key <file>', 'sign the request with this private key: EC on secp521r1, RSA with 2048 or 3072 bits')
    .option('--use-name', 'the first 31 bytes of the name are the secret id, instead of its hash')
    .option('--overwrite', 'replace the request, and what is written beside it, when they exist')
    .option('-q, --quiet', 'say only what is wrong')
    .addOption(new Option('-v, --verbose').hideHelp())
    .option('--json', 'answer in JSON')
    .addHelpText('after', SUB_COMMANDS);
  const options = (sub: Command): CreateOptions => (sub.parent as Command).opts<CreateOptions>();
  command
    .usage('[options] <kind of secret>')
    .allowExcessArguments()
    .action((_o: unknown, c: Command) =>
      refuse(`${c.args[0] === undefined ? 'say which kind of secret' : `"${c.args[0]}" is not a kind of secret`}: ${KIND_NAMES}`),
    );

  command
    .command('meta')
    .description('a request without a secret, for flags and references')
    .action((_o: unknown, c: Command) => create(options(c), { kind: 'meta' }, false));
  command
    .command('association')
    .argument('<name>', 'identifies the secret')
    .option('--stdout', 'print name and id instead of writing NAME.yaml')
    .option('--input-secret <file>', 'the secret, 32 bytes; random when not given')
    .option('--output-secret <file>', 'write the random secret to this file')
    .description('a secret that binds a crypto device')
    .action((name: string, o: { stdout?: boolean; inputSecret?: string; outputSecret?: string }, c: Command) => {
      if (o.inputSecret !== undefined && o.outputSecret !== undefined)
        refuse('--input-secret and --output-secret exclude each other');
      create(options(c), { kind: 'association', name, ...o }, o.stdout === true);
    });
  command
    .command('retrievable')
    .alias('retr')
    .argument('<name>', 'identifies the secret')
    .option('--stdout', 'print name and id instead of writing NAME.yaml')
    .requiredOption('--secret <file>', 'the secret')
    .requiredOption(
      '--type <type>',
      `what it is: ${Object.entries(TYPES)
        .map(([t, what]) => `${t} (${what})`)
        .join('; ')}`,
    )
    .description('a secret the guest can retrieve')
    .action((name: string, o: { stdout?: boolean; secret: string; type: string }, c: Command) =>
      create(options(c), { kind: 'retrievable', name, secret: o.secret, type: o.type }, o.stdout === true),
    );
  command
    .command('update-cck')
    .alias('cck')
    .requiredOption('--secret <file>', 'the new CCK, 32 bytes')
    .description('a new customer communication key')
    .action((o: { secret: string }, c: Command) => create(options(c), { kind: 'update-cck', secret: o.secret }, false));
};
