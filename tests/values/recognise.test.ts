/** Recognising value files: every trap by the file that springs it, the remedy that gets out of it, and never a word of a value. */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { hex, join, utf8 } from '../../core/bytes.ts';
import { sshHostKeyOf } from '../../core/policy/keypair.ts';
import type { PolicySecret } from '../../core/policy/schema.ts';
import { checkReuse, checkValue, secretOf } from '../../core/secret/value.ts';
import { base64Size, decodeBase64Text, decodeHex, hexSize, pemBytes } from '../../core/values/encoding.ts';
import { FORMS, formOf } from '../../core/values/forms.ts';
import { makeLogin } from '../../core/values/login.ts';
import { recogniseValue } from '../../core/values/recognise.ts';
import { applyRemedy } from '../../core/values/remedy.ts';
import { signWithFreshAuthority } from '../../core/values/sshcert.ts';
import { generateSshKey } from '../../core/values/sshkey.ts';
import { type Remedy, TRAPS, type TrapCode, trapsOf } from '../../core/values/traps.ts';
import { decryptKeyFile, nodeSha512 } from '../../edge/values.ts';
import { nodeEnv, seededEnv } from '../support/env.ts';
import { codeOf, errorOf } from '../support/errors.ts';
import { haveOpenssl, haveSshKeygen, itWith, run } from '../support/programs.ts';
import { scratch } from '../support/webtenant.ts';
import {
  ASSOCIATION,
  CCK,
  CONFIG,
  EC,
  EVERY,
  HMAC,
  LOGIN,
  PASSPHRASE,
  REPORT,
  SSH,
  SSH_ANY,
  secret,
  TLS,
  TLS_ANY,
  webPolicy,
  XTS,
} from './secrets.ts';

const dir = scratch();
afterAll(dir.remove);
const env = seededEnv('recognise');

const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const ed = generateKeyPairSync('ed25519');
const x25519 = generateKeyPairSync('x25519');
const rsa3072 = generateKeyPairSync('rsa', { modulusLength: 3072 });
const rsa2048 = generateKeyPairSync('rsa', { modulusLength: 2048 });

type Kind = 'pkcs8' | 'sec1' | 'pkcs1' | 'spki';
const file = (key: KeyObject, type: Kind, format: 'pem' | 'der' = 'pem'): Uint8Array => {
  const out = key.export({ type, format } as { type: 'pkcs8'; format: 'pem' });
  return new Uint8Array(Buffer.from(out as string | Buffer));
};
const locked = (key: KeyObject, type: Kind, format: 'pem' | 'der' = 'pem'): Uint8Array =>
  new Uint8Array(
    Buffer.from(key.export({ type, format, cipher: 'aes-256-cbc', passphrase: 'open sesame' } as never) as string | Buffer),
  );
const sshEd = generateSshKey('ec-ed25519', 'test', env);
const sshP256 = generateSshKey('ec-p256', 'test', env);
const raw = (n: number): Uint8Array => new Uint8Array(randomBytes(n));
const hexText = (n: number, end = ''): Uint8Array => utf8(`${hex(raw(n))}${end}`);
const base64Text = (n: number, end = ''): Uint8Array => utf8(`${Buffer.from(raw(n)).toString('base64')}${end}`);
const HALF = raw(32);
const HASH = '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1';

/** What a trap says of a file, and the value it becomes when its first remedy is taken. */
interface Case {
  readonly name: string;
  readonly s: PolicySecret;
  readonly value: Uint8Array;
  readonly trap: TrapCode;
  readonly remedy?: Remedy;
}

