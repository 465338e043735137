/** Generated values: what the policy asks for, unbiased, never the same, and good by every check of ours. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, hex } from '../../core/bytes.ts';
import { KEY_KINDS, type PolicySecret } from '../../core/policy/schema.ts';
import { TEMPLATE_NAMES, template } from '../../core/policy/templates.ts';
import { checkValue, generateValue, generatorFor, secretOf } from '../../core/secret/value.ts';
import { isHashOf } from '../../core/values/crypt.ts';
import { type Choice, type GenerateTools, generate, waysFor } from '../../core/values/generate.ts';
import { characterPassphrase } from '../../core/values/passphrase.ts';
import { recogniseValue } from '../../core/values/recognise.ts';
import { estimateStrength } from '../../core/values/strength.ts';
import { wordList, wordPassphrase, wordsFor } from '../../core/values/words.ts';
import { generateTools, nodeSha512 } from '../../edge/values.ts';
import { nodeEnv, seededEnv } from '../support/env.ts';
import { codeOf } from '../support/errors.ts';
import { CONFIG, EVERY, LOGIN, PASSPHRASE, SSH, SSH_ANY, secret, TLS, TLS_ANY, XTS } from './secrets.ts';

/** One RSA key for all tests that need any: making one takes seconds. */
const rsa = generateTools.rsaKey(3072);
const asked: number[] = [];
const tools: GenerateTools = {
  rsaKey: async (bits) => {
    asked.push(bits);
    return (await rsa).slice();
  },
  sha512: nodeSha512,
};
const make = (s: PolicySecret, c: Choice = {}, seed = 'generate') => generate(s, c, seededEnv(seed), tools);
const codeOfLater = async (run: () => Promise<unknown>): Promise<string> => {
  const settled = await run().then(
    () => () => undefined,
    (e: unknown) => () => {
      throw e;
    },
  );
  return codeOf(settled);
};

describe('every way of every secret', () => {
  const all = EVERY.flatMap((s) =>
    waysFor(s).flatMap(({ generator, keys = [undefined] }) => keys.map((key) => ({ s, name: s.name, generator, key }))),
  );
  it.each(all)('$name by $generator $key', async ({ s, generator, key }) => {
    const choice = { generator, ...(key ? { key } : {}) };
    const { value, bits, clear } = await make(s, choice);
    expect(checkValue(s, value, bits)).toEqual([]);
    expect(recogniseValue(s, value).becomes).toBe(secretOf(s, value).kind);
    if (key?.startsWith('rsa')) {
      expect(`rsa-${asked.at(-1)}`).toBe(key);
      return;
    }
    if (key) expect(recogniseValue(s, value).key?.kind).toBe(key);
    // the same randomness, the same value; other randomness, another one
    expect(hex((await make(s, choice)).value)).toBe(hex(value));
    expect(hex((await make(s, choice, 'other')).value)).not.toBe(hex(value));
    if (clear) expect(Buffer.from(value).includes(Buffer.from(clear))).toBe(false);
  });

  it('is offered: at least one a secret that may be generated', () => {
    for (const s of EVERY) expect(waysFor(s).length, s.name).toBeGreaterThan(0);
    for (const s of EVERY) expect(waysFor({ ...s, source: ['type', 'import'] }), s.name).toEqual([]);
  });

  it('the usual one is the one made at once', () => {
    for (const s of EVERY) {
      const usual = generatorFor(s);
      if (usual === undefined) {
        expect(codeOf(() => generateValue(s, seededEnv('once')))).toBe('unsupported');
        continue;
      }
      expect(usual).toBe(waysFor(s)[0]?.generator);
      expect(checkValue(s, generateValue(s, seededEnv('once')).value), s.name).toEqual([]);
    }
    expect(generatorFor(LOGIN)).toBeUndefined();
    expect(generatorFor(secret('tls-service-key', 'plaintext', { key: ['rsa-4096'] }))).toBeUndefined();
  });

  it('random bytes never end with a newline where the policy forbids one, and are characters where it wants those', () => {
    const bytes = secret('app-config', 'plaintext', { bytes: 5, 'trailing-newline': 'forbidden' });
    const env = seededEnv('newline');
    // 2,000 of them: some eight would end with one
    for (let i = 0; i < 2000; i++) expect(checkValue(bytes, generateValue(bytes, env).value)).toEqual([]);
    for (const purpose of ['app-config', 'luks-data-passphrase'] as const) {
      const text = secret(purpose, 'plaintext', { bytes: 24, charset: 'printable-ascii' });
      expect(waysFor(text)).toEqual([{ generator: 'characters', bits: 144 }]);
      const { value, bits } = generateValue(text, env);
      expect(checkValue(text, value, bits)).toEqual([]);
      expect(bits).toBe(144);
    }
  });

  it('every generated secret of every template passes its own policy', () => {
    for (const name of TEMPLATE_NAMES)
      for (const s of template(name).secrets)
        if (generatorFor(s)) expect(checkValue(s, generateValue(s, nodeEnv).value), `${name} ${s.name}`).toEqual([]);
  });
});

