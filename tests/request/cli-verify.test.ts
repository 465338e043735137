/** `request verify` and `secret list` as a user has them. */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { hex, unhex } from '../../core/bytes.ts';
import { listAsText, listAsYaml, type SecretList, writeList, writeListPage } from '../../core/secret/list.ts';
import { hashedId, plainId } from '../../core/secret/secret.ts';
import type { Ran } from '../support/cli.ts';
import { haveOpenssl, itWith, run } from '../support/programs.ts';
import { requestCli } from '../support/requestcli.ts';

const { cli, create, bytesOf, put } = requestCli();
const verify = (...args: string[]): Ran => cli().run('request', 'verify', ...args);
const padded = (text: string, size: number): string =>
  Buffer.from(text)
    .toString('hex')
    .padEnd(2 * size, '0');
const pem = { format: 'pem' } as const;

const KINDS = ['ec', 'rsa2', 'rsa3'] as const;
const SIZE = { ec: 256, rsa2: 256, rsa3: 128 };

beforeAll(() => {
  const pairs = {
    ec: generateKeyPairSync('ec', { namedCurve: 'secp521r1' }),
    rsa2: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    rsa3: generateKeyPairSync('rsa', { modulusLength: 3072 }),
  };
  put('ud', 'some example user-data');
  for (const kind of KINDS) {
    put(`${kind}.pem`, String(pairs[kind].privateKey.export({ type: 'pkcs8', ...pem })));
    put(`${kind}.pub`, String(pairs[kind].publicKey.export({ type: 'spki', ...pem })));
    expect(create('-o', `${kind}.asr`, '--user-data', 'ud', '--user-sign-key', `${kind}.pem`, 'meta').code).toBe(0);
  }
  expect(create('-o', 'none.asr', 'meta').code).toBe(0);
  expect(create('-o', 'unsigned.asr', '--user-data', 'ud', 'meta').code).toBe(0);
});

