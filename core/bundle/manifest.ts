/** manifest.pol: what the guest shall do with each secret; public, authenticated by the chain. Source: spec page "bundle", section 4. */
import * as z from 'zod';
import { type Bytes, utf8 } from '../bytes.ts';
import { readableJson } from '../canonical.ts';
import { applySchema } from '../policy/schema.ts';
import { hexOf, instant, readJson, uuid } from '../schema.ts';

export const MANIFEST_FORMAT = 'sel-personalization-manifest';
/** Largest manifest, in bytes. */
export const MANIFEST_MAX = 64 * 1024;

/** Name of a guest: it becomes part of file names and of a command for the operator. */
export const BUNDLE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const bundleIdSchema = z.strictObject({
  id: uuid,
  serial: z.number().int().min(1),
  created: instant,
  name: z.string().regex(BUNDLE_NAME, 'letters, digits, dot, dash and underscore'),
});
export type BundleId = z.infer<typeof bundleIdSchema>;

export const imageTagsSchema = z.strictObject({ tag: hexOf(16), pld: hexOf(64), ald: hexOf(64), tld: hexOf(64) });

export const manifestSchema = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  version: z.literal(1),
  bundle: bundleIdSchema,
  policy_sha256: hexOf(32),
  image: imageTagsSchema,
  lock: z.boolean(),
  secrets: z.array(
    z.strictObject({
      file: z.string().max(128),
      tag: hexOf(16),
      name: z.string().max(64),
      id: hexOf(32).optional(),
      type: z.string().max(32),
      purpose: z.string().max(64),
      required: z.boolean(),
      apply: applySchema,
      public: z
        .strictObject({ openssh: z.string().max(8192).optional(), fingerprint: z.string().max(128).optional() })
        .optional(),
    }),
  ),
  public: z.array(
    z.strictObject({ name: z.string().max(64), purpose: z.string().max(64), content: z.string().max(32768), apply: applySchema }),
  ),
  report: z.strictObject({ required: z.boolean(), mac_secret: z.string().max(64).optional(), path: z.string().max(255) }),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const writeManifest = (manifest: Manifest): Bytes => utf8(readableJson(manifest));
/** @throws empty, too-long, bad-encoding, unknown-field, missing-field, bad-value */
export const readManifest = (bytes: Bytes): Manifest =>
  readJson(manifestSchema, bytes, 'manifest.pol', MANIFEST_MAX, { show: true });
