/**
 * Policy checks on a response, as `pvattest check` has them. Unlike there the measurement is always verified first: data of a
 * response that is not authentic is not compared at all. Source: spec pages "attestation", "retrieval-report" section 1.
 */
import { type Bytes, hex, same } from '../bytes.ts';
import type { ImageTags } from '../image/tags.ts';
import { type AttestationResponse, verifyMeasurement } from './response.ts';
import { secretStoreHash } from './storehash.ts';

export const ATTESTATION_CHECKS = [
  'request',
  'measurement',
  'image-host-key',
  'attestation-host-key',
  'user-data',
  'secret-store',
  'lock-state',
  'firmware-state',
] as const;
export type AttestationCheckId = (typeof ATTESTATION_CHECKS)[number];

/**
 * `not-asked`: the policy says nothing about it. `absent`: it was asked for, the response does not have it, and the policy
 * lets that pass. `not-checkable`: not offline. `not-authentic`: not compared, because the measurement was not verified.
 */
export type AttestationOutcome = 'passed' | 'failed' | 'not-asked' | 'absent' | 'not-checkable' | 'not-authentic';

/** One check. Nothing in it is secret. */
export interface AttestationCheck {
  readonly id: AttestationCheckId;
  readonly outcome: AttestationOutcome;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
}

/** Which host-key hash. */
export type HostKeyRole = 'image' | 'attestation';

/** What a response shall satisfy. What is absent is not checked. */
export interface AttestationPolicy {
  /** host keys one of which it shall be, by file and hash (32 bytes) */
  readonly hostKeys?: readonly { readonly file: string; readonly phkh: Bytes }[];
  /** hashes that must be in the response: without that a missing one passes, as in the reference */
  readonly demanded?: readonly HostKeyRole[];
  readonly userData?: Bytes | undefined;
  /** tags (16 bytes) of the requests that shall have been accepted, in order */
  readonly tags?: readonly Bytes[] | undefined;
  readonly locked?: boolean | undefined;
  readonly firmware?: boolean | undefined;
}

/** Everything the checks look at. */
interface Case {
  readonly response: AttestationResponse;
  readonly policy: AttestationPolicy;
}

type Answer = Omit<AttestationCheck, 'id'>;

const answer = (good: boolean, expected: string, found: string): Answer => ({
  outcome: good ? 'passed' : 'failed',
  expected,
  found,
});

const hostKey =
  (role: HostKeyRole) =>
  ({ response, policy }: Case): Answer => {
    const hash = response.additional[role === 'image' ? 'image-host-key-hash' : 'attestation-host-key-hash'];
    const found = hash && hex(hash);
    const wanted = policy.hostKeys ?? [];
    if (wanted.length === 0) return { outcome: 'not-asked', found };
    const expected = wanted.map((k) => `${hex(k.phkh)} (${k.file})`).join(' or ');
    if (hash === undefined)
      return policy.demanded?.includes(role) ? answer(false, expected, 'no such hash') : { outcome: 'absent', expected };
    const match = wanted.find((k) => same(k.phkh, hash));
    return answer(match !== undefined, expected, match ? `${found} (${match.file})` : hex(hash));
  };

const userData = ({ response, policy }: Case): Answer => {
  const found = response.userData.length === 0 ? 'none' : hex(response.userData);
  if (policy.userData === undefined) return { outcome: 'not-asked', found };
  return answer(same(policy.userData, response.userData), hex(policy.userData) || 'none', found);
};

const STATES = [true, false] as const;
const stateName = (locked: boolean): string => (locked ? 'locked' : 'not locked');

/** The lock state in which the list of the policy has the hash of the response, or undefined. */
const lockStateOf = ({ response, policy }: Case): boolean | undefined => {
  const hash = response.additional['secret-store-hash'];
  return hash && STATES.find((locked) => same(hash, secretStoreHash(policy.tags ?? [], locked)));
};

