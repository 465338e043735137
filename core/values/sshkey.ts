/**
 * Private keys in OpenSSH's own file format, without a passphrase: generated, or made of a key that came in another form.
 * Source: OpenSSH, PROTOCOL.key.
 */
import { type Bytes, join, u32, utf8, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { rsaKind, type SshPublicKey, sshKeyOf } from '../policy/openssh.ts';
import { type Curve, curveOf, type EcKind } from '../secret/curves.ts';
import type { EcPrivateKey } from '../secret/eckey.ts';
import { MAGIC } from '../secret/openssh.ts';
import type { RsaNumbers } from '../secret/rsakey.ts';
import { mpint, string } from '../secret/sshwire.ts';
import { pemBytes } from './encoding.ts';

const LABEL = 'OPENSSH PRIVATE KEY';
/** OpenSSH breaks its lines here. */
const WIDTH = 70;
const BLOCK = 8;

/** The container around one key. @param secretFields what stands behind the check numbers, but for the comment. Wiped */
const container = (publicKey: SshPublicKey, secretFields: Bytes, comment: string, env: Env): Bytes => {
  const check = env.random(4);
  const open = join(check, check, secretFields, string(utf8(comment)));
  const padding = Uint8Array.from({ length: (BLOCK - (open.length % BLOCK)) % BLOCK }, (_, i) => i + 1);
  const inner = join(open, padding);
  const none = string(utf8('none'));
  const body = join(MAGIC, none, none, string(new Uint8Array(0)), u32(1), string(publicKey.blob), u32(inner.length), inner);
  const file = pemBytes(LABEL, body, WIDTH);
  wipe(secretFields, open, inner, body);
  return file;
};

const sshCurve = (kind: EcKind): Curve & { readonly ssh: NonNullable<Curve['ssh']> } => {
  const curve = curveOf(kind);
  const { ssh } = curve;
  return ssh ? { ...curve, ssh } : fail('unsupported', 'OpenSSH key', curve.policyName, 'ed25519, ecdsa or rsa');
};

/** The public key of a private one. @throws unsupported for Ed448 */
export const sshPublicOf = ({ kind, key }: EcPrivateKey): SshPublicKey => {
  const { ssh, policyName, publicKey } = sshCurve(kind);
  return sshKeyOf(ssh.type, policyName, ...(ssh.curve === undefined ? [] : [utf8(ssh.curve)]), publicKey(key));
};

/** A key file of an elliptic-curve key. Secret: wipe after use. @throws unsupported for Ed448 */
export const writeSshKey = (ec: EcPrivateKey, comment: string, env: Env): Bytes => {
  const { edwards, publicKey } = sshCurve(ec.kind);
  const pub = sshPublicOf(ec);
  const point = publicKey(ec.key);
  const own = edwards ? join(ec.key, point) : mpint(ec.key);
  // the public part again, field by field as in its blob, then the private one
  const fields = join(pub.blob, string(own));
  wipe(own);
  return container(pub, fields, comment, env);
};

/** A key file of an RSA key. Secret: wipe after use. */
export const writeSshRsaKey = (n: RsaNumbers, comment: string, env: Env): Bytes => {
  const e = mpint(n.exponent);
  const modulus = mpint(n.modulus);
  const pub = sshKeyOf('ssh-rsa', rsaKind(n.modulus), e, modulus);
  const parts = [n.privateExponent, n.coefficient, n.prime1, n.prime2].map(mpint);
  const fields = join(...[utf8('ssh-rsa'), modulus, e, ...parts].map(string));
  wipe(...parts);
  return container(pub, fields, comment, env);
};

/** A new key on a curve, as a file. Secret: wipe after use. @throws unsupported for Ed448 */
export const generateSshKey = (kind: EcKind, comment: string, env: Env): Bytes => {
  const key = curveOf(kind).fresh(env);
  const file = writeSshKey({ kind, key }, comment, env);
  wipe(key);
  return file;
};
