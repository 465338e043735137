/** Files that people give by mistake, one for every trap that core knows: what they are, and which secret they are given to. */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Remedy, TrapCode } from '../core/values/traps.ts';

export interface TrapFile {
  readonly code: TrapCode;
  readonly secret: string;
  readonly content: string | Uint8Array;
  /** what the program offers, and puts it right */
  readonly remedy?: Remedy;
}

/** Strong enough for the policy. */
export const STRONG = 'kX9vQ2mZ7pL4wR8tB3nC6yH1dF5';

const TEXT = `  - name: console-text
    purpose: app-config
    type: plaintext
    required: false
    source: [import]
    constraints: { charset: printable-ascii }
    apply: { kind: none }
`;
const KEYS =
  '  - { name: admin-keys, purpose: ssh-authorized-keys, format: openssh-public, apply: { kind: file, path: /root/.ssh/authorized_keys } }\n';

/** The web server's policy, with room for every trap: a passphrase of any bytes, an HMAC key that is imported, a text, keys that may log in. */
export const trapPolicy = (text: string): string =>
  text
    .replace('charset: printable-ascii, ', '')
    .replace('\nsecrets:\n', `\nsecrets:\n${TEXT}`)
    .replace('\npublic:\n', `\npublic:\n${KEYS}`)
    .replace(
      /( {2}- name: report-key\n {4}purpose: report-authentication\n) {4}type: plaintext\n {4}source: \[generate\]\n {4}constraints: \{ bytes: 64 \}/,
      '$1    type: hmac\n    source: [import]\n    constraints: { bits: [512] }',
    );

const pem = (key: KeyObject, type: 'pkcs8' | 'sec1' | 'spki' = 'pkcs8'): string =>
  key.export({ type, format: 'pem' } as never).toString();
const p256 = (): { publicKey: KeyObject; privateKey: KeyObject } => generateKeyPairSync('ec', { namedCurve: 'P-256' });