describe('request verify', () => {
  it.each(KINDS)('%s: signed, the user data to standard output, with the zeros behind', (kind) => {
    const ran = verify(`${kind}.asr`, '--user-verify-key', `${kind}.pub`);
    expect(ran.code).toBe(0);
    expect(Buffer.from(ran.stdout).toString('hex')).toBe(padded('some example user-data', SIZE[kind]));
    expect(ran.stderr).toMatch(/the request is verified; only a host that it was made for can check its tag/);
  });
  it.each(KINDS)('%s: into a file, by position, by option, quietly', (kind) => {
    const quiet = verify(`${kind}.asr`, `${kind}.out`, '--user-verify-key', `${kind}.pub`, '-q');
    expect(quiet).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(hex(bytesOf(`${kind}.out`))).toBe(padded('some example user-data', SIZE[kind]));
    const again = verify('-i', `${kind}.asr`, '-o', `${kind}.out`, '--user-verify-key', `${kind}.pub`);
    expect(again.code).toBe(3);
    expect(again.stderr).toMatch(/exists already/);
    expect(verify('-i', `${kind}.asr`, '-o', `${kind}.out`, '--overwrite', '--user-verify-key', `${kind}.pub`).code).toBe(0);
  });
  itWith(haveOpenssl, 'OPENSSL', 'by certificate, PEM and DER', () => {
    for (const kind of KINDS) {
      const crt = run('openssl', ['req', '-x509', '-key', cli().path(`${kind}.pem`), '-subj', '/CN=signer', '-days', '1']);
      put(`${kind}.crt`, new Uint8Array(crt));
      put(`${kind}.der`, new Uint8Array(run('openssl', ['x509', '-outform', 'DER'], new Uint8Array(crt))));
      for (const file of [`${kind}.crt`, `${kind}.der`]) expect(verify(`${kind}.asr`, '--user-cert', file).code, file).toBe(0);
    }
  });
  it('another key, another kind of key: exit 1, no user data', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
    put('other.pub', String(other.publicKey.export({ type: 'spki', ...pem })));
    const ran = verify('ec.asr', 'no.out', '--user-verify-key', 'other.pub');
    expect(ran.stderr).toMatch(/FAILED the signature is of the key given.*\n.*NOT verified/);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    const kind = verify('ec.asr', '--user-verify-key', 'rsa2.pub');
    expect(kind.stderr).toMatch(
      /FAILED the signature is of the kind of the key given \(expected signed-rsa-2048, found signed-ec-p521\)/,
    );
    expect(kind).toMatchObject({ code: 1, stdout: '' });
    expect(existsSync(cli().path('no.out'))).toBe(false);
  });
  it('one byte changed: exit 1', () => {
    const changed = bytesOf('rsa2.asr');
    changed[0x108] = 1;
    put('changed.asr', changed);
    expect(verify('changed.asr', '--user-verify-key', 'rsa2.pub').code).toBe(1);
  });
  it('a key, and nothing signed: exit 1', () => {
    for (const file of ['none.asr', 'unsigned.asr']) {
      const ran = verify(file, '--user-verify-key', 'ec.pub');
      expect(ran).toMatchObject({ code: 1, stdout: '' });
      expect(ran.stderr).toMatch(/FAILED its user data are signed/);
    }
  });
  it('no key, not signed: its user data, 512 bytes, or none', () => {
    expect(verify('none.asr')).toMatchObject({ code: 0, stdout: '' });
    expect(verify('none.asr', 'none.out').code).toBe(0);
    expect(existsSync(cli().path('none.out'))).toBe(false);
    expect(Buffer.from(verify('unsigned.asr').stdout).toString('hex')).toBe(padded('some example user-data', 512));
  });
  it.each([
    ['signed, and no key', ['ec.asr'], 2, /has signed user data: give the signer's certificate/],
    ['no request', [], 2, /no request given/],
    ['two requests', ['a', '-i', 'b'], 2, /exclude each other/],
    ['two outputs', ['none.asr', 'o', '-o', 'p'], 2, /exclude each other/],
    ['two keys', ['none.asr', '--user-cert', 'a', '--user-verify-key', 'b'], 2, /exclude each other/],
    ['a file that is not there', ['nothing.asr'], 3, /does not exist/],
    ['a directory', ['t'], 3, /is a directory/],
    ['a file that is no request', ['ud'], 3, /another kind of file/],
    ['a private key to verify with', ['ec.asr', '--user-cert', 'ec.pem'], 3, /found a private key/],
    ['a key file that is none', ['ec.asr', '--user-cert', 'ud'], 3, /ud: public key of the signer/],
  ])('%s', (_, args, code, reason) => {
    const ran = verify(...args);
    expect(ran.stderr).toMatch(reason);
    expect(ran).toMatchObject({ code, stdout: '' });
  });
  it('cut, or longer: exit 3', () => {
    const bytes = bytesOf('none.asr');
    put('cut.asr', bytes.subarray(0, bytes.length - 1));
    put('long.asr', new Uint8Array([...bytes, 0]));
    put('huge.asr', new Uint8Array(0x100001));
    put('empty.asr', '');
    expect(verify('cut.asr')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/is cut short: found \d+ bytes, expected \d+/),
    });
    expect(verify('long.asr')).toMatchObject({ code: 3, stderr: expect.stringMatching(/goes on behind its end/) });
    expect(verify('huge.asr')).toMatchObject({ code: 3, stderr: expect.stringMatching(/is too long/) });
    expect(verify('empty.asr')).toMatchObject({ code: 3, stderr: expect.stringMatching(/is empty/) });
  });
  it('from standard input, to JSON', () => {
    const args = [cli().path('selwright.mjs'), 'request', 'verify', '-', '--user-verify-key', 'rsa3.pub', '--json'];
    const ran = spawnSync(process.execPath, args, { cwd: cli().directory, input: bytesOf('rsa3.asr'), encoding: 'utf8' });
    expect(ran.status).toBe(0);
    const answer = JSON.parse(ran.stdout);
    expect(answer).toMatchObject({ ok: true, file: '-', kind: 'meta', tag: hex(bytesOf('rsa3.asr').slice(-16)) });
    expect(answer.userData).toEqual({ kind: 'signed-rsa-3072', bytes: padded('some example user-data', 128) });
    expect(answer.checks.map((c: { id: string; outcome: string }) => `${c.id} ${c.outcome}`)).toEqual([
      'magic passed',
      'version passed',
      'sizes passed',
      'signed passed',
      'key-kind passed',
      'signature passed',
    ]);
    const no = cli().run('request', 'verify', 'ec.asr', '--user-verify-key', 'rsa2.pub', '--json');
    expect(no.code).toBe(1);
    expect(JSON.parse(no.stdout)).toMatchObject({ ok: false, userData: { kind: 'signed-ec-p521', bytes: null } });
  });
});

