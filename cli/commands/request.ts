/** `request create`: the options and sub-commands of `pvsecret create`, so that a script can swap the tool's name. */
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import { makeReference } from '../../core/bundle/reference.ts';
import { type Bytes, hex, unhex, utf8, wipe } from '../../core/bytes.ts';
import { fail, inFile, SelError } from '../../core/errors.ts';
import { CUID_SIZE, EXTENSION_SECRET_SIZE, FLAG_DISABLE_DUMP, USER_DATA_SIZE } from '../../core/request/asrcb.ts';
import { buildRequest, freshRequestKeys, type RequestInput, wipeRequestKeys } from '../../core/request/build.ts';
import { CCK_SIZE, deriveExtensionSecret } from '../../core/request/extension.ts';
import { infoYaml } from '../../core/secret/info.ts';
import { type Family, kindForSize, kindRow, type SecretKind } from '../../core/secret/kinds.ts';
import { hashedId, makeSecret, plainId, type Secret } from '../../core/secret/secret.ts';
import { nodeEnv } from '../../edge/env.ts';
import { exists, namesIn, readFile, writeFile } from '../../edge/files.ts';
import { readHeader } from '../header.ts';
import { type CertificateOptions, loadHostKeys } from '../hostkeys.ts';
import { EXIT, refuse, say, sayJson, warn } from '../out.ts';

interface CreateOptions extends CertificateOptions {
  readonly hdr: string;
  readonly output: string;
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
  readonly json?: boolean;
}

interface NamedOptions {
  readonly stdout?: boolean;
  readonly secret?: string;
  readonly type?: string;
  readonly inputSecret?: string;
  readonly outputSecret?: string;
}

const NOT_YET = 'is not there yet: it comes with "Every format, byte for byte"';

/** A file of exactly `size` bytes. */
const readExact = (path: string, what: string, size: number): Bytes => {
  const bytes = readFile(path, what, 1024 * 1024);
  return bytes.length === size ? bytes : inFile(path, () => fail('wrong-length', what, `${bytes.length} bytes`, `${size} bytes`));
};

/** Bytes of a `0x...` number with leading zeros left out or not. */
const hexNumber = (text: string, what: string, size: number): Bytes => {
  const digits = text.replace(/^0x/i, '');
  return unhex(digits.padStart(2 * size, '0'), what, size);
};

