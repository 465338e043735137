/** Sentences for what a policy asks for. */
import type { Apply, Policy, PolicyPublic, PolicySecret } from '../core/policy/schema.ts';
import { durationSays } from './duration.ts';
import { language, said, t } from './language.ts';

const PURPOSES: Record<PolicySecret['purpose'], string> = said({
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
});

const PUBLIC_PURPOSES: Record<PolicyPublic['purpose'], string> = said({
  'ssh-host-cert': 'Certificate of the ssh host key',
  'ssh-user-ca': 'Key that signs the certificates of ssh users',
  'ssh-authorized-keys': 'Public keys that may log in',
  'tls-certificate': 'Certificate of a TLS service',
});

export const publicPurposeSays = (purpose: PolicyPublic['purpose']): string => t(PUBLIC_PURPOSES[purpose]);
export const purposeSays = (purpose: PolicySecret['purpose']): string => t(PURPOSES[purpose]);

/** Where a secret goes in the guest. */
export const applySays = (a: Apply): string => {
  switch (a.kind) {
    case 'file':
      return a.mode ? t('File {path}, mode {mode}', { path: a.path, mode: a.mode }) : t('File {path}', { path: a.path });
    case 'luks-token':
      return t('Stays with the ultravisor; the disk uses it through a token');
    case 'crypttab':
      return t('Opens the root disk at boot');
    case 'ultravisor':
      return t('Stays with the ultravisor');
    case 'password-hash':
      return t('Password hash of {user}', { user: a.user });
    case 'report-mac':
      return t('Used once, for the report');
    case 'pvapconfig':
      return t('Stays with the ultravisor; binds a crypto device');
    case 'none':
      return t('Left to the software in the guest');
  }
};

/** That there is none: which word that is depends on what there is none of. */
export const NONE = said('{about, select, other {none}}');
/** What NONE is about. @param path of a field of the policy */
export const aboutField = (path: readonly string[]): { about: string } => ({ about: (path.at(-1) ?? '').replaceAll('-', '_') });

/** What can be demanded, in one word. */
const DEMANDS: Record<Policy['dump']['cck-update'], string> = said({ required: 'required', optional: 'optional', none: NONE });
const DUMPS = said({ any: 'as the image says', allowed: 'allowed', forbidden: 'forbidden' });
const EXTENSION_SECRETS: Record<Policy['extension-secret'], string> = said({
  random: 'random',
  'cck-derived': 'cck-derived',
  none: NONE,
});
const HOST_KEYS: Record<Policy['host-keys']['verify'], string> = said({
  required: '{min} to {max}, verification required',
  warn: '{min} to {max}, verification advised',
});
const ATTESTED: Record<Policy['report']['attestation'], string> = said({
  required: 'required, attestation required, at most {age} old',
  optional: 'required, attestation optional, at most {age} old',
  none: 'required, attestation none, at most {age} old',
});
/** English shows the age as the policy writes it. */
const ageSays = (age: string): string => (language() === 'en' ? age : durationSays(age));

/** What the policy demands, as pairs for a list. */
export const policyFacts = (p: Policy): { about: string; value: string }[] => {
  const required = p.secrets.filter((s) => s.required).length;
  const { min, max, verify } = p['host-keys'];
  return [
    {
      about: t('Secrets'),
      value: t('{required} required, {optional} optional', { required, optional: p.secrets.length - required }),
    },
    { about: t('Host keys'), value: t(HOST_KEYS[verify], { min, max }) },
    { about: t('Image'), value: t(p.image.require['image-encryption'] === 'disabled' ? 'generic' : 'any') },
    { about: t('Dumps'), value: t(p.dump['disable-host-dump'] ? 'forbidden' : DUMPS[p.image.require.dump]) },
    { about: t('Customer communication key'), value: t(DEMANDS[p.dump['cck-update']], aboutField(['cck-update'])) },
    { about: t('Extension secret'), value: t(EXTENSION_SECRETS[p['extension-secret']], aboutField(['extension-secret'])) },
    { about: t('Secret store'), value: t(p.store.lock === 'never' ? 'stays open' : 'locked after personalization') },
    {
      about: t('Report'),
      value: p.report.required ? t(ATTESTED[p.report.attestation], { age: ageSays(p.report['max-age']) }) : t('not required'),
    },
  ];
};
