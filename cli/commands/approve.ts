/** `approve key-new | key-public | bundle | check`: the key of an approver, and approvals. */
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Command } from 'commander';
import { SSH_NAMESPACES } from '../../core/approval/document.ts';
import { APPROVER_KEY, approverFingerprint, approverLine, makeApproverKey, sealApproverKey } from '../../core/approval/key.ts';
import { type ApprovalState, approvalState, bundleApprovalState } from '../../core/approval/state.ts';
import { readManifest } from '../../core/bundle/manifest.ts';
import { MANIFEST_POL } from '../../core/bundle/names.ts';
import { hex, utf8, wipe } from '../../core/bytes.ts';
import { freshSealKey } from '../../core/crypto/sealed.ts';
import { inFile, SelError } from '../../core/errors.ts';
import { nodeEnv } from '../../edge/env.ts';
import { exists, readFile } from '../../edge/files.ts';
import { measuredKdf } from '../../edge/kdf.ts';
import { writeTogether } from '../../edge/together.ts';
import { approvalStateSays } from '../../words/approval.ts';
import { type ApprovalOptions, openKey, readApprovalInput, type SignOptions, writeApproval } from '../approvals.ts';
import { EXIT, oneLine, refuse, say, sayJson } from '../out.ts';
import { newPassphrase } from '../passphrase.ts';
import { addSignOptions, readPolicyFile, several } from './policy.ts';

interface KeyOptions {
  readonly output: string;
  readonly name?: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

const keyNew = async (o: KeyOptions): Promise<void> => {
  const pub = `${o.output}.pub`;
  for (const file of [o.output, pub]) if (exists(file)) throw new SelError('io-exists', { file, field: 'key of an approver' });
  const key = makeApproverKey(o.name ?? '', nodeEnv);
  const passphrase = await newPassphrase(o.passphraseFile, o.output);
  const under = freshSealKey(APPROVER_KEY, passphrase, measuredKdf(), nodeEnv);
  const line = approverLine(key);
  const file = sealApproverKey(key, under, nodeEnv);
  wipe(key.seed, under.key);
  writeTogether([
    { path: o.output, bytes: file, what: 'key of an approver', mode: 0o600, how: 'new' },
    { path: pub, bytes: utf8(`${line}\n`), what: 'public key of an approver', how: 'new' },
  ]);
  const fingerprint = approverFingerprint(key.publicKey);
  if (o.json) sayJson({ ok: true, key: o.output, public: pub, line, fingerprint });
  else
    say(
      `Your key is in ${o.output}; it opens with its passphrase only.\nGive this public half, ${pub}, to whoever makes bundles:\n${line}\n${fingerprint}`,
    );
};

const keyPublic = async (file: string, o: Omit<KeyOptions, 'output'>): Promise<void> => {
  const key = await openKey(file, o.passphraseFile);
  wipe(key.seed);
  const fingerprint = approverFingerprint(key.publicKey);
  if (o.json) sayJson({ ok: true, line: approverLine(key), fingerprint });
  else say(approverLine(key));
};

/** Name of a bundle, and the SHA-256 of its manifest: what an approval of it is about. */
const manifestOf = (directory: string): { name: string; sha256: string } => {
  const path = join(directory, 'sics', MANIFEST_POL);
  const bytes = readFile(path, 'manifest.pol', 1024 * 1024);
  return { name: inFile(path, () => readManifest(bytes)).bundle.name, sha256: hex(sha256(bytes)) };
};

const bundle = async (directory: string, o: SignOptions & { readonly json?: boolean }): Promise<void> => {
  const { name, sha256: manifest } = manifestOf(directory);
  const key = await writeApproval({ kind: 'bundle', sha256: manifest, name }, o);
  const fingerprint = approverFingerprint(key.publicKey);
  const decision = o.reject ? 'reject' : 'approve';
  if (o.json) sayJson({ ok: true, decision, sha256: manifest, fingerprint, approval: o.output });
  else
    say(
      oneLine(
        `The bundle ${name} (manifest ${manifest}) is ${o.reject ? 'rejected' : 'approved'} with the key ${fingerprint}: ${o.output}`,
      ),
    );
};

interface CheckOptions extends Pick<ApprovalOptions, 'trust'> {
  readonly policy?: string;
  readonly bundle?: string;
  readonly json?: boolean;
}

const stateFor = (files: readonly string[], o: CheckOptions): ApprovalState => {
  const input = readApprovalInput({ approval: [...files], ...(o.trust ? { trust: o.trust } : {}) });
  if (o.policy !== undefined) return approvalState(readPolicyFile(o.policy).policy, input.approvals, input.trusted);
  return bundleApprovalState(manifestOf(o.bundle ?? '').sha256, input);
};

const check = (files: string[], o: CheckOptions): void => {
  if ((o.policy === undefined) === (o.bundle === undefined)) refuse('say what shall be approved: --policy FILE or --bundle DIR');
  if (o.trust === undefined) refuse('say whose approval counts: --trust FILE');
  const state = stateFor(files, o);
  // asked about approvals, an answer without any is "no", also where none is demanded
  const good = state.satisfied && state.approvedBy.length > 0;
  if (o.json) sayJson({ ok: good, state });
  else say(approvalStateSays(state).join('\n'));
  process.exitCode = good ? EXIT.good : EXIT.no;
};

export const addApprove = (program: Command): void => {
  const approve = program.command('approve').description('a second pair of eyes: keys and approvals');
  approve
    .command('key-new')
    .requiredOption('-o, --output <file>', 'file of the key; its public half goes to FILE.pub')
    .option('--name <name>', 'whose key it is')
    .option('--passphrase-file <file>', 'file with the passphrase; asked for unless given')
    .option('--json', 'answer in JSON')
    .description('make a key to approve with')
    .action(keyNew);
  approve
    .command('key-public')
    .argument('<file>', 'file of the key')
    .option('--passphrase-file <file>', 'file with the passphrase; asked for unless given')
    .option('--json', 'answer in JSON')
    .description('the public half of a key, as in a .pub file')
    .action(keyPublic);
  addSignOptions(approve.command('bundle').argument('<dir>', 'bundle directory'))
    .description(
      `approve or reject a bundle by its manifest. With an ssh key: sign its SHA-256 and a line end, -n ${SSH_NAMESPACES.bundle}`,
    )
    .action(bundle);
  approve
    .command('check')
    .argument('<approval...>', 'approvals, or signatures of ssh-keygen -Y sign')
    .option('--policy <file>', 'policy that is approved')
    .option('--bundle <dir>', 'bundle that is approved')
    .option('--trust <file>', 'public keys whose approval counts, as in a .pub file; may be given more than once', several)
    .option('--json', 'answer in JSON')
    .description('who approved, and what is missing')
    .action(check);
};
