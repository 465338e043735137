/** Builds the provisioning bundle: every request, toc.pol, toc.asr, and what goes with them. Source: spec page "bundle". */
import { sha256 } from '@noble/hashes/sha2.js';
import { writeExchange } from '../attestation/exchange.ts';
import { additionalSize, MEASUREMENT_SIZE } from '../attestation/measurement.ts';
import { type AttestationFlag, buildAttestationRequest, freshAttestationKeys } from '../attestation/request.ts';
import { type Bytes, fromUtf8, hex, utf8, wipe } from '../bytes.ts';
import { TAG_SIZE } from '../crypto/gcm.ts';
import type { KeyAgreement } from '../crypto/p521.ts';
import type { Env } from '../env.ts';
import { fail, SelError } from '../errors.ts';
import type { ParsedHeader } from '../image/header.ts';
import { hexTags } from '../image/tags.ts';
import { policyHash, writePolicy } from '../policy/document.ts';
import { sshHostKeyOf } from '../policy/keypair.ts';
import { type SshPublicKey, sshFingerprint, sshPublicLine } from '../policy/openssh.ts';
import { submissionOrder } from '../policy/rules.ts';
import type { Policy, PolicySecret } from '../policy/schema.ts';
import { EXTENSION_SECRET_SIZE, FLAG_DISABLE_DUMP } from '../request/asrcb.ts';
import { buildRequest, freshRequestKeys, type RequestInput, wipeRequestKeys } from '../request/build.ts';
import { deriveExtensionSecret } from '../request/extension.ts';
import { infoYaml } from '../secret/info.ts';
import { kindRow } from '../secret/kinds.ts';
import { makeSecret, type Secret } from '../secret/secret.ts';
import { secretOf } from '../secret/value.ts';
import { instantText } from '../time.ts';
import { EXPECTED_FORMAT, type Expected, type Submitted, storeHashes, writeExpected } from './expected.ts';
import { HOST_KEYS, writeHostKeyList } from './hostkeys.ts';
import { INDEX, writeIndex } from './index.ts';
import { BUNDLE_NAME, type BundleId, MANIFEST_FORMAT, MANIFEST_MAX, type Manifest, writeManifest } from './manifest.ts';
import { ATTEST_REQUEST, MANIFEST_ASR, MANIFEST_POL, REPORT_PATH, requestFile, TOC_ASR, TOC_POL } from './names.ts';
import { makeReference } from './reference.ts';
import { writeTocPol } from './tocpol.ts';

/** A host the bundle is made for. */
export interface BundleHostKey {
  /** 160 bytes */
  readonly publicKey: Bytes;
  /** public host-key hash, 32 bytes */
  readonly phkh: Bytes;
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** whether its certificate chain was verified, and when not, that the user said so */
  readonly verdict: 'verified' | 'not-verified';
}

export interface BundleInput {
  readonly name: string;
  /** rises with every bundle of an image, from 1 */
  readonly serial: number;
  readonly policy: Policy;
  readonly header: ParsedHeader;
  readonly hostKeys: readonly BundleHostKey[];
  /** values by secret name; secret */
  readonly values: ReadonlyMap<string, Bytes>;
  /** contents of the policy's public entries by name */
  readonly publics?: ReadonlyMap<string, Bytes> | undefined;
  /** the image builder's CCK, 32 bytes, when the extension secret is derived from it; secret */
  readonly cck?: Bytes | undefined;
  /** byte for byte the set pvics makes: no manifest, no attestation request */
  readonly strict?: boolean | undefined;
  /** how the curve is computed, for many bundles to the same hosts; noble's own way unless given */
  readonly agreement?: KeyAgreement | undefined;
  /** name and version of the program, for meta/index.json */
  readonly tool: string;
  /** text of HANDOVER.txt, made by the edge */
  readonly handover?: ((bundle: BundleId, expected: Expected) => string) | undefined;
}

/** A file of the bundle, by its path with / inside the bundle directory. */
export interface BundleFile {
  readonly path: string;
  readonly bytes: Bytes;
}

/** What stays with the tenant. Secret, all of it: wipe after use. */
export interface TenantKeys {
  /** 32 bytes */
  readonly extensionSecret: Bytes;
  /** opens the attestation request again: 32 bytes, when there is one */
  readonly attestationKey?: Bytes;
  /** value of the report-authentication secret, when there is one */
  readonly reportKey?: Bytes;
}