/** A configuration UID: 16 bytes, or a YAML with an entry `cuid`. */
const readCuid = (path: string): Bytes => {
  const bytes = readFile(path, 'configuration UID', 1024 * 1024);
  if (bytes.length === CUID_SIZE) return bytes;
  return inFile(path, () => {
    const find = (value: unknown, depth: number): string | undefined => {
      if (typeof value === 'string' && depth === 0) return value;
      if (typeof value !== 'object' || value === null || depth > 8) return undefined;
      const own = (value as { cuid?: unknown }).cuid;
      if (typeof own === 'string') return own;
      for (const v of Object.values(value)) {
        const found = find(v, depth + 1);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    let text: string | undefined;
    try {
      text = find(parseYaml(Buffer.from(bytes).toString('utf8'), { schema: 'failsafe' }), 0);
    } catch {
      // not YAML either: the same answer as for a YAML without the entry
    }
    if (text === undefined || !text.startsWith('0x'))
      return fail('bad-value', 'configuration UID', `${bytes.length} bytes`, '16 bytes, or YAML with an entry cuid: 0x...');
    return unhex(text.slice(2), 'configuration UID', CUID_SIZE);
  });
};

const FAMILY: Record<string, Family> = { aes: 'aes', 'aes-xts': 'aes-xts', 'hmac-sha': 'hmac' };

const retrievable = (name: string, o: NamedOptions, id: Bytes): Secret => {
  if (o.secret === undefined) return refuse('--secret FILE is needed');
  const type = o.type ?? refuse('--type TYPE is needed: plain, aes, aes-xts, hmac-sha or ec');
  if (type === 'ec') return refuse(`--type ec ${NOT_YET}`);
  const value = readFile(o.secret, 'secret', 1024 * 1024);
  try {
    return inFile(o.secret, () => {
      if (type === 'plain') return makeSecret('plaintext', value, id, `secret ${name}`);
      const family = FAMILY[type] ?? refuse(`--type ${type} is not known: plain, aes, aes-xts, hmac-sha or ec`);
      return makeSecret(kindForSize(family, value.length, `secret ${name}`), value, id, `secret ${name}`);
    });
  } finally {
    wipe(value);
  }
};

const flagsOf = (o: CreateOptions): bigint => {
  if (o.pcf !== undefined) return BigInt(`0x${hex(hexNumber(o.pcf, 'flags', 8))}`);
  let flags = 0n;
  for (const f of o.flags ?? []) {
    if (f !== 'disable-dump') refuse(`--flags ${f} is not known: disable-dump`);
    flags |= FLAG_DISABLE_DUMP;
  }
  return flags;
};

const userDataOf = (o: CreateOptions): RequestInput['userData'] => {
  if (o.policy !== undefined) {
    const content = readFile(o.policy, 'policy file', 16 * 1024 * 1024);
    // the name is stored as it was typed and looked up beside the request: a directory in it cannot be found in a guest
    return { kind: 'unsigned', bytes: inFile(o.policy, () => makeReference(o.policy as string, content)) };
  }
  if (o.userData === undefined) return undefined;
  const bytes = readFile(o.userData, 'user data', 1024 * 1024);
  if (bytes.length > USER_DATA_SIZE)
    inFile(o.userData, () => fail('too-long', 'user data', `${bytes.length} bytes`, `at most ${USER_DATA_SIZE} bytes`));
  return { kind: 'unsigned', bytes };
};

/** What the reference does silently and a guest then dies of is refused before anything is written. */
const refuseTraps = (o: CreateOptions, yaml: string | undefined): void => {
  if (o.userSignKey !== undefined) refuse(`--user-sign-key ${NOT_YET}`);
  if (o.policy !== undefined && o.userData !== undefined)
    refuse('--policy and --user-data exclude each other: both use the user data');
  if (o.extensionSecret !== undefined && o.cck !== undefined) refuse('--extension-secret and --cck exclude each other');
  if (o.cuid !== undefined && o.cuidHex !== undefined) refuse('--cuid and --cuid-hex exclude each other');
  if (o.pcf !== undefined && o.flags !== undefined) refuse('--pcf and --flags exclude each other');
  if (!o.overwrite) {
    for (const f of [o.output, yaml])
      if (f !== undefined && exists(f))
        throw new SelError('io-exists', { file: f, field: f === yaml ? 'secret information' : 'add-secret request' });
  }
  if (o.tocPolicy !== undefined && exists(o.tocPolicy)) refuseStaleTags(o.tocPolicy);
};

/** A tag in toc.pol whose request is gone makes every guest power off. */
const refuseStaleTags = (tocPolicy: string): void => {
  const text = Buffer.from(readFile(tocPolicy, 'toc.pol', 1024 * 1024)).toString('latin1');
  const directory = dirname(tocPolicy);
  const tags = namesIn(directory, 'directory of toc.pol')
    .filter((n) => n.endsWith('.asr'))
    .map((n) => hex(readFile(join(directory, n), 'add-secret request', 1024 * 1024).slice(-16)));
  text.split('\n').forEach((line, i) => {
    if (line !== '' && !tags.includes(line.trim().toLowerCase()))
      refuse(
        `${tocPolicy}, line ${i + 1}: no request beside it has the tag ${line.slice(0, 40)}. It is left over from an earlier run: remove the file and start anew.`,
      );
  });
};

const create = (o: CreateOptions, kind: SecretKind | 'retrievable', name: string | undefined, own: NamedOptions): void => {
  // as the reference: white space becomes _, and the extension is set, so that what follows a dot is lost
  const yaml =
    name === undefined || own.stdout
      ? undefined
      : join(dirname(o.output), `${name.replace(/\s/g, '_').replace(/\.[^.]*$/, '')}.yaml`);
  refuseTraps(o, yaml);
  const hostKeys = loadHostKeys(o, nodeEnv.now());
  if (hostKeys.length === 0) refuse('no host-key document given: -k FILE');
  const { header } = readHeader(o.hdr);
  const id = name === undefined ? undefined : o.useName ? plainId(name) : hashedId(name);
  const secret = makeOne(kind, name, id, own);
  const extension =
    o.extensionSecret !== undefined
      ? readExact(o.extensionSecret, 'extension secret', EXTENSION_SECRET_SIZE)
      : o.cck !== undefined
        ? deriveExtensionSecret(readExact(o.cck, 'CCK', CCK_SIZE), header.image.tag)
        : undefined;
  const keys = freshRequestKeys(nodeEnv);
  const request = buildRequest(
    {
      hostKeys: hostKeys.map((k) => k.document.publicKey),
      image: header.image,
      secret,
      extensionSecret: extension,
      flags: flagsOf(o),
      cuid:
        o.cuidHex !== undefined
          ? hexNumber(o.cuidHex, 'configuration UID', CUID_SIZE)
          : o.cuid !== undefined
            ? readCuid(o.cuid)
            : undefined,
      userData: userDataOf(o),
    },
    keys,
  );
  wipeRequestKeys(keys);
  writeFile(o.output, request, 'add-secret request', { overwrite: o.overwrite === true });
  if (own.outputSecret !== undefined) writeFile(own.outputSecret, secret.value, 'association secret', { mode: 0o600 });
  const tag = hex(request.slice(-16));
  if (o.tocPolicy !== undefined) appendTag(o.tocPolicy, tag);
  const info = secret.id && name !== undefined ? infoYaml(kindRow(secret.kind), name, secret.id) : undefined;
  wipe(secret.value, extension);
  if (info !== undefined && yaml !== undefined)
    writeFile(yaml, utf8(info), 'secret information', { overwrite: o.overwrite === true });
  if (o.json)
    sayJson({ ok: true, request: o.output, tag, kind: secret.kind, id: secret.id ? hex(secret.id) : null, info: yaml ?? null });
  else {
    if (info !== undefined && yaml === undefined) say(info.trimEnd());
    warn(`selwright: wrote ${basename(o.output)}, tag ${tag}`);
  }
  process.exitCode = EXIT.good;
};

const makeOne = (
  kind: SecretKind | 'retrievable',
  name: string | undefined,
  id: Bytes | undefined,
  own: NamedOptions,
): Secret => {
  if (kind === 'meta') return makeSecret('meta', new Uint8Array(0), undefined, 'meta');
  if (kind === 'update-cck')
    return makeSecret(
      'update-cck',
      readExact(own.secret ?? refuse('--secret CCK-FILE is needed'), 'CCK', CCK_SIZE),
      undefined,
      'CCK',
    );
  if (id === undefined || name === undefined) return refuse('a name is needed');
  if (kind === 'retrievable') return retrievable(name, own, id);
  const value = own.inputSecret !== undefined ? readExact(own.inputSecret, 'association secret', 32) : nodeEnv.random(32);
  return makeSecret('association', value, id, `secret ${name}`);
};

const appendTag = (path: string, tag: string): void => {
  const before = exists(path) ? readFile(path, 'toc.pol', 1024 * 1024) : new Uint8Array(0);
  writeFile(path, new Uint8Array([...before, ...utf8(`${tag}\n`)]), 'toc.pol', { overwrite: true });
};

const many = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

export const addCertificateOptions = (command: Command): Command =>
  command
    .option('-k, --host-key-document <file>', 'host-key document; may be given more than once', many)
    .option('-C, --cert <file>', 'certificate of the chain; may be given more than once', many)
    .option('--crl <file>', 'certificate revocation list; may be given more than once', many)
    .option('--root-ca <file>', 'root certificate to trust')
    .option('--offline', 'accepted for compatibility: this program never uses the network')
    .option('--no-verify', 'use host keys without verification');

export const addRequest = (program: Command): void => {
  const request = program.command('request').description('add-secret requests');
  const command = addCertificateOptions(
    request.command('create').description('make one request, with the options of "pvsecret create"'),
  )
    .requiredOption('--hdr <file>', 'SE header, or an image that holds one')
    .requiredOption('-o, --output <file>', 'request to write')
    .option('-f, --force', 'accepted for compatibility')
    .option('--extension-secret <file>', 'extension secret, 32 bytes')
    .option('--cck <file>', 'CCK to derive the extension secret from, 32 bytes')
    .option('--cuid <file>', 'configuration UID: 16 bytes, or YAML')
    .option('--cuid-hex <hex>', 'configuration UID as hex number')
    .option('--flags <flag>', 'flags of the request: disable-dump', (v: string, before?: string[]) => [
      ...(before ?? []),
      ...v.split(','),
    ])
    .option('--pcf <hex>', 'flags of the request as a number')
    .option('--user-data <file>', 'user data, at most 512 bytes')
    .option('--user-sign-key <file>', 'sign the request')
    .option('--use-name', 'the name itself is the secret id')
    .option('--policy <file>', 'put a reference to this policy file into the request')
    .option('--toc-policy <file>', 'append the tag of the request to this file')
    .option('--overwrite', 'replace files that exist')
    .option('--json', 'answer in JSON');
  const options = (sub: Command): CreateOptions => (sub.parent as Command).opts<CreateOptions>();
  command
    .command('meta')
    .description('a request without a secret, for flags and references')
    .action((_o: NamedOptions, c: Command) => create(options(c), 'meta', undefined, {}));
  command
    .command('association')
    .argument('<name>')
    .option('--stdout', 'print name and id instead of writing NAME.yaml')
    .option('--input-secret <file>', 'the secret, 32 bytes; random when not given')
    .option('--output-secret <file>', 'write the secret to this file')
    .description('a secret that binds a crypto device')
    .action((name: string, o: NamedOptions, c: Command) => create(options(c), 'association', name, o));
  command
    .command('retrievable')
    .alias('retr')
    .argument('<name>')
    .option('--stdout', 'print name and id instead of writing NAME.yaml')
    .requiredOption('--secret <file>', 'the secret')
    .requiredOption('--type <type>', 'plain, aes, aes-xts, hmac-sha or ec')
    .description('a secret the guest can retrieve')
    .action((name: string, o: NamedOptions, c: Command) => create(options(c), 'retrievable', name, o));
  command
    .command('update-cck')
    .alias('cck')
    .requiredOption('--secret <file>', 'the new CCK, 32 bytes')
    .description('a new customer communication key')
    .action((o: NamedOptions, c: Command) => create(options(c), 'update-cck', undefined, o));
};
