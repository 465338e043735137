/** `bundle build` and `bundle check`. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { type BuiltBundle, buildBundle } from '../../core/bundle/build.ts';
import { checkBundle } from '../../core/bundle/check.ts';
import { readExpected } from '../../core/bundle/expected.ts';
import { preflight } from '../../core/bundle/preflight.ts';
import { type Bytes, wipe } from '../../core/bytes.ts';
import { inFile, SelError } from '../../core/errors.ts';
import { type Finding, hasErrors } from '../../core/findings.ts';
import { readPolicy } from '../../core/policy/document.ts';
import { checkPolicy } from '../../core/policy/rules.ts';
import type { Policy, PolicySecret } from '../../core/policy/schema.ts';
import { generateValue, generatorFor } from '../../core/secret/value.ts';
import { nodeEnv } from '../../edge/env.ts';
import { exists, isDirectory, readFile, readTree, writeFile, writeTree } from '../../edge/files.ts';
import { findRecord, nextSerial, saveRecord } from '../../edge/record.ts';
import { PROGRAM } from '../../edge/version.ts';
import { handoverText } from '../../words/handover.ts';
import { consequence, findingSays } from '../../words/rules.ts';
import { readHeader } from '../header.ts';
import { type CertificateOptions, loadHostKeys } from '../hostkeys.ts';
import { Done, EXIT, refuse, say, sayJson, warn } from '../out.ts';
import { addCertificateOptions } from './request.ts';

interface BuildOptions extends CertificateOptions {
  readonly policy: string;
  readonly values: string;
  readonly hdr: string;
  readonly output: string;
  readonly name?: string;
  readonly strict?: boolean;
  readonly generate?: boolean;
  readonly json?: boolean;
}

const VALUE_MAX = 64 * 1024;

/** Findings as lines, errors first. */
export const showFindings = (findings: readonly Finding[], all = false): string[] =>
  findings
    .filter((f) => all || f.severity === 'error' || f.severity === 'warning')
    .map((f) => {
      const after = consequence(f);
      return `${f.severity.padEnd(11)} ${f.rule}  ${findingSays(f)}${after ? ` ${after}` : ''}`;
    });

const stopOn = (findings: readonly Finding[], json: boolean | undefined): void => {
  if (!hasErrors(findings)) return;
  if (json) sayJson({ ok: false, findings });
  for (const line of showFindings(findings)) warn(`selwright: ${line}`);
  throw new Done(EXIT.no);
};

/** A value from DIR/NAME; made new where the policy says so. */
const readValues = (policy: Policy, o: BuildOptions): { values: Map<string, Bytes>; made: PolicySecret[] } => {
  if (!isDirectory(o.values))
    throw new SelError(exists(o.values) ? 'io-not-directory' : 'io-not-found', { file: o.values, field: 'directory of values' });
  const values = new Map<string, Bytes>();
  const made: PolicySecret[] = [];
  for (const s of policy.secrets) {
    const path = join(o.values, s.name);
    if (s.purpose === 'report-authentication' && generatorFor(s)) values.set(s.name, generateValue(s, nodeEnv).value);
    else if (exists(path)) values.set(s.name, readFile(path, `value of ${s.name}`, VALUE_MAX));
    else if (o.generate && generatorFor(s)) {
      values.set(s.name, generateValue(s, nodeEnv).value);
      made.push(s);
    } else if (s.required)
      refuse(
        `${path} does not exist: the policy needs a value for ${s.name}. Put it there${generatorFor(s) ? ', or use --generate' : ''}.`,
      );
  }
  return { values, made };
};

/** Builds a bundle from files and writes it, with the tenant's record. @returns the bundle and where the record is */
export const buildFromFiles = (o: BuildOptions): { bundle: BuiltBundle; record: string; warnings: Finding[] } => {
  if (exists(o.output)) throw new SelError('io-exists', { file: o.output, field: 'bundle' });
  const policyBytes = readFile(o.policy, 'policy', 1024 * 1024);
  const policy = inFile(o.policy, () => readPolicy(policyBytes));
  stopOn(checkPolicy(policy), o.json);
  const { header } = readHeader(o.hdr);
  const hosts = loadHostKeys(o, nodeEnv.now());
  if (hosts.length === 0) refuse('no host-key document given: -k FILE');
  const { values, made } = readValues(policy, o);
  const findings = preflight({
    policy,
    header,
    hostKeys: hosts.map((h) => ({ label: h.file, phkh: h.document.phkh, verified: h.verified })),
    values,
  });
  stopOn(findings, o.json);
  const bundle = buildBundle(
    {
      name: o.name ?? policy.name,
      serial: nextSerial(o.values),
      policy,
      header,
      hostKeys: hosts.map(({ document: d, verified }) => ({ ...d, verdict: verified ? 'verified' : 'not-verified' })),
      values,
      strict: o.strict,
      tool: PROGRAM,
      handover: handoverText,
    },
    nodeEnv,
  );
  // the record first: a bundle whose report cannot be checked is worse than a record without a bundle
  for (const s of made) writeFile(join(o.values, s.name), values.get(s.name) as Bytes, `value of ${s.name}`, { mode: 0o600 });
  const record = saveRecord(o.values, bundle);
  writeTree(o.output, bundle.files, 'bundle');
  wipe(...values.values(), bundle.keys.extensionSecret, bundle.keys.attestationKey, bundle.keys.reportKey);
  return { bundle, record, warnings: findings };
};

