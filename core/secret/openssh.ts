/** Private keys in OpenSSH's own container ("openssh-key-v1"), without a passphrase. Lengths are u32, big-endian. */
import { type Bytes, same, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { Fields } from './sshwire.ts';

const F = 'OpenSSH private key';
export const MAGIC = utf8('openssh-key-v1\0');

/** The key inside the container. Secret: `key`. */
export interface OpenSshKey {
  /** as OpenSSH names it: "ecdsa-sha2-nistp256", "ssh-ed25519" */
  readonly type: string;
  /** the private scalar without leading zeros that are only sign, or the 32 bytes of Ed25519's seed */
  readonly key: Bytes;
  /** the public key beside it: a point, or 32 bytes */
  readonly publicKey: Bytes;
}

/** Padding behind the private part: 1, 2, 3 and so on, less than a block. */
const checkPadding = (padding: Bytes): void => {
  if (padding.length >= 16 || padding.some((b, i) => b !== i + 1))
    fail('bad-value', `${F}, padding`, 'other bytes', 'the bytes 1, 2, 3 and so on');
};

/**
 * Reads a container with one key on a NIST curve or Ed25519.
 * @throws wrong-magic, too-short, trailing-bytes, bad-value; encrypted with a passphrase; wrong-curve for RSA, DSA and security keys
 */
export const readOpenSshKey = (bytes: Bytes): OpenSshKey => {
  if (!same(bytes.subarray(0, MAGIC.length), MAGIC)) fail('wrong-magic', F, 'other first bytes', '"openssh-key-v1"');
  const outer = new Fields(bytes.subarray(MAGIC.length), F);
  const cipher = outer.text('cipher');
  outer.text('key derivation');
  outer.string('options of the key derivation');
  if (cipher !== 'none') fail('encrypted', F, `cipher ${cipher.slice(0, 40)}`, 'a key without a passphrase');
  const count = outer.u32('number of keys');
  if (count !== 1) fail('bad-value', `${F}, number of keys`, count, 1);
  outer.string('public key');
  const inner = new Fields(outer.string('private part'), F);
  if (outer.rest().length > 0) fail('trailing-bytes', F, `${outer.rest().length} bytes behind it`, 'nothing');
  const check = inner.u32('check number');
  if (inner.u32('check number') !== check) fail('bad-value', `${F}, check numbers`, 'two numbers', 'the same twice');
  const type = inner.text('key type');
  let publicKey: Bytes;
  let key: Bytes;
  if (type.startsWith('ecdsa-sha2-')) {
    inner.text('curve');
    publicKey = inner.string('public key').slice();
    const scalar = inner.string('private key');
    // an mpint: a zero in front when the highest bit is set
    key = scalar.slice(scalar[0] === 0 ? 1 : 0);
  } else if (type === 'ssh-ed25519') {
    publicKey = inner.string('public key').slice();
    const both = inner.string('private key');
    if (both.length !== 64 || publicKey.length !== 32 || !same(both.subarray(32), publicKey))
      fail('bad-value', `${F}, private key`, `${both.length} bytes`, '32 bytes, and the public key once more');
    key = both.slice(0, 32);
  } else return fail('wrong-curve', F, `a key of type ${type.slice(0, 60)}`, 'an elliptic-curve private key');
  inner.string('comment');
  checkPadding(inner.rest());
  return { type, key, publicKey };
};