const made = (program: string, directory: string, args: readonly string[], file: string): Uint8Array => {
  const ran = spawnSync(program, args, { cwd: directory });
  if (ran.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${ran.stderr}`);
  return new Uint8Array(readFileSync(join(directory, file)));
};

const HASH = `$6$saltsalt$${'a'.repeat(86)}`;

/** @param directory for what openssl and ssh-keygen write */
export const trapFiles = (directory: string): TrapFile[] => {
  const own = p256();
  const openssl = (file: string, ...args: string[]) => made('openssl', directory, [...args, '-out', file], file);
  openssl('own.key', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256');
  const subject = ['-key', 'own.key', '-subj', '/CN=web-01.example'];
  const half = randomBytes(32);
  const pass = 'luks-rfs-passphrase';
  return [
    { code: 'empty', secret: pass, content: '' },
    { code: 'too-small', secret: pass, content: 'short' },
    { code: 'too-large', secret: pass, content: randomBytes(400).toString('hex') },
    { code: 'trailing-newline', secret: pass, content: `${STRONG}\n`, remedy: 'strip-newline' },
    { code: 'byte-order-mark', secret: pass, content: `\ufeff${STRONG}`, remedy: 'strip-bom' },
    { code: 'weak', secret: pass, content: 'password1234password' },
    { code: 'nul-byte', secret: pass, content: `${STRONG}\0` },
    { code: 'wrong-size', secret: 'rfs-luks-key', content: randomBytes(31) },
    { code: 'trailing-newline', secret: 'cck', content: Buffer.concat([half, Buffer.from('\n')]), remedy: 'strip-newline' },
    { code: 'hex-text', secret: 'rfs-luks-key', content: randomBytes(64).toString('hex'), remedy: 'decode-hex' },
    { code: 'base64-text', secret: 'cck', content: randomBytes(32).toString('base64'), remedy: 'decode-base64' },
    { code: 'text-for-key', secret: 'rfs-luks-key', content: 'not a key at all: '.repeat(4).slice(0, 64) },
    { code: 'file-for-bytes', secret: 'rfs-luks-key', content: `$6$salt$${'b'.repeat(56)}` },
    { code: 'equal-halves', secret: 'rfs-luks-key', content: Buffer.concat([half, half]) },
    { code: 'repeated-byte', secret: 'cck', content: new Uint8Array(32).fill(0xaa) },
    { code: 'hmac-short', secret: 'report-key', content: randomBytes(32), remedy: 'pad-hmac' },
    { code: 'public-key', secret: 'tls-web-key', content: pem(own.publicKey, 'spki') },
    { code: 'certificate', secret: 'tls-web-key', content: openssl('own.pem', 'req', '-x509', ...subject, '-days', '9') },
    { code: 'signing-request', secret: 'tls-web-key', content: openssl('own.csr', 'req', '-new', ...subject) },
    { code: 'several-keys', secret: 'tls-web-key', content: pem(own.privateKey) + pem(p256().privateKey) },
    {
      code: 'encrypted',
      secret: 'tls-web-key',
      content: own.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' }),
      remedy: 'decrypt',
    },
    {
      code: 'encrypted-openssh',
      secret: 'ssh-host-ed25519-key',
      content: made('ssh-keygen', directory, ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', 'locked'], 'locked'),
    },
    { code: 'putty', secret: 'ssh-host-ed25519-key', content: 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n' },
    {
      code: 'pkcs12',
      secret: 'tls-web-key',
      content: openssl('own.p12', 'pkcs12', '-export', '-inkey', 'own.key', '-in', 'own.pem', '-passout', 'pass:x'),
    },
    { code: 'not-a-key', secret: 'tls-web-key', content: 'hello, this is no key\n' },
    {
      code: 'broken-key',
      secret: 'tls-web-key',
      content: pem(own.privateKey)
        .replace(/^(.{40}).*$/m, '$1')
        .slice(0, 120),
    },
    { code: 'wrong-form', secret: 'tls-web-key', content: pem(own.privateKey, 'sec1'), remedy: 'convert-pkcs8' },
    { code: 'key-kind', secret: 'tls-web-key', content: pem(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey) },
    { code: 'rsa-short', secret: 'tls-web-key', content: pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey) },
    { code: 'clear-password', secret: 'admin-login', content: 'plum-violin-orbit-candle-71\n', remedy: 'hash-password' },
    { code: 'no-user', secret: 'admin-login', content: HASH, remedy: 'add-user' },
    { code: 'wrong-user', secret: 'admin-login', content: `root:${HASH}`, remedy: 'add-user' },
    { code: 'hash-kind', secret: 'admin-login', content: 'admin:$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/' },
    { code: 'not-a-login', secret: 'admin-login', content: 'two lines\nof text\n' },
    { code: 'not-printable', secret: 'console-text', content: 'Gr\u00fc\u00dfe' },
    { code: 'too-large', secret: 'console-text', content: 'x'.repeat(8191) },
    // once the certificate beside it is that of own.key
    { code: 'other-certificate', secret: 'tls-web-key', content: pem(own.privateKey) },
  ];
};

/** A content of a public entry that cannot be used. */
export interface PublicTrap {
  readonly entry: string;
  readonly content: Uint8Array;
  readonly says: RegExp;
  /** not even taken: the message says so, not the card */
  readonly refused?: boolean;
}

/** The same for public entries. @param directory as it was left by {@link trapFiles} */
export const publicTraps = (directory: string): PublicTrap[] => {
  const ssh = (file: string, ...args: string[]): Uint8Array => made('ssh-keygen', directory, ['-q', ...args], file);
  const privateKey = ssh('plain', '-t', 'ed25519', '-N', '', '-f', 'plain');
  const sign = (...args: string[]): Uint8Array =>
    ssh('plain-cert.pub', '-s', 'plain', '-I', 'x', '-n', 'web-01', ...args, 'plain.pub');
  return [
    { entry: 'admin-keys', content: privateKey, says: /a private key/, refused: true },
    { entry: 'ssh-user-ca', content: privateKey, says: /a private key/, refused: true },
    {
      entry: 'admin-keys',
      content: new TextEncoder().encode('ssh-ed25519 AAAA\n'),
      says: /It is not what the policy asks for here/,
    },
    { entry: 'ssh-host-cert', content: sign('-h', '-V', '20200101:20200102'), says: /a certificate that has expired/ },
    { entry: 'ssh-host-cert', content: sign('-V', '+1d'), says: /a certificate for a user/ },
    {
      entry: 'web-cert',
      content: made('openssl', directory, ['x509', '-in', 'own.pem', '-outform', 'DER', '-out', 'own.der'], 'own.der'),
      says: /Found DER/,
    },
    { entry: 'web-cert', content: new Uint8Array(readFileSync(join(directory, 'own.csr'))), says: /no certificate/ },
  ];
};
