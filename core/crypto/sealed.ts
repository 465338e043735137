/**
 * A file that a passphrase protects: header, then XChaCha20-Poly1305 over the padded content, the whole header authenticated.
 * The header says nothing about the content; the padding leaves only a size class. Source: docs/project-file.md.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { type Bytes, join, readU32, same, u32, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u8Field, u16Field, u32Field } from '../layout.ts';
import { checkKdf, DERIVED_SIZE, deriveKey, type KdfParameters, SALT_SIZE } from './argon.ts';

const NONCE_SIZE = 24;
const TAG_SIZE = 16;
const LENGTH_SIZE = 4;
const VERSION = 1;
const KDF_ARGON2ID = 1;
const CIPHER_XCHACHA = 1;

export const sealedHeader = layout('sealed file', 'docs/project-file', 64, [
  bytesField('magic', 8, 'ASCII: "SELWPROJ" a project, "SELWAKEY" the key of an approver'),
  u16Field('version', '1'),
  u8Field('kdf', '1: Argon2id, version 1.3'),
  u8Field('cipher', '1: XChaCha20-Poly1305'),
  u32Field('memory', 'Argon2id: memory in KiB, 8 to 524288'),
  u32Field('passes', 'Argon2id: passes, 1 to 64; memory times passes at most 2097152'),
  u32Field('lanes', 'Argon2id: lanes, 1 to 8'),
  bytesField('salt', SALT_SIZE, 'Argon2id: random, new for each passphrase'),
  bytesField('nonce', NONCE_SIZE, 'random, new each time the file is saved'),
]);

/** A kind of sealed file. */
export interface SealKind {
  /** 8 bytes */
  readonly magic: Bytes;
  /** what it is called in messages */
  readonly what: string;
  /** smallest and largest size class of the padded content, in bytes: powers of two */
  readonly smallest: number;
  readonly largest: number;
}

/** A derived key and what it was derived with. Secret: `key`. */
export interface SealKey {
  readonly parameters: KdfParameters;
  /** 16 bytes */
  readonly salt: Bytes;
  /** 32 bytes */
  readonly key: Bytes;
}

/** A fresh key for a passphrase: the salt is new. Takes as long as the parameters say. @throws bad-value */
export const freshSealKey = (kind: SealKind, passphrase: string, parameters: KdfParameters, env: Env): SealKey => {
  const salt = env.random(SALT_SIZE);
  return { parameters, salt, key: deriveKey(passphrase, salt, parameters, kind.what) };
};

/** The class that content of a size is padded to: the power of two that holds it and its length. @throws limit */
const classOf = (kind: SealKind, size: number): number => {
  for (let c = kind.smallest; c <= kind.largest; c *= 2) if (size + LENGTH_SIZE <= c) return c;
  return fail('limit', kind.what, `${size} bytes of content`, `at most ${kind.largest - LENGTH_SIZE} bytes`);
};

/** Seals content: a new nonce, padded to its class. @returns the file @throws limit */
export const seal = (kind: SealKind, key: SealKey, content: Bytes, env: Env): Bytes => {
  const plain = new Uint8Array(classOf(kind, content.length));
  plain.set(u32(content.length));
  plain.set(content, LENGTH_SIZE);
  const nonce = env.random(NONCE_SIZE);
  const header = sealedHeader.write({
    magic: kind.magic,
    version: VERSION,
    kdf: KDF_ARGON2ID,
    cipher: CIPHER_XCHACHA,
    ...key.parameters,
    salt: key.salt,
    nonce,
  });
  const sealed = join(header, xchacha20poly1305(key.key, nonce, header).encrypt(plain));
  wipe(plain);
  return sealed;
};

/** What a sealed file says without its passphrase. */
export interface SealedInfo {
  readonly parameters: KdfParameters;
  readonly salt: Bytes;
  readonly nonce: Bytes;
  /** size class of the content, in bytes */
  readonly contentClass: number;
}

