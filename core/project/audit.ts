/**
 * The audit trail of a project: what was done, when, with which hashes. Each entry carries the SHA-256 of the one before, so that
 * an entry that was changed, removed or put in shows. The kinds are a closed set and their fields are hashes, names of the policy,
 * numbers and words of ours: there is no field that could hold a secret.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import * as z from 'zod';
import { type Bytes, fromUtf8, hex, utf8 } from '../bytes.ts';
import { canonicalJson } from '../canonical.ts';
import { fail } from '../errors.ts';
import { GRADES } from '../report/verdict.ts';
import { hexOf, instant, readJson, uuid } from '../schema.ts';
import { instantText } from '../time.ts';

const WHAT = 'audit trail';
/** Most entries of a trail, and largest export in bytes. */
export const AUDIT_MAX = 100_000;
const EXPORT_MAX = 64 * 1024 * 1024;
const LINE_MAX = 4096;

const secretName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'a secret name');
const documentName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a name');
const fingerprint = z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'a fingerprint');
const program = z.string().regex(/^[A-Za-z0-9 ._+-]{1,64}$/, 'name and version of a program');
const bundle = { bundle: uuid, serial: z.number().int().min(1) };

/** Roles of the files that a user chose. */
export const FILE_ROLES = ['host-keys', 'image', 'simulated-host'] as const;
export const VALUE_SOURCES = ['generated', 'typed', 'imported'] as const;

const EVENTS = [
  z.strictObject({ kind: z.literal('project-created'), project: uuid, program }),
  z.strictObject({ kind: z.literal('passphrase-changed') }),
  z.strictObject({ kind: z.literal('backup-used'), generation: z.number().int().min(1) }),
  z.strictObject({ kind: z.literal('file-added'), role: z.enum(FILE_ROLES), sha256: hexOf(32) }),
  z.strictObject({ kind: z.literal('file-removed'), role: z.enum(FILE_ROLES), sha256: hexOf(32) }),
  z.strictObject({ kind: z.literal('host-key-accepted'), phkh: hexOf(32) }),
  z.strictObject({ kind: z.literal('root-trusted'), sha256: hexOf(32) }),
  z.strictObject({ kind: z.literal('policy-set'), name: documentName, sha256: hexOf(32) }),
  z.strictObject({ kind: z.literal('value-set'), secret: secretName, source: z.enum(VALUE_SOURCES) }),
  z.strictObject({ kind: z.literal('value-removed'), secret: secretName }),
  z.strictObject({ kind: z.literal('public-set'), entry: secretName, sha256: hexOf(32) }),
  z.strictObject({ kind: z.literal('values-forgotten'), secrets: z.array(secretName).max(255) }),
  z.strictObject({ kind: z.literal('values-exported'), secrets: z.array(secretName).max(255) }),
  z.strictObject({ kind: z.literal('approver-trusted'), fingerprint }),
  z.strictObject({ kind: z.literal('approver-removed'), fingerprint }),
  z.strictObject({
    kind: z.literal('approval-added'),
    fingerprint,
    decision: z.enum(['approve', 'reject']),
    about: z.enum(['policy', 'bundle']).optional(),
    sha256: hexOf(32).optional(),
  }),
  z.strictObject({ kind: z.literal('approval-removed'), fingerprint, decision: z.enum(['approve', 'reject']) }),
  z.strictObject({
    kind: z.literal('bundle-made'),
    ...bundle,
    name: documentName,
    policy: hexOf(32),
    manifest: hexOf(32).optional(),
    toc_pol: hexOf(32),
    host_keys: z.array(hexOf(32)).max(255),
    unverified: z.number().int().min(0).max(255),
    approved_by: z.array(fingerprint).max(64),
  }),
  z.strictObject({ kind: z.literal('bundle-saved'), ...bundle }),
  z.strictObject({
    kind: z.literal('fleet-started'),
    /** SHA-256 of its table */
    table: hexOf(32),
    guests: z.number().int().min(1),
    policy: hexOf(32),
    host_keys: z.array(hexOf(32)).max(255),
    unverified: z.number().int().min(0).max(255),
    approved_by: z.array(fingerprint).max(64),
  }),
  z.strictObject({
    kind: z.literal('fleet-ended'),
    table: hexOf(32),
    made: z.number().int().min(0),
    /** in an earlier run */
    before: z.number().int().min(0),
    failed: z.number().int().min(0),
  }),
  z.strictObject({ kind: z.literal('records-exported'), bundles: z.number().int().min(0) }),
  z.strictObject({ kind: z.literal('challenge-asked'), ...bundle, challenge: uuid }),
  z.strictObject({
    kind: z.literal('report-judged'),
    ...bundle,
    report: hexOf(32),
    grade: z.enum(GRADES),
    rehearsal: z.boolean(),
  }),
] as const;

