/** `image info`, `image test`, `image create` and `inspect` of images: the real command. */
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex, join, u32, u64 } from '../../core/bytes.ts';
import { publicKeyHash } from '../../core/crypto/p521.ts';
import { findHeader, METADATA_MAGIC, METADATA_OFFSET } from '../../core/image/find.ts';
import { openHeader } from '../../core/image/header.ts';
import { readSimHost } from '../../core/sample/host.ts';
import { UltravisorGuest } from '../../core/uvsim/ultravisor.ts';
import { buildCli, type Cli } from '../support/cli.ts';
import { seededEnv } from '../support/env.ts';
import { flipped, strangerHost } from '../support/slots.ts';

let cli: Cli;
const read = (...path: string[]): Uint8Array => new Uint8Array(readFileSync(cli.path(...path)));
const GENERIC = ['--disable-image-encryption', '-i', 'kernel', '-r', 'ramdisk', '-p', 'parmfile'];
const env = seededEnv('image cli');
const cck = env.random(32);
const headerKey = env.random(32);

beforeAll(async () => {
  cli = await buildCli();
  expect(cli.run('sample', 'init', 'tenant').code).toBe(0);
  writeFileSync(cli.path('kernel'), env.random(20_000));
  writeFileSync(cli.path('ramdisk'), env.random(50_000));
  writeFileSync(cli.path('parmfile'), 'rd.sel-ebc root=LABEL=root\n');
  writeFileSync(cli.path('cck'), cck);
  writeFileSync(cli.path('hdr.key'), headerKey);
});
afterAll(() => cli.remove());

const HOST = ['-k', 'tenant/host-keys/alpha.crt', '--no-verify'];
const create = (output: string, ...more: string[]) => cli.run('image', 'create', ...GENERIC, ...HOST, '-o', output, ...more);

describe('image info', () => {
  it('shows a header, and the image it stands in, in text and JSON', () => {
    const h = cli.json('image', 'info', 'tenant/image/selhdr.bin');
    const image = cli.json('image', 'info', 'tenant/image/sel-ebc.img');
    expect([h.code, image.code]).toEqual([0, 0]);
    expect(h.answer).toMatchObject({
      ok: true,
      offset: 0,
      'found-by': 'start',
      verified: false,
      generic: true,
      'secret-flags': null,
    });
    expect(image.answer).toMatchObject({ 'found-by': 'metadata', data: h.answer.data });
    expect(h.answer['plaintext-flags']).toContain('no-component-encryption');
    expect(h.answer.data.tag_hex).toBe(hex(read('tenant/image/selhdr.bin').slice(-16)));
    const text = cli.run('image', 'info', 'tenant/image/sel-ebc.img').stdout;
    expect(text).toContain(h.answer.data.tag_hex);
    expect(text).toContain('Not verified');
  });
  it('answers as pvimg does with --format json', () => {
    const ran = cli.run('image', 'info', '--format', 'json', 'tenant/image/selhdr.bin');
    const answer = JSON.parse(ran.stdout);
    expect(Object.keys(answer)).toEqual(['meta', 'data']);
    expect(Object.keys(answer.meta)).toEqual(['api_level', 'version', 'host', 'time_epoch', 'time']);
    expect(answer.data).toMatchObject({ kind: 'se_hdr', verified: false });
    expect(ran.stderr).toContain('Not verified');
    const minified = cli.run('image', 'info', '--format', 'json:minify', 'tenant/image/selhdr.bin').stdout;
    expect(minified.trimEnd()).not.toContain('\n');
  });
  it('shows the start of a file that is no image: unreadable, in one line', () => {
    const ran = cli.run('image', 'info', 'kernel');
    expect(ran.code).toBe(3);
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(cli.run('image', 'info', 'not-there').code).toBe(3);
  });
});

