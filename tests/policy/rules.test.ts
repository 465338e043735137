/** Every rule of the policy, broken by the smallest document that breaks it; what it says, and where. Spec page "personalization-policy", section 4. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { preflight } from '../../core/bundle/preflight.ts';
import { utf8 } from '../../core/bytes.ts';
import type { Finding } from '../../core/findings.ts';
import { findHeader } from '../../core/image/find.ts';
import { readPolicy, readPolicyDocument } from '../../core/policy/document.ts';
import { checkPolicy, submissionOrder } from '../../core/policy/rules.ts';
import type { PolicySecret } from '../../core/policy/schema.ts';
import { TEMPLATE_NAMES, template, templateText } from '../../core/policy/templates.ts';
import { generateValue } from '../../core/secret/value.ts';
import { waysFor } from '../../core/values/generate.ts';
import { findingSays, RULES } from '../../words/rules.ts';
import { seededEnv } from '../support/env.ts';
import { header, hostKeys } from '../support/tenant.ts';
import { sshCertificate, sshPair, tlsPair } from './keys.ts';

const EBC = templateText('ebc-minimal');
const WEB = templateText('web-server');
const edit = (text: string, ...pairs: [string | RegExp, string][]): string =>
  pairs.reduce((t, [from, to]) => {
    const out = t.replace(from, to);
    if (out === t) throw new Error(`nothing to replace: ${from}`);
    return out;
  }, text);
/** One secret's block taken out. */
const without = (text: string, name: string): string => edit(text, [new RegExp(` {2}- name: ${name}\n(?: {4}.*\n)+`), '']);
/** One more secret. */
const plus = (text: string, more: string): string => edit(text, ['secrets:\n', `secrets:\n${more}`]);
const config = (name: string, apply = '{ kind: none }', rest = ''): string =>
  `  - { name: ${name}, purpose: app-config, type: plaintext, source: [import]${rest}, apply: ${apply} }\n`;

interface Case {
  readonly rule: string;
  readonly what: string;
  readonly text: string;
  readonly says: RegExp;
  /** the text of the line it stands in */
  readonly line: RegExp;
  readonly severity?: 'warning';
}