/**
 * Reads and checks everything that stands in clear, before any expensive work.
 * @throws empty, too-short, wrong-magic, wrong-version, bad-value, too-long; wrong-length for a size that is no class: part of the
 * file is missing, or something was added
 */
export const readSealed = (kind: SealKind, file: Bytes): SealedInfo => {
  const { what } = kind;
  if (file.length === 0) fail('empty', what, '0 bytes', 'a file');
  if (!same(file.subarray(0, kind.magic.length), kind.magic.subarray(0, file.length)) || file.length < kind.magic.length)
    fail('wrong-magic', what, 'other first bytes', String.fromCharCode(...kind.magic));
  const h = sealedHeader.read(file);
  if (h.version !== VERSION) fail('wrong-version', what, h.version, VERSION);
  if (h.kdf !== KDF_ARGON2ID) fail('bad-value', `${what}, kdf`, h.kdf, KDF_ARGON2ID);
  if (h.cipher !== CIPHER_XCHACHA) fail('bad-value', `${what}, cipher`, h.cipher, CIPHER_XCHACHA);
  const parameters = { memory: h.memory, passes: h.passes, lanes: h.lanes };
  checkKdf(parameters, what);
  const contentClass = file.length - sealedHeader.size - TAG_SIZE;
  if (contentClass > kind.largest) fail('too-long', what, `${file.length} bytes`, `at most ${sealedSize(kind.largest)} bytes`);
  // a power of two has one bit
  if (contentClass < kind.smallest || (contentClass & (contentClass - 1)) !== 0)
    fail(
      'wrong-length',
      what,
      `${file.length} bytes`,
      `${sealedSize(kind.smallest)}, ${sealedSize(2 * kind.smallest)} or so: a power of two and ${sealedSize(0)}`,
    );
  return { parameters, salt: h.salt, nonce: h.nonce, contentClass };
};

/** Size of a file with content of a class, in bytes. */
export const sealedSize = (contentClass: number): number => sealedHeader.size + contentClass + TAG_SIZE;

/** The key of a file for a passphrase. Takes as long as the file's parameters say. @throws everything of {@link readSealed} */
export const sealKeyOf = (kind: SealKind, file: Bytes, passphrase: string): SealKey => {
  const { parameters, salt } = readSealed(kind, file);
  return { parameters, salt, key: deriveKey(passphrase, salt, parameters, kind.what) };
};

/** True when the key was derived for this very file's salt and parameters. */
export const isKeyFor = (info: SealedInfo, key: SealKey): boolean =>
  same(info.salt, key.salt) &&
  info.parameters.memory === key.parameters.memory &&
  info.parameters.passes === key.parameters.passes &&
  info.parameters.lanes === key.parameters.lanes;

/**
 * Opens a sealed file. The content is a new array: wipe after use.
 * @throws everything of {@link readSealed}; wrong-passphrase when key and file do not fit together: whether the passphrase is
 * wrong or the file was altered cannot be told; wrong-length, bad-value for content that nobody of ours wrote
 */
export const unseal = (kind: SealKind, file: Bytes, key: SealKey): Bytes => {
  const { nonce } = readSealed(kind, file);
  const header = file.subarray(0, sealedHeader.size);
  if (key.key.length !== DERIVED_SIZE)
    fail('wrong-length', `${kind.what}, key`, `${key.key.length} bytes`, `${DERIVED_SIZE} bytes`);
  let plain: Bytes;
  try {
    plain = xchacha20poly1305(key.key, nonce, header).decrypt(file.subarray(sealedHeader.size));
  } catch {
    return fail('wrong-passphrase', kind.what);
  }
  try {
    const size = readU32(plain);
    if (size > plain.length - LENGTH_SIZE)
      fail('wrong-length', `${kind.what}, content`, `${size} bytes`, `at most ${plain.length - LENGTH_SIZE}`);
    if (plain.subarray(LENGTH_SIZE + size).some((b) => b !== 0))
      fail('bad-value', `${kind.what}, padding`, 'other bytes', 'zeros');
    return plain.slice(LENGTH_SIZE, LENGTH_SIZE + size);
  } finally {
    wipe(plain);
  }
};
