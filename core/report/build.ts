/** Makes the report in the guest: body, attestation, MAC. Source: spec page "retrieval-report", section 4. */
import { type Bytes, base64, hex } from '../bytes.ts';
import { REPORT_FORMAT, type Report, type ReportBody, reportMac, reportUserData, writeReport } from './format.ts';

/** A question of the tenant: an attestation request (exchange file) and a nonce of 32 bytes that must come back. */
export interface Challenge {
  readonly id: string;
  readonly nonce: Bytes;
  readonly request: Bytes;
}

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

/** The finished report, as bytes of its file. */
export const buildReport = (input: ReportInput): Bytes => {
  const { body } = input;
  const response = input.attest?.(reportUserData(body, input.nonce, body.bundle.serial));
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
