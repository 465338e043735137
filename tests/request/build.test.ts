/** Requests: limits, what is signed, and everything the reader refuses. */
import { describe, expect, it } from 'vitest';
import { hex, join } from '../../core/bytes.ts';
import { seal } from '../../core/crypto/gcm.ts';
import { freshKeyPair } from '../../core/crypto/p521.ts';
import { requestHeader, secretHeader } from '../../core/request/asrcb.ts';
import { buildRequest, freshRequestKeys, type RequestInput } from '../../core/request/build.ts';
import { openRequest, parseRequest } from '../../core/request/parse.ts';
import { makeSecret } from '../../core/secret/secret.ts';
import { seededEnv } from '../support/env.ts';
import { codeOf } from '../support/errors.ts';

const env = seededEnv('requests');
const host = freshKeyPair(env);
const other = freshKeyPair(env);
const meta = makeSecret('meta', new Uint8Array(0), undefined, 'test');
const image = { pld: env.random(64), ald: env.random(64), tld: env.random(64), tag: env.random(16) };
const keys = freshRequestKeys(env);
const base: RequestInput = { hostKeys: [host.publicKey], image, secret: meta };

describe('limits', () => {
  it('refuses no host key and 256, takes 255', () => {
    expect(codeOf(() => buildRequest({ ...base, hostKeys: [] }, keys))).toBe('no-host-key');
    expect(codeOf(() => buildRequest({ ...base, hostKeys: Array(256).fill(host.publicKey) }, keys))).toBe('limit');
    const all = [...Array(254).fill(other.publicKey), host.publicKey];
    const parsed = parseRequest(buildRequest({ ...base, hostKeys: all }, keys));
    expect(parsed.hostKeyHashes).toHaveLength(255);
    expect(parsed.length).toBe(0x4b8 + 255 * 80 + 16 + 32 + 16);
    expect(openRequest(parsed, host).extensionSecret).toEqual(new Uint8Array(32));
    expect(openRequest(parsed, other).extensionSecret).toEqual(new Uint8Array(32));
  });

  it.each([
    ['unsigned', 512],
    ['signed-ec-p521', 256],
    ['signed-rsa-2048', 256],
    ['signed-rsa-3072', 128],
  ] as const)('user data %s: %i bytes and not one more', (kind, max) => {
    const sign = () => new Uint8Array(kind === 'signed-ec-p521' ? 138 : 512 - max).fill(7);
    const data = (n: number) => ({ kind, bytes: new Uint8Array(n).fill(1), sign }) as RequestInput['userData'];
    const parsed = parseRequest(buildRequest({ ...base, userData: data(max) }, keys));
    expect(parsed.message).toEqual(new Uint8Array(max).fill(1));
    expect(codeOf(() => buildRequest({ ...base, userData: data(max + 1) }, keys))).toBe('too-long');
  });

  it.each([
    ['signed-ec-p521', [0, 140]],
    ['signed-rsa-2048', [255, 257]],
    ['signed-rsa-3072', [383, 385]],
  ] as const)('a signature of another size is refused: %s', (kind, sizes) => {
    for (const size of sizes) {
      const userData = { kind, bytes: new Uint8Array(1), sign: () => new Uint8Array(size) };
      expect(codeOf(() => buildRequest({ ...base, userData }, keys))).toBe('wrong-length');
    }
  });

  it('refuses an extension secret of 31 and 33 bytes, a flag value over 64 bits, a short configuration UID', () => {
    for (const n of [0, 31, 33])
      expect(codeOf(() => buildRequest({ ...base, extensionSecret: new Uint8Array(n) }, keys))).toBe('wrong-length');
    expect(codeOf(() => buildRequest({ ...base, flags: 1n << 64n }, keys))).toBe('bad-value');
    expect(codeOf(() => buildRequest({ ...base, flags: -1n }, keys))).toBe('bad-value');
    expect(codeOf(() => buildRequest({ ...base, cuid: new Uint8Array(15) }, keys))).toBe('wrong-length');
    expect(codeOf(() => buildRequest({ ...base, hostKeys: [host.publicKey.subarray(1)] }, keys))).toBe('wrong-length');
  });
});