export interface BuiltBundle {
  readonly id: BundleId;
  readonly files: readonly BundleFile[];
  readonly manifest?: Manifest;
  readonly expected: Expected;
  readonly keys: TenantKeys;
}

/** Progress: `done` of `total` requests are made. */
export interface BuildStep {
  readonly file: string;
  readonly done: number;
  readonly total: number;
}

/** What the bundle's attestation request asks for. */
export const BUNDLE_ATTESTATION: readonly AttestationFlag[] = [
  'nonce',
  'image-host-key-hash',
  'attestation-host-key-hash',
  'secret-store-hash',
];

/** A version 4 UUID. @param random 16 bytes */
export const uuidFrom = (random: Bytes): string => {
  const b = random.slice();
  b[6] = ((b[6] as number) & 0x0f) | 0x40;
  b[8] = ((b[8] as number) & 0x3f) | 0x80;
  const h = hex(b);
  return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join('-');
};

/** One request of the set, as it will stand in toc.pol. */
interface Made {
  readonly file: string;
  readonly bytes: Bytes;
  readonly tag: Bytes;
  readonly type: string;
  readonly id?: Bytes | undefined;
  readonly secret?: PolicySecret | undefined;
  /** the public half of an ssh host key */
  readonly ssh?: SshPublicKey | undefined;
}

/** What every request of the set shares. */
interface Common {
  readonly input: BundleInput;
  readonly env: Env;
  readonly id: BundleId;
  /** secret */
  readonly extension: Bytes;
}

const META = makeSecret('meta', new Uint8Array(0), undefined, 'meta');

const makeRequest = (c: Common, secret: Secret, userData?: Bytes, flags = 0n): Bytes => {
  const keys = freshRequestKeys(c.env, c.input.agreement);
  const what: RequestInput = {
    hostKeys: c.input.hostKeys.map((k) => k.publicKey),
    image: c.input.header.image,
    secret,
    extensionSecret: c.extension,
    flags,
    userData: userData && { kind: 'unsigned', bytes: userData },
  };
  try {
    return buildRequest(what, keys, c.input.agreement);
  } finally {
    wipeRequestKeys(keys);
  }
};

const made = (file: string, bytes: Bytes, type: string, more: Pick<Made, 'id' | 'secret' | 'ssh'> = {}): Made => ({
  file,
  bytes,
  tag: bytes.slice(-TAG_SIZE),
  type,
  ...more,
});

