/** What the benchmarks work on: hosts, an image, a policy of eight secrets. Made new, and the same for all rivals. */
import type { BundleHostKey } from '../core/bundle/build.ts';
import { utf8 } from '../core/bytes.ts';
import { freshKeyPair, type KeyPair, publicKeyHash } from '../core/crypto/p521.ts';
import { findHeader } from '../core/image/find.ts';
import type { ParsedHeader } from '../core/image/header.ts';
import { buildImage } from '../core/image/image.ts';
import type { Policy, PolicySecret } from '../core/policy/schema.ts';
import { template } from '../core/policy/templates.ts';
import { makeSecret, type Secret } from '../core/secret/secret.ts';
import { nodeEnv } from '../edge/env.ts';

/** Hosts of the requests that are compared. */
export const HOSTS = 4;
/** Secrets of a guest. */
export const SECRETS = 8;
/** Bytes of the secret in a request. */
export const VALUE_SIZE = 100;

export const hosts: readonly KeyPair[] = Array.from({ length: HOSTS }, () => freshKeyPair(nodeEnv));
export const fourKeys = hosts.map((h) => h.publicKey);

const { header: headerBytes } = buildImage(
  {
    hostKeys: fourKeys,
    components: [utf8('kernel'), utf8('rd.sel-ebc root=LABEL=root'), new Uint8Array(9000).fill(7)],
    plaintextFlags: ['no-component-encryption', 'dump-allowed', 'pckmo-aes', 'pckmo-dea', 'pckmo-ecc', 'pckmo-hmac'],
    secretFlags: ['cck-update-allowed'],
    cck: nodeEnv.random(32),
  },
  nodeEnv,
);

export { headerBytes };
export const header: ParsedHeader = findHeader(headerBytes).header;

export const secret: Secret = makeSecret('plaintext', nodeEnv.random(VALUE_SIZE), nodeEnv.random(32), 'bench');

const more = (i: number): PolicySecret => ({
  name: `app-${i}`,
  purpose: 'app-config',
  type: 'plaintext',
  required: true,
  source: ['generate'],
  constraints: { bytes: 64 },
  apply: { kind: 'none' },
});
const minimal = template('ebc-minimal');
export const policy: Policy = {
  ...minimal,
  secrets: [...minimal.secrets, ...Array.from({ length: SECRETS - minimal.secrets.length }, (_, i) => more(i + 1))],
};

export const bundleHostKeys: readonly BundleHostKey[] = fourKeys.map((publicKey, i) => ({
  publicKey,
  phkh: publicKeyHash(publicKey),
  serial: `0${i + 1}`,
  notBefore: new Date(Date.now() - 86_400_000),
  notAfter: new Date(Date.now() + 365 * 86_400_000),
  verdict: 'verified',
}));
