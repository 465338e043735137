/** An answered attestation request, and the one check that makes all of it believable: the measurement. Source: spec page "attestation". */
import { type Bytes, same, wipe } from '../bytes.ts';
import { fail, SelError } from '../errors.ts';
import type { ImageTags } from '../image/tags.ts';
import { CUID_SIZE } from '../request/asrcb.ts';
import { optionalPart, partOf, readExchange } from './exchange.ts';
import { type AdditionalData, MEASUREMENT_SIZE, measure, readAdditional, USER_DATA_MAX } from './measurement.ts';
import {
  type OpenedAttestationRequest,
  openAttestationRequest,
  type ParsedAttestationRequest,
  parseAttestationRequest,
} from './request.ts';

/** A response, taken apart. Reading it verifies nothing. */
export interface AttestationResponse {
  readonly request: ParsedAttestationRequest;
  /** 64 bytes */
  readonly measurement: Bytes;
  /** all additional data, as measured */
  readonly additionalBytes: Bytes;
  readonly additional: AdditionalData;
  /** 0 to 256 bytes */
  readonly userData: Bytes;
  /** configuration UID, 16 bytes */
  readonly cuid: Bytes;
}

const F = 'attestation response';

const exact = (bytes: Bytes, size: number, field: string): Bytes =>
  bytes.length === size ? bytes : fail('wrong-length', `${F}, ${field}`, `${bytes.length} bytes`, `${size} bytes`);

/**
 * Reads a response.
 * @throws everything of readExchange and parseAttestationRequest; missing-field for a request that was not answered yet;
 * wrong-length, too-long
 */
export const readResponse = (bytes: Bytes): AttestationResponse => {
  const x = readExchange(bytes);
  const request = parseAttestationRequest(x.request);
  const userData = optionalPart(x, 'user');
  if (userData.length > USER_DATA_MAX)
    fail('too-long', `${F}, user data`, `${userData.length} bytes`, `at most ${USER_DATA_MAX} bytes`);
  const additionalBytes = optionalPart(x, 'additional');
  return {
    request,
    measurement: exact(partOf(x, 'measurement'), MEASUREMENT_SIZE, 'measurement'),
    additionalBytes,
    additional: readAdditional(request.flags, additionalBytes),
    userData,
    cuid: exact(partOf(x, 'cuid'), CUID_SIZE, 'configuration UID'),
  };
};

/** What the arithmetic says: `foreign-request` when the protection key does not open the request in the response. */
export type Measured = 'verified' | 'foreign-request' | 'differs';

/**
 * Recomputes the measurement.
 * @param protectionKey what the tenant kept of the request, 32 bytes, secret @param image tags of the image that should answer
 * @throws wrong-length for a key of another size
 */
export const verifyMeasurement = (r: AttestationResponse, protectionKey: Bytes, image: ImageTags): Measured => {
  let opened: OpenedAttestationRequest;
  try {
    opened = openAttestationRequest(r.request, protectionKey);
  } catch (e) {
    if (e instanceof SelError && e.code === 'cannot-decrypt') return 'foreign-request';
    throw e;
  }
  const recomputed = measure(opened.measurementKey, {
    image,
    cuid: r.cuid,
    userData: r.userData,
    nonce: r.request.flags.includes('nonce') ? opened.nonce : undefined,
    additional: r.additionalBytes,
  });
  wipe(opened.measurementKey, opened.nonce);
  return same(recomputed, r.measurement) ? 'verified' : 'differs';
};
