/** What the ultravisor checks of an add-secret request, in order. */
import { allZero, type Bytes, same } from '../bytes.ts';
import { open, TAG_SIZE } from '../crypto/gcm.ts';
import type { KeyPair } from '../crypto/p521.ts';
import { type ImageTags, sameImage } from '../image/tags.ts';
import {
  EXTENSION_SECRET_SIZE,
  FLAG_DISABLE_DUMP,
  keySlot,
  MAGIC,
  REQUEST_MAX,
  requestHeader,
  SECRET_ID_SIZE,
  secretHeader,
  VERSION,
} from '../request/asrcb.ts';
import { deriveExtensionSecret } from '../request/extension.ts';
import { openKeySlot } from '../request/keyslot.ts';
import { kindOfType, PLAINTEXT_MAX } from '../secret/kinds.ts';
import { ADD_RC, RC_OK } from './codes.ts';

/** A request that opened: what it wants. Secret: `value` and `extension`. */
export interface CheckedRequest {
  readonly type: number;
  readonly length: number;
  readonly id: Bytes;
  readonly value: Bytes;
  readonly extension: Bytes;
  readonly tag: Bytes;
  readonly disableDump: boolean;
}

/** Version, size, key slots, flags, decryption (slot, tag, image tags), configuration UID. @returns what was found, or the return code */
export const checkRequest = (bytes: Bytes, host: KeyPair, image: ImageTags, cuid: Bytes): CheckedRequest | { rc: number } => {
  if (bytes.length < requestHeader.size || bytes.length > REQUEST_MAX) return { rc: ADD_RC.size };
  const h = requestHeader.read(bytes, 0, 'ignore');
  if (!same(h.magic, MAGIC) || h.version !== VERSION) return { rc: ADD_RC.version };
  const slotsEnd = requestHeader.size + h.keySlots * keySlot.size;
  const cryptStart = h.length - TAG_SIZE - h.encryptedSize;
  if (h.length !== bytes.length || h.encryptedSize < EXTENSION_SECRET_SIZE || cryptStart < slotsEnd + secretHeader.size)
    return { rc: ADD_RC.size };
  if (h.keySlots === 0) return { rc: ADD_RC.hostKeys };
  if ((h.flags & ~FLAG_DISABLE_DUMP) !== 0n) return { rc: ADD_RC.flags };
  let plain: Bytes;
  try {
    const key = openKeySlot(bytes.subarray(requestHeader.size, slotsEnd), h.customerKey, host, 'request');
    plain = open(
      key,
      h.iv,
      bytes.subarray(0, cryptStart),
      bytes.subarray(cryptStart, h.length - TAG_SIZE),
      bytes.subarray(h.length - TAG_SIZE),
      'request',
    );
  } catch {
    return { rc: ADD_RC.cannotDecrypt };
  }
  if (!sameImage({ pld: h.pld, ald: h.ald, tld: h.tld, tag: h.tag }, image)) return { rc: ADD_RC.cannotDecrypt };
  if (!allZero(h.cuid) && !same(h.cuid, cuid)) return { rc: ADD_RC.unableToAdd };
  const s = secretHeader.read(bytes, slotsEnd, 'ignore');
  const idStart = slotsEnd + secretHeader.size;
  return {
    type: s.type,
    length: s.length,
    id: bytes.slice(idStart, Math.min(cryptStart, idStart + SECRET_ID_SIZE)),
    value: plain.slice(0, plain.length - EXTENSION_SECRET_SIZE),
    extension: plain.slice(plain.length - EXTENSION_SECRET_SIZE),
    tag: bytes.slice(h.length - TAG_SIZE),
    disableDump: (h.flags & FLAG_DISABLE_DUMP) !== 0n,
  };
};

/** State of the store that the rest of the checks looks at. */
export interface StoreState {
  readonly retrievable: boolean;
  readonly listed: number;
  readonly limit: number;
  /** extension secret of the first accepted request */
  readonly extension: Bytes | undefined;
  /** set when the image demands an extension secret derived from the CCK */
  readonly cckExtension: { readonly cck: Bytes; readonly headerTag: Bytes } | undefined;
  readonly cckUpdate: boolean;
}

/** Type, length, extension secret, permission, room. @returns the return code */
export const judgeSecret = (r: CheckedRequest, store: StoreState): number => {
  const row = kindOfType(r.type);
  const early = row?.kind === 'meta' || row?.kind === 'association';
  if (row === undefined || (!early && !store.retrievable)) return ADD_RC.unsupportedSecret;
  const idSize = row.kind === 'meta' ? 0 : SECRET_ID_SIZE;
  const sizes: readonly number[] = row.stored === undefined ? row.sizes : [row.stored];
  const fits =
    row.kind === 'plaintext'
      ? r.length >= 16 && r.length % 16 === 0 && r.length <= Math.ceil((PLAINTEXT_MAX + 2) / 16) * 16
      : sizes.includes(r.length);
  if (!fits || r.value.length !== r.length || r.id.length !== idSize) return ADD_RC.secretLength;
  const expected = store.cckExtension
    ? deriveExtensionSecret(store.cckExtension.cck, store.cckExtension.headerTag)
    : (store.extension ?? r.extension);
  if (!same(expected, r.extension)) return ADD_RC.unableToAdd;
  if (row.kind === 'update-cck' && !store.cckUpdate) return ADD_RC.unableToAdd;
  return row.listed && store.listed >= store.limit ? ADD_RC.storeFull : RC_OK;
};
