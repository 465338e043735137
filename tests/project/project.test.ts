/** What can be done with a project: serials and replay, decisions, values that go, the ledger. */
import { describe, expect, it } from 'vitest';
import { signApproval } from '../../core/approval/document.ts';
import { approverLine, makeApproverKey } from '../../core/approval/key.ts';
import type { BuiltBundle } from '../../core/bundle/build.ts';
import { hex, utf8 } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import { boot } from '../../core/guestsim/boot.ts';
import { policyHash, writePolicy } from '../../core/policy/document.ts';
import { template } from '../../core/policy/templates.ts';
import type { Project } from '../../core/project/content.ts';
import {
  acceptHostKey,
  addApproval,
  addBundle,
  addFile,
  bundleSaved,
  forgetValues,
  newestSerial,
  newProject,
  nextSerial,
  projectApprovalState,
  projectApprovals,
  projectPolicy,
  projectValues,
  removeApproval,
  removeFile,
  removeValue,
  reportJudged,
  setPolicy,
  setValue,
  trustKey,
  untrustKey,
  verifyContext,
} from '../../core/project/project.ts';
import { verifyReport } from '../../core/report/verify.ts';
import { entriesOf, hosts, image, makeBundle, policy } from '../support/tenant.ts';
import { emptyProject, env, fullProject, officer, owned } from './fixture.ts';

const kinds = (p: Project): string[] => p.audit.map((e) => e.event.kind);
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
  return 'done';
};
const value = (secret: string, byte: number): Parameters<typeof setValue>[1] => ({
  secret,
  value: owned(new Uint8Array(32).fill(byte)),
  source: 'imported',
});

describe('bundles of a project', () => {
  const bundles: BuiltBundle[] = [1, 2, 3].map((serial) => makeBundle(`serial ${serial}`, { serial }));
  const project = bundles.reduce((p, b) => addBundle(p, b, false, env), emptyProject());
  const now = env.now();
  const reports = bundles.map((b) => boot({ host: hosts[0], image, entries: entriesOf(b) }, env).report as Uint8Array);

  it('are numbered, and the next one is above all', () => {
    expect(nextSerial(emptyProject())).toBe(1);
    expect(nextSerial(project)).toBe(4);
    expect(codeOf(() => addBundle(project, bundles[0] as BuiltBundle, false, env))).toBe('conflict');
    expect(kinds(project)).toEqual(['project-created', 'bundle-made', 'bundle-made', 'bundle-made']);
  });
  it('the newest is proven; an older one fails R08: the project knows the newest', () => {
    const verdicts = bundles.map((b, i) =>
      verifyReport({ ...verifyContext(project, b.id.id), report: reports[i] as Uint8Array, now }),
    );
    expect(verdicts.map((v) => v.grade)).toEqual(['failed', 'failed', 'proven']);
    for (const v of verdicts.slice(0, 2))
      expect(v.checks.filter((c) => c.outcome === 'failed').map((c) => c.id)).toEqual(['R08']);
  });
  it("another bundle's report is explained by the list of the bundle it is of", () => {
    // the host started the first bundle; the guest's attestation is for its request, so the second one's expectation cannot hold
    const context = verifyContext(project, bundles[1]?.id.id as string);
    expect(context.older?.map((e) => e.bundle.serial)).toEqual([1, 3]);
    expect(context.newestSerial).toBe(3);
    const v = verifyReport({ ...context, report: reports[0] as Uint8Array, now });
    expect(v.grade).toBe('failed');
  });
  it('of another guest or image do not count as newer', () => {
    const other = addBundle(project, makeBundle('other', { serial: 4, name: 'other-guest' }), false, env);
    expect(nextSerial(other)).toBe(5);
    const third = bundles[2] as BuiltBundle;
    expect(newestSerial(other, third.expected)).toBe(3);
    expect(verifyReport({ ...verifyContext(other, third.id.id), report: reports[2] as Uint8Array, now }).grade).toBe('proven');
  });
  it('a judged report goes into the ledger once; a second guest is a question; a failed one is not remembered', () => {
    const id = bundles[2]?.id.id as string;
    const judge = (p: Project, report: Uint8Array) => verifyReport({ ...verifyContext(p, id), report, now });
    const first = judge(project, reports[2] as Uint8Array);
    const once = reportJudged(project, first, env);
    const twice = reportJudged(once, judge(once, reports[2] as Uint8Array), env);
    expect([once.ledger.length, twice.ledger.length]).toEqual([1, 1]);
    const again = boot({ host: hosts[1], image, entries: entriesOf(bundles[2] as BuiltBundle) }, env).report as Uint8Array;
    const second = judge(twice, again);
    expect(second.checks.find((c) => c.id === 'R03')?.outcome).toBe('question');
    expect(reportJudged(twice, second, env).ledger).toHaveLength(2);
    const failed = verifyReport({
      ...verifyContext(project, bundles[0]?.id.id as string),
      report: reports[0] as Uint8Array,
      now,
    });
    expect(reportJudged(project, failed, env).ledger).toEqual([]);
    expect(reportJudged(project, failed, env).audit.at(-1)?.event).toMatchObject({
      kind: 'report-judged',
      grade: 'failed',
      serial: 1,
    });
  });
  it('are handed over: the place is noted, the files go', () => {
    const kept = addBundle(emptyProject(), bundles[0] as BuiltBundle, true, env);
    expect(kept.bundles[0]?.files?.length).toBe(bundles[0]?.files.length);
    const saved = bundleSaved(kept, bundles[0]?.id.id as string, '/media/stick/b', env);
    expect(saved.bundles[0]).toMatchObject({ savedTo: '/media/stick/b' });
    expect(saved.bundles[0]?.files).toBeUndefined();
    expect(codeOf(() => bundleSaved(kept, 'nobody', '/x', env))).toBe('not-found');
    expect(codeOf(() => verifyContext(kept, 'nobody'))).toBe('not-found');
    expect(codeOf(() => verifyContext(kept, bundles[0]?.id.id as string, 'no challenge'))).toBe('not-found');
  });
  it('a challenge that was asked is what the verdict expects', () => {
    const full = fullProject();
    const [challenge] = full.challenges;
    const context = verifyContext(full, challenge?.bundle as string, challenge?.id);
    expect(context.challenge).toMatchObject({ id: challenge?.id, requestSha256: challenge?.request_sha256 });
    expect(context.attestationKey).toBe(challenge?.attestationKey);
  });
});

