/** `project new | add | info | build | verify | export | passphrase | check-audit`: everything of a tenant in one encrypted file. */
import type { Command } from 'commander';
import { type BuiltBundle, buildBundle } from '../../core/bundle/build.ts';
import { checkBundle } from '../../core/bundle/check.ts';
import { isMadeForBundle, preflight } from '../../core/bundle/preflight.ts';
import { wipe } from '../../core/bytes.ts';
import { inFile, SelError } from '../../core/errors.ts';
import { type Finding, hasErrors } from '../../core/findings.ts';
import { findHeader } from '../../core/image/find.ts';
import type { ParsedHeader } from '../../core/image/header.ts';
import type { Policy } from '../../core/policy/schema.ts';
import { type AuditEntry, readAuditLines, verifyAudit, writeAuditLines } from '../../core/project/audit.ts';
import type { Project } from '../../core/project/content.ts';
import {
  addBundle,
  bundleSaved,
  forgetValues,
  newProject,
  nextSerial,
  noted,
  projectApprovals,
  projectBits,
  projectPolicy,
  projectPublics,
  projectValues,
  reportJudged,
  setValue,
  verifyContext,
  withoutSecrets,
} from '../../core/project/project.ts';
import { readReport } from '../../core/report/format.ts';
import { verifyReport } from '../../core/report/verify.ts';
import { type Review, reviewProject } from '../../core/review/review.ts';
import { generateValue, generatorFor } from '../../core/secret/value.ts';
import { measureStrength } from '../../core/values/strength.ts';
import { nodeEnv } from '../../edge/env.ts';
import { exists, readFile, writeFile, writeTree } from '../../edge/files.ts';
import { ProjectStore } from '../../edge/project.ts';
import { recordFiles, recordName } from '../../edge/record.ts';
import { nodeSha512 } from '../../edge/values.ts';
import { PROGRAM } from '../../edge/version.ts';
import { handoverText } from '../../words/handover.ts';
import { auditFaultSays, auditSays } from '../../words/project.ts';
import { reviewAsText, ruleLine } from '../../words/review.ts';
import { verdictAsText } from '../../words/verdict.ts';
import { Done, EXIT, oneLine, refuse, say, sayJson, warn } from '../out.ts';
import { askPassphrase, newPassphrase } from '../passphrase.ts';
import { type FillOptions, fill, hostKeysOf, lookAt, type OpenOptions, phkhOf, preflightKeys, withProject } from '../project.ts';
import { several } from './policy.ts';

interface Common extends OpenOptions {
  readonly json?: boolean;
}

/** The header of the project's image. */
const headerOf = (project: Project): ParsedHeader | undefined => {
  const image = project.files.find((f) => f.role === 'image');
  return image && inFile(image.name, () => findHeader(image.bytes)).header;
};

// -- new, add

const make = async (file: string, o: FillOptions & Common & { readonly name: string }): Promise<void> => {
  if (exists(file)) throw new SelError('io-exists', { file, field: 'project file' });
  const project = fill(newProject(o.name, PROGRAM, nodeEnv), o);
  const store = ProjectStore.create(file, project, await newPassphrase(o.passphraseFile, file));
  store.close(project);
  if (o.json) sayJson({ ok: true, project: file, id: project.id, name: project.name });
  else say(`The project ${project.name} is in ${file}. It opens with its passphrase only: nobody can help when it is lost.`);
};

const add = async (file: string, o: FillOptions & Common): Promise<void> => {
  const entries = await withProject(file, o, (before) => {
    const project = fill(before, o);
    return { project, result: project.audit.slice(before.audit.length) };
  });
  if (o.json) sayJson({ ok: true, added: entries });
  else say(entries.length === 0 ? 'Nothing was new.' : entries.map(auditSays).join('\n'));
};

// -- info

