/**
 * The content of a project file: canonical JSON without a single secret in it, and behind it the bytes of every binary field. In
 * the JSON a binary field is its place: { "at": offset, "size": bytes }. So a secret is never a string of the language, which
 * nobody could overwrite, and the JSON can be looked at. Source: docs/project-file.md.
 */
import * as z from 'zod';
import { expectedSchema } from '../bundle/expected.ts';
import { type Bytes, join, readU32, u32, utf8, wipe } from '../bytes.ts';
import { canonicalJson } from '../canonical.ts';
import { fail } from '../errors.ts';
import { fits, hexOf, instant, readJson, uuid } from '../schema.ts';
import { AUDIT_MAX, auditEntrySchema, FILE_ROLES, VALUE_SOURCES } from './audit.ts';

export const PROJECT_FORMAT = 'sel-project';
const WHAT = 'project';
/** Largest JSON part and largest content, in bytes. */
const TEXT_MAX = 32 * 1024 * 1024;
const FILE_MAX = 16 * 1024 * 1024;
const VALUE_MAX = 64 * 1024;
const KEY_MAX = 8192;
const LENGTH_SIZE = 4;

/** The binary part of a content that is written: one field after the other. */
class Writing {
  readonly #places = new Map<Bytes, number>();
  #size = 0;
  /** Keeps a reference, not a copy. The schema library may ask twice for one field: it gets the same place. */
  put(bytes: Bytes): { at: number; size: number } {
    let at = this.#places.get(bytes);
    if (at === undefined) {
      at = this.#size;
      this.#places.set(bytes, at);
      this.#size += bytes.length;
    }
    return { at, size: bytes.length };
  }
  bytes(): Bytes {
    return join(...this.#places.keys());
  }
}

/** The binary part of a content that is read. */
class Reading {
  readonly #data: Bytes;
  #end = 0;
  constructor(data: Bytes) {
    this.#data = data;
  }
  /** A copy; undefined when there is no such place. */
  take(at: number, size: number): Uint8Array<ArrayBuffer> | undefined {
    if (at + size > this.#data.length) return undefined;
    this.#end = Math.max(this.#end, at + size);
    return new Uint8Array(this.#data.subarray(at, at + size));
  }
  /** where the last field that was taken ends */
  get end(): number {
    return this.#end;
  }
}

/**
 * The part that is being written or read. The schema is made once, which is what takes time, and asks this; both jobs run to their
 * end before anything else does.
 */
const now: { writing?: Writing | undefined; reading?: Reading | undefined } = {};

const makeSchema = () => {
  const binary = (max: number) =>
    z.codec(
      z.strictObject({ at: z.number().int().min(0).max(0xffffffff), size: z.number().int().min(0).max(max) }),
      z.instanceof(Uint8Array),
      {
        decode: ({ at, size }, context) => {
          const bytes = now.reading?.take(at, size);
          if (bytes) return bytes;
          context.issues.push({ code: 'custom', input: { at, size }, message: 'a place in the binary part' });
          return z.NEVER;
        },
        encode: (bytes, context) => {
          if (bytes.length > max) context.issues.push({ code: 'custom', input: undefined, message: `at most ${max} bytes` });
          return now.writing?.put(bytes) ?? z.NEVER;
        },
      },
    );
  const name = z.string().min(1).max(255);
  const secretName = z.string().min(1).max(64);
  return z.strictObject({
    format: z.literal(PROJECT_FORMAT),
    version: z.literal(1),
    id: uuid,
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a name of letters, digits, dot, dash, underscore'),
    created: instant,
    /** when this state was saved, and how often the project was saved before, from 1 */
    saved: instant,
    generation: z.number().int().min(1),
    /** name of the guest that the next bundle is for */
    guest: z.string().max(64).optional(),
    /** files as they were chosen: host-key documents, certificates and CRLs as `host-keys`, the image or its header as `image` */
    files: z
      .array(
        z.strictObject({
          role: z.enum(FILE_ROLES),
          name,
          bytes: binary(FILE_MAX),
          /** of an image: the header was cut out of a larger file */
          cut: z.boolean().optional(),
        }),
      )
      .max(5000),
    /** host keys used without verification, by decision */
    accepted: z.array(z.strictObject({ phkh: hexOf(32), time: instant })).max(5000),
    /** root certificates that are trusted, by decision: SHA-256 of the certificate */
    roots: z.array(z.strictObject({ sha256: hexOf(32), time: instant })).max(100),
    /** the policy as its file had it */
    policy: z.strictObject({ file: name, text: z.string().max(256 * 1024) }).optional(),
    /** secret */
    values: z
      .array(
        z.strictObject({
          secret: secretName,
          value: binary(VALUE_MAX),
          source: z.enum(VALUE_SOURCES),
          /** strength in bits: its randomness when it was generated, else an estimate where the policy has a floor */
          bits: z.number().int().min(0).max(1_000_000).optional(),
        }),
      )
      .max(255),
    /** contents of the policy's public entries */
    publics: z.array(z.strictObject({ name: secretName, content: binary(VALUE_MAX) })).max(64),
    bundles: z
      .array(
        z.strictObject({
          expected: expectedSchema,
          /** secret; absent in a copy for review */
          extensionSecret: binary(KEY_MAX).optional(),
          /** secret: opens the attestation request of the bundle */
          attestationKey: binary(KEY_MAX).optional(),
          /** secret */
          reportKey: binary(KEY_MAX).optional(),
          /** where it was written to */
          savedTo: z.string().max(4096).optional(),
          /** its files, while it has not been handed over */
          files: z
            .array(z.strictObject({ path: name, bytes: binary(FILE_MAX) }))
            .max(4096)
            .optional(),
        }),
      )
      .max(10_000),
    /** questions asked after the hand-over */
    challenges: z
      .array(
        z.strictObject({
          bundle: uuid,
          id: uuid,
          asked: instant,
          nonce: binary(32),
          request_sha256: hexOf(32),
          /** secret: opens its attestation request; absent in a copy for review */
          attestationKey: binary(KEY_MAX).optional(),
        }),
      )
      .max(10_000),
    /** every guest that was seen */
    ledger: z.array(z.strictObject({ request: hexOf(32), cuid: hexOf(16), firstSeen: instant, report: hexOf(32) })).max(100_000),
    /** public keys of approvers, as lines of .pub files */
    trusted: z.array(z.string().max(1024)).max(100),
    /** files of approvals as they came, of either form */
    approvals: z.array(z.string().max(8192)).max(1000),
    audit: z.array(auditEntrySchema).max(AUDIT_MAX),
    /** hash of the last audit entry */
    audit_head: hexOf(32),
  });
};

const schema = makeSchema();

/** Everything of a project. Secret: `values`, and the keys in `bundles` and `challenges`. */
export type Project = z.output<typeof schema>;
export type ProjectFile = Project['files'][number];
export type ProjectValue = Project['values'][number];
export type ProjectBundle = Project['bundles'][number];
export type ProjectChallenge = Project['challenges'][number];

/** The JSON data that stands for a project, and its binary part. @throws what {@link fits} throws */
const encoded = (project: Project): { text: Bytes; data: Bytes } => {
  const area = new Writing();
  now.writing = area;
  let result: ReturnType<typeof z.safeEncode<typeof schema>>;
  try {
    result = z.safeEncode(schema, project);
  } finally {
    now.writing = undefined;
  }
  if (!result.success) {
    const issue = result.error.issues[0];
    return fail(
      'bad-value',
      [WHAT, issue?.path.map(String).join('.')].filter((t) => t).join(', '),
      'something else',
      issue?.message,
    );
  }
  const text = utf8(canonicalJson(result.data));
  if (text.length > TEXT_MAX) fail('limit', WHAT, `${text.length} bytes of JSON`, `at most ${TEXT_MAX} bytes`);
  return { text, data: area.bytes() };
};

/** The content of a file: length of the JSON, the JSON, the binary part. Secret: wipe after use. @throws bad-value, limit */
export const writeContent = (project: Project): Bytes => {
  const { text, data } = encoded(project);
  try {
    return join(u32(text.length), text, data);
  } finally {
    wipe(data);
  }
};

/**
 * Reads the content of a file; binary fields are copies. Nothing stands behind the last one.
 * @throws too-short, wrong-length, trailing-bytes, empty, too-long, bad-encoding, duplicate, unknown-field, missing-field, bad-value
 */
export const readContent = (content: Bytes): Project => {
  if (content.length < LENGTH_SIZE) fail('too-short', WHAT, `${content.length} bytes`, `${LENGTH_SIZE} bytes and more`);
  const size = readU32(content);
  if (size > content.length - LENGTH_SIZE)
    fail('wrong-length', `${WHAT}, JSON`, `${size} bytes`, `at most ${content.length - LENGTH_SIZE}`);
  const text = content.subarray(LENGTH_SIZE, LENGTH_SIZE + size);
  const data = content.subarray(LENGTH_SIZE + size);
  const area = new Reading(data);
  now.reading = area;
  let project: Project;
  try {
    project = readJson(schema, text, WHAT, TEXT_MAX);
  } finally {
    now.reading = undefined;
  }
  if (area.end !== data.length) fail('wrong-length', `${WHAT}, binary part`, `${data.length} bytes`, `${area.end} bytes`);
  return project;
};