const CASES: readonly Case[] = [
  { name: 'hex for a volume key', s: XTS, value: hexText(64), trap: 'hex-text', remedy: 'decode-hex' },
  {
    name: 'hex of 32 bytes, which is 64 characters: the size of a key',
    s: XTS,
    value: hexText(32),
    trap: 'hex-text',
    remedy: 'decode-hex',
  },
  { name: 'hex with a newline', s: CCK, value: hexText(32, '\n'), trap: 'hex-text', remedy: 'decode-hex' },
  {
    name: 'hex with colons and 0x',
    s: CCK,
    value: utf8(
      `0x${hex(raw(32))
        .toUpperCase()
        .replace(/..(?=.)/g, '$&:')}`,
    ),
    trap: 'hex-text',
    remedy: 'decode-hex',
  },
  { name: 'hex of another size', s: CCK, value: hexText(31), trap: 'hex-text' },
  { name: '44 characters of Base64 for 32 bytes', s: CCK, value: base64Text(32), trap: 'base64-text', remedy: 'decode-base64' },
  { name: 'Base64 with a newline', s: ASSOCIATION, value: base64Text(32, '\r\n'), trap: 'base64-text', remedy: 'decode-base64' },
  {
    name: 'Base64 in lines',
    s: REPORT,
    value: utf8(Buffer.from(raw(64)).toString('base64').replace(/.{20}/g, '$&\n')),
    trap: 'base64-text',
    remedy: 'decode-base64',
  },
  {
    name: 'Base64 for URLs, without padding',
    s: CCK,
    value: utf8(Buffer.from(raw(32)).toString('base64url')),
    trap: 'base64-text',
    remedy: 'decode-base64',
  },
  { name: 'Base64 of another size', s: CCK, value: base64Text(30), trap: 'base64-text' },
  { name: '32 typed characters for a key', s: CCK, value: utf8('this is not a key but a sentence'), trap: 'text-for-key' },
  {
    name: 'a key with a newline behind it',
    s: XTS,
    value: join(raw(64), utf8('\n')),
    trap: 'trailing-newline',
    remedy: 'strip-newline',
  },
  {
    name: 'a key with the newline of Windows',
    s: CCK,
    value: join(raw(32), utf8('\r\n')),
    trap: 'trailing-newline',
    remedy: 'strip-newline',
  },
  {
    name: 'a key that ends with the byte CR, with a newline behind it: one key in 256',
    s: CCK,
    value: join(raw(31), utf8('\r\n')),
    trap: 'trailing-newline',
    remedy: 'strip-newline',
  },
  { name: 'a key of the wrong size', s: CCK, value: raw(31), trap: 'wrong-size' },
  { name: 'an empty key', s: CCK, value: raw(0), trap: 'wrong-size' },
  { name: 'XTS with two equal halves', s: XTS, value: join(HALF, HALF), trap: 'equal-halves' },
  { name: 'one byte over and over', s: CCK, value: new Uint8Array(32), trap: 'repeated-byte' },
  { name: 'an HMAC key that is short', s: HMAC, value: raw(32), trap: 'hmac-short', remedy: 'pad-hmac' },
  { name: 'an empty passphrase', s: PASSPHRASE, value: raw(0), trap: 'empty' },
  {
    name: 'a passphrase with a newline',
    s: PASSPHRASE,
    value: utf8('correct horse battery staple\n'),
    trap: 'trailing-newline',
    remedy: 'strip-newline',
  },
  {
    name: 'a passphrase with a byte order mark',
    s: PASSPHRASE,
    value: utf8('\ufeffcorrect horse battery staple'),
    trap: 'byte-order-mark',
    remedy: 'strip-bom',
  },
  { name: 'a short passphrase', s: PASSPHRASE, value: utf8('short'), trap: 'too-small' },
  { name: 'a long passphrase', s: PASSPHRASE, value: new Uint8Array(513).fill(0x61), trap: 'too-large' },
  { name: 'a passphrase nobody can type', s: PASSPHRASE, value: utf8('Straße nach nirgendwo und zurück'), trap: 'not-printable' },
  {
    name: 'a NUL in a passphrase',
    s: secret('luks-data-passphrase'),
    value: utf8('correct horse\0battery staple'),
    trap: 'nul-byte',
  },
  { name: 'a configuration that is too large', s: CONFIG, value: new Uint8Array(8191).fill(0x61), trap: 'too-large' },
  {
    name: 'a token with a newline where a size is wanted',
    s: secret('app-config', 'plaintext', { bytes: 16 }),
    value: join(utf8('0123456789abcde'), utf8('g\n')),
    trap: 'trailing-newline',
    remedy: 'strip-newline',
  },
  { name: 'a public key, PEM', s: TLS, value: file(p256.publicKey, 'spki'), trap: 'public-key' },
  { name: 'a public key, DER', s: TLS, value: file(p256.publicKey, 'spki', 'der'), trap: 'public-key' },
  {
    name: 'a public key, OpenSSH',
    s: SSH,
    value: utf8('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPCm2l6vBq0aAmF1tVwA0b5mKgi7wtGCH1iVbUXzcUoE me\n'),
    trap: 'public-key',
  },
  { name: 'a PuTTY key', s: SSH, value: utf8('PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n'), trap: 'putty' },
  { name: 'an encrypted PKCS#8 key', s: TLS, value: locked(p256.privateKey, 'pkcs8'), trap: 'encrypted' },
  { name: 'an encrypted PKCS#8 key, DER', s: TLS, value: locked(p256.privateKey, 'pkcs8', 'der'), trap: 'encrypted' },
  { name: 'an encrypted key of old', s: TLS, value: locked(p256.privateKey, 'sec1'), trap: 'encrypted' },
  {
    name: 'two keys in one file',
    s: TLS,
    value: join(file(p256.privateKey, 'pkcs8'), file(ed.privateKey, 'pkcs8')),
    trap: 'several-keys',
  },
  { name: 'half a key', s: TLS, value: file(p256.privateKey, 'pkcs8').slice(0, 100), trap: 'broken-key' },
  {
    name: 'a key with a damaged middle',
    s: TLS,
    value: pemBytes(
      'PRIVATE KEY',
      file(p256.privateKey, 'pkcs8', 'der').map((b, i) => (i === 40 ? b ^ 8 : b)),
    ),
    trap: 'broken-key',
  },
  { name: 'an X25519 key', s: TLS, value: file(x25519.privateKey, 'pkcs8'), trap: 'key-kind' },
  { name: 'a key on the curve of bitcoin', s: TLS, value: file(secp256k1.privateKey, 'pkcs8'), trap: 'key-kind' },
  { name: 'a kind the policy does not list', s: TLS, value: file(p521.privateKey, 'pkcs8'), trap: 'key-kind' },
  { name: 'RSA of 2048 bits for TLS', s: TLS, value: file(rsa2048.privateKey, 'pkcs8'), trap: 'rsa-short' },
  { name: 'RSA of 2048 bits for ssh', s: SSH_ANY, value: file(rsa2048.privateKey, 'pkcs1'), trap: 'rsa-short' },
  { name: 'SEC1 for PKCS#8', s: TLS, value: file(p256.privateKey, 'sec1'), trap: 'wrong-form', remedy: 'convert-pkcs8' },
  { name: 'PKCS#1 for PKCS#8', s: TLS, value: file(rsa3072.privateKey, 'pkcs1'), trap: 'wrong-form', remedy: 'convert-pkcs8' },
  { name: 'DER for PEM', s: TLS, value: file(ed.privateKey, 'pkcs8', 'der'), trap: 'wrong-form', remedy: 'convert-pkcs8' },
  { name: 'DER of SEC1', s: TLS, value: file(p256.privateKey, 'sec1', 'der'), trap: 'wrong-form', remedy: 'convert-pkcs8' },
  { name: 'OpenSSH for PKCS#8', s: TLS, value: sshP256, trap: 'wrong-form', remedy: 'convert-pkcs8' },
  {
    name: 'OpenSSH for a TLS key of any form',
    s: secret('tls-service-key'),
    value: sshP256,
    trap: 'wrong-form',
    remedy: 'convert-pkcs8',
  },
  { name: 'PKCS#8 for OpenSSH', s: SSH, value: file(ed.privateKey, 'pkcs8'), trap: 'wrong-form', remedy: 'convert-openssh' },
  {
    name: 'PKCS#1 for OpenSSH',
    s: SSH_ANY,
    value: file(rsa3072.privateKey, 'pkcs1'),
    trap: 'wrong-form',
    remedy: 'convert-openssh',
  },
  {
    name: 'Base64 of a key without its lines',
    s: TLS,
    value: utf8(Buffer.from(file(p256.privateKey, 'pkcs8', 'der')).toString('base64')),
    trap: 'base64-text',
    remedy: 'decode-base64',
  },
  {
    name: 'hex of a key',
    s: EC,
    value: utf8(hex(file(p256.privateKey, 'pkcs8', 'der'))),
    trap: 'hex-text',
    remedy: 'decode-hex',
  },
  { name: 'RSA for a key in the ultravisor', s: EC, value: file(rsa3072.privateKey, 'pkcs8'), trap: 'key-kind' },
  { name: 'a text for a key', s: EC, value: utf8('hello'), trap: 'not-a-key' },
  { name: 'random bytes for a key', s: TLS, value: raw(64), trap: 'not-a-key' },
  {
    name: 'a key file for random bytes',
    s: secret('report-authentication', 'plaintext', { bytes: sshEd.length }),
    value: sshEd,
    trap: 'file-for-bytes',
  },
  { name: 'a clear password', s: LOGIN, value: utf8('hunter2\n'), trap: 'clear-password', remedy: 'hash-password' },
  {
    name: 'a password that looks like hex',
    s: LOGIN,
    value: utf8('0123456789abcdef0123'),
    trap: 'clear-password',
    remedy: 'hash-password',
  },
  { name: 'a hash without its user', s: LOGIN, value: utf8(HASH), trap: 'no-user', remedy: 'add-user' },
  { name: 'a hash of another user', s: LOGIN, value: utf8(`root:${HASH}`), trap: 'wrong-user', remedy: 'add-user' },
  { name: 'a hash of another kind', s: LOGIN, value: utf8('admin:$5$salt$abcdefghijklmnop'), trap: 'hash-kind' },
  {
    name: 'a hash the policy does not take',
    s: secret('admin-password', 'plaintext', { hash: ['yescrypt'] }),
    value: utf8(`admin:${HASH}`),
    trap: 'hash-kind',
  },
  {
    name: 'a clear password where only yescrypt is taken',
    s: secret('admin-password', 'plaintext', { hash: ['yescrypt'] }),
    value: utf8('hunter2'),
    trap: 'clear-password',
  },
  { name: 'a key file for a login', s: LOGIN, value: sshEd, trap: 'not-a-login' },
];

