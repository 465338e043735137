/**
 * What can be done with a project. Each step gives a new project with one more audit entry; nothing is changed in place, except
 * that secrets which go are overwritten.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Approval, readApproval } from '../approval/document.ts';
import { type ApprovalInput, type ApprovalState, approvalState } from '../approval/state.ts';
import { readTrustedKey, type TrustedKey } from '../approval/trust.ts';
import { type BuiltBundle, uuidFrom } from '../bundle/build.ts';
import type { Expected } from '../bundle/expected.ts';
import { type Bytes, fromUtf8, hex, owned, utf8, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { policyHash, readPolicy } from '../policy/document.ts';
import type { Policy } from '../policy/schema.ts';
import type { Verdict } from '../report/verdict.ts';
import { sightingOf, type VerifyInput } from '../report/verify.ts';
import { instantText } from '../time.ts';
import { type AuditEvent, auditHead } from './audit.ts';
import {
  PROJECT_FORMAT,
  type Project,
  type ProjectBundle,
  type ProjectChallenge,
  type ProjectFile,
  type ProjectValue,
} from './content.ts';
import { noted } from './state.ts';

export { nextState, noted, wipeProject } from './state.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** An empty project. @param program name and version of the program @throws bad-name */
export const newProject = (name: string, program: string, env: Env): Project => {
  if (!NAME.test(name))
    fail('bad-name', 'name of the project', name.slice(0, 80), 'letters, digits, dot, dash and underscore, at most 64');
  const now = instantText(env.now());
  const id = uuidFrom(env.random(16));
  const empty: Project = {
    format: PROJECT_FORMAT,
    version: 1,
    id,
    name,
    created: now,
    saved: now,
    generation: 1,
    files: [],
    accepted: [],
    roots: [],
    values: [],
    publics: [],
    bundles: [],
    challenges: [],
    ledger: [],
    trusted: [],
    approvals: [],
    audit: [],
    audit_head: auditHead([]),
  };
  return noted(empty, { kind: 'project-created', project: id, program }, env);
};

/** A copy for somebody who reviews: no value and no key is in it. The trail, the files, the policy and the approvals are. */
export const withoutSecrets = (project: Project): Project => ({
  ...project,
  values: [],
  bundles: project.bundles.map(({ expected, savedTo }) => ({ expected, ...(savedTo === undefined ? {} : { savedTo }) })),
  challenges: project.challenges.map(({ attestationKey: _, ...c }) => c),
});

// -- files and decisions

export const fileHash = (f: { readonly bytes: Bytes }): string => hex(sha256(f.bytes));

/** Keeps a chosen file. One that is there already is not kept twice; a new image replaces the old one. */
export const addFile = (project: Project, file: ProjectFile, env: Env): Project => {
  const hash = fileHash(file);
  if (project.files.some((f) => f.role === file.role && f.name === file.name && fileHash(f) === hash)) return project;
  const rest = file.role === 'image' ? project.files.filter((f) => f.role !== 'image') : project.files;
  return noted({ ...project, files: [...rest, file] }, { kind: 'file-added', role: file.role, sha256: hash }, env);
};

/** Takes a file out, by the SHA-256 of its content. */
export const removeFile = (project: Project, role: ProjectFile['role'], hash: string, env: Env): Project => {
  const files = project.files.filter((f) => f.role !== role || fileHash(f) !== hash);
  return files.length === project.files.length
    ? project
    : noted({ ...project, files }, { kind: 'file-removed', role, sha256: hash }, env);
};

/** Notes the decision to use a host key without verification. @param phkh 64 hex digits */
export const acceptHostKey = (project: Project, phkh: string, env: Env): Project =>
  project.accepted.some((a) => a.phkh === phkh)
    ? project
    : noted(
        { ...project, accepted: [...project.accepted, { phkh, time: instantText(env.now()) }] },
        { kind: 'host-key-accepted', phkh },
        env,
      );

/** Notes the decision to trust a root certificate. @param certificate SHA-256, 64 hex digits */
export const trustRoot = (project: Project, certificate: string, env: Env): Project =>
  project.roots.some((r) => r.sha256 === certificate)
    ? project
    : noted(
        { ...project, roots: [...project.roots, { sha256: certificate, time: instantText(env.now()) }] },
        { kind: 'root-trusted', sha256: certificate },
        env,
      );

