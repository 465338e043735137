/** meta/host-keys.json: for which machines a bundle was made. Authenticates nothing: it is for people. Spec page "bundle", section 2. */
import * as z from 'zod';
import { type Bytes, utf8 } from '../bytes.ts';
import { readableJson } from '../canonical.ts';
import { hexOf, instant, readJson } from '../schema.ts';

export const HOST_KEYS = 'meta/host-keys.json';
const HOST_KEYS_MAX = 256 * 1024;

const schema = z
  .array(
    z.strictObject({
      phkh: hexOf(32),
      serial: z.string().max(128),
      not_before: instant,
      not_after: instant,
      verdict: z.enum(['verified', 'not-verified']),
    }),
  )
  .max(255);
export type HostKeyList = z.infer<typeof schema>;

export const writeHostKeyList = (list: HostKeyList): Bytes => utf8(readableJson(list));

/** @throws empty, too-long, bad-encoding, duplicate, unknown-field, missing-field, bad-value */
export const readHostKeyList = (bytes: Bytes): HostKeyList => readJson(schema, bytes, HOST_KEYS, HOST_KEYS_MAX, { show: true });