const CASES: Case[] = [
  {
    rule: 'P02',
    what: 'a name with a dot',
    text: plus(EBC, config('a.b')),
    says: /a\.b: found a\.b, expected letters, digits, - and _/,
    line: /a\.b/,
  },
  { rule: 'P02', what: 'a reserved name', text: plus(EBC, config('TOC')), says: /TOC: found TOC/, line: /TOC/ },
  {
    rule: 'P02',
    what: 'the name of the CCK for something else',
    text: plus(without(edit(EBC, ['[cck, ', '['], ['required, disable', 'none, disable']), 'cck'), config('cck')),
    says: /cck: found the name cck for app-config/,
    line: /app-config/,
  },
  {
    rule: 'P02',
    what: 'names that differ by case',
    text: plus(EBC, config('REPORT-KEY')),
    says: /report-key: found a name that stands there already/,
    line: /name: report-key/,
  },
  {
    rule: 'P02',
    what: 'a public entry with the name of a secret',
    text: edit(WEB, ['{ name: ssh-user-ca,', '{ name: cck,']),
    says: /cck: found the name cck for ssh-user-ca/,
    line: /ssh-user-ca/,
  },
  {
    rule: 'P03',
    what: 'no passphrase',
    text: edit(without(EBC, 'luks-rfs-passphrase'), [', luks-rfs-passphrase]', ']']),
    says: /luks-rfs-passphrase: found no such secret/,
    line: /^secrets:/,
  },
  {
    rule: 'P03',
    what: 'no volume key',
    text: edit(without(EBC, 'rfs-luks-key'), ['rfs-luks-key, ', '']),
    says: /luks-root-key: found no such secret/,
    line: /^secrets:/,
  },
  {
    rule: 'P03',
    what: 'a passphrase that need not be',
    text: edit(EBC, ['    purpose: luks-root-passphrase\n', '    purpose: luks-root-passphrase\n    required: false\n']),
    says: /found not required, expected required/,
    line: /required: false/,
  },
  {
    rule: 'P03',
    what: 'a volume key that need not be',
    text: edit(EBC, ['    purpose: luks-root-key\n', '    purpose: luks-root-key\n    required: false\n']),
    says: /rfs-luks-key: found not required/,
    line: /required: false/,
  },
  {
    rule: 'P03',
    what: 'the name of the passphrase for something else',
    text: edit(EBC, ['purpose: luks-root-passphrase', 'purpose: luks-data-passphrase']),
    says: /found luks-data-passphrase, expected luks-root-passphrase/,
    line: /purpose: luks-data-passphrase/,
  },
  {
    rule: 'P04',
    what: 'an update without a CCK',
    text: edit(without(EBC, 'cck'), ['[cck, ', '[']),
    says: /dump\.cck-update: found required, but no secret of purpose cck/,
    line: /cck-update: required/,
  },
  {
    rule: 'P04',
    what: 'a CCK that need not be',
    text: edit(EBC, ['    purpose: cck\n', '    purpose: cck\n    required: false\n']),
    says: /no required secret of purpose cck/,
    line: /cck-update/,
  },
  {
    rule: 'P04',
    what: 'a CCK without an update',
    text: edit(EBC, ['cck-update: required', 'cck-update: none']),
    says: /found none, and the secret cck of purpose cck/,
    line: /cck-update: none/,
  },
  {
    rule: 'P04',
    what: 'a derived extension secret with an update',
    text: edit(EBC, ['extension-secret: random', 'extension-secret: cck-derived']),
    says: /extension-secret: found cck-derived together with a CCK update/,
    line: /extension-secret/,
  },
  {
    rule: 'P05',
    what: 'dumps without a CCK',
    text: edit(
      without(EBC, 'cck'),
      ['[cck, ', '['],
      ['cck-update: required', 'cck-update: none'],
      ['dump: any', 'dump: allowed'],
    ),
    says: /image\.require\.dump: found allowed, without a cck secret, expected a cck secret, or disable-host-dump: true/,
    line: /dump: allowed/,
  },
  {
    rule: 'P06',
    what: 'a type that does not go with the purpose',
    text: edit(EBC, ['type: aes-xts', 'type: hmac'], ['constraints: { bits: [512, 256] }', 'constraints: {}']),
    says: /found hmac for luks-root-key, expected aes-xts/,
    line: /type: hmac/,
  },
  {
    rule: 'P06',
    what: 'a key of 384 bits',
    text: edit(EBC, ['[512, 256]', '[384]']),
    says: /found bits: 384, expected 256 or 512/,
    line: /bits/,
  },
  {
    rule: 'P06',
    what: 'a CCK of 31 bytes',
    text: edit(EBC, ['bytes: 32', 'bytes: 31']),
    says: /cck: found bytes: 31, expected 32/,
    line: /bytes: 31/,
  },
  {
    rule: 'P06',
    what: 'a plaintext over 8190 bytes',
    text: plus(EBC, config('big', '{ kind: none }', ', constraints: { max-bytes: 8191 }')),
    says: /found max-bytes: 8191, expected at most 8190 bytes/,
    line: /8191/,
  },
  {
    rule: 'P06',
    what: 'a minimum over the maximum',
    text: edit(EBC, ['min-bytes: 20', 'min-bytes: 513']),
    says: /found min-bytes 513 over max-bytes 512/,
    line: /513/,
  },
  {
    rule: 'P06',
    what: 'a passphrase that may be short',
    text: edit(EBC, ['min-bytes: 20', 'min-bytes: 8']),
    says: /found min-bytes: 8, expected at least 20/,
    line: /min-bytes: 8/,
  },
  {
    rule: 'P06',
    what: 'a passphrase that may be too long',
    text: edit(EBC, ['max-bytes: 512', 'max-bytes: 600']),
    says: /found max-bytes: 600, expected at most 512/,
    line: /600/,
  },
  {
    rule: 'P06',
    what: 'a report key of 16 bytes',
    text: edit(EBC, ['bytes: 64', 'bytes: 16']),
    says: /report-key: found bytes: 16, expected 64/,
    line: /bytes: 16/,
  },
  {
    rule: 'P06',
    what: 'a constraint of another kind of secret',
    text: edit(EBC, ['{ bytes: 32 }', '{ bytes: 32, key: [ed25519] }']),
    says: /cck: found key for update-cck, cck, expected key for ssh-host-key or tls-service-key only/,
    line: /ed25519/,
  },
  {
    rule: 'P06',
    what: 'a place that does not go with the purpose',
    text: edit(EBC, ['{ kind: ultravisor }', '{ kind: none }']),
    says: /cck: found apply none for cck, expected ultravisor/,
    line: /kind: none/,
  },
  {
    rule: 'P06',
    what: 'a file of a type that never comes out',
    text: edit(WEB, ['    purpose: tls-service-key\n    type: plaintext', '    purpose: tls-service-key\n    type: ec']),
    says: /tls-web-key: found a file of type ec, expected plaintext/,
    line: /web\.key/,
  },
  {
    rule: 'P06',
    what: 'another user than the one of the constraints',
    text: edit(WEB, ['kind: password-hash, user: admin', 'kind: password-hash, user: root']),
    says: /admin-login: found user root, expected admin/,
    line: /user: root/,
  },
  {
    rule: 'P06',
    what: 'a root passphrase of another name',
    text: plus(
      EBC,
      '  - { name: second-passphrase, purpose: luks-root-passphrase, type: plaintext, apply: { kind: crypttab } }\n',
    ),
    says: /second-passphrase: found second-passphrase, expected the name luks-rfs-passphrase/,
    line: /second-passphrase/,
  },
  {
    rule: 'P06',
    what: 'a public entry of another format',
    text: edit(WEB, ['format: openssh-public', 'format: x509-pem']),
    says: /ssh-user-ca: found x509-pem for ssh-user-ca, expected openssh-public/,
    line: /ssh-user-ca/,
  },
  {
    rule: 'P06',
    what: 'more hosts at least than at most',
    text: edit(EBC, ['min: 1, max: 8', 'min: 9, max: 8']),
    says: /host-keys: found min 9 over max 8/,
    line: /min: 9/,
  },
  ...(['etc/x', '/etc/../x', '/etc//x', '/etc/x/', '/etc/./x', '/'] as const).map(
    (p): Case => ({
      rule: 'P07',
      what: `the path ${p}`,
      text: plus(EBC, config('c', `{ kind: file, path: "${p}" }`)),
      says: /expected an absolute path without \. and \.\./,
      line: /kind: file/,
    }),
  ),
  {
    rule: 'P07',
    what: 'a path with a line feed',
    text: plus(EBC, config('c', '{ kind: file, path: "/etc/a\\nb" }')),
    says: /found \/etc\/a\?b, expected an absolute path/,
    line: /kind: file/,
  },
  ...(['/proc/x', '/sys', '/dev/sda', '/boot/sics/x.asr', '/run/sel-ebc/x'] as const).map(
    (p): Case => ({
      rule: 'P07',
      what: `the path ${p}`,
      text: plus(EBC, config('c', `{ kind: file, path: ${p} }`)),
      says: /expected not under \/proc \/sys \/dev \/boot \/run\/sel-ebc/,
      line: /kind: file/,
    }),
  ),
  {
    rule: 'P07',
    what: 'a path twice',
    text: plus(EBC, config('c', '{ kind: file, path: /etc/x }') + config('d', '{ kind: file, path: /etc/x }')),
    says: /d: found \/etc\/x, expected a path of its own/,
    line: /name: d/,
  },
  {
    rule: 'P07',
    what: 'a path below a file',
    text: plus(EBC, config('c', '{ kind: file, path: /etc/x }') + config('d', '{ kind: file, path: /etc/x/y }')),
    says: /d: found \/etc\/x\/y/,
    line: /name: d/,
  },
  {
    rule: 'P07',
    what: 'a secret that everybody may read',
    text: plus(EBC, config('c', '{ kind: file, path: /etc/x, mode: "0644" }')),
    says: /c: found 0644, expected no permissions for others/,
    line: /0644/,
  },
  {
    rule: 'P08',
    what: 'two report keys',
    text: plus(EBC, '  - { name: second, purpose: report-authentication, type: plaintext, apply: { kind: report-mac } }\n'),
    says: /report-authentication: found 2 secrets, expected at most one/,
    line: /purpose: report-authentication/,
  },
  {
    rule: 'P08',
    what: 'two volume keys',
    text: plus(EBC, '  - { name: second, purpose: luks-root-key, type: aes-xts, apply: { kind: luks-token, label: x } }\n'),
    says: /luks-root-key: found 2 secrets/,
    line: /purpose: luks-root-key/,
  },
  {
    rule: 'P09',
    what: 'a host certificate for no host key',
    text: edit(WEB, ['signs: ssh-host-ed25519-key', 'signs: cck']),
    says: /ssh-host-cert: found signs: cck, expected the name of an ssh-host-key secret/,
    line: /signs: cck/,
  },
  {
    rule: 'P09',
    what: 'a host certificate for nothing',
    text: edit(WEB, ['    signs: ssh-host-ed25519-key\n', '']),
    says: /found no field signs/,
    line: /name: ssh-host-cert/,
  },
  {
    rule: 'P09',
    what: 'a certificate that is not there',
    text: edit(WEB, ['certificate: web-cert', 'certificate: ssh-user-ca']),
    says: /tls-web-key: found certificate: ssh-user-ca, expected the name of a tls-certificate/,
    line: /certificate:/,
  },
  {
    rule: 'P13',
    what: 'an order with a stranger',
    text: edit(EBC, ['order: [cck', 'order: [cck, other']),
    says: /other: found not a secret of this policy/,
    line: /order/,
  },
  {
    rule: 'P13',
    what: 'an order with a name twice',
    text: edit(EBC, ['order: [cck', 'order: [cck, cck']),
    says: /cck: found a name twice/,
    line: /order/,
  },
  {
    rule: 'P13',
    what: 'the CCK not first',
    text: edit(EBC, ['order: [cck, rfs-luks-key', 'order: [rfs-luks-key, cck']),
    says: /cck: found not first/,
    line: /order/,
    severity: 'warning',
  },
  {
    rule: 'P15',
    what: 'no report key',
    text: without(EBC, 'report-key'),
    says: /report: found no required report-authentication secret, expected one: without it the best grade is "list attested"/,
    line: /^report:/,
    severity: 'warning',
  },
  {
    rule: 'P15',
    what: 'no report key and no attestation',
    text: edit(without(EBC, 'report-key'), ['attestation: required', 'attestation: none']),
    says: /without it and without attestation a report shows nothing/,
    line: /^report:/,
  },
  {
    rule: 'P15',
    what: 'no attestation',
    text: edit(EBC, ['attestation: required', 'attestation: none']),
    says: /the best grade is "possession shown"/,
    line: /attestation: none/,
    severity: 'warning',
  },
  {
    rule: 'P16',
    what: 'no extension secret',
    text: edit(EBC, ['extension-secret: random', 'extension-secret: none']),
    says: /extension-secret: found none, expected random/,
    line: /extension-secret/,
  },
];

