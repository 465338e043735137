/** AES-256-GCM as the formats use it: 32-byte key, 12-byte IV, 16-byte tag, nothing else. */
import { gcm } from '@noble/ciphers/aes.js';
import { type Bytes, join } from '../bytes.ts';
import { fail } from '../errors.ts';

export const KEY_SIZE = 32;
export const IV_SIZE = 12;
export const TAG_SIZE = 16;

const checked = (key: Bytes, iv: Bytes): void => {
  if (key.length !== KEY_SIZE) fail('wrong-length', 'AES-256-GCM key', `${key.length} bytes`, `${KEY_SIZE} bytes`);
  if (iv.length !== IV_SIZE) fail('wrong-length', 'AES-256-GCM IV', `${iv.length} bytes`, `${IV_SIZE} bytes`);
};

/** Encrypts. @returns ciphertext of the same length, and the 16-byte tag @throws wrong-length */
export const seal = (key: Bytes, iv: Bytes, aad: Bytes, plain: Bytes): { cipher: Bytes; tag: Bytes } => {
  checked(key, iv);
  const out = gcm(key, iv, aad).encrypt(plain);
  return { cipher: out.slice(0, plain.length), tag: out.slice(plain.length) };
};

/** Decrypts and checks the tag. @throws cannot-decrypt for any difference, wrong-length for a tag that is not whole */
export const open = (key: Bytes, iv: Bytes, aad: Bytes, cipher: Bytes, tag: Bytes, field: string): Bytes => {
  checked(key, iv);
  if (tag.length !== TAG_SIZE) fail('wrong-length', `${field}, tag`, `${tag.length} bytes`, `${TAG_SIZE} bytes`);
  try {
    return gcm(key, iv, aad).decrypt(join(cipher, tag));
  } catch {
    return fail('cannot-decrypt', field, 'a tag that does not fit', 'the key, the data and the tag of one message');
  }
};
