/**
 * A dump of a simulated guest. The real format is another one; what is the same is who can read it: the holder of the customer
 * communication key in force. So what a CCK is for can be seen. Made and read by the simulator only.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, hex, join, same, utf8, wipe } from '../bytes.ts';
import { readableJson } from '../canonical.ts';
import { IV_SIZE, KEY_SIZE, open, seal, TAG_SIZE } from '../crypto/gcm.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u32Field } from '../layout.ts';
import { CCK_SIZE } from '../request/extension.ts';

export const DUMP_MAGIC = utf8('SELSIMDP');
const DUMP_VERSION = 1;
/** Largest dump that is read, in bytes. */
export const DUMP_MAX = 64 * 1024 * 1024;

export const dumpHeader = layout('simulated dump', 'ours', 92, [
  bytesField('magic', 8, 'ASCII "SELSIMDP"'),
  u32Field('version', '1'),
  u32Field('length', 'bytes of the encrypted memory'),
  bytesField('cuid', 16, 'configuration UID of the guest'),
  bytesField('headerTag', 16, 'SE header tag of its image'),
  bytesField('salt', 32, 'salt of the key derivation'),
  bytesField('iv', IV_SIZE, 'IV of the AES-256-GCM'),
]);

const INFO = utf8('Selwright simulated dump');
const F = 'simulated dump';

const dumpKey = (cck: Bytes, salt: Bytes): Bytes => {
  if (cck.length !== CCK_SIZE) fail('wrong-length', 'CCK', `${cck.length} bytes`, `${CCK_SIZE} bytes`);
  return hkdf(sha512, cck, salt, INFO, KEY_SIZE);
};

/** A plaintext secret that the guest has retrieved and that therefore lies in its memory. Secret: `value`. */
export interface InMemory {
  /** 32 bytes */
  readonly id: Bytes;
  readonly value: Bytes;
}

/** Encrypts the memory of a guest. @param cck 32 bytes, secret */
export const makeDump = (
  guest: { readonly cuid: Bytes; readonly headerTag: Bytes },
  memory: readonly InMemory[],
  cck: Bytes,
  env: Env,
): Bytes => {
  const plain = utf8(
    readableJson({
      format: 'selwright-simulated-memory',
      version: 1,
      retrieved: memory.map((m) => ({ id: hex(m.id), value: hex(m.value) })),
    }),
  );
  const salt = env.random(32);
  const iv = env.random(IV_SIZE);
  const header = dumpHeader.write({ magic: DUMP_MAGIC, version: DUMP_VERSION, length: plain.length, ...guest, salt, iv });
  const key = dumpKey(cck, salt);
  const { cipher, tag } = seal(key, iv, header, plain);
  wipe(key, plain);
  return join(header, cipher, tag);
};

/**
 * The memory in a dump, as JSON text. Secret.
 * @param cck 32 bytes, secret
 * @throws wrong-magic, wrong-version, too-short, trailing-bytes, wrong-length, cannot-decrypt for another CCK
 */
export const openDump = (dump: Bytes, cck: Bytes): Bytes => {
  if (!same(dump.slice(0, DUMP_MAGIC.length), DUMP_MAGIC)) fail('wrong-magic', F, 'other first bytes', '"SELSIMDP"');
  const h = dumpHeader.read(dump);
  if (h.version !== DUMP_VERSION) fail('wrong-version', `${F}, version`, h.version, DUMP_VERSION);
  const end = dumpHeader.size + h.length;
  const whole = end + TAG_SIZE;
  if (dump.length < whole) fail('too-short', F, `${dump.length} bytes`, `${whole} bytes`);
  if (dump.length > whole) fail('trailing-bytes', F, `${dump.length} bytes`, `${whole} bytes`);
  const key = dumpKey(cck, h.salt);
  try {
    return open(key, h.iv, dump.subarray(0, dumpHeader.size), dump.subarray(dumpHeader.size, end), dump.subarray(end), F);
  } finally {
    wipe(key);
  }
};