/** The public half, for the manifest; a value it cannot be read from was refused before, or is nobody's business here. */
const sshHalf = (s: PolicySecret, value: Bytes): SshPublicKey | undefined => {
  if (s.purpose !== 'ssh-host-key') return undefined;
  try {
    return sshHostKeyOf(value);
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
};

const secretRequest = (c: Common, s: PolicySecret): Made => {
  const value = c.input.values.get(s.name) ?? fail('missing-value', s.name, 'no value', `a value of type ${s.type}`);
  const file = requestFile(s.name, s.purpose);
  const secret = secretOf(s, value);
  try {
    return made(file, makeRequest(c, secret), secret.kind, { secret: s, id: secret.id, ssh: sshHalf(s, value) });
  } finally {
    wipe(secret.value);
  }
};

/** Names that would be one file on a system that does not tell case apart. */
const refuseSameFiles = (secrets: readonly PolicySecret[]): void => {
  const files = secrets.map((s) => requestFile(s.name, s.purpose).toLowerCase());
  files.forEach((f, i) => {
    if (files.indexOf(f) < i) fail('conflict', 'request file', `${f} twice`, 'one secret a file');
  });
};

/** A request for the guest to be attested with at each boot, as an exchange file; `key` opens it again. */
const attestationFile = (c: Common): { arcb: Bytes; file: Bytes; key: Bytes } => {
  const keys = freshAttestationKeys(c.env, c.input.agreement);
  try {
    const arcb = buildAttestationRequest(
      c.input.hostKeys.map((k) => k.publicKey),
      BUNDLE_ATTESTATION,
      keys,
      c.input.agreement,
    );
    const file = writeExchange({
      request: arcb,
      measurement: { needed: MEASUREMENT_SIZE },
      additional: { needed: additionalSize(BUNDLE_ATTESTATION) },
      user: undefined,
      cuid: undefined,
    });
    return { arcb, file, key: keys.protectionKey.slice() };
  } finally {
    wipe(keys.customer.privateKey, keys.protectionKey, keys.measurementKey, keys.nonce);
  }
};

/** The report key's secret, when it has a value. */
const reportSecret = ({ policy, values }: BundleInput): PolicySecret | undefined =>
  policy.secrets.find((s) => s.purpose === 'report-authentication' && values.has(s.name));

/**
 * Builds a bundle request by request, so that the caller can show progress and stop.
 * Policy and values are checked by the caller first (preflight): this only refuses what cannot be built.
 * @throws no-host-key, limit, missing-value, bad-name, wrong-length, too-long, conflict, bad-encoding
 */
export function* buildBundleSteps(input: BundleInput, env: Env): Generator<BuildStep, BuiltBundle> {
  const { policy } = input;
  if (!BUNDLE_NAME.test(input.name))
    fail('bad-name', 'name of the guest', input.name.slice(0, 80), 'letters, digits, dot, dash and underscore, at most 64');
  const { min, max } = policy['host-keys'];
  const count = input.hostKeys.length;
  if (count < min || count > max) fail('limit', 'host keys', count, min === max ? min : `${min} to ${max}, as the policy says`);
  const secrets = submissionOrder(policy).filter((s) => s.required || input.values.has(s.name));
  refuseSameFiles(secrets);
  const id: BundleId = { id: uuidFrom(env.random(16)), serial: input.serial, created: instantText(env.now()), name: input.name };
  const c: Common = { input, env, id, extension: extensionSecret(input, env) };
  let whole = false;
  try {
    const built = yield* bundleSteps(c, secrets);
    whole = true;
    return built;
  } finally {
    // given up half-way: nobody will need it any more
    if (!whole) wipe(c.extension);
  }
}

function* bundleSteps(c: Common, secrets: readonly PolicySecret[]): Generator<BuildStep, BuiltBundle> {
  const { input, id } = c;
  const { policy } = input;
  const total = secrets.length + (input.strict ? 1 : 2);
  let done = 0;

  const list: Made[] = [];
  for (const s of secrets) {
    const m = secretRequest(c, s);
    list.push(m);
    yield { file: m.file, done: ++done, total };
  }

  const files: BundleFile[] = [];
  let manifest: { value: Manifest; bytes: Bytes } | undefined;
  if (!input.strict) {
    manifest = makeManifest(id, input, list);
    list.unshift(made(MANIFEST_ASR, makeRequest(c, META, makeReference(MANIFEST_POL, manifest.bytes)), 'meta'));
    files.push({ path: `sics/${MANIFEST_POL}`, bytes: manifest.bytes });
    yield { file: MANIFEST_ASR, done: ++done, total };
  }
  const tocPol = writeTocPol(list.map((m) => m.tag));
  const flags = policy.dump['disable-host-dump'] ? FLAG_DISABLE_DUMP : 0n;
  const toc = made(TOC_ASR, makeRequest(c, META, makeReference(TOC_POL, tocPol), flags), 'meta');
  yield { file: TOC_ASR, done: ++done, total };

  const ordered = [toc, ...list];
  files.push({ path: `sics/${TOC_POL}`, bytes: tocPol }, ...ordered.map((m) => ({ path: `sics/${m.file}`, bytes: m.bytes })));
  const attestation = input.strict || policy.report.attestation === 'none' ? undefined : attestationFile(c);
  if (attestation) files.push({ path: `sics/${ATTEST_REQUEST}`, bytes: attestation.file });

  const expected = expectedOf(c, ordered, tocPol, manifest?.bytes, attestation?.arcb);
  files.push(...metaFiles(input, list, expected));
  if (input.handover) files.push({ path: 'HANDOVER.txt', bytes: utf8(input.handover(id, expected)) });
  files.push({ path: INDEX, bytes: writeIndex(files, input.tool) });

  const key = reportSecret(input);
  const reportKey = key && input.values.get(key.name);
  return {
    id,
    files,
    ...(manifest ? { manifest: manifest.value } : {}),
    expected,
    keys: {
      extensionSecret: c.extension,
      ...(attestation ? { attestationKey: attestation.key } : {}),
      ...(reportKey ? { reportKey: reportKey.slice() } : {}),
    },
  };
}

/** The same in one go. */
export const buildBundle = (input: BundleInput, env: Env): BuiltBundle => {
  const steps = buildBundleSteps(input, env);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};

const extensionSecret = (input: BundleInput, env: Env): Bytes => {
  switch (input.policy['extension-secret']) {
    case 'random':
      return env.random(EXTENSION_SECRET_SIZE);
    case 'none':
      return new Uint8Array(EXTENSION_SECRET_SIZE);
    case 'cck-derived': {
      const cck =
        input.cck ??
        fail('missing-value', 'CCK of the image', 'none', '32 bytes: the policy derives the extension secret from it');
      return deriveExtensionSecret(cck, input.header.image.tag);
    }
  }
};

const expectedOf = (
  { input, id }: Common,
  ordered: readonly Made[],
  tocPol: Bytes,
  manifest: Bytes | undefined,
  arcb: Bytes | undefined,
): Expected => {
  const { policy } = input;
  const mac = reportSecret(input);
  return {
    format: EXPECTED_FORMAT,
    version: 1,
    bundle: id,
    image: hexTags(input.header.image),
    submission_order: ordered.map(submitted),
    store_hash: storeHashes(ordered.map((m) => m.tag)),
    lock: policy.store.lock === 'after-personalization',
    listed_ids: ordered.flatMap((m) => (m.id ? [hex(m.id)] : [])),
    host_keys: input.hostKeys.map((k) => ({ phkh: hex(k.phkh), verified: k.verdict === 'verified' })),
    ...(manifest ? { manifest_sha256: hex(sha256(manifest)) } : {}),
    toc_pol_sha256: hex(sha256(tocPol)),
    policy_sha256: policyHash(policy),
    extension_secret: policy['extension-secret'],
    report: {
      required: policy.report.required,
      attestation: policy.report.attestation,
      max_age: policy.report['max-age'],
      ...(mac ? { mac_secret: mac.name } : {}),
    },
    ...(arcb ? { attestation_request_sha256: hex(sha256(arcb)) } : {}),
  };
};

const submitted = (m: Made): Submitted => ({
  file: m.file,
  tag: hex(m.tag),
  type: m.type,
  ...(m.secret ? { name: m.secret.name, purpose: m.secret.purpose, required: m.secret.required } : {}),
  ...(m.id ? { id: hex(m.id) } : {}),
  ...(m.ssh ? { fingerprint: sshFingerprint(m.ssh) } : {}),
});

const makeManifest = (id: BundleId, input: BundleInput, list: readonly Made[]): { value: Manifest; bytes: Bytes } => {
  const { policy } = input;
  const mac = reportSecret(input);
  const value: Manifest = {
    format: MANIFEST_FORMAT,
    version: 1,
    bundle: id,
    policy_sha256: policyHash(policy),
    image: hexTags(input.header.image),
    lock: policy.store.lock === 'after-personalization',
    secrets: list.flatMap((m) =>
      m.secret
        ? [
            {
              file: m.file,
              tag: hex(m.tag),
              name: m.secret.name,
              ...(m.id ? { id: hex(m.id) } : {}),
              type: m.type,
              purpose: m.secret.purpose,
              required: m.secret.required,
              apply: m.secret.apply,
              ...(m.ssh ? { public: { openssh: sshPublicLine(m.ssh), fingerprint: sshFingerprint(m.ssh) } } : {}),
            },
          ]
        : [],
    ),
    public: policy.public.flatMap((p) => {
      const content = input.publics?.get(p.name);
      return content ? [{ name: p.name, purpose: p.purpose, content: fromUtf8(content, p.name), apply: p.apply }] : [];
    }),
    report: { required: policy.report.required, ...(mac ? { mac_secret: mac.name } : {}), path: REPORT_PATH },
  };
  const bytes = writeManifest(value);
  if (bytes.length > MANIFEST_MAX) fail('limit', MANIFEST_POL, `${bytes.length} bytes`, `at most ${MANIFEST_MAX} bytes`);
  return { value, bytes };
};

const metaFiles = (input: BundleInput, list: readonly Made[], expected: Expected): BundleFile[] => [
  { path: 'meta/expected.json', bytes: writeExpected(expected) },
  { path: 'meta/policy.yaml', bytes: writePolicy(input.policy) },
  {
    path: HOST_KEYS,
    bytes: writeHostKeyList(
      input.hostKeys.map((k) => ({
        phkh: hex(k.phkh),
        serial: k.serial,
        not_before: instantText(k.notBefore),
        not_after: instantText(k.notAfter),
        verdict: k.verdict,
      })),
    ),
  },
  ...list.flatMap((m) =>
    m.secret && m.id
      ? [
          {
            path: `meta/secrets/${m.secret.name}.yaml`,
            bytes: utf8(infoYaml(kindRow(m.type as Secret['kind']), m.secret.name, m.id)),
          },
        ]
      : [],
  ),
];
