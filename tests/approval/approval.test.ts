/** Approvals: exactly this hash, different keys, the last word, the key's file; and that nothing is built without them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Approval, holdsFor, readApproval, signApproval } from '../../core/approval/document.ts';
import {
  APPROVER_KEY,
  type ApproverKey,
  approverFingerprint,
  approverLine,
  makeApproverKey,
  openApproverKey,
  sealApproverKey,
} from '../../core/approval/key.ts';
import { approvalState, bundleApprovalState, checkApprovalDemand, checkApprovals, stateOf } from '../../core/approval/state.ts';
import { readTrustedKey, type TrustedKey } from '../../core/approval/trust.ts';
import { preflight } from '../../core/bundle/preflight.ts';
import { fromUtf8, utf8 } from '../../core/bytes.ts';
import { freshSealKey, sealKeyOf } from '../../core/crypto/sealed.ts';
import type { Env } from '../../core/env.ts';
import { SelError } from '../../core/errors.ts';
import { hasErrors } from '../../core/findings.ts';
import { findHeader } from '../../core/image/find.ts';
import { policyHash, readPolicy, writePolicy } from '../../core/policy/document.ts';
import type { Policy } from '../../core/policy/schema.ts';
import { TEMPLATE_NAMES, template, templateText } from '../../core/policy/templates.ts';
import { approvalStateSays } from '../../words/approval.ts';
import { seededEnv } from '../support/env.ts';
import { policy as base, header, hostKeys, values } from '../support/tenant.ts';
import * as v from './vectors.ts';

const env = seededEnv('approval');
const at = (time: string): Env => ({ ...env, now: () => new Date(time) });
const [ada, ben, eve] = ['Ada', 'Ben', 'Eve'].map((n) => makeApproverKey(n, env)) as [ApproverKey, ApproverKey, ApproverKey];
const trusted = (...keys: ApproverKey[]): TrustedKey[] => keys.map((k) => readTrustedKey(approverLine(k)));
const demand = (required: 0 | 1 | 2, by: string[] = []): Policy => ({ ...base, approvals: { required, by } });

const say = (policy: Policy, key: ApproverKey, decision: 'approve' | 'reject' = 'approve', e = env, comment = ''): Approval =>
  readApproval(signApproval({ kind: 'policy', sha256: policyHash(policy), name: policy.name, decision, comment }, key, e));
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
  return 'done';
};

describe('a statement', () => {
  const file = signApproval({ kind: 'policy', sha256: v.SHA256, name: 'p', decision: 'approve', comment: 'ok' }, ada, env);
  const text = fromUtf8(file, 'test');
  it('is for its hash and kind only: a bundle of the same hash is something else', () => {
    const a = readApproval(file);
    expect(holdsFor(a, { kind: 'policy', sha256: v.SHA256 })).toBe('yes');
    expect(holdsFor(a, { kind: 'bundle', sha256: v.SHA256 })).toBe('other-subject');
    expect(holdsFor(a, { kind: 'policy', sha256: '0'.repeat(64) })).toBe('other-subject');
    // moved to the other kind without a new signature
    const moved = readApproval(utf8(text.replace('"kind": "policy"', '"kind": "bundle"')));
    expect(holdsFor(moved, { kind: 'bundle', sha256: v.SHA256 })).toBe('bad-signature');
  });
  it.each([
    ['decision', '"approve"', '"reject"'],
    ['comment', '"ok"', '"ok!"'],
    ['hash', v.SHA256, v.SHA256.replace('7', '8')],
    ['name', '"name": "p"', '"name": "q"'],
    ['time', '2026-11-24', '2026-11-25'],
  ])('does not fit any more with another %s', (_, from, to) => {
    expect(text).toContain(from);
    const changed = readApproval(utf8(text.replace(from, to)));
    expect(holdsFor(changed, { kind: 'policy', sha256: v.SHA256 })).toBe('bad-signature');
    expect(holdsFor(changed, { kind: 'policy', sha256: v.SHA256.replace('7', '8') })).toBe('bad-signature');
  });
  it('any changed character: an error, or a signature that does not fit', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...'aA0"{},: \n'), (i, c) => {
        fc.pre(text[i] !== c);
        try {
          const a = readApproval(utf8(text.slice(0, i) + c + text.slice(i + 1)));
          const fits = holdsFor(a, { kind: 'policy', sha256: v.SHA256 }) === 'yes';
          return (
            !fits ||
            (a.form === 'statement' && JSON.stringify(a.statement) === JSON.stringify((readApproval(file) as typeof a).statement))
          );
        } catch (e) {
          return e instanceof SelError;
        }
      }),
      { numRuns: 500 },
    );
  });
  it('has limits', () => {
    const long = { kind: 'policy' as const, sha256: v.SHA256, name: 'p', decision: 'reject' as const, comment: 'x'.repeat(1001) };
    expect(codeOf(() => signApproval(long, ada, env))).toBe('limit');
    expect(codeOf(() => readApproval(utf8(`{"x": "${'y'.repeat(9000)}"}`)))).toBe('too-long');
    expect(codeOf(() => readApproval(utf8(text.replace('{', '{"more": 1,'))))).toBe('unknown-field');
    const spelled = text.replace(/"key": "ssh-ed25519 /, '"key": "ssh-ed25519  ');
    expect(codeOf(() => readApproval(utf8(spelled)))).toBe('bad-value');
  });
});

describe('the state of a policy', () => {
  it('without a demand needs nothing, and its hash is what it was before there were approvals', () => {
    expect(approvalState(base, [], [])).toMatchObject({ required: 0, missing: 0, satisfied: true });
    for (const name of TEMPLATE_NAMES) {
      const p = template(name);
      expect('approvals' in p).toBe(false);
      expect(policyHash(readPolicy(writePolicy(p)))).toBe(policyHash(p));
    }
    expect(policyHash(demand(0))).not.toBe(policyHash(base));
  });
  it('needs as many different keys as it says', () => {
    const two = demand(2);
    const keys = trusted(ada, ben, eve);
    expect(approvalState(two, [], keys)).toMatchObject({ missing: 2, satisfied: false });
    expect(approvalState(two, [say(two, ada)], keys)).toMatchObject({ missing: 1, satisfied: false });
    const twice = approvalState(two, [say(two, ada), say(two, ada, 'approve', at('2026-12-01T00:00:00Z'))], keys);
    expect(twice).toMatchObject({ missing: 1, satisfied: false, notCounted: [{ reason: 'same-key' }] });
    expect(approvalState(two, [say(two, ada), say(two, ben)], keys)).toMatchObject({ missing: 0, satisfied: true });
    expect(approvalState(two, [say(two, ada), say(two, eve)], trusted(ada, ben))).toMatchObject({
      missing: 1,
      notCounted: [{ reason: 'not-trusted' }],
    });
  });
  it('takes named keys only, when the policy names them; they must be trusted too', () => {
    const named = demand(1, [approverFingerprint(ben.publicKey)]);
    expect(approvalState(named, [say(named, ada)], trusted(ada, ben))).toMatchObject({
      satisfied: false,
      notCounted: [{ reason: 'not-named' }],
    });
    expect(approvalState(named, [say(named, ben)], trusted(ada))).toMatchObject({
      satisfied: false,
      notCounted: [{ reason: 'not-trusted' }],
    });
    expect(approvalState(named, [say(named, ben)], trusted(ada, ben)).satisfied).toBe(true);
  });
  it('is lost with any change of the policy: every letter of its text that changes it', () => {
    const one = demand(1);
    const text = fromUtf8(writePolicy(one), 'test');
    const approvals = [say(one, ada)];
    const state = (t: string) => approvalState(readPolicy(utf8(t)), approvals, trusted(ada)).satisfied;
    expect(state(text)).toBe(true);
    let changed = 0;
    for (let i = 0; i < text.length; i++) {
      const other = text.slice(0, i) + (text[i] === 'a' ? 'b' : 'a') + text.slice(i + 1);
      let p: Policy;
      try {
        p = readPolicy(utf8(other));
      } catch (e) {
        if (e instanceof SelError) continue;
        throw e;
      }
      if (policyHash(p) === policyHash(one)) continue;
      changed++;
      expect(state(other), `letter ${i}`).toBe(false);
    }
    expect(changed).toBeGreaterThan(100);
  });
  it('a rejection by a trusted key shuts it, until that key says otherwise', () => {
    const one = demand(1);
    const keys = trusted(ada, ben);
    const early = at('2026-11-01T00:00:00Z');
    const late = at('2026-11-02T00:00:00Z');
    expect(approvalState(one, [say(one, ada), say(one, ben, 'reject')], keys)).toMatchObject({ missing: 0, satisfied: false });
    expect(approvalState(one, [say(one, ada), say(one, eve, 'reject')], keys).satisfied).toBe(true);
    expect(approvalState(one, [say(one, ada, 'reject', early), say(one, ada, 'approve', late)], keys)).toMatchObject({
      satisfied: true,
      notCounted: [{ decision: 'reject', reason: 'outdated' }],
    });
    expect(approvalState(one, [say(one, ada, 'approve', early), say(one, ada, 'reject', late)], keys)).toMatchObject({
      satisfied: false,
      rejectedBy: [{ name: 'Ada' }],
    });
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const both = [say(one, ada), say(one, ada, 'reject')];
      expect(
        approvalState(
          one,
          order.map((i) => both[i] as Approval),
          keys,
        ).satisfied,
      ).toBe(false);
    }
    expect(approvalState(base, [say(base, ada, 'reject')], keys).satisfied).toBe(false);
  });
  it('counts a signature of ssh-keygen, but never against a dated rejection of that key', () => {
    const ssh = readApproval(utf8(v.POLICY_SHA512));
    const key = readTrustedKey(v.PUBLIC);
    const state = stateOf({ kind: 'policy', sha256: v.SHA256 }, { approvals: [ssh], trusted: [key] }, 1);
    expect(state).toMatchObject({ satisfied: true, approvedBy: [{ form: 'ssh', name: 'vector key' }] });
    expect(state.approvedBy[0]?.time).toBeUndefined();
    expect(approvalStateSays(state).join()).toContain('ssh-keygen');
  });
  it('the order of the files never matters', () => {
    const one = demand(2);
    const keys = trusted(ada, ben);
    const all = [
      say(one, ada),
      say(one, ben, 'reject', at('2026-01-01T00:00:00Z')),
      say(one, ben),
      say(demand(1), ada),
      say(one, eve),
    ];
    const wanted = approvalState(one, all, keys);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        const got = approvalState(one, shuffled, keys);
        const prints = (x: typeof got) => x.approvedBy.map((a) => a.fingerprint).sort();
        expect([got.satisfied, got.missing, prints(got)]).toEqual([wanted.satisfied, wanted.missing, prints(wanted)]);
      }),
    );
    expect(wanted.satisfied).toBe(true);
  });
  it('of a bundle tells who approved its manifest', () => {
    const approval = readApproval(
      signApproval({ kind: 'bundle', sha256: v.SHA256, name: 'b', decision: 'approve', comment: '' }, ada, env),
    );
    expect(bundleApprovalState(v.SHA256, { approvals: [approval], trusted: trusted(ada) }).approvedBy).toHaveLength(1);
    expect(bundleApprovalState('0'.repeat(64), { approvals: [approval], trusted: trusted(ada) }).approvedBy).toEqual([]);
  });
  it('has words for each case', () => {
    const two = demand(2, [approverFingerprint(ada.publicKey), approverFingerprint(ben.publicKey)]);
    const lines = approvalStateSays(
      approvalState(two, [say(two, ada, 'approve', env, 'line\nbreak'), say(two, eve), say(base, ben)], trusted(ada, ben)),
    );
    expect(lines[0]).toBe('One approval is missing: nothing is made until then.');
    expect(lines.join(' ')).toContain('Approved by Ada');
    expect(lines.some((l) => l.includes('\n'))).toBe(false);
    expect(lines.filter((l) => l.startsWith('Not counted'))).toHaveLength(2);
  });
});

describe('rule A01', () => {
  const input = (policy: Policy) => ({
    policy,
    header: findHeader(header).header,
    hostKeys: hostKeys.map((k) => ({ label: 'k', phkh: k.phkh, verified: true })),
    values,
  });
  const errors = (policy: Policy, approvals?: Parameters<typeof checkApprovals>[1]) =>
    preflight({ ...input(policy), approvals }).filter((f) => f.severity === 'error');

  it('keeps a bundle from being made: without approvals, with others, with a rejection', () => {
    const one = demand(1);
    expect(errors(base)).toEqual([]);
    expect(errors(one)).toMatchObject([{ rule: 'A01', found: '0 of 1' }]);
    expect(errors(one, { approvals: [say(one, ada)], trusted: [] })).toMatchObject([{ rule: 'A01' }]);
    expect(errors(one, { approvals: [say(base, ada)], trusted: trusted(ada) })).toMatchObject([{ rule: 'A01' }]);
    expect(errors(one, { approvals: [say(one, ada)], trusted: trusted(ada) })).toEqual([]);
    expect(errors(one, { approvals: [say(one, ada), say(one, ben, 'reject')], trusted: trusted(ada, ben) })).toMatchObject([
      { rule: 'A01', found: expect.stringContaining('rejected by Ben') },
    ]);
  });
  it('names a demand that nobody can meet', () => {
    const one = approverFingerprint(ada.publicKey);
    expect(checkApprovalDemand(demand(2, [one]))).toMatchObject([{ rule: 'A01', severity: 'error', path: ['approvals', 'by'] }]);
    expect(checkApprovalDemand(demand(2, [one, one]))).toHaveLength(1);
    expect(checkApprovalDemand(demand(1, [one]))).toEqual([]);
    expect(hasErrors(checkApprovals(demand(2, [one]), { approvals: [], trusted: trusted(ada) }))).toBe(true);
  });
  it('the policy says how many: 0, 1 or 2, and whose', () => {
    const read = (text: string): unknown => readPolicy(utf8(`${templateText('ebc-minimal')}${text}`)).approvals;
    expect(read('approvals: { required: 2 }\n')).toEqual({ required: 2, by: [] });
    for (const bad of [
      '{}',
      '{ required: 3 }',
      '{ required: "1" }',
      '{ required: 1, by: [me] }',
      '{ required: 1, who: x }',
      '[]',
    ])
      expect(
        codeOf(() => read(`approvals: ${bad}\n`)),
        bad,
      ).not.toBe('done');
  });
});

describe("an approver's key", () => {
  const cheap = { memory: 8, passes: 1, lanes: 1 };
  const under = freshSealKey(APPROVER_KEY, 'a long passphrase', cheap, env);
  const file = sealApproverKey(ada, under, env);
  it('comes back with its passphrase only, and is one size for all names', () => {
    const key = openApproverKey(file, sealKeyOf(APPROVER_KEY, file, 'a long passphrase'));
    expect(key).toEqual(ada);
    expect(codeOf(() => openApproverKey(file, sealKeyOf(APPROVER_KEY, file, 'another passphrase')))).toBe('wrong-passphrase');
    for (const name of ['', 'x'.repeat(100), 'Ä'.repeat(50)]) {
      const other = sealApproverKey(makeApproverKey(name, env), under, env);
      expect(other.length).toBe(file.length);
      expect(openApproverKey(other, under).name).toBe(name);
    }
    expect(Buffer.from(file).includes('Ada')).toBe(false);
  });
  it('has a name of one line', () => {
    for (const bad of ['x'.repeat(101), 'a\nb', ' a', 'a\u202eb'])
      expect(codeOf(() => makeApproverKey(bad, env))).toBe('bad-name');
  });
  it('never opens when it was edited', () => {
    for (let i = 0; i < file.length; i++) {
      const edited = file.slice();
      edited[i] = (edited[i] as number) ^ (1 << (i % 8));
      expect(
        codeOf(() => openApproverKey(edited, under)),
        `byte ${i}`,
      ).not.toBe('done');
    }
    for (let n = 0; n < file.length; n += 7) expect(codeOf(() => openApproverKey(file.slice(0, n), under))).not.toBe('done');
  });
});