describe('passphrases', () => {
  it('of characters: as many bits as asked for, whatever that is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1024 }), fc.integer({ min: 0, max: 80 }), (bits, minimum) => {
        const made = characterPassphrase(bits, minimum, nodeEnv);
        expect(made.bits).toBeGreaterThanOrEqual(bits);
        expect(made.bits).toBe(6 * made.value.length);
        expect(made.value.length).toBe(Math.max(Math.ceil(bits / 6), minimum));
        expect(fromUtf8(made.value, 'test')).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  it('each of the 64 characters is as likely: 64,000 of them, chi squared', () => {
    const counts = new Map<number, number>();
    for (const c of characterPassphrase(6 * 64_000, 0, seededEnv('chi')).value) counts.set(c, (counts.get(c) ?? 0) + 1);
    const chi = [...counts.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(counts.size).toBe(64);
    // 63 degrees of freedom: beyond 112 once in 10,000
    expect(chi).toBeLessThan(112);
  });

  it('of words: from a list whose size is a power of two, all different', async () => {
    const { words, bits } = await wordList();
    expect(words.length).toBe(2 ** bits);
    expect(bits).toBeGreaterThanOrEqual(12);
    expect(new Set(words).size).toBe(words.length);
    expect(words.filter((w) => !/^[a-z]{4,8}$/.test(w))).toEqual([]);
  });

  it('of words: bits are those of the list times their number, and every word comes up', async () => {
    const list = await wordList();
    const seen = new Set<string>();
    for (let i = 0; i < 4; i++) {
      const { value, bits } = wordPassphrase(12_000, ' ', list, seededEnv(`words ${i}`));
      expect(bits).toBe(12_000 * list.bits);
      for (const w of fromUtf8(value, 'test').split(' ')) seen.add(w);
    }
    // 48,000 draws of 4096: one that never comes up is one in 30 runs; the seeds are fixed
    expect(seen.size).toBeGreaterThan(list.words.length - 4);
    for (const w of seen) expect(list.words).toContain(w);
  });

  it('of words: enough of them for the floor and the smallest size', async () => {
    const list = await wordList();
    expect(wordsFor(128, 0, list) * list.bits).toBeGreaterThanOrEqual(128);
    for (const minimum of [1, 20, 77, 300]) {
      const { value } = wordPassphrase(wordsFor(1, minimum, list), '-', list, nodeEnv);
      expect(value.length).toBeGreaterThanOrEqual(minimum);
    }
    const floor = secret('luks-root-passphrase', 'plaintext', { 'min-entropy-bits': 200 });
    expect((await make(floor, { generator: 'words', bits: 60 })).bits).toBeGreaterThanOrEqual(200);
  });

  it('of words: separated by a mark, and by nothing that is a letter or no character', async () => {
    const text = fromUtf8((await make(PASSPHRASE, { generator: 'words', separator: '.' })).value, 'test');
    expect(text).toMatch(/^[a-z]+(\.[a-z]+)+$/);
    for (const separator of ['a', '', '--', 'ä', '\n'])
      expect(await codeOfLater(() => make(PASSPHRASE, { generator: 'words', separator }))).toBe('bad-value');
  });

  it('of both kinds still pass the floor of 128 bits when nobody knows any more how they were made, 25 each', async () => {
    const list = await wordList();
    for (let i = 0; i < 25; i++) {
      const characters = generateValue(PASSPHRASE, seededEnv(`again ${i}`)).value;
      const words = wordPassphrase(wordsFor(128, 20, list), '-', list, seededEnv(`again ${i}`)).value;
      for (const value of [characters, words])
        expect(checkValue(PASSPHRASE, value, (await estimateStrength(value)).bits)).toEqual([]);
    }
  });

  it('of a high floor have some bits more, as an estimate may take some off, 25 of them', async () => {
    const high = secret('luks-root-passphrase', 'plaintext', { 'min-entropy-bits': 192 });
    expect(waysFor(high)[0]).toEqual({ generator: 'characters', bits: 224 });
    for (let i = 0; i < 25; i++) {
      const { value } = generateValue(high, seededEnv(`high ${i}`));
      expect(checkValue(high, value, (await estimateStrength(value)).bits)).toEqual([]);
    }
    const most = secret('luks-root-passphrase', 'plaintext', { 'min-entropy-bits': 1024 });
    expect(generateValue(most, seededEnv('most')).bits).toBeGreaterThanOrEqual(1024);
  });
});

describe('a login', () => {
  it('comes with its clear password, once', async () => {
    const { value, clear, bits } = await make(LOGIN);
    const [user, hash] = fromUtf8(value, 'test').split(':') as [string, string];
    expect(user).toBe('admin');
    expect(bits).toBeGreaterThanOrEqual(96);
    expect(clear && isHashOf(hash, clear, nodeSha512)).toBe(true);
  });
});

describe('what is not allowed', () => {
  it('another way than the policy has, another kind of key, nonsense', async () => {
    expect(await codeOfLater(() => make(XTS, { generator: 'words' }))).toBe('unsupported');
    expect(await codeOfLater(() => make({ ...CONFIG, source: ['import'] }))).toBe('unsupported');
    expect(await codeOfLater(() => make(SSH, { key: 'ec-p256' }))).toBe('unsupported');
    expect(await codeOfLater(() => make(TLS, { key: 'ec-p521' }))).toBe('unsupported');
    for (const bits of [0, -1, 1.5, 1025, Number.NaN])
      expect(await codeOfLater(() => make(PASSPHRASE, { bits }))).toBe('bad-value');
  });

  it('kinds are offered as the policy lists them, as far as they can be made', () => {
    expect(waysFor(SSH)).toEqual([{ generator: 'ssh-key', keys: ['ed25519'] }]);
    expect(waysFor(SSH_ANY)[0]?.keys).not.toContain('ed448');
    expect(waysFor(TLS_ANY)[0]?.keys).toEqual(expect.arrayContaining(['ec-p521', 'rsa-4096']));
    for (const s of EVERY) for (const w of waysFor(s)) for (const k of w.keys ?? []) expect(KEY_KINDS).toContain(k);
    expect(waysFor(secret('ssh-host-key', 'plaintext', { key: ['ed448'] }))).toEqual([]);
  });
});
