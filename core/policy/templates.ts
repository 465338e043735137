/** Policies to start from. Source: spec page "personalization-policy", sections 1 and 5. */
import { utf8 } from '../bytes.ts';
import { readPolicy } from './document.ts';
import type { Policy } from './schema.ts';

interface Head {
  readonly name: string;
  readonly description: string;
  readonly profile?: 'kata';
  readonly dump?: 'allowed' | 'any';
  readonly order?: string;
}

const head = (h: Head): string => `format: sel-personalization-policy
version: 1
name: ${h.name}
description: ${h.description}
${h.profile ? `profile: ${h.profile}\n` : ''}image: { require: { image-encryption: disabled, dump: ${h.dump ?? 'any'} } }
host-keys: { min: 1, max: 8, verify: required }
dump: { cck-update: required, disable-host-dump: false }
extension-secret: random
store: { lock: after-personalization }
order: ${h.order ?? '[cck, rfs-luks-key, luks-rfs-passphrase]'}
secrets:
`;

const CCK = `  - name: cck
    purpose: cck
    type: update-cck
    source: [generate, import]
    constraints: { bytes: 32 }
    apply: { kind: ultravisor }
`;

const ROOT_DISK = `  - name: rfs-luks-key
    purpose: luks-root-key
    type: aes-xts
    source: [generate, import]
    constraints: { bits: [512, 256] }
    apply: { kind: luks-token, label: cryptroot }
  - name: luks-rfs-passphrase
    purpose: luks-root-passphrase
    type: plaintext
    source: [generate, type, import]
    constraints: { min-bytes: 20, max-bytes: 512, min-entropy-bits: 128, charset: printable-ascii, trailing-newline: forbidden }
    apply: { kind: crypttab }
${CCK}`;

const REPORT_KEY = `  - name: report-key
    purpose: report-authentication
    type: plaintext
    source: [generate]
    constraints: { bytes: 64 }
    apply: { kind: report-mac }
`;

const SSH_HOST_KEY = `  - name: ssh-host-ed25519-key
    purpose: ssh-host-key
    type: plaintext
    source: [generate, import]
    constraints: { key: [ed25519], format: openssh, encrypted: forbidden, max-bytes: 8190 }
    apply: { kind: file, path: /etc/ssh/ssh_host_ed25519_key, mode: "0600", owner: "root:root", before: sshd.service }
`;

const ADMIN = `  - name: admin-login
    purpose: admin-password
    type: plaintext
    source: [type, generate, import]
    constraints: { user: admin, store-as: crypt-hash, hash: [yescrypt, sha512crypt], min-entropy-bits: 64, must-change: true }
    apply: { kind: password-hash, user: admin }
`;

const tlsKey = (name: string, certificate: string, path: string, mode: string, owner: string): string => `  - name: ${name}
    purpose: tls-service-key
    type: plaintext
    source: [generate, import]
    constraints: { key: [ec-p256, ec-p384, rsa-3072, rsa-4096, ed25519], format: pkcs8-pem, encrypted: forbidden, certificate: ${certificate} }
    apply: { kind: file, path: ${path}, mode: "${mode}", owner: "${owner}" }
`;

const WEB_PUBLIC = `public:
  - { name: ssh-user-ca, purpose: ssh-user-ca, format: openssh-public, apply: { kind: file, path: /etc/ssh/user_ca.pub, mode: "0644" } }
  - name: ssh-host-cert
    purpose: ssh-host-cert
    format: openssh-cert
    signs: ssh-host-ed25519-key
    apply: { kind: file, path: /etc/ssh/ssh_host_ed25519_key-cert.pub }
  - { name: web-cert, purpose: tls-certificate, format: x509-pem, apply: { kind: file, path: /etc/pki/tls/certs/web.pem } }
`;

