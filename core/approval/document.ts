/**
 * An approval, or a rejection, as a file: a signed statement of ours, or a signature made with `ssh-keygen -Y sign`. It is about
 * the hash of one policy, or of one bundle's manifest, and nothing else; one cannot stand in for the other.
 * Source: spec page "personalization-policy", section 4; docs/project-file.md.
 */
import * as z from 'zod';
import { type Bytes, base64, join, unbase64, utf8 } from '../bytes.ts';
import { canonicalJson, readableJson } from '../canonical.ts';
import { ED25519_SIGNATURE_SIZE, ed25519Sign, ed25519Verify } from '../crypto/ed25519.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { sshFingerprint } from '../policy/openssh.ts';
import { hexOf, instant, readJson } from '../schema.ts';
import { instantText } from '../time.ts';
import { type ApproverKey, approverLine } from './key.ts';
import { looksLikeSshSignature, readSshSignature, SSHSIG_MAX, type SshSignature, sshSignatureFits } from './sshsig.ts';
import { readTrustedKey } from './trust.ts';

export const APPROVAL_FORMAT = 'sel-approval';
const WHAT = 'approval';
/** Largest file of an approval, in bytes. */
export const APPROVAL_MAX = SSHSIG_MAX;
const COMMENT_MAX = 1000;

export const APPROVAL_KINDS = ['policy', 'bundle'] as const;
/** What is approved: a policy by its hash, or a bundle by the SHA-256 of its manifest.pol. */
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];

/** What a statement is about. */
export interface ApprovalSubject {
  readonly kind: ApprovalKind;
  /** 64 hex digits */
  readonly sha256: string;
}

/** -n of ssh-keygen. */
export const SSH_NAMESPACES: Record<ApprovalKind, string> = {
  policy: 'selwright-policy-approval',
  bundle: 'selwright-bundle-approval',
};

/** What `ssh-keygen -Y sign` signs: the hash in hex and a line feed, as `selwright policy hash` prints it. */
export const sshMessage = (sha256: string): Bytes => utf8(`${sha256}\n`);

const statementSchema = z.strictObject({
  kind: z.enum(APPROVAL_KINDS),
  sha256: hexOf(32),
  /** name of the policy or the bundle, for people: the hash is what counts */
  name: z.string().min(1).max(64),
  decision: z.enum(['approve', 'reject']),
  comment: z.string().max(COMMENT_MAX),
  /** by the approver's clock */
  time: instant,
  /** public key, without comment */
  key: z.string().max(200),
});
export type Statement = z.infer<typeof statementSchema>;

const documentSchema = z.strictObject({
  format: z.literal(APPROVAL_FORMAT),
  version: z.literal(1),
  statement: statementSchema,
  signature: z.string().max(100),
});

/** An approval as it was read: what it says, who says it, and what it is good for. */
export type Approval = {
  readonly fingerprint: string;
  readonly decision: 'approve' | 'reject';
} & (
  | { readonly form: 'statement'; readonly statement: Statement; readonly publicKey: Bytes; readonly signature: Bytes }
  | { readonly form: 'ssh'; readonly signature: SshSignature }
);

/** Label of the kind, 00, canonical JSON of the statement. */
const signedBytes = (s: Statement): Bytes =>
  join(utf8(`selwright-${s.kind}-approval-v1`), new Uint8Array([0]), utf8(canonicalJson(s)));

/** Signs a statement. @param comment at most 1000 characters @returns the file @throws bad-value */
export const signApproval = (
  what: ApprovalSubject & { readonly name: string; readonly decision: 'approve' | 'reject'; readonly comment: string },
  key: ApproverKey,
  env: Env,
): Bytes => {
  if (what.comment.length > COMMENT_MAX)
    fail('limit', `${WHAT}, comment`, `${what.comment.length} characters`, `at most ${COMMENT_MAX}`);
  const { kind, sha256, name, decision, comment } = what;
  const statement: Statement = {
    kind,
    sha256,
    name,
    decision,
    comment,
    time: instantText(env.now()),
    key: approverLine({ publicKey: key.publicKey, name: '' }),
  };
  const signature = base64(ed25519Sign(key.seed, signedBytes(statement)));
  return utf8(readableJson({ format: APPROVAL_FORMAT, version: 1, statement, signature }));
};

/**
 * Reads an approval of either form. Nothing is verified yet: see {@link holdsFor}.
 * @throws empty, too-long, bad-encoding, duplicate, unknown-field, missing-field, bad-value, wrong-length, not-recognised,
 * unsupported, and what readSshSignature throws
 */
export const readApproval = (bytes: Bytes): Approval => {
  if (looksLikeSshSignature(bytes)) {
    const signature = readSshSignature(bytes);
    return { form: 'ssh', fingerprint: sshFingerprint(signature.key), decision: 'approve', signature };
  }
  const { statement, signature: text } = readJson(documentSchema, bytes, WHAT, APPROVAL_MAX, { show: true });
  const key = readTrustedKey(statement.key);
  if (key.line !== statement.key) fail('bad-value', `${WHAT}, key`, 'another spelling', 'type and key, nothing behind them');
  const signature = unbase64(text, `${WHAT}, signature`);
  if (signature.length !== ED25519_SIGNATURE_SIZE)
    fail('wrong-length', `${WHAT}, signature`, `${signature.length} bytes`, `${ED25519_SIGNATURE_SIZE} bytes`);
  return {
    form: 'statement',
    fingerprint: key.fingerprint,
    decision: statement.decision,
    statement,
    publicKey: key.publicKey,
    signature,
  };
};

/** Whether an approval is about this, by signature. An SSH signature does not say what else it may be about. */
export const holdsFor = (a: Approval, subject: ApprovalSubject): 'yes' | 'other-subject' | 'bad-signature' => {
  if (a.form === 'ssh')
    return sshSignatureFits(a.signature, SSH_NAMESPACES[subject.kind], sshMessage(subject.sha256)) ? 'yes' : 'other-subject';
  if (!ed25519Verify(a.publicKey, signedBytes(a.statement), a.signature)) return 'bad-signature';
  return a.statement.kind === subject.kind && a.statement.sha256 === subject.sha256 ? 'yes' : 'other-subject';
};
