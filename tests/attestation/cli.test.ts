/** `attest create`, `attest verify`, `attest check`: the real command, answered by Node's own HMAC. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readExchange } from '../../core/attestation/exchange.ts';
import { parseAttestationRequest } from '../../core/attestation/request.ts';
import { hex } from '../../core/bytes.ts';
import { publicKeyHash } from '../../core/crypto/p521.ts';
import { findHeader } from '../../core/image/find.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { readSimHost } from '../../core/sample/host.ts';
import { buildCli, type Cli } from '../support/cli.ts';
import { flipped } from '../support/slots.ts';
import { type Answer, respond, storeHash } from './respond.ts';

let cli: Cli;
let answer: Answer;
const read = (...path: string[]): Uint8Array => new Uint8Array(readFileSync(cli.path(...path)));
const HOSTS = ['-k', 'tenant/host-keys/alpha.crt', '-k', 'tenant/host-keys/beta.crt'];
const ASK = ['--add-data', 'phkh-img,phkh-att', '--add-data', 'secret-store-hash', '--add-data', 'firmware-state'];
const TENANT = ['--hdr', 'tenant/image/sel-ebc.img', '-a', 'arp.key'];
const SECRETS = ['--secret', 'one.asr', '--secret', 'two.asr'];

beforeAll(async () => {
  cli = await buildCli();
  expect(cli.run('sample', 'init', 'tenant').code).toBe(0);
  const phkh = (name: string) => publicKeyHash(readSimHost(read('tenant/hosts', `${name}.json`)).keys.publicKey);
  for (const name of ['one', 'two'])
    expect(
      cli.run(
        'request',
        'create',
        '-k',
        'tenant/host-keys/alpha.crt',
        '--no-verify',
        '--hdr',
        'tenant/image/selhdr.bin',
        '-o',
        `${name}.asr`,
        'meta',
      ).code,
    ).toBe(0);
  expect(cli.run('attest', 'create', ...HOSTS, '--no-verify', '-a', 'arp.key', '-o', 'request.bin', ...ASK).code).toBe(0);
  answer = {
    image: findHeader(read('tenant/image/selhdr.bin')).header.image,
    cuid: new Uint8Array(16).fill(0xc0),
    userData: new Uint8Array(20).fill(0xdd),
    imageHostKey: phkh('alpha'),
    attestationHostKey: phkh('beta'),
    tags: ['one.asr', 'two.asr'].map((f) => parseRequest(read(f)).tag),
    locked: true,
  };
  writeFileSync(cli.path('response.bin'), respond(readExchange(read('request.bin')).request, read('arp.key'), answer));
  writeFileSync(cli.path('other'), 'other data');
  writeFileSync(cli.path('user'), new Uint8Array(20).fill(0xdd));
});
afterAll(() => cli.remove());

describe('attest create', () => {
  it('writes a request that announces its answer, and a key for its owner alone', () => {
    const x = readExchange(read('request.bin'));
    expect(x).toMatchObject({ measurement: { needed: 64 }, additional: { needed: 32 + 32 + 64 + 320 } });
    const r = parseAttestationRequest(x.request);
    expect(r.flags).toEqual(['nonce', 'image-host-key-hash', 'attestation-host-key-hash', 'secret-store-hash', 'firmware-state']);
    expect(r.hostKeyHashes).toHaveLength(2);
    expect(read('arp.key')).toHaveLength(32);
    expect(statSync(cli.path('arp.key')).mode & 0o777).toBe(0o600);
  });
  it('asks for nothing besides when nothing is said', () => {
    expect(cli.run('attest', 'create', ...HOSTS, '--no-verify', '--arpk', 'bare.key', '-o', 'bare.bin').code).toBe(0);
    const x = readExchange(read('bare.bin'));
    expect(x).toMatchObject({ measurement: { needed: 64 }, additional: undefined });
    expect(parseAttestationRequest(x.request).flags).toEqual(['nonce']);
  });
  it('does not overwrite, and leaves nothing half-done', () => {
    const before = [read('arp.key'), read('request.bin')];
    expect(cli.run('attest', 'create', ...HOSTS, '--no-verify', '-a', 'arp.key', '-o', 'new.bin').code).toBe(3);
    expect(cli.run('attest', 'create', ...HOSTS, '--no-verify', '-a', 'new.key', '-o', 'request.bin').code).toBe(3);
    expect([read('arp.key'), read('request.bin')]).toEqual(before);
    for (const f of ['new.bin', 'new.key']) expect(() => statSync(cli.path(f))).toThrow();
  });
  it('wrong use', () => {
    expect(cli.run('attest', 'create', ...HOSTS, '--no-verify', '-a', 'x.key').code).toBe(2);
    expect(cli.run('attest', 'create', '--no-verify', '-a', 'x.key', '-o', 'x.bin').code).toBe(2);
    expect(cli.run('attest', 'create', ...HOSTS, '-a', 'x.key', '-o', 'x.bin').code).toBe(2);
    const ran = cli.run('attest', 'create', ...HOSTS, '--no-verify', '-a', 'x.key', '-o', 'x.bin', '--add-data', 'everything');
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('phkh-img');
  });
});

describe('attest verify', () => {
  it('says yes, and shows what the ultravisor said', () => {
    const ran = cli.json('attest', 'verify', 'response.bin', ...TENANT);
    expect(ran.code).toBe(0);
    expect(ran.answer).toMatchObject({
      ok: true,
      verified: true,
      cuid: `0x${'c0'.repeat(16)}`,
      user_data: `0x${'dd'.repeat(20)}`,
    });
    const text = cli.run('attest', 'verify', '-i', 'response.bin', ...TENANT);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('verified');
    expect(text.stdout).toContain('c0'.repeat(16));
  });
  it('writes the result and the user data, once they are verified', () => {
    expect(cli.run('attest', 'verify', '-i', 'response.bin', ...TENANT, '-o', 'result.yaml', '-u', 'user.out').code).toBe(0);
    expect(read('user.out')).toEqual(read('user'));
    const result = parse(readFileSync(cli.path('result.yaml'), 'utf8'), { schema: 'failsafe' });
    expect(Object.keys(result)).toEqual(['cuid', 'add', 'add_fields', 'user_data']);
    expect(result.add_fields).toMatchObject({
      image_phkh: `0x${hex(answer.imageHostKey)}`,
      attestation_phkh: `0x${hex(answer.attestationHostKey)}`,
      secret_store_hash: `0x${storeHash(answer.tags ?? [], true).toString('hex')}`,
    });
    // the file is what "request create --cuid" reads
    expect(
      cli.run(
        'request',
        'create',
        '-k',
        'tenant/host-keys/alpha.crt',
        '--no-verify',
        '--hdr',
        'tenant/image/selhdr.bin',
        '--cuid',
        'result.yaml',
        '-o',
        'bound.asr',
        'meta',
      ).code,
    ).toBe(0);
    expect(hex(parseRequest(read('bound.asr')).cuid)).toBe('c0'.repeat(16));
  });
  it('says no when anything was changed, or the image or the key is another; and writes nothing then', () => {
    const response = read('response.bin');
    writeFileSync(cli.path('wrong.key'), flipped(read('arp.key'), 31));
    for (const [name, bytes] of [
      ['last byte', flipped(response, response.length - 1)],
      ['measurement', flipped(response, 0x40 + readExchange(response).request.length)],
      ['request', flipped(response, 0x40 + 0x18)],
    ] as const) {
      writeFileSync(cli.path('changed.bin'), bytes);
      const ran = cli.run('attest', 'verify', '-i', 'changed.bin', ...TENANT, '-u', 'never', '-o', 'never');
      expect(ran.code, name).toBe(1);
      expect(ran.stdout).toContain('NOT verified');
      expect(ran.stdout).not.toContain('c0c0');
      expect(() => statSync(cli.path('never'))).toThrow();
    }
    expect(cli.run('attest', 'verify', '-i', 'response.bin', '--hdr', 'tenant/image/selhdr.bin', '-a', 'wrong.key').code).toBe(1);
    const other = cli.run(
      'image',
      'create',
      '--disable-image-encryption',
      '-i',
      'user',
      '-k',
      'tenant/host-keys/alpha.crt',
      '--no-verify',
      '-o',
      'other.img',
    );
    expect(other.code).toBe(0);
    expect(cli.run('attest', 'verify', '-i', 'response.bin', '--hdr', 'other.img', '-a', 'arp.key').code).toBe(1);
  });
  it('unreadable is not no', () => {
    expect(cli.run('attest', 'verify', '-i', 'request.bin', ...TENANT).code).toBe(3);
    expect(cli.run('attest', 'verify', '-i', 'user', ...TENANT).code).toBe(3);
    expect(cli.run('attest', 'verify', '-i', 'response.bin', '--hdr', 'user', '-a', 'arp.key').code).toBe(3);
    expect(cli.run('attest', 'verify', '-i', 'response.bin', '--hdr', 'tenant/image/selhdr.bin', '-a', 'user').code).toBe(3);
    expect(cli.run('attest', 'verify', ...TENANT).code).toBe(2);
  });
});

describe('attest check', () => {
  it('verifies first, then fulfils everything that was asked', () => {
    const demand = ['--host-key-check', 'att-key-hash', '--host-key-check', 'boot-key-hash'];
    const all = [...TENANT, ...HOSTS, ...demand, '-u', 'user', ...SECRETS, '--secret-store-locked', 'true'];
    const ran = cli.json('attest', 'check', 'response.bin', 'check.yaml', ...all);
    expect(ran.code).toBe(0);
    expect(ran.answer).toMatchObject({ ok: true, verified: true, fulfilled: true });
    const outcomes = Object.fromEntries(ran.answer.checks.map((c: { id: string; outcome: string }) => [c.id, c.outcome]));
    expect(outcomes).toEqual({
      request: 'passed',
      measurement: 'passed',
      'image-host-key': 'passed',
      'attestation-host-key': 'passed',
      'user-data': 'passed',
      'secret-store': 'passed',
      'lock-state': 'passed',
      'firmware-state': 'not-asked',
    });
    expect(parse(readFileSync(cli.path('check.yaml'), 'utf8'))).toMatchObject({ fulfilled: true });
    const text = cli.run('attest', 'check', '-i', 'response.bin', ...all).stdout;
    expect(text).toContain('The measurement is the one of this image: passed');
    expect(text).toContain('not their contents');
  });
  it('says no to each thing that is not as asked', () => {
    for (const args of [
      ['-k', 'tenant/host-keys/beta.crt'],
      ['-u', 'other'],
      ['--secret', 'two.asr', '--secret', 'one.asr'],
      ['--secret', 'one.asr'],
      [...SECRETS, '--secret-store-locked', 'false'],
      ['--secret-store-locked', 'true'],
      ['--firmware'],
    ]) {
      const ran = cli.json('attest', 'check', 'response.bin', ...TENANT, ...args);
      expect(ran.code, args.join(' ')).toBe(1);
      expect(ran.answer).toMatchObject({ ok: false, verified: true, fulfilled: false });
    }
  });
  it('a forged response fulfils nothing, however well it fits', () => {
    // a host that knows every fact but the measurement key: the reference's check would pass it
    const x = readExchange(read('response.bin'));
    const forged = flipped(read('response.bin'), 0x40 + x.request.length + 1);
    writeFileSync(cli.path('forged.bin'), forged);
    const ran = cli.json('attest', 'check', 'forged.bin', ...TENANT, ...HOSTS, ...SECRETS, '--secret-store-locked', 'true');
    expect(ran.code).toBe(1);
    expect(ran.answer).toMatchObject({ ok: false, verified: false });
    expect(ran.answer.checks.filter((c: { outcome: string }) => c.outcome === 'not-authentic')).toHaveLength(4);
  });
  it('wrong use and unreadable', () => {
    for (const args of [
      ['--host-key-check', 'att-key-hash'],
      ['--host-key-check', 'all', ...HOSTS],
      ['--secret-store-locked', 'maybe'],
    ])
      expect(cli.run('attest', 'check', 'response.bin', ...TENANT, ...args).code, args.join(' ')).toBe(2);
    expect(cli.run('attest', 'check', 'response.bin', ...TENANT, '--secret', 'user').code).toBe(3);
    expect(cli.run('attest', 'check', 'response.bin', '-a', 'arp.key').code).toBe(2);
  });
});

it('no key is ever shown', () => {
  const key = hex(read('arp.key'));
  for (const args of [
    ['attest', 'verify', 'response.bin', ...TENANT, '--json'],
    ['attest', 'check', 'response.bin', ...TENANT, '--json'],
    ['inspect', 'request.bin', 'response.bin', '--fields', '--json'],
  ]) {
    const ran = cli.run(...args);
    expect(ran.stdout + ran.stderr).not.toContain(key);
  }
});
