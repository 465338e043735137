/** A small tenant for tests: two hosts, an image of our own builder, a policy and its values, all repeatable. */
import { type BuiltBundle, type BundleHostKey, type BundleInput, buildBundle } from '../../core/bundle/build.ts';
import type { BundleEntry } from '../../core/bundle/check.ts';
import { utf8 } from '../../core/bytes.ts';
import { freshKeyPair, publicKeyHash } from '../../core/crypto/p521.ts';
import { findHeader } from '../../core/image/find.ts';
import { buildImage } from '../../core/image/image.ts';
import { template } from '../../core/policy/templates.ts';
import { generateValue } from '../../core/secret/value.ts';
import { PROFILES, type SimHost } from '../../core/uvsim/ultravisor.ts';
import { seededEnv } from './env.ts';

const env = seededEnv('tenant');
const host = (name: string): SimHost => ({ name, keys: freshKeyPair(env), profile: PROFILES.z17 });

export const hosts = [host('alpha'), host('beta')] as const;
export const stranger = host('stranger');
export const policy = template('ebc-minimal');
export const { image, header } = buildImage(
  {
    hostKeys: hosts.map((h) => h.keys.publicKey),
    components: [utf8('kernel'), utf8('rd.sel-ebc root=LABEL=root'), new Uint8Array(9000).fill(7)],
    plaintextFlags: ['no-component-encryption', 'dump-allowed', 'pckmo-aes', 'pckmo-dea', 'pckmo-ecc', 'pckmo-hmac'],
    secretFlags: ['cck-update-allowed'],
    cck: env.random(32),
  },
  env,
);
export const values = new Map(policy.secrets.map((s) => [s.name, generateValue(s, env).value]));

export const hostKeys: BundleHostKey[] = hosts.map((h, i) => ({
  publicKey: h.keys.publicKey,
  phkh: publicKeyHash(h.keys.publicKey),
  serial: `0${i + 1}`,
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2028-01-01T00:00:00Z'),
  verdict: 'verified',
}));

export const bundleInput = (more: Partial<BundleInput> = {}): BundleInput => ({
  name: 'test-01',
  serial: 1,
  policy,
  header: findHeader(header).header,
  hostKeys,
  values,
  tool: 'selwright test',
  ...more,
});

export const makeBundle = (seed = 'bundle', more: Partial<BundleInput> = {}): BuiltBundle =>
  buildBundle(bundleInput(more), seededEnv(seed));
export const entriesOf = (b: BuiltBundle): BundleEntry[] => b.files.map((f) => ({ path: f.path, kind: 'file', bytes: f.bytes }));
/** The entries with one file replaced or, without bytes, taken away. */
export const withFile = (entries: readonly BundleEntry[], path: string, bytes?: Uint8Array): BundleEntry[] => [
  ...entries.filter((e) => e.path !== path),
  ...(bytes ? [{ path, kind: 'file' as const, bytes }] : []),
];
export const fileOf = (entries: readonly BundleEntry[], path: string): Uint8Array => {
  const bytes = entries.find((e) => e.path === path)?.bytes;
  if (!bytes) throw new Error(`no ${path} in the test bundle`);
  return bytes;
};
