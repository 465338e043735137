/** `bundle build` and `bundle check`. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { checkApprovals } from '../../core/approval/state.ts';
import { type BuiltBundle, buildBundle } from '../../core/bundle/build.ts';
import { checkBundle } from '../../core/bundle/check.ts';
import { type Expected, readExpected, writeExpected } from '../../core/bundle/expected.ts';
import { readManifest } from '../../core/bundle/manifest.ts';
import { ATTEST_REQUEST, MANIFEST_POL } from '../../core/bundle/names.ts';
import { isMadeForBundle, preflight } from '../../core/bundle/preflight.ts';
import { type Bytes, same, wipe } from '../../core/bytes.ts';
import { inFile, SelError } from '../../core/errors.ts';
import { type Finding, hasErrors } from '../../core/findings.ts';
import { type PolicyDocument, readPolicyDocument } from '../../core/policy/document.ts';
import { checkPolicy } from '../../core/policy/rules.ts';
import type { Policy, PolicySecret } from '../../core/policy/schema.ts';
import { CCK_SIZE } from '../../core/request/extension.ts';
import { generateValue, generatorFor } from '../../core/secret/value.ts';
import { measureStrength } from '../../core/values/strength.ts';
import { nodeEnv } from '../../edge/env.ts';
import { exists, namesIn, readFile, removeFile, writeFile, writeTree } from '../../edge/files.ts';
import { discardRecord, findRecord, nextSerial, saveRecord, type TenantRecord } from '../../edge/record.ts';
import { nodeSha512 } from '../../edge/values.ts';
import { PROGRAM } from '../../edge/version.ts';
import { handoverText } from '../../words/handover.ts';
import { consequence, findingSays } from '../../words/rules.ts';
import { type ApprovalOptions, readApprovalInput } from '../approvals.ts';
import { expectationIn, readBundle } from '../bundles.ts';
import { readExact } from '../exact.ts';
import { readHeader } from '../header.ts';
import { type CertificateOptions, loadHostKeys } from '../hostkeys.ts';
import { count, Done, EXIT, oneLine, refuse, say, sayJson, warn } from '../out.ts';
import { addApprovalOptions } from './policy.ts';
import { addCertificateOptions } from './request.ts';

interface BuildOptions extends CertificateOptions, ApprovalOptions {
  readonly policy: string;
  readonly values: string;
  readonly hdr: string;
  readonly output: string;
  readonly name?: string;
  readonly cck?: string;
  readonly strict?: boolean;
  readonly generate?: boolean;
  readonly storeLimit?: string;
  readonly json?: boolean;
}

const POLICY_READ_MAX = 1024 * 1024;
const VALUE_MAX = 64 * 1024;

/** Findings as lines. @param where the place of a finding, when it has one */
export const findingLines = (findings: readonly Finding[], where: (f: Finding) => string = () => ''): string[] =>
  findings.map((f) => {
    const after = consequence(f);
    return oneLine(`${f.severity.padEnd(11)} ${f.rule}  ${findingSays(f)}${after ? ` ${after}` : ''}${where(f)}`);
  });

export const isBroken = (f: Finding): boolean => f.severity === 'error' || f.severity === 'warning';

/** Says what is broken and ends the command, when something is. */
export const stopOn = (findings: readonly Finding[], json: boolean | undefined, where?: (f: Finding) => string): void => {
  if (!hasErrors(findings)) return;
  if (json) sayJson({ ok: false, findings });
  for (const line of findingLines(findings.filter(isBroken), where)) warn(`selwright: ${line}`);
  throw new Done(EXIT.no);
};

/** A policy that keeps its rules. */
export const readPolicyFile = (path: string, json: boolean | undefined): Policy => {
  const bytes = readFile(path, 'policy', POLICY_READ_MAX);
  const document: PolicyDocument = inFile(path, () => readPolicyDocument(bytes));
  stopOn(checkPolicy(document.policy), json, (f) => {
    if (f.path === undefined) return '';
    const { line, column } = document.locate(f.path);
    return ` (${path}, line ${line}, column ${column})`;
  });
  return document.policy;
};

/** What goes into the bundle: values and public contents by name, and which of the values were made here. */
interface Contents {
  readonly values: Map<string, Bytes>;
  readonly publics: Map<string, Bytes>;
  readonly made: PolicySecret[];
  /** strength of those that were made, by name */
  readonly bits: Map<string, number>;
}

