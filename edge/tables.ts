/** Tables of host keys as bytes in shared memory: computed by one thread, read by all. Nothing in them is secret. */
import { deserialize, serialize } from 'node:v8';
import type { HostKeyTables } from '../core/crypto/fast.ts';

/** @returns about 150 bytes for each entry of the tables */
export const packTables = (tables: HostKeyTables): SharedArrayBuffer => {
  const packed = serialize(tables);
  const shared = new SharedArrayBuffer(packed.length);
  packed.copy(new Uint8Array(shared));
  return shared;
};

/** @param shared what {@link packTables} made in this program */
export const unpackTables = (shared: SharedArrayBuffer): HostKeyTables => deserialize(new Uint8Array(shared)) as HostKeyTables;