const DATA_DISK = `  - name: data-luks-key
    purpose: luks-data-key
    type: aes-xts
    source: [generate, import]
    constraints: { bits: [512, 256] }
    apply: { kind: luks-token, label: cryptdata }
  - name: data-luks-passphrase
    purpose: luks-data-passphrase
    type: plaintext
    source: [generate, type, import]
    constraints: { min-bytes: 20, max-bytes: 512, min-entropy-bits: 128, charset: printable-ascii, trailing-newline: forbidden }
    apply: { kind: file, path: /etc/cryptsetup-keys.d/cryptdata.key, mode: "0400", owner: "root:root" }
`;

const DB_PUBLIC = `public:
  - { name: db-cert, purpose: tls-certificate, format: x509-pem, apply: { kind: file, path: /var/lib/pgsql/data/server.crt } }
`;

const HSM = `  - name: hsm-binding
    purpose: hsm-association
    type: association
    source: [generate, import]
    constraints: { bytes: 32 }
    apply: { kind: pvapconfig }
  - name: pvapconfig-yaml
    purpose: app-config
    type: plaintext
    source: [import]
    apply: { kind: file, path: /etc/pvapconfig.yaml, mode: "0600", owner: "root:root" }
`;

const KATA = `  - name: default-credential-app
    purpose: app-config
    type: plaintext
    source: [import]
    apply: { kind: none }
`;

const REPORT = 'report: { required: true, attestation: required, max-age: PT24H }\n';

const TEXTS = {
  'ebc-minimal': [
    head({ name: 'ebc-minimal', description: 'What pvics makes, and a key that proves the report' }),
    ROOT_DISK,
    REPORT_KEY,
    REPORT,
  ].join(''),
  'ssh-server': [
    head({ name: 'ssh-server', description: 'An encrypted root disk and an ssh host key' }),
    ROOT_DISK,
    SSH_HOST_KEY,
    REPORT_KEY,
    REPORT,
  ].join(''),
  'web-server': [
    head({
      name: 'web-server',
      description: 'Encrypted root disk, ssh with certificates, an administrator, a TLS service',
      dump: 'allowed',
    }),
    ROOT_DISK,
    SSH_HOST_KEY,
    ADMIN,
    tlsKey('tls-web-key', 'web-cert', '/etc/pki/tls/private/web.key', '0640', 'root:nginx'),
    REPORT_KEY,
    WEB_PUBLIC,
    REPORT,
  ].join(''),
  database: [
    head({ name: 'database', description: 'Encrypted root disk and data disk, and TLS for the database' }),
    ROOT_DISK,
    DATA_DISK,
    tlsKey('tls-db-key', 'db-cert', '/var/lib/pgsql/data/server.key', '0600', 'postgres:postgres'),
    REPORT_KEY,
    DB_PUBLIC,
    REPORT,
  ].join(''),
  'hsm-guest': [
    head({ name: 'hsm-guest', description: 'Encrypted root disk, and crypto devices bound to this guest' }),
    ROOT_DISK,
    HSM,
    REPORT_KEY,
    REPORT,
  ].join(''),
  'kata-pod': [
    head({
      name: 'kata-pod',
      description: 'A confidential pod - no root disk of its own; names follow the paths of the key broker, with - for /',
      profile: 'kata',
      order: '[cck]',
    }),
    CCK,
    KATA,
    REPORT_KEY,
    'report: { required: false, attestation: optional, max-age: PT24H }\n',
  ].join(''),
} as const;

export type TemplateName = keyof typeof TEXTS;
export const TEMPLATE_NAMES = Object.keys(TEXTS) as TemplateName[];

/** The YAML text of a template. */
export const templateText = (name: TemplateName): string => TEXTS[name];
/** What a template is for, without reading all of it as a policy. */
export const templateDescription = (name: TemplateName): string => /^description: (.*)$/m.exec(TEXTS[name])?.[1] ?? '';
/** The policy of a template. */
export const template = (name: TemplateName): Policy => readPolicy(utf8(TEXTS[name]));