describe('values', () => {
  it('that are replaced, removed or forgotten are overwritten', () => {
    const [a, b, c] = [value('cck', 1), value('cck', 2), value('rfs-luks-key', 3)];
    let p = setValue(emptyProject(), a, env);
    p = setValue(p, b, env);
    expect(hex(a.value)).toBe('00'.repeat(32));
    p = setValue(p, c, env);
    expect(hex(projectValues(p).get('cck') as Uint8Array)).toBe('02'.repeat(32));
    p = removeValue(p, 'cck', env);
    expect(hex(b.value)).toBe('00'.repeat(32));
    p = forgetValues(p, env);
    expect(hex(c.value)).toBe('00'.repeat(32));
    expect(p.values).toEqual([]);
    expect(kinds(p)).toEqual(['project-created', 'value-set', 'value-set', 'value-set', 'value-removed', 'values-forgotten']);
    expect([forgetValues(p, env), removeValue(p, 'cck', env)]).toEqual([p, p]);
  });
  it('of secrets that a new policy does not know go with it', () => {
    const p = setPolicy(emptyProject(), 'p.yaml', writePolicy(policy), env);
    const stays = value('cck', 1);
    const goes = value('luks-rfs-passphrase', 2);
    const filled = setValue(setValue(p, stays, env), goes, env);
    const smaller = { ...policy, secrets: policy.secrets.filter((s) => s.name !== 'luks-rfs-passphrase') };
    const next = setPolicy(filled, 'q.yaml', writePolicy(smaller), env);
    expect(next.values.map((v) => v.secret)).toEqual(['cck']);
    expect(hex(goes.value)).toBe('00'.repeat(32));
    expect(kinds(next).slice(-2)).toEqual(['policy-set', 'value-removed']);
    expect(next.audit.at(-2)?.event).toMatchObject({ sha256: policyHash(smaller), name: policy.name });
    expect(projectPolicy(next)).toEqual(smaller);
    expect(codeOf(() => setPolicy(p, 'x', utf8('nonsense'), env))).toBe('not-recognised');
  });
});