/** Values and public contents from DIR/NAME; made new where the policy says so. */
const readContents = (policy: Policy, o: BuildOptions): Contents => {
  // a directory that is not there, or is none, is said before the files in it
  namesIn(o.values, 'directory of values');
  const values = new Map<string, Bytes>();
  const publics = new Map<string, Bytes>();
  const made: PolicySecret[] = [];
  const bits = new Map<string, number>();
  const missing: string[] = [];
  for (const s of policy.secrets) {
    const path = join(o.values, s.name);
    if (isMadeForBundle(s)) values.set(s.name, generateValue(s, nodeEnv).value);
    else if (exists(path)) values.set(s.name, readFile(path, `value of ${s.name}`, VALUE_MAX));
    else if (o.generate && generatorFor(s)) {
      const own = generateValue(s, nodeEnv);
      values.set(s.name, own.value);
      bits.set(s.name, own.bits);
      made.push(s);
    } else if (s.required) missing.push(`${path} (${s.purpose}${generatorFor(s) ? ', can be made with --generate' : ''})`);
  }
  for (const p of policy.public) {
    const path = join(o.values, p.name);
    if (exists(path)) publics.set(p.name, readFile(path, `content of ${p.name}`, VALUE_MAX));
    else missing.push(`${path} (${p.purpose})`);
  }
  if (missing.length > 0) {
    wipe(...values.values());
    refuse(`the policy needs what is not there: ${missing.join(', ')}`);
  }
  return { values, publics, made, bits };
};

/** A file that does not hold what its name says is input that cannot be used: it is named, and the exit code says so. */
const stopOnContents = (findings: readonly Finding[], o: BuildOptions): void => {
  const bad = findings.filter((f) => f.severity === 'error' && (f.rule === 'P10' || f.rule === 'P11' || f.rule === 'P12'));
  if (bad.length === 0) return;
  if (o.json) sayJson({ ok: false, findings });
  for (const f of bad)
    warn(`selwright: ${oneLine(`${join(o.values, f.subject ?? '')}: ${f.rule}: found ${f.found}, expected ${f.expected}`)}.`);
  throw new Done(EXIT.unreadable);
};

/** The image builder's CCK, when the policy derives the extension secret from it. */
export const readCck = (policy: Policy, o: Pick<BuildOptions, 'cck'>): Bytes | undefined => {
  const derived = policy['extension-secret'] === 'cck-derived';
  if (derived && o.cck === undefined)
    refuse("--cck FILE is needed: the policy derives the extension secret from the image's CCK");
  if (!derived && o.cck !== undefined)
    refuse(`--cck does not go with the policy: its extension secret is ${policy['extension-secret']}`);
  return o.cck === undefined ? undefined : readExact(o.cck, 'CCK', CCK_SIZE);
};

/** Writes the values that were made, the record, the bundle; takes away again what it wrote when one of them cannot be. */
const writeAll = (o: BuildOptions, bundle: BuiltBundle, { values, made }: Contents): string => {
  const undo: (() => void)[] = [];
  try {
    for (const s of made) {
      const path = join(o.values, s.name);
      writeFile(path, values.get(s.name) as Bytes, `value of ${s.name}`, { mode: 0o600 });
      undo.push(() => removeFile(path, `value of ${s.name}`));
    }
    // the record first: a bundle whose report cannot be checked is worse than a record without a bundle
    const record = saveRecord(o.values, bundle);
    undo.push(() => discardRecord(record, bundle.id.id));
    writeTree(o.output, bundle.files, 'bundle');
    return record;
  } catch (e) {
    for (const u of undo.reverse()) u();
    throw e;
  }
};