describe('each rule, broken', () => {
  it.each(CASES)('$rule: $what', ({ rule, text, says, line, severity }) => {
    const { policy, locate } = readPolicyDocument(utf8(text));
    const findings = checkPolicy(policy);
    expect([...new Set(findings.map((f) => f.rule))], JSON.stringify(findings)).toEqual([rule]);
    const finding = findings[0] as Finding;
    expect(finding.severity).toBe(severity ?? 'error');
    expect(findingSays(finding)).toMatch(says);
    expect(text.split('\n')[locate(finding.path as string[]).line - 1]).toMatch(line);
  });
});

// -- the rules that look at values and target

const env = seededEnv('policy values');
const ssh = sshPair('ed25519');
const tls = tlsPair('ec');
const NOW = new Date('2026-11-24T05:00:00Z');
const seconds = NOW.getTime() / 1000;
const HASH = `admin:$6$rounds=5000$saltsalt$${'a'.repeat(86)}`;
const web = readPolicy(utf8(WEB));

const given = (policy = web): { values: Map<string, Uint8Array>; publics: Map<string, Uint8Array> } => {
  const own: Record<string, Uint8Array> = { 'ssh-host-ed25519-key': ssh.file, 'admin-login': utf8(HASH), 'tls-web-key': tls.key };
  return {
    values: new Map(policy.secrets.map((s: PolicySecret) => [s.name, own[s.name] ?? generateValue(s, env).value])),
    publics: new Map<string, Uint8Array>([
      ['ssh-user-ca', utf8(sshPair('nistp256').line)],
      ['ssh-host-cert', utf8(sshCertificate(ssh, 2, seconds - 10, seconds + 1000))],
      ['web-cert', tls.certificate],
    ]),
  };
};
const looked = (change: (g: ReturnType<typeof given>) => void = () => undefined, policy = web, more = {}): Finding[] => {
  const g = given(policy);
  change(g);
  const keys = hostKeys.map((k, i) => ({ label: `host ${i}`, phkh: k.phkh, verified: true }));
  return preflight({ policy, header: findHeader(header).header, hostKeys: keys, ...g, now: NOW, ...more });
};