describe('files and decisions', () => {
  it('are kept once; a new image replaces the old one', () => {
    const file = { role: 'host-keys' as const, name: 'a.crt', bytes: owned(utf8('a')) };
    const image1 = { role: 'image' as const, name: 'i', bytes: owned(utf8('1')) };
    const image2 = { role: 'image' as const, name: 'i', bytes: owned(utf8('2')) };
    const p = [file, file, image1, image2].reduce((x, f) => addFile(x, f, env), emptyProject());
    expect(p.files).toEqual([file, image2]);
    const hash = p.audit.find((e) => e.event.kind === 'file-added')?.event as { sha256: string };
    const removed = removeFile(p, 'host-keys', hash.sha256, env);
    expect(removed.files).toEqual([image2]);
    expect(removeFile(removed, 'host-keys', hash.sha256, env)).toBe(removed);
    const accepted = acceptHostKey(p, 'ab'.repeat(32), env);
    expect(accepted.accepted).toEqual([{ phkh: 'ab'.repeat(32), time: '2026-11-24T04:30:00Z' }]);
    expect(acceptHostKey(accepted, 'ab'.repeat(32), env)).toBe(accepted);
  });
  it('a project has a name that a file can have', () => {
    for (const bad of ['', '../x', 'a b', 'x'.repeat(65), '.hidden'])
      expect(codeOf(() => newProject(bad, 'selwright test', env))).toBe('bad-name');
  });
});

describe('approvals of a project', () => {
  const demanding = { ...template('ebc-minimal'), approvals: { required: 1 as const, by: [] } };
  const base = setPolicy(emptyProject(), 'p.yaml', writePolicy(demanding), env);
  const approve = (sha256: string, key = officer, decision: 'approve' | 'reject' = 'approve') =>
    signApproval({ kind: 'policy', sha256, name: 'ebc-minimal', decision, comment: '' }, key, env);

  it('come in any order with the keys that are trusted, and go again', () => {
    const hash = policyHash(demanding);
    const stranger = makeApproverKey('stranger', env);
    expect(projectApprovalState(base)?.satisfied).toBe(false);
    let p = addApproval(base, approve(hash), env);
    expect(projectApprovalState(p)).toMatchObject({ satisfied: false, notCounted: [{ reason: 'not-trusted' }] });
    p = trustKey(p, approverLine(officer), env);
    expect(projectApprovalState(p)?.satisfied).toBe(true);
    expect(trustKey(p, approverLine(officer), env)).toBe(p);
    p = addApproval(p, approve(hash, stranger), env);
    expect(projectApprovals(p).approvals).toHaveLength(2);
    expect(projectApprovalState(p)?.approvedBy).toHaveLength(1);
    const gone = untrustKey(p, projectApprovals(p).trusted[0]?.fingerprint as string, env);
    expect(projectApprovalState(gone)?.satisfied).toBe(false);
    const without = removeApproval(p, p.approvals[0] as string, env);
    expect(projectApprovalState(without)?.satisfied).toBe(false);
    expect(without.audit.at(-1)?.event.kind).toBe('approval-removed');
  });
  it('one letter in the policy shuts it again', () => {
    const p = trustKey(addApproval(base, approve(policyHash(demanding)), env), approverLine(officer), env);
    expect(projectApprovalState(p)?.satisfied).toBe(true);
    const text = Buffer.from(writePolicy(demanding)).toString('utf8');
    const changed = setPolicy(p, 'p.yaml', utf8(text.replace('What pvics', 'what pvics')), env);
    expect(projectApprovalState(changed)).toMatchObject({
      satisfied: false,
      missing: 1,
      notCounted: [{ reason: 'other-subject' }],
    });
    // a comment of the YAML is not the policy
    expect(projectApprovalState(setPolicy(p, 'p.yaml', utf8(`# looked at\n${text}`), env))?.satisfied).toBe(true);
  });
  it('is in the trail of the bundle that was made with it', () => {
    const p = trustKey(addApproval(base, approve(policyHash(demanding)), env), approverLine(officer), env);
    const made = addBundle(p, makeBundle('approved', { policy: demanding }), false, env);
    expect(made.audit.at(-1)?.event).toMatchObject({
      kind: 'bundle-made',
      policy: policyHash(demanding),
      approved_by: [expect.stringMatching(/^SHA256:/)],
    });
  });
});