/** Builds a bundle from files and writes it, with the tenant's record. @returns the bundle and where the record is */
export const buildFromFiles = async (o: BuildOptions): Promise<{ bundle: BuiltBundle; record: string; warnings: Finding[] }> => {
  if (exists(o.output)) throw new SelError('io-exists', { file: o.output, field: 'bundle' });
  const storeLimit = o.storeLimit === undefined ? undefined : count(o.storeLimit, '--store-limit');
  const policy = readPolicyFile(o.policy, o.json);
  const approvals = readApprovalInput(o);
  stopOn(checkApprovals(policy, approvals), o.json);
  const { header } = readHeader(o.hdr);
  if ((o.hostKeyDocument ?? []).length === 0) refuse('no host-key document given: -k FILE');
  const hosts = loadHostKeys(o, nodeEnv.now());
  const cck = readCck(policy, o);
  const contents = readContents(policy, o);
  const { values, publics } = contents;
  let bundle: BuiltBundle | undefined;
  try {
    const now = nodeEnv.now();
    const hostKeys = hosts.map((h) => ({ label: h.file, phkh: h.document.phkh, verified: h.verified }));
    const bits = await measureStrength(policy.secrets, values, contents.bits);
    const findings = preflight({
      policy,
      header,
      hostKeys,
      values,
      publics,
      bits,
      sha512: nodeSha512,
      storeLimit,
      approvals,
      now,
    });
    stopOnContents(findings, o);
    stopOn(findings, o.json);
    bundle = buildBundle(
      {
        name: o.name ?? policy.name,
        serial: nextSerial(o.values),
        policy,
        header,
        hostKeys: hosts.map(({ document: d, verified }) => ({ ...d, verdict: verified ? 'verified' : 'not-verified' })),
        values,
        publics,
        cck,
        strict: o.strict,
        tool: PROGRAM,
        handover: handoverText,
      },
      nodeEnv,
    );
    const entries = bundle.files.map((f) => ({ path: f.path, kind: 'file' as const, bytes: f.bytes }));
    const checked = checkBundle({ entries, header, expected: bundle.expected, storeLimit, now });
    stopOn(checked, o.json);
    const record = writeAll(o, bundle, contents);
    // what both looks found is said once
    const warned = findings.filter(isBroken);
    const more = checked.filter(
      (f) => isBroken(f) && !warned.some((w) => w.rule === f.rule || (w.rule === 'H01' && f.rule === 'B11')),
    );
    return { bundle, record, warnings: [...warned, ...more] };
  } finally {
    const keys = bundle?.keys;
    wipe(...values.values(), cck, keys?.extensionSecret, keys?.attestationKey, keys?.reportKey);
  }
};

const build = async (o: BuildOptions): Promise<void> => {
  const { bundle, record, warnings } = await buildFromFiles(o);
  const { expected, id } = bundle;
  if (o.json) {
    sayJson({ ok: true, bundle: o.output, id, record, expected, warnings });
    return;
  }
  for (const line of findingLines(warnings)) warn(`selwright: ${line}`);
  const attested = bundle.files.some((f) => f.path === `sics/${ATTEST_REQUEST}`);
  say(
    [
      `Bundle ${id.name}, number ${id.serial}, is in ${o.output}. In the order of submission:`,
      ...expected.submission_order.map((s, i) => `  ${String(i + 1).padStart(2)}. ${s.tag}  ${s.file}`),
      `Secret-store hash, ${expected.lock ? 'locked' : 'not locked'}:`,
      `  ${expected.lock ? expected.store_hash.locked : expected.store_hash.unlocked}`,
      ...(bundle.manifest
        ? []
        : ['Without a manifest (--strict) nothing in the guest writes a report: there will be no verdict.']),
      ...(bundle.manifest && !attested
        ? ['Without an attestation request the best grade of a report is "possession shown".']
        : []),
      'What you need to check the report stays with you, readable by you alone:',
      `  ${join(record, 'expected.json')}`,
    ].join('\n'),
  );
};

interface CheckOptions {
  readonly hdr?: string;
  readonly expected?: string;
  readonly values?: string;
  readonly storeLimit?: string;
  readonly bootFree?: string;
  readonly json?: boolean;
}

type Entries = ReturnType<typeof readBundle>;

