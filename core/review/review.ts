/**
 * What a security officer looks at, without any secret: what a guest would get, on which hosts, which rules are kept or broken, who
 * can read a dump, how much a report can show, and who approved. Plain data; the sentences are words/review.ts.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type ApprovalInput, type ApprovalState, approvalState, bundleApprovalState, checkApprovals } from '../approval/state.ts';
import { type BundleEntry, checkBundle } from '../bundle/check.ts';
import { type Expected, readExpected } from '../bundle/expected.ts';
import { type BundleId, type Manifest, readManifest } from '../bundle/manifest.ts';
import { checkTarget, type PreflightHostKey } from '../bundle/preflight.ts';
import { type Bytes, hex } from '../bytes.ts';
import { inFile, SelError } from '../errors.ts';
import type { Finding } from '../findings.ts';
import type { ParsedHeader } from '../image/header.ts';
import { policyHash, readPolicy } from '../policy/document.ts';
import { checkPolicy, submissionOrder } from '../policy/rules.ts';
import type { Apply, Policy } from '../policy/schema.ts';
import type { Project } from '../project/content.ts';
import { nextSerial, projectApprovals, projectPolicy } from '../project/project.ts';
import { type DumpStory, dumpStory } from './dump.ts';
import { type Evidence, evidenceOfBundle, evidenceOfPolicy, type ReachableGrade, reachableGrade } from './grade.ts';

/** How much of a secret the software in the guest ever sees. */
export type Exposure = 'bytes' | 'protected-key' | 'never';

/** One secret that a guest gets. */
export interface Delivery {
  readonly name: string;
  readonly purpose: string;
  readonly type: string;
  readonly required: boolean;
  readonly apply: Apply;
  readonly exposure: Exposure;
}

/** One public entry that a guest gets. */
export interface PublicDelivery {
  readonly name: string;
  readonly purpose: string;
  readonly apply: Apply;
}

export interface ReviewedHostKey {
  /** 64 hex digits */
  readonly phkh: string;
  readonly label?: string;
  /** undefined: nobody verified it here, and nobody says so */
  readonly verified?: boolean;
  /** a key slot for it stands in the image's header; undefined without a header */
  readonly inImage?: boolean;
}

/** A bundle as it is reviewed. */
export interface ReviewedBundle {
  readonly id: BundleId;
  /** SHA-256 of manifest.pol: what an approval of the bundle is about */
  readonly manifestSha256?: string;
  readonly approvals?: ApprovalState;
}

export interface Review {
  readonly about: 'policy' | 'bundle' | 'project';
  readonly policy: {
    readonly name: string;
    readonly description?: string;
    readonly sha256: string;
    readonly hostKeys: Policy['host-keys'];
    readonly image: Policy['image'];
    readonly store: Policy['store']['lock'];
    readonly report: Policy['report'];
    readonly extensionSecret: Policy['extension-secret'];
  };
  /** in the order of submission */
  readonly gets: readonly Delivery[];
  readonly publics: readonly PublicDelivery[];
  readonly hostKeys: readonly ReviewedHostKey[];
  /** every rule that could be looked at, broken or not */
  readonly findings: readonly Finding[];
  readonly dump: DumpStory;
  readonly grade: ReachableGrade;
  readonly approvals: ApprovalState;
  readonly bundle?: ReviewedBundle;
  /** serials that a project has given out */
  readonly serials?: { readonly made: readonly number[]; readonly next: number };
}

/** The rules of the policy page that can be looked at without values and target. P01 is the reader: what is reviewed has passed it. */
const POLICY_RULES = ['P01', 'P02', 'P03', 'P04', 'P05', 'P06', 'P07', 'P08', 'P09', 'P13', 'P15', 'P16', 'A01'];
/** Those that need values or the machine: said to be open, never "ok". */
const LATER_RULES = ['P10', 'P11', 'P12', 'P14'];

const EXPOSURE: Record<string, Exposure> = { plaintext: 'bytes', association: 'never', 'update-cck': 'never' };
const exposureOf = (type: string): Exposure => EXPOSURE[type] ?? 'protected-key';

