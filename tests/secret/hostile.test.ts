/**
 * Hostile input: every reader of requests and secrets answers with a value or with its typed error, whatever it is given, and takes no
 * longer than 50 ms over 1 MiB.
 */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeReference, readReference } from '../../core/bundle/reference.ts';
import { readTocPol, writeTocPol } from '../../core/bundle/tocpol.ts';
import { utf8 } from '../../core/bytes.ts';
import { freshKeyPair } from '../../core/crypto/p521.ts';
import { SelError } from '../../core/errors.ts';
import { buildRequest, freshRequestKeys } from '../../core/request/build.ts';
import { cuidFromHex, readCuid } from '../../core/request/cuid.ts';
import { flagsOfHex, flagsOfNames } from '../../core/request/flags.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { readEcPrivateKey } from '../../core/secret/eckey.ts';
import { infoYaml, readInfoYaml } from '../../core/secret/info.ts';
import { kindRow } from '../../core/secret/kinds.ts';
import { listAsYaml, readAnyList, readList, readListYaml, writeList } from '../../core/secret/list.ts';
import { makeSecret, readPlaintext } from '../../core/secret/secret.ts';
import { leastCpuMs } from '../support/cpu.ts';
import { seededEnv } from '../support/env.ts';

const env = seededEnv('hostile');
const MIB = 1024 * 1024;
const LIMIT_MS = 50;

const host = freshKeyPair(env);
const request = buildRequest(
  {
    hostKeys: [host.publicKey],
    image: { pld: env.random(64), ald: env.random(64), tld: env.random(64), tag: env.random(16) },
    secret: makeSecret('plaintext', env.random(40), env.random(32), 'test'),
    userData: { kind: 'signed-ec-p521', bytes: env.random(10), sign: () => new Uint8Array(100).fill(1) },
  },
  freshRequestKeys(env),
);
const list = {
  total: 3,
  next: 3,
  entries: [0, 1, 2].map((index) => ({ index, type: 3 + index, length: 16, id: env.random(32) })),
};
const key = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;

/** Each reader, and something it takes. */
const readers: readonly (readonly [string, (bytes: Uint8Array) => unknown, Uint8Array])[] = [
  ['add-secret request', parseRequest, request],
  ['secret list', readList, writeList(list)],
  ['secret list, YAML', readListYaml, utf8(listAsYaml(list))],
  ['secret list, either', readAnyList, utf8(listAsYaml(list))],
  ['secret information', readInfoYaml, utf8(infoYaml(kindRow('aes-256'), 'a name: with # signs', env.random(32)))],
  ['configuration UID', readCuid, utf8(`a:\n  b: c\n  cuid: '0x${'12'.repeat(16)}'\n`)],
  ['key file, PEM', readEcPrivateKey, utf8(String(key.export({ type: 'pkcs8', format: 'pem' })))],
  ['key file, SEC1 DER', readEcPrivateKey, new Uint8Array(key.export({ type: 'sec1', format: 'der' }))],
  ['toc.pol', readTocPol, writeTocPol([env.random(16), env.random(16)])],
  ['policy reference', readReference, makeReference('toc.pol', env.random(64))],
  ['stored plaintext', (b) => readPlaintext(b, 'test'), new Uint8Array([0, 3, 1, 2, 3, ...new Uint8Array(11)])],
  ['configuration UID, hex', (b) => cuidFromHex(Buffer.from(b).toString('latin1')), utf8('12'.repeat(16))],
  ['flags, hex', (b) => flagsOfHex(Buffer.from(b).toString('latin1')), utf8('8000000000000000')],
  ['flags, names', (b) => flagsOfNames(Buffer.from(b).toString('latin1').split(',')), utf8('disable-dump')],
];

/** Runs it; anything but a value or a typed error goes through. */
const only = (read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): 'value' | 'error' => {
  try {
    read(bytes);
    return 'value';
  } catch (e) {
    if (e instanceof SelError) return 'error';
    throw e;
  }
};

/** What is measured is the reader, not the rest of the machine nor the collector of garbage. */
const millis = (read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): number => leastCpuMs(() => only(read, bytes), LIMIT_MS);

const repeated = (unit: string, size: number): Uint8Array => utf8(unit.repeat(Math.ceil(size / unit.length))).subarray(0, size);
const after = (head: string, unit: string, size: number): Uint8Array => {
  const start = utf8(head);
  const out = new Uint8Array(size);
  out.set(start);
  out.set(repeated(unit, size - start.length), start.length);
  return out;
};

/** What costs readers of these formats most, at the largest size each of them reads, and at 1 MiB. */
const heads = [
  '',
  '!Association\n',
  '!Retrievable\nkind: ',
  'total_num_secrets: 1\nsecrets:\n',
  'cuid: ',
  '-----BEGIN EC PRIVATE KEY-----\n',
  '-----BEGIN ',
];
const units = [
  '\0',
  'a',
  ' ',
  '\n',
  '- ',
  '? ',
  '[',
  '{',
  '"',
  "'",
  '|',
  ': ',
  'a: ',
  'a:\n',
  '- a\n',
  '&a ',
  '#',
  ' #',
  '\t',
  '\\',
  '!',
  '0',
  '-----BEGIN ',
  '-----',
  '=',
  'AAAA',
  '0123456789abcdef0123456789abcdef\n',
  'a\r',
];

describe.each(readers)('%s', (name, read, good) => {
  it('takes what it is for', () => {
    expect(only(read, good)).toBe('value');
  });
  it('1,000 changes of it: a value or the typed error', () => {
    let runs = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.oneof({ weight: 4, arbitrary: fc.constant(good.length) }, { weight: 1, arbitrary: fc.nat(good.length) }),
        (changes, length) => {
          runs++;
          const changed = good.slice();
          for (const [at, value] of changes) changed[at] = value;
          only(read, changed.subarray(0, length));
        },
      ),
      { numRuns: 1000 },
    );
    expect(runs).toBe(1000);
  });
  it('1,000 random inputs, and random ones that begin as it does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(Math.min(64, good.length)), (random, head) => {
        only(read, random);
        only(read, new Uint8Array([...good.subarray(0, head), ...random]));
      }),
      { numRuns: 1000 },
    );
  });
  it('1 MiB of random bytes, also behind its own beginning: under 50 ms', () => {
    for (const head of [0, 8, 64, good.length]) {
      const bytes = env.random(MIB);
      bytes.set(good.subarray(0, head));
      expect(millis(read, bytes)).toBeLessThan(LIMIT_MS);
    }
  });
  it('what is dear to read, at every size that is read: under 50 ms', () => {
    let worst = { took: 0, what: '' };
    for (const head of heads)
      for (const unit of units)
        for (const size of [65536, MIB]) {
          const took = millis(read, after(head, unit, size));
          const what = JSON.stringify({ head, unit, size });
          if (took > worst.took) worst = { took, what };
          expect(took, what).toBeLessThan(LIMIT_MS);
        }
    console.log(`${name}: at most ${worst.took.toFixed(1)} ms, over ${worst.what}`);
  });
});