/** The bundle's id, as its manifest has it. */
const idOf = (entries: Entries): string | undefined => {
  const bytes = entries.find((e) => e.path === `sics/${MANIFEST_POL}`)?.bytes;
  try {
    return bytes && readManifest(bytes).bundle.id;
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
};

/** Findings about the expectation itself: whose it is. */
const aboutExpectation = (
  given: Expected | undefined,
  own: TenantRecord | undefined,
  o: CheckOptions,
  copy: string,
): Finding[] => {
  if (own && given && !same(writeExpected(own.expected), writeExpected(given)))
    return [
      { rule: 'T01', severity: 'error', subject: copy, found: 'another expectation than your record', expected: 'a copy of it' },
    ];
  if (own === undefined && o.values !== undefined)
    return [
      {
        rule: 'B21',
        severity: 'error',
        subject: 'bundle',
        found: `no record of it in ${o.values}`,
        expected: 'a bundle made from these values',
      },
    ];
  return [];
};

const check = (directory: string, o: CheckOptions): void => {
  const storeLimit = o.storeLimit === undefined ? undefined : count(o.storeLimit, '--store-limit');
  const bootFree = o.bootFree === undefined ? undefined : count(o.bootFree, '--boot-free');
  const entries = readBundle(directory);
  const copy = o.expected ?? join(directory, 'meta', 'expected.json');
  const given =
    o.expected === undefined
      ? expectationIn(directory, entries)?.expected
      : inFile(copy, () => readExpected(readFile(copy, 'expectation', 1024 * 1024)));
  const id = given?.bundle.id ?? idOf(entries);
  const own = id === undefined ? undefined : findRecord(copy, id, o.values);
  const header = o.hdr === undefined ? undefined : readHeader(o.hdr).header;
  const findings = [
    ...checkBundle({ entries, header, expected: own?.expected ?? given, storeLimit, bootFree, now: nodeEnv.now() }),
    ...aboutExpectation(given, own, o, copy),
  ];
  const good = !hasErrors(findings);
  if (o.json) sayJson({ ok: good, ownExpectation: own !== undefined, findings });
  else {
    if (given && !own)
      warn("selwright: compared with the bundle's own copy of the expectation: whoever changed the bundle could change it too");
    say(findingLines(findings).join('\n'));
    say(good ? 'A real guest accepts this bundle, as far as files can show.' : 'Do not hand this bundle over.');
  }
  process.exitCode = good ? EXIT.good : EXIT.no;
};

const BUILD_HELP = `
The directory of values holds one file for each secret of the policy, named as the secret: the bytes of the file are the
value, a line feed at its end included. Contents of public entries (certificates, public keys) lie there too, named as the entry.
The report key is made new for each bundle. What you need to check the report goes to DIR/bundles/NUMBER-NAME.

Exit codes: 0 made; 1 the policy, the image or a host key says no; 2 wrong use; 3 a file cannot be read, used or written.`;

const CHECK_HELP = `
Compares with your own record of the bundle when it is found: beside --expected, under --values, or where the program noted it
when the bundle was made. Without it, with the copy in the bundle.

Exit codes: 0 a real guest accepts it, as far as files can show; 1 it does not, or something was changed; 2 wrong use; 3 unreadable.`;

export const addBundle = (program: Command): void => {
  const bundle = program.command('bundle').description('provisioning bundles');
  addApprovalOptions(
    addCertificateOptions(bundle.command('build').description('make all requests of a policy, and what a guest needs with them')),
  )
    .requiredOption('--policy <file>', 'personalization policy, YAML')
    .requiredOption('--values <dir>', 'directory with one file a secret, named as the secret')
    .requiredOption('--hdr <file>', 'SE header, or an image that holds one')
    .requiredOption('-o, --output <dir>', 'bundle directory to make; it must not exist')
    .option('--name <name>', 'name of the guest; that of the policy unless given')
    .option('--cck <file>', "the image's CCK, 32 bytes, for a policy whose extension secret is derived from it")
    .option('--strict', 'exactly the files pvics makes: no manifest, no attestation request, so no report')
    .option('--generate', 'make values that are missing, and keep them in the directory of values')
    .option('--store-limit <n>', 'how many listable secrets the machine holds')
    .option('--json', 'answer in JSON')
    .addHelpText('after', BUILD_HELP)
    .action(build);
  bundle
    .command('check')
    .argument('<bundle>', 'bundle: its directory, or the tar or zip it was packed into')
    .option('--hdr <file>', 'SE header, or an image that holds one')
    .option('--expected <file>', 'your own expectation')
    .option('--values <dir>', 'directory of values with your records: the bundle must be one of them')
    .option('--store-limit <n>', 'how many listable secrets the machine holds')
    .option('--boot-free <bytes>', 'free space of the boot partition')
    .option('--json', 'answer in JSON')
    .description('check a bundle by every rule before it is handed over')
    .addHelpText('after', CHECK_HELP)
    .action(check);
};
