/** A simulated host as a file: its private key is what makes it that host. For the simulator only. */
import * as z from 'zod';
import { type Bytes, hex, unhex, utf8 } from '../bytes.ts';
import { readableJson } from '../canonical.ts';
import { keyPair } from '../crypto/p521.ts';
import { hexOf, readJson } from '../schema.ts';
import { PROFILES, type SimHost } from '../uvsim/ultravisor.ts';

const hostSchema = z.strictObject({
  format: z.literal('selwright-simulated-host'),
  version: z.literal(1),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a name'),
  machine: z.enum(['z16', 'z17']),
  private_key: hexOf(66),
});

export const writeSimHost = (host: SimHost): Bytes =>
  utf8(
    readableJson({
      format: 'selwright-simulated-host',
      version: 1,
      name: host.name,
      machine: host.profile.name,
      private_key: hex(host.keys.privateKey),
    }),
  );

/** @throws empty, bad-encoding, unknown-field, missing-field, bad-value */
export const readSimHost = (bytes: Bytes): SimHost => {
  const h = readJson(hostSchema, bytes, 'simulated host', 4096);
  return {
    name: h.name,
    profile: PROFILES[h.machine],
    keys: keyPair(unhex(h.private_key, 'simulated host, private key', 66), 'simulated host'),
  };
};