const link = { n: z.number().int().min(1), time: instant, previous: hexOf(32) };

/** Something that was done. */
export const auditEventSchema = z.discriminatedUnion('kind', EVENTS);
export type AuditEvent = z.infer<typeof auditEventSchema>;

/** An event in its place: number from 1, time, and the hash of the entry before (zeros for the first). */
export const auditEntrySchema = z.strictObject({ ...link, event: auditEventSchema });
export type AuditEntry = z.infer<typeof auditEntrySchema>;

const NONE = '0'.repeat(64);

/** SHA-256 of the canonical JSON of an entry. @returns 64 hex digits */
export const auditHash = (entry: AuditEntry): string => hex(sha256(utf8(canonicalJson(entry))));

/** What the next entry will carry: the hash of the last, zeros for an empty trail. */
export const auditHead = (trail: readonly AuditEntry[]): string => {
  const last = trail.at(-1);
  return last ? auditHash(last) : NONE;
};

/** The trail with one more entry. Time never goes back in it. @throws limit, bad-value for an event with other fields */
export const audited = (trail: readonly AuditEntry[], event: AuditEvent, now: Date): AuditEntry[] => {
  if (trail.length >= AUDIT_MAX) fail('limit', WHAT, `${trail.length} entries`, `at most ${AUDIT_MAX}`);
  const checked = auditEventSchema.safeParse(event);
  if (!checked.success)
    return fail('bad-value', `${WHAT}, ${event.kind}`, 'a field that does not fit', 'an event of the closed set');
  return [...trail, { n: trail.length + 1, time: instantText(now), previous: auditHead(trail), event: checked.data }];
};

/** What is wrong with a trail, and where. */
export type AuditFault =
  | { readonly kind: 'number'; readonly n: number; readonly found: number }
  | { readonly kind: 'link'; readonly n: number }
  | { readonly kind: 'head'; readonly n: number };

export interface AuditVerdict {
  readonly good: boolean;
  readonly entries: number;
  /** hash of the last entry */
  readonly head: string;
  /** the first fault */
  readonly fault?: AuditFault;
}

/**
 * Follows the chain. An entry that was changed shows at the next one, and the last one by the head: without a head from elsewhere
 * (the project file has its own, a printed one will do) that entries were cut off at the end cannot be seen.
 * @param head hash that the last entry must have
 */
export const verifyAudit = (trail: readonly AuditEntry[], head?: string): AuditVerdict => {
  const verdict = (fault?: AuditFault): AuditVerdict => ({
    good: fault === undefined,
    entries: trail.length,
    head: auditHead(trail),
    ...(fault ? { fault } : {}),
  });
  let previous = NONE;
  for (const [i, entry] of trail.entries()) {
    if (entry.n !== i + 1) return verdict({ kind: 'number', n: i + 1, found: entry.n });
    if (entry.previous !== previous) return verdict({ kind: 'link', n: i + 1 });
    previous = auditHash(entry);
  }
  return head !== undefined && head !== previous ? verdict({ kind: 'head', n: trail.length }) : verdict();
};

/** One canonical JSON a line, the oldest first. */
export const writeAuditLines = (trail: readonly AuditEntry[]): Bytes => utf8(trail.map((e) => `${canonicalJson(e)}\n`).join(''));

/** Reads an export. Says nothing about the chain: see {@link verifyAudit}. @throws too-long, bad-encoding, duplicate, unknown-field, missing-field, bad-value */
export const readAuditLines = (bytes: Bytes): AuditEntry[] => {
  if (bytes.length > EXPORT_MAX) fail('too-long', WHAT, `${bytes.length} bytes`, `at most ${EXPORT_MAX} bytes`);
  const lines = fromUtf8(bytes, WHAT).split('\n');
  if (lines.pop() !== '') fail('bad-encoding', WHAT, 'a last line without end', 'one JSON object a line');
  if (lines.length > AUDIT_MAX) fail('too-long', WHAT, `${lines.length} lines`, `at most ${AUDIT_MAX}`);
  return lines.map((l, i) => readJson(auditEntrySchema, utf8(l), `${WHAT}, line ${i + 1}`, LINE_MAX, { show: true }));
};
