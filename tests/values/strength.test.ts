/** Strength of typed passphrases: ordered as people would order them, with a floor that holds, and nothing kept. */
import * as zxcvbnCore from '@zxcvbn-ts/core';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { checkValue } from '../../core/secret/value.ts';
import { characterPassphrase } from '../../core/values/passphrase.ts';
import { estimateStrength, FEEDBACK } from '../../core/values/strength.ts';
import { seededEnv } from '../support/env.ts';
import { PASSPHRASE } from './secrets.ts';

const bits = async (text: string, known?: string[]): Promise<number> => (await estimateStrength(utf8(text), known)).bits;
const feedback = async (text: string) => (await estimateStrength(utf8(text))).feedback;

describe('an estimate', () => {
  it('puts what people type in the order of its worth', async () => {
    const order = ['password', 'Summer2024!', 'Tr0ub4dour&3', 'correct horse battery staple', 'kX9$vQ2!mZ7@pL4#wR8%'];
    const all: number[] = [];
    for (const text of order) all.push(await bits(text));
    expect(all).toEqual([...all].sort((a, b) => a - b));
    expect(all[0]).toBeLessThan(5);
    expect(all[3]).toBeGreaterThan(44);
  });

  it('takes fingers on the keyboard for what they are: long and weak', async () => {
    for (const text of [
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'asdfasdfasdfasdfasdfasdf',
      'qwertyuiopasdfghjklzxcvbnm',
      'jkdfhskjdfhsdkjfhskjdfhkjsdf',
    ])
      expect(await bits(text), text).toBeLessThan(75);
  });

  it('gives a generator what is a generator’s: within a tenth and ten bits, 40 passphrases, and never more', async () => {
    for (let i = 0; i < 40; i++) {
      const made = characterPassphrase(60 + 6 * i, 0, seededEnv(`strength ${i}`));
      // further than 64 characters nobody looks
      const looked = Math.min(made.bits, 6 * 64);
      const estimated = (await estimateStrength(made.value)).bits;
      expect(estimated, `${made.bits} bits`).toBeLessThanOrEqual(looked);
      if (made.value.length >= 12) expect(estimated, `${made.bits} bits`).toBeGreaterThan(0.9 * looked - 10);
    }
  });

  it('takes a word in a generator’s text for the chance it is: none of these was weaker for it', async () => {
    // found among some thousand: each was once told to have about 100 bits
    for (const text of [
      'x1-TsanglouHff3JsWEL1hL3zRaucxU5',
      '7cANEILL0KA77iHvcv-aZxW2O5ZUHQrk',
      's7jR1OSchA1NuSEMvnAjKnCjoi-Wq-lq',
    ])
      expect(await bits(text), text).toBeGreaterThan(170);
    // what a tenant makes with "openssl rand", which has its 128 bits; one in hundreds looks like words and dates all the same
    const under: string[] = [];
    for (let i = 0; i < 150; i++) {
      const bytes = Buffer.from(seededEnv(`chance ${i}`).random(16));
      for (const text of [bytes.toString('hex'), bytes.toString('base64')]) if ((await bits(text)) < 128) under.push(text);
    }
    expect(under.length, under.join(', ')).toBeLessThanOrEqual(2);
  });

  it('does not take words and habits for a generator’s work because something random stands beside them', async () => {
    for (const text of [
      'Il0veMyD0g&MyC4tF0rever!!',
      'Selwright-Passw0rd-2026-Xk9',
      'deadbeefcafebabedeadbeefcafebabe',
      '20261130202611302026',
    ])
      expect(await bits(text), text).toBeLessThan(72);
    // words of a language it does not know, with capitals and marks
    expect(await bits('Haus-Garten-Katze-Baum')).toBeLessThan(90);
  });

  it('gives random bytes their eight bits, and a text in an old encoding what it has of letters', async () => {
    for (let i = 0; i < 200; i++)
      for (const size of [24, 32, 64])
        expect((await estimateStrength(seededEnv(`bytes ${i}`).random(size))).bits, `${i}, ${size} bytes`).toBe(8 * size);
    const latin1 = new Uint8Array(Buffer.from('Stra\u00dfe nach nirgendwo und zur\u00fcck', 'latin1'));
    expect((await estimateStrength(latin1)).bits).toBeLessThan(5 * latin1.length);
  });

  it('knows the words an attacker knows', async () => {
    expect(await bits('zorblaxiquant', ['zorblaxiquant'])).toBeLessThan(5);
    expect(await bits('zorblaxiquant')).toBeGreaterThan(30);
  });

  it('never throws, never hangs, whatever it gets', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (value) => {
        const made = await estimateStrength(value);
        expect(made.bits).toBeGreaterThanOrEqual(0);
        for (const f of made.feedback) expect(FEEDBACK).toContain(f);
      }),
      { numRuns: 60 },
    );
    const started = performance.now();
    for (const text of ['4@'.repeat(4000), 'a1'.repeat(5000), ' '.repeat(60_000)]) await bits(text);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('feedback', () => {
  it('names what weakens it', async () => {
    expect(await feedback('password')).toContain('common-password');
    expect(await feedback('Tr0ub4dour&3')).toContain('swaps-are-known');
    expect(await feedback('qwertyuiop[]')).toEqual(expect.arrayContaining(['keyboard']));
    expect(await feedback('aaaaaaaaaaaa')).toContain('repeats');
    expect(await feedback('abcdefghijk')).toContain('sequence');
    expect(await feedback('notebook')).toEqual(expect.arrayContaining(['generate']));
    expect(await feedback('correct horse battery staple')).toContain('more-words');
  });
  it('is silent for a strong one', async () => {
    expect(await feedback('kX9vQ2mZ7pL4wR8tY3nB6cD1fG5hJ0')).toEqual([]);
  });
});

describe('the floor of the policy', () => {
  it('refuses what is weaker, lets pass what is stronger, and says nothing of what nobody measured', async () => {
    const weak = utf8('correct horse battery staple');
    expect(checkValue(PASSPHRASE, weak, (await estimateStrength(weak)).bits)).toMatchObject([
      { rule: 'P10', severity: 'error', expected: 'at least 128 bits, as the policy says' },
    ]);
    expect(checkValue(PASSPHRASE, weak)).toEqual([]);
    expect(checkValue(PASSPHRASE, weak, 128)).toEqual([]);
  });
});

describe('the value is not kept', () => {
  /** Every text that can be reached from an object. */
  const reaches = (root: unknown, needle: string): boolean => {
    const seen = new Set<unknown>();
    const open: unknown[] = [root];
    while (open.length > 0) {
      const x = open.pop();
      if (typeof x === 'string' && x.includes(needle)) return true;
      if ((typeof x !== 'object' && typeof x !== 'function') || x === null || seen.has(x)) continue;
      seen.add(x);
      if (x instanceof Map) open.push(...x.keys(), ...x.values());
      else if (x instanceof Set) open.push(...x);
      for (const key of Reflect.ownKeys(x)) {
        const d = Object.getOwnPropertyDescriptor(x, key);
        if (d && 'value' in d) open.push(d.value);
      }
    }
    return false;
  };

  it('by the estimator, nor by the language’s own memory of the last match', async () => {
    const check = vi.spyOn(zxcvbnCore.ZxcvbnFactory.prototype, 'check');
    const secret = 'Zq7-uvvxard-of-Tr0ub4dour-1987';
    const answer = await estimateStrength(utf8(secret));
    // before anything else looks for a pattern in anything
    const memory = ['$_', '$&', '$1', "$'", '$`'].map((name) => (RegExp as unknown as Record<string, string>)[name]);
    const estimator = check.mock.contexts[0];
    check.mockRestore();
    expect(estimator).toBeDefined();
    expect(reaches(estimator, 'uvvxard')).toBe(false);
    // the search itself finds what is there
    expect(reaches(estimator, 'password')).toBe(true);
    expect(memory.join()).not.toContain('uvvxard');
    expect(JSON.stringify(answer)).not.toContain('uvvxard');
  });
});