describe('P10, P11, P12, P14: values, public contents, target', () => {
  it('good ones break nothing', () => expect(looked()).toEqual([]));

  it.each([
    ['P10', 'a value missing', (g) => g.values.delete('cck'), /cck: found no value/],
    [
      'P10',
      'a CCK of 31 bytes',
      (g) =>
        g.values.set(
          'cck',
          new Uint8Array(31).map((_, i) => i),
        ),
      /cck: found 31 bytes, expected 32 bytes/,
    ],
    [
      'P10',
      'a passphrase with a newline',
      (g) => g.values.set('luks-rfs-passphrase', utf8('correct horse battery staple\n')),
      /a newline at the end/,
    ],
    [
      'P10',
      'a volume key of two equal halves',
      (g) =>
        g.values.set(
          'rfs-luks-key',
          new Uint8Array(64).map((_, i) => i % 32),
        ),
      /two equal halves/,
    ],
    [
      'P10',
      'a public key as ssh host key',
      (g) => g.values.set('ssh-host-ed25519-key', utf8(ssh.line)),
      /ssh-host-ed25519-key: found an OpenSSH public key, expected a private key/,
    ],
    [
      'P10',
      'an ssh host key with a passphrase',
      (g) => g.values.set('ssh-host-ed25519-key', sshPair('ed25519', 'aes256-ctr').file),
      /an? (OpenSSH )?key with a passphrase/,
    ],
    [
      'P10',
      'an ssh host key of another kind',
      (g) => {
        const key = sshPair('nistp256');
        g.values.set('ssh-host-ed25519-key', key.file);
        g.publics.set('ssh-host-cert', utf8(sshCertificate(key, 2, 0, seconds + 9)));
      },
      /found a key of type ec-p256, expected ed25519/,
    ],
    [
      'P10',
      'a PEM key as ssh host key',
      (g) => g.values.set('ssh-host-ed25519-key', tlsPair('ed25519').key),
      /found a (pkcs8 key|key in pkcs8 form), expected an OpenSSH private key/,
    ],
    [
      'P10',
      'a clear password',
      (g) => g.values.set('admin-login', utf8('admin:correct horse')),
      /a clear password never goes into a guest/,
    ],
    [
      'P10',
      "another user's hash",
      (g) => g.values.set('admin-login', utf8(HASH.replace('admin', 'root'))),
      /another user, expected admin:hash/,
    ],
    [
      'P10',
      'a password without user',
      (g) => g.values.set('admin-login', utf8('secret')),
      /found something.*, expected admin:hash/,
    ],
    [
      'P10',
      'a certificate as TLS key',
      (g) => g.values.set('tls-web-key', tlsPair('ec').certificate),
      /tls-web-key: found a certificate/,
    ],
    [
      'P10',
      'a TLS key in DER',
      (g) => g.values.set('tls-web-key', tls.privateKey.export({ type: 'pkcs8', format: 'der' })),
      /a key in DER, expected PKCS#8 in PEM/,
    ],
    [
      'P10',
      'a TLS key in SEC1',
      (g) => g.values.set('tls-web-key', utf8(String(tls.privateKey.export({ type: 'sec1', format: 'pem' })))),
      /a key in sec1 form/,
    ],
    [
      'P10',
      'an encrypted TLS key',
      (g) =>
        g.values.set(
          'tls-web-key',
          utf8(String(tls.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }))),
        ),
      /an encrypted PKCS#8 key/,
    ],
    [
      'P10',
      'a weak TLS key',
      (g) => {
        const weak = tlsPair('rsa', '60', 2048);
        g.values.set('tls-web-key', weak.key);
        g.publics.set('web-cert', weak.certificate);
      },
      /RSA.* under 3072 bits/,
    ],
    [
      'P10',
      'public content missing',
      (g) => g.publics.delete('web-cert'),
      /web-cert: found no content, expected its content: without it the guest gets no \/etc\/pki/,
    ],
    [
      'P10',
      'a private key as public content',
      (g) => g.publics.set('web-cert', new Uint8Array([...tls.certificate, ...tlsPair('ec').key])),
      /web-cert: found a private key, expected public content only/,
    ],
    [
      'P10',
      'an OpenSSH private key as public content',
      (g) => g.publics.set('ssh-user-ca', sshPair('ed25519').file),
      /ssh-user-ca: found a private key/,
    ],
    ['P10', 'a certificate in DER', (g) => g.publics.set('web-cert', tls.certificateDer), /web-cert: found DER, expected PEM/],
    [
      'P10',
      'an expired TLS certificate',
      (g) => {
        const old = tlsPair('ec', '25');
        g.publics.set('web-cert', old.certificate);
        g.values.set('tls-web-key', old.key);
      },
      /expired 2025-01-01T00:00:00Z/,
    ],
    [
      'P10',
      'text that is no certificate',
      (g) => g.publics.set('web-cert', utf8('hello')),
      /web-cert: found something else, expected PEM or DER/,
    ],
    [
      'P10',
      'a key in place of a host certificate',
      (g) => g.publics.set('ssh-host-cert', utf8(ssh.line)),
      /ssh-host-cert: found a key of type ssh-ed25519, expected an OpenSSH certificate/,
    ],
    [
      'P10',
      "a user's certificate",
      (g) => g.publics.set('ssh-host-cert', utf8(sshCertificate(ssh, 1, 0, seconds + 9))),
      /a certificate for a user/,
    ],
    [
      'P10',
      'an expired host certificate',
      (g) => g.publics.set('ssh-host-cert', utf8(sshCertificate(ssh, 2, 0, seconds - 1))),
      /a certificate that has expired/,
    ],
    [
      'P10',
      'two host certificates',
      (g) => g.publics.set('ssh-host-cert', utf8(sshCertificate(ssh, 2, 0, seconds + 9).repeat(2))),
      /found 2 lines, expected one line/,
    ],
    [
      'P10',
      'options in front of a CA',
      (g) => g.publics.set('ssh-user-ca', utf8(`cert-authority ${ssh.line}`)),
      /line 1 with something in front of the key/,
    ],
    [
      'P10',
      'a key line cut short',
      (g) => g.publics.set('ssh-user-ca', utf8(`${sshPair('ed25519').line.slice(0, 60)}\n`)),
      /ssh-user-ca: found/,
    ],
    [
      'P10',
      'control characters',
      (g) => g.publics.set('ssh-user-ca', utf8(`${sshPair('ed25519').line}\u001b[2J`)),
      /control characters/,
    ],
    ['P10', 'too much', (g) => g.publics.set('ssh-user-ca', new Uint8Array(32_769).fill(0x23)), /32769 bytes/],
    [
      'P11',
      'a secret in public',
      (g) =>
        g.publics.set(
          'ssh-user-ca',
          new Uint8Array([
            ...utf8(`# ${'x'.repeat(3)}`),
            ...(g.values.get('luks-rfs-passphrase') as Uint8Array),
            ...utf8(`\n${sshPair('ed25519').line}`),
          ]),
        ),
      /ssh-user-ca: found the value of luks-rfs-passphrase/,
    ],
    [
      'P12',
      'a certificate of another TLS key',
      (g) => g.publics.set('web-cert', tlsPair('ec').certificate),
      /tls-web-key: found another key than the one in web-cert/,
    ],
    [
      'P12',
      'a certificate of another host key',
      (g) => g.publics.set('ssh-host-cert', utf8(sshCertificate(sshPair('ed25519'), 2, 0, seconds + 9))),
      /ssh-host-cert: found a certificate of another key than ssh-host-ed25519-key/,
    ],
  ] as [string, string, (g: ReturnType<typeof given>) => unknown, RegExp][])('%s: %s', (rule, _, change, says) => {
    const findings = looked((g) => void change(g)).filter((f) => f.severity === 'error');
    expect([...new Set(findings.map((f) => f.rule))], JSON.stringify(findings)).toEqual([rule]);
    expect(findings.map(findingSays).join('\n')).toMatch(says);
  });

  it('P11: one value for two secrets', () => {
    const value = utf8('one value for both: !! is wrong.');
    const findings = looked((g) => g.values.set('luks-rfs-passphrase', value).set('cck', value));
    expect(findings.filter((f) => f.rule === 'P11').map(findingSays)).toEqual([
      expect.stringContaining('cck: found the value of luks-rfs-passphrase, expected a value of its own'),
    ]);
  });

  it('keys of every kind find their certificates: RSA and Ed25519 too', () => {
    for (const kind of ['rsa', 'ed25519', 'ec'] as const) {
      const pair = tlsPair(kind);
      const other = tlsPair(kind);
      const set = (key: Uint8Array, certificate: Uint8Array) =>
        looked((g) => {
          g.values.set('tls-web-key', key);
          g.publics.set('web-cert', certificate);
        }).map((f) => f.rule);
      expect(set(pair.key, pair.certificate), kind).toEqual([]);
      expect(set(pair.key, other.certificate), kind).toEqual(['P12']);
    }
    const any = readPolicy(utf8(edit(WEB, ['key: [ed25519], format: openssh', 'format: openssh'])));
    for (const [kind, good] of [
      ['rsa3072', true],
      ['rsa2048', false],
    ] as const) {
      const key = sshPair(kind);
      const findings = looked((g) => {
        g.values.set('ssh-host-ed25519-key', key.file);
        g.publics.set('ssh-host-cert', utf8(sshCertificate(key, 2, 0, seconds + 9)));
      }, any);
      expect(
        findings.map((f) => f.rule),
        kind,
      ).toEqual(good ? [] : ['P10']);
    }
  });

  it('P14: more listable secrets than the target holds', () => {
    expect(looked(undefined, web, { storeLimit: 6 }).map((f) => f.rule)).toEqual([]);
    const [finding] = looked(undefined, web, { storeLimit: 5 });
    expect(finding).toMatchObject({ rule: 'P14', severity: 'error' });
    expect(findingSays(finding as Finding)).toMatch(/secret store: found 6 listable secrets, expected at most 5/);
  });

  it('no finding holds a word of a value', () => {
    const words = [
      'correct horse',
      'BEGIN',
      'saltsalt',
      ...[...given().values.values()].map((v) => Buffer.from(v).toString('latin1')),
    ];
    const all = looked((g) => {
      for (const name of g.values.keys()) g.values.set(name, utf8('correct horse battery\n'));
      for (const name of g.publics.keys()) g.publics.set(name, utf8('correct horse battery\n'));
    });
    expect(all.length).toBeGreaterThan(8);
    for (const w of words) expect(JSON.stringify(all)).not.toContain(w);
  });

  it('every rule of the page has its test', () => {
    const covered = new Set([...CASES.map((c) => c.rule), 'P01', 'P10', 'P11', 'P12', 'P14']);
    expect(
      Object.keys(RULES)
        .filter((r) => r.startsWith('P'))
        .sort(),
    ).toEqual([...covered].sort());
  });
});