// -- policy and values

/** The policy of a project. @throws everything of readPolicy */
export const projectPolicy = (project: Project): Policy | undefined => project.policy && readPolicy(utf8(project.policy.text));

/** Takes a policy; values of secrets it does not know are overwritten and go. @throws everything of readPolicy */
export const setPolicy = (project: Project, file: string, text: Bytes, env: Env): Project => {
  const policy = readPolicy(text);
  const known = (name: string): boolean => policy.secrets.some((s) => s.name === name);
  const gone = project.values.filter((v) => !known(v.secret)).map((v) => v.secret);
  const next = { ...project, policy: { file, text: fromUtf8(text, 'policy') } };
  const named = noted(next, { kind: 'policy-set', name: policy.name, sha256: policyHash(policy) }, env);
  return gone.reduce((p, secret) => removeValue(p, secret, env), named);
};

/** Takes a value; the one before is overwritten. */
export const setValue = (project: Project, value: ProjectValue, env: Env): Project => {
  wipe(project.values.find((v) => v.secret === value.secret && v.value !== value.value)?.value);
  const values = [...project.values.filter((v) => v.secret !== value.secret), value];
  return noted({ ...project, values }, { kind: 'value-set', secret: value.secret, source: value.source }, env);
};

/** Overwrites a value and takes it out. */
export const removeValue = (project: Project, secret: string, env: Env): Project => {
  const value = project.values.find((v) => v.secret === secret);
  if (value === undefined) return project;
  wipe(value.value);
  return noted({ ...project, values: project.values.filter((v) => v !== value) }, { kind: 'value-removed', secret }, env);
};

/** "Forget values after generating": every value is overwritten; what checks a report stays. */
export const forgetValues = (project: Project, env: Env): Project => {
  if (project.values.length === 0) return project;
  wipe(...project.values.map((v) => v.value));
  return noted({ ...project, values: [] }, { kind: 'values-forgotten', secrets: project.values.map((v) => v.secret) }, env);
};

/** Takes the content of a public entry. */
export const setPublic = (project: Project, entry: string, content: Bytes, env: Env): Project => {
  const publics = [...project.publics.filter((p) => p.name !== entry), { name: entry, content: owned(content) }];
  return noted({ ...project, publics }, { kind: 'public-set', entry, sha256: hex(sha256(content)) }, env);
};

/** Values by secret name, as the builder takes them. References, not copies. */
export const projectValues = (project: Project): Map<string, Bytes> => new Map(project.values.map((v) => [v.secret, v.value]));
/** Strength of the values in bits, as far as it is known, by secret name. */
export const projectBits = (project: Project): Map<string, number> =>
  new Map(project.values.flatMap(({ secret, bits }) => (bits === undefined ? [] : [[secret, bits] as const])));
/** Keeps what was measured of values that are still the same. No step of its own: nothing was changed. @param bits by secret name */
export const withBits = (project: Project, measured: ReadonlyMap<string, Bytes>, bits: ReadonlyMap<string, number>): Project => ({
  ...project,
  values: project.values.map((v) => {
    const own = measured.get(v.secret) === v.value ? bits.get(v.secret) : undefined;
    return own === undefined ? v : { ...v, bits: own };
  }),
});
/** Contents of the public entries by name. */
export const projectPublics = (project: Project): Map<string, Bytes> => new Map(project.publics.map((p) => [p.name, p.content]));

// -- approvals

/** Trusts a key to approve. @param line of a .pub file @throws everything of readTrustedKey */
export const trustKey = (project: Project, line: string, env: Env): Project => {
  const key = readTrustedKey(line);
  if (trustedKeys(project).some((k) => k.fingerprint === key.fingerprint)) return project;
  return noted(
    { ...project, trusted: [...project.trusted, key.line] },
    { kind: 'approver-trusted', fingerprint: key.fingerprint },
    env,
  );
};

