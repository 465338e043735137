/** Sentences for what a policy asks for. */
import type { Apply, Policy, PolicyPublic, PolicySecret } from '../core/policy/schema.ts';

const PURPOSES: Record<PolicySecret['purpose'], string> = {
  'luks-root-key': 'Volume key of the root disk',
  'luks-root-passphrase': 'Passphrase of the root disk',
  'luks-data-key': 'Volume key of a data disk',
  'luks-data-passphrase': 'Passphrase of a data disk',
  cck: 'Customer communication key: encrypts dumps of the guest',
  'ssh-host-key': 'Host key of the ssh server',
  'admin-password': 'Password of an administrator',
  'tls-service-key': 'Key of a TLS service',
  'app-config': 'Configuration of an application',
  'hsm-association': 'Binds a crypto device',
  'report-authentication': 'Proves that a report comes from this guest',
};

const PUBLIC_PURPOSES: Record<PolicyPublic['purpose'], string> = {
  'ssh-host-cert': 'Certificate of the ssh host key',
  'ssh-user-ca': 'Key that signs the certificates of ssh users',
  'ssh-authorized-keys': 'Public keys that may log in',
  'tls-certificate': 'Certificate of a TLS service',
};

export const publicPurposeSays = (purpose: PolicyPublic['purpose']): string => PUBLIC_PURPOSES[purpose];
export const purposeSays = (purpose: PolicySecret['purpose']): string => PURPOSES[purpose];

/** Where a secret goes in the guest. */
export const applySays = (a: Apply): string => {
  switch (a.kind) {
    case 'file':
      return `File ${a.path}${a.mode ? `, mode ${a.mode}` : ''}`;
    case 'luks-token':
      return 'Stays with the ultravisor; the disk uses it through a token';
    case 'crypttab':
      return 'Opens the root disk at boot';
    case 'ultravisor':
      return 'Stays with the ultravisor';
    case 'password-hash':
      return `Password hash of ${a.user}`;
    case 'report-mac':
      return 'Used once, for the report';
    case 'pvapconfig':
      return 'Stays with the ultravisor; binds a crypto device';
    case 'none':
      return 'Left to the software in the guest';
  }
};

/** What the policy demands, as pairs for a list. */
export const policyFacts = (p: Policy): { about: string; value: string }[] => [
  {
    about: 'Secrets',
    value: `${p.secrets.filter((s) => s.required).length} required, ${p.secrets.filter((s) => !s.required).length} optional`,
  },
  {
    about: 'Host keys',
    value: `${p['host-keys'].min} to ${p['host-keys'].max}, verification ${p['host-keys'].verify === 'required' ? 'required' : 'advised'}`,
  },
  { about: 'Image', value: p.image.require['image-encryption'] === 'disabled' ? 'generic' : 'any' },
  {
    about: 'Dumps',
    value: p.dump['disable-host-dump']
      ? 'forbidden'
      : p.image.require.dump === 'any'
        ? 'as the image says'
        : p.image.require.dump,
  },
  { about: 'Customer communication key', value: p.dump['cck-update'] },
  { about: 'Extension secret', value: p['extension-secret'] },
  { about: 'Secret store', value: p.store.lock === 'never' ? 'stays open' : 'locked after personalization' },
  {
    about: 'Report',
    value: p.report.required
      ? `required, attestation ${p.report.attestation}, at most ${p.report['max-age']} old`
      : 'not required',
  },
];
