/** Policies to start from. Source: spec page "personalization-policy", section 5. */
import { utf8 } from '../bytes.ts';
import { readPolicy } from './document.ts';
import type { Policy } from './schema.ts';

const HEAD = (
  name: string,
  description: string,
  order = '[cck, rfs-luks-key, luks-rfs-passphrase]',
) => `format: sel-personalization-policy
version: 1
name: ${name}
description: ${description}
image: { require: { image-encryption: disabled, dump: any } }
host-keys: { min: 1, max: 8, verify: required }
dump: { cck-update: required, disable-host-dump: false }
extension-secret: random
store: { lock: after-personalization }
order: ${order}
`;

const EBC_SECRETS = `secrets:
  - name: rfs-luks-key
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
  - name: cck
    purpose: cck
    type: update-cck
    source: [generate, import]
    constraints: { bytes: 32 }
    apply: { kind: ultravisor }
`;

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
    source: [import]
    constraints: { key: [ed25519], format: openssh, encrypted: forbidden, max-bytes: 8190 }
    apply: { kind: file, path: /etc/ssh/ssh_host_ed25519_key, mode: "0600", owner: "root:root", before: sshd.service }
`;

const REPORT = 'report: { required: true, attestation: required, max-age: PT24H }\n';

const TEXTS = {
  'ebc-minimal': `${HEAD('ebc-minimal', 'What pvics makes, and a key that proves the report')}${EBC_SECRETS}${REPORT_KEY}${REPORT}`,
  'ssh-server': `${HEAD('ssh-server', 'An encrypted root disk and an ssh host key')}${EBC_SECRETS}${SSH_HOST_KEY}${REPORT_KEY}${REPORT}`,
} as const;

export type TemplateName = keyof typeof TEXTS;
export const TEMPLATE_NAMES = Object.keys(TEXTS) as TemplateName[];

/** The YAML text of a template. */
export const templateText = (name: TemplateName): string => TEXTS[name];
/** The policy of a template. */
export const template = (name: TemplateName): Policy => readPolicy(utf8(TEXTS[name]));