interface Info {
  readonly project: Pick<Project, 'id' | 'name' | 'created' | 'saved' | 'generation'>;
  readonly files: readonly { readonly role: string; readonly name: string; readonly size: number }[];
  readonly hostKeys: readonly {
    readonly phkh: string;
    readonly file: string;
    readonly trusted: boolean;
    readonly accepted: boolean;
  }[];
  /** names only */
  readonly values: { readonly given: readonly string[]; readonly missing: readonly string[] };
  readonly bundles: readonly {
    readonly serial: number;
    readonly name: string;
    readonly id: string;
    readonly created: string;
    readonly savedTo: string | null;
  }[];
  readonly approvers: readonly string[];
  readonly guestsSeen: number;
  readonly audit: { readonly good: boolean; readonly entries: number; readonly head: string };
  readonly review: Review | null;
}

const infoOf = (project: Project): Info => {
  const keys = hostKeysOf(project);
  const header = headerOf(project);
  const given = project.values.map((v) => v.secret);
  const policy = projectPolicy(project);
  const needed = policy?.secrets.filter((s) => s.required && !isMadeForBundle(s)).map((s) => s.name) ?? [];
  const { good, entries, head } = verifyAudit(project.audit, project.audit_head);
  const { id, name, created, saved, generation } = project;
  return {
    project: { id, name, created, saved, generation },
    files: project.files.map((f) => ({ role: f.role, name: f.name, size: f.bytes.length })),
    hostKeys: keys.hostKeys.map((k) => ({ phkh: phkhOf(k), file: k.file, trusted: k.verdict.trusted, accepted: k.accepted })),
    values: { given, missing: needed.filter((n) => !given.includes(n)) },
    bundles: project.bundles.map(({ expected: { bundle }, savedTo }) => ({ ...bundle, savedTo: savedTo ?? null })),
    approvers: project.trusted,
    guestsSeen: new Set(project.ledger.map((s) => s.cuid)).size,
    audit: { good, entries, head },
    review: reviewProject(project, { header, hostKeys: preflightKeys(keys) }) ?? null,
  };
};

const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

const infoText = (i: Info, trail: readonly AuditEntry[]): string =>
  [
    `Project ${i.project.name}, id ${i.project.id}`,
    `Made ${i.project.created}, saved ${i.project.saved}, state ${i.project.generation}`,
    `Files: ${listed(i.files.map((f) => `${oneLine(f.name)} (${f.role}, ${f.size} bytes)`))}`,
    `Values: ${listed(i.values.given)}; missing: ${listed(i.values.missing)}`,
    ...i.bundles.map(
      (b) => `Bundle ${b.name}, number ${b.serial}, made ${b.created}${b.savedTo === null ? '' : `, in ${oneLine(b.savedTo)}`}`,
    ),
    `Guests seen: ${i.guestsSeen}`,
    ...i.approvers.map((a) => `May approve: ${oneLine(a)}`),
    `Audit trail: ${i.audit.entries} entries, ${i.audit.good ? 'the chain is whole' : 'THE CHAIN IS BROKEN'}, head ${i.audit.head}`,
    ...trail.map(auditSays),
    '',
    i.review ? reviewAsText(i.review) : 'There is no policy yet.',
  ].join('\n');

const info = async (file: string, o: Common & { readonly audit?: boolean }): Promise<void> => {
  const project = await lookAt(file, o);
  const i = infoOf(project);
  if (o.json) sayJson({ ok: true, ...i, ...(o.audit ? { trail: project.audit } : {}) });
  else say(infoText(i, o.audit ? project.audit : []));
};

// -- build

interface BuildOptions extends Common {
  readonly output: string;
  readonly name?: string;
  readonly generate?: boolean;
  readonly forget?: boolean;
}

const stop = (findings: readonly Finding[], json: boolean | undefined): void => {
  if (!hasErrors(findings)) return;
  if (json) sayJson({ ok: false, findings });
  for (const f of findings.filter((x) => x.severity === 'error')) warn(`selwright: ${oneLine(ruleLine(f))}`);
  throw new Done(EXIT.no);
};

/** The project with a value for every secret that can be made here and has none. */
const generated = (project: Project, policy: Policy): Project =>
  policy.secrets
    .filter((s) => generatorFor(s) && !isMadeForBundle(s) && !project.values.some((v) => v.secret === s.name))
    .reduce((p, s) => {
      const { value, bits } = generateValue(s, nodeEnv);
      return setValue(p, { secret: s.name, value: new Uint8Array(value), source: 'generated', bits }, nodeEnv);
    }, project);

