/**
 * The state of a simulated guest as a file, so that a guest goes on living between commands. For the simulator only: it holds
 * every secret of the guest and the host's private key, in the clear, and it says so in its first field.
 *
 * JSON, UTF-8, version 1; bytes as lower-case hex. `store` in order of the list, `tags` in order of acceptance.
 */
import * as z from 'zod';
import { type Bytes, hex, unhex, utf8 } from '../bytes.ts';
import { readableJson } from '../canonical.ts';
import { keyPair } from '../crypto/p521.ts';
import type { Env } from '../env.ts';
import { parseHeader } from '../image/header.ts';
import { hexOf, readJson } from '../schema.ts';
import { PROFILES } from './profile.ts';
import { type GuestState, UltravisorGuest, type UvOptions } from './ultravisor.ts';

export const STATE_FORMAT = 'selwright-simulated-guest';
/** Largest state that is read, in bytes: a full store of the largest secrets takes 8 MiB as hex. */
export const STATE_MAX = 16 * 1024 * 1024;
const F = 'simulated guest';

const anyHex = z.string().regex(/^([0-9a-f]{2})*$/, 'lower-case hex digits');
const count = z.number().int().min(0).max(0xffff);

const stateSchema = z.strictObject({
  warning: z.literal('secret: for the simulator only'),
  format: z.literal(STATE_FORMAT),
  version: z.literal(1),
  host: z.strictObject({
    name: z.string().min(1).max(64),
    machine: z.enum(['z16', 'z17']),
    private_key: hexOf(66),
    max_assoc_secrets: count,
    max_retr_secrets: count,
  }),
  image: z.strictObject({ header: anyHex, measured: z.boolean(), command_line: z.string().max(4096).optional() }),
  guest: z.strictObject({
    cuid: hexOf(16),
    wrapping_key: hexOf(32),
    secret_flags: hexOf(8),
    cck: hexOf(32),
    extension_secret: hexOf(32).optional(),
    locked: z.boolean(),
    dump_disabled: z.boolean(),
    dump_running: z.boolean(),
    modifiable: z.boolean(),
  }),
  store: z.array(z.strictObject({ type: count, id: hexOf(32), value: anyHex, retrieved: z.boolean() })).max(0xffff),
  tags: z.array(hexOf(16)).max(0xffff),
});

/** The state of a guest as it is now. Secret. */
export const saveGuest = (guest: UltravisorGuest): Bytes => {
  const s = guest.state;
  return utf8(
    readableJson({
      warning: 'secret: for the simulator only',
      format: STATE_FORMAT,
      version: 1,
      host: {
        name: s.host.name,
        machine: s.host.profile.name,
        private_key: hex(s.host.keys.privateKey),
        max_assoc_secrets: s.host.profile.maxAssociation,
        max_retr_secrets: s.host.profile.maxRetrievable,
      },
      image: { header: hex(s.header.bytes), measured: s.measured, command_line: s.commandLine },
      guest: {
        cuid: hex(s.cuid),
        wrapping_key: hex(s.wrappingKey),
        secret_flags: s.secretFlags.toString(16).padStart(16, '0'),
        cck: hex(s.cck),
        extension_secret: s.extension && hex(s.extension),
        locked: s.locked,
        dump_disabled: s.dumpDisabled,
        dump_running: s.dumpRunning,
        modifiable: s.modifiable,
      },
      store: s.store.map((x) => ({ type: x.type, id: hex(x.id), value: hex(x.value), retrieved: x.retrieved })),
      tags: s.tags.map(hex),
    }),
  );
};

/** The guest of a saved state. @throws empty, too-long, bad-encoding, unknown-field, missing-field, bad-value, and those of parseHeader */
export const restoreGuest = (bytes: Bytes, env: Env, options?: UvOptions): UltravisorGuest => {
  const d = readJson(stateSchema, bytes, F, STATE_MAX);
  const host = {
    name: d.host.name,
    keys: keyPair(unhex(d.host.private_key, `${F}, host key`), F),
    profile: {
      ...PROFILES[d.host.machine],
      maxAssociation: d.host.max_assoc_secrets,
      maxRetrievable: d.host.max_retr_secrets,
    },
  };
  const state: GuestState = {
    host,
    header: parseHeader(unhex(d.image.header, `${F}, header`)),
    measured: d.image.measured,
    commandLine: d.image.command_line,
    cuid: unhex(d.guest.cuid, F),
    wrappingKey: unhex(d.guest.wrapping_key, F),
    secretFlags: BigInt(`0x${d.guest.secret_flags}`),
    cck: unhex(d.guest.cck, F),
    store: d.store.map((x) => ({ type: x.type, id: unhex(x.id, F), value: unhex(x.value, F), retrieved: x.retrieved })),
    tags: d.tags.map((t) => unhex(t, F)),
    extension: d.guest.extension_secret === undefined ? undefined : unhex(d.guest.extension_secret, F),
    locked: d.guest.locked,
    dumpDisabled: d.guest.dump_disabled,
    dumpRunning: d.guest.dump_running,
    modifiable: d.guest.modifiable,
  };
  return new UltravisorGuest(host, state, env, options);
};