/** The line of a host certificate by a CA of its own. */
const certifiedLine = (key: Uint8Array): string =>
  signWithFreshAuthority(
    {
      hostKey: sshHostKeyOf(key),
      keyId: 'x',
      principals: ['x'],
      serial: 1n,
      validFrom: new Date('2026-01-01T00:00:00Z'),
      validUntil: new Date('2030-01-01T00:00:00Z'),
    },
    env,
  ).line;

/** A remedy may lead into another trap: followed to the end. */
const followed = (s: PolicySecret, value: Uint8Array): Uint8Array => {
  let now = value;
  for (let i = 0; i < 4; i++) {
    const [trap] = trapsOf(s, now);
    const [remedy] = trap?.remedies ?? [];
    if (remedy === undefined) return now;
    now = applyRemedy(s, now, remedy, env, nodeSha512);
  }
  return now;
};

describe('each trap', () => {
  it.each(CASES)('$name: $trap', ({ s, value, trap, remedy }) => {
    const r = recogniseValue(s, value);
    expect(r.traps.map((t) => t.code)).toContain(trap);
    const own = r.traps.find((t) => t.code === trap);
    if (trap === 'nul-byte') {
      expect(own?.severity).toBe('warning');
      expect(r.becomes).toBe('plaintext');
      return;
    }
    expect(r.becomes).toBeNull();
    expect(checkValue(s, value).some((f) => f.severity === 'error' && f.found === own?.found)).toBe(true);
    if (remedy === undefined) {
      expect(own?.remedies.filter((x) => x !== 'decrypt')).toEqual([]);
      return;
    }
    expect(own?.remedies).toContain(remedy);
    const good = followed(s, value);
    expect(trapsOf(s, good)).toEqual([]);
    expect(recogniseValue(s, good).becomes).toBe(secretOf(s, good).kind);
  });

  it('has at least one case here, but for the strength and the certificate, which have their own', () => {
    const covered = new Set([...CASES.map((c) => c.trap), ...ELSEWHERE]);
    expect(TRAPS.filter((t) => !covered.has(t))).toEqual([]);
  });
});

