/** `policy check | show | diff | hash | approve`. */
import type { Command } from 'commander';
import { approverFingerprint } from '../../core/approval/key.ts';
import { checkApprovalDemand } from '../../core/approval/state.ts';
import { checkTarget } from '../../core/bundle/preflight.ts';
import { inFile } from '../../core/errors.ts';
import { type Finding, hasErrors } from '../../core/findings.ts';
import { diffPolicies } from '../../core/policy/diff.ts';
import { type PolicyDocument, policyHash, readPolicyDocument } from '../../core/policy/document.ts';
import { checkPolicy } from '../../core/policy/rules.ts';
import { reviewPolicy } from '../../core/review/review.ts';
import { diffSays } from '../../words/diff.ts';
import { reviewAsText, ruleLine } from '../../words/review.ts';
import { type ApprovalOptions, readApprovalInput, type SignOptions, writeApproval } from '../approvals.ts';
import { readHeader } from '../header.ts';
import { EXIT, oneLine, refuse, say, sayJson } from '../out.ts';
import { readInputOrStdin } from '../streams.ts';

/** More than any policy has, so that one that is too long is said to be so. */
const READ_MAX = 1024 * 1024;

/** Reads a policy and where its fields stand; `-` is standard input. */
export const readPolicyFile = (file: string): PolicyDocument => {
  const bytes = readInputOrStdin(file, 'policy', READ_MAX);
  return inFile(file, () => readPolicyDocument(bytes));
};

interface CheckOptions {
  readonly hdr?: string;
  readonly json?: boolean;
}

const check = (file: string, o: CheckOptions): void => {
  const { policy, locate } = readPolicyFile(file);
  const header = o.hdr === undefined ? undefined : readHeader(o.hdr).header;
  const findings: Finding[] = [
    ...checkPolicy(policy),
    ...checkApprovalDemand(policy),
    ...(header ? checkTarget({ policy, header, hostKeys: [] }) : []),
  ];
  const good = !hasErrors(findings);
  const placed = findings.map((f) => ({ ...f, ...(f.path ? { at: locate(f.path) } : {}) }));
  if (o.json) sayJson({ ok: good, sha256: policyHash(policy), findings: placed });
  else {
    for (const f of placed) say(oneLine(`${f.at ? `${file}:${f.at.line}:${f.at.column}: ` : ''}${ruleLine(f)}`));
    say(good ? 'The policy can be used.' : 'The policy cannot be used.');
  }
  process.exitCode = good ? EXIT.good : EXIT.no;
};

const show = (file: string, o: CheckOptions & ApprovalOptions): void => {
  const { policy } = readPolicyFile(file);
  const header = o.hdr === undefined ? undefined : readHeader(o.hdr).header;
  const review = reviewPolicy(policy, { header, approvals: readApprovalInput(o) });
  const good = !hasErrors(review.findings);
  if (o.json) sayJson({ ok: good, review });
  else say(reviewAsText(review));
  process.exitCode = good ? EXIT.good : EXIT.no;
};

const diff = (before: string, after: string, o: { readonly json?: boolean }): void => {
  if (before === '-' && after === '-') refuse('only one of the two can be standard input');
  const [a, b] = [readPolicyFile(before).policy, readPolicyFile(after).policy];
  const changes = diffPolicies(a, b);
  const same = changes.length === 0;
  if (o.json)
    sayJson({
      ok: same,
      before: policyHash(a),
      after: policyHash(b),
      changes: changes.map((c, i) => ({ ...c, says: diffSays(changes)[i] })),
    });
  else say(same ? 'The two are the same policy.' : diffSays(changes).map(oneLine).join('\n'));
  process.exitCode = same ? EXIT.good : EXIT.no;
};

const hash = (file: string, o: { readonly json?: boolean }): void => {
  const sha256 = policyHash(readPolicyFile(file).policy);
  if (o.json) sayJson({ ok: true, sha256 });
  else say(sha256);
};

const approve = async (file: string, o: SignOptions & { readonly json?: boolean }): Promise<void> => {
  const { policy } = readPolicyFile(file);
  const errors = checkPolicy(policy).filter((f) => f.severity === 'error');
  if (errors.length > 0 && !o.reject) {
    for (const f of errors) say(oneLine(ruleLine(f)));
    refuse('a policy with errors cannot be approved; it can be rejected with --reject');
  }
  const sha256 = policyHash(policy);
  const key = await writeApproval({ kind: 'policy', sha256, name: policy.name }, o);
  const fingerprint = approverFingerprint(key.publicKey);
  const decision = o.reject ? 'reject' : 'approve';
  if (o.json) sayJson({ ok: true, decision, sha256, fingerprint, approval: o.output });
  else
    say(
      `The policy ${policy.name} (${sha256}) is ${o.reject ? 'rejected' : 'approved'} with the key ${fingerprint}: ${o.output}`,
    );
};

/** One file after the other, each given with the option. */
export const several = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

export const addApprovalOptions = (command: Command): Command =>
  command
    .option('--approval <file>', 'approval, or signature of ssh-keygen -Y sign; may be given more than once', several)
    .option('--trust <file>', 'public keys whose approval counts, as in a .pub file; may be given more than once', several);

/** Options of everything that signs. */
export const addSignOptions = (command: Command): Command =>
  command
    .requiredOption('--key <file>', 'your key, made with "approve key-new"')
    .requiredOption('-o, --output <file>', 'approval to write')
    .option('--passphrase-file <file>', 'file with the passphrase of the key; asked for unless given')
    .option('--reject', 'reject instead of approve')
    .option('--comment <text>', 'why; signed with it, at most 1000 characters')
    .option('--overwrite', 'replace an approval that exists')
    .option('--json', 'answer in JSON');

export const addPolicy = (program: Command): void => {
  const policy = program.command('policy').description('personalization policies');
  policy
    .command('check')
    .argument('<file>', 'policy; - is standard input')
    .option('--hdr <file>', 'SE header, or an image that holds one')
    .option('--json', 'answer in JSON')
    .description('look at every rule, with line and column')
    .action(check);
  addApprovalOptions(policy.command('show'))
    .argument('<file>', 'policy; - is standard input')
    .option('--hdr <file>', 'SE header, or an image that holds one')
    .option('--json', 'answer in JSON')
    .description('what a guest would get, which risks there are, how much a report can show; no secret is needed')
    .action(show);
  policy
    .command('diff')
    .argument('<before>', 'policy')
    .argument('<after>', 'policy')
    .option('--json', 'answer in JSON')
    .description('the difference between two policies in words; exit code 1 when there is one')
    .action(diff);
  policy
    .command('hash')
    .argument('<file>', 'policy; - is standard input')
    .option('--json', 'answer in JSON')
    .description(
      'identity of a policy: what is approved. To approve with an ssh key, pipe it to: ssh-keygen -Y sign -n selwright-policy-approval -f KEY',
    )
    .action(hash);
  addSignOptions(policy.command('approve').argument('<file>', 'policy'))
    .description('approve or reject exactly this policy, with a signature')
    .action(approve);
};