/** Makes a bundle out of a project; every rule is looked at before and after. */
const builtFrom = async (
  project: Project,
  policy: Policy,
  o: BuildOptions,
): Promise<{ bundle: BuiltBundle; warnings: readonly Finding[] }> => {
  const header = headerOf(project) ?? refuse('the project has no image: add one with --hdr FILE');
  const keys = hostKeysOf(project);
  const stranger = keys.hostKeys.find((k) => !k.verdict.trusted && !k.accepted);
  if (keys.hostKeys.length === 0) refuse('the project has no host key: add one with --file FILE');
  if (stranger) refuse(`host key ${phkhOf(stranger)} is not verified: add what is missing, or --accept it`);
  const values = projectValues(project);
  const fresh = policy.secrets.filter(isMadeForBundle).map((s) => ({ name: s.name, value: generateValue(s, nodeEnv).value }));
  for (const f of fresh) values.set(f.name, f.value);
  try {
    const bits = await measureStrength(policy.secrets, values, projectBits(project));
    const now = nodeEnv.now();
    const findings = preflight({
      policy,
      header,
      hostKeys: preflightKeys(keys),
      values,
      bits,
      sha512: nodeSha512,
      publics: projectPublics(project),
      approvals: projectApprovals(project),
      now,
    });
    stop(findings, o.json);
    const bundle = buildBundle(
      {
        name: o.name ?? project.guest ?? project.name,
        serial: nextSerial(project),
        policy,
        header,
        hostKeys: keys.hostKeys.map(({ document, verdict }) => ({
          ...document,
          verdict: verdict.trusted ? 'verified' : 'not-verified',
        })),
        values,
        publics: projectPublics(project),
        tool: PROGRAM,
        handover: handoverText,
      },
      nodeEnv,
    );
    const entries = bundle.files.map((f) => ({ path: f.path, kind: 'file' as const, bytes: f.bytes }));
    stop(checkBundle({ entries, header, expected: bundle.expected, now }), o.json);
    return { bundle, warnings: findings.filter((f) => f.severity === 'warning') };
  } finally {
    wipe(...fresh.map((f) => f.value));
  }
};

const build = async (file: string, o: BuildOptions): Promise<void> => {
  if (exists(o.output)) throw new SelError('io-exists', { file: o.output, field: 'bundle' });
  const { bundle, warnings } = await withProject(file, o, async (before, save) => {
    const policy = projectPolicy(before) ?? refuse('the project has no policy: add one with --policy FILE');
    const project = o.generate ? generated(before, policy) : before;
    const made = await builtFrom(project, policy, o);
    // the project first: a bundle whose report cannot be checked is worse than a record without a bundle
    const kept = save(addBundle(o.forget ? forgetValues(project, nodeEnv) : project, made.bundle, false, nodeEnv));
    writeTree(o.output, made.bundle.files, 'bundle');
    return { project: bundleSaved(kept, made.bundle.id.id, o.output, nodeEnv), result: made };
  });
  const { id, expected, keys } = bundle;
  wipe(keys.extensionSecret, keys.attestationKey, keys.reportKey);
  if (o.json) sayJson({ ok: true, bundle: o.output, id, expected, warnings });
  else {
    for (const f of warnings) warn(`selwright: ${oneLine(ruleLine(f))}`);
    say(`Bundle ${id.name}, number ${id.serial}, is in ${o.output}. What checks its report is in the project.`);
  }
};

// -- verify