/** Traps whose cases stand further below, or in another file. */
const ELSEWHERE: readonly TrapCode[] = [
  'weak',
  'other-certificate',
  'encrypted-openssh',
  'certificate',
  'signing-request',
  'pkcs12',
];

describe('files of real tools', () => {
  itWith(haveSshKeygen, 'ssh-keygen', 'a key with a passphrase is told from one without, and so is its certificate', () => {
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret words', '-f', dir.path('locked')]);
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', dir.path('open')]);
    run('ssh-keygen', ['-q', '-s', dir.path('open'), '-h', '-I', 'x', '-n', 'x', dir.path('locked.pub')]);
    const read = (name: string) => new Uint8Array(readFileSync(dir.path(name)));
    const closed = recogniseValue(SSH, read('locked'));
    expect(closed).toMatchObject({
      form: 'encrypted-openssh',
      becomes: null,
      traps: [{ code: 'encrypted-openssh', remedies: [] }],
    });
    const e = errorOf(() => decryptKeyFile(read('locked'), utf8('secret words')));
    expect(e.code).toBe('unsupported');
    expect(e.facts.expected).toContain('ssh-keygen -p');
    const open = recogniseValue(SSH, read('open'));
    expect(open).toMatchObject({ form: 'openssh', becomes: 'plaintext', traps: [] });
    expect(run('ssh-keygen', ['-l', '-f', dir.path('open')]).toString()).toContain(open.key?.fingerprint ?? 'none');
    expect(recogniseValue(SSH, read('locked-cert.pub'))).toMatchObject({
      form: 'openssh-certificate',
      traps: [{ code: 'certificate' }],
    });
    expect(recogniseValue(SSH, read('locked.pub'))).toMatchObject({ form: 'openssh-public', traps: [{ code: 'public-key' }] });
  });

  itWith(haveOpenssl, 'openssl', 'certificate, signing request and PKCS#12 are told from a key', () => {
    const key = dir.write('t.key', file(p256.privateKey, 'pkcs8'));
    run('openssl', ['req', '-x509', '-new', '-key', key, '-subj', '/CN=x', '-out', dir.path('t.crt')]);
    run('openssl', ['req', '-new', '-key', key, '-subj', '/CN=x', '-out', dir.path('t.csr')]);
    run('openssl', [
      'pkcs12',
      '-export',
      '-inkey',
      key,
      '-in',
      dir.path('t.crt'),
      '-passout',
      'pass:x',
      '-out',
      dir.path('t.p12'),
    ]);
    run('openssl', ['x509', '-in', dir.path('t.crt'), '-outform', 'DER', '-out', dir.path('t.der')]);
    const code = (name: string) => recogniseValue(TLS, new Uint8Array(readFileSync(dir.path(name)))).traps[0]?.code;
    expect(['t.crt', 't.der', 't.csr', 't.p12', 't.key'].map(code)).toEqual([
      'certificate',
      'certificate',
      'signing-request',
      'pkcs12',
      undefined,
    ]);
  });

  itWith(haveSshKeygen, 'ssh-keygen', 'keys converted to OpenSSH are what ssh-keygen makes of them: kind and fingerprint', () => {
    for (const [name, s, key] of [
      ['rsa', SSH_ANY, file(rsa3072.privateKey, 'pkcs8')],
      ['ec', SSH_ANY, file(p521.privateKey, 'sec1')],
    ] as const) {
      const ours = dir.write(`conv-${name}`, followed(s, key));
      const theirs = dir.write(`orig-${name}`, key);
      const line = (path: string) => run('ssh-keygen', ['-y', '-f', path]).toString().split(' ').slice(0, 2).join(' ').trim();
      expect(line(ours)).toBe(line(theirs));
      // the private half too: ssh-keygen writes it back as PEM, which is the original again
      run('ssh-keygen', ['-q', '-p', '-m', 'PKCS8', '-N', '', '-P', '', '-f', ours]);
      expect(run('openssl', ['pkey', '-in', ours]).toString()).toBe(run('openssl', ['pkey', '-in', theirs]).toString());
    }
  });

  it('keys converted to PKCS#8 are what Node writes', () => {
    for (const [s, from, key] of [
      [TLS, file(p256.privateKey, 'sec1'), p256],
      [TLS, file(ed.privateKey, 'pkcs8', 'der'), ed],
      [TLS, file(rsa3072.privateKey, 'pkcs1'), rsa3072],
      [TLS_ANY, file(p521.privateKey, 'sec1', 'der'), p521],
    ] as const)
      expect(Buffer.from(followed(s, from)).toString()).toBe(Buffer.from(file(key.privateKey, 'pkcs8')).toString());
  });
});

