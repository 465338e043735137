/** Sentences for a project: its audit trail, event by event. */
import type { AuditEntry, AuditEvent, AuditFault } from '../core/project/audit.ts';
import { said, t } from './language.ts';
import { GRADES } from './verdict.ts';

type Of<K extends AuditEvent['kind']> = Extract<AuditEvent, { kind: K }>;
const ADDED = said({
  'host-keys': 'A file of host keys or certificates was added, SHA-256 {sha256}.',
  image: 'An image or its header was added, SHA-256 {sha256}.',
  'simulated-host': 'A simulated host was added, SHA-256 {sha256}.',
});
const REMOVED = said({
  'host-keys': 'A file of host keys or certificates was removed, SHA-256 {sha256}.',
  image: 'An image or its header was removed, SHA-256 {sha256}.',
  'simulated-host': 'A simulated host was removed, SHA-256 {sha256}.',
});
const VALUE_SET = said({
  generated: 'The value of {secret} was generated.',
  typed: 'The value of {secret} was typed.',
  imported: 'The value of {secret} was imported.',
});
const WORD_ADDED = {
  approve: said({
    policy: 'An approval by {fingerprint} was added, for the policy {sha256}.',
    bundle: 'An approval by {fingerprint} was added, for the bundle {sha256}.',
    unknown: 'An approval by {fingerprint} was added.',
  }),
  reject: said({
    policy: 'A rejection by {fingerprint} was added, for the policy {sha256}.',
    bundle: 'A rejection by {fingerprint} was added, for the bundle {sha256}.',
    unknown: 'A rejection by {fingerprint} was added.',
  }),
};
const WORD_REMOVED = said({
  approve: 'An approval by {fingerprint} was removed.',
  reject: 'A rejection by {fingerprint} was removed.',
});

/** What a bundle or a fleet was made from. */
const standsOn = (e: Of<'bundle-made'> | Of<'fleet-started'>): string[] => [
  t('policy {sha256}', { sha256: e.policy }),
  t('{n} host keys', { n: e.host_keys.length }),
  ...(e.unverified > 0 ? [t('{n} of them not verified', { n: e.unverified })] : []),
  e.approved_by.length === 0 ? t('approved by none') : t('approved by {keys}', { keys: e.approved_by.join(', ') }),
];

const bundleMade = (e: Of<'bundle-made'>): string =>
  t('Bundle {name}, number {serial}, was made: {details}.', {
    name: e.name,
    serial: e.serial,
    details: [
      ...standsOn(e),
      `toc.pol ${e.toc_pol}`,
      ...(e.manifest ? [t('manifest {sha256}', { sha256: e.manifest })] : []),
    ].join(', '),
  });

const fleetStarted = (e: Of<'fleet-started'>): string =>
  t('{n, plural, one {A fleet of one guest was started} other {A fleet of {n} guests was started}}: {details}.', {
    n: e.guests,
    details: [t('table {sha256}', { sha256: e.table }), ...standsOn(e)].join(', '),
  });

const EVENTS: { readonly [K in AuditEvent['kind']]: (e: Of<K>) => string } = {
  'project-created': ({ program, project }) => t('The project was made with {program}, id {project}.', { program, project }),
  'passphrase-changed': () => t('The passphrase was changed.'),
  'backup-used': ({ generation }) => t('The project was opened from its backup, state {generation}.', { generation }),
  'file-added': ({ role, sha256 }) => t(ADDED[role], { sha256 }),
  'file-removed': ({ role, sha256 }) => t(REMOVED[role], { sha256 }),
  'host-key-accepted': ({ phkh }) => t('Host key {phkh} was accepted without verification.', { phkh }),
  'root-trusted': ({ sha256 }) => t('The root certificate {sha256} was trusted.', { sha256 }),
  'policy-set': ({ name, sha256 }) => t('The policy is {name}, hash {sha256}.', { name, sha256 }),
  'value-set': ({ secret, source }) => t(VALUE_SET[source], { secret }),
  'value-removed': ({ secret }) => t('The value of {name} was removed.', { name: secret }),
  'public-set': ({ entry, sha256 }) => t('The public entry {entry} got its content, SHA-256 {sha256}.', { entry, sha256 }),
  'values-forgotten': ({ secrets }) =>
    secrets.length === 0
      ? t('The values were forgotten: none.')
      : t('The values were forgotten: {names}.', { names: secrets.join(', ') }),
  'values-exported': ({ secrets }) =>
    secrets.length === 0 ? t('Values were exported: none.') : t('Values were exported: {names}.', { names: secrets.join(', ') }),
  'approver-trusted': ({ fingerprint }) => t('The key {fingerprint} may approve from now on.', { fingerprint }),
  'approver-removed': ({ fingerprint }) => t('The key {fingerprint} may no longer approve.', { fingerprint }),
  'approval-added': ({ decision, fingerprint, about, sha256 }) =>
    t(WORD_ADDED[decision][sha256 ? (about ?? 'unknown') : 'unknown'], { fingerprint, sha256: sha256 ?? '' }),
  'approval-removed': ({ decision, fingerprint }) => t(WORD_REMOVED[decision], { fingerprint }),
  'bundle-made': bundleMade,
  'bundle-saved': ({ serial }) => t('Bundle number {serial} was written to its directory.', { serial }),
  'fleet-started': fleetStarted,
  'fleet-ended': ({ table, made, before, failed }) =>
    t('The fleet of table {sha256} ended: {made} made, {before} made before, {failed} failed.', {
      sha256: table,
      made,
      before,
      failed,
    }),
  'records-exported': ({ bundles }) => t('The records of {n} bundles were exported.', { n: bundles }),
  'challenge-asked': ({ challenge, serial }) =>
    t('Challenge {challenge} was asked about bundle number {serial}.', { challenge, serial }),
  'report-judged': ({ serial, grade, rehearsal, report }) =>
    t(rehearsal ? REHEARSED : JUDGED, { serial, grade: t(GRADES[grade].name), sha256: report }),
};
const JUDGED = said('A report of bundle number {serial} was judged "{grade}", SHA-256 {sha256}.');
const REHEARSED = said('A report of bundle number {serial} was judged "{grade}" (rehearsal), SHA-256 {sha256}.');

/** What was done. */
export const auditEventSays = <K extends AuditEvent['kind']>(e: Of<K>): string => (EVENTS[e.kind] as (e: Of<K>) => string)(e);

/** An entry in one line. */
export const auditSays = (e: AuditEntry): string =>
  `${String(e.n).padStart(4)}  ${e.time}  ${auditEventSays(e.event as Of<AuditEvent['kind']>)}`;

/** What is wrong with a trail. */
export const auditFaultSays = (f: AuditFault): string => {
  switch (f.kind) {
    case 'number':
      return t('Entry {n} has the number {found}: entries were removed, put in or moved.', { n: f.n, found: f.found });
    case 'link':
      return f.n === 1
        ? t('The first entry refers to an earlier one: the beginning is missing.')
        : t('Entry {n} does not fit to the one before it: one of them was changed, or something between them is missing.', {
            n: f.n,
          });
    case 'head':
      return t('The trail does not end as it did: the last of {n} entries was changed, or entries behind it are missing.', {
        n: f.n,
      });
  }
};
