/** The sample tenant: a PKI, two simulated hosts, a generic image, a policy and its values. Everything is made new each time. */
import type { BundleFile } from '../bundle/build.ts';
import { type Bytes, utf8, wipe } from '../bytes.ts';
import { freshKeyPair } from '../crypto/p521.ts';
import type { Env } from '../env.ts';
import { writePem } from '../hostkey/pem.ts';
import { buildImage } from '../image/image.ts';
import { template, templateText } from '../policy/templates.ts';
import { generateValue, generatorFor } from '../secret/value.ts';
import { PROFILES, type SimHost } from '../uvsim/ultravisor.ts';
import { writeSimHost } from './host.ts';
import { makePki, type PkiKeys, type SamplePki } from './pki.ts';

const HOST_NAMES = ['alpha', 'beta'] as const;
const TEMPLATE = 'ebc-minimal';

/** A real policy says "required"; with "warn" every step can be tried without certificates too, and says so. */
const SAMPLE_POLICY = templateText(TEMPLATE)
  .replace('verify: required', 'verify: warn')
  .replace(/^name: .*$/m, 'name: sample');

export interface SampleTenant {
  readonly pki: SamplePki;
  readonly hosts: readonly SimHost[];
  readonly image: Bytes;
  readonly header: Bytes;
  readonly policyText: string;
  /** values by secret name; secret */
  readonly values: ReadonlyMap<string, Bytes>;
}

/** Recognisable content for the image's components: nothing of it runs. */
const component = (name: string, size: number): Bytes => {
  const out = new Uint8Array(size);
  out.set(utf8(`Selwright sample ${name}: this is not software, the simulator only measures it.\n`));
  return out;
};

/** Makes the tenant. @param keys RSA keys for the PKI, made by the edge */
export const makeSampleTenant = (keys: PkiKeys, env: Env): SampleTenant => {
  const hosts = HOST_NAMES.map((name) => ({ name, keys: freshKeyPair(env), profile: PROFILES.z17 }));
  const now = env.now();
  // begins the day before, so that a clock in another time zone does not find it "not yet valid"
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() - 1));
  const pki = makePki(
    keys,
    hosts.map((h) => h.keys.publicKey),
    from,
  );
  const cck = env.random(32);
  const { image, header } = buildImage(
    {
      hostKeys: hosts.map((h) => h.keys.publicKey),
      components: [component('kernel', 20_000), utf8('rd.sel-ebc root=LABEL=root\n'), component('initramfs', 50_000)],
      plaintextFlags: ['no-component-encryption', 'dump-allowed', 'pckmo-dea', 'pckmo-aes', 'pckmo-ecc', 'pckmo-hmac'],
      secretFlags: ['cck-update-allowed'],
      cck,
    },
    env,
  );
  wipe(cck);
  const policy = template(TEMPLATE);
  // the report key is new for each bundle and not among the values
  const own = policy.secrets.filter((s) => generatorFor(s) !== undefined && s.purpose !== 'report-authentication');
  const values = new Map(own.map((s) => [s.name, generateValue(s, env).value]));
  return { pki, hosts, image, header, policyText: SAMPLE_POLICY, values };
};

const README = `A sample tenant of Selwright. Nothing here is real: the certificates are IBM's in shape only, the hosts are simulated.

  host-keys/   host-key documents of the two simulated hosts
  pki/         root, intermediate and signing key, and a CRL of each
  image/       the generic image, and its header alone
  policy.yaml  what a guest must get
  values/      the secrets (keep such a directory to yourself)
  hosts/       the simulated hosts: their private keys are what makes them these hosts
`;

/** The tenant as files, by path. Those under values/ and hosts/ are secret. */
export const sampleTenantFiles = (t: SampleTenant): BundleFile[] => {
  const certificate = (path: string, der: Bytes): BundleFile => ({ path, bytes: utf8(writePem('CERTIFICATE', der)) });
  const crl = (path: string, der: Bytes): BundleFile => ({ path, bytes: utf8(writePem('X509 CRL', der)) });
  return [
    ...t.hosts.map((h, i) => certificate(`host-keys/${h.name}.crt`, t.pki.hosts[i] as Bytes)),
    certificate('pki/root.crt', t.pki.root),
    certificate('pki/intermediate.crt', t.pki.intermediate),
    certificate('pki/signing.crt', t.pki.signing),
    crl('pki/root.crl', t.pki.crls.root),
    crl('pki/intermediate.crl', t.pki.crls.intermediate),
    crl('pki/signing.crl', t.pki.crls.signing),
    { path: 'image/sel-ebc.img', bytes: t.image },
    { path: 'image/selhdr.bin', bytes: t.header },
    { path: 'policy.yaml', bytes: utf8(t.policyText) },
    ...[...t.values].map(([name, bytes]) => ({ path: `values/${name}`, bytes })),
    ...t.hosts.map((h) => ({ path: `hosts/${h.name}.json`, bytes: writeSimHost(h) })),
    { path: 'README.txt', bytes: utf8(README) },
  ];
};