describe('image create', () => {
  it('makes an image with the flags asked for, and says what it is not', () => {
    const ran = create(
      'full.img',
      '--cck',
      'cck',
      '--hdr-key',
      'hdr.key',
      '--enable-dump',
      '--enable-cck-update',
      '--enable-pckmo-hmac',
      '--enable-backup-keys',
    );
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/samples and the simulator.*does not start on a machine/);
    const info = cli.json('image', 'info', '--hdr-key', 'hdr.key', 'full.img');
    expect(info.answer['plaintext-flags']).toEqual([
      'dump-allowed',
      'no-component-encryption',
      'pckmo-dea',
      'pckmo-aes',
      'pckmo-ecc',
      'pckmo-hmac',
      'backup-target-keys',
    ]);
    expect(info.answer).toMatchObject({
      verified: true,
      'secret-flags': ['cck-update-allowed'],
      data: { kind: 'se_hdr', verified: true },
    });
  });
  it('keeps the secrets inside unless they are asked for', () => {
    for (const args of [['--json'], [], ['--format', 'json']]) {
      const ran = cli.run('image', 'info', '--hdr-key', 'hdr.key', 'full.img', ...args);
      expect(ran.code).toBe(0);
      expect(ran.stdout + ran.stderr).not.toContain(hex(cck));
    }
    const shown = cli.json('image', 'info', '--key', 'hdr.key', '--show-secrets', 'full.img').answer.data;
    expect(shown).toMatchObject({ kind: 'decrypted_se_hdr', cck_hex: hex(cck), scf_hex: '2000000000000000' });
    expect(cli.run('image', 'info', '--hdr-key', 'hdr.key', '--show-secrets', 'full.img').stdout).toContain(hex(cck));
    expect(cli.run('image', 'info', '--show-secrets', 'full.img').code).toBe(2);
  });
  it('a header that was altered is reported with its key: the answer is no', () => {
    const image = read('full.img');
    const { offset } = findHeader(image);
    for (const at of [0x10, 0x30, 0x3f, 0xe0, 0x1a0, 0x1f0 + 5, image.length - offset > 0x280 ? 0x27f : 0x200]) {
      writeFileSync(cli.path('changed.img'), flipped(image, offset + at));
      const ran = cli.run('image', 'info', '--hdr-key', 'hdr.key', 'changed.img');
      expect(ran.code, `byte ${at}`).toBe(1);
      expect(ran.stderr).toContain('altered');
      expect(ran.stdout).toBe('');
    }
    writeFileSync(cli.path('other.key'), flipped(headerKey, 5));
    const ran = cli.json('image', 'info', '--hdr-key', 'other.key', 'full.img');
    expect(ran.code).toBe(1);
    expect(ran.answer).toMatchObject({ ok: false, verified: false, error: { code: 'cannot-decrypt' } });
    writeFileSync(cli.path('short.key'), headerKey.slice(1));
    expect(cli.run('image', 'info', '--hdr-key', 'short.key', 'full.img').code).toBe(3);
  });
  it('starts on the simulator, on its host alone', () => {
    const image = read('full.img');
    const alpha = readSimHost(read('tenant/hosts/alpha.json'));
    const guest = new UltravisorGuest(alpha, image, env);
    expect(guest.measured).toBe(true);
    expect(hex(openHeader(findHeader(image).header, alpha.keys).cck)).toBe(hex(cck));
    const beta = readSimHost(read('tenant/hosts/beta.json'));
    expect(() => new UltravisorGuest(beta, image, env)).toThrow(/not-found/);
  });
  it('refuses what does not go together: wrong use, and nothing is written', () => {
    for (const args of [
      ['--enable-dump'],
      ['--enable-cck-extension-secret'],
      ['--enable-cck-extension-secret', '--enable-cck-update', '--cck', 'cck'],
      ['--enable-pckmo', '--disable-pckmo'],
      ['--enable-dump', '--disable-dump', '--cck', 'cck'],
    ]) {
      expect(create('refused.img', ...args).code, args.join(' ')).toBe(2);
      expect(() => statSync(cli.path('refused.img'))).toThrow();
    }
    const encrypted = cli.run('image', 'create', '-i', 'kernel', ...HOST, '-o', 'refused.img');
    expect(encrypted.code).toBe(2);
    expect(encrypted.stderr).toContain('--disable-image-encryption');
    expect(cli.run('image', 'create', ...GENERIC, '--no-verify', '-o', 'refused.img').code).toBe(2);
    const unverified = cli.run('image', 'create', ...GENERIC, '-k', 'tenant/host-keys/alpha.crt', '-o', 'refused.img');
    expect(unverified.code).toBe(2);
    expect(unverified.stderr).toContain('--no-verify');
  });
  it('does not overwrite unasked, nor take an empty kernel or a key of another size', () => {
    const before = read('full.img');
    const again = create('full.img');
    expect(again.code).toBe(3);
    expect(again.stderr).toContain('exists already');
    expect(read('full.img')).toEqual(before);
    writeFileSync(cli.path('empty'), '');
    writeFileSync(cli.path('cck31'), cck.slice(1));
    expect(cli.run('image', 'create', '--disable-image-encryption', '-i', 'empty', ...HOST, '-o', 'x.img').code).toBe(3);
    expect(create('x.img', '--cck', 'cck31').code).toBe(3);
    expect(create('small.img', '--disable-pckmo', '--overwrite').code).toBe(0);
    expect(cli.json('image', 'info', 'small.img').answer['plaintext-flags']).toEqual(['no-component-encryption']);
  });
});

