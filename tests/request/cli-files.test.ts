/** `request create`: which files are read and written, and which are left alone. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { p521 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import { hex } from '../../core/bytes.ts';
import { encodePoint } from '../../core/crypto/p521.ts';
import { writePem } from '../../core/hostkey/pem.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { makePki } from '../../core/sample/pki.ts';
import { hashedId } from '../../core/secret/secret.ts';
import { samplePkiKeys } from '../../edge/keys.ts';
import type { Ran } from '../support/cli.ts';
import { HDR, random, requestCli, UNVERIFIED } from '../support/requestcli.ts';

const { cli, create, bytesOf, put, opened, refused } = requestCli();

describe('files', () => {
  it('nothing is overwritten unasked; with --overwrite it is, and only then', () => {
    expect(create('-o', 'again.asr', 'meta').code).toBe(0);
    const before = bytesOf('again.asr');
    refused(3, /again.asr: add-secret request exists already/, '-o', 'again.asr', 'meta');
    expect(create('--overwrite', '-o', 'again.asr', 'meta').code).toBe(0);
    expect(hex(bytesOf('again.asr'))).not.toBe(hex(before));
    put('kept.secret', 'x');
    refused(3, /kept.secret: association secret exists already/, '-o', 'x', 'association', 'n', '--output-secret', 'kept.secret');
  });
  it('nothing at all is written when one of the files cannot be', () => {
    refused(
      3,
      /nowhere: directory of the toc.pol does not exist/,
      '-o',
      'x',
      '--toc-policy',
      'nowhere/toc.pol',
      'association',
      'n',
    );
    refused(
      3,
      /nowhere: directory of the association secret does not exist/,
      '-o',
      'x',
      'association',
      'n',
      '--output-secret',
      'nowhere/s',
    );
    mkdirSync(cli().path('taken.yaml'));
    refused(3, /taken.yaml: secret information is a directory/, '-o', 'x', 'association', 'taken');
    mkdirSync(cli().path('dir.pol'));
    refused(3, /dir.pol: toc.pol is a directory/, '-o', 'x', '--toc-policy', 'dir.pol', 'association', 'n');
    refused(3, /not a regular file|exists already/, '-o', '/dev/null', '--overwrite', 'meta');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
  it.each([
    ['a header that is none', ['--hdr', 'k32'], /SE header|header/],
    ['a directory', ['--hdr', 't'], /is a directory/],
    ['a file that is not there', ['--hdr', 'nothing'], /does not exist/],
  ])('%s: exit 3', (_, args, reason) => {
    refused(3, reason, ...args, '-o', 'x', 'meta');
  });
  it.each([
    ['a host key that is none', 'k32'],
    ['a certificate with an RSA key', 't/pki/root.crt'],
    ['a file that is not there', 'nothing.crt'],
  ])('%s: exit 3', (_, file) => {
    const ran = cli().run('request', 'create', ...HDR, '--no-verify', '-k', file, '-o', 'x', 'meta');
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain(file);
    expect(existsSync(cli().path('x'))).toBe(false);
  });
  it('a host key that is not trusted: exit 1, nothing written', () => {
    const ran = cli().run(
      'request',
      'create',
      ...HDR,
      '-k',
      't/host-keys/alpha.crt',
      '-C',
      't/pki/signing.crt',
      '--root-ca',
      't/pki/root.crt',
      '-o',
      'x',
      'meta',
    );
    expect(ran.code).toBe(1);
    expect(existsSync(cli().path('x'))).toBe(false);
  });
  it('-o - writes the request to standard output, secrets come from a pipe', () => {
    const args = [
      cli().path('selwright.mjs'),
      'request',
      'create',
      ...HDR,
      ...UNVERIFIED,
      '-o',
      '-',
      'retr',
      'piped',
      '--stdout',
      '--type',
      'aes',
      '--secret',
      '/dev/stdin',
    ];
    const ran = spawnSync(process.execPath, args, { cwd: cli().directory, input: random(16) });
    expect(ran.status).toBe(0);
    // the request first, then name and id
    const length = ran.stdout.readUInt32BE(12);
    put('piped.asr', new Uint8Array(ran.stdout.subarray(0, length)));
    expect(hex(opened('piped.asr').value)).toBe(hex(random(16)));
    expect(ran.stdout.subarray(length).toString()).toMatch(/^!Retrievable\nkind: 4 \(AES-128-KEY\)\nname: piped\n/);
    refused(2, /--json and an output to - exclude each other/, '--json', '-o', '-', 'meta');
  });
  it('--json says what was made', () => {
    const ran = cli().json('request', 'create', ...HDR, ...UNVERIFIED, '-o', 'json.asr', 'association', 'json name');
    expect(ran.answer).toEqual({
      ok: true,
      request: 'json.asr',
      tag: hex(opened('json.asr').tag),
      kind: 'association',
      id: hex(hashedId('json name')),
      info: 'json_name.yaml',
      hosts: 1,
      userData: 'none',
    });
    const no = cli().run('request', 'create', ...HDR, ...UNVERIFIED, '-o', 'json.asr', '--json', 'meta');
    expect(JSON.parse(no.stdout)).toMatchObject({ ok: false, error: { code: 'io-exists', file: 'json.asr' } });
  });
});

describe('many host keys', () => {
  it('255 of them, and not one more', () => {
    let point = p521.Point.BASE;
    const publicKeys = Array.from({ length: 256 }, () => {
      point = point.add(p521.Point.BASE);
      return encodePoint(point.toBytes(false), 'test');
    });
    // the documents a PKI signs for 256 hosts
    const documents = makePki(samplePkiKeys(2048), publicKeys, new Date('2026-01-01T00:00:00Z')).hosts.map((der) =>
      writePem('CERTIFICATE', der),
    );
    put('255.crt', documents.slice(0, 255).join(''));
    put('256.crt', documents.join(''));
    const many = (file: string, output: string): Ran =>
      cli().run('request', 'create', ...HDR, '--no-verify', '-k', file, '-o', output, 'meta');
    expect(many('255.crt', '255.asr').code).toBe(0);
    expect(parseRequest(bytesOf('255.asr')).hostKeyHashes).toHaveLength(255);
    const ran = many('256.crt', '256.asr');
    expect(ran.stderr).toMatch(/256 host keys: a request has room for 255/);
    expect(ran.code).toBe(2);
    expect(existsSync(cli().path('256.asr'))).toBe(false);
  });
});
