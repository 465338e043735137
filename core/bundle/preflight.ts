/** Everything that is looked at before a bundle is made: policy, image, host keys, values. The same for window and command line. */
import { type ApprovalInput, checkApprovals } from '../approval/state.ts';
import { type Bytes, hex } from '../bytes.ts';
import type { Finding } from '../findings.ts';
import { isGeneric, type ParsedHeader } from '../image/header.ts';
import { checkContents } from '../policy/contents.ts';
import { checkPolicy, submissionOrder } from '../policy/rules.ts';
import type { Policy, PolicySecret } from '../policy/schema.ts';
import { checkReuse, checkValue, generatorFor } from '../secret/value.ts';
import type { Sha512 } from '../values/crypt.ts';
import { MANIFEST_ASR, plannedFile, TOC_ASR } from './names.ts';

/** A host key as far as it matters here. */
export interface PreflightHostKey {
  /** what the user calls it: a file */
  readonly label: string;
  /** 32 bytes */
  readonly phkh: Bytes;
  readonly verified: boolean;
}

export interface PreflightInput {
  readonly policy: Policy;
  readonly header: ParsedHeader;
  readonly hostKeys: readonly PreflightHostKey[];
  /** secret */
  readonly values: ReadonlyMap<string, Bytes>;
  /** contents of the policy's public entries; absent: nobody asked for them yet */
  readonly publics?: ReadonlyMap<string, Bytes> | undefined;
  /** strength of values in bits, as generated or estimated, by secret name; those that are not in it are not measured */
  readonly bits?: ReadonlyMap<string, number> | undefined;
  /** a fast SHA-512, for comparing passphrases with password hashes */
  readonly sha512?: Sha512 | undefined;
  /** room for listed secrets at the target, when known */
  readonly storeLimit?: number | undefined;
  /** approvals of the policy and whom one believes; absent: none (rule A01) */
  readonly approvals?: ApprovalInput | undefined;
  /** for what is valid for a time; absent: not looked at */
  readonly now?: Date | undefined;
}

/** True for a value that is made new for each bundle: the report key, when its policy lets it be generated. */
export const isMadeForBundle = (s: PolicySecret): boolean =>
  s.purpose === 'report-authentication' && generatorFor(s) !== undefined;

/** Kinds that stand in the ultravisor's list: all but the CCK, which has no id. */
const isListed = (s: PolicySecret): boolean => s.type !== 'update-cck';

/** What image, hosts and machine must be for the policy. */
export const checkTarget = ({
  policy,
  header,
  hostKeys,
  storeLimit,
}: Pick<PreflightInput, 'policy' | 'header' | 'hostKeys' | 'storeLimit'>): Finding[] => {
  const findings: Finding[] = [];
  const say = (rule: string, severity: Finding['severity'], subject: string, found: string, expected: string) =>
    findings.push({ rule, severity, subject, found, expected });
  const { require, 'header-tags': tags } = policy.image;
  if (!isGeneric(header))
    say(
      'B17',
      require['image-encryption'] === 'disabled' ? 'error' : 'warning',
      'SE header',
      'component encryption on',
      'a generic image',
    );
  const dump = header.flagNames.includes('dump-allowed');
  if (require.dump === 'allowed' && !dump)
    say('B17', 'error', 'SE header', 'dump not allowed', 'dump allowed, as the policy says');
  if (require.dump === 'forbidden' && dump)
    say('B17', 'error', 'SE header', 'dump allowed', 'dump forbidden, as the policy says');
  if (dump && !policy.dump['disable-host-dump'] && !policy.secrets.some((s) => s.purpose === 'cck' && s.required))
    say(
      'B18',
      'warning',
      'update-cck',
      'none, and the image allows dumps',
      "a CCK of your own, or disable-host-dump: dumps open with the image builder's key",
    );
  if (tags.length > 0 && !tags.includes(hex(header.image.tag)))
    say('B10', 'error', 'SE header', hex(header.image.tag), 'a header the policy lists');
  const listed = policy.secrets.filter(isListed).length;
  if (storeLimit !== undefined && listed > storeLimit)
    say('P14', 'error', 'secret store', `${listed} listable secrets`, `at most ${storeLimit}, as the target holds`);
  const { allow, verify } = policy['host-keys'];
  for (const h of hostKeys) {
    const phkh = hex(h.phkh);
    if (allow.length > 0 && !allow.includes(phkh)) say('B11', 'error', h.label, phkh, 'a host key the policy lists');
    if (!h.verified)
      say('H01', verify === 'required' ? 'error' : 'warning', h.label, 'a host key that is not verified', 'a verified host key');
    if (!header.hostKeyHashes.some((k) => hex(k) === phkh))
      say('B11', 'warning', h.label, 'no key slot in the image header', 'an image that starts on this host');
  }
  return findings;
};

/** P10: what a required entry was not given. */
const checkMissing = ({ policy, values, publics }: PreflightInput): Finding[] => [
  ...policy.secrets
    .filter((s) => s.required && !values.has(s.name) && !isMadeForBundle(s))
    .map(
      (s): Finding => ({ rule: 'P10', severity: 'error', subject: s.name, found: 'no value', expected: `a value: ${s.type}` }),
    ),
  ...policy.public
    .filter((p) => !publics?.has(p.name))
    .map(
      (p): Finding => ({
        rule: 'P10',
        severity: publics ? 'error' : 'warning',
        subject: p.name,
        found: 'no content',
        expected: `its content: without it the guest gets no ${p.apply.path}`,
      }),
    ),
];

/** All of it. A bundle may be made when none of it is an error. */
export const preflight = (input: PreflightInput): Finding[] => [
  ...checkPolicy(input.policy),
  ...checkApprovals(input.policy, input.approvals),
  ...checkTarget(input),
  ...checkMissing(input),
  ...input.policy.secrets.flatMap((s) => {
    const value = input.values.get(s.name);
    return value ? checkValue(s, value, input.bits?.get(s.name)) : [];
  }),
  ...checkContents({ ...input, publics: input.publics ?? new Map() }),
  ...checkReuse(input.values, input.policy.secrets, input.sha512),
];

/** One request as it will be submitted. */
export interface Planned {
  readonly file: string;
  /** absent for toc.asr and manifest.asr */
  readonly secret?: PolicySecret;
}

/** The requests of a policy in the order of submission. */
export const plannedOrder = (policy: Policy, strict = false): Planned[] => [
  { file: TOC_ASR },
  ...(strict ? [] : [{ file: MANIFEST_ASR }]),
  ...submissionOrder(policy).map((secret) => ({ file: plannedFile(secret.name, secret.purpose), secret })),
];
