/** The review without secrets: who can read a dump, the best grade, every rule with its consequence, of policy, project and bundle. */
import { describe, expect, it } from 'vitest';
import { readApproval, signApproval } from '../../core/approval/document.ts';
import { approverLine } from '../../core/approval/key.ts';
import { readTrustedKey } from '../../core/approval/trust.ts';
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import type { Finding } from '../../core/findings.ts';
import { boot } from '../../core/guestsim/boot.ts';
import { findHeader } from '../../core/image/find.ts';
import type { ParsedHeader } from '../../core/image/header.ts';
import { policyHash, readPolicy, writePolicy } from '../../core/policy/document.ts';
import type { Policy } from '../../core/policy/schema.ts';
import { template, templateText } from '../../core/policy/templates.ts';
import { withoutSecrets } from '../../core/project/project.ts';
import { verifyReport } from '../../core/report/verify.ts';
import { type DumpStory, dumpStory } from '../../core/review/dump.ts';
import { evidenceOfBundle, evidenceOfPolicy, reachableGrade } from '../../core/review/grade.ts';
import { reviewBundle, reviewPolicy, reviewProject } from '../../core/review/review.ts';
import { dumpSays, reachableSays, reviewAsText } from '../../words/review.ts';
import { RULES } from '../../words/rules.ts';
import { emptyProject, env, fullProject, officer } from '../project/fixture.ts';
import { entriesOf, fileOf, header, hostKeys, hosts, image, makeBundle, policy, values, withFile } from '../support/tenant.ts';

const parsed = findHeader(header).header;
const bundle = makeBundle('review');
const entries = entriesOf(bundle);
const keys = hostKeys.map((k) => ({ label: 'alpha', phkh: k.phkh, verified: true }));
const rules = (findings: readonly Finding[], severity: Finding['severity']): string[] =>
  findings.filter((f) => f.severity === severity).map((f) => f.rule);
const demanding: Policy = { ...policy, approvals: { required: 1, by: [] } };
const approved = {
  approvals: [
    readApproval(
      signApproval(
        { kind: 'policy', sha256: policyHash(demanding), name: 'p', decision: 'approve', comment: 'fine' },
        officer,
        env,
      ),
    ),
  ],
  trusted: [readTrustedKey(approverLine(officer))],
};

describe('who can read a dump', () => {
  const cck = (more: object): Policy => ({ ...policy, ...more });
  const without = cck({
    secrets: policy.secrets.filter((s) => s.purpose !== 'cck'),
    dump: { 'cck-update': 'none', 'disable-host-dump': false },
  });
  const optional = cck({ secrets: policy.secrets.map((s) => (s.purpose === 'cck' ? { ...s, required: false } : s)) });
  const late = cck({ order: ['rfs-luks-key', 'luks-rfs-passphrase', 'cck'] });
  const off = cck({ dump: { ...policy.dump, 'disable-host-dump': true } });
  const forbidding: ParsedHeader = { ...parsed, flagNames: parsed.flagNames.filter((f) => f !== 'dump-allowed') };
  const cases: [string, Policy, ParsedHeader | undefined, DumpStory['who'], string[]][] = [
    ['a CCK of your own, the image allows', policy, parsed, 'cck-holder', ['builder-until-cck', 'cck-update-not-visible']],
    [
      'the same, the image not known',
      policy,
      undefined,
      'cck-holder',
      ['if-image-allows', 'builder-until-cck', 'cck-update-not-visible'],
    ],
    ['no CCK', without, parsed, 'image-builder', []],
    ['no CCK, the image not known', without, undefined, 'image-builder', ['if-image-allows']],
    ['an optional CCK', optional, parsed, 'depends-on-cck', ['builder-until-cck', 'cck-optional', 'cck-update-not-visible']],
    ['a CCK that is not first', late, parsed, 'cck-holder', ['cck-not-first', 'cck-update-not-visible']],
    ['the image forbids', policy, forbidding, 'nobody', ['forbidden-by-image']],
    ['the request forbids, whatever the image says', off, parsed, 'nobody', ['disabled-by-request']],
    [
      'the policy demands an image that forbids',
      cck({ image: { ...policy.image, require: { ...policy.image.require, dump: 'forbidden' } } }),
      undefined,
      'nobody',
      ['forbidden-by-image'],
    ],
  ];
  it.each(cases)('%s', (_, p, h, who, notes) => {
    const story = dumpStory(p, h);
    expect(story).toEqual({ who, notes });
    expect(dumpSays(story)).toHaveLength(1 + notes.length);
  });
});

