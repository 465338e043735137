/** `pack`: a bundle in the forms it leaves in, and the sheet for the file. */

import { sha256 } from '@noble/hashes/sha2.js';
import type { Command } from 'commander';
import { HOST_KEYS, readHostKeyList } from '../../core/bundle/hostkeys.ts';
import { type Bytes, hex } from '../../core/bytes.ts';
import { inFile, SelError } from '../../core/errors.ts';
import { writeInitdata } from '../../core/packing/initdata.ts';
import { PACKINGS, type Packing, packBundle } from '../../core/packing/pack.ts';
import { writePvics } from '../../core/packing/pvics.ts';
import { readPolicy } from '../../core/policy/document.ts';
import type { Policy } from '../../core/policy/schema.ts';
import { exists, fileSize, writeFile } from '../../edge/files.ts';
import { PROGRAM } from '../../edge/version.ts';
import { bundleSheetPdf } from '../../words/sheet.ts';
import { expectationIn, filesOf, readBundle } from '../bundles.ts';
import { addCertificateOptions } from '../certificates.ts';
import type { CertificateOptions } from '../hostkeys.ts';
import { refuse, say, sayJson } from '../out.ts';

interface PackOptions {
  readonly output: string;
  readonly json?: boolean;
}

type Bundle = {
  readonly files: ReturnType<typeof filesOf>;
  readonly expected: NonNullable<ReturnType<typeof expectationIn>>['expected'];
};

/** A whole bundle with its expectation. */
const bundleIn = (path: string): Bundle => {
  const entries = readBundle(path);
  const links = entries.find((e) => e.kind === 'symlink' || e.kind === 'other');
  if (links) throw new SelError('bad-value', { file: path, field: 'bundle', found: links.path, expected: 'regular files only' });
  const found = expectationIn(path, entries);
  if (found === undefined)
    throw new SelError('not-found', {
      file: path,
      field: 'bundle',
      found: 'no meta/expected.json',
      expected: 'a bundle of this program',
    });
  return { files: filesOf(entries), expected: found.expected };
};

const fileIn = ({ files }: Bundle, path: string): Bytes | undefined => files.find((f) => f.path === path)?.bytes;

const policyIn = (bundle: Bundle, path: string): Policy => {
  const bytes = fileIn(bundle, 'meta/policy.yaml');
  if (bytes === undefined)
    throw new SelError('not-found', {
      file: path,
      field: 'bundle',
      found: 'no meta/policy.yaml',
      expected: 'a bundle of this program',
    });
  return inFile(`${path}/meta/policy.yaml`, () => readPolicy(bytes));
};

const put = (o: PackOptions, bytes: Bytes, what: string): void => {
  writeFile(o.output, bytes, what);
  const hash = hex(sha256(bytes));
  if (o.json) sayJson({ ok: true, file: o.output, size: bytes.length, sha256: hash });
  else say(`${hash}  ${o.output}`);
};

const archive =
  (packing: Packing) =>
  (path: string, o: PackOptions): void => {
    const { files, expected } = bundleIn(path);
    put(o, packBundle(files, expected.bundle, packing), 'packed bundle');
  };

const initdata = (path: string, o: PackOptions): void => {
  const { files, expected } = bundleIn(path);
  put(o, writeInitdata(files, expected), 'initdata');
};

interface PvicsOptions extends PackOptions, CertificateOptions {
  readonly values: string;
  readonly extensionSecret: string;
  readonly out: string;
}

const pvics = (path: string, o: PvicsOptions): void => {
  const bundle = bundleIn(path);
  const policy = policyIn(bundle, path);
  const certs = o.cert ?? [];
  if (certs.length === 0 && o.verify !== false)
    refuse('give the certificates that verify the host keys with --cert FILE, or say --no-verify');
  if (certs.length > 0 && o.rootCa === undefined) refuse('pvics demands --root-ca where pvsecret does not');
  const key = policy.secrets.find((s) => s.purpose === 'luks-root-key');
  const keyFile = key && `${o.values}/${key.name}`;
  const places = {
    out: o.out,
    hostKeys: o.hostKeyDocument ?? [],
    chain: certs.length === 0 ? undefined : { certs, crls: o.crl ?? [], rootCa: o.rootCa as string },
    values: o.values,
    extensionSecret: o.extensionSecret,
    bundle: path,
  };
  const size = keyFile !== undefined && exists(keyFile) ? fileSize(keyFile, 'volume key') : undefined;
  put(o, writePvics(policy, bundle.expected, places, size), 'pvics.yaml');
};

interface SheetOptions extends PackOptions {
  readonly packed?: string[];
}

const sheet = async (path: string, o: SheetOptions): Promise<void> => {
  const bundle = bundleIn(path);
  const list = fileIn(bundle, HOST_KEYS);
  const pdf = await bundleSheetPdf({
    expected: bundle.expected,
    hostKeys: list && inFile(`${path}/${HOST_KEYS}`, () => readHostKeyList(list)),
    policyName: policyIn(bundle, path).name,
    tool: PROGRAM,
  });
  put(o, pdf, 'printed sheet');
};

const HELP = `
The same bundle gives the same bytes. The line that is printed is one of sha256sum: with -c it checks the file at its other end.`;

export const addPack = (program: Command): void => {
  const pack = program.command('pack').description('a bundle in the forms it leaves in');
  const form = (name: string, description: string): Command =>
    pack
      .command(name)
      .argument('<bundle>', 'bundle: its directory, or the tar or zip it was packed into')
      .requiredOption('-o, --output <file>', 'file to write; it must not exist')
      .option('--json', 'answer in JSON')
      .description(description)
      .addHelpText('after', HELP);
  const WHAT: Record<Packing, string> = { tar: 'as tar', zip: 'as zip, for operators on Windows' };
  for (const p of PACKINGS) form(p, WHAT[p]).action(archive(p));
  form('initdata', 'as Kata initdata; its shape is from an open RFC and may change').action(initdata);
  addCertificateOptions(form('pvics', 'a pvics.yaml for those who encrypt the disk with pvics'))
    .requiredOption('--values <dir>', 'directory of values, as pvics will find it')
    .requiredOption('--extension-secret <file>', "the bundle's extension secret, from your record")
    .option('--out <dir>', 'directory pvics writes to', 'pvics-output')
    .action(pvics);
  form('sheet', 'a printed sheet (PDF) for the file, with no secret in it').action(sheet);
};
