/**
 * What the ultravisor checks of an add-secret request, in order. The order is that of spec page "secrets" (last line), which
 * says itself that it is unsure on real firmware. Where it does not decide:
 * - The call gets an address, not a size (kernel, uvdevice): the request's own length field says where it ends. What lies behind
 *   is never seen; what is missing is other memory, here zeros, and then nothing decrypts.
 * - A configuration UID stands there inside "decrypt", while the return codes of the same page (and rule B13) give it
 *   "unable to add", 0x010c. So it is looked at in that place and answered with that code.
 * - A wrong magic has no code of its own: it counts as an unknown version. The tools look at the magic before they ask.
 */
import { allZero, type Bytes, padRight, readU32, same, wipe } from '../bytes.ts';
import { open, TAG_SIZE } from '../crypto/gcm.ts';
import type { KeyPair } from '../crypto/p521.ts';
import { SelError } from '../errors.ts';
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
import type { openKeySlot } from '../request/keyslot.ts';
import { type KindRow, kindOfType, PLAINTEXT_MAX } from '../secret/kinds.ts';
import { ADD_RC, RC_OK } from './codes.ts';
import { supportsType, type UvProfile } from './profile.ts';

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

/** How a key slot is unwrapped: the way of the formats, or one that remembers, where many requests of one kind are opened. */
export type OpenSlot = typeof openKeySlot;

/** Whose request it must be. */
export interface Target {
  readonly host: KeyPair;
  readonly image: ImageTags;
  /** configuration UID of the guest, 16 bytes */
  readonly cuid: Bytes;
  readonly openSlot: OpenSlot;
}

const VERSION_AT = requestHeader.offset('version');
const LENGTH_AT = requestHeader.offset('length');
const LARGEST_PLAINTEXT = Math.ceil((PLAINTEXT_MAX + 2) / 16) * 16;

/** Version, size, key slots, flags, decryption (slot, tag, image tags, configuration UID). @returns what was found, or the return code */
export const checkRequest = (memory: Bytes, target: Target): CheckedRequest | { rc: number } => {
  if (memory.length < LENGTH_AT + 4) return { rc: ADD_RC.size };
  if (!same(memory.subarray(0, MAGIC.length), MAGIC) || readU32(memory, VERSION_AT) !== VERSION) return { rc: ADD_RC.version };
  const length = readU32(memory, LENGTH_AT);
  if (length < requestHeader.size || length > REQUEST_MAX) return { rc: ADD_RC.size };
  const bytes = memory.length < length ? padRight(memory, length, 'request') : memory.subarray(0, length);
  const h = requestHeader.read(bytes, 0, 'ignore');
  const slotsEnd = requestHeader.size + h.keySlots * keySlot.size;
  const cryptStart = length - TAG_SIZE - h.encryptedSize;
  if (h.encryptedSize < EXTENSION_SECRET_SIZE || cryptStart < slotsEnd + secretHeader.size) return { rc: ADD_RC.size };
  if (h.keySlots === 0) return { rc: ADD_RC.hostKeys };
  if ((h.flags & ~FLAG_DISABLE_DUMP) !== 0n) return { rc: ADD_RC.flags };
  const plain = decrypt(bytes, h.customerKey, h.iv, slotsEnd, cryptStart, target);
  if (plain === undefined) return { rc: ADD_RC.cannotDecrypt };
  const fits = sameImage({ pld: h.pld, ald: h.ald, tld: h.tld, tag: h.tag }, target.image);
  if (!fits || !(allZero(h.cuid) || same(h.cuid, target.cuid))) {
    wipe(plain);
    return { rc: fits ? ADD_RC.unableToAdd : ADD_RC.cannotDecrypt };
  }
  const s = secretHeader.read(bytes, slotsEnd, 'ignore');
  const idStart = slotsEnd + secretHeader.size;
  const checked = {
    type: s.type,
    length: s.length,
    id: bytes.slice(idStart, Math.min(cryptStart, idStart + SECRET_ID_SIZE)),
    value: plain.slice(0, plain.length - EXTENSION_SECRET_SIZE),
    extension: plain.slice(plain.length - EXTENSION_SECRET_SIZE),
    tag: bytes.slice(length - TAG_SIZE),
    disableDump: (h.flags & FLAG_DISABLE_DUMP) !== 0n,
  };
  wipe(plain);
  return checked;
};

/** Slot and tag; undefined for a wrong machine, an altered slot and an altered request alike. */
const decrypt = (
  bytes: Bytes,
  customer: Bytes,
  iv: Bytes,
  slotsEnd: number,
  cryptStart: number,
  t: Target,
): Bytes | undefined => {
  let key: Bytes | undefined;
  try {
    key = t.openSlot(bytes.subarray(requestHeader.size, slotsEnd), customer, t.host, 'request');
    const end = bytes.length - TAG_SIZE;
    return open(key, iv, bytes.subarray(0, cryptStart), bytes.subarray(cryptStart, end), bytes.subarray(end), 'request');
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  } finally {
    wipe(key);
  }
};

/** State of the store that the rest of the checks looks at. */
export interface StoreState {
  readonly profile: UvProfile;
  /** secrets stored: association, and retrievable */
  readonly stored: { readonly association: number; readonly retrievable: number };
  /** extension secret of the first accepted request */
  readonly extension: Bytes | undefined;
  /** set when the image demands an extension secret derived from the CCK */
  readonly cckExtension: { readonly cck: Bytes; readonly headerTag: Bytes } | undefined;
  readonly cckUpdate: boolean;
}

/** Type, length, extension secret, permission, room. @returns the return code */
export const judgeSecret = (r: CheckedRequest, store: StoreState): number => {
  const row = kindOfType(r.type);
  if (row === undefined || !supportsType(store.profile, r.type)) return ADD_RC.unsupportedSecret;
  if (!lengthFits(row, r)) return ADD_RC.secretLength;
  const expected = store.cckExtension
    ? deriveExtensionSecret(store.cckExtension.cck, store.cckExtension.headerTag)
    : (store.extension ?? r.extension);
  if (!same(expected, r.extension)) return ADD_RC.unableToAdd;
  if (row.kind === 'update-cck' && !store.cckUpdate) return ADD_RC.unableToAdd;
  return isFull(row, store) ? ADD_RC.storeFull : RC_OK;
};

const lengthFits = (row: KindRow, r: CheckedRequest): boolean => {
  const sizes: readonly number[] = row.stored === undefined ? row.sizes : [row.stored];
  const fits =
    row.kind === 'plaintext' ? r.length >= 16 && r.length % 16 === 0 && r.length <= LARGEST_PLAINTEXT : sizes.includes(r.length);
  return fits && r.value.length === r.length && r.id.length === (row.kind === 'meta' ? 0 : SECRET_ID_SIZE);
};

const isFull = (row: KindRow, { stored, profile }: StoreState): boolean =>
  row.retrievable ? stored.retrievable >= profile.maxRetrievable : row.listed && stored.association >= profile.maxAssociation;