describe('the best grade', () => {
  const evidence = (attestation: boolean, reportKey: boolean, randomExtension: boolean) =>
    reachableGrade({ attestation, reportKey, randomExtension });
  it('is what the verdict itself would give', () => {
    expect(evidence(true, true, true)).toEqual({ grade: 'proven', because: [] });
    expect(evidence(true, false, true)).toEqual({ grade: 'list-attested', because: ['no-report-key'] });
    expect(evidence(true, true, false)).toEqual({ grade: 'list-attested', because: ['extension-secret'] });
    expect(evidence(false, true, true)).toEqual({ grade: 'possession-shown', because: ['no-attestation', 'challenge-only'] });
    expect(evidence(false, false, true)).toEqual({ grade: 'claimed', because: ['no-attestation', 'no-report-key'] });
  });
  const withoutKey: Policy = { ...policy, secrets: policy.secrets.filter((s) => s.purpose !== 'report-authentication') };
  const derived = { ...policy, 'extension-secret': 'none' as const };
  it.each([
    ['everything', policy],
    ['no report key', withoutKey],
    ['no extension secret', derived],
    ['no attestation', { ...policy, report: { ...policy.report, attestation: 'none' as const } }],
  ])('is reached by a real run, and not passed: %s', (_, p) => {
    const made = makeBundle('grade', { policy: p });
    const result = boot({ host: hosts[0], image, entries: entriesOf(made) }, env);
    const v = verifyReport({
      report: result.report as Uint8Array,
      expected: made.expected,
      now: env.now(),
      attestationKey: made.keys.attestationKey,
      reportKey: made.keys.reportKey,
      ledger: [],
    });
    const best = reachableGrade(evidenceOfPolicy(p));
    expect(reachableGrade(evidenceOfBundle(made.expected))).toEqual(best);
    // without the nonce of a challenge possession is only claimed
    expect(v.grade).toBe(best.grade === 'possession-shown' ? 'claimed' : best.grade);
    expect(reachableSays(best)).toMatch(/^".+" at best/);
  });
});

describe('the review of a policy', () => {
  it('names every secret with where it goes and how much the guest sees of it', () => {
    const r = reviewPolicy(policy);
    expect(r.gets.map((d) => [d.name, d.exposure])).toEqual([
      ['cck', 'never'],
      ['rfs-luks-key', 'protected-key'],
      ['luks-rfs-passphrase', 'bytes'],
      ['report-key', 'bytes'],
    ]);
    expect(r.policy.sha256).toBe(policyHash(policy));
  });
  it('looks at every rule of the policy page: broken, ok, or open, never left out', () => {
    const r = reviewPolicy(policy);
    const all = ['A01', ...Array.from({ length: 16 }, (_, i) => `P${String(i + 1).padStart(2, '0')}`)];
    expect([...new Set(r.findings.map((f) => f.rule))]).toEqual(all);
    expect(rules(r.findings, 'not-checked')).toEqual(['P10', 'P11', 'P12', 'P14']);
    for (const rule of all) expect(RULES[rule]?.consequence, rule).toBeTruthy();
  });
  it('shows what is broken with its consequence, errors first', () => {
    const bad: Policy = { ...policy, 'extension-secret': 'none', order: ['nobody'] };
    const text = reviewAsText(reviewPolicy(bad));
    const shown = text.split('\n').filter((l) => /^ {2}(ERROR|warning|ok|not checked)/.test(l));
    expect(shown[0]).toMatch(/ERROR\s+P1[36]/);
    expect(shown.filter((l) => l.includes('ERROR')).length).toBe(2);
    expect(text).toContain('Anybody can write further requests that fit.');
    expect(text).toContain('"List attested" at best');
  });
  it('with header and host keys says where it starts, and which are not verified', () => {
    const r = reviewPolicy(policy, {
      header: parsed,
      hostKeys: [...keys, { label: 'x', phkh: new Uint8Array(32), verified: false }],
    });
    expect(r.hostKeys.map((k) => [k.verified, k.inImage])).toEqual([
      [true, true],
      [true, true],
      [false, false],
    ]);
    expect(rules(r.findings, 'error')).toEqual(['H01']);
    expect(r.grade).toEqual({ grade: 'proven', because: ['host-keys-not-verified'] });
    expect(reviewAsText(r)).toContain('NOT verified');
  });
  it('with approvals says who, and is open without them', () => {
    expect(rules(reviewPolicy(demanding).findings, 'error')).toEqual(['A01']);
    const r = reviewPolicy(demanding, { approvals: approved });
    expect(rules(r.findings, 'error')).toEqual([]);
    expect(reviewAsText(r)).toContain('Approved by Ada Officer');
  });
  it('of each template is without an error and within a page or two', () => {
    const text = reviewAsText(reviewPolicy(template('ssh-server')));
    expect(text).toContain('Host key of the ssh server');
    expect(text.split('\n').every((l) => !l.includes('undefined'))).toBe(true);
  });
});

