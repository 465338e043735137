/** Policies with values and public contents of every kind, through the program: built, booted, proven; or refused, naming the file. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { TEMPLATE_NAMES, type TemplateName, template, templateText } from '../../core/policy/templates.ts';
import { sshCertificate, sshPair, tlsPair } from '../policy/keys.ts';
import { at, bootArgs, json, type Ran, run } from './program.ts';

const T = 'tenant';
const ssh = sshPair('ed25519');
const ca = sshPair('nistp256');
const tls = tlsPair('ec');
const FOREVER = 2 ** 52;
/** "Hello world!", from the specification of SHA-crypt. */
const HASH = '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJsesI68OUTLiBFdcbfEdFcoEOfaS35inz1';

const GIVEN: Record<string, string | Uint8Array> = {
  'ssh-host-ed25519-key': ssh.file,
  'admin-login': `admin:${HASH}\n`,
  'tls-web-key': tls.key,
  'tls-db-key': tls.key,
  'ssh-user-ca': ca.line,
  'ssh-host-cert': sshCertificate(ssh, 2, 0, FOREVER),
  'web-cert': tls.certificate,
  'db-cert': tls.certificate,
  'pvapconfig-yaml': 'zcrypt:\n  - name: hsm-binding\n',
  'default-credential-app': 'token',
};

/** A directory of values for a template: what cannot be generated. */
const valuesFor = (name: TemplateName): string => {
  const policy = template(name);
  mkdirSync(at(`${name}-values`), { mode: 0o700 });
  for (const e of [...policy.secrets, ...policy.public]) {
    const value = GIVEN[e.name];
    if (value !== undefined) writeFileSync(at(`${name}-values`, e.name), value, { mode: 0o600 });
  }
  writeFileSync(at(`${name}.yaml`), templateText(name).replace('verify: required', 'verify: warn'));
  return `${name}-values`;
};
const build = (name: string, values: string, output: string, more: string[] = []): Ran =>
  run([
    ...['bundle', 'build', '--policy', `${name}.yaml`, '--values', values, '--hdr', `${T}/image/selhdr.bin`],
    ...['-k', `${T}/host-keys/alpha.crt`, '--no-verify', '--generate', '-o', output, ...more],
  ]);

beforeAll(() => {
  expect(run(['sample', 'init', T]).code).toBe(0);
});

describe('every template', () => {
  it.each(TEMPLATE_NAMES.filter((n) => n !== 'ebc-minimal' && n !== 'kata-pod'))('%s: built, booted, proven', (name) => {
    const values = valuesFor(name);
    const made = build(name, values, name, ['--json']);
    expect(made.code, made.err).toBe(0);
    const policy = template(name);
    const manifest = JSON.parse(readFileSync(at(name, 'sics/manifest.pol'), 'utf8'));
    expect(manifest.public.map((p: { name: string; content: string }) => [p.name, p.content])).toEqual(
      policy.public.map((p) => [p.name, Buffer.from(GIVEN[p.name] as string).toString()]),
    );
    // what was generated is kept for the next bundle, for its owner only
    for (const s of policy.secrets) if (s.name !== 'report-key') expect(readdirSync(at(values)), s.name).toContain(s.name);
    expect(run([...bootArgs(T, name), '--report', `${name}.json`]).code).toBe(0);
    const v = json(run(['report', 'verify', `${name}.json`, '--expected', `${name}/meta/expected.json`, '--json']));
    expect(v.verdict.grade, JSON.stringify(v.verdict.checks.filter((c: { outcome: string }) => c.outcome === 'failed'))).toBe(
      'proven',
    );
    const r17 = v.verdict.checks.find((c: { id: string }) => c.id === 'R17');
    if (policy.secrets.some((s) => s.purpose === 'ssh-host-key')) {
      expect(r17).toMatchObject({ outcome: 'passed', class: 'D', expected: `ssh-host-ed25519-key ${ssh.fingerprint}` });
      const own = manifest.secrets.find((s: { name: string }) => s.name === 'ssh-host-ed25519-key');
      expect(own.public).toEqual({ fingerprint: ssh.fingerprint, openssh: ssh.line.split(' ').slice(0, 2).join(' ') });
    } else expect(r17.outcome).toBe('not-needed');
  });
  it('kata-pod: built and checked; the module for root disks is not what starts it', () => {
    expect(build('kata-pod', valuesFor('kata-pod'), 'kata').code).toBe(0);
    expect(run(['bundle', 'check', 'kata', '--hdr', `${T}/image/selhdr.bin`])).toMatchObject({ code: 0 });
    expect(
      readdirSync(at('kata/sics'))
        .filter((f) => f.endsWith('.asr'))
        .sort(),
    ).toEqual(['cck.asr', 'default-credential-app.asr', 'manifest.asr', 'report-key.asr', 'toc.asr']);
    const r = run(bootArgs(T, 'kata'));
    expect(r).toMatchObject({ code: 1, out: expect.stringContaining('luks-rfs-passphrase') });
  });
});

describe('contents that are not what they should be', () => {
  const fails = (file: string, content: string | Uint8Array, says: RegExp): void => {
    const values = 'web-server-values';
    copyFileSync(at(values, file), at('saved'));
    const before = readdirSync(at()).sort();
    try {
      writeFileSync(at(values, file), content);
      const r = build('web-server', values, 'x');
      expect(r.code, r.err).toBe(3);
      expect(r.err).toMatch(says);
      expect(readdirSync(at()).sort()).toEqual(before);
    } finally {
      copyFileSync(at('saved'), at(values, file));
    }
  };
  it('a private key where something public belongs: never carried in the manifest', () => {
    fails(
      'web-cert',
      Buffer.concat([tls.certificate, tls.key]),
      /^selwright: web-server-values\/web-cert: P10: found a private key, expected public content only/m,
    );
    fails('ssh-user-ca', ca.file, /ssh-user-ca: P10: found a private key/);
  });
  it('a certificate of another key, a public key as private one', () => {
    fails(
      'web-cert',
      tlsPair('ec').certificate,
      /web-server-values\/tls-web-key: P12: found another key than the one in web-cert, expected its key/,
    );
    fails('ssh-host-ed25519-key', ssh.line, /ssh-host-ed25519-key: P10: found an OpenSSH public key/);
  });
  it('nothing at all: every file that is missing is named, exit 2', () => {
    mkdirSync(at('nothing'));
    const r = build('web-server', 'nothing', 'x');
    expect(r.code).toBe(2);
    for (const f of ['admin-login', 'ssh-user-ca', 'ssh-host-cert', 'web-cert']) expect(r.err).toContain(`nothing/${f} (`);
    expect(readdirSync(at('nothing'))).toEqual([]);
    rmSync(at('nothing'), { recursive: true });
  });
});