const build = (o: BuildOptions): void => {
  const { bundle, record, warnings } = buildFromFiles(o);
  const { expected, id } = bundle;
  if (o.json) {
    sayJson({ ok: true, bundle: o.output, id, record, expected, warnings });
    return;
  }
  for (const line of showFindings(warnings)) warn(`selwright: ${line}`);
  say(
    [
      `Bundle ${id.name}, number ${id.serial}, is in ${o.output}.`,
      ...expected.submission_order.map((s, i) => `  ${i + 1}. ${s.tag}  ${s.file}`),
      `Secret-store hash, ${expected.lock ? 'locked' : 'not locked'}: ${expected.lock ? expected.store_hash.locked : expected.store_hash.unlocked}`,
      `What you need to check the report stays with you: ${join(record, 'expected.json')}`,
    ].join('\n'),
  );
};

interface CheckOptions {
  readonly hdr?: string;
  readonly expected?: string;
  readonly values?: string;
  readonly storeLimit?: string;
  readonly json?: boolean;
}

const check = (directory: string, o: CheckOptions): void => {
  const entries = readTree(directory, 'bundle');
  if (!entries.some((e) => e.path.startsWith('sics/')))
    throw new SelError('not-recognised', {
      file: directory,
      field: 'bundle',
      found: 'no directory sics',
      expected: 'a provisioning bundle',
    });
  const copy = o.expected ?? join(directory, 'meta', 'expected.json');
  const given = exists(copy) ? inFile(copy, () => readExpected(readFile(copy, 'expectation', 1024 * 1024))) : undefined;
  const own = given && findRecord(copy, given.bundle.id, o.values);
  const findings = checkBundle({
    entries,
    header: o.hdr === undefined ? undefined : readHeader(o.hdr).header,
    expected: own?.expected ?? given,
    storeLimit: o.storeLimit === undefined ? undefined : Number(o.storeLimit),
  });
  const good = !hasErrors(findings);
  if (o.json) sayJson({ ok: good, ownExpectation: own !== undefined, findings });
  else {
    if (given && !own)
      warn("selwright: compared with the bundle's own copy of the expectation: whoever changed the bundle could change it too");
    say(showFindings(findings, true).join('\n'));
    say(good ? 'A real guest accepts this bundle, as far as files can show.' : 'Do not hand this bundle over.');
  }
  process.exitCode = good ? EXIT.good : EXIT.no;
};

export const addBundle = (program: Command): void => {
  const bundle = program.command('bundle').description('provisioning bundles');
  addCertificateOptions(bundle.command('build').description('make all requests of a policy, and what a guest needs with them'))
    .requiredOption('--policy <file>', 'personalization policy')
    .requiredOption('--values <dir>', 'directory with one file a secret, named as the secret')
    .requiredOption('--hdr <file>', 'SE header, or an image that holds one')
    .requiredOption('-o, --output <dir>', 'bundle directory to make')
    .option('--name <name>', 'name of the guest')
    .option('--strict', 'exactly the files pvics makes: no manifest, no attestation request')
    .option('--generate', 'make values that are missing, and keep them in the directory of values')
    .option('--json', 'answer in JSON')
    .action(build);
  bundle
    .command('check')
    .argument('<dir>', 'bundle directory')
    .option('--hdr <file>', 'SE header, or an image that holds one')
    .option('--expected <file>', 'your own expectation')
    .option('--values <dir>', 'directory of values with your records')
    .option('--store-limit <n>', 'how many secrets the machine holds')
    .option('--json', 'answer in JSON')
    .description('check a bundle by every rule before it is handed over')
    .action(check);
};
