/**
 * What goes with a key and is not secret: an ssh host certificate, signed with a CA key that is used once and forgotten, and a signing
 * request for a certification authority.
 */
import { type Bytes, wipe } from '../core/bytes.ts';
import type { Env } from '../core/env.ts';
import { fail, inFile } from '../core/errors.ts';
import { sshHostKeyOf } from '../core/policy/keypair.ts';
import type { Policy, PolicyPublic, PolicySecret } from '../core/policy/schema.ts';
import { type Subject, signingRequest } from '../core/values/csr.ts';
import { formOf } from '../core/values/forms.ts';
import {
  certificateFile,
  type HostCertificateInput,
  signHostCertificate,
  signWithFreshAuthority,
  validDays,
} from '../core/values/sshcert.ts';
import { decryptKeyFile, signRsa } from '../edge/values.ts';
import type { ChosenFile } from './contract.ts';

/** The policy's entry for the certificate of a key: of an ssh host key the one that signs it, of a TLS key the one it names. */
export const certificateEntry = (policy: Policy, s: PolicySecret): PolicyPublic | undefined => {
  if (s.purpose === 'ssh-host-key') return policy.public.find((p) => p.purpose === 'ssh-host-cert' && p.signs === s.name);
  return s.purpose === 'tls-service-key' ? policy.public.find((p) => p.name === s.constraints.certificate) : undefined;
};

/** What a host certificate is asked to say, and who signs it. */
export interface CertificateOrder {
  /** absent: a CA that is made for this one signature; secret, wiped here */
  readonly ca: ChosenFile | null;
  /** of the CA's key; empty: it has none. Secret, wiped here */
  readonly passphrase: Bytes;
  readonly principals: readonly string[];
  readonly days: number;
}

/** The CA's key without its passphrase. The bytes that came are wiped when others take their place. */
const openedCa = (file: Bytes, passphrase: Bytes): Bytes => {
  const { form } = formOf(file);
  if (form !== 'encrypted-pkcs8' && form !== 'encrypted-pem') return file;
  try {
    if (passphrase.length === 0) return fail('encrypted', 'CA key', 'no passphrase', 'the passphrase of the CA key');
    return decryptKeyFile(file, passphrase);
  } finally {
    wipe(file);
  }
};

/**
 * The content of a host key's certificate. @param key the host key's file: secret, the caller's
 * @throws everything of signHostCertificate; wrong-passphrase
 */
export const orderedCertificate = (key: Bytes, { ca, passphrase, principals, days }: CertificateOrder, env: Env): Bytes => {
  try {
    const input: HostCertificateInput = {
      hostKey: sshHostKeyOf(key),
      keyId: principals[0] ?? '',
      principals,
      serial: 1n,
      ...validDays(days, env.now()),
    };
    if (ca === null) return certificateFile(signWithFreshAuthority(input, env));
    return inFile(ca.name, () => certificateFile(signHostCertificate(input, openedCa(ca.bytes, passphrase), signRsa, env)));
  } finally {
    wipe(ca?.bytes, passphrase);
  }
};

/** A request that was made for a value; it goes with it. */
export interface MadeRequest {
  /** the key it is for: the very array */
  readonly value: Bytes;
  /** PEM */
  readonly text: string;
}

/** @param value key file: secret @throws everything of signingRequest */
export const madeRequest = (value: Bytes, subject: Subject): MadeRequest => ({
  value,
  text: signingRequest(value, subject, signRsa),
});
