/** Signed user data: made by core with Node's keys, verified by core and by openssl; and everything that must not verify. */
import { generateKeyPairSync, type KeyObject, sign as nodeSign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { p521 } from '@noble/curves/nist.js';
import { afterAll, describe, expect, it } from 'vitest';
import { hex, utf8 } from '../../core/bytes.ts';
import { freshKeyPair } from '../../core/crypto/p521.ts';
import { requestHeader } from '../../core/request/asrcb.ts';
import { buildRequest, freshRequestKeys } from '../../core/request/build.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { type SignedKind, signedPart, USER_DATA_MAX } from '../../core/request/userdata.ts';
import { verifyRequest } from '../../core/request/verify.ts';
import { makeSecret } from '../../core/secret/secret.ts';
import { readUserSigner, readUserVerifyKey, verifySignature } from '../../edge/keys.ts';
import { seededEnv } from '../support/env.ts';
import { codeOf, errorOf } from '../support/errors.ts';
import { haveOpenssl, itWith, run } from '../support/programs.ts';
import { describeVectors, vectorFile } from '../support/vectors.ts';

const env = seededEnv('user data');
const host = freshKeyPair(env);
const keys = freshRequestKeys(env);
const base = {
  hostKeys: [host.publicKey],
  image: { pld: env.random(64), ald: env.random(64), tld: env.random(64), tag: env.random(16) },
  secret: makeSecret('association', env.random(32), env.random(32), 'test'),
  extensionSecret: env.random(32),
};
const pem = (key: KeyObject, type: 'pkcs8' | 'spki' | 'sec1' | 'pkcs1'): Uint8Array =>
  utf8(String(key.export({ type: type as 'pkcs8', format: 'pem' })));
const der = (key: KeyObject, type: 'pkcs8' | 'spki' | 'sec1' | 'pkcs1'): Uint8Array =>
  new Uint8Array(key.export({ type: type as 'pkcs8', format: 'der' }));

const pairs: Record<SignedKind, { publicKey: KeyObject; privateKey: KeyObject }> = {
  'signed-ec-p521': generateKeyPairSync('ec', { namedCurve: 'secp521r1' }),
  'signed-rsa-2048': generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'signed-rsa-3072': generateKeyPairSync('rsa', { modulusLength: 3072 }),
};
const message = utf8('some example user-data');
const signed = (kind: SignedKind): Uint8Array => {
  const signer = readUserSigner(pem(pairs[kind].privateKey, 'pkcs8'));
  return buildRequest({ ...base, userData: { ...signer, bytes: message } }, keys);
};
const requests = Object.fromEntries(Object.keys(pairs).map((k) => [k, signed(k as SignedKind)])) as Record<
  SignedKind,
  Uint8Array
>;
const kinds = Object.keys(pairs) as SignedKind[];
const verifyKey = (kind: SignedKind) => readUserVerifyKey(pem(pairs[kind].publicKey, 'spki'));
const failedCheck = (request: Uint8Array, kind: SignedKind): string | undefined =>
  verifyRequest(request, verifyKey(kind), verifySignature).checks.find((c) => c.outcome === 'failed')?.id;

const directory = mkdtempSync(path(tmpdir(), 'selwright-userdata-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(kinds)('%s', (kind) => {
  const request = requests[kind];
  const userDataAt = requestHeader.offset('userData');

  it('verifies, and gives the message with the zeros behind', () => {
    const verdict = verifyRequest(request, verifyKey(kind), verifySignature);
    expect(verdict.checks.map((c) => `${c.id} ${c.outcome}`)).toEqual([
      'magic passed',
      'version passed',
      'sizes passed',
      'signed passed',
      'key-kind passed',
      'signature passed',
    ]);
    expect(verdict.ok).toBe(true);
    const expected = new Uint8Array(USER_DATA_MAX[kind]);
    expected.set(message);
    expect(hex(verdict.userData as Uint8Array)).toBe(hex(expected));
    expect(parseRequest(request).userDataKind).toBe(kind);
  });

  it('is signed over everything but the tag: any byte of it changed fails, the tag changed does not', () => {
    // every 11th byte: the shape is refused as such, everything else is a signature that does not fit
    for (let at = 0; at < request.length - 16; at += 11) {
      const changed = request.slice();
      changed[at] = (changed[at] as number) ^ 1;
      let answer: string | undefined;
      const code = codeOf(() => {
        answer = failedCheck(changed, kind);
      });
      if (code === 'nothing thrown') expect(answer, `offset ${at}`).toBe('signature');
    }
    const tag = request.slice();
    tag[request.length - 1] = (tag[request.length - 1] as number) ^ 1;
    expect(failedCheck(tag, kind)).toBeUndefined();
  });

  it('every byte of message and signature counts', () => {
    for (let at = userDataAt; at < userDataAt + 512; at += 3) {
      const changed = request.slice();
      changed[at] = (changed[at] as number) ^ 0x80;
      let answer: string | undefined = 'refused by its shape';
      codeOf(() => {
        answer = failedCheck(changed, kind);
      });
      expect(answer, `offset ${at}`).not.toBeUndefined();
    }
  });

  it('does not verify with another key of the same kind, nor with one of another kind', () => {
    const other = { 'signed-ec-p521': 'ec', 'signed-rsa-2048': 'rsa', 'signed-rsa-3072': 'rsa' } as const;
    const pair =
      other[kind] === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'secp521r1' })
        : generateKeyPairSync('rsa', { modulusLength: kind === 'signed-rsa-2048' ? 2048 : 3072 });
    const key = readUserVerifyKey(pem(pair.publicKey, 'spki'));
    const verdict = verifyRequest(request, key, verifySignature);
    expect(verdict.ok).toBe(false);
    expect(verdict.userData).toBeUndefined();
    expect(verdict.checks.at(-1)).toMatchObject({ id: 'signature', outcome: 'failed' });
    for (const k of kinds) if (k !== kind) expect(failedCheck(request, k)).toBe('key-kind');
  });

  it('asks for a key', () => {
    expect(codeOf(() => verifyRequest(request, undefined, verifySignature))).toBe('missing-value');
  });

  itWith(haveOpenssl, 'OPENSSL', 'openssl agrees, and signs what core verifies', () => {
    const write = (name: string, bytes: Uint8Array): string => {
      const file = path(directory, `${kind}-${name}`);
      writeFileSync(file, bytes);
      return file;
    };
    const parsed = parseRequest(request);
    const data = write('data', signedPart(request, kind));
    const signature = write('signature', parsed.signature as Uint8Array);
    const pub = write('pub.pem', pem(pairs[kind].publicKey, 'spki'));
    expect(run('openssl', ['dgst', '-sha512', '-verify', pub, '-signature', signature, data]).toString()).toBe('Verified OK\n');
    const priv = write('key.pem', pem(pairs[kind].privateKey, 'pkcs8'));
    const sign = (bytes: Uint8Array) => new Uint8Array(run('openssl', ['dgst', '-sha512', '-sign', priv], bytes));
    const made = buildRequest({ ...base, userData: { kind, bytes: message, sign } }, keys);
    expect(failedCheck(made, kind)).toBeUndefined();
  });
});