describe('a key file with a passphrase', () => {
  const PASS = utf8('open sesame');
  it('opens: PKCS#8 and the older PEM, PEM and DER, to the very key', () => {
    for (const key of [p256, ed, rsa3072]) {
      const want = Buffer.from(file(key.privateKey, 'pkcs8')).toString();
      for (const format of ['pem', 'der'] as const)
        expect(Buffer.from(decryptKeyFile(locked(key.privateKey, 'pkcs8', format), PASS)).toString()).toBe(want);
    }
    expect(Buffer.from(decryptKeyFile(locked(rsa3072.privateKey, 'pkcs1'), PASS)).toString()).toBe(
      Buffer.from(file(rsa3072.privateKey, 'pkcs8')).toString(),
    );
  });
  it('does not open with another passphrase, nor when it is damaged, and the error names neither', () => {
    for (const format of ['pem', 'der'] as const) {
      const closed = locked(p256.privateKey, 'pkcs8', format);
      for (const wrong of ['open sesamE', '', 'x'.repeat(2000)]) {
        const e = errorOf(() => decryptKeyFile(closed, utf8(wrong)));
        expect(e.code).toBe('wrong-passphrase');
        if (wrong !== '') expect(e.message).not.toContain(wrong);
      }
    }
    const damaged = locked(p256.privateKey, 'pkcs8', 'der').map((b, i, all) => (i === all.length - 5 ? b ^ 1 : b));
    expect(codeOf(() => decryptKeyFile(damaged, PASS))).toBe('wrong-passphrase');
  });
  it('says so of every wrong passphrase, of the one in 256 too that gives right padding around noise', () => {
    for (const closed of [locked(p256.privateKey, 'pkcs8'), locked(p256.privateKey, 'sec1')])
      for (let i = 0; i < 1500; i++) expect(codeOf(() => decryptKeyFile(closed, utf8(`wrong ${i}`)))).toBe('wrong-passphrase');
  });
  it('that has none is refused', () => {
    expect(codeOf(() => decryptKeyFile(file(p256.privateKey, 'pkcs8'), PASS))).toBe('not-recognised');
  });
  itWith(haveOpenssl, 'openssl', 'of an encryption nobody should use any more is named as that', () => {
    const key = dir.write('old.key', file(p256.privateKey, 'pkcs8'));
    const args = ['pkcs8', '-topk8', '-v1', 'PBE-MD5-DES', '-provider', 'legacy', '-provider', 'default', '-in', key];
    const old = new Uint8Array(run('openssl', [...args, '-passout', 'pass:x']));
    expect(codeOf(() => decryptKeyFile(old, utf8('x')))).toBe('unsupported');
  });
});

