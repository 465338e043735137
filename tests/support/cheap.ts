/**
 * Requests by the hundred: one customer key and one key slot a host, so that P-521 is paid once. Only good for tests: a customer
 * key must never be used twice, and here all requests of a host share one.
 */
import { gcm } from '@noble/ciphers/aes.js';
import { hex } from '../../core/bytes.ts';
import { freshKeyPair, type KeyPair } from '../../core/crypto/p521.ts';
import type { ImageTags } from '../../core/image/tags.ts';
import { requestHeader, secretHeader } from '../../core/request/asrcb.ts';
import type { RequestInput } from '../../core/request/build.ts';
import { makeKeySlot } from '../../core/request/keyslot.ts';
import { kindRow } from '../../core/secret/kinds.ts';
import { seededEnv } from './env.ts';

const env = seededEnv('shared requests');
const customer = freshKeyPair(env);
const protectionKey = env.random(32);
const slots = new Map<string, Uint8Array>();

const slotOf = (host: KeyPair): Uint8Array => {
  const id = hex(host.publicKey);
  const slot = slots.get(id) ?? makeKeySlot(customer, host.publicKey, protectionKey);
  slots.set(id, slot);
  return slot;
};

/** A request for one host, as core's builder makes it but for the shared keys. */
export const sealRequest = (host: KeyPair, r: Omit<RequestInput, 'hostKeys'> & { readonly image: ImageTags }): Uint8Array => {
  const iv = env.random(12);
  const { secret } = r;
  const tail =
    secret.kind === 'meta'
      ? secretHeader.write({ type: 1, length: 0 })
      : new Uint8Array([
          ...secretHeader.write({ type: kindRow(secret.kind).type, length: secret.value.length }),
          ...(secret.id ?? new Uint8Array(32)),
        ]);
  const encryptedSize = secret.value.length + 32;
  const userData = new Uint8Array(512);
  userData.set(r.userData?.bytes ?? []);
  const head = requestHeader.write({
    magic: new TextEncoder().encode('asrcbM'),
    userDataKind: r.userData ? 1 : 0,
    version: 0x100,
    length: requestHeader.size + 80 + tail.length + encryptedSize + 16,
    iv,
    keySlots: 1,
    encryptedSize,
    flags: r.flags ?? 0n,
    ...{ pld: r.image.pld, ald: r.image.ald, tld: r.image.tld, tag: r.image.tag },
    cuid: r.cuid ?? new Uint8Array(16),
    userData,
    customerKey: customer.publicKey,
  });
  const aad = new Uint8Array([...head, ...slotOf(host), ...tail]);
  const plain = new Uint8Array([...secret.value, ...(r.extensionSecret ?? new Uint8Array(32))]);
  return new Uint8Array([...aad, ...gcm(protectionKey, iv, aad).encrypt(plain)]);
};
