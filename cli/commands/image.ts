/** `image info`, `image test`, `image create`: what `pvimg` does, as far as a generic image needs it. */
import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { type Bytes, hex, wipe } from '../../core/bytes.ts';
import { KEY_SIZE } from '../../core/crypto/gcm.ts';
import { inFile, SelError } from '../../core/errors.ts';
import type { FoundHeader } from '../../core/image/find.ts';
import { isGeneric, type OpenedHeader, openHeaderWithKey, type ParsedHeader } from '../../core/image/header.ts';
import { isForHost, readKeyHashes } from '../../core/image/hosts.ts';
import { buildImage } from '../../core/image/image.ts';
import { openedInfo, sealedInfo } from '../../core/image/info.ts';
import { controlFlags } from '../../core/image/options.ts';
import { CCK_SIZE } from '../../core/request/extension.ts';
import { nodeEnv } from '../../edge/env.ts';
import { exists, readFile, writeFile } from '../../edge/files.ts';
import { PROGRAM } from '../../edge/version.ts';
import { headerText, NOT_BOOTABLE, plaintextNames, secretNames, TAMPERED, UNVERIFIED } from '../../words/image.ts';
import { addCertificateOptions, checkCertificateOptions } from '../certificates.ts';
import { readExact } from '../exact.ts';
import { readHeader } from '../header.ts';
import { type CertificateOptions, loadHostKeys, readDocuments } from '../hostkeys.ts';
import { Done, EXIT, refuse, say, sayJson, warn } from '../out.ts';

interface InfoOptions {
  readonly hdrKey?: string;
  readonly showSecrets?: boolean;
  readonly format?: 'json' | 'json:pretty' | 'json:minify';
  readonly json?: boolean;
}

/** Opens the header with the key file, or says that it does not open and ends with "no". */
const openWithFile = (file: string, header: ParsedHeader, o: InfoOptions): OpenedHeader | undefined => {
  if (o.hdrKey === undefined) return undefined;
  const key = readExact(o.hdrKey, 'header protection key', KEY_SIZE);
  try {
    return inFile(file, () => openHeaderWithKey(header, key));
  } catch (e) {
    if (!(e instanceof SelError) || e.code !== 'cannot-decrypt') throw e;
    if (o.json) sayJson({ ok: false, file, verified: false, error: { code: e.code, ...e.facts } });
    warn(`selwright: ${file}: ${TAMPERED}`);
    throw new Done(EXIT.no);
  } finally {
    wipe(key);
  }
};

/** The `meta` part of what `pvimg info` writes. */
const meta = () => {
  const now = nodeEnv.now();
  const time = `${now.toISOString().slice(0, 19).replace('T', ' ')}+0000`;
  return { api_level: 1, version: PROGRAM, host: hostname(), time_epoch: Math.floor(now.getTime() / 1000), time };
};

const dataOf = (header: ParsedHeader, inner: OpenedHeader | undefined, showSecrets: boolean) =>
  inner && showSecrets ? openedInfo(header, inner) : sealedInfo(header, inner !== undefined);

const info = (file: string, o: InfoOptions): void => {
  if (o.showSecrets && o.hdrKey === undefined) refuse('--show-secrets needs the header protection key: --hdr-key FILE');
  if (o.json && o.format !== undefined) refuse('--json and --format exclude each other');
  const found = readHeader(file);
  const inner = openWithFile(file, found.header, o);
  const data = dataOf(found.header, inner, o.showSecrets === true);
  if (o.format !== undefined) say(JSON.stringify({ meta: meta(), data }, null, o.format === 'json:minify' ? 0 : 2));
  else if (o.json) sayJson(answerOf(file, found, inner, data));
  else say([`${file}:`, ...headerText(found.header, found, inner, o.showSecrets === true).map((l) => `  ${l}`)].join('\n'));
  if (inner) wipe(inner.cck, inner.componentKey);
  else if (o.format !== undefined) warn(`selwright: ${file}: ${UNVERIFIED}`);
};

const answerOf = (file: string, found: FoundHeader, inner: OpenedHeader | undefined, data: ReturnType<typeof dataOf>) => ({
  ok: true,
  file,
  offset: found.offset,
  'found-by': found.by,
  verified: inner !== undefined,
  generic: isGeneric(found.header),
  'plaintext-flags': plaintextNames(found.header),
  'secret-flags': inner ? secretNames(inner) : null,
  data,
});