describe('certificates beside it (P12)', () => {
  const s = webPolicy.secrets.find((x) => x.name === 'tls-web-key') as PolicySecret;
  const certificate = (key: KeyObject): Uint8Array => {
    const path = dir.write('pair.key', file(key, 'pkcs8'));
    return new Uint8Array(run('openssl', ['req', '-x509', '-new', '-key', path, '-subj', '/CN=x']));
  };
  itWith(haveOpenssl, 'openssl', 'a key is told from the one of another certificate, for every kind of key', () => {
    for (const [own, other] of [
      [p256, ed],
      [ed, p256],
      [rsa3072, p256],
      [p256, rsa3072],
    ] as const) {
      const beside = { policy: webPolicy, publics: new Map([['web-cert', certificate(own.privateKey)]]) };
      expect(recogniseValue(s, file(own.privateKey, 'pkcs8'), beside).traps).toEqual([]);
      const wrong = recogniseValue(s, file(other.privateKey, 'pkcs8'), beside);
      expect(wrong).toMatchObject({ becomes: null, traps: [{ code: 'other-certificate' }] });
    }
  });
  it('an ssh key is told from the one of another host certificate', () => {
    const host = webPolicy.secrets.find((x) => x.name === 'ssh-host-ed25519-key') as PolicySecret;
    const line = certifiedLine(sshEd);
    const beside = { policy: webPolicy, publics: new Map([['ssh-host-cert', utf8(line)]]) };
    expect(recogniseValue(host, sshEd, beside).traps).toEqual([]);
    const another = generateSshKey('ec-ed25519', 'other', env);
    expect(recogniseValue(host, another, beside).traps).toMatchObject([{ code: 'other-certificate' }]);
  });
});