/** Each rule once at least: one that found nothing is "ok". */
const everyRule = (rules: readonly string[], findings: readonly Finding[]): Finding[] => {
  const quiet = rules.filter((rule) => !findings.some((f) => f.rule === rule));
  return [...findings, ...quiet.map((rule): Finding => ({ rule, severity: 'ok' }))].sort((a, b) =>
    a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0,
  );
};

const policyPart = (policy: Policy): Review['policy'] => ({
  name: policy.name,
  ...(policy.description === undefined ? {} : { description: policy.description }),
  sha256: policyHash(policy),
  hostKeys: policy['host-keys'],
  image: policy.image,
  store: policy.store.lock,
  report: policy.report,
  extensionSecret: policy['extension-secret'],
});

const deliveries = (policy: Policy): Delivery[] =>
  submissionOrder(policy).map(({ name, purpose, type, required, apply }) => ({
    name,
    purpose,
    type,
    required,
    apply,
    exposure: exposureOf(type),
  }));

const NOBODY: ApprovalInput = { approvals: [], trusted: [] };

/** What else is known when a policy is reviewed. */
export interface PolicyContext {
  readonly approvals?: ApprovalInput | undefined;
  /** header of the image it is for */
  readonly header?: ParsedHeader | undefined;
  /** the chosen hosts */
  readonly hostKeys?: readonly PreflightHostKey[] | undefined;
}

const unverified = (grade: ReachableGrade, hostKeys: readonly ReviewedHostKey[]): ReachableGrade =>
  hostKeys.some((k) => k.verified === false) ? { ...grade, because: [...grade.because, 'host-keys-not-verified'] } : grade;

const inImage = (header: ParsedHeader | undefined, phkh: string): { inImage?: boolean } =>
  header ? { inImage: header.hostKeyHashes.some((h) => hex(h) === phkh) } : {};

/** Reviews a policy. */
export const reviewPolicy = (policy: Policy, context: PolicyContext = {}): Review => {
  const { header, approvals = NOBODY } = context;
  const given = context.hostKeys ?? [];
  const chosen = given.map((k): ReviewedHostKey => {
    const phkh = hex(k.phkh);
    return { phkh, label: k.label, verified: k.verified, ...inImage(header, phkh) };
  });
  // nothing chosen yet: what the policy would let through
  const hostKeys = chosen.length > 0 ? chosen : policy['host-keys'].allow.map((phkh) => ({ phkh, ...inImage(header, phkh) }));
  const findings = [
    ...checkPolicy(policy),
    ...checkApprovals(policy, approvals),
    ...(header ? checkTarget({ policy, header, hostKeys: given }) : []),
    ...LATER_RULES.map((rule): Finding => ({ rule, severity: 'not-checked' })),
  ];
  return {
    about: 'policy',
    policy: policyPart(policy),
    gets: deliveries(policy),
    publics: policy.public.map(({ name, purpose, apply }) => ({ name, purpose, apply })),
    hostKeys,
    findings: everyRule(POLICY_RULES, findings),
    dump: dumpStory(policy, header),
    grade: unverified(reachableGrade(evidenceOfPolicy(policy)), hostKeys),
    approvals: approvalState(policy, approvals.approvals, approvals.trusted),
  };
};

/** Reviews a project: its policy with its image, its hosts and its approvals. @returns undefined without a policy @throws everything of readPolicy */
export const reviewProject = (project: Project, context: Omit<PolicyContext, 'approvals'> = {}): Review | undefined => {
  const policy = projectPolicy(project);
  if (policy === undefined) return undefined;
  const review = reviewPolicy(policy, { ...context, approvals: projectApprovals(project) });
  const made = project.bundles.map((b) => b.expected.bundle.serial);
  return { ...review, about: 'project', serials: { made, next: nextSerial(project) } };
};