describe('what is signed', () => {
  it('everything up to the end of the encrypted area, the place of the signature as zeros; the same ciphertext both times', () => {
    let signed: Uint8Array | undefined;
    const sign = (data: Uint8Array) => {
      signed = data;
      return new Uint8Array(256).fill(0xee);
    };
    const userData = { kind: 'signed-rsa-2048' as const, bytes: new Uint8Array(256).fill(5), sign };
    const built = buildRequest({ ...base, userData }, keys);
    const expected = built.slice(0, -16);
    expected.fill(0, 0x218 + 256, 0x218 + 512);
    expect(hex(signed as Uint8Array)).toBe(hex(expected));
    const parsed = parseRequest(built);
    expect(parsed.signature).toEqual(new Uint8Array(256).fill(0xee));
    // the tag covers the signature: it is the GCM tag over the final bytes
    const { cipher, tag } = seal(keys.protectionKey, keys.iv, parsed.aad, new Uint8Array(32));
    expect(hex(join(cipher, tag))).toBe(hex(join(parsed.encrypted, parsed.tag)));
  });
});

describe('what the reader refuses', () => {
  const built = buildRequest(base, keys);
  const set = (at: number, ...values: number[]): Uint8Array => {
    const copy = built.slice();
    copy.set(values, at);
    return copy;
  };
  const slotsEnd = requestHeader.size + 80;
  it.each([
    ['nothing', new Uint8Array(0), 'empty'],
    ['another magic', set(0, 0x41), 'wrong-magic'],
    ['user-data kind 5', set(7, 5), 'bad-value'],
    ['version 0x0101', set(11, 1), 'wrong-version'],
    ['a length over the file', set(14, 0xff), 'too-short'],
    ['a byte behind the end', join(built, new Uint8Array(1)), 'trailing-bytes'],
    ['reserved bytes that are not zero', set(0x1c, 1), 'bad-value'],
    ['no key slots', set(0x27, 0), 'bad-value'],
    ['more key slots than there is room for', set(0x27, 200), 'wrong-length'],
    ['an encrypted area of another size', set(0x2f, 33), 'wrong-length'],
    ['user data without a kind', set(0x218, 1), 'bad-value'],
    ['a customer key that is no point', set(0x418 + 79, 1), 'not-on-curve'],
    ['type 0', set(slotsEnd + 3, 0), 'bad-value'],
    ['type 0x000b', set(slotsEnd + 3, 0x0b), 'bad-value'],
    ['type 0x0017', set(slotsEnd + 3, 0x17), 'bad-value'],
    ['a length that is not the encrypted size', set(slotsEnd + 7, 16), 'wrong-length'],
    ['an id where meta has none', set(slotsEnd + 3, 2), 'wrong-length'],
    ['reserved bytes of the secret header', set(slotsEnd + 8, 1), 'bad-value'],
    ['over 1 MiB', new Uint8Array(0x100001), 'too-long'],
  ])('%s', (_, bytes, code) => {
    expect(codeOf(() => parseRequest(bytes))).toBe(code);
  });

  it('an id in update-cck', () => {
    const cck = buildRequest({ ...base, secret: makeSecret('update-cck', new Uint8Array(32).fill(3), undefined, 'test') }, keys);
    cck[slotsEnd + secretHeader.size] = 1;
    expect(codeOf(() => parseRequest(cck))).toBe('bad-value');
  });

  it('a signed request whose reserved bytes, size or padding are not as they must be', () => {
    const userData = { kind: 'signed-ec-p521' as const, bytes: new Uint8Array(3), sign: () => new Uint8Array(100).fill(9) };
    const good = buildRequest({ ...base, userData }, keys);
    expect(parseRequest(good).signature).toHaveLength(100);
    for (const [at, value] of [
      [0x218 + 256 + 100, 1],
      [0x218 + 395, 1],
      [0x218 + 400, 1],
      [0x218 + 401, 0],
      [0x218 + 401, 140],
      [0x218 + 511, 1],
    ] as const) {
      const bad = good.slice();
      bad[at] = value;
      expect(
        codeOf(() => parseRequest(bad)),
        `offset ${at}`,
      ).toBe('bad-value');
    }
  });

  it('every truncation', () => {
    for (let n = 0; n < built.length; n++)
      expect(['empty', 'wrong-magic', 'too-short'], `${n} bytes`).toContain(codeOf(() => parseRequest(built.subarray(0, n))));
  });
});
