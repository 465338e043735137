/**
 * Signatures made with `ssh-keygen -Y sign`: armoured SSHSIG, Ed25519 keys only. Lengths are u32, big-endian.
 * Source: OpenSSH's PROTOCOL.sshsig.
 */
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, base64, join, same, utf8 } from '../bytes.ts';
import { ED25519_SIGNATURE_SIZE, ed25519Verify } from '../crypto/ed25519.ts';
import { fail } from '../errors.ts';
import { readBlocks } from '../hostkey/pem.ts';
import { readSshPublicLine, type SshPublicKey } from '../policy/openssh.ts';
import { Fields, string } from '../secret/sshwire.ts';
import { APPROVER_TYPE, ed25519Of } from './trust.ts';

const F = 'SSH signature';
const LABEL = 'SSH SIGNATURE';
const MAGIC = utf8('SSHSIG');
const VERSION = 1;
/** Largest file, in bytes; one with an Ed25519 key has some 300. */
export const SSHSIG_MAX = 8192;
const HASHES = { sha256, sha512 } as const;

/** A signature, not yet verified. */
export interface SshSignature {
  readonly key: SshPublicKey;
  /** what it was made for: -n of ssh-keygen */
  readonly namespace: string;
  readonly hash: keyof typeof HASHES;
  /** 64 bytes */
  readonly signature: Bytes;
}

/** True for a file that begins as an SSH signature does. */
export const looksLikeSshSignature = (bytes: Bytes): boolean => {
  const begin = utf8(`-----BEGIN ${LABEL}-----`);
  return same(bytes.subarray(0, begin.length), begin);
};

/** Key blob to key: by way of the line that has it in Base64. */
const keyOf = (blob: Bytes): SshPublicKey => {
  const type = new Fields(blob, F).text();
  if (type !== APPROVER_TYPE) fail('unsupported', `${F}, key`, `a key of type ${type.slice(0, 40)}`, APPROVER_TYPE);
  return readSshPublicLine(`${type} ${base64(blob)}`, `${F}, key`);
};

/**
 * Reads an armoured signature.
 * @throws too-long, not-recognised, wrong-magic, wrong-version, too-short, trailing-bytes, bad-value, wrong-length; unsupported for
 * keys that are not Ed25519
 */
export const readSshSignature = (bytes: Bytes): SshSignature => {
  if (bytes.length > SSHSIG_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${SSHSIG_MAX} bytes`);
  const [block, more] = readBlocks(bytes, F);
  if (block?.label !== LABEL || more) return fail('not-recognised', F, 'something else', `one block -----BEGIN ${LABEL}-----`);
  const { der: body } = block;
  if (!same(body.subarray(0, MAGIC.length), MAGIC)) fail('wrong-magic', F, 'other first bytes', 'SSHSIG');
  const f = new Fields(body.subarray(MAGIC.length), F);
  const version = f.u32();
  if (version !== VERSION) fail('wrong-version', F, version, VERSION);
  const key = keyOf(f.string());
  const namespace = f.text();
  if (f.string().length > 0) fail('bad-value', `${F}, reserved`, 'something', 'nothing');
  const hash = f.text();
  if (hash !== 'sha256' && hash !== 'sha512') return fail('bad-value', `${F}, hash`, hash.slice(0, 40), 'sha256 or sha512');
  const inner = new Fields(f.string(), F);
  if (!f.done) fail('trailing-bytes', F, 'bytes behind the signature', 'nothing');
  const type = inner.text();
  if (type !== APPROVER_TYPE) fail('bad-value', `${F}, type`, type.slice(0, 40), APPROVER_TYPE);
  const signature = inner.string().slice();
  if (!inner.done) fail('trailing-bytes', F, 'bytes behind the signature', 'nothing');
  if (signature.length !== ED25519_SIGNATURE_SIZE)
    fail('wrong-length', F, `${signature.length} bytes`, `${ED25519_SIGNATURE_SIZE} bytes`);
  return { key, namespace, hash, signature };
};

/** Whether it was made over this message, for this namespace. */
export const sshSignatureFits = (s: SshSignature, namespace: string, message: Bytes): boolean => {
  if (s.namespace !== namespace) return false;
  const signed = join(MAGIC, ...[utf8(namespace), new Uint8Array(0), utf8(s.hash), HASHES[s.hash](message)].map(string));
  return ed25519Verify(ed25519Of(s.key), signed, s.signature);
};
