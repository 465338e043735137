/**
 * Add-secret requests a second time, with Node's own crypto and nothing of core: written from spec page "asrcb" with offsets as numbers,
 * so that a slip in core's tables or in its use of noble shows.
 */
import { createCipheriv, createDecipheriv, createECDH, createHash, type ECDH, randomBytes } from 'node:crypto';

/** A secp521r1 key pair of Node. */
export const nodeKeyPair = (): ECDH => {
  const ecdh = createECDH('secp521r1');
  ecdh.generateKeys();
  return ecdh;
};

/** x then y, each in 80 bytes, of Node's uncompressed point (0x04, x, y in 66 bytes each). */
export const node160 = (point: Buffer): Buffer => {
  const out = Buffer.alloc(160);
  point.copy(out, 14, 1, 67);
  point.copy(out, 94, 67, 133);
  return out;
};
const uncompressed = (key: Buffer): Buffer => Buffer.concat([Buffer.from([4]), key.subarray(14, 80), key.subarray(94, 160)]);

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const p of parts) hash.update(p);
  return hash.digest();
};

const kek = (own: ECDH, other: Buffer): Buffer => {
  const z = own.computeSecret(uncompressed(other));
  const padded = Buffer.alloc(66);
  z.copy(padded, 66 - z.length);
  return sha256(padded, Buffer.from([0, 0, 0, 1]));
};

const gcmSeal = (key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plain: Uint8Array): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};
const gcmOpen = (key: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Buffer): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
};

export interface NodeInput {
  readonly hosts: readonly Buffer[];
  /** page, address, tweak list digest and header tag, 208 bytes together */
  readonly tags: Buffer;
  readonly type: number;
  readonly value: Buffer;
  /** 32 bytes, or nothing for meta */
  readonly id: Buffer;
  readonly extension: Buffer;
  readonly flags: bigint;
  readonly cuid: Buffer;
  readonly userDataKind: number;
  readonly userData: Buffer;
}

/** A request with fresh keys. */
export const nodeBuild = (input: NodeInput): Buffer => {
  const customer = nodeKeyPair();
  const key = randomBytes(32);
  const iv = randomBytes(12);
  const plain = Buffer.concat([input.value, input.extension]);
  const size = 0x4b8 + 80 * input.hosts.length + 16 + input.id.length;
  const aad = Buffer.alloc(size);
  aad.write('asrcbM', 0, 'ascii');
  aad.writeUInt16BE(input.userDataKind, 6);
  aad.writeUInt32BE(0x0100, 8);
  aad.writeUInt32BE(size + plain.length + 16, 0x0c);
  iv.copy(aad, 0x10);
  aad.writeUInt8(input.hosts.length, 0x27);
  aad.writeUInt32BE(plain.length, 0x2c);
  aad.writeBigUInt64BE(input.flags, 0x30);
  input.tags.copy(aad, 0x38);
  input.cuid.copy(aad, 0x108);
  input.userData.copy(aad, 0x218);
  node160(customer.getPublicKey()).copy(aad, 0x418);
  input.hosts.forEach((host, i) => {
    const at = 0x4b8 + 80 * i;
    sha256(host).copy(aad, at);
    gcmSeal(kek(customer, host), Buffer.alloc(12), Buffer.alloc(0), key).copy(aad, at + 32);
  });
  const header = 0x4b8 + 80 * input.hosts.length;
  aad.writeUInt16BE(input.type, header + 2);
  aad.writeUInt32BE(input.value.length, header + 4);
  input.id.copy(aad, header + 16);
  return Buffer.concat([aad, gcmSeal(key, iv, aad, plain)]);
};

export interface NodeOpened {
  readonly type: number;
  readonly id: Buffer;
  readonly value: Buffer;
  readonly extension: Buffer;
}

/** Opens a request with a host's key. Throws when anything does not fit. */
export const nodeOpen = (request: Uint8Array, host: ECDH): NodeOpened => {
  const b = Buffer.from(request);
  if (b.toString('ascii', 0, 6) !== 'asrcbM' || b.readUInt32BE(8) !== 0x0100 || b.readUInt32BE(0x0c) !== b.length)
    throw new Error('not a request');
  const slots = b.readUInt8(0x27);
  const wanted = sha256(node160(host.getPublicKey()));
  const slot = Array.from({ length: slots }, (_, i) => b.subarray(0x4b8 + 80 * i, 0x508 + 80 * i)).find((s) =>
    s.subarray(0, 32).equals(wanted),
  );
  if (slot === undefined) throw new Error('no slot for this host');
  const key = gcmOpen(kek(host, b.subarray(0x418, 0x4b8)), Buffer.alloc(12), Buffer.alloc(0), slot.subarray(32));
  const start = b.length - 16 - b.readUInt32BE(0x2c);
  const plain = gcmOpen(key, b.subarray(0x10, 0x1c), b.subarray(0, start), b.subarray(start));
  const header = 0x4b8 + 80 * slots;
  const length = b.readUInt32BE(header + 4);
  return {
    type: b.readUInt16BE(header + 2),
    id: b.subarray(header + 16, start),
    value: plain.subarray(0, length),
    extension: plain.subarray(length),
  };
};
