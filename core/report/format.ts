/** The retrieval report as a document. Source: spec page "retrieval-report", section 4. Unknown fields are refused: a leaking guest is noticed. */
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import * as z from 'zod';
import { type Bytes, join, u64, utf8 } from '../bytes.ts';
import { canonicalJson, readableJson } from '../canonical.ts';
import { hexOf, instant, readJson, returnCode, uuid } from '../schema.ts';

export const REPORT_FORMAT = 'sel-retrieval-report';
/** Largest report, in bytes. */
export const REPORT_MAX = 1024 * 1024;

/** What can have gone wrong in the guest: a closed list, so that no text of the guest's gets in. */
export const PROBLEM_CODES = [
  'RETRIEVE_FAILED',
  'UNLISTED_REQUEST',
  'APPLY_NOT_SUPPORTED',
  'APPLY_FILE',
  'APPLY_FILE_MODE',
  'APPLY_OWNER',
  'LOCK_FAILED',
  'ATTEST_FAILED',
  'NO_MANIFEST',
  'MANIFEST_NOT_AUTHENTICATED',
] as const;

const token = z.string().regex(/^[A-Za-z0-9 ._:+-]{1,64}$/, 'up to 64 letters, digits and . _ : + -');
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'a file name');
const secretName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'a secret name');

export const bodySchema = z.strictObject({
  phase: z.enum(['early', 'final']),
  bundle: z.strictObject({
    id: uuid,
    serial: z.number().int().min(1),
    manifest_sha256: hexOf(32),
    toc_pol_sha256: hexOf(32),
    policy_sha256: hexOf(32),
  }),
  challenge: z.strictObject({ mode: z.enum(['challenge', 'boot', 'none']), id: uuid.optional(), nonce: hexOf(32).optional() }),
  guest: z.strictObject({ boot_id: uuid, time: instant, kit: token, kernel: token, simulated: z.boolean() }),
  ebc: z.strictObject({
    exit_code: z.number().int().min(0).max(255),
    submitted: z.array(z.strictObject({ file: fileName, tag: hexOf(16), rc: returnCode })).max(4096),
  }),
  store: z.strictObject({
    locked: z.boolean(),
    total: z.number().int().min(0).max(0xffff),
    entries: z
      .array(
        z.strictObject({ index: z.number().int().min(0).max(0xffff), type: z.number().int().min(0).max(0xffff), id: hexOf(32) }),
      )
      .max(4096),
  }),
  secrets: z
    .array(
      z.strictObject({
        name: secretName,
        type: token,
        id: hexOf(32).optional(),
        submitted: z.boolean().optional(),
        retrieved: z.boolean().optional(),
        applied: z.boolean().optional(),
        public: z
          .strictObject({ fingerprint: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'a SHA-256 fingerprint') })
          .optional(),
      }),
    )
    .max(4096),
  root: z.strictObject({ cipher: token, label: token }).optional(),
  problems: z.array(z.strictObject({ code: z.enum(PROBLEM_CODES), secret: secretName.optional() })).max(256),
});
export type ReportBody = z.infer<typeof bodySchema>;

export const reportSchema = z.strictObject({
  format: z.literal(REPORT_FORMAT),
  version: z.literal(1),
  body: bodySchema,
  attestation: z.strictObject({ response: z.string().max(REPORT_MAX) }).optional(),
  mac: z.strictObject({ alg: z.literal('HMAC-SHA-512'), key: secretName, value: hexOf(64) }).optional(),
});
export type Report = z.infer<typeof reportSchema>;

export const writeReport = (report: Report): Bytes => utf8(readableJson(report));
/** @throws empty, too-long, bad-encoding, duplicate, unknown-field, missing-field, bad-value */
export const readReport = (bytes: Bytes): Report => readJson(reportSchema, bytes, 'retrieval report', REPORT_MAX);

/** SHA-512 of the canonical body: what user data and MAC are about. @returns 64 bytes */
export const bodyHash = (body: ReportBody): Bytes => sha512(utf8(canonicalJson(body)));

const PREFIX = utf8('SELRPT01');

/** Attestation user data of a report, 112 bytes. @param nonce 32 bytes, or absent: zeros @param serial of the bundle, 64 bits */
export const reportUserData = (body: ReportBody, nonce: Bytes | undefined, serial: number): Bytes =>
  join(PREFIX, bodyHash(body), nonce ?? new Uint8Array(32), u64(BigInt(serial)));

const MAC_LABEL = join(utf8('sel-report-mac-v1'), new Uint8Array([0]));

/** The MAC over body and attestation response. @param key value of the report-authentication secret @param response exchange file, or empty @returns 64 bytes */
export const reportMac = (key: Bytes, body: ReportBody, response: Bytes): Bytes =>
  hmac(sha512, key, join(MAC_LABEL, bodyHash(body), sha512(response)));