/** One or several files, with commas between unless a file has that very name. */
const files = (value: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  ...(exists(value) ? [value] : value.split(',')),
];

interface TestOptions {
  readonly hostKeyDocument?: string[];
  readonly keyHashes?: string | true;
  readonly json?: boolean;
}

const UV_KEYS = '/sys/firmware/uv/keys/all';

/** What may fit, by the name it is shown with. Nothing is verified here: the question is only whether the image was built for it. */
const candidates = (o: TestOptions): { name: string; hash: Bytes }[] => {
  if (o.keyHashes !== undefined) {
    const path = o.keyHashes === true ? UV_KEYS : o.keyHashes;
    const bytes = readFile(path, 'list of host-key hashes', 64 * 1024);
    return inFile(path, () => readKeyHashes(bytes)).map((k) => ({ name: k.name, hash: k.hash }));
  }
  return readDocuments(o.hostKeyDocument ?? []).map((d) => ({ name: d.file, hash: d.document.phkh }));
};

const test = (file: string, o: TestOptions): void => {
  if ((o.hostKeyDocument === undefined) === (o.keyHashes === undefined))
    refuse('say which hosts: either -k FILE, once or more, or --key-hashes[=FILE]');
  const { header } = readHeader(file);
  const tested = candidates(o).map((c) => ({ host: c.name, phkh: hex(c.hash), included: isForHost(header, c.hash) }));
  const included = tested.some((t) => t.included);
  if (o.json) sayJson({ ok: included, file, hosts: tested });
  else {
    for (const t of tested) say(`${t.included ? 'included    ' : 'not included'} ${t.host} ${t.phkh}`);
    say(`${file}: ${included ? 'made for at least one of these hosts' : 'not made for any of these hosts'}`);
  }
  process.exitCode = included ? EXIT.good : EXIT.no;
};

interface CreateOptions extends CertificateOptions {
  readonly kernel: string;
  readonly ramdisk?: string;
  readonly parmfile?: string;
  readonly output: string;
  readonly cck?: string;
  readonly hdrKey?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly enableDump?: boolean;
  readonly enableCckUpdate?: boolean;
  readonly enableCckExtensionSecret?: boolean;
  readonly disablePckmo?: boolean;
  readonly enablePckmoHmac?: boolean;
  readonly enableBackupKeys?: boolean;
  readonly disableImageEncryption?: boolean;
}

/** Largest component that is read, in bytes. */
const COMPONENT_MAX = 1024 * 1024 * 1024;

const component = (path: string, what: string): Bytes => {
  const bytes = readFile(path, what, COMPONENT_MAX);
  return bytes.length > 0
    ? bytes
    : inFile(path, () => {
        throw new SelError('empty', { field: what, found: '0 bytes', expected: `a ${what}` });
      });
};

const create = (o: CreateOptions): void => {
  checkCertificateOptions(o);
  if (!o.disableImageEncryption)
    refuse('only generic images can be made here, whose components are not encrypted: add --disable-image-encryption');
  const flags = controlFlags({
    imageEncryption: false,
    dump: o.enableDump,
    cckUpdate: o.enableCckUpdate,
    cckExtensionSecret: o.enableCckExtensionSecret,
    pckmo: !o.disablePckmo,
    pckmoHmac: o.enablePckmoHmac,
    backupKeys: o.enableBackupKeys,
    cck: o.cck !== undefined,
  });
  if (!o.overwrite && exists(o.output)) throw new SelError('io-exists', { file: o.output, field: 'image' });
  const hostKeys = loadHostKeys(o, nodeEnv.now());
  // the order of the reference: the digests go by address
  const components = [
    component(o.kernel, 'kernel'),
    ...(o.ramdisk === undefined ? [] : [component(o.ramdisk, 'ramdisk')]),
    ...(o.parmfile === undefined ? [] : [component(o.parmfile, 'kernel command line')]),
  ];
  const headerKey = o.hdrKey === undefined ? undefined : readExact(o.hdrKey, 'header protection key', KEY_SIZE);
  const cck = o.cck === undefined ? nodeEnv.random(CCK_SIZE) : readExact(o.cck, 'customer communication key', CCK_SIZE);
  const hosts = hostKeys.map((k) => k.document.publicKey);
  let built: ReturnType<typeof buildImage>;
  try {
    const { plaintext: plaintextFlags, secret: secretFlags } = flags;
    built = buildImage({ hostKeys: hosts, components, plaintextFlags, secretFlags, cck, headerKey }, nodeEnv);
  } finally {
    wipe(cck, headerKey);
  }
  writeFile(o.output, built.image, 'image', { overwrite: o.overwrite === true });
  const tag = hex(built.header.slice(-16));
  if (o.json) sayJson({ ok: true, image: o.output, tag, bootable: false, note: NOT_BOOTABLE, flags });
  warn(`selwright: wrote ${o.output}, header tag ${tag}. ${NOT_BOOTABLE}`);
};

