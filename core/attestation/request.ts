/** The attestation request (ARCB): built by the tenant, opened by the UV, opened again at verification. Source: spec page "attestation". */
import { allZero, type Bytes, join, wipe } from '../bytes.ts';
import { IV_SIZE, KEY_SIZE, open, seal, TAG_SIZE } from '../crypto/gcm.ts';
import { decodePoint, type KeyAgreement, type KeyPair, plainAgreement } from '../crypto/p521.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { bit } from '../image/flags.ts';
import { bytesField, layout, u8Field, u32Field, u64Field, zeroField } from '../layout.ts';
import { HOST_KEYS_MAX, keySlot } from '../request/asrcb.ts';
import { makeKeySlots, openKeySlot } from '../request/keyslot.ts';

export const arcb = layout('attestation request', 'attestation', 224, [
  bytesField('magic', 8, 'zero'),
  u32Field('version', '0x00000100'),
  u32Field('length', 'RQL: length of the whole request in bytes, tag included'),
  bytesField('iv', 12, 'IV of the AES-256-GCM'),
  zeroField(11),
  u8Field('keySlots', 'NKS: number of key slots'),
  zeroField(4),
  u32Field('encryptedSize', 'SEA: bytes of the encrypted area, without tag'),
  u64Field('flags', 'attestation flags'),
  u32Field('algorithm', 'measurement algorithm, 1: HMAC-SHA-512'),
  zeroField(4),
  bytesField('customerKey', 160, 'customer public key: x then y, each left-padded to 80 bytes'),
]);

export const arcbSecret = layout('attestation request, encrypted area', 'attestation', 80, [
  bytesField('measurementKey', 64, 'key of the measurement'),
  bytesField('nonce', 16, 'nonce'),
]);

/** Flags by name and bit, counted from the most significant. */
export const ATTESTATION_FLAGS = [
  { bit: 1, name: 'nonce' },
  { bit: 2, name: 'image-host-key-hash' },
  { bit: 3, name: 'attestation-host-key-hash' },
  { bit: 4, name: 'secret-store-hash' },
  { bit: 5, name: 'firmware-state' },
] as const;
export type AttestationFlag = (typeof ATTESTATION_FLAGS)[number]['name'];

export const VERSION = 0x100;
export const HMAC_SHA_512 = 1;
const KNOWN = ATTESTATION_FLAGS.reduce((m, f) => m | bit(f.bit), 0n);

/** What must be new for each request, and what the tenant keeps: `protectionKey` opens it again. Secret but for the IV. */
export interface AttestationKeys {
  readonly customer: KeyPair;
  readonly protectionKey: Bytes;
  readonly iv: Bytes;
  readonly measurementKey: Bytes;
  readonly nonce: Bytes;
}

/** Overwrites what is secret. The protection key is what the tenant keeps: write it down first. */
export const wipeAttestationKeys = (keys: AttestationKeys): void =>
  wipe(keys.customer.privateKey, keys.protectionKey, keys.measurementKey, keys.nonce);

/** @param agreement how the curve is computed; noble's own way unless given */
export const freshAttestationKeys = (env: Env, agreement: KeyAgreement = plainAgreement): AttestationKeys => ({
  customer: agreement.freshKeyPair(env),
  protectionKey: env.random(KEY_SIZE),
  iv: env.random(IV_SIZE),
  measurementKey: env.random(64),
  nonce: env.random(16),
});

/** Bytes of a request for `hosts` hosts. */
export const attestationRequestSize = (hosts: number): number => arcb.size + keySlot.size * hosts + arcbSecret.size + TAG_SIZE;

/**
 * Builds a request. It always has a nonce, as the reference's do, whether that flag is among `flags` or not.
 * @throws no-host-key; limit for more than 255 host keys; wrong-length; not-on-curve
 */
export const buildAttestationRequest = (
  hostKeys: readonly Bytes[],
  flags: readonly AttestationFlag[],
  keys: AttestationKeys,
  agreement: KeyAgreement = plainAgreement,
): Bytes => {
  if (hostKeys.length === 0) fail('no-host-key', 'attestation request', 'no host key', 'at least one');
  if (hostKeys.length > HOST_KEYS_MAX) fail('limit', 'host keys', hostKeys.length, `at most ${HOST_KEYS_MAX}`);
  const slots = makeKeySlots(keys.customer, hostKeys, keys.protectionKey, agreement);
  return sealAttestationRequest(flags, join(...slots), keys);
};

