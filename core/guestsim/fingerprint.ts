/** Fingerprint of an ssh host key, from the private-key file that was applied: its public half stands in it in the clear. */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, base64, readU32, same, unbase64, utf8 } from '../bytes.ts';
import { SelError } from '../errors.ts';

const MAGIC = utf8('openssh-key-v1\0');
const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----';
const END = '-----END OPENSSH PRIVATE KEY-----';

/** The string that starts at `at`, behind its length, and where it ends; undefined when it is cut. */
const field = (b: Bytes, at: number): { value: Bytes; end: number } | undefined => {
  if (at + 4 > b.length) return undefined;
  const end = at + 4 + readU32(b, at);
  return end > b.length ? undefined : { value: b.subarray(at + 4, end), end };
};

/**
 * As `ssh-keygen -l` shows it: `SHA256:` and 43 characters of Base64.
 * @returns undefined for what is not a private key in OpenSSH's container
 */
export const sshFingerprint = (file: Bytes): string | undefined => {
  const text = String.fromCharCode(...file);
  const start = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (start < 0 || end < start) return undefined;
  let container: Bytes;
  try {
    container = unbase64(text.slice(start + BEGIN.length, end).replace(/[\r\n]/g, ''), 'OpenSSH private key');
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
  if (!same(container.subarray(0, MAGIC.length), MAGIC)) return undefined;
  // cipher, key derivation and its options, the number of keys, then the public key
  let at = MAGIC.length;
  for (let i = 0; i < 3; i++) {
    const f = field(container, at);
    if (f === undefined) return undefined;
    at = f.end;
  }
  const key = field(container, at + 4)?.value;
  const print = key && `SHA256:${base64(sha256(key)).replace(/=+$/, '')}`;
  container.fill(0);
  return print;
};