const verify = async (file: string, reportFile: string, o: Common & { readonly production?: boolean }): Promise<void> => {
  const report = readFile(reportFile, 'retrieval report', 2 * 1024 * 1024);
  const { body } = inFile(reportFile, () => readReport(report));
  const verdict = await withProject(file, o, (project) => {
    const { id: asked } = body.challenge;
    const known = project.challenges.some((c) => c.id === asked);
    const context = inFile(reportFile, () => verifyContext(project, body.bundle.id, known ? asked : undefined));
    const result = inFile(reportFile, () => verifyReport({ ...context, report, now: nodeEnv.now(), production: o.production }));
    return { project: reportJudged(project, result, nodeEnv), result };
  });
  if (o.json) sayJson({ ok: verdict.grade === 'proven', verdict });
  else say(verdictAsText(verdict));
  process.exitCode = verdict.grade === 'proven' ? EXIT.good : EXIT.no;
};

// -- export

interface ExportOptions extends Common {
  readonly audit?: string;
  readonly values?: string;
  readonly records?: string;
  readonly forReview?: string;
  readonly reviewPassphraseFile?: string;
}

const PRIVATE = (): number => 0o600;

/** Every record with its keys, as "bundle build" keeps them: "report verify" finds them there. */
const recordTree = (project: Project) =>
  project.bundles.flatMap(({ expected, attestationKey, reportKey, extensionSecret }) => {
    if (extensionSecret === undefined) return [];
    const keys = { extensionSecret, ...(attestationKey ? { attestationKey } : {}), ...(reportKey ? { reportKey } : {}) };
    const seen = project.ledger.filter((s) => s.request === expected.attestation_request_sha256);
    return recordFiles(expected, keys, seen).map((f) => ({ ...f, path: `${recordName(expected.bundle)}/${f.path}` }));
  });

const exportReview = async (project: Project, file: string, o: ExportOptions): Promise<void> => {
  const copy = withoutSecrets(project);
  const passphrase = await newPassphrase(o.reviewPassphraseFile, file, '--review-passphrase-file');
  ProjectStore.create(file, copy, passphrase).close();
};

const exportAll = async (file: string, o: ExportOptions): Promise<void> => {
  if (o.audit === undefined && o.values === undefined && o.records === undefined && o.forReview === undefined)
    refuse('say what to export: --audit FILE, --values DIR, --records DIR or --for-review FILE');
  for (const path of [o.audit, o.values, o.records, o.forReview])
    if (path !== undefined && exists(path)) throw new SelError('io-exists', { file: path, field: 'export' });
  const written = await withProject(file, o, async (before) => {
    let project = before;
    if (o.values !== undefined) {
      if (project.values.length === 0) refuse('the project holds no values');
      writeTree(
        o.values,
        project.values.map((v) => ({ path: v.secret, bytes: v.value })),
        'values',
        PRIVATE,
      );
      project = noted(project, { kind: 'values-exported', secrets: project.values.map((v) => v.secret) }, nodeEnv);
    }
    if (o.records !== undefined) {
      const files = recordTree(project);
      if (files.length === 0) refuse('the project holds no records');
      writeTree(o.records, files, 'records', PRIVATE);
      project = noted(project, { kind: 'records-exported', bundles: project.bundles.length }, nodeEnv);
    }
    if (o.audit !== undefined) writeFile(o.audit, writeAuditLines(project.audit), 'audit trail');
    if (o.forReview !== undefined) await exportReview(project, o.forReview, o);
    return { project, result: [o.values, o.records, o.audit, o.forReview].filter((p) => p !== undefined) };
  });
  if (o.json) sayJson({ ok: true, written });
  else say(written.map((p) => `Written: ${p}`).join('\n'));
};

// -- passphrase, audit

const passphrase = async (file: string, o: Common & { readonly newPassphraseFile?: string }): Promise<void> => {
  const opened = ProjectStore.open(file, await askPassphrase(o.passphraseFile, file));
  if (opened.from === 'nothing') throw opened.error;
  try {
    opened.store.changePassphrase(opened.project, await newPassphrase(o.newPassphraseFile, file, '--new-passphrase-file'));
  } finally {
    opened.store.close(opened.project);
  }
  if (o.json) sayJson({ ok: true });
  else
    say(
      `${file} opens with the new passphrase only, and so does its backup. Older copies elsewhere still open with the old one.`,
    );
};

