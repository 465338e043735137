/** Keys, host certificates and signing requests, as ssh-keygen and openssl take them. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import { sshHostKeyOf } from '../../core/policy/keypair.ts';
import { readSshCertificate, sshFingerprint, sshPublicLine } from '../../core/policy/openssh.ts';
import type { KeyKind } from '../../core/policy/schema.ts';
import { CURVES, curveOfPolicy } from '../../core/secret/curves.ts';
import { readEcPrivateKey } from '../../core/secret/eckey.ts';
import { type Subject, signingRequest } from '../../core/values/csr.ts';
import { writePkcs8 } from '../../core/values/pkcs8.ts';
import { type HostCertificateInput, signHostCertificate, signWithFreshAuthority } from '../../core/values/sshcert.ts';
import { generateSshKey, writeSshKey } from '../../core/values/sshkey.ts';
import { generateTools, signRsa } from '../../edge/values.ts';
import { seededEnv } from '../support/env.ts';
import { codeOf } from '../support/errors.ts';
import { haveOpenssl, haveSshKeygen, itWith, run } from '../support/programs.ts';
import { scratch } from '../support/webtenant.ts';

const dir = scratch();
afterAll(dir.remove);
const env = seededEnv('keys');
const rsaKey = generateTools.rsaKey(3072);
const SSH_KINDS = ['ed25519', 'ec-p256', 'ec-p384', 'ec-p521'] as const;
const kindOf = (k: KeyKind) => (curveOfPolicy(k) ?? CURVES[0])?.kind ?? 'ec-p256';
const sshKeys = new Map(SSH_KINDS.map((k) => [k, generateSshKey(kindOf(k), `host ${k}`, env)]));
const sshKey = (k: (typeof SSH_KINDS)[number]): Uint8Array => (sshKeys.get(k) as Uint8Array).slice();

describe.each(SSH_KINDS)('ssh host key %s', (kind) => {
  it('is read back, with the public half that stands in it', () => {
    const ec = readEcPrivateKey(sshKey(kind));
    const pub = sshHostKeyOf(sshKey(kind));
    expect(pub.kind).toBe(kind);
    // the reader compares the two halves itself
    expect(ec.kind).toBe(kindOf(kind));
    expect(hex(writeSshKey(ec, `host ${kind}`, seededEnv('same')))).toBe(hex(writeSshKey(ec, `host ${kind}`, seededEnv('same'))));
  });

  itWith(haveSshKeygen, 'ssh-keygen', 'ssh-keygen finds the same public line and fingerprint', () => {
    const path = dir.write(`key-${kind}`, sshKey(kind));
    const pub = sshHostKeyOf(sshKey(kind));
    const theirs = run('ssh-keygen', ['-y', '-f', path]).toString().trim();
    expect(theirs).toBe(`${sshPublicLine(pub)} host ${kind}`);
    expect(run('ssh-keygen', ['-l', '-f', path]).toString()).toContain(` ${sshFingerprint(pub)} `);
  });

  itWith(
    haveSshKeygen,
    'ssh-keygen',
    'ssh-keygen signs with it, and the signature fits: the private half is the one of the public',
    () => {
      const path = dir.write(`sign-${kind}`, sshKey(kind));
      const message = dir.write(`message-${kind}`, utf8('hello'));
      run('ssh-keygen', ['-Y', 'sign', '-q', '-n', 'test', '-f', path, message]);
      writeFileSync(dir.path('allowed'), `me ${sshPublicLine(sshHostKeyOf(sshKey(kind)))}\n`);
      const args = ['-Y', 'verify', '-n', 'test', '-I', 'me', '-f', dir.path('allowed'), '-s', `${message}.sig`];
      expect(run('ssh-keygen', args, utf8('hello')).toString()).toContain('Good');
    },
  );

  itWith(
    haveSshKeygen,
    'ssh-keygen',
    'ssh-keygen lists the certificate of a CA made for it, with its principals and validity',
    () => {
      const made = signWithFreshAuthority(input(sshHostKeyOf(sshKey(kind))), env);
      checkListed(made.line, made.caFingerprint);
      const read = readSshCertificate(made.line, 'test');
      expect(read).toMatchObject({ use: 'host', principals: ['web.example.org', 'web-01'] });
      expect(hex(read.key.blob)).toBe(hex(sshHostKeyOf(sshKey(kind)).blob));
    },
  );
});

const input = (hostKey: HostCertificateInput['hostKey'], more: Partial<HostCertificateInput> = {}): HostCertificateInput => ({
  hostKey,
  keyId: 'web-01-host',
  principals: ['web.example.org', 'web-01'],
  serial: 77n,
  validFrom: new Date('2026-11-24T00:00:00Z'),
  validUntil: new Date('2027-11-24T00:00:00Z'),
  ...more,
});

const checkListed = (line: string, ca: string): void => {
  const listed = run('ssh-keygen', ['-L', '-f', dir.write('cert.pub', utf8(`${line}\n`))], undefined).toString();
  for (const part of ['host certificate', ca, 'Key ID: "web-01-host"', 'Serial: 77', 'web.example.org', 'web-01'])
    expect(listed).toContain(part);
  expect(listed).toMatch(/Valid: from 2026-11-2[34]T.* to 2027-11-2[34]T/);
};

describe('a host certificate by a CA from a file', () => {
  const hostKey = sshHostKeyOf(sshKey('ed25519'));

  itWith(haveSshKeygen, 'ssh-keygen', 'is one that ssh-keygen finds signed: it checks the signature when it lists', () => {
    for (const kind of SSH_KINDS) {
      const made = signHostCertificate(input(hostKey), sshKey(kind), signRsa, env);
      expect(made.caFingerprint).toBe(sshFingerprint(sshHostKeyOf(sshKey(kind))));
      checkListed(made.line, made.caFingerprint);
    }
  });

  itWith(haveSshKeygen, 'ssh-keygen', 'a certificate that is changed anywhere is no longer listed as whole', () => {
    const [type, blob] = signWithFreshAuthority(input(hostKey), env).line.split(' ') as [string, string];
    const bytes = new Uint8Array(Buffer.from(blob, 'base64'));
    for (let at = 40; at < bytes.length; at += 23) {
      const changed = bytes.map((b, i) => (i === at ? b ^ 1 : b));
      const file = dir.write('changed.pub', utf8(`${type} ${Buffer.from(changed).toString('base64')}\n`));
      expect(() => run('ssh-keygen', ['-L', '-f', file]), `byte ${at}`).toThrow();
    }
  });

  itWith(haveSshKeygen, 'ssh-keygen', 'RSA signs too, from PEM', async () => {
    const made = signHostCertificate(input(hostKey), (await rsaKey).slice(), signRsa, env);
    checkListed(made.line, made.caFingerprint);
    expect(run('ssh-keygen', ['-L', '-f', dir.path('cert.pub')]).toString()).toContain('rsa-sha2-256');
  });

  itWith(haveSshKeygen, 'ssh-keygen', 'an RSA key in OpenSSH form is refused with what to do', () => {
    run('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', dir.path('rsa')]);
    const file = new Uint8Array(readFileSync(dir.path('rsa')));
    expect(codeOf(() => signHostCertificate(input(hostKey), file, signRsa, env))).toBe('unsupported');
    expect(file.every((b) => b === 0)).toBe(true);
  });

  it('wipes the CA key, also when it cannot sign', () => {
    const good = sshKey('ed25519');
    signHostCertificate(input(hostKey), good, signRsa, env);
    const bad = sshKey('ed25519');
    expect(codeOf(() => signHostCertificate(input(hostKey, { principals: [] }), bad, signRsa, env))).toBe('missing-value');
    for (const file of [good, bad]) expect(file.every((b) => b === 0)).toBe(true);
  });

  it('refuses what no client would take', () => {
    const code = (more: Partial<HostCertificateInput>) => codeOf(() => signWithFreshAuthority(input(hostKey, more), env));
    expect(code({ principals: ['two words'] })).toBe('bad-name');
    expect(code({ principals: ['a,b'] })).toBe('bad-name');
    expect(code({ keyId: '' })).toBe('bad-name');
    expect(code({ validUntil: new Date('2026-11-24T00:00:00Z') })).toBe('bad-value');
    expect(code({ principals: new Array<string>(257).fill('x') })).toBe('limit');
  });

  it('comes with a line for the clients', () => {
    const { knownHosts, caLine } = signWithFreshAuthority(input(hostKey), env);
    expect(knownHosts).toBe(`@cert-authority web.example.org,web-01 ${caLine}`);
  });
});

describe('TLS keys and signing requests', () => {
  const SUBJECT: Subject = {
    commonName: 'web.example.org',
    organization: 'Beispiel & Söhne',
    names: ['web.example.org', '*.example.org', '192.0.2.7', '2001:db8::7', '::1'],
  };
  const keys = new Map<string, Promise<Uint8Array>>([
    ...CURVES.map(
      (c) => [c.policyName, Promise.resolve(writePkcs8({ kind: c.kind, key: c.fresh(env) }))] as [string, Promise<Uint8Array>],
    ),
    ['rsa-3072', rsaKey],
  ]);

  it.each([...keys])('%s is PKCS#8 as Node writes it itself', async (_, file) => {
    const pem = fromUtf8(await file, 'test');
    const key = createPrivateKey(pem);
    expect(key.export({ type: 'pkcs8', format: 'pem' })).toBe(pem);
  });

  for (const [kind, file] of keys)
    itWithLater(
      haveOpenssl,
      'openssl',
      `openssl verifies the request of ${kind}, for the key and the names asked for`,
      async () => {
        const pem = await file;
        const request = dir.write(`${kind}.csr`, utf8(signingRequest(pem, SUBJECT, signRsa)));
        const text = run('openssl', ['req', '-in', request, '-noout', '-verify', '-text', '-nameopt', 'utf8']).toString();
        expect(text).toContain('CN=web.example.org');
        expect(text).toContain('Söhne');
        for (const name of [
          'DNS:web.example.org',
          'DNS:*.example.org',
          'IP Address:192.0.2.7',
          'IP Address:2001:DB8:0:0:0:0:0:7',
        ])
          expect(text).toContain(name);
        expect(text).toContain('IP Address:0:0:0:0:0:0:0:1');
        const theirs = run('openssl', ['req', '-in', request, '-noout', '-pubkey']).toString();
        const ours = createPublicKey(createPrivateKey(fromUtf8(pem, 'test'))).export({ type: 'spki', format: 'pem' });
        expect(theirs).toBe(ours);
      },
    );

  itWith(haveOpenssl, 'openssl', 'a request without alternative names, and one without a common name', () => {
    const key = writePkcs8({ kind: 'ec-p256', key: (CURVES[0] as (typeof CURVES)[0]).fresh(env) });
    for (const s of [
      { commonName: 'x', names: [] },
      { commonName: '', names: ['x.example'] },
    ]) {
      const request = dir.write('bare.csr', utf8(signingRequest(key, s, signRsa)));
      run('openssl', ['req', '-in', request, '-noout', '-verify']);
    }
  });

  it('refuses names no certificate can have, and a request for nobody', () => {
    const key = writePkcs8({ kind: 'ec-ed25519', key: env.random(32) });
    const code = (s: Partial<Subject>) => codeOf(() => signingRequest(key, { commonName: 'x', names: [], ...s }, signRsa));
    for (const name of ['a b', 'a..b', '-a', '256.1.1.1', '1.2.3', 'x_y', '*', '*.', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9', ''])
      expect(code({ names: [name] }), name).toBe('bad-name');
    expect(code({ commonName: 'x'.repeat(65) })).toBe('bad-name');
    expect(code({ commonName: '' })).toBe('missing-value');
  });

  it('no key is in a request', async () => {
    for (const [, file] of keys) {
      const pem = fromUtf8(await file, 'test');
      const der = Buffer.from(signingRequest(utf8(pem), SUBJECT, signRsa).split('\n').slice(1, -2).join(''), 'base64');
      const { d } = createPrivateKey(pem).export({ format: 'jwk' });
      expect(der.includes(Buffer.from(String(d), 'base64url'))).toBe(false);
    }
  });
});

/** The same as itWith for tests that wait. */
function itWithLater(present: boolean, program: string, name: string, body: () => Promise<void>): void {
  if (present) it(name, body);
  else itWith(present, program, name, () => undefined);
}
