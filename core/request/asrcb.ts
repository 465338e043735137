/** Byte layouts of the add-secret request, version 0x0100. Source: spec page "asrcb". */

import { utf8 } from '../bytes.ts';
import { bytesField, layout, u8Field, u16Field, u32Field, u64Field, zeroField } from '../layout.ts';

export const MAGIC = utf8('asrcbM');
export const VERSION = 0x0100;
/** Largest request the UV device takes, in bytes. */
export const REQUEST_MAX = 0x100000;
export const USER_DATA_SIZE = 512;
export const HOST_KEYS_MAX = 255;
export const EXTENSION_SECRET_SIZE = 32;
export const CUID_SIZE = 16;

/** Plaintext flag, bit 0 from the most significant: the host may not dump the guest. */
export const FLAG_DISABLE_DUMP = 1n << 63n;

/** What the 512 bytes of user data are; the number stands behind the magic. */
export const USER_DATA_KINDS = ['none', 'unsigned', 'signed-ec-p521', 'signed-rsa-2048', 'signed-rsa-3072'] as const;
export type UserDataKind = (typeof USER_DATA_KINDS)[number];

export const requestHeader = layout('add-secret request', 'asrcb', 0x4b8, [
  bytesField('magic', 6, 'ASCII "asrcbM"'),
  u16Field('userDataKind', '0 none, 1 unsigned, 2 signed EC P-521, 3 signed RSA-2048, 4 signed RSA-3072'),
  u32Field('version', '0x00000100'),
  u32Field('length', 'RQL: length of the whole request in bytes, tag included'),
  bytesField('iv', 12, 'IV of the outer AES-256-GCM'),
  zeroField(11),
  u8Field('keySlots', 'NKS: number of key slots, 1 to 255'),
  zeroField(4),
  u32Field('encryptedSize', 'SEA: bytes of the encrypted area, without tag'),
  u64Field('flags', 'plaintext flags; bit 0 (most significant) disables the dump'),
  bytesField('pld', 64, 'page list digest of the target image'),
  bytesField('ald', 64, 'address list digest of the target image'),
  bytesField('tld', 64, 'tweak list digest of the target image'),
  bytesField('tag', 16, 'SE header tag of the target image'),
  bytesField('cuid', 16, 'configuration UID, zero for any'),
  zeroField(256),
  bytesField('userData', USER_DATA_SIZE, 'user data, not read by the UV'),
  bytesField('customerKey', 160, 'customer public key: x then y, each left-padded to 80 bytes'),
]);

export const keySlot = layout('key slot', 'asrcb', 80, [
  bytesField('phkh', 32, 'public host-key hash: SHA-256 of the host key in 160 bytes'),
  bytesField('wrapped', 32, 'protection key, encrypted with AES-256-GCM under the shared key, IV zero'),
  bytesField('tag', 16, 'its GCM tag'),
]);

export const secretHeader = layout('secret header', 'asrcb', 16, [
  zeroField(2),
  u16Field('type', 'secret type'),
  u32Field('length', 'bytes of the secret value'),
  zeroField(8),
]);

/** Behind the secret header of every kind but meta: the id, or zeros for update-cck. */
export const SECRET_ID_SIZE = 32;