describe('secret list', () => {
  const secrets: SecretList = {
    total: 3,
    next: 3,
    entries: [
      { index: 0, type: 3, length: 48, id: hashedId('luks-rfs-passphrase') },
      { index: 1, type: 8, length: 64, id: hashedId('rfs-luks-key') },
      { index: 2, type: 2, length: 32, id: plainId('a device') },
    ],
  };
  const list = (...args: string[]): Ran => cli().run('secret', 'list', ...args);
  beforeAll(() => {
    put('list.bin', writeListPage(secrets));
    put('list.yaml', listAsYaml(secrets));
  });

  it.each(['list.bin', 'list.yaml'])('%s in every form', (file) => {
    expect(list(file)).toMatchObject({ code: 0, stdout: listAsText(secrets), stderr: '' });
    expect(list(file, '--format', 'human').stdout).toBe(listAsText(secrets));
    expect(list(file, '--format', 'yaml').stdout).toBe(listAsYaml(secrets));
    expect(list(file, '--format', 'bin', '-o', `${file}.out`)).toMatchObject({ code: 0, stdout: '' });
    expect(hex(bytesOf(`${file}.out`))).toBe(hex(writeList(secrets)));
    expect(list(file, '-o', `${file}.out`).code).toBe(3);
    expect(list(file, '-o', `${file}.out`, '--overwrite').code).toBe(0);
  });
  it('is what a person expects to read', () => {
    expect(list('list.bin').stdout).toBe(
      `Total number of secrets: 3

0 PLAINTEXT:
 0xe49193059affb0bcbfe7bf555246b0ba195eda44b260898833b57f1e7835d504
1 AES-XTS-256-KEY:
 0xe5d942e791497084f2cc3888b7d70303f76abda459c4bb4db9ae464e480b74e5
2 Association:
 a device | 0x6120646576696365000000000000000000000000000000000000000000000000
`,
    );
  });
  it('--json', () => {
    const ran = cli().json('secret', 'list', 'list.bin');
    expect(ran.code).toBe(0);
    expect(ran.answer).toMatchObject({ ok: true, total: 3, next: 3 });
    expect(ran.answer.secrets[1]).toEqual({
      index: 1,
      type: 8,
      kind: 'AES-XTS-256-KEY',
      length: 64,
      id: hex(hashedId('rfs-luks-key')),
      shown: `0x${hex(hashedId('rfs-luks-key'))}`,
    });
  });
  it('says when the store has more', () => {
    put('part.bin', writeList({ ...secrets, total: 100 }));
    expect(list('part.bin').stderr).toMatch(/the store has 100 secrets, 3 of them are in this list/);
  });
  it.each([
    ['an unknown form', ['list.bin', '--format', 'xml'], 2, /--format xml is not known: human, yaml, bin/],
    ['no file', [], 2, /missing required argument/],
    ['--json with -o', ['list.bin', '--json', '-o', 'x'], 2, /exclude each other/],
    ['a file that is not there', ['nothing'], 3, /does not exist/],
    ['something else', ['ud'], 3, /ud: secret list/],
  ])('%s', (_, args, code, reason) => {
    const ran = list(...args);
    expect(ran.stderr).toMatch(reason);
    expect(ran.code).toBe(code);
  });
  it('an empty file, one that is cut, YAML with a mistake: exit 3', () => {
    put('empty.bin', '');
    put('cut.bin', writeList(secrets).subarray(0, 100));
    put('bad.yaml', 'total_num_secrets: 1\nsecrets: none\n');
    put('zeros.bin', unhex('00'.repeat(16), 'test'));
    for (const file of ['empty.bin', 'cut.bin', 'bad.yaml']) expect(list(file).code, file).toBe(3);
    expect(list('zeros.bin')).toMatchObject({ code: 0, stdout: 'Total number of secrets: 0\n' });
  });
});