describe('one value for two secrets (P11)', () => {
  it('is named, and so is a passphrase that is the administrator’s password', () => {
    const value = utf8('correct horse battery staple');
    const login = makeLogin(LOGIN, value, env, nodeSha512);
    const values = new Map([
      [PASSPHRASE.name, value],
      [LOGIN.name, login],
      [CONFIG.name, value.slice()],
    ]);
    const found = checkReuse(values, [PASSPHRASE, LOGIN, CONFIG], nodeSha512);
    expect(found).toMatchObject([
      { rule: 'P11', severity: 'error', subject: CONFIG.name, found: `the value of ${PASSPHRASE.name}` },
      { rule: 'P11', severity: 'error', subject: PASSPHRASE.name, found: `the password of ${LOGIN.name}` },
    ]);
    values.set(PASSPHRASE.name, utf8('another passphrase altogether'));
    values.delete(CONFIG.name);
    expect(checkReuse(values, [PASSPHRASE, LOGIN, CONFIG], nodeSha512)).toEqual([]);
  });
});

describe('whatever the bytes are', () => {
  const text = fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: fc.constantFrom(...'0123456789abcdef') }));
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    text.map(utf8),
    fc.constantFrom(...CASES.map((c) => c.value)),
    fc
      .tuple(fc.constantFrom(...CASES.map((c) => c.value)), fc.nat(), fc.nat(255))
      .map(([v, at, b]) => v.map((x, i) => (i === at % v.length ? b : x))),
  );

  it('an answer and never an exception, and remedies that do what they say or say a typed error', () => {
    fc.assert(
      fc.property(fc.constantFrom(...EVERY), anything, (s, value) => {
        const before = hex(value);
        const r = recogniseValue(s, value);
        expect(FORMS).toContain(r.form);
        expect(r.becomes === null).toBe(r.traps.some((t) => t.severity === 'error'));
        for (const remedy of r.traps.flatMap((t) => t.remedies))
          if (remedy !== 'hash-password' && remedy !== 'decrypt') codeOf(() => applyRemedy(s, value, remedy, nodeEnv));
        // the value is the caller's: it is as it was
        expect(hex(value)).toBe(before);
      }),
      { numRuns: 1500 },
    );
  });

  it('an OpenSSH key with one damaged byte is broken, or still the key: never neither', () => {
    const body = Buffer.from(
      Buffer.from(sshP256)
        .toString()
        .replace(/-----.*-----|\s/g, ''),
      'base64',
    );
    for (const s of [EC, SSH_ANY])
      for (let at = 0; at < body.length; at++) {
        const damaged = new Uint8Array(body);
        damaged[at] = (damaged[at] as number) ^ 0x41;
        const r = recogniseValue(s, pemBytes('OPENSSH PRIVATE KEY', damaged));
        expect(r.becomes === null, `${s.name}, byte ${at}`).toBe(r.traps.some((t) => t.severity === 'error'));
      }
  });

  it('no answer and no error holds twelve characters of a value in a row', () => {
    for (const { s, value } of CASES) {
      const r = recogniseValue(s, value);
      // a public key is meant to be shown
      const shown = JSON.stringify([{ ...r, key: { ...r.key, publicLine: null } }, checkValue(s, value)]);
      // the lines around a key, and the type of a public one, are no secret
      const content = Buffer.from(value)
        .toString('latin1')
        .replace(/-----[A-Z0-9 ]+-----|PuTTY-User-Key-File|ssh-ed25519 AAAA/g, '');
      for (const t of [hex(value), content])
        for (let at = 0; at + 12 <= t.length; at++)
          expect(shown.includes(t.slice(at, at + 12)), `${s.name}, at ${at}`).toBe(false);
    }
  });

  it('a remedy that was not offered is refused, or does no harm', () => {
    for (const remedy of ['strip-newline', 'strip-bom', 'pad-hmac', 'add-user', 'decrypt'] as const)
      expect(codeOf(() => applyRemedy(CCK, raw(32).fill(1), remedy, env))).toBe('conflict');
  });
});

