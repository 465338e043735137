/** What a fleet stands on besides its table: one policy, one image, host keys and approvals. The same for window and command line. */
import { type ApprovalInput, checkApprovals } from '../core/approval/state.ts';
import { checkTarget } from '../core/bundle/preflight.ts';
import { fail } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import type { FleetTable } from '../core/fleet/table.ts';
import type { HostKeyDocument } from '../core/hostkey/document.ts';
import type { ParsedHeader } from '../core/image/header.ts';
import { checkPolicy } from '../core/policy/rules.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { FleetInput } from './fleetplan.ts';
import { PROGRAM } from './version.ts';

/** A host key and whether its chain was verified. */
export interface FleetHostKey {
  readonly document: HostKeyDocument;
  /** what the user calls it */
  readonly file: string;
  readonly verified: boolean;
}

export interface FleetBasis {
  readonly policy: Policy;
  readonly header: ParsedHeader;
  readonly hostKeys: readonly FleetHostKey[];
  readonly approvals?: ApprovalInput | undefined;
  /** room for listed secrets at the target, when known */
  readonly storeLimit?: number | undefined;
}

/** What is looked at once for all guests: values are looked at guest by guest. A fleet may be made when none of it is an error. */
export const checkFleetBasis = ({ policy, header, hostKeys, approvals, storeLimit }: FleetBasis): Finding[] => [
  ...checkPolicy(policy),
  ...checkApprovals(policy, approvals),
  ...checkTarget({
    policy,
    header,
    hostKeys: hostKeys.map((h) => ({ label: h.file, phkh: h.document.phkh, verified: h.verified })),
    storeLimit,
  }),
];

/** @throws no-host-key without one; limit for fewer or more than the policy wants */
export const checkHostKeyCount = (policy: Policy, count: number): void => {
  const { min, max } = policy['host-keys'];
  if (count === 0) fail('no-host-key', 'fleet', 'no host key', 'at least one');
  if (count < min || count > max) fail('limit', 'host keys', String(count), `${min} to ${max}, as the policy wants`);
};

/** What differs between two fleets of the same basis. */
export type FleetRest = Omit<FleetInput, 'policy' | 'header' | 'hostKeys' | 'approvals' | 'storeLimit' | 'table' | 'tool'>;

/** Everything that is needed to make a fleet. The caller has looked at what `checkFleetBasis` found. */
export const fleetInput = (basis: FleetBasis, table: FleetTable, rest: FleetRest): FleetInput => ({
  ...rest,
  table,
  policy: basis.policy,
  header: basis.header,
  hostKeys: basis.hostKeys.map(({ document: d, verified }) => ({ ...d, verdict: verified ? 'verified' : 'not-verified' })),
  approvals: basis.approvals,
  storeLimit: basis.storeLimit,
  tool: PROGRAM,
});