describe('a request that is not signed', () => {
  const none = buildRequest(base, keys);
  const unsigned = buildRequest({ ...base, userData: { kind: 'unsigned', bytes: message } }, keys);
  it('verifies without a key', () => {
    expect(verifyRequest(none, undefined, verifySignature)).toMatchObject({ ok: true });
    expect(verifyRequest(none, undefined, verifySignature).userData).toBeUndefined();
    expect(verifyRequest(unsigned, undefined, verifySignature).userData).toHaveLength(512);
  });
  it('is not what was asked for when a key is given: the reference lets one without user data through', () => {
    for (const request of [none, unsigned]) {
      expect(failedCheck(request, 'signed-ec-p521')).toBe('signed');
      expect(verifyRequest(request, verifyKey('signed-ec-p521'), verifySignature).userData).toBeUndefined();
    }
  });
});

describe('ECDSA signatures that are no signatures', () => {
  const kind = 'signed-ec-p521' as const;
  const withSignature = (signature: Uint8Array): string | undefined =>
    failedCheck(buildRequest({ ...base, userData: { kind, bytes: message, sign: () => signature } }, keys), kind);
  const good = new Uint8Array(nodeSign('sha512', signedPart(requests[kind], kind), pairs[kind].privateKey));
  const body = Buffer.from(good);
  const integer = (n: bigint): Buffer => {
    let digits = n.toString(16);
    if (digits.length % 2 === 1) digits = `0${digits}`;
    const b = Buffer.from(digits, 'hex');
    const value = (b[0] as number) & 0x80 ? Buffer.concat([Buffer.alloc(1), b]) : b;
    return Buffer.concat([Buffer.from([2, value.length]), value]);
  };
  const sequence = (...parts: Buffer[]): Uint8Array => {
    const content = Buffer.concat(parts);
    const head = content.length < 128 ? [0x30, content.length] : [0x30, 0x81, content.length];
    return new Uint8Array(Buffer.concat([Buffer.from(head), content]));
  };
  const order = p521.Point.CURVE().n;
  const rStart = body[1] === 0x81 ? 3 : 2;
  const rLength = body[rStart + 1] as number;
  const r = BigInt(`0x${body.subarray(rStart + 2, rStart + 2 + rLength).toString('hex')}`);
  const s = BigInt(`0x${body.subarray(rStart + 4 + rLength).toString('hex')}`);

  it('the good one, and its twin with the order minus s, both verify', () => {
    expect(withSignature(sequence(integer(r), integer(s)))).toBeUndefined();
    expect(withSignature(sequence(integer(r), integer(order - s)))).toBeUndefined();
  });
  it.each([
    ['r = 0', sequence(integer(0n), integer(s))],
    ['s = 0', sequence(integer(r), integer(0n))],
    ['both 0', sequence(integer(0n), integer(0n))],
    ['r = order', sequence(integer(order), integer(s))],
    ['s = order', sequence(integer(r), integer(order))],
    ['r and s swapped', sequence(integer(s), integer(r))],
    ['both 1', sequence(integer(1n), integer(1n))],
    ['an empty sequence', sequence()],
    ['one integer', sequence(integer(r))],
    ['no DER', new Uint8Array(138).fill(0x55)],
    [
      'raw r and s, 132 bytes',
      new Uint8Array(Buffer.from(r.toString(16).padStart(132, '0') + s.toString(16).padStart(132, '0'), 'hex')),
    ],
    ['cut', good.subarray(0, good.length - 1)],
  ])('%s: refused', (_, signature) => {
    expect(withSignature(signature)).toBe('signature');
  });
});

