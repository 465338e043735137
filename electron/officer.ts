/**
 * The security officer's side: looks at a policy or a bundle without any secret, and signs for or against it. The officer's key
 * is opened for the one signature and wiped.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type ApprovalSubject, signApproval } from '../core/approval/document.ts';
import {
  APPROVER_KEY,
  type ApproverKey,
  approverFingerprint,
  approverLine,
  makeApproverKey,
  openApproverKey,
  sealApproverKey,
} from '../core/approval/key.ts';
import type { BundleEntry } from '../core/bundle/check.ts';
import { type Bytes, hex, utf8, wipe } from '../core/bytes.ts';
import { freshSealKey, sealKeyOf } from '../core/crypto/sealed.ts';
import type { Env } from '../core/env.ts';
import { fail, inFile } from '../core/errors.ts';
import { readPolicy } from '../core/policy/document.ts';
import { wipeProject } from '../core/project/project.ts';
import { type Review, reviewBundle, reviewPolicy, reviewProject } from '../core/review/review.ts';
import { readTree, writeFile } from '../edge/files.ts';
import { measuredKdf } from '../edge/kdf.ts';
import { ProjectStore } from '../edge/project.ts';
import { writeTogether } from '../edge/together.ts';
import { approvalStateSays } from '../words/approval.ts';
import { t } from '../words/language.ts';
import { deliverySays, dumpSays, hostKeySays, reachableSays } from '../words/review.ts';
import type { ChosenFile, ReviewView } from './contract.ts';
import { newPassphraseOf, passphraseOf, wholePath } from './keeper.ts';
import { findingView } from './views/finding.ts';

interface Subject extends ApprovalSubject {
  readonly name: string;
}

export class Officer {
  readonly #env: Env;
  #subject: Subject | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Reviews a policy file. @throws everything of readPolicy */
  policy(f: ChosenFile): ReviewView {
    const review = inFile(f.name, () => reviewPolicy(readPolicy(f.bytes)));
    return this.#shown(f.name, review, { kind: 'policy', sha256: review.policy.sha256, name: review.policy.name });
  }

  /** Reviews a bundle directory. @throws io-*, not-found without its policy, and what its readers throw */
  bundle(path: string): ReviewView {
    const entries: BundleEntry[] = readTree(wholePath(path, 'bundle'), 'bundle');
    const review = reviewBundle(entries, { now: this.#env.now() });
    const manifest = entries.find((e) => e.path === 'sics/manifest.pol')?.bytes;
    const subject = manifest
      ? { kind: 'bundle' as const, sha256: hex(sha256(manifest)), name: review.bundle?.id.name ?? review.policy.name }
      : undefined;
    return this.#shown(path, review, subject);
  }

  /** Reviews the policy of a project file; what is secret in it is wiped at once. @throws what makes it unreadable, missing-value */
  project(path: string, passphrase: Bytes): ReviewView {
    const place = wholePath(path, 'project file');
    const kept = ProjectStore.read(place, passphraseOf(passphrase));
    try {
      const review = reviewProject(kept) ?? fail('missing-value', 'project file, policy', 'none', 'a project with a policy');
      return this.#shown(path, review, { kind: 'policy', sha256: review.policy.sha256, name: review.policy.name });
    } finally {
      wipeProject(kept);
    }
  }

  #shown(file: string, review: Review, subject: Subject | undefined): ReviewView {
    this.#subject = subject;
    const bundle = review.bundle?.id;
    return {
      file,
      about: review.about,
      name: review.policy.name,
      title: bundle
        ? t('Bundle {name}, number {serial}', { name: bundle.name, serial: bundle.serial })
        : t('Policy {name}', { name: review.policy.name }),
      signable: subject?.sha256 ?? null,
      policySha256: review.policy.sha256,
      gets: review.gets.map(deliverySays),
      hostKeys: review.hostKeys.map(hostKeySays),
      dump: dumpSays(review.dump),
      report: reachableSays(review.grade),
      approvals: approvalStateSays(review.approvals),
      findings: review.findings.map(findingView),
    };
  }

  /** Makes a key to approve with; the public half goes to PATH.pub. @throws io-exists, bad-name, too-short */
  makeKey(path: string, name: string, passphrase: Bytes): { path: string; line: string; fingerprint: string } {
    const place = wholePath(path, 'place of the key');
    const text = newPassphraseOf(passphrase);
    const key = makeApproverKey(name, this.#env);
    const under = freshSealKey(APPROVER_KEY, text, measuredKdf(), this.#env);
    const line = approverLine(key);
    try {
      writeTogether([
        { path: place, bytes: sealApproverKey(key, under, this.#env), what: 'key of an approver', mode: 0o600, how: 'new' },
        { path: `${place}.pub`, bytes: utf8(`${line}\n`), what: 'public key of an approver', how: 'new' },
      ]);
    } finally {
      wipe(key.seed, under.key);
    }
    return { path: place, line, fingerprint: approverFingerprint(key.publicKey) };
  }

  #openKey(f: ChosenFile, passphrase: Bytes): ApproverKey {
    return inFile(f.name, () => {
      const under = sealKeyOf(APPROVER_KEY, f.bytes, passphraseOf(passphrase));
      try {
        return openApproverKey(f.bytes, under);
      } finally {
        wipe(under.key);
      }
    });
  }

  /** Signs for or against what was reviewed last. @throws missing-value, cannot-decrypt, io-* */
  sign(
    keyFile: ChosenFile,
    passphrase: Bytes,
    decision: 'approve' | 'reject',
    comment: string,
    path: string,
  ): { path: string; fingerprint: string } {
    const subject = this.#subject ?? fail('missing-value', 'approval', 'nothing under review', 'a policy or a bundle');
    const key = this.#openKey(keyFile, passphrase);
    try {
      writeFile(
        wholePath(path, 'place of the approval'),
        signApproval({ ...subject, decision, comment }, key, this.#env),
        'approval',
      );
    } finally {
      wipe(key.seed);
    }
    return { path, fingerprint: approverFingerprint(key.publicKey) };
  }
}
