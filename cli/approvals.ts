/** Approvals and trusted keys from files, and the signing of new ones. */
import { APPROVAL_MAX, type Approval, readApproval, signApproval } from '../core/approval/document.ts';
import { APPROVER_KEY, type ApproverKey, openApproverKey } from '../core/approval/key.ts';
import type { ApprovalInput } from '../core/approval/state.ts';
import { readTrustedKeys, TRUST_MAX, type TrustedKey } from '../core/approval/trust.ts';
import { wipe } from '../core/bytes.ts';
import { sealKeyOf } from '../core/crypto/sealed.ts';
import { inFile } from '../core/errors.ts';
import { nodeEnv } from '../edge/env.ts';
import { readFile, writeFile } from '../edge/files.ts';
import { askPassphrase } from './passphrase.ts';

export const readApprovals = (files: readonly string[] = []): Approval[] =>
  files.map((file) => inFile(file, () => readApproval(readFile(file, 'approval', APPROVAL_MAX))));

export const readTrusted = (files: readonly string[] = []): TrustedKey[] =>
  files.flatMap((file) => inFile(file, () => readTrustedKeys(readFile(file, 'public key of an approver', TRUST_MAX))));

/** The options --approval and --trust. */
export interface ApprovalOptions {
  readonly approval?: string[];
  readonly trust?: string[];
}

export const readApprovalInput = ({ approval, trust }: ApprovalOptions): ApprovalInput => ({
  approvals: readApprovals(approval),
  trusted: readTrusted(trust),
});

/** Opens an approver's key. Takes about a second. @throws everything of openApproverKey, with the file's name */
export const openKey = async (file: string, passphraseFile: string | undefined): Promise<ApproverKey> => {
  const bytes = readFile(file, 'key of an approver', 4096);
  const passphrase = await askPassphrase(passphraseFile, file);
  return inFile(file, () => {
    const under = sealKeyOf(APPROVER_KEY, bytes, passphrase);
    try {
      return openApproverKey(bytes, under);
    } finally {
      wipe(under.key);
    }
  });
};

/** What an approval is signed with, and where it goes. */
export interface SignOptions {
  readonly key: string;
  readonly passphraseFile?: string;
  readonly output: string;
  readonly reject?: boolean;
  readonly comment?: string;
  readonly overwrite?: boolean;
}

/** Signs and writes an approval or a rejection. @returns whose it is */
export const writeApproval = async (
  subject: { readonly kind: 'policy' | 'bundle'; readonly sha256: string; readonly name: string },
  o: SignOptions,
): Promise<ApproverKey> => {
  const key = await openKey(o.key, o.passphraseFile);
  try {
    const decision = o.reject ? 'reject' : 'approve';
    const file = signApproval({ ...subject, decision, comment: o.comment ?? '' }, key, nodeEnv);
    writeFile(o.output, file, 'approval', { overwrite: o.overwrite === true });
    return key;
  } finally {
    wipe(key.seed);
  }
};