describe('keys that sign', () => {
  it.each([
    ['EC, PKCS#8 PEM', pem(pairs['signed-ec-p521'].privateKey, 'pkcs8'), 'signed-ec-p521'],
    ['EC, SEC1 PEM', pem(pairs['signed-ec-p521'].privateKey, 'sec1'), 'signed-ec-p521'],
    ['EC, PKCS#8 DER', der(pairs['signed-ec-p521'].privateKey, 'pkcs8'), 'signed-ec-p521'],
    ['EC, SEC1 DER', der(pairs['signed-ec-p521'].privateKey, 'sec1'), 'signed-ec-p521'],
    ['RSA 2048, PKCS#1 PEM', pem(pairs['signed-rsa-2048'].privateKey, 'pkcs1'), 'signed-rsa-2048'],
    ['RSA 2048, PKCS#1 DER', der(pairs['signed-rsa-2048'].privateKey, 'pkcs1'), 'signed-rsa-2048'],
    ['RSA 3072, PKCS#8 DER', der(pairs['signed-rsa-3072'].privateKey, 'pkcs8'), 'signed-rsa-3072'],
  ])('%s', (_, file, kind) => {
    expect(readUserSigner(file).kind).toBe(kind);
  });

  const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
  const ed = generateKeyPairSync('ed25519');
  const encrypted = pairs['signed-ec-p521'].privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'abc',
  });
  it.each([
    ['P-256', pem(p256.privateKey, 'pkcs8'), 'wrong-curve'],
    ['RSA 1024', pem(rsa1024.privateKey, 'pkcs8'), 'wrong-curve'],
    ['RSA-PSS', pem(pss.privateKey, 'pkcs8'), 'wrong-curve'],
    ['Ed25519', pem(ed.privateKey, 'pkcs8'), 'wrong-curve'],
    ['encrypted', utf8(String(encrypted)), 'encrypted'],
    ['a public key', pem(pairs['signed-ec-p521'].publicKey, 'spki'), 'not-recognised'],
    ['a text', utf8('hello'), 'not-recognised'],
    ['an empty file', new Uint8Array(0), 'empty'],
    ['a broken one', der(pairs['signed-ec-p521'].privateKey, 'pkcs8').fill(0, 30, 60), 'bad-encoding'],
  ])('%s: refused', (_, file, code) => {
    expect(codeOf(() => readUserSigner(file))).toBe(code);
  });

  it.each([
    ['public key PEM', pem(pairs['signed-rsa-2048'].publicKey, 'spki')],
    ['public key DER', der(pairs['signed-rsa-2048'].publicKey, 'spki')],
    ['RSA public key PEM', pem(pairs['signed-rsa-2048'].publicKey, 'pkcs1')],
  ])('verifies with %s', (_, file) => {
    expect(readUserVerifyKey(file)).toMatchObject({ kind: 'signed-rsa-2048' });
  });
  it.each([
    ['a private key', pem(pairs['signed-rsa-2048'].privateKey, 'pkcs8'), 'not-recognised'],
    ['P-256', pem(p256.publicKey, 'spki'), 'wrong-curve'],
    ['RSA 1024', pem(rsa1024.publicKey, 'spki'), 'wrong-curve'],
    ['two keys', new Uint8Array([...pem(p256.publicKey, 'spki'), ...pem(ed.publicKey, 'spki')]), 'duplicate'],
    ['a broken certificate', utf8('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'), 'bad-encoding'],
    ['an empty file', new Uint8Array(0), 'empty'],
    ['a text', utf8('hello'), 'not-recognised'],
  ])('does not verify with %s', (_, file, code) => {
    expect(codeOf(() => readUserVerifyKey(file))).toBe(code);
  });
});

describeVectors('user keys of s390-tools', () => {
  const file = (name: string): Uint8Array => vectorFile(`s390-tools/pv/keys/${name}`);
  it('sign and verify: RSA 2048 and 3072, by certificate and by public key', () => {
    for (const [bits, kind] of [
      ['2048', 'signed-rsa-2048'],
      ['3072', 'signed-rsa-3072'],
    ] as const) {
      const signer = readUserSigner(file(`rsa${bits}key.pem`));
      expect(signer.kind).toBe(kind);
      const request = buildRequest({ ...base, userData: { ...signer, bytes: message } }, keys);
      for (const name of [`rsa${bits}.crt`, `rsa${bits}key.pub.pem`]) {
        const key = readUserVerifyKey(file(name));
        expect(verifyRequest(request, key, verifySignature).ok, name).toBe(true);
      }
    }
  });
  it('refuses those the reference refuses: RSA 4096 and secp256k1', () => {
    expect(errorOf(() => readUserSigner(file('rsa4096key.pem')))).toMatchObject({
      code: 'wrong-curve',
      facts: { found: 'RSA with 4096 bits' },
    });
    expect(codeOf(() => readUserSigner(file('ecsecp256k1.pem')))).toBe('wrong-curve');
  });
});