export const untrustKey = (project: Project, fingerprint: string, env: Env): Project => {
  const trusted = project.trusted.filter((line) => readTrustedKey(line).fingerprint !== fingerprint);
  return trusted.length === project.trusted.length
    ? project
    : noted({ ...project, trusted }, { kind: 'approver-removed', fingerprint }, env);
};

export const trustedKeys = (project: Project): TrustedKey[] => project.trusted.map(readTrustedKey);

/** Takes a file of an approval, of either form; whether it counts is a question for later. @throws everything of readApproval */
export const addApproval = (project: Project, file: Bytes, env: Env): Project => {
  const approval = readApproval(file);
  const text = fromUtf8(file, 'approval');
  if (project.approvals.includes(text)) return project;
  const about = approval.form === 'statement' ? { about: approval.statement.kind, sha256: approval.statement.sha256 } : {};
  const { fingerprint, decision } = approval;
  return noted(
    { ...project, approvals: [...project.approvals, text] },
    { kind: 'approval-added', fingerprint, decision, ...about },
    env,
  );
};

/** Takes an approval out, by the text of its file. */
export const removeApproval = (project: Project, text: string, env: Env): Project => {
  if (!project.approvals.includes(text)) return project;
  const { fingerprint, decision } = readApproval(utf8(text));
  const approvals = project.approvals.filter((a) => a !== text);
  return noted({ ...project, approvals }, { kind: 'approval-removed', fingerprint, decision }, env);
};

/** What preflight and approvalState take. */
export const projectApprovals = (project: Project): ApprovalInput & { readonly approvals: readonly Approval[] } => ({
  approvals: project.approvals.map((a) => readApproval(utf8(a))),
  trusted: trustedKeys(project),
});

/** The state of the project's policy; undefined without one. */
export const projectApprovalState = (project: Project): ApprovalState | undefined => {
  const policy = projectPolicy(project);
  const { approvals, trusted } = projectApprovals(project);
  return policy && approvalState(policy, approvals, trusted);
};

// -- bundles and reports

/** The serial after the newest bundle of the project. */
export const nextSerial = (project: Project): number => Math.max(0, ...project.bundles.map((b) => b.expected.bundle.serial)) + 1;

/** The newest serial among the bundles for the same image and guest name. */
export const newestSerial = (project: Project, expected: Expected): number =>
  Math.max(
    expected.bundle.serial,
    ...project.bundles
      .map((b) => b.expected)
      .filter((e) => e.image.tag === expected.image.tag && e.bundle.name === expected.bundle.name)
      .map((e) => e.bundle.serial),
  );

export const bundleOf = (project: Project, id: string): ProjectBundle | undefined =>
  project.bundles.find((b) => b.expected.bundle.id === id);

/** Fingerprints of those whose approval counts. */
const approvers = (project: Project): string[] => projectApprovalState(project)?.approvedBy.map((v) => v.fingerprint) ?? [];

/**
 * Keeps what a report of this bundle will be checked with. Only the newest bundle keeps its files.
 * @param keepFiles the files too, until they are handed over
 * @throws conflict when its serial is not above all others
 */
export const addBundle = (project: Project, built: BuiltBundle, keepFiles: boolean, env: Env): Project => {
  const { expected, keys } = built;
  const { id, serial, name } = expected.bundle;
  if (serial < nextSerial(project)) fail('conflict', 'serial of the bundle', serial, `${nextSerial(project)} or above`);
  const bundle: ProjectBundle = {
    expected,
    extensionSecret: owned(keys.extensionSecret),
    ...(keys.attestationKey ? { attestationKey: owned(keys.attestationKey) } : {}),
    ...(keys.reportKey ? { reportKey: owned(keys.reportKey) } : {}),
    ...(keepFiles ? { files: built.files.map((f) => ({ path: f.path, bytes: owned(f.bytes) })) } : {}),
  };
  const earlier = project.bundles.map(({ files: _, ...b }) => b);
  const event: AuditEvent = {
    kind: 'bundle-made',
    bundle: id,
    serial,
    name,
    policy: expected.policy_sha256,
    ...(expected.manifest_sha256 === undefined ? {} : { manifest: expected.manifest_sha256 }),
    toc_pol: expected.toc_pol_sha256,
    host_keys: expected.host_keys.map((k) => k.phkh),
    unverified: expected.host_keys.filter((k) => !k.verified).length,
    approved_by: approvers(project),
  };
  return noted({ ...project, bundles: [...earlier, bundle] }, event, env);
};

