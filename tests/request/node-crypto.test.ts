/** noble and Node's own crypto agree: each opens what the other built, 500 random requests each way. */
import { type ECDH, randomBytes, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hex } from '../../core/bytes.ts';
import { keyPair } from '../../core/crypto/p521.ts';
import { buildRequest, freshRequestKeys } from '../../core/request/build.ts';
import { openRequest, parseRequest } from '../../core/request/parse.ts';
import { KINDS } from '../../core/secret/kinds.ts';
import { makeSecret } from '../../core/secret/secret.ts';
import { nodeEnv } from '../support/env.ts';
import { type NodeInput, node160, nodeBuild, nodeKeyPair, nodeOpen } from '../support/nodecrypto.ts';

const RUNS = 500;
const hosts = Array.from({ length: 4 }, nodeKeyPair);
const corePair = hosts.map((h) => keyPair(new Uint8Array(h.getPrivateKey()), 'test'));
const pick = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T;

/** Size of the value of a kind inside a request. */
const sizeOf = (row: (typeof KINDS)[number]): number =>
  'stored' in row ? row.stored : row.sizes.length > 0 ? pick(row.sizes) : 0;

describe('500 random requests', () => {
  it('Node opens what core built', () => {
    for (let i = 0; i < RUNS; i++) {
      const row = pick(KINDS);
      const input = row.kind === 'plaintext' ? randomBytes(randomInt(200)) : randomBytes(pick<number>(row.sizes));
      const secret = makeSecret(row.kind, new Uint8Array(input), row.listed ? nodeEnv.random(32) : undefined, 'test');
      const extensionSecret = nodeEnv.random(32);
      const host = randomInt(hosts.length);
      const built = buildRequest(
        {
          hostKeys: [(corePair[host] as (typeof corePair)[number]).publicKey],
          image: { pld: nodeEnv.random(64), ald: nodeEnv.random(64), tld: nodeEnv.random(64), tag: nodeEnv.random(16) },
          secret,
          extensionSecret,
          cuid: nodeEnv.random(16),
        },
        freshRequestKeys(nodeEnv),
      );
      const opened = nodeOpen(built, hosts[host] as ECDH);
      expect(opened.type).toBe(row.type);
      expect(hex(opened.value)).toBe(hex(secret.value));
      expect(hex(opened.extension)).toBe(hex(extensionSecret));
      const id = row.kind === 'meta' ? '' : hex(secret.id ?? new Uint8Array(32));
      expect(hex(opened.id)).toBe(id);
    }
  });

  it('core opens what Node built', () => {
    for (let i = 0; i < RUNS; i++) {
      const row = pick(KINDS);
      const host = randomInt(hosts.length);
      const input: NodeInput = {
        hosts: [node160((hosts[host] as ECDH).getPublicKey())],
        tags: randomBytes(208),
        type: row.type,
        value: randomBytes(row.kind === 'plaintext' ? 16 * (1 + randomInt(20)) : sizeOf(row)),
        id: row.kind === 'meta' ? Buffer.alloc(0) : row.listed ? randomBytes(32) : Buffer.alloc(32),
        extension: randomBytes(32),
        flags: randomBytes(8).readBigUInt64BE(),
        cuid: randomBytes(16),
        userDataKind: 1,
        userData: randomBytes(512),
      };
      const parsed = parseRequest(new Uint8Array(nodeBuild(input)));
      expect(parsed.kind).toBe(row.kind);
      expect(parsed.flags).toBe(input.flags);
      expect(hex(parsed.image.tag)).toBe(hex(input.tags.subarray(192)));
      expect(hex(parsed.cuid)).toBe(hex(input.cuid));
      expect(hex(parsed.message)).toBe(hex(input.userData));
      const opened = openRequest(parsed, corePair[host] as (typeof corePair)[number]);
      expect(hex(opened.value)).toBe(hex(input.value));
      expect(hex(opened.extensionSecret)).toBe(hex(input.extension));
    }
  });
});
