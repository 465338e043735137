/** The difference between two policies: complete, and in sentences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { diffPolicies } from '../../core/policy/diff.ts';
import { policyHash, readPolicy } from '../../core/policy/document.ts';
import type { Policy } from '../../core/policy/schema.ts';
import { templateText } from '../../core/policy/templates.ts';
import { diffSays } from '../../words/diff.ts';
import { durationSays } from '../../words/duration.ts';
import { anyPolicy, changedPolicy } from './policies.ts';

const TEXT = templateText('ssh-server');
const base = readPolicy(utf8(TEXT));
/** What is said when the text of the policy is changed. */
const said = (from: string | RegExp, to: string, text = TEXT): string[] => {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return diffSays(diffPolicies(readPolicy(utf8(text)), readPolicy(utf8(changed))));
};

describe('the difference is empty when, and only when, it is the same policy', () => {
  const check = (a: Policy, b: Policy): void => {
    const changes = diffPolicies(a, b);
    expect(changes.length === 0).toBe(policyHash(a) === policyHash(b));
    const sentences = diffSays(changes);
    for (const s of sentences) {
      expect(s).toMatch(/^[A-Z0-9].*\.$/s);
      expect(s).not.toMatch(/undefined|\[object|NaN|\{\}/);
    }
  };
  it('for any two', () => {
    fc.assert(fc.property(anyPolicy, anyPolicy, check), { numRuns: 1500 });
  });
  it('for any two that differ in one field', () => {
    fc.assert(
      fc.property(changedPolicy, ([a, b]) => check(a, b)),
      { numRuns: 4000 },
    );
  });
  it('and one with itself, in both directions of every change', () => {
    fc.assert(
      fc.property(changedPolicy, ([a, b]) => {
        expect(diffPolicies(a, a)).toEqual([]);
        expect(diffPolicies(a, b).length > 0).toBe(diffPolicies(b, a).length > 0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('in words', () => {
  it.each([
    ['dump: any', 'dump: allowed', 'The dump is now allowed: the image must allow it (was any).'],
    ['dump: any', 'dump: forbidden', 'The dump is now forbidden: the image must forbid it (was any).'],
    ['max-age: PT24H', 'max-age: PT12H', 'The report must be newer: 12 h instead of 24 h.'],
    ['max-age: PT24H', 'max-age: P7D', 'The report may be older: 7 d instead of 24 h.'],
    ['max-age: PT24H', 'max-age: P1D', 'The report may be as old, written in another way: 1 d instead of 24 h.'],
    ['disable-host-dump: false', 'disable-host-dump: true', 'The host can no longer dump the guest.'],
    ['verify: required', 'verify: warn', 'Host keys may now be used without verification, by decision (was required).'],
    [
      'lock: after-personalization',
      'lock: never',
      'The secret store now stays open: more can be added later (was after-personalization).',
    ],
    ['max: 8', 'max: 9', 'The largest number of host keys is looser: 9 instead of 8.'],
    ['min: 1', 'min: 2', 'The least number of host keys is stricter: 2 instead of 1.'],
    ['min-bytes: 20', 'min-bytes: 10', 'The least size in bytes of the secret luks-rfs-passphrase is looser: 10 instead of 20.'],
    ['mode: "0600"', 'mode: "0644"', 'The mode in the guest of the secret ssh-host-ed25519-key is 0644 instead of 0600.'],
    ['attestation: required', 'attestation: none', 'The report is no longer attested by the machine (was required).'],
    [
      'order: [cck, rfs-luks-key, luks-rfs-passphrase]',
      'order: [cck, luks-rfs-passphrase, rfs-luks-key]',
      'Requests that come first: another order: cck, luks-rfs-passphrase, rfs-luks-key instead of cck, rfs-luks-key, luks-rfs-passphrase.',
    ],
    ['bits: [512, 256]', 'bits: [512]', 'Sizes in bits of the secret rfs-luks-key: 256 removed.'],
  ])('%s → %s', (from, to, sentence) => {
    expect(said(from, to)).toEqual([sentence]);
  });
  it('a secret that is no longer required, is gone, or is new', () => {
    const optional = said('    purpose: ssh-host-key', '    required: false\n    purpose: ssh-host-key');
    expect(optional).toEqual(['The secret ssh-host-ed25519-key is no longer required.']);
    const without: Policy = { ...base, secrets: base.secrets.filter((s) => s.name !== 'ssh-host-ed25519-key') };
    expect(diffSays(diffPolicies(base, without))).toEqual([
      'The secret ssh-host-ed25519-key is gone: Host key of the ssh server, plaintext, required. File /etc/ssh/ssh_host_ed25519_key, mode 0600.',
    ]);
    expect(diffSays(diffPolicies(without, base))[0]).toContain('is new');
  });
  it('entries that stand in another order, and a name that stands twice', () => {
    const turned = { ...base, secrets: [...base.secrets].reverse() };
    expect(diffSays(diffPolicies(base, turned))).toEqual(['The secrets stand in another order.']);
    const [first] = base.secrets;
    const twice = { ...base, secrets: [...base.secrets, first as Policy['secrets'][number]] };
    expect(diffPolicies(base, twice)).toMatchObject([{ kind: 'added', entry: first?.name }]);
  });
  it('approvals', () => {
    expect(said(/$/, 'approvals: { required: 2 }\n')).toEqual(['Approvals are now asked for: 2.']);
    const one = `${TEXT}approvals: { required: 1 }\n`;
    expect(said('required: 1 }', 'required: 2 }', one)).toEqual(['2 approvals are now required instead of 1.']);
    const by = `SHA256:${'A'.repeat(43)}`;
    expect(said('required: 1 }', `required: 1, by: ["${by}"] }`, one)).toEqual([
      `Approvers: ${by} added; before, every trusted key may approve.`,
    ]);
  });
  it('text of somebody else is shown harmless and with an end', () => {
    const [line] = diffSays(diffPolicies(base, { ...base, description: `\u001b[31m${'x'.repeat(900)}` }));
    expect(line).toContain('\\u{1b}[31m');
    expect((line as string).length).toBeLessThan(400);
  });
  it('durations', () => {
    expect(['PT24H', 'P1DT12H', 'PT90S', 'PT1H30M', 'P0D'].map(durationSays)).toEqual([
      '24 h',
      '1 d 12 h',
      '90 s',
      '1 h 30 min',
      '0 d',
    ]);
  });
});
