/** Attestation by the simulated ultravisor. Source: spec pages "attestation", "secrets" (return codes). */
import { additionalSize, MEASUREMENT_SIZE, measure, USER_DATA_MAX, writeAdditional } from '../attestation/measurement.ts';
import {
  ATTESTATION_FLAGS,
  arcb,
  arcbSecret,
  HMAC_SHA_512,
  type OpenedAttestationRequest,
  openAttestationRequestAt,
  parseAttestationRequest,
  VERSION,
} from '../attestation/request.ts';
import { secretStoreHash } from '../attestation/storehash.ts';
import { allZero, type Bytes, utf8, wipe } from '../bytes.ts';
import { TAG_SIZE } from '../crypto/gcm.ts';
import { type KeyPair, publicKeyHash } from '../crypto/p521.ts';
import { bit } from '../image/flags.ts';
import type { ImageTags } from '../image/tags.ts';
import { keySlot } from '../request/asrcb.ts';
import { ATTEST_RC, RC_OK } from './codes.ts';

/** What attestation looks at. */
export interface AttestState {
  readonly keys: KeyPair;
  readonly image: ImageTags;
  readonly cuid: Bytes;
  readonly imageHostKeyHash: Bytes;
  readonly tags: readonly Bytes[];
  readonly locked: boolean;
}

export interface AttestAnswer {
  readonly rc: number;
  /** 64 bytes, or empty when rc is not RC_OK */
  readonly measurement: Bytes;
  readonly additional: Bytes;
  readonly cuid: Bytes;
}

/** Buffers the caller offers, in bytes. */
export interface AttestBuffers {
  readonly measurement: number;
  readonly additional: number;
}

const KNOWN = ATTESTATION_FLAGS.reduce((m, f) => m | bit(f.bit), 0n);

/** The real content is firmware's; here it says what it is. */
const SIMULATED_FIRMWARE = (() => {
  const out = new Uint8Array(320);
  out.set(utf8('simulated ultravisor: no firmware state'));
  return out;
})();

export const attest = (bytes: Bytes, userData: Bytes, state: AttestState, buffers?: AttestBuffers): AttestAnswer => {
  const refuse = (rc: number): AttestAnswer => ({
    rc,
    measurement: new Uint8Array(0),
    additional: new Uint8Array(0),
    cuid: state.cuid,
  });
  if (userData.length > USER_DATA_MAX) return refuse(ATTEST_RC.userDataTooLong);
  if (bytes.length < arcb.size) return refuse(ATTEST_RC.length);
  const h = arcb.read(bytes, 0, 'ignore');
  if (!allZero(h.magic) || h.version !== VERSION) return refuse(ATTEST_RC.version);
  if (h.length !== bytes.length) return refuse(ATTEST_RC.length);
  if (h.keySlots === 0) return refuse(ATTEST_RC.keySlots);
  if (h.encryptedSize !== arcbSecret.size) return refuse(ATTEST_RC.encryptedSize);
  if (h.length !== arcb.size + h.keySlots * keySlot.size + arcbSecret.size + TAG_SIZE) return refuse(ATTEST_RC.length);
  if ((h.flags & ~KNOWN) !== 0n || (h.flags & bit(1)) === 0n) return refuse(ATTEST_RC.flags);
  if (h.algorithm !== HMAC_SHA_512) return refuse(ATTEST_RC.algorithm);
  let opened: OpenedAttestationRequest;
  let flags: ReturnType<typeof parseAttestationRequest>['flags'];
  try {
    const parsed = parseAttestationRequest(bytes);
    flags = parsed.flags;
    opened = openAttestationRequestAt(parsed, state.keys);
  } catch {
    return refuse(ATTEST_RC.cannotDecrypt);
  }
  if (buffers && buffers.measurement < MEASUREMENT_SIZE) return refuse(ATTEST_RC.measurementBufferTooSmall);
  if (buffers && buffers.additional < additionalSize(flags)) return refuse(ATTEST_RC.additionalBufferTooSmall);
  const additional = writeAdditional(flags, {
    'image-host-key-hash': state.imageHostKeyHash,
    'attestation-host-key-hash': publicKeyHash(state.keys.publicKey),
    'secret-store-hash': secretStoreHash(state.tags, state.locked),
    'firmware-state': SIMULATED_FIRMWARE,
  });
  const measurement = measure(opened.measurementKey, {
    image: state.image,
    cuid: state.cuid,
    userData,
    nonce: opened.nonce,
    additional,
  });
  wipe(opened.measurementKey, opened.nonce);
  return { rc: RC_OK, measurement, additional, cuid: state.cuid };
};
