/** Secrets of policies, for tests of values. */
import type { Constraints, Policy, PolicySecret } from '../../core/policy/schema.ts';
import { template } from '../../core/policy/templates.ts';

export const secret = (
  purpose: PolicySecret['purpose'],
  type: PolicySecret['type'] = 'plaintext',
  constraints: Constraints = {},
  more: Partial<PolicySecret> = {},
): PolicySecret => ({
  name: `a-${purpose}`,
  purpose,
  type,
  required: true,
  source: ['generate', 'type', 'import'],
  constraints,
  apply: purpose === 'admin-password' ? { kind: 'password-hash', user: 'admin' } : { kind: 'none' },
  ...more,
});

export const XTS = secret('luks-root-key', 'aes-xts', { bits: [512, 256] });
export const CCK = secret('cck', 'update-cck', { bytes: 32 });
export const HMAC = secret('report-authentication', 'hmac');
export const REPORT = secret('report-authentication', 'plaintext', { bytes: 64 });
export const PASSPHRASE = secret('luks-root-passphrase', 'plaintext', {
  'min-bytes': 20,
  'max-bytes': 512,
  'min-entropy-bits': 128,
  charset: 'printable-ascii',
  'trailing-newline': 'forbidden',
});
export const SSH = secret('ssh-host-key', 'plaintext', { key: ['ed25519'], format: 'openssh', encrypted: 'forbidden' });
export const SSH_ANY = secret('ssh-host-key', 'plaintext', { format: 'openssh' });
export const TLS = secret('tls-service-key', 'plaintext', {
  key: ['ec-p256', 'ec-p384', 'rsa-3072', 'rsa-4096', 'ed25519'],
  format: 'pkcs8-pem',
  certificate: 'web-cert',
});
export const TLS_ANY = secret('tls-service-key', 'plaintext', { format: 'pkcs8-pem' });
export const EC = secret('tls-service-key', 'ec', { key: ['ec-p256', 'ed25519'] });
export const LOGIN = secret('admin-password', 'plaintext', {
  user: 'admin',
  hash: ['yescrypt', 'sha512crypt'],
  'min-entropy-bits': 64,
});
export const CONFIG = secret('app-config');
export const ASSOCIATION = secret('hsm-association', 'association');

export const EVERY: readonly PolicySecret[] = [
  XTS,
  CCK,
  HMAC,
  REPORT,
  PASSPHRASE,
  SSH,
  SSH_ANY,
  TLS,
  TLS_ANY,
  EC,
  LOGIN,
  CONFIG,
  ASSOCIATION,
];

/** The web server's policy: a key with its certificate, a host key with its. */
export const webPolicy: Policy = template('web-server');