describe('the review of a project', () => {
  it('needs no secret: it is the same of a copy without any', () => {
    const project = fullProject();
    const context = { header: parsed, hostKeys: keys };
    const review = reviewProject(project, context);
    expect(review).toEqual(reviewProject(withoutSecrets(project), context));
    expect(review).toMatchObject({ about: 'project', serials: { made: [1], next: 2 } });
    const text = JSON.stringify(review) + reviewAsText(review as never);
    for (const v of values.values())
      for (const form of ['latin1', 'hex', 'base64'] as const) expect(text.includes(Buffer.from(v).toString(form))).toBe(false);
  });
  it('without a policy there is nothing to review', () => {
    expect(reviewProject(emptyProject())).toBeUndefined();
  });
});

describe('the review of a bundle, by its files alone', () => {
  const B_RULES = Array.from({ length: 22 }, (_, i) => `B${String(i + 1).padStart(2, '0')}`);
  it('looks at every rule of bundle and policy page', () => {
    const r = reviewBundle(entries, { header: parsed });
    const seen = new Set(r.findings.map((f) => f.rule));
    for (const rule of ['A01', 'A02', ...B_RULES, 'P02', 'P16']) {
      expect(seen.has(rule), rule).toBe(true);
      if (rule !== 'B17') expect(RULES[rule]?.consequence, rule).toBeTruthy();
    }
    expect(rules(r.findings, 'error')).toEqual([]);
    expect(r.bundle?.manifestSha256).toBe(bundle.expected.manifest_sha256);
    expect(r.hostKeys.map((k) => k.phkh)).toEqual(bundle.expected.host_keys.map((k) => k.phkh));
    expect(r.grade).toEqual({ grade: 'proven', because: [] });
    expect(reviewAsText(r)).toContain('Bundle test-01, number 1');
  });
  it('A02: a policy beside it that it was not made from is an error', () => {
    const other = utf8(templateText('ebc-minimal').replace('What pvics', 'What Pvics'));
    const r = reviewBundle(withFile(entries, 'meta/policy.yaml', other), { header: parsed });
    expect(r.findings.filter((f) => f.rule === 'A02')).toEqual([
      {
        rule: 'A02',
        severity: 'error',
        subject: 'meta/policy.yaml',
        found: policyHash(readPolicy(other)),
        expected: policyHash(policy),
      },
    ]);
  });
  it('says what the manifest says, not what somebody wrote beside it', () => {
    const changed = utf8(fromUtf8(writePolicy(policy), 'p').replace('label: cryptroot', 'label: other'));
    const r = reviewBundle(withFile(entries, 'meta/policy.yaml', changed));
    expect(r.gets.find((d) => d.name === 'rfs-luks-key')?.apply).toEqual({ kind: 'luks-token', label: 'cryptroot' });
  });
  it('a changed manifest, a missing request: the rules say so', () => {
    const text = fromUtf8(fileOf(entries, 'sics/manifest.pol'), 'm');
    const r = reviewBundle(withFile(entries, 'sics/manifest.pol', utf8(text.replace('cryptroot', 'cryptrooT'))));
    expect(rules(r.findings, 'error')).toContain('B09');
    expect(rules(reviewBundle(withFile(entries, 'sics/cck.asr')).findings, 'error')).toContain('B05');
  });
  it('approvals of its manifest are told apart from those of its policy', () => {
    const sha256 = bundle.expected.manifest_sha256 as string;
    const mine = readApproval(
      signApproval({ kind: 'bundle', sha256, name: 'b', decision: 'approve', comment: '' }, officer, env),
    );
    const r = reviewBundle(entries, { approvals: { approvals: [mine], trusted: approved.trusted } });
    expect(r.bundle?.approvals?.approvedBy).toHaveLength(1);
    expect(r.approvals.approvedBy).toEqual([]);
  });
  it('without its policy, or with one that cannot be read, names the file', () => {
    for (const bytes of [undefined, utf8('x')]) {
      try {
        reviewBundle(withFile(entries, 'meta/policy.yaml', bytes));
        expect.unreachable();
      } catch (e) {
        expect(e).toBeInstanceOf(SelError);
        expect((e as SelError).facts.file).toBe('meta/policy.yaml');
      }
    }
  });
  it('holds no value', () => {
    const text = JSON.stringify(reviewBundle(entries, { header: parsed }));
    for (const v of values.values()) expect(text.includes(hex(v))).toBe(false);
  });
});
