/** Builds the provisioning bundle: every request, toc.pol, toc.asr, and what goes with them. Source: spec page "bundle". */
import { sha256 } from '@noble/hashes/sha2.js';
import { writeExchange } from '../attestation/exchange.ts';
import { additionalSize, MEASUREMENT_SIZE } from '../attestation/measurement.ts';
import { type AttestationFlag, buildAttestationRequest, freshAttestationKeys } from '../attestation/request.ts';
import { type Bytes, hex, utf8, wipe } from '../bytes.ts';
import { readableJson } from '../canonical.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import type { ParsedHeader } from '../image/header.ts';
import { hexTags } from '../image/tags.ts';
import { policyHash, writePolicy } from '../policy/document.ts';
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
import { type BundleId, MANIFEST_FORMAT, MANIFEST_MAX, type Manifest, writeManifest } from './manifest.ts';
import { ATTEST_REQUEST, MANIFEST_ASR, MANIFEST_POL, requestFile, TOC_ASR, TOC_POL } from './names.ts';
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

const uuidFrom = (random: Bytes): string => {
  const b = random.slice();
  b[6] = ((b[6] as number) & 0x0f) | 0x40;
  b[8] = ((b[8] as number) & 0x3f) | 0x80;
  const h = hex(b);
  return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join('-');
};

const REPORT_PATH = '/var/lib/sel/retrieval-report.json';

/** One request of the set, as it will stand in toc.pol. */
interface Made {
  readonly file: string;
  readonly bytes: Bytes;
  readonly tag: Bytes;
  readonly type: string;
  readonly id?: Bytes | undefined;
  readonly secret?: PolicySecret | undefined;
}

/**
 * Builds a bundle request by request, so that the caller can show progress and stop.
 * Policy and values are checked by the caller first (checkPolicy, checkValue): this only refuses what cannot be built.
 * @throws no-host-key, limit, missing-value, bad-name, wrong-length, too-long, conflict
 */
