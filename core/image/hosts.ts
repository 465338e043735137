/** For which hosts an image was built. */
import { allZero, type Bytes, fromUtf8, same, unhex } from '../bytes.ts';
import { fail } from '../errors.ts';
import type { ParsedHeader } from './header.ts';

/** True when the header has a key slot for the host key with this hash (32 bytes). */
export const isForHost = (header: ParsedHeader, phkh: Bytes): boolean => header.hostKeyHashes.some((h) => same(h, phkh));

/** Hashes in the list of an ultravisor. */
const KEY_HASHES = 15;
const F = 'list of host-key hashes';

/** The host keys a machine has now. Empty slots of the list are left out. */
export interface KeyHash {
  readonly name: 'host key' | 'backup host key' | 'other key';
  /** 32 bytes */
  readonly hash: Bytes;
}

/**
 * Reads what a machine shows in `/sys/firmware/uv/keys/all`: 15 lines of 64 hex digits, the host key first, then the backup
 * host key; zeros for none.
 * @throws empty, bad-encoding, wrong-length
 */
export const readKeyHashes = (bytes: Bytes): KeyHash[] => {
  if (bytes.length === 0) fail('empty', F, '0 bytes', `${KEY_HASHES} lines`);
  const lines = fromUtf8(bytes, F).replace(/\n$/, '').split('\n');
  if (lines.length !== KEY_HASHES) fail('wrong-length', F, `${lines.length} lines`, `${KEY_HASHES} lines`);
  return lines
    .map((line, i): KeyHash => {
      const hash = unhex(line.trim(), `${F}, line ${i + 1}`, 32);
      return { name: i === 0 ? 'host key' : i === 1 ? 'backup host key' : 'other key', hash };
    })
    .filter((k) => !allZero(k.hash));
};
