/** The options of `pvimg create` and which of them go together. */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { publicKeyHash } from '../../core/crypto/p521.ts';
import { SelError } from '../../core/errors.ts';
import {
  PLAINTEXT_FLAGS,
  plaintextFlags,
  plaintextMask,
  SECRET_FLAGS,
  secretFlags,
  secretMask,
  unknownBits,
} from '../../core/image/flags.ts';
import { parseHeader, sealHeader } from '../../core/image/header.ts';
import { isForHost, readKeyHashes } from '../../core/image/hosts.ts';
import { controlFlags, type ImageOptions } from '../../core/image/options.ts';
import { customer, protectionKey, slotHosts, slots, strangerHost } from '../support/slots.ts';

const NAMES = ['dump', 'cckUpdate', 'cckExtensionSecret', 'pckmo', 'pckmoHmac', 'backupKeys', 'cck'] as const;
/** Every combination of them. */
const all: Required<Omit<ImageOptions, 'imageEncryption'>>[] = Array.from(
  { length: 1 << NAMES.length },
  (_, n) => Object.fromEntries(NAMES.map((name, i) => [name, (n & (1 << i)) !== 0])) as never,
);

const outcome = (o: ImageOptions): string => {
  try {
    controlFlags(o);
    return 'made';
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
};

describe('which options go together', () => {
  it(`is as the reference has it, in all ${all.length} combinations`, () => {
    let refused = 0;
    for (const o of all) {
      const dumpNeeds = o.dump && !(o.cck || o.cckUpdate);
      const extensionNeeds = o.cckExtensionSecret && !o.cck;
      const both = o.cckExtensionSecret && o.cckUpdate;
      const good = !dumpNeeds && !extensionNeeds && !both;
      if (!good) refused++;
      expect(outcome({ ...o, imageEncryption: false }), JSON.stringify(o)).toBe(good ? 'made' : 'conflict');
    }
    // of the 16 combinations of the four that matter: 4 with an extension secret and no CCK, 2 with a CCK and both, 1 with a dump alone
    expect(refused).toBe((4 + 2 + 1) * 8);
  });
  it('an image that is to be encrypted is not made, nor one where nothing is said about it', () => {
    expect(outcome({ imageEncryption: true, cck: true })).toBe('unsupported');
    expect(outcome({ cck: true })).toBe('unsupported');
  });
  it('sets the bits the reference sets', () => {
    const bits = (o: Omit<ImageOptions, 'imageEncryption'>): [string, string] => {
      const f = controlFlags({ ...o, imageEncryption: false });
      return [plaintextMask(f.plaintext).toString(16), secretMask(f.secret).toString(16)];
    };
    expect(bits({ cck: false })).toEqual(['100000e0', '0']);
    expect(bits({ cck: false, dump: true, cckUpdate: true })).toEqual(['300000e0', '2000000000000000']);
    expect(bits({ cck: true, dump: true, pckmoHmac: true, backupKeys: true })).toEqual(['300000f2', '0']);
    expect(bits({ cck: true, pckmo: false, cckExtensionSecret: true })).toEqual(['10000000', '4000000000000000']);
  });
});

describe('flags by name', () => {
  it('come back from their mask, one by one and all together', () => {
    for (const f of PLAINTEXT_FLAGS) expect(plaintextFlags(plaintextMask([f.name]))).toEqual([f.name]);
    for (const f of SECRET_FLAGS) expect(secretFlags(secretMask([f.name]))).toEqual([f.name]);
    const names = PLAINTEXT_FLAGS.map((f) => f.name);
    expect(plaintextFlags(plaintextMask(names))).toEqual(names);
  });
  it('a bit without a name is shown as its number', () => {
    expect(unknownBits(PLAINTEXT_FLAGS, (1n << 63n) | 1n | (1n << 29n))).toEqual([0, 63]);
    expect(unknownBits(SECRET_FLAGS, 0x6000000000000000n)).toEqual([]);
  });
});

describe('for which hosts', () => {
  const header = parseHeader(
    sealHeader(
      {
        digests: { pld: new Uint8Array(64), ald: new Uint8Array(64), tld: new Uint8Array(64) },
        pages: 0n,
        flags: 0n,
        inner: { cck: new Uint8Array(32), componentKey: new Uint8Array(64), pswMask: 0n, pswAddress: 0n, secretFlags: 0n },
      },
      slots,
      { customer, protectionKey, iv: new Uint8Array(12) },
    ),
  );
  it('tells its hosts from others', () => {
    for (const h of slotHosts) expect(isForHost(header, publicKeyHash(h.publicKey))).toBe(true);
    expect(isForHost(header, publicKeyHash(strangerHost.publicKey))).toBe(false);
  });
  const lines = (...first: string[]): string =>
    [...first, ...Array.from({ length: 15 - first.length }, () => '0'.repeat(64))].map((l) => `${l}\n`).join('');
  it('reads the list a machine shows, without its empty slots', () => {
    const keys = readKeyHashes(utf8(lines('0b'.repeat(32), '8E'.repeat(32))));
    expect(keys.map((k) => [k.name, k.hash[0], k.hash.length])).toEqual([
      ['host key', 0x0b, 32],
      ['backup host key', 0x8e, 32],
    ]);
  });
  it('refuses other lists', () => {
    for (const [text, message] of [
      ['', /empty/],
      [lines('0b'.repeat(31)), /line 1/],
      [lines('zz'.repeat(32)), /bad-encoding/],
      [lines().slice(65), /14 lines/],
      [`${lines()}${'0'.repeat(64)}\n`, /16 lines/],
    ] as const)
      expect(() => readKeyHashes(utf8(text))).toThrow(message);
    expect(() => readKeyHashes(new Uint8Array([0xff, 0xfe]))).toThrow(/bad-encoding/);
  });
});
