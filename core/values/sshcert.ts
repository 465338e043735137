/**
 * OpenSSH host certificates: a CA's word for a host key, so that clients need to know the CA only. The CA's key is used once
 * and forgotten. Source: OpenSSH, PROTOCOL.certkeys (v01); RFC 8332 for RSA signatures.
 */
import { type Bytes, base64, join, u32, u64, utf8, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { publicHalf } from '../policy/keypair.ts';
import {
  CERTIFICATE,
  publicHalfOf,
  rsaKind,
  type SshPublicKey,
  sshFingerprint,
  sshKeyOf,
  sshPublicLine,
} from '../policy/openssh.ts';
import { type Curve, curveOf, type EcKind } from '../secret/curves.ts';
import { type EcPrivateKey, readEcPrivateKey } from '../secret/eckey.ts';
import { readKeyBlock } from '../secret/keyfile.ts';
import { Fields, mpint, string } from '../secret/sshwire.ts';
import type { SignRsa } from './csr.ts';
import { sshPublicOf } from './sshkey.ts';

/** What the certificate says. */
export interface HostCertificateInput {
  readonly hostKey: SshPublicKey;
  /** for the CA's log: 1 to 128 characters */
  readonly keyId: string;
  /** names the host is reached by; clients compare the name they were asked for. At least one */
  readonly principals: readonly string[];
  readonly serial: bigint;
  readonly validFrom: Date;
  readonly validUntil: Date;
}

/** A certificate and its CA, both public. */
export interface HostCertificate {
  /** one line, for ssh_host_..._key-cert.pub */
  readonly line: string;
  readonly caLine: string;
  readonly caFingerprint: string;
  /** line for the clients' known_hosts */
  readonly knownHosts: string;
}

/** A key that signs certificates. */
interface Authority {
  readonly publicKey: SshPublicKey;
  /** the signature as OpenSSH writes it */
  sign(data: Bytes): Bytes;
  forget(): void;
}

const F = 'ssh host certificate';
const HOST = 2;
const PRINCIPALS_MAX = 256;
const TEXT_MAX = 255;
const HOUR_MS = 60 * 60 * 1000;
/** A hundred years. */
const DAYS_MAX = 36_500;

const ecSignature = (c: Curve, raw: Bytes): Bytes => {
  const type = string(utf8(c.ssh?.type ?? ''));
  if (c.edwards) return join(type, string(raw));
  const [r, s] = [raw.subarray(0, c.size), raw.subarray(c.size)].map(mpint) as [Bytes, Bytes];
  return join(type, string(join(string(r), string(s))));
};

const ecAuthority = (ec: EcPrivateKey): Authority => {
  const curve = curveOf(ec.kind);
  return {
    publicKey: sshPublicOf(ec),
    sign: (data) => ecSignature(curve, curve.sign(data, ec.key)),
    forget: () => wipe(ec.key),
  };
};

/** RSA keys in OpenSSH's form lack what other libraries need to sign with them. */
const refuseSshRsa = (file: Bytes): void => {
  const { form, body } = readKeyBlock(file);
  try {
    if (form === 'openssh' && publicHalfOf(body, 'CA key').type === 'ssh-rsa')
      fail('unsupported', 'CA key', 'an RSA key in OpenSSH form', 'PEM: convert a copy with "ssh-keygen -p -m PEM"');
  } finally {
    wipe(body);
  }
};

/** The authority of a key file. @throws everything of publicHalf; unsupported */
const authorityOf = (file: Bytes, signRsa: SignRsa): Authority => {
  refuseSshRsa(file);
  const { key } = publicHalf(file);
  if (!('modulus' in key)) return ecAuthority(readEcPrivateKey(file));
  return {
    publicKey: sshKeyOf('ssh-rsa', rsaKind(key.modulus), mpint(key.exponent), mpint(key.modulus)),
    sign: (data) => join(string(utf8('rsa-sha2-256')), string(signRsa(file, data))),
    forget: () => {},
  };
};

const checkText = (value: string, field: string): void => {
  if (value === '' || value.length > TEXT_MAX || /[\p{Cc}\s,]/u.test(value))
    fail('bad-name', `${F}, ${field}`, value.slice(0, 80), `1 to ${TEXT_MAX} characters without white space and commas`);
};

const seconds = (d: Date): bigint => BigInt(Math.floor(d.getTime() / 1000));

const check = (c: HostCertificateInput): void => {
  checkText(c.keyId, 'key id');
  if (c.principals.length === 0) fail('missing-value', `${F}, principals`, 'none', 'the name the host is reached by');
  if (c.principals.length > PRINCIPALS_MAX) fail('limit', `${F}, principals`, c.principals.length, PRINCIPALS_MAX);
  for (const p of c.principals) checkText(p, 'principal');
  if (seconds(c.validUntil) <= seconds(c.validFrom)) fail('bad-value', `${F}, validity`, 'an end before its start', 'a time');
};

/** The fields of a key behind its type, as they stand in its blob. */
const fieldsOf = (key: SshPublicKey): Bytes => {
  const f = new Fields(key.blob, F);
  f.string();
  return f.rest();
};

const certify = (c: HostCertificateInput, ca: Authority, env: Env): HostCertificate => {
  const type = `${c.hostKey.type}${CERTIFICATE}`;
  const empty = string(new Uint8Array(0));
  const open = join(
    string(utf8(type)),
    string(env.random(32)),
    fieldsOf(c.hostKey),
    u64(c.serial),
    u32(HOST),
    string(utf8(c.keyId)),
    string(join(...c.principals.map((p) => string(utf8(p))))),
    u64(seconds(c.validFrom)),
    u64(seconds(c.validUntil)),
    empty, // critical options
    empty, // extensions
    empty, // reserved
    string(ca.publicKey.blob),
  );
  const caLine = sshPublicLine(ca.publicKey);
  return {
    line: `${type} ${base64(join(open, string(ca.sign(open))))} ${c.keyId}`,
    caLine,
    caFingerprint: sshFingerprint(ca.publicKey),
    knownHosts: knownHostsLine(c.principals, caLine),
  };
};

/** The line by which clients believe the CA for these names. @param caLine its public key, as in a .pub file */
export const knownHostsLine = (principals: readonly string[], caLine: string): string =>
  `@cert-authority ${principals.length === 0 ? '*' : principals.join(',')} ${caLine}`;

/** From an hour ago, as clocks differ, for some days. @throws bad-value for days that are no whole number from 1 to 36500 */
export const validDays = (days: number, now: Date): Pick<HostCertificateInput, 'validFrom' | 'validUntil'> => {
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX)
    fail('bad-value', `${F}, days`, String(days).slice(0, 20), `1 to ${DAYS_MAX}`);
  return { validFrom: new Date(now.getTime() - HOUR_MS), validUntil: new Date(now.getTime() + days * 24 * HOUR_MS) };
};

/**
 * Signs a host key with a CA key from a file. The file's bytes are wiped, whatever happens.
 * @param caFile PEM, DER or OpenSSH without a passphrase; RSA not in OpenSSH form: secret @param signRsa for RSA keys
 * @throws everything of publicHalf; bad-name, missing-value, bad-value, limit
 */
export const signHostCertificate = (c: HostCertificateInput, caFile: Bytes, signRsa: SignRsa, env: Env): HostCertificate => {
  let ca: Authority | undefined;
  try {
    check(c);
    ca = authorityOf(caFile, signRsa);
    return certify(c, ca, env);
  } finally {
    ca?.forget();
    wipe(caFile);
  }
};

/** The same with a CA key that is made for this one signature and never leaves: nobody can sign a second key with it. */
export const signWithFreshAuthority = (c: HostCertificateInput, env: Env, kind: EcKind = 'ec-ed25519'): HostCertificate => {
  check(c);
  const ca = ecAuthority({ kind, key: curveOf(kind).fresh(env) });
  try {
    return certify(c, ca, env);
  } finally {
    ca.forget();
  }
};

/** The text of a certificate line, for the policy's public entry. */
export const certificateFile = (c: HostCertificate): Bytes => utf8(`${c.line}\n`);