describe('host keys that are verified', () => {
  const chain = ['root', 'intermediate', 'signing'];
  const pki = (...names: string[]) => [
    ...names.flatMap((n) => ['-C', `tenant/pki/${n}.crt`]),
    ...chain.flatMap((n) => ['--crl', `tenant/pki/${n}.crl`]),
  ];
  const alpha = ['-k', 'tenant/host-keys/alpha.crt', '--root-ca', 'tenant/pki/root.crt'];
  it('make an image; one whose chain is not whole makes none', () => {
    const good = cli.run('image', 'create', ...GENERIC, ...alpha, ...pki('intermediate', 'signing'), '-o', 'verified.img');
    expect([good.code, good.stderr.includes('is not verified')]).toEqual([0, false]);
    expect(cli.run('image', 'create', ...GENERIC, ...alpha, ...pki('signing'), '-o', 'unverified.img').code).toBe(1);
    expect(() => statSync(cli.path('unverified.img'))).toThrow();
  });
});

describe('image test', () => {
  it('one host that fits is enough; none is a no', () => {
    expect(create('alpha.img').code).toBe(0);
    const [alpha, beta] = ['tenant/host-keys/alpha.crt', 'tenant/host-keys/beta.crt'];
    expect(cli.run('image', 'test', '-k', alpha, 'alpha.img').code).toBe(0);
    expect(cli.run('image', 'test', '-k', beta, '-k', alpha, 'alpha.img').code).toBe(0);
    expect(cli.run('image', 'test', '-k', `${beta},${alpha}`, 'alpha.img').code).toBe(0);
    const no = cli.json('image', 'test', '-k', beta, 'alpha.img');
    expect(no.code).toBe(1);
    expect(no.answer).toMatchObject({ ok: false, hosts: [{ host: beta, included: false }] });
    expect(cli.run('image', 'test', 'alpha.img').code).toBe(2);
    expect(cli.run('image', 'test', '-k', 'kernel', 'alpha.img').code).toBe(3);
  });
  it('takes the hashes a machine shows', () => {
    const list = (phkh: Uint8Array) => `${hex(phkh)}\n${`${'0'.repeat(64)}\n`.repeat(14)}`;
    const alpha = readSimHost(read('tenant/hosts/alpha.json'));
    writeFileSync(cli.path('mine'), list(publicKeyHash(alpha.keys.publicKey)));
    writeFileSync(cli.path('theirs'), list(publicKeyHash(strangerHost.publicKey)));
    expect(cli.run('image', 'test', '--key-hashes=mine', 'alpha.img').code).toBe(0);
    expect(cli.run('image', 'test', '--key-hashes=theirs', 'alpha.img').code).toBe(1);
    expect(cli.run('image', 'test', '--key-hashes=kernel', 'alpha.img').code).toBe(3);
    expect(cli.run('image', 'test', '--key-hashes=mine', '-k', 'tenant/host-keys/alpha.crt', 'alpha.img').code).toBe(2);
  });
});

describe('an image of gigabytes', () => {
  const SIZE = 6 * 1024 ** 3;
  const AT = SIZE - 64 * 1024;
  const build = (name: string, version: number): void => {
    writeFileSync(cli.path(name), '');
    truncateSync(cli.path(name), SIZE);
    const fd = openSync(cli.path(name), 'r+');
    writeSync(fd, join(METADATA_MAGIC, u64(BigInt(AT)), u32(version), u64(BigInt(AT - 4096))), 0, null, METADATA_OFFSET);
    writeSync(fd, read('tenant/image/selhdr.bin'), 0, null, AT);
    closeSync(fd);
  };
  it('is not read whole: header found by its metadata, shown, tested, inspected', () => {
    build('huge.img', 1);
    const started = process.hrtime.bigint();
    const info = cli.json('image', 'info', 'huge.img');
    const looked = cli.json('inspect', 'huge.img', '--fields');
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    console.info(`image info and inspect of a ${SIZE / 1024 ** 3} GiB image: ${seconds.toFixed(1)} s together`);
    // reading 6 GiB twice takes longer than this anywhere
    expect(seconds).toBeLessThan(20);
    expect(info.answer).toMatchObject({ ok: true, offset: AT, 'found-by': 'metadata' });
    expect(looked.answer.files[0]).toMatchObject({ kind: 'SE image', shown: { offset: AT } });
    expect(looked.answer.files[0].layouts.map((l: { title: string }) => l.title)).toContain('SE header');
    expect(cli.run('image', 'test', '-k', 'tenant/host-keys/beta.crt', 'huge.img').code).toBe(0);
  });
  it('with metadata of another version: found, with a warning', () => {
    build('version7.img', 7);
    const ran = cli.run('image', 'info', 'version7.img');
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('version 7');
  });
  it('that is something else: said in one line', () => {
    writeFileSync(cli.path('zeros'), '');
    truncateSync(cli.path('zeros'), SIZE);
    const ran = cli.run('inspect', 'zeros');
    expect(ran.code).toBe(3);
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