const checkAudit = (file: string, o: { readonly head?: string; readonly json?: boolean }): void => {
  const trail = inFile(file, () => readAuditLines(readFile(file, 'audit trail')));
  const verdict = verifyAudit(trail, o.head);
  if (o.json) sayJson({ ok: verdict.good, ...verdict });
  else {
    say(
      verdict.fault
        ? auditFaultSays(verdict.fault)
        : `The chain of ${verdict.entries} entries is whole. Its head is ${verdict.head}.`,
    );
    if (verdict.good && o.head === undefined)
      say('Whether entries are missing at the end shows with --head HASH, from "project info".');
  }
  process.exitCode = verdict.good ? EXIT.good : EXIT.no;
};

const addFillOptions = (command: Command): Command =>
  command
    .option('--policy <file>', 'personalization policy')
    .option('--values <dir>', 'directory with one file a secret, named as the secret')
    .option(
      '-f, --file <file>',
      'host-key document, certificate or CRL, or an archive of them; may be given more than once',
      several,
    )
    .option('--root-ca <file>', 'root certificate to trust')
    .option('--accept <hash>', 'use this host key without verification; may be given more than once', several)
    .option('--hdr <file>', 'SE header, or an image that holds one')
    .option('--approval <file>', 'approval, or signature of ssh-keygen -Y sign; may be given more than once', several)
    .option('--trust <file>', 'public keys whose approval counts, as in a .pub file; may be given more than once', several);

const addOpenOptions = (command: Command): Command =>
  command
    .option('--passphrase-file <file>', 'file with the passphrase; asked for unless given')
    .option('--backup', 'open the state before the last one')
    .option('--json', 'answer in JSON');

export const addProject = (program: Command): void => {
  const project = program.command('project').description('everything of a tenant in one encrypted file');
  addFillOptions(project.command('new').argument('<file>', `project file to make, NAME.selwright`))
    .requiredOption('--name <name>', 'name of the project')
    .option('--passphrase-file <file>', 'file with the passphrase; asked for unless given')
    .option('--json', 'answer in JSON')
    .description('make a project')
    .action(make);
  addOpenOptions(addFillOptions(project.command('add').argument('<file>', 'project file')))
    .description('put files, values and approvals into a project')
    .action(add);
  addOpenOptions(project.command('info').argument('<file>', 'project file'))
    .option('--audit', 'the audit trail too')
    .description('what is in a project: no value is shown')
    .action(info);
  addOpenOptions(project.command('build').argument('<file>', 'project file'))
    .requiredOption('-o, --output <dir>', 'bundle directory to make')
    .option('--name <name>', 'name of the guest')
    .option('--generate', 'make values that are missing, and keep them in the project')
    .option('--forget', 'forget the values afterwards; what checks a report stays')
    .description('make a bundle out of a project')
    .action(build);
  addOpenOptions(project.command('verify').argument('<file>', 'project file').argument('<report>', 'retrieval report of a guest'))
    .option('--production', 'a simulated guest is a failure')
    .description('judge a report; the project knows its bundles, which is the newest, and every guest that was seen')
    .action(verify);
  addOpenOptions(project.command('export').argument('<file>', 'project file'))
    .option('--audit <file>', 'audit trail as JSON Lines')
    .option('--values <dir>', 'values, one file a secret, for you alone: SECRET')
    .option('--records <dir>', 'records of the bundles, with their keys: SECRET')
    .option('--for-review <file>', 'copy of the project without any secret, under a passphrase of its own')
    .option('--review-passphrase-file <file>', 'file with the passphrase of that copy; asked for unless given')
    .description('take things out of a project')
    .action(exportAll);
  project
    .command('passphrase')
    .argument('<file>', 'project file')
    .option('--passphrase-file <file>', 'file with the passphrase; asked for unless given')
    .option('--new-passphrase-file <file>', 'file with the new one; asked for unless given')
    .option('--json', 'answer in JSON')
    .description('change the passphrase')
    .action(passphrase);
  project
    .command('check-audit')
    .argument('<file>', 'exported audit trail')
    .option('--head <hash>', 'hash that the last entry must have')
    .option('--json', 'answer in JSON')
    .description('follow the chain of an exported audit trail')
    .action(checkAudit);
};
