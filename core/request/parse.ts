/** Reads add-secret requests: what everybody can see, and what only a host key opens. Source: spec page "asrcb". */
import { allZero, type Bytes, same, wipe } from '../bytes.ts';
import { open, TAG_SIZE } from '../crypto/gcm.ts';
import { decodePoint, type KeyPair } from '../crypto/p521.ts';
import { fail } from '../errors.ts';
import type { ImageTags } from '../image/tags.ts';
import { kindOfType, type SecretKind } from '../secret/kinds.ts';
import {
  EXTENSION_SECRET_SIZE,
  keySlot,
  MAGIC,
  REQUEST_MAX,
  requestHeader,
  SECRET_ID_SIZE,
  secretHeader,
  USER_DATA_KINDS,
  type UserDataKind,
  VERSION,
} from './asrcb.ts';
import { openKeySlot } from './keyslot.ts';
import { readUserData } from './userdata.ts';

/** Everything of a request that is not encrypted, and where the rest is. */
export interface ParsedRequest {
  readonly bytes: Bytes;
  readonly length: number;
  readonly iv: Bytes;
  readonly flags: bigint;
  readonly image: ImageTags;
  readonly cuid: Bytes;
  readonly userDataKind: UserDataKind;
  /** 512 bytes */
  readonly userData: Bytes;
  /** what the user put there, with the zeros behind: 0, 512, 256 or 128 bytes, by its kind */
  readonly message: Bytes;
  /** the signature over the request, when the kind has one; not verified by reading it */
  readonly signature?: Bytes;
  /** 160 bytes */
  readonly customerKey: Bytes;
  readonly hostKeyHashes: readonly Bytes[];
  /** the key slots as they stand, 80 bytes each */
  readonly slots: Bytes;
  readonly kind: SecretKind;
  /** secret type, as a number */
  readonly type: number;
  /** bytes of the secret value, as stored */
  readonly secretLength: number;
  readonly id?: Bytes;
  /** authenticated data: everything before the encrypted area */
  readonly aad: Bytes;
  readonly encrypted: Bytes;
  /** GCM tag, 16 bytes: what toc.pol and the secret-store hash list */
  readonly tag: Bytes;
}

const F = 'add-secret request';

/**
 * Reads a request. Strict: one request and not a byte more.
 * @throws empty, wrong-magic, wrong-version, too-short, too-long, wrong-length, trailing-bytes, bad-value, not-on-curve
 */
export const parseRequest = (bytes: Bytes): ParsedRequest => {
  if (bytes.length === 0) fail('empty', F, '0 bytes', 'an add-secret request');
  if (bytes.length > REQUEST_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${REQUEST_MAX} bytes`);
  if (!same(bytes.subarray(0, MAGIC.length), MAGIC)) fail('wrong-magic', F, 'other first bytes', '"asrcbM"');
  const h = requestHeader.read(bytes);
  if (h.version !== VERSION) fail('wrong-version', `${F}, version`, `0x${h.version.toString(16)}`, '0x100');
  const userDataKind = USER_DATA_KINDS[h.userDataKind] ?? fail('bad-value', `${F}, user-data kind`, h.userDataKind, '0 to 4');
  if (h.length > bytes.length) fail('too-short', F, `${bytes.length} bytes`, `${h.length} bytes, as its length field says`);
  if (h.length < bytes.length) fail('trailing-bytes', F, `${bytes.length} bytes`, `${h.length} bytes, as its length field says`);
  if (h.keySlots === 0) fail('bad-value', `${F}, number of key slots`, 0, '1 to 255');
  const { message, signature } = readUserData(userDataKind, h.userData);
  decodePoint(h.customerKey, `${F}, customer public key`);

  const slotsEnd = requestHeader.size + h.keySlots * keySlot.size;
  const cryptStart = h.length - TAG_SIZE - h.encryptedSize;
  if (cryptStart < slotsEnd + secretHeader.size)
    fail(
      'wrong-length',
      `${F}, size of the encrypted area`,
      h.encryptedSize,
      `at most ${h.length - TAG_SIZE - slotsEnd - secretHeader.size}`,
    );
  const s = secretHeader.read(bytes, slotsEnd);
  const row = kindOfType(s.type) ?? fail('bad-value', `${F}, secret type`, `0x${s.type.toString(16)}`, 'a type of the reference');
  if (s.length + EXTENSION_SECRET_SIZE !== h.encryptedSize)
    fail('wrong-length', `${F}, secret length`, s.length, h.encryptedSize - EXTENSION_SECRET_SIZE);
  const idSize = row.kind === 'meta' ? 0 : SECRET_ID_SIZE;
  if (slotsEnd + secretHeader.size + idSize !== cryptStart)
    fail('wrong-length', `${F}, secret header`, `${cryptStart - slotsEnd} bytes`, `${secretHeader.size + idSize} bytes`);
  const idBytes = bytes.slice(cryptStart - idSize, cryptStart);
  if (!row.listed && !allZero(idBytes)) fail('bad-value', `${F}, secret id`, 'an id', `zeros for ${row.kind}`);

  const slots = bytes.slice(requestHeader.size, slotsEnd);
  return {
    bytes,
    length: h.length,
    iv: h.iv,
    flags: h.flags,
    image: { pld: h.pld, ald: h.ald, tld: h.tld, tag: h.tag },
    cuid: h.cuid,
    userDataKind,
    userData: h.userData,
    message,
    ...(signature ? { signature } : {}),
    customerKey: h.customerKey,
    hostKeyHashes: Array.from({ length: h.keySlots }, (_, i) => keySlot.read(slots, i * keySlot.size).phkh),
    slots,
    kind: row.kind,
    type: s.type,
    secretLength: s.length,
    ...(row.listed ? { id: idBytes } : {}),
    aad: bytes.slice(0, cryptStart),
    encrypted: bytes.slice(cryptStart, h.length - TAG_SIZE),
    tag: bytes.slice(h.length - TAG_SIZE),
  };
};

/** What a host finds inside. Secret: wipe after use. */
export interface OpenedRequest {
  readonly value: Bytes;
  readonly extensionSecret: Bytes;
}

/**
 * Opens a request as the firmware of one host does.
 * @throws not-found (no slot for this host), cannot-decrypt (slot or request altered)
 */
export const openRequest = (request: ParsedRequest, host: KeyPair): OpenedRequest => {
  const key = openKeySlot(request.slots, request.customerKey, host, F);
  try {
    const plain = open(key, request.iv, request.aad, request.encrypted, request.tag, F);
    const opened = { value: plain.slice(0, request.secretLength), extensionSecret: plain.slice(request.secretLength) };
    wipe(plain);
    return opened;
  } finally {
    wipe(key);
  }
};
