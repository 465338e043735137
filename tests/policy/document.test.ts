/** The policy as a document (rule P01): what is refused, with line and column; its identity; hostile YAML. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import { POLICY_MAX, policyHash, readPolicy, readPolicyDocument, writePolicy } from '../../core/policy/document.ts';
import type { Policy } from '../../core/policy/schema.ts';
import { TEMPLATE_NAMES, template, templateDescription, templateText } from '../../core/policy/templates.ts';

const base = templateText('ebc-minimal');
const error = (text: string | Uint8Array): SelError => {
  try {
    readPolicy(typeof text === 'string' ? utf8(text) : text);
  } catch (e) {
    if (e instanceof SelError) return e;
    throw e;
  }
  throw new Error('was not refused');
};
/** What is refused, as code and field. */
const refused = (text: string | Uint8Array): string => {
  const e = error(text);
  return `${e.code}: ${e.facts.field}; ${e.facts.found}; ${e.facts.expected}`;
};
/** A policy that nothing is remembered of. */
const fresh = (text: string): Policy => readPolicyDocument(utf8(text)).policy;
const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length;

describe('P01: what is refused', () => {
  it.each([
    ['nothing', '', /^empty: policy; 0 bytes/],
    ['other text', 'Dear officer', /^not-recognised: policy; other text/],
    ['a list', '- a\n- b\n', /^not-recognised/],
    ['no format', 'name: x\n', /^not-recognised: policy; no field "format"/],
    [
      'another format',
      base.replace('sel-personalization-policy', 'kubernetes'),
      /^bad-value: policy, line 1, column 1, format; "kubernetes"/,
    ],
    [
      'another version',
      base.replace('version: 1', 'version: 2'),
      /^bad-value: policy, line 2, column 1, version; the number 2; 1$/,
    ],
    ['no version', base.replace('version: 1\n', ''), /^missing-field: .*version; nothing/],
    ['an unknown field', `${base}colour: red\n`, /^unknown-field: policy, line 37, column 1; colour; known fields only/],
    [
      'an unknown field inside',
      base.replace('label: cryptroot', 'label: cryptroot, size: 3'),
      /^unknown-field: policy, line 17, column 50, secrets\.0\.apply; size/,
    ],
    [
      'an unknown type',
      base.replace('type: aes-xts', 'type: aes-gcm'),
      /^bad-value: policy, line 14, column 5, secrets\.0\.type; "aes-gcm"; plaintext or aes/,
    ],
    [
      'an unknown kind',
      base.replace('kind: crypttab', 'kind: fstab'),
      /^bad-value: policy, line 23, column 14, secrets\.1\.apply\.kind; "fstab"; a known kind/,
    ],
    [
      'a mode that YAML takes for a number',
      templateText('ssh-server').replace('mode: "0600"', 'mode: 0600'),
      /secrets\.3\.apply\.mode; the number 600; a text/,
    ],
    ['a key twice', `${base}name: again\n`, /^duplicate: policy, line 37, column 1; a key that stands there already/],
    ['a key twice inside', base.replace('bytes: 64', 'bytes: 64, bytes: 32'), /^duplicate: policy, line 34, column 31/],
    ['a key twice in JSON', '{"format":"x","format":"y"}', /^duplicate/],
    ['an anchor', base.replace('version: 1', 'version: &v 1'), /^bad-value: policy, line 2, column \d+; an anchor/],
    ['an alias', base.replace('name: ebc-minimal', 'name: &n ebc-minimal\ndescription2: *n'), /^bad-value: .*; an a(nchor|lias)/],
    ['a tag', base.replace('version: 1', 'version: !!int 1'), /^bad-value: policy, line 2, column \d+; a tag; no tags/],
    ['a tag of its own', base.replace('version: 1', 'version: !secret 1'), /; a tag;/],
    ['YAML 1.1', `%YAML 1.1\n---\n${base}`, /^bad-value: policy, line 1, column 1; YAML 1\.1; YAML 1\.2/],
    ['a second document', `${base}---\n${base}`, /^bad-encoding: policy, line 37, column 1; a second document/],
    ['a merge key', `${base}<<: { version: 2 }\n`, /^unknown-field: .*; <<;/],
    ['broken YAML', `${base}x: "never ends\n`, /^bad-encoding: policy, line 3[78]/],
    ['a tab as indentation', base.replace('  - name: cck', '\t- name: cck'), /^bad-encoding: policy, line/],
    ['bytes that are not UTF-8', new Uint8Array([0x66, 0xff, 0xfe]), /^bad-encoding: policy; bytes that are not UTF-8/],
    ['zero bytes', new Uint8Array(4096), /^not-recognised: policy; zero bytes/],
    ['256 KiB and one', `${base}#${'x'.repeat(POLICY_MAX)}`, /^too-long: policy; \d+ bytes; at most 262144 bytes/],
    ['a duration that is none', base.replace('PT24H', 'PT'), /report\.max-age; "PT"; a duration like PT24H/],
    ['a duration in disorder', base.replace('PT24H', 'P1D2H'), /report\.max-age/],
    ['a host count of nothing', base.replace('min: 1', 'min: 0'), /host-keys\.min; the number 0; at least 1/],
  ])('%s', (_, text, says) => expect(refused(text)).toMatch(says));

  it('what it shows of a document is short, and never the content of a long text', () => {
    const key = '-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\\n';
    expect(refused(base.replace('kind: crypttab', `kind: "${key}"`))).toMatch(/a text of \d+ characters/);
  });
});

