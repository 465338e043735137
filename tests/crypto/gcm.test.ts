/** AES-256-GCM and HKDF as the formats use them: one size of key, IV and tag, nothing else; and agreement with Node. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, join } from '../../core/bytes.ts';
import { open, seal } from '../../core/crypto/gcm.ts';
import { deriveExtensionSecret } from '../../core/request/extension.ts';
import { codeOf } from '../support/errors.ts';
import { bytes } from '../support/requests.ts';

const key = new Uint8Array(32).fill(1);
const iv = new Uint8Array(12).fill(2);
const aad = new Uint8Array(20).fill(3);
const plain = new Uint8Array(50).fill(4);
const { cipher, tag } = seal(key, iv, aad, plain);

describe('sizes', () => {
  it.each([0, 15, 16, 24, 31, 33, 64])('a key of %i bytes: refused', (n) => {
    expect(codeOf(() => seal(new Uint8Array(n), iv, aad, plain))).toBe('wrong-length');
    expect(codeOf(() => open(new Uint8Array(n), iv, aad, cipher, tag, 'test'))).toBe('wrong-length');
  });
  it.each([0, 1, 8, 11, 13, 16])('an IV of %i bytes: refused', (n) => {
    expect(codeOf(() => seal(key, new Uint8Array(n), aad, plain))).toBe('wrong-length');
    expect(codeOf(() => open(key, new Uint8Array(n), aad, cipher, tag, 'test'))).toBe('wrong-length');
  });
  it.each([0, 4, 8, 12, 13, 14, 15, 17, 32])('a tag of %i bytes: refused', (n) => {
    const other = n <= 16 ? tag.subarray(0, n) : join(tag, new Uint8Array(n - 16));
    expect(codeOf(() => open(key, iv, aad, cipher, other, 'test'))).toBe('wrong-length');
  });
});

describe('opening', () => {
  it('gives the plaintext, and nothing for any change', () => {
    expect(hex(open(key, iv, aad, cipher, tag, 'test'))).toBe(hex(plain));
    const flip = (b: Uint8Array, at: number): Uint8Array => b.map((v, i) => (i === at ? v ^ 1 : v));
    for (let i = 0; i < 16; i++) expect(codeOf(() => open(key, iv, aad, cipher, flip(tag, i), 'test'))).toBe('cannot-decrypt');
    for (let i = 0; i < 50; i++) expect(codeOf(() => open(key, iv, aad, flip(cipher, i), tag, 'test'))).toBe('cannot-decrypt');
    for (let i = 0; i < 20; i++) expect(codeOf(() => open(key, iv, flip(aad, i), cipher, tag, 'test'))).toBe('cannot-decrypt');
    for (let i = 0; i < 12; i++) expect(codeOf(() => open(key, flip(iv, i), aad, cipher, tag, 'test'))).toBe('cannot-decrypt');
    for (let i = 0; i < 32; i++) expect(codeOf(() => open(flip(key, i), iv, aad, cipher, tag, 'test'))).toBe('cannot-decrypt');
    expect(codeOf(() => open(key, iv, aad, cipher.subarray(1), tag, 'test'))).toBe('cannot-decrypt');
    expect(codeOf(() => open(key, iv, aad, new Uint8Array(0), tag, 'test'))).toBe('cannot-decrypt');
    expect(codeOf(() => open(key, iv, join(aad, new Uint8Array(1)), cipher, tag, 'test'))).toBe('cannot-decrypt');
    // a byte moved from the authenticated data to the ciphertext: the same bytes in another place
    expect(codeOf(() => open(key, iv, aad.subarray(0, 19), join(aad.subarray(19), cipher), tag, 'test'))).toBe('cannot-decrypt');
  });
  it('a tag of zeros does not open anything', () => {
    expect(codeOf(() => open(key, iv, aad, cipher, new Uint8Array(16), 'test'))).toBe('cannot-decrypt');
  });
});

describe('against Node', () => {
  it('the same ciphertext and tag, and each opens what the other sealed, 1,000 times', () => {
    fc.assert(
      fc.property(bytes(32), bytes(12), bytes(0, 300), bytes(0, 300), (k, i, a, p) => {
        const node = createCipheriv('aes-256-gcm', k, i, { authTagLength: 16 });
        node.setAAD(a);
        const text = Buffer.concat([node.update(p), node.final()]);
        const own = seal(k, i, a, p);
        expect(hex(own.cipher)).toBe(text.toString('hex'));
        expect(hex(own.tag)).toBe(node.getAuthTag().toString('hex'));
        expect(hex(open(k, i, a, new Uint8Array(text), new Uint8Array(node.getAuthTag()), 'test'))).toBe(hex(p));
        const back = createDecipheriv('aes-256-gcm', k, i, { authTagLength: 16 });
        back.setAAD(a);
        back.setAuthTag(own.tag);
        expect(Buffer.concat([back.update(own.cipher), back.final()]).toString('hex')).toBe(hex(p));
      }),
      { numRuns: 1000 },
    );
  });

  it('the extension secret of a CCK, and only of one of 32 bytes with a tag of 16', () => {
    fc.assert(
      fc.property(bytes(32), bytes(16), (cck, salt) => {
        const node = hkdfSync('sha512', cck, salt, 'IBM Z Ultravisor Add-Secret', 32);
        expect(hex(deriveExtensionSecret(cck, salt))).toBe(Buffer.from(node).toString('hex'));
      }),
      { numRuns: 200 },
    );
    for (const n of [0, 31, 33])
      expect(codeOf(() => deriveExtensionSecret(new Uint8Array(n), new Uint8Array(16)))).toBe('wrong-length');
    for (const n of [0, 15, 17])
      expect(codeOf(() => deriveExtensionSecret(new Uint8Array(32), new Uint8Array(n)))).toBe('wrong-length');
  });
});
