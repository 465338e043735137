/**
 * pvics.yaml, for tenants who stay with pvics: it encrypts the disk and writes toc.pol and toc.asr itself. Source: spec pages
 * "personalization-policy", section 6, and "generic-guest", section 5; names of keys as pvics 2.43 reads them.
 */
import { stringify } from 'yaml';
import type { Expected } from '../bundle/expected.ts';
import { MANIFEST_ASR, TOC_ASR } from '../bundle/names.ts';
import { type Bytes, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { PASSPHRASE_NAME } from '../policy/rules.ts';
import type { Policy } from '../policy/schema.ts';
import { shown } from '../shown.ts';

/** Where everything is, as pvics will find it: paths of the machine it runs on. */
export interface PvicsPlaces {
  /** directory pvics writes to */
  readonly out: string;
  readonly hostKeys: readonly string[];
  /** absent: pvics runs without verification, which only the tenant can want */
  readonly chain?: { readonly certs: readonly string[]; readonly crls: readonly string[]; readonly rootCa: string } | undefined;
  /** directory of the values, one file a secret */
  readonly values: string;
  /** the bundle's own extension secret, from the tenant's record */
  readonly extensionSecret: string;
  /** directory of the bundle */
  readonly bundle: string;
}

const F = 'pvics.yaml';

/** pvics takes paths apart at white space, and reads them as patterns. @throws bad-name */
const path = (...parts: string[]): string => {
  const whole = parts.join('/').replace(/\/{2,}/g, '/');
  if (!/^[A-Za-z0-9._\-/+@%=]+$/.test(whole))
    fail(
      'bad-name',
      `${F}, path`,
      shown(whole, 80),
      'letters, digits and . _ - / + @ % = only: pvics takes others for patterns or two paths',
    );
  return whole;
};

/** Size of the volume key in bits: pvics does not look at the file. */
const keyBits = (policy: Policy, bytes: number | undefined): number => {
  const bits =
    bytes === undefined ? (policy.secrets.find((s) => s.purpose === 'luks-root-key')?.constraints.bits?.[0] ?? 512) : 8 * bytes;
  return bits === 256 || bits === 512 ? bits : fail('bad-value', `${F}, luks-key-size`, bits, '256 or 512');
};

const HEAD = (e: Expected): string => `# For pvics: ${e.bundle.name}, number ${e.bundle.serial}, bundle ${e.bundle.id}
# Convert first, or take the image that is there: the requests below fit the SE header with the tag
# ${e.image.tag} and no other. Then run: pvics encrypt -c pvics.yaml -i IMAGE
# pvics makes the requests of volume key, CCK and passphrase anew, and toc.pol and toc.asr: its list has other tags than the bundle's,
# so expect another secret-store hash than the bundle's, and no manifest. The values named here are secret.
`;

/**
 * The file. It holds no value, but says where they are.
 * @param keyBytes size of the volume key, when it is known
 * @throws bad-name for paths pvics cannot take; missing-value for a policy without the two secrets pvics needs; conflict when the
 * extension secret is not the bundle's own
 */
export const writePvics = (policy: Policy, expected: Expected, places: PvicsPlaces, keyBytes?: number): Bytes => {
  const key =
    policy.secrets.find((s) => s.purpose === 'luks-root-key') ??
    fail('missing-value', F, 'no luks-root-key', 'a policy for a root disk');
  if (!policy.secrets.some((s) => s.name === PASSPHRASE_NAME))
    fail('missing-value', F, `no ${PASSPHRASE_NAME}`, 'a policy for a root disk');
  if (expected.extension_secret !== 'random')
    fail(
      'conflict',
      F,
      `an extension secret that is ${expected.extension_secret}`,
      'a random one: pvics writes it into every request',
    );
  const cck = policy.secrets.find((s) => s.purpose === 'cck');
  const own = [TOC_ASR, MANIFEST_ASR];
  const made = [key.name, PASSPHRASE_NAME, cck?.name].filter((n) => n !== undefined);
  const requests = expected.submission_order.filter((s) => !own.includes(s.file) && !made.includes(s.name ?? ''));
  const { chain } = places;
  const yaml = {
    'no-verify': chain === undefined,
    out: path(places.out),
    hkds: places.hostKeys.map((h) => path(h)),
    ...(chain
      ? {
          'certificate-chain': {
            certs: chain.certs.map((c) => path(c)),
            crls: chain.crls.map((c) => path(c)),
            offline: true,
            'root-ca': path(chain.rootCa),
          },
        }
      : {}),
    encrypt: {
      ...(cck ? { cck: path(places.values, cck.name) } : {}),
      'extension-secret': path(places.extensionSecret),
      'luks-key': path(places.values, key.name),
      'luks-key-asr-name': key.name,
      'luks-key-size': keyBits(policy, keyBytes),
      'luks-passphrase': path(places.values, PASSPHRASE_NAME),
      ...(requests.length > 0 ? { 'add-secret-requests': requests.map((s) => path(places.bundle, 'sics', s.file)) } : {}),
    },
  };
  return utf8(`${HEAD(expected)}${stringify(yaml, { lineWidth: 0 })}`);
};
