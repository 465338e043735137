/** Answers attestation requests with Node's own HMAC: an independent second reading of the specification. */
import { createHash, createHmac } from 'node:crypto';
import { writeExchange } from '../../core/attestation/exchange.ts';
import { openAttestationRequest, parseAttestationRequest } from '../../core/attestation/request.ts';
import type { ImageTags } from '../../core/image/tags.ts';

export interface Answer {
  readonly image: ImageTags;
  readonly cuid: Uint8Array;
  readonly userData?: Uint8Array;
  readonly imageHostKey: Uint8Array;
  readonly attestationHostKey: Uint8Array;
  readonly tags?: readonly Uint8Array[];
  readonly locked?: boolean;
}

const u32 = (n: number): Buffer => {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(n);
  return b;
};

/** SHA-512 over the tags and the lock byte, by Node. */
export const storeHash = (tags: readonly Uint8Array[], locked: boolean): Buffer =>
  createHash('sha512')
    .update(Buffer.concat([...tags, Buffer.from([locked ? 1 : 0])]))
    .digest();

/** The exchange file of a response. @param key protection key of the request */
export const respond = (request: Uint8Array, key: Uint8Array, a: Answer): Uint8Array => {
  const parsed = parseAttestationRequest(request);
  const opened = openAttestationRequest(parsed, key);
  const has = (flag: (typeof parsed.flags)[number]) => parsed.flags.includes(flag);
  const additional = Buffer.concat([
    ...(has('image-host-key-hash') ? [a.imageHostKey] : []),
    ...(has('attestation-host-key-hash') ? [a.attestationHostKey] : []),
    ...(has('secret-store-hash') ? [storeHash(a.tags ?? [], a.locked ?? false)] : []),
    ...(has('firmware-state') ? [Buffer.alloc(320, 0xf1)] : []),
  ]);
  const user = Buffer.from(a.userData ?? []);
  const measurement = createHmac('sha512', opened.measurementKey)
    .update(a.image.pld)
    .update(a.image.ald)
    .update(a.image.tld)
    .update(a.image.tag)
    .update(a.cuid)
    .update(Buffer.from([user.length >> 8, user.length & 0xff, 0, 0]))
    .update(u32(additional.length))
    .update(user)
    .update(opened.nonce)
    .update(additional)
    .digest();
  return writeExchange({
    request,
    measurement: new Uint8Array(measurement),
    additional: additional.length === 0 ? undefined : new Uint8Array(additional),
    user: user.length === 0 ? undefined : new Uint8Array(user),
    cuid: a.cuid,
  });
};