export function* buildBundleSteps(input: BundleInput, env: Env): Generator<BuildStep, BuiltBundle> {
  const { policy, header } = input;
  const hosts = input.hostKeys.map((k) => k.publicKey);
  const { min, max } = policy['host-keys'];
  if (hosts.length < min || hosts.length > max)
    fail('limit', 'host keys', hosts.length, min === max ? min : `${min} to ${max}, as the policy says`);
  const id: BundleId = { id: uuidFrom(env.random(16)), serial: input.serial, created: instantText(env.now()), name: input.name };
  const secrets = submissionOrder(policy).filter((s) => s.required || input.values.has(s.name));
  const extension = extensionSecret(input, env);
  const total = secrets.length + (input.strict ? 1 : 2);
  let done = 0;

  const request = (secret: Secret, userData?: Bytes, flags = 0n): Bytes => {
    const keys = freshRequestKeys(env);
    const what: RequestInput = {
      hostKeys: hosts,
      image: header.image,
      secret,
      extensionSecret: extension,
      flags,
      userData: userData && { kind: 'unsigned', bytes: userData },
    };
    try {
      return buildRequest(what, keys);
    } finally {
      wipeRequestKeys(keys);
    }
  };
  const made = (file: string, bytes: Bytes, type: string, secret?: PolicySecret, secretId?: Bytes): Made => ({
    file,
    bytes,
    tag: bytes.slice(-16),
    type,
    id: secretId,
    secret,
  });
  const meta = makeSecret('meta', new Uint8Array(0), undefined, 'meta');

  const list: Made[] = [];
  for (const s of secrets) {
    const value = input.values.get(s.name) ?? fail('missing-value', s.name, 'no value', `a value of type ${s.type}`);
    const file = requestFile(s.name, s.purpose);
    if (list.some((m) => m.file.toLowerCase() === file.toLowerCase()))
      fail('conflict', 'request file', `${file} twice`, 'one secret a file');
    const secret = secretOf(s, value);
    list.push(made(file, request(secret), secret.kind, s, secret.id));
    wipe(secret.value);
    yield { file, done: ++done, total };
  }

  const files: BundleFile[] = [];
  let manifest: Manifest | undefined;
  let manifestBytes: Bytes | undefined;
  if (!input.strict) {
    manifest = makeManifest(id, input, list);
    manifestBytes = writeManifest(manifest);
    if (manifestBytes.length > MANIFEST_MAX)
      fail('limit', MANIFEST_POL, `${manifestBytes.length} bytes`, `at most ${MANIFEST_MAX} bytes`);
    const m = made(MANIFEST_ASR, request(meta, makeReference(MANIFEST_POL, manifestBytes)), 'meta');
    list.unshift(m);
    files.push({ path: `sics/${MANIFEST_POL}`, bytes: manifestBytes });
    yield { file: MANIFEST_ASR, done: ++done, total };
  }
  const tocPol = writeTocPol(list.map((m) => m.tag));
  const flags = policy.dump['disable-host-dump'] ? FLAG_DISABLE_DUMP : 0n;
  const toc = made(TOC_ASR, request(meta, makeReference(TOC_POL, tocPol), flags), 'meta');
  yield { file: TOC_ASR, done: ++done, total };

  const ordered = [toc, ...list];
  files.push({ path: `sics/${TOC_POL}`, bytes: tocPol }, ...ordered.map((m) => ({ path: `sics/${m.file}`, bytes: m.bytes })));

  let attestationKey: Bytes | undefined;
  let arcb: Bytes | undefined;
  if (!input.strict && policy.report.attestation !== 'none') {
    const keys = freshAttestationKeys(env);
    arcb = buildAttestationRequest(hosts, BUNDLE_ATTESTATION, keys);
    const file = writeExchange({
      request: arcb,
      measurement: { needed: MEASUREMENT_SIZE },
      additional: { needed: additionalSize(BUNDLE_ATTESTATION) },
      user: undefined,
      cuid: undefined,
    });
    attestationKey = keys.protectionKey.slice();
    wipe(keys.customer.privateKey, keys.protectionKey, keys.measurementKey, keys.nonce);
    files.push({ path: `sics/${ATTEST_REQUEST}`, bytes: file });
  }

  const reportSecret = policy.secrets.find((s) => s.purpose === 'report-authentication');
  const expected: Expected = {
    format: EXPECTED_FORMAT,
    version: 1,
    bundle: id,
    image: hexTags(header.image),
    submission_order: ordered.map(submitted),
    store_hash: storeHashes(ordered.map((m) => m.tag)),
    lock: policy.store.lock === 'after-personalization',
    listed_ids: ordered.flatMap((m) => (m.id ? [hex(m.id)] : [])),
    host_keys: input.hostKeys.map((k) => ({ phkh: hex(k.phkh), verified: k.verdict === 'verified' })),
    ...(manifestBytes ? { manifest_sha256: hex(sha256(manifestBytes)) } : {}),
    toc_pol_sha256: hex(sha256(tocPol)),
    policy_sha256: policyHash(policy),
    extension_secret: policy['extension-secret'],
    report: {
      required: policy.report.required,
      attestation: policy.report.attestation,
      max_age: policy.report['max-age'],
      ...(reportSecret && input.values.has(reportSecret.name) ? { mac_secret: reportSecret.name } : {}),
    },
    ...(arcb ? { attestation_request_sha256: hex(sha256(arcb)) } : {}),
  };
  files.push(...metaFiles(input, list, expected));
  if (input.handover) files.push({ path: 'HANDOVER.txt', bytes: utf8(input.handover(id, expected)) });
  files.push({ path: 'meta/index.json', bytes: indexOf(files, input.tool) });

  const reportKey = reportSecret && input.values.get(reportSecret.name);
  return {
    id,
    files,
    ...(manifest ? { manifest } : {}),
    expected,
    keys: {
      extensionSecret: extension,
      ...(attestationKey ? { attestationKey } : {}),
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

const submitted = (m: Made): Submitted => ({
  file: m.file,
  tag: hex(m.tag),
  type: m.type,
  ...(m.secret ? { name: m.secret.name, purpose: m.secret.purpose, required: m.secret.required } : {}),
  ...(m.id ? { id: hex(m.id) } : {}),
});

const makeManifest = (id: BundleId, input: BundleInput, list: readonly Made[]): Manifest => {
  const { policy } = input;
  const mac = policy.secrets.find((s) => s.purpose === 'report-authentication' && input.values.has(s.name));
  return {
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
            },
          ]
        : [],
    ),
    public: policy.public.flatMap((p) => {
      const content = input.publics?.get(p.name);
      return content ? [{ name: p.name, purpose: p.purpose, content: String.fromCharCode(...content), apply: p.apply }] : [];
    }),
    report: { required: policy.report.required, ...(mac ? { mac_secret: mac.name } : {}), path: REPORT_PATH },
  };
};

const metaFiles = (input: BundleInput, list: readonly Made[], expected: Expected): BundleFile[] => [
  { path: 'meta/expected.json', bytes: writeExpected(expected) },
  { path: 'meta/policy.yaml', bytes: writePolicy(input.policy) },
  {
    path: 'meta/host-keys.json',
    bytes: utf8(
      readableJson(
        input.hostKeys.map((k) => ({
          phkh: hex(k.phkh),
          serial: k.serial,
          not_before: instantText(k.notBefore),
          not_after: instantText(k.notAfter),
          verdict: k.verdict,
        })),
      ),
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

const indexOf = (files: readonly BundleFile[], tool: string): Bytes =>
  utf8(
    readableJson({
      format: 'sel-bundle-index',
      version: 1,
      tool,
      files: files
        .map((f) => ({ path: f.path, size: f.bytes.length, sha256: hex(sha256(f.bytes)) }))
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
    }),
  );