/** The request around key slots that are made already. */
export const sealAttestationRequest = (flags: readonly AttestationFlag[], slots: Bytes, keys: AttestationKeys): Bytes => {
  const hosts = slots.length / keySlot.size;
  const aad = join(
    arcb.write({
      magic: new Uint8Array(8),
      version: VERSION,
      length: attestationRequestSize(hosts),
      iv: keys.iv,
      keySlots: hosts,
      encryptedSize: arcbSecret.size,
      flags: ATTESTATION_FLAGS.filter((f) => f.name === 'nonce' || flags.includes(f.name)).reduce((m, f) => m | bit(f.bit), 0n),
      algorithm: HMAC_SHA_512,
      customerKey: keys.customer.publicKey,
    }),
    slots,
  );
  const plain = arcbSecret.write({ measurementKey: keys.measurementKey, nonce: keys.nonce });
  const { cipher, tag } = seal(keys.protectionKey, keys.iv, aad, plain);
  wipe(plain);
  return join(aad, cipher, tag);
};

export interface ParsedAttestationRequest {
  readonly bytes: Bytes;
  readonly flags: readonly AttestationFlag[];
  /** all flags as they stand there */
  readonly flagBits: bigint;
  readonly unknownFlags: boolean;
  readonly algorithm: number;
  readonly iv: Bytes;
  readonly customerKey: Bytes;
  readonly hostKeyHashes: readonly Bytes[];
  readonly slots: Bytes;
  readonly aad: Bytes;
  readonly encrypted: Bytes;
  readonly tag: Bytes;
}

const F = 'attestation request';

/** Reads a request. @throws empty, too-short, trailing-bytes, wrong-magic, wrong-version, wrong-length, bad-value, not-on-curve */
export const parseAttestationRequest = (bytes: Bytes): ParsedAttestationRequest => {
  if (bytes.length === 0) fail('empty', F, '0 bytes', 'an attestation request');
  const h = arcb.read(bytes);
  if (!allZero(h.magic)) fail('wrong-magic', F, 'other first bytes', '8 zero bytes');
  if (h.version !== VERSION) fail('wrong-version', `${F}, version`, `0x${h.version.toString(16)}`, '0x100');
  if (h.length > bytes.length) fail('too-short', F, `${bytes.length} bytes`, `${h.length} bytes, as its length field says`);
  if (h.length < bytes.length) fail('trailing-bytes', F, `${bytes.length} bytes`, `${h.length} bytes, as its length field says`);
  if (h.keySlots === 0) fail('bad-value', `${F}, number of key slots`, 0, '1 to 255');
  if (h.encryptedSize !== arcbSecret.size)
    fail('wrong-length', `${F}, size of the encrypted area`, h.encryptedSize, arcbSecret.size);
  const whole = attestationRequestSize(h.keySlots);
  if (h.length !== whole) fail('wrong-length', `${F}, length field`, h.length, whole);
  if (h.algorithm !== HMAC_SHA_512) fail('bad-value', `${F}, measurement algorithm`, h.algorithm, HMAC_SHA_512);
  decodePoint(h.customerKey, `${F}, customer public key`);
  const slotsEnd = arcb.size + h.keySlots * keySlot.size;
  const slots = bytes.slice(arcb.size, slotsEnd);
  return {
    bytes,
    flags: ATTESTATION_FLAGS.filter((f) => (h.flags & bit(f.bit)) !== 0n).map((f) => f.name),
    flagBits: h.flags,
    unknownFlags: (h.flags & ~KNOWN) !== 0n,
    algorithm: h.algorithm,
    iv: h.iv,
    customerKey: h.customerKey,
    hostKeyHashes: Array.from({ length: h.keySlots }, (_, i) => keySlot.read(slots, i * keySlot.size).phkh),
    slots,
    aad: bytes.slice(0, slotsEnd),
    encrypted: bytes.slice(slotsEnd, slotsEnd + arcbSecret.size),
    tag: bytes.slice(h.length - TAG_SIZE),
  };
};

/** The secret half of a request. Wipe after use. */
export interface OpenedAttestationRequest {
  readonly measurementKey: Bytes;
  readonly nonce: Bytes;
}

/** Opens it with the protection key that the tenant kept. @throws cannot-decrypt */
export const openAttestationRequest = (r: ParsedAttestationRequest, protectionKey: Bytes): OpenedAttestationRequest => {
  const plain = open(protectionKey, r.iv, r.aad, r.encrypted, r.tag, F);
  const opened = arcbSecret.read(plain);
  wipe(plain);
  return opened;
};

/** Opens it as the firmware of a host does. @throws not-found, cannot-decrypt */
export const openAttestationRequestAt = (r: ParsedAttestationRequest, host: KeyPair): OpenedAttestationRequest => {
  const key = openKeySlot(r.slots, r.customerKey, host, F);
  try {
    return openAttestationRequest(r, key);
  } finally {
    wipe(key);
  }
};