/** What a fleet stands on besides the policy of the project. */
export interface StartedFleet {
  /** SHA-256 of its table, 64 hex digits */
  readonly table: string;
  readonly guests: number;
  readonly hostKeys: readonly { readonly phkh: Bytes; readonly verified: boolean }[];
}

/** Notes that a fleet is made from the project: its bundles and records are kept elsewhere. @throws missing-value without a policy */
export const fleetStarted = (project: Project, { table, guests, hostKeys }: StartedFleet, env: Env): Project => {
  const policy = projectPolicy(project) ?? fail('missing-value', 'policy', 'none', 'a policy');
  const event: AuditEvent = {
    kind: 'fleet-started',
    table,
    guests,
    policy: policyHash(policy),
    host_keys: hostKeys.map((k) => hex(k.phkh)),
    unverified: hostKeys.filter((k) => !k.verified).length,
    approved_by: approvers(project),
  };
  return noted(project, event, env);
};

/** Notes where a bundle was written to; its files need not be kept any longer. */
export const bundleSaved = (project: Project, id: string, path: string, env: Env): Project => {
  const bundle = bundleOf(project, id) ?? fail('not-found', 'bundle of this project', id, 'one that was made here');
  const { files: _, ...rest } = bundle;
  const bundles = project.bundles.map((b) => (b === bundle ? { ...rest, savedTo: path } : b));
  return noted({ ...project, bundles }, { kind: 'bundle-saved', bundle: id, serial: bundle.expected.bundle.serial }, env);
};

/** Keeps a question that was asked after the hand-over, with what opens its answer. @throws not-found */
export const addChallenge = (project: Project, challenge: Omit<ProjectChallenge, 'asked'>, env: Env): Project => {
  const { bundle, id } = challenge;
  const asked = bundleOf(project, bundle) ?? fail('not-found', 'bundle of this project', bundle, 'one that was made here');
  const { serial } = asked.expected.bundle;
  return noted(
    { ...project, challenges: [...project.challenges, { ...challenge, asked: instantText(env.now()) }] },
    { kind: 'challenge-asked', bundle, serial, challenge: id },
    env,
  );
};

/**
 * What verifyReport needs besides report and clock: expectation, keys, ledger, the newest serial and the earlier bundles.
 * @param challenge id of a question that was asked after the hand-over @throws not-found
 */
export const verifyContext = (project: Project, id: string, challenge?: string): Omit<VerifyInput, 'report' | 'now'> => {
  const bundle = bundleOf(project, id) ?? fail('not-found', 'bundle of this project', id, 'one that was made here');
  const { expected } = bundle;
  const asked = challenge === undefined ? undefined : project.challenges.find((c) => c.id === challenge && c.bundle === id);
  if (challenge !== undefined && asked === undefined) fail('not-found', 'challenge', challenge, 'one that was asked here');
  return {
    expected,
    attestationKey: asked?.attestationKey ?? bundle.attestationKey,
    reportKey: bundle.reportKey,
    ...(asked ? { challenge: { id: asked.id, nonce: asked.nonce, requestSha256: asked.request_sha256 } } : {}),
    ledger: project.ledger,
    newestSerial: newestSerial(project, expected),
    older: project.bundles.map((b) => b.expected).filter((e) => e.bundle.id !== id),
  };
};

/** Notes a verdict; the guest goes into the ledger unless the verdict is "failed". */
export const reportJudged = (project: Project, verdict: Verdict, env: Env): Project => {
  const sighting = verdict.grade === 'failed' ? undefined : sightingOf(verdict);
  const known = sighting === undefined || project.ledger.some((s) => s.cuid === sighting.cuid && s.report === sighting.report);
  const next = known || !sighting ? project : { ...project, ledger: [...project.ledger, sighting] };
  const { id, serial } = verdict.bundle;
  const { reportSha256: report, grade, rehearsal } = verdict;
  return noted(next, { kind: 'report-judged', bundle: id, serial, report, grade, rehearsal }, env);
};
