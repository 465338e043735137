/**
 * Requests: what is built is read back, what is read is built again to the byte. Key slots cost 10 ms each on noble; here they are made
 * and opened by core all the same, but once for each pair of keys, so that each property runs over a thousand times.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { hex } from '../../core/bytes.ts';
import { freshKeyPair } from '../../core/crypto/p521.ts';
import { buildRequest } from '../../core/request/build.ts';
import { openRequest, parseRequest } from '../../core/request/parse.ts';
import { USER_DATA_MAX } from '../../core/request/userdata.ts';
import { kindRow } from '../../core/secret/kinds.ts';
import { seededEnv } from '../support/env.ts';
import { inputAgain, kinds, requestKeys, saying, secretOfKind } from '../support/requests.ts';

vi.mock('../../core/request/keyslot.ts', async (original) => {
  const { remembering } = await import('../support/rememberslots.ts');
  return remembering(await original());
});

const env = seededEnv('properties');
const hosts = [freshKeyPair(env), freshKeyPair(env)] as const;
const hostKeys = fc.constantFrom([hosts[0].publicKey], [hosts[1].publicKey, hosts[0].publicKey]);

describe('over every kind of secret', () => {
  it.each(kinds)('%s: open(parse(build(x))) = x, and build(open(parse(b))) = b', (kind) => {
    fc.assert(
      fc.property(saying(secretOfKind(kind)), hostKeys, requestKeys, (said, publicKeys, keys) => {
        const built = buildRequest({ ...said, hostKeys: publicKeys }, keys);
        const parsed = parseRequest(built);
        const opened = openRequest(parsed, hosts[0]);
        expect(parsed.kind).toBe(kind);
        expect(parsed.type).toBe(kindRow(kind).type);
        expect(parsed.flags).toBe(said.flags ?? 0n);
        expect(parsed.image).toEqual(said.image);
        expect(parsed.cuid).toEqual(said.cuid ?? new Uint8Array(16));
        expect(parsed.id).toEqual(said.secret.id);
        expect(parsed.hostKeyHashes).toHaveLength(publicKeys.length);
        expect(hex(opened.value)).toBe(hex(said.secret.value));
        expect(opened.extensionSecret).toEqual(said.extensionSecret ?? new Uint8Array(32));
        expect(parsed.userDataKind).toBe(said.userData?.kind ?? 'none');
        const sent = said.userData?.bytes ?? new Uint8Array(0);
        expect(hex(parsed.message.subarray(0, sent.length))).toBe(hex(sent));
        expect(parsed.message).toHaveLength(USER_DATA_MAX[parsed.userDataKind]);
        const again = inputAgain(parsed, opened.value, opened.extensionSecret);
        expect(hex(buildRequest({ ...again, hostKeys: publicKeys }, keys))).toBe(hex(built));
      }),
      // 16 kinds: 2,400 together
      { numRuns: 150 },
    );
  });
});
