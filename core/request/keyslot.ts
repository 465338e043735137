/** Key slots: one protection key, wrapped once for each host. The same in requests, attestation requests and SE headers. */
import { type Bytes, same, wipe } from '../bytes.ts';
import { open, seal } from '../crypto/gcm.ts';
import { type KeyAgreement, type KeyPair, plainAgreement, publicKeyHash, sharedKek } from '../crypto/p521.ts';
import { fail } from '../errors.ts';
import { keySlot } from './asrcb.ts';

// Safe only because the key it goes with is used once: a customer key pair is never used again (spec page "asrcb", step 2).
const ZERO_IV = new Uint8Array(12);
const NO_AAD = new Uint8Array(0);

/**
 * The slots of several hosts, 80 bytes each, in their order.
 * @param customer the one-time key pair of this request @param hostKeys 160 bytes each @param protectionKey 32 bytes, secret
 * @param agreement how the curve is computed; noble's own way unless given
 * @throws not-on-curve for a bad host key
 */
export const makeKeySlots = (
  customer: KeyPair,
  hostKeys: readonly Bytes[],
  protectionKey: Bytes,
  agreement: KeyAgreement = plainAgreement,
): Bytes[] => {
  const keks = agreement.sharedKeks(customer.privateKey, hostKeys, 'host key');
  try {
    return keks.map((kek, i) => {
      const { cipher, tag } = seal(kek, ZERO_IV, NO_AAD, protectionKey);
      return keySlot.write({ phkh: publicKeyHash(hostKeys[i] as Bytes), wrapped: cipher, tag });
    });
  } finally {
    wipe(...keks);
  }
};

/** The slot of one host. @throws not-on-curve for a bad host key */
export const makeKeySlot = (customer: KeyPair, hostKey: Bytes, protectionKey: Bytes): Bytes =>
  makeKeySlots(customer, [hostKey], protectionKey)[0] as Bytes;

/** Number of the slot made for this host key, or -1. */
export const findKeySlot = (slots: Bytes, hostKey: Bytes): number => {
  const phkh = publicKeyHash(hostKey);
  for (let i = 0; i * keySlot.size < slots.length; i++)
    if (same(slots.subarray(i * keySlot.size, i * keySlot.size + 32), phkh)) return i;
  return -1;
};

/**
 * What a host's firmware does: finds its slot and unwraps the protection key.
 * @returns 32 bytes, secret @throws not-found when no slot is for this host, cannot-decrypt when the slot was altered
 */
export const openKeySlot = (slots: Bytes, customerKey: Bytes, host: KeyPair, field: string): Bytes => {
  const i = findKeySlot(slots, host.publicKey);
  if (i < 0) fail('not-found', `${field}, key slot`, 'none for this host key', 'a slot with its hash');
  const slot = keySlot.read(slots, i * keySlot.size);
  const kek = sharedKek(host.privateKey, customerKey, `${field}, customer public key`);
  try {
    return open(kek, ZERO_IV, NO_AAD, slot.wrapped, slot.tag, `${field}, key slot ${i}`);
  } finally {
    wipe(kek);
  }
};
