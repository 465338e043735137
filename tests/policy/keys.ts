/** Keys and certificates for tests, made by Node's crypto and by hand: nothing of ours is in them. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

const u32 = (n: number): Buffer => {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(n);
  return b;
};
const string = (b: Buffer | string): Buffer => Buffer.concat([u32(Buffer.byteLength(b)), Buffer.from(b)]);
const pem = (label: string, body: Buffer): string =>
  `-----BEGIN ${label}-----\n${(body.toString('base64').match(/.{1,70}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;

export interface SshPair {
  readonly type: string;
  /** behind the type: the key's own fields */
  readonly fields: Buffer;
  readonly file: Buffer;
  readonly line: string;
  readonly fingerprint: string;
}

/** An OpenSSH key pair on Ed25519 or a NIST curve, or of RSA. @param cipher what the container says */
export const sshPair = (kind: 'ed25519' | 'nistp256' | 'rsa2048' | 'rsa3072', cipher = 'none'): SshPair => {
  let type: string;
  let fields: Buffer;
  let secret: Buffer;
  if (kind === 'ed25519') {
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const x = Buffer.from(jwk.x as string, 'base64url');
    type = 'ssh-ed25519';
    fields = string(x);
    secret = Buffer.concat([fields, string(Buffer.concat([Buffer.from(jwk.d as string, 'base64url'), x]))]);
  } else if (kind === 'nistp256') {
    const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const point = Buffer.concat([
      Buffer.from([4]),
      Buffer.from(jwk.x as string, 'base64url'),
      Buffer.from(jwk.y as string, 'base64url'),
    ]);
    type = 'ecdsa-sha2-nistp256';
    fields = Buffer.concat([string('nistp256'), string(point)]);
    secret = Buffer.concat([fields, string(Buffer.concat([Buffer.from([0]), Buffer.from(jwk.d as string, 'base64url')]))]);
  } else {
    const jwk = generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(3)) }).privateKey.export({ format: 'jwk' });
    const n = Buffer.concat([Buffer.from([0]), Buffer.from(jwk.n as string, 'base64url')]);
    const e = Buffer.from(jwk.e as string, 'base64url');
    type = 'ssh-rsa';
    fields = Buffer.concat([string(e), string(n)]);
    secret = Buffer.concat([string(n), string(e), string(Buffer.alloc(20, 1))]);
  }
  const blob = Buffer.concat([string(type), fields]);
  const plain = Buffer.concat([u32(7), u32(7), string(type), secret, string('test')]);
  const padding = Buffer.from(Array.from({ length: (8 - (plain.length % 8)) % 8 }, (_, i) => i + 1));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[cipher, cipher === 'none' ? 'none' : 'bcrypt', ''].map(string),
    u32(1),
    string(blob),
    string(Buffer.concat([plain, padding])),
  ]);
  return {
    type,
    fields,
    file: Buffer.from(pem('OPENSSH PRIVATE KEY', body)),
    line: `${type} ${blob.toString('base64')} test@desk\n`,
    fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
  };
};

/** A certificate line over a key. The signature is of nobody. @param use 1 user, 2 host @param to seconds since 1970 */
export const sshCertificate = (key: SshPair, use: number, from: number, to: number): string => {
  const u64 = (n: number): Buffer => Buffer.concat([u32(Math.floor(n / 2 ** 32)), u32(n % 2 ** 32)]);
  const type = `${key.type}-cert-v01@openssh.com`;
  const body = Buffer.concat([
    string(type),
    string(Buffer.alloc(32, 9)),
    key.fields,
    u64(1),
    u32(use),
    string('id'),
    string(string('web.example')),
    u64(from),
    u64(to),
    ...['', '', '', 'ca', 'signature'].map(string),
  ]);
  return `${type} ${body.toString('base64')} test@desk\n`;
};

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const n = content.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};
const SHA512_RSA = der(0x30, Buffer.from('06092a864886f70d01010d0500', 'hex'));
const SHA256_ECDSA = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex'));
const ED25519 = der(0x30, Buffer.from('06032b6570', 'hex'));

export interface TlsPair {
  readonly key: Buffer;
  readonly certificate: Buffer;
  readonly certificateDer: Buffer;
  readonly privateKey: KeyObject;
}

/** A key and a certificate that it signs for itself. @param until the last two digits of a year */
export const tlsPair = (kind: 'ec' | 'ed25519' | 'rsa', until = '60', bits = 3072): TlsPair => {
  const { privateKey, publicKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: bits })
        : generateKeyPairSync('ed25519');
  const algorithm = kind === 'ec' ? SHA256_ECDSA : kind === 'rsa' ? SHA512_RSA : ED25519;
  const name = der(0x30, der(0x31, der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('web')))));
  const time = (yy: string): Buffer => der(0x17, Buffer.from(`${yy}0101000000Z`));
  const time2 = (yy: string): Buffer => (Number(yy) < 50 ? time(yy) : der(0x18, Buffer.from(`20${yy}0101000000Z`)));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    der(0x30, time('24'), time2(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign(kind === 'ed25519' ? null : kind === 'rsa' ? 'sha512' : 'sha256', body, privateKey);
  const certificate = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), signature));
  return {
    key: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    certificate: Buffer.from(pem('CERTIFICATE', certificate)),
    certificateDer: certificate,
    privateKey,
  };
};