describe('templates', () => {
  it('are those of section 5, break nothing, and ask for nothing that cannot be given', () => {
    expect(TEMPLATE_NAMES).toEqual(['ebc-minimal', 'ssh-server', 'web-server', 'database', 'hsm-guest', 'kata-pod']);
    for (const name of TEMPLATE_NAMES) {
      const policy = template(name);
      expect(policy.name).toBe(name);
      expect(checkPolicy(policy), name).toEqual([]);
      expect(submissionOrder(policy)[0]?.purpose, name).toBe('cck');
      for (const s of policy.secrets) {
        if (s.source.includes('generate')) expect(waysFor(s), s.name).not.toEqual([]);
        else expect(s.source, s.name).toContain('import');
      }
    }
  });
  it('web-server is the example of the page, but for what can be made today', () => {
    const page = resolve(import.meta.dirname, '../../../shared/spec/personalization-policy.md');
    if (!existsSync(page)) {
      console.warn(`*** SKIPPED: NO SPEC PAGE AT ${page} ***`);
      return;
    }
    const text = /```yaml\n([\s\S]*?)```/.exec(readFileSync(page, 'utf8'))?.[1] as string;
    const example = readPolicy(utf8(text));
    expect(checkPolicy(example)).toEqual([]);
    const same = (p: typeof example) => ({ ...p, description: '', secrets: p.secrets.map((s) => ({ ...s, source: [] })) });
    expect(same(template('web-server'))).toEqual(same(example));
  });
});