/** The list of requests, in order, whatever the lock state. */
const secretStore = (c: Case): Answer => {
  const hash = c.response.additional['secret-store-hash'];
  const { tags, locked } = c.policy;
  if (tags === undefined && locked === undefined) return { outcome: 'not-asked', found: hash && hex(hash) };
  const list = tags ?? [];
  const hashes = STATES.map((s) => `${hex(secretStoreHash(list, s))} (${stateName(s)})`);
  const expected = `${list.length} requests in this order: ${hashes.join(' or ')}`;
  if (hash === undefined) return answer(false, expected, 'no secret-store hash');
  return answer(lockStateOf(c) !== undefined, expected, hex(hash));
};

/** The hash shows the lock state only together with the right list. */
const lockState = (c: Case): Answer => {
  const state = lockStateOf(c);
  const asked = c.policy.locked;
  const found = state === undefined ? undefined : stateName(state);
  if (asked === undefined) return { outcome: 'not-asked', found: c.policy.tags === undefined ? undefined : found };
  return answer(state === asked, stateName(asked), found ?? 'not known: the list of requests is another one');
};

/** What the 320 bytes mean only a service of IBM says. */
const firmwareState = ({ response, policy }: Case): Answer => {
  const state = response.additional['firmware-state'];
  const found = state && hex(state);
  return policy.firmware ? { outcome: 'not-checkable', found: found ?? 'no firmware state' } : { outcome: 'not-asked', found };
};

const POLICY_CHECKS: readonly (readonly [AttestationCheckId, (c: Case) => Answer])[] = [
  ['image-host-key', hostKey('image')],
  ['attestation-host-key', hostKey('attestation')],
  ['user-data', userData],
  ['secret-store', secretStore],
  ['lock-state', lockState],
  ['firmware-state', firmwareState],
];

/** What was checked, and what came of it. */
export interface AttestationResult {
  /** the measurement was verified: what the response says is what the ultravisor said */
  readonly verified: boolean;
  /** verified, and no check failed or could not be made */
  readonly fulfilled: boolean;
  readonly checks: readonly AttestationCheck[];
}

/** The measurement alone: two checks. */
const measurementChecks = (r: AttestationResponse, protectionKey: Bytes, image: ImageTags): AttestationCheck[] => {
  const measured = verifyMeasurement(r, protectionKey, image);
  const opens = measured !== 'foreign-request';
  return [
    { id: 'request', ...answer(opens, 'a request of this protection key', opens ? 'one' : 'another, or altered') },
    opens
      ? {
          id: 'measurement',
          ...answer(measured === 'verified', 'the measurement, recomputed', measured === 'verified' ? 'equal' : 'different'),
        }
      : { id: 'measurement', outcome: 'not-authentic', expected: 'the measurement, recomputed' },
  ];
};

/** Outcomes that leave a question of the policy open. */
const OPEN: readonly AttestationOutcome[] = ['failed', 'not-checkable', 'not-authentic'];

/**
 * Verifies the measurement, and only then checks the policy.
 * @param protectionKey 32 bytes, secret @param image tags of the image's header
 * @throws wrong-length for a key of another size
 */
export const checkAttestation = (
  response: AttestationResponse,
  protectionKey: Bytes,
  image: ImageTags,
  policy: AttestationPolicy = {},
): AttestationResult => {
  const measurement = measurementChecks(response, protectionKey, image);
  const verified = measurement.every((c) => c.outcome === 'passed');
  const checks = POLICY_CHECKS.map(([id, check]): AttestationCheck => {
    const result = check({ response, policy });
    if (verified || result.outcome === 'not-asked') return { id, ...(verified ? result : { outcome: 'not-asked' }) };
    return { id, outcome: 'not-authentic', expected: result.expected };
  });
  const all = [...measurement, ...checks];
  return { verified, fulfilled: !all.some((c) => OPEN.includes(c.outcome)), checks: all };
};
