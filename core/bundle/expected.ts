/** What the tenant expects before the guest ever runs: order, tags, store hash, ids. Nothing in it is secret. Source: spec page "bundle", section 5. */
import * as z from 'zod';
import { secretStoreHash } from '../attestation/storehash.ts';
import { type Bytes, hex, unhex, utf8 } from '../bytes.ts';
import { readableJson } from '../canonical.ts';
import { hexOf, readJson } from '../schema.ts';
import { bundleIdSchema, imageTagsSchema } from './manifest.ts';

export const EXPECTED_FORMAT = 'sel-expected-outcome';
const EXPECTED_MAX = 256 * 1024;

const submitted = z.strictObject({
  file: z.string().max(128),
  tag: hexOf(16),
  type: z.string().max(32),
  name: z.string().max(64).optional(),
  id: hexOf(32).optional(),
  purpose: z.string().max(64).optional(),
  required: z.boolean().optional(),
  fingerprint: z.string().max(128).optional(),
});

export const expectedSchema = z.strictObject({
  format: z.literal(EXPECTED_FORMAT),
  version: z.literal(1),
  bundle: bundleIdSchema,
  image: imageTagsSchema,
  submission_order: z.array(submitted).min(2),
  store_hash: z.strictObject({ unlocked: hexOf(64), locked: hexOf(64) }),
  lock: z.boolean(),
  listed_ids: z.array(hexOf(32)),
  host_keys: z.array(z.strictObject({ phkh: hexOf(32), verified: z.boolean() })).min(1),
  manifest_sha256: hexOf(32).optional(),
  toc_pol_sha256: hexOf(32),
  policy_sha256: hexOf(32),
  extension_secret: z.enum(['random', 'cck-derived', 'none']),
  report: z.strictObject({
    required: z.boolean(),
    attestation: z.enum(['required', 'optional', 'none']),
    max_age: z.string().max(32),
    mac_secret: z.string().max(64).optional(),
  }),
  attestation_request_sha256: hexOf(32).optional(),
});
export type Expected = z.infer<typeof expectedSchema>;
export type Submitted = z.infer<typeof submitted>;

/** Both store hashes of a submission order. */
export const storeHashes = (tags: readonly Bytes[]): Expected['store_hash'] => ({
  unlocked: hex(secretStoreHash(tags, false)),
  locked: hex(secretStoreHash(tags, true)),
});

export const expectedTags = (e: Expected): Bytes[] => e.submission_order.map((s) => unhex(s.tag, 'expectation, tag', 16));
export const writeExpected = (e: Expected): Bytes => utf8(readableJson(e));
/** @throws empty, too-long, bad-encoding, unknown-field, missing-field, bad-value */
export const readExpected = (bytes: Bytes): Expected =>
  readJson(expectedSchema, bytes, 'expectation', EXPECTED_MAX, { show: true });
