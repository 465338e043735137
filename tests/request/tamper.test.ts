/**
 * Every byte of a request is authenticated. Each is changed in three ways, and the request cut at each length: the simulated ultravisor
 * refuses them all, and its store stays as it was. What was unwrapped from unchanged key slots is remembered: see rememberslots.ts.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { join } from '../../core/bytes.ts';
import { findHeader } from '../../core/image/find.ts';
import { requestHeader } from '../../core/request/asrcb.ts';
import { buildRequest, freshRequestKeys } from '../../core/request/build.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { makeSecret } from '../../core/secret/secret.ts';
import { ADD_RC, RC_OK, showRc } from '../../core/uvsim/codes.ts';
import { UltravisorGuest } from '../../core/uvsim/ultravisor.ts';
import { seededEnv } from '../support/env.ts';
import { codeOf } from '../support/errors.ts';
import { header, hosts } from '../support/tenant.ts';

vi.mock('../../core/request/keyslot.ts', async (original) => {
  const { remembering } = await import('../support/rememberslots.ts');
  return remembering(await original());
});

const env = seededEnv('tamper');
const { image } = findHeader(header).header;
const keys = freshRequestKeys(env);
const request = buildRequest(
  {
    hostKeys: hosts.map((h) => h.keys.publicKey),
    image,
    secret: makeSecret('aes-xts-256', env.random(64), env.random(32), 'test'),
    extensionSecret: env.random(32),
    userData: { kind: 'unsigned', bytes: env.random(300) },
  },
  keys,
);
const guest = new UltravisorGuest(hosts[0], header, env);

const slots = requestHeader.size;
/** Where the parts of this request begin. */
const REGIONS: readonly (readonly [number, string])[] = [
  [0, 'magic and user-data kind'],
  [8, 'version'],
  [12, 'length'],
  [16, 'IV'],
  [28, 'reserved, number of key slots, size of the encrypted area'],
  [0x30, 'flags'],
  [0x38, 'image tags'],
  [0x108, 'configuration UID'],
  [0x118, 'reserved'],
  [0x218, 'user data'],
  [0x418, 'customer public key'],
  [slots, 'key slot of this host'],
  [slots + 80, 'key slot of the other host'],
  [slots + 160, 'secret header and id'],
  [slots + 208, 'encrypted: secret'],
  [slots + 272, 'encrypted: extension secret'],
  [slots + 304, 'tag'],
];
const regionOf = (at: number): string => REGIONS.filter(([start]) => start <= at).at(-1)?.[1] ?? '';

describe('a request that was changed', () => {
  it('any byte, in three ways: refused, and nothing is added', () => {
    const seen = new Map<string, Map<string, number>>();
    let runs = 0;
    for (let at = 0; at < request.length; at++)
      for (const bits of [0x01, 0x80, 0xff]) {
        const changed = request.slice();
        changed[at] = (changed[at] as number) ^ bits;
        const rc = guest.add(changed);
        expect(rc, `offset ${at} ^ ${bits}`).not.toBe(RC_OK);
        const codes = seen.get(regionOf(at)) ?? new Map<string, number>();
        codes.set(showRc(rc), (codes.get(showRc(rc)) ?? 0) + 1);
        seen.set(regionOf(at), codes);
        runs++;
      }
    expect(guest.tags).toHaveLength(0);
    expect(runs).toBe(3 * request.length);
    expect([...seen.keys()]).toEqual(REGIONS.map(([, name]) => name));
    // behind the shape, a change is a tag that does not fit, wherever it is: the slot of another host too
    expect([...(seen.get('key slot of the other host')?.keys() ?? [])]).toEqual([showRc(ADD_RC.cannotDecrypt)]);
    expect([...(seen.get('user data')?.keys() ?? [])]).toEqual([showRc(ADD_RC.cannotDecrypt)]);
    const table = [...seen].map(([name, codes]) => `  ${name}: ${[...codes].map(([rc, n]) => `${n} x ${rc}`).join(', ')}`);
    console.log(`${runs} single-byte changes of a request of ${request.length} bytes, none accepted:\n${table.join('\n')}`);
  });

  it('cut at any length: refused', () => {
    // the kernel hands over whole pages: a cut that takes zeros only would leave the same page, and is no change
    expect(request.at(-1)).not.toBe(0);
    for (let n = 0; n < request.length; n++) expect(guest.add(request.subarray(0, n)), `${n} bytes`).not.toBe(RC_OK);
    expect(guest.tags).toHaveLength(0);
  });

  it('bytes behind it: not part of the request for the ultravisor, refused by our reader', () => {
    expect(codeOf(() => parseRequest(join(request, new Uint8Array(1))))).toBe('trailing-bytes');
  });

  it('several bytes, anywhere: 1,000 random changes refused', () => {
    const change = fc.tuple(fc.nat(request.length - 1), fc.integer({ min: 1, max: 255 }));
    // one change a place: two could cancel each other
    const changes = fc.uniqueArray(change, { selector: ([at]) => at, minLength: 1, maxLength: 6 });
    let runs = 0;
    fc.assert(
      fc.property(changes, (list) => {
        runs++;
        const changed = request.slice();
        for (const [at, bits] of list) changed[at] = (changed[at] as number) ^ bits;
        expect(guest.add(changed)).not.toBe(RC_OK);
      }),
      { numRuns: 1000 },
    );
    expect(runs).toBeGreaterThanOrEqual(1000);
    expect(guest.tags).toHaveLength(0);
  });

  it('unchanged: accepted', () => {
    expect(guest.add(request)).toBe(RC_OK);
    expect(guest.tags).toHaveLength(1);
  });
});
