/** Sentences for a project: its audit trail, event by event. */
import type { AuditEntry, AuditEvent, AuditFault } from '../core/project/audit.ts';
import { GRADES } from './verdict.ts';

type Of<K extends AuditEvent['kind']> = Extract<AuditEvent, { kind: K }>;
const ROLE = {
  'host-keys': 'A file of host keys or certificates',
  image: 'An image or its header',
  'simulated-host': 'A simulated host',
} as const;
const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

const EVENTS: { readonly [K in AuditEvent['kind']]: (e: Of<K>) => string } = {
  'project-created': (e) => `The project was made with ${e.program}, id ${e.project}.`,
  'passphrase-changed': () => 'The passphrase was changed.',
  'backup-used': (e) => `The project was opened from its backup, state ${e.generation}.`,
  'file-added': (e) => `${ROLE[e.role]} was added, SHA-256 ${e.sha256}.`,
  'file-removed': (e) => `${ROLE[e.role]} was removed, SHA-256 ${e.sha256}.`,
  'host-key-accepted': (e) => `Host key ${e.phkh} was accepted without verification.`,
  'root-trusted': (e) => `The root certificate ${e.sha256} was trusted.`,
  'policy-set': (e) => `The policy is ${e.name}, hash ${e.sha256}.`,
  'value-set': (e) => `The value of ${e.secret} was ${e.source}.`,
  'value-removed': (e) => `The value of ${e.secret} was removed.`,
  'public-set': (e) => `The public entry ${e.entry} got its content, SHA-256 ${e.sha256}.`,
  'values-forgotten': (e) => `The values were forgotten: ${list(e.secrets)}.`,
  'values-exported': (e) => `Values were exported: ${list(e.secrets)}.`,
  'approver-trusted': (e) => `The key ${e.fingerprint} may approve from now on.`,
  'approver-removed': (e) => `The key ${e.fingerprint} may no longer approve.`,
  'approval-added': (e) =>
    `${e.decision === 'approve' ? 'An approval' : 'A rejection'} by ${e.fingerprint} was added${e.sha256 ? `, for the ${e.about} ${e.sha256}` : ''}.`,
  'approval-removed': (e) => `${e.decision === 'approve' ? 'An approval' : 'A rejection'} by ${e.fingerprint} was removed.`,
  'bundle-made': (e) =>
    `Bundle ${e.name}, number ${e.serial}, was made: policy ${e.policy}, ${e.host_keys.length} host keys${e.unverified > 0 ? `, ${e.unverified} of them not verified` : ''}, approved by ${list(e.approved_by)}, toc.pol ${e.toc_pol}${e.manifest ? `, manifest ${e.manifest}` : ''}.`,
  'bundle-saved': (e) => `Bundle number ${e.serial} was written to its directory.`,
  'records-exported': (e) => `The records of ${e.bundles} bundles were exported.`,
  'challenge-asked': (e) => `Challenge ${e.challenge} was asked about bundle number ${e.serial}.`,
  'report-judged': (e) =>
    `A report of bundle number ${e.serial} was judged "${GRADES[e.grade].name}"${e.rehearsal ? ' (rehearsal)' : ''}, SHA-256 ${e.report}.`,
};

/** What was done. */
export const auditEventSays = <K extends AuditEvent['kind']>(e: Of<K>): string => (EVENTS[e.kind] as (e: Of<K>) => string)(e);

/** An entry in one line. */
export const auditSays = (e: AuditEntry): string =>
  `${String(e.n).padStart(4)}  ${e.time}  ${auditEventSays(e.event as Of<AuditEvent['kind']>)}`;

/** What is wrong with a trail. */
export const auditFaultSays = (f: AuditFault): string => {
  switch (f.kind) {
    case 'number':
      return `Entry ${f.n} has the number ${f.found}: entries were removed, put in or moved.`;
    case 'link':
      return f.n === 1
        ? 'The first entry refers to an earlier one: the beginning is missing.'
        : `Entry ${f.n} does not fit to the one before it: one of them was changed, or something between them is missing.`;
    case 'head':
      return `The trail does not end as it did: the last of ${f.n} entries was changed, or entries behind it are missing.`;
  }
};
