/** meta/index.json: what the bundle consisted of when it was made. Authenticates nothing: it shows what was lost on the way. */
import { sha256 } from '@noble/hashes/sha2.js';
import * as z from 'zod';
import { type Bytes, hex, utf8 } from '../bytes.ts';
import { readableJson } from '../canonical.ts';
import { hexOf, readJson } from '../schema.ts';

export const INDEX = 'meta/index.json';
const INDEX_MAX = 1024 * 1024;

const indexSchema = z.strictObject({
  format: z.literal('sel-bundle-index'),
  version: z.literal(1),
  tool: z.string().max(128),
  files: z
    .array(z.strictObject({ path: z.string().min(1).max(255), size: z.number().int().min(0), sha256: hexOf(32) }))
    .max(4096),
});
export type BundleIndex = z.infer<typeof indexSchema>;

/** Lists every file but itself. @param tool name and version of the program */
export const writeIndex = (files: readonly { readonly path: string; readonly bytes: Bytes }[], tool: string): Bytes => {
  const index: BundleIndex = {
    format: 'sel-bundle-index',
    version: 1,
    tool,
    files: files
      .map((f) => ({ path: f.path, size: f.bytes.length, sha256: hex(sha256(f.bytes)) }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  return utf8(readableJson(index));
};

/** @throws empty, too-long, bad-encoding, duplicate, unknown-field, missing-field, bad-value */
export const readIndex = (bytes: Bytes): BundleIndex => readJson(indexSchema, bytes, INDEX, INDEX_MAX, { show: true });
