/** Everything that is looked at before a bundle is made: policy, image, host keys, values. The same for window and command line. */
import { type Bytes, hex } from '../bytes.ts';
import type { Finding } from '../findings.ts';
import { isGeneric, type ParsedHeader } from '../image/header.ts';
import { checkPolicy, submissionOrder } from '../policy/rules.ts';
import type { Policy, PolicySecret } from '../policy/schema.ts';
import { checkReuse, checkValue } from '../secret/value.ts';
import { MANIFEST_ASR, requestFile, TOC_ASR } from './names.ts';

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
}

/** What image and hosts must be for the policy. */
export const checkTarget = ({ policy, header, hostKeys }: Omit<PreflightInput, 'values'>): Finding[] => {
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
  if (tags.length > 0 && !tags.includes(hex(header.image.tag)))
    say('B10', 'error', 'SE header', hex(header.image.tag), 'a header the policy lists');
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

/** All of it. A bundle may be made when none of it is an error. */
export const preflight = (input: PreflightInput): Finding[] => [
  ...checkPolicy(input.policy),
  ...checkTarget(input),
  ...input.policy.secrets.flatMap((s) => {
    const value = input.values.get(s.name);
    return value ? checkValue(s, value) : [];
  }),
  ...checkReuse(input.values),
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
  ...submissionOrder(policy).map((secret) => ({ file: requestFile(secret.name, secret.purpose), secret })),
];