/** An option to switch something on and one to switch it off, as `pvimg create` has them. */
const addSwitch = (command: Command, name: string, about: string, on: boolean): void => {
  const camel = name.replace(/-./g, (m) => m.charAt(1).toUpperCase()).replace(/^./, (m) => m.toUpperCase());
  command.option(`--enable-${name}`, `${about}${on ? ' (default)' : ''}`);
  command.addOption(new Option(`--disable-${name}`, `do not ${on ? '' : '(default)'}`.trim()).conflicts(`enable${camel}`));
};

export const addImage = (program: Command): void => {
  const image = program.command('image').description('SE headers and images, as "pvimg" handles them');
  image
    .command('info')
    .argument('<file>', 'SE header, or an image that holds one')
    .addOption(new Option('--hdr-key <file>', 'header protection key, 32 bytes: verifies the header and shows what is inside'))
    .addOption(new Option('--key <file>', 'the same as --hdr-key').hideHelp())
    .option('--show-secrets', 'show the keys inside the header, too')
    .addOption(
      new Option('--format <format>', 'answer exactly as "pvimg info" does').choices(['json', 'json:pretty', 'json:minify']),
    )
    .option('--json', 'answer in JSON, with the flags by name')
    .description('show a header: flags, digests, hosts, and with its key what is encrypted')
    .action((file: string, o: InfoOptions & { key?: string }) => {
      const hdrKey = o.hdrKey ?? o.key;
      info(file, { ...o, ...(hdrKey === undefined ? {} : { hdrKey }) });
    });
  image
    .command('test')
    .argument('<file>', 'SE header, or an image that holds one')
    .option('-k, --host-key-document <file>', 'host-key document; may be given more than once', files)
    .option('--key-hashes [file]', `host-key hashes as a machine shows them in ${UV_KEYS}`)
    .option('--json', 'answer in JSON')
    .description('is the image made for one of these hosts')
    .action(test);
  const command = addCertificateOptions(
    image.command('create').description(`make a generic image from its components. ${NOT_BOOTABLE}`),
  )
    .requiredOption('-i, --kernel <file>', 'kernel')
    .option('-r, --ramdisk <file>', 'initial ramdisk')
    .option('-p, --parmfile <file>', 'file with the kernel command line')
    .requiredOption('-o, --output <file>', 'image to write')
    .option('--cck <file>', 'customer communication key, 32 bytes; random and forgotten when not given')
    .option('--hdr-key <file>', 'header protection key, 32 bytes; random and forgotten when not given');
  addSwitch(command, 'dump', 'let the host dump the guest; needs --cck or --enable-cck-update', false);
  addSwitch(command, 'cck-update', 'accept an update-cck request; from z17 on', false);
  addSwitch(command, 'cck-extension-secret', 'demand an extension secret derived from the CCK; needs --cck', false);
  addSwitch(command, 'pckmo', 'PCKMO functions for DEA, TDEA, AES and ECC keys', true);
  addSwitch(command, 'pckmo-hmac', 'PCKMO function for HMAC keys', false);
  addSwitch(command, 'backup-keys', 'backup target keys may be used', false);
  command
    .option('--disable-image-encryption', 'leave the components as they are: the only kind of image this program makes')
    .option('--overwrite', 'replace an image that exists')
    .option('--json', 'answer in JSON')
    .action((o: CreateOptions) => create(o));
};