describe('hostile YAML', () => {
  it.each([
    ['- '.repeat(100_000)],
    ['['.repeat(200_000)],
    ['{a: '.repeat(60_000)],
    ['? '.repeat(100_000)],
    ['a: '.repeat(80_000)],
    [Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    [Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['- [\n'.repeat(60_000)],
    ['&a '.repeat(60_000)],
    ['!'.repeat(250_000)],
    [`a: "${'\\x41'.repeat(60_000)}"`],
    [`a: &a [${'x,'.repeat(500)}]\nb: [${'*a,'.repeat(500)}]`],
  ])('%#: refused by us, within three seconds of work', (text) => {
    const start = process.cpuUsage();
    expect(error(text)).toBeInstanceOf(SelError);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(3);
  });
  it('any bytes, any text, any change of a policy: read, or refused by us', () => {
    const survives = (b: Uint8Array): void => {
      try {
        readPolicy(b);
      } catch (e) {
        expect(e).toBeInstanceOf(SelError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), survives), { numRuns: 500 });
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (t) => survives(utf8(t))),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.nat(base.length), fc.nat(12), fc.string({ maxLength: 6 }), (at, cut, put) =>
        survives(utf8(base.slice(0, at) + put + base.slice(at + cut))),
      ),
      { numRuns: 500 },
    );
  });
});

describe('identity and places', () => {
  it('the hash is of what the policy says, not of how it is written', () => {
    for (const name of TEMPLATE_NAMES) {
      const policy = template(name);
      expect(templateDescription(name)).toBe(policy.description);
      const again = readPolicy(writePolicy(policy));
      expect(again).toEqual(policy);
      expect(policyHash(again)).toBe(policyHash(policy));
      expect(policyHash(readPolicy(utf8(JSON.stringify(policy))))).toBe(policyHash(policy));
      expect(policyHash(readPolicy(utf8(`# a comment\n---\n${templateText(name)}`)))).toBe(policyHash(policy));
    }
    expect(new Set(TEMPLATE_NAMES.map((n) => policyHash(template(n)))).size).toBe(TEMPLATE_NAMES.length);
    expect(policyHash(readPolicy(utf8(base.replace('max: 8', 'max: 9'))))).not.toBe(policyHash(template('ebc-minimal')));
  });
  it('fields are found where they stand, absent ones at what is around them', () => {
    const { locate } = readPolicyDocument(utf8(base));
    expect(locate(['secrets', 1, 'constraints', 'min-bytes'])).toEqual({ line: lineOf(base, 'min-bytes'), column: 20 });
    expect(locate(['report', 'attestation']).line).toBe(lineOf(base, 'report: {'));
    expect(locate(['secrets', 2, 'no-such-field'])).toEqual({ line: lineOf(base, '- name: cck'), column: 5 });
    expect(locate(['public', 0])).toEqual({ line: 1, column: 1 });
    expect(locate([])).toEqual({ line: 1, column: 1 });
  });
});

describe('what is remembered', () => {
  const other = base.replace(/^name: .*$/m, 'name: another');

  it('a policy read again is the same one, whatever became of the bytes it was read from', () => {
    const bytes = utf8(base).slice();
    const first = readPolicy(bytes);
    expect(readPolicy(utf8(base))).toBe(first);
    bytes.fill(0);
    expect(readPolicy(utf8(base))).toBe(first);
    expect(() => readPolicy(bytes)).toThrow();
    expect(readPolicy(utf8(other)).name).toBe('another');
    expect(readPolicy(utf8(base))).toEqual(fresh(base));
  });
  it('nobody can change it: not its fields, not those of its secrets', () => {
    const policy = readPolicy(utf8(base));
    expect(() => {
      policy.name = 'changed';
    }).toThrow(TypeError);
    expect(() => {
      (policy.secrets[0] as { name: string }).name = 'changed';
    }).toThrow(TypeError);
    expect(() => policy.secrets.pop()).toThrow(TypeError);
  });
  it('text and hash are those of a policy that nothing was remembered of, each time', () => {
    for (const text of [base, other, base]) {
      const policy = readPolicy(utf8(text));
      for (let i = 0; i < 2; i++) {
        expect(policyHash(policy)).toBe(policyHash(fresh(text)));
        const bytes = writePolicy(policy);
        expect(bytes).toEqual(writePolicy(fresh(text)));
        // whoever got the text may do with it what they like
        bytes.fill(0);
      }
    }
    const changed = fresh(base);
    const before = policyHash(changed);
    changed.name = 'changed';
    expect(policyHash(changed)).not.toBe(before);
  });
});
