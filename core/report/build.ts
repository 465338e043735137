/** Makes the report in the guest: body, attestation, MAC. Source: spec page "retrieval-report", section 4. */
import * as z from 'zod';
import { type Bytes, base64, hex, unbase64, unhex, utf8 } from '../bytes.ts';
import { readableJson } from '../canonical.ts';
import { fail } from '../errors.ts';
import { hexOf, readJson, uuid } from '../schema.ts';
import { REPORT_FORMAT, type Report, type ReportBody, reportMac, reportUserData, writeReport } from './format.ts';

/** A question of the tenant: an attestation request (exchange file) and a nonce of 32 bytes that must come back. */
export interface Challenge {
  readonly id: string;
  readonly nonce: Bytes;
  readonly request: Bytes;
}

export const CHALLENGE_FORMAT = 'sel-report-challenge';
/** Largest challenge file, in bytes. */
export const CHALLENGE_MAX = 256 * 1024;

const challengeSchema = z.strictObject({
  format: z.literal(CHALLENGE_FORMAT),
  version: z.literal(1),
  id: uuid,
  nonce: hexOf(32),
  request: z.string().min(1).max(CHALLENGE_MAX),
});

/** A challenge as the file that goes to the guest. Nothing in it is secret. */
export const writeChallenge = (c: Challenge): Bytes =>
  utf8(readableJson({ format: CHALLENGE_FORMAT, version: 1, id: c.id, nonce: hex(c.nonce), request: base64(c.request) }));

/** @throws empty, too-long, bad-encoding, unknown-field, missing-field, bad-value */
export const readChallenge = (bytes: Bytes): Challenge => {
  const c = readJson(challengeSchema, bytes, 'challenge', CHALLENGE_MAX);
  const request = unbase64(c.request, 'challenge, request');
  if (request.length === 0) fail('empty', 'challenge, request', '0 bytes', 'an attestation request');
  return { id: c.id, nonce: unhex(c.nonce, 'challenge, nonce', 32), request };
};

/** Attests with the given user data. @returns the response as an exchange file, or undefined when the UV refused */
export type Attest = (userData: Bytes) => Bytes | undefined;

export interface ReportInput {
  readonly body: ReportBody;
  /** nonce of the challenge, 32 bytes */
  readonly nonce?: Bytes | undefined;
  readonly attest?: Attest | undefined;
  /** name and value of the report-authentication secret; the value is secret */
  readonly mac?: { readonly name: string; readonly key: Bytes } | undefined;
}

/** The finished report, as bytes of its file. A refused attestation becomes a problem in its body. */
export const buildReport = (input: ReportInput): Bytes => {
  const response = input.attest?.(reportUserData(input.body, input.nonce, input.body.bundle.serial));
  const refused = input.attest !== undefined && response === undefined;
  const body = refused ? { ...input.body, problems: [...input.body.problems, { code: 'ATTEST_FAILED' as const }] } : input.body;
  const report: Report = {
    format: REPORT_FORMAT,
    version: 1,
    body,
    ...(response ? { attestation: { response: base64(response) } } : {}),
    ...(input.mac
      ? {
          mac: {
            alg: 'HMAC-SHA-512',
            key: input.mac.name,
            value: hex(reportMac(input.mac.key, body, response ?? new Uint8Array(0))),
          },
        }
      : {}),
  };
  return writeReport(report);
};