const POLICY_FILE = 'meta/policy.yaml';
const EXPECTED_FILE = 'meta/expected.json';
const MANIFEST_FILE = 'sics/manifest.pol';

export interface BundleContext {
  readonly approvals?: ApprovalInput | undefined;
  readonly header?: ParsedHeader | undefined;
  /** the tenant's own expectation; without it the bundle's copy, which whoever changed the bundle could change too */
  readonly expected?: Expected | undefined;
  readonly now?: Date | undefined;
}

const contentOf = (entries: readonly BundleEntry[], path: string): Bytes | undefined =>
  entries.find((e) => e.path === path)?.bytes;

/** Reads a file of the bundle; errors name it. */
const read = <T>(entries: readonly BundleEntry[], path: string, reader: (bytes: Bytes) => T): T | undefined => {
  const bytes = contentOf(entries, path);
  return bytes && inFile(path, () => reader(bytes));
};

/** A02: the policy beside the bundle is the one its manifest was made from, and they say the same. */
const checkOrigin = (policy: Policy, manifest: Manifest | undefined, expected: Expected | undefined): Finding[] => {
  const wanted = manifest?.policy_sha256 ?? expected?.policy_sha256;
  const found = policyHash(policy);
  if (wanted === undefined) return [{ rule: 'A02', severity: 'not-checked', subject: POLICY_FILE }];
  return [
    wanted === found
      ? { rule: 'A02', severity: 'ok' }
      : { rule: 'A02', severity: 'error', subject: POLICY_FILE, found, expected: wanted },
  ];
};

/** What the requests of a bundle say to its guest; the manifest says it with authority, the policy fills in without one. */
const delivered = (policy: Policy, manifest: Manifest | undefined): Delivery[] =>
  manifest?.secrets.map(({ name, purpose, type, required, apply }) => ({
    name,
    purpose,
    type,
    required,
    apply,
    exposure: exposureOf(type),
  })) ?? deliveries(policy);

const NO_EVIDENCE: Evidence = { attestation: false, reportKey: false, randomExtension: false };

/**
 * Reviews a bundle by its files alone.
 * @throws not-found without the policy it was made from; everything of readPolicy, readManifest and readExpected, with the file's name
 */
export const reviewBundle = (entries: readonly BundleEntry[], context: BundleContext = {}): Review => {
  const policy = read(entries, POLICY_FILE, readPolicy);
  if (policy === undefined)
    throw new SelError('not-found', {
      file: POLICY_FILE,
      field: 'policy of the bundle',
      expected: 'the policy it was made from',
    });
  const { header, approvals = NOBODY, now } = context;
  const manifest = read(entries, MANIFEST_FILE, readManifest);
  const expected = context.expected ?? read(entries, EXPECTED_FILE, readExpected);
  const findings = [
    ...checkBundle({ entries, header, expected, now }),
    ...checkPolicy(policy),
    ...checkOrigin(policy, manifest, expected),
    ...checkApprovals(policy, approvals),
  ];
  const hostKeys = (expected?.host_keys ?? []).map((k) => ({ ...k, ...inImage(header, k.phkh) }));
  const id = manifest?.bundle ?? expected?.bundle;
  const bytes = contentOf(entries, MANIFEST_FILE);
  const manifestSha256 = bytes && hex(sha256(bytes));
  return {
    about: 'bundle',
    policy: policyPart(policy),
    gets: delivered(policy, manifest),
    publics: manifest?.public.map(({ name, purpose, apply }) => ({ name, purpose, apply })) ?? [],
    hostKeys,
    findings: everyRule(POLICY_RULES, findings),
    dump: dumpStory(policy, header),
    grade: unverified(reachableGrade(expected ? evidenceOfBundle(expected) : NO_EVIDENCE), hostKeys),
    approvals: approvalState(policy, approvals.approvals, approvals.trusted),
    ...(id
      ? {
          bundle: {
            id,
            ...(manifestSha256 ? { manifestSha256, approvals: bundleApprovalState(manifestSha256, approvals) } : {}),
          },
        }
      : {}),
  };
};
