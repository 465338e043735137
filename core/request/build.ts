/** Builds add-secret requests. The same inputs give the same bytes: what must be fresh is passed in. Source: spec page "asrcb". */
import { type Bytes, join, wipe } from '../bytes.ts';
import { IV_SIZE, KEY_SIZE, seal, TAG_SIZE } from '../crypto/gcm.ts';
import { type KeyAgreement, type KeyPair, plainAgreement } from '../crypto/p521.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import type { ImageTags } from '../image/tags.ts';
import { kindRow } from '../secret/kinds.ts';
import type { Secret } from '../secret/secret.ts';
import {
  CUID_SIZE,
  EXTENSION_SECRET_SIZE,
  HOST_KEYS_MAX,
  keySlot,
  MAGIC,
  requestHeader,
  SECRET_ID_SIZE,
  secretHeader,
  USER_DATA_KINDS,
  VERSION,
} from './asrcb.ts';
import { makeKeySlots } from './keyslot.ts';
import { checkUserData, type UserData, writeUserData } from './userdata.ts';

/** What a request says. */
export interface RequestInput {
  /** public keys of the hosts that shall be able to open it, 160 bytes each, 1 to 255 */
  readonly hostKeys: readonly Bytes[];
  readonly image: ImageTags;
  readonly secret: Secret;
  /** 32 bytes, secret; absent: 32 zero bytes, which anybody can write */
  readonly extensionSecret?: Bytes | undefined;
  /** plaintext flags, 0 unless given */
  readonly flags?: bigint | undefined;
  /** configuration UID, 16 bytes; absent: any */
  readonly cuid?: Bytes | undefined;
  /** at most 512 bytes unsigned, 256 signed with EC P-521 or RSA-2048, 128 signed with RSA-3072 */
  readonly userData?: UserData | undefined;
}

/** What must be new for every request. Secret: wipe with {@link wipeRequestKeys}. */
export interface RequestKeys {
  readonly customer: KeyPair;
  /** request protection key, 32 bytes */
  readonly protectionKey: Bytes;
  /** 12 bytes */
  readonly iv: Bytes;
}

/** @param agreement how the curve is computed; noble's own way unless given */
export const freshRequestKeys = (env: Env, agreement: KeyAgreement = plainAgreement): RequestKeys => ({
  customer: agreement.freshKeyPair(env),
  protectionKey: env.random(KEY_SIZE),
  iv: env.random(IV_SIZE),
});

export const wipeRequestKeys = (keys: RequestKeys): void => wipe(keys.customer.privateKey, keys.protectionKey);

/**
 * The request, complete with tag. With signed user data it is encrypted twice with the same key and IV: the first ciphertext is what
 * gets signed, the second is the same and its tag covers the signature. The first tag is never given out.
 * @param agreement how the curve is computed: the bytes are the same whichever way
 * @throws no-host-key; limit for more than 255 host keys; too-long for user data over its limit; wrong-length; not-on-curve
 */
export const buildRequest = (input: RequestInput, keys: RequestKeys, agreement: KeyAgreement = plainAgreement): Bytes => {
  const { hostKeys, image, secret } = input;
  if (hostKeys.length === 0) fail('no-host-key', 'add-secret request', 'no host key', 'at least one');
  if (hostKeys.length > HOST_KEYS_MAX) fail('limit', 'host keys', hostKeys.length, `at most ${HOST_KEYS_MAX}`);
  const userData = input.userData ?? { kind: 'none', bytes: new Uint8Array(0) };
  checkUserData(userData.kind, userData.bytes);
  const extension = input.extensionSecret ?? new Uint8Array(EXTENSION_SECRET_SIZE);
  if (extension.length !== EXTENSION_SECRET_SIZE)
    fail('wrong-length', 'extension secret', `${extension.length} bytes`, `${EXTENSION_SECRET_SIZE} bytes`);

  const header = secretArea(secret);
  const encryptedSize = secret.value.length + EXTENSION_SECRET_SIZE;
  const length = requestHeader.size + keySlot.size * hostKeys.length + header.length + encryptedSize + TAG_SIZE;
  const fields = {
    magic: MAGIC,
    userDataKind: USER_DATA_KINDS.indexOf(userData.kind),
    version: VERSION,
    length,
    iv: keys.iv,
    keySlots: hostKeys.length,
    encryptedSize,
    flags: input.flags ?? 0n,
    pld: image.pld,
    ald: image.ald,
    tld: image.tld,
    tag: image.tag,
    cuid: input.cuid ?? new Uint8Array(CUID_SIZE),
    customerKey: keys.customer.publicKey,
  };
  const slots = makeKeySlots(keys.customer, hostKeys, keys.protectionKey, agreement);
  const plain = join(secret.value, extension);
  const encrypt = (signature?: Bytes): { aad: Bytes; cipher: Bytes; tag: Bytes } => {
    const bytes = writeUserData(userData.kind, userData.bytes, signature);
    const aad = join(requestHeader.write({ ...fields, userData: bytes }), ...slots, header);
    return { aad, ...seal(keys.protectionKey, keys.iv, aad, plain) };
  };
  try {
    const first = encrypt();
    const done = 'sign' in userData ? encrypt(userData.sign(join(first.aad, first.cipher))) : first;
    return join(done.aad, done.cipher, done.tag);
  } finally {
    wipe(plain);
  }
};

/** Secret header and, for every kind but meta, the id (zeros for update-cck). */
const secretArea = (secret: Secret): Bytes => {
  const header = secretHeader.write({ type: kindRow(secret.kind).type, length: secret.value.length });
  return secret.kind === 'meta' ? header : join(header, secret.id ?? new Uint8Array(SECRET_ID_SIZE));
};
