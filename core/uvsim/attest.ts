/**
 * Attestation by the simulated ultravisor. Source: spec pages "attestation", "secrets" (return codes). The order of the checks
 * is ours: user data, version, length, key slots, encrypted size, flags, algorithm, decryption, buffers.
 */
import { additionalSize, MEASUREMENT_SIZE, measure, USER_DATA_MAX, writeAdditional } from '../attestation/measurement.ts';
import { ATTESTATION_FLAGS, type AttestationFlag, arcb, arcbSecret, HMAC_SHA_512, VERSION } from '../attestation/request.ts';
import { secretStoreHash } from '../attestation/storehash.ts';
import { allZero, type Bytes, utf8, wipe } from '../bytes.ts';
import { open, TAG_SIZE } from '../crypto/gcm.ts';
import { type KeyPair, publicKeyHash } from '../crypto/p521.ts';
import { SelError } from '../errors.ts';
import { bit } from '../image/flags.ts';
import type { ImageTags } from '../image/tags.ts';
import { keySlot } from '../request/asrcb.ts';
import type { OpenSlot } from './add.ts';
import { ATTEST_RC, RC_OK } from './codes.ts';

/** What attestation looks at. */
export interface AttestState {
  readonly keys: KeyPair;
  readonly image: ImageTags;
  readonly cuid: Bytes;
  readonly imageHostKeyHash: Bytes;
  readonly tags: readonly Bytes[];
  readonly locked: boolean;
  /** flags this machine answers to */
  readonly known: readonly AttestationFlag[];
  readonly openSlot: OpenSlot;
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

/** The real content is firmware's; here it says what it is. */
const SIMULATED_FIRMWARE = (() => {
  const out = new Uint8Array(320);
  out.set(utf8('simulated ultravisor: no firmware state'));
  return out;
})();

/** The secret half of a request: measurement key and nonce. Wipe after use. */
const openSecret = (bytes: Bytes, iv: Bytes, customerKey: Bytes, slotsEnd: number, state: AttestState) => {
  let key: Bytes | undefined;
  try {
    key = state.openSlot(bytes.subarray(arcb.size, slotsEnd), customerKey, state.keys, 'attestation request');
    const end = slotsEnd + arcbSecret.size;
    const plain = open(key, iv, bytes.subarray(0, slotsEnd), bytes.subarray(slotsEnd, end), bytes.subarray(end), 'request');
    const secret = arcbSecret.read(plain);
    wipe(plain);
    return secret;
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  } finally {
    wipe(key);
  }
};

/** Retrieve Attestation Measurement. @param bytes the request @param userData 0 to 256 bytes @param buffers absent: large enough */
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
  const slotsEnd = arcb.size + h.keySlots * keySlot.size;
  if (h.length !== slotsEnd + arcbSecret.size + TAG_SIZE) return refuse(ATTEST_RC.length);
  const known = ATTESTATION_FLAGS.filter((f) => state.known.includes(f.name)).reduce((m, f) => m | bit(f.bit), 0n);
  if ((h.flags & ~known) !== 0n || (h.flags & bit(1)) === 0n) return refuse(ATTEST_RC.flags);
  if (h.algorithm !== HMAC_SHA_512) return refuse(ATTEST_RC.algorithm);
  const opened = openSecret(bytes, h.iv, h.customerKey, slotsEnd, state);
  if (opened === undefined) return refuse(ATTEST_RC.cannotDecrypt);
  const flags = ATTESTATION_FLAGS.filter((f) => (h.flags & bit(f.bit)) !== 0n).map((f) => f.name);
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