describe('hex and Base64', () => {
  it('sizes and bytes are those of Node, however it is written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 15, maxLength: 200 }), fc.constantFrom('', '\n', '\r\n', '  \n\n'), (bytes, end) => {
        const h = Buffer.from(bytes).toString('hex');
        for (const t of [h, h.toUpperCase(), `0x${h}`, h.replace(/..(?=.)/g, '$&:'), h.replace(/.{32}/g, '$&\n')]) {
          expect(hexSize(utf8(t + end))).toBe(bytes.length);
          expect(hex(decodeHex(utf8(t + end), 'test'))).toBe(h);
        }
        for (const t of [Buffer.from(bytes).toString('base64'), Buffer.from(bytes).toString('base64url')]) {
          expect(base64Size(utf8(t + end))).toBe(bytes.length);
          expect(hex(decodeBase64Text(utf8(t + end), 'test'))).toBe(h);
        }
        const pem = pemBytes('TEST', bytes);
        expect(Buffer.from(pem).toString()).toBe(
          `-----BEGIN TEST-----\n${Buffer.from(bytes)
            .toString('base64')
            .replace(/.{64}(?=.)/g, '$&\n')}\n-----END TEST-----\n`,
        );
      }),
    );
  });
  it('random bytes are neither: 20,000 keys', () => {
    // the sizes of keys: of 16 random bytes eight in a million are text, of 32 none in any number of runs
    for (let i = 0; i < 20_000; i++) expect(formOf(raw(32 + (i % 49))).form).toBe('bytes');
  });
});
