/** `request create`: the command lines the reference tests, every combination that is refused, the forms of a configuration UID. */
import { existsSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hex } from '../../core/bytes.ts';
import { deriveExtensionSecret } from '../../core/request/extension.ts';
import { hashedId, readPlaintext } from '../../core/secret/secret.ts';
import { HDR, random, requestCli } from '../support/requestcli.ts';

const { cli, create, bytesOf, put, opened, refused } = requestCli();

describe('the command lines the reference tests', () => {
  it.each([
    ['meta', ['-k', 't/host-keys/alpha.crt', ...HDR, '-o', 'v1', '--no-verify', 'meta']],
    ['association', ['-k', 't/host-keys/alpha.crt', ...HDR, '-o', 'v2', '--no-verify', 'association', 'name-2']],
    ['update-cck', ['-k', 't/host-keys/alpha.crt', ...HDR, '-o', 'v3', '--no-verify', 'update-cck', '--secret', 'k32']],
    [
      'files with commas between, a chain, extension secret, configuration UID, flags',
      [
        ...[
          '-k',
          't/host-keys/alpha.crt,t/host-keys/beta.crt',
          ...HDR,
          '-o',
          'v4',
          '-C',
          't/pki/signing.crt,t/pki/intermediate.crt',
        ],
        ...['--crl', 't/pki/root.crl,t/pki/intermediate.crl,t/pki/signing.crl', '--root-ca', 't/pki/root.crt'],
        ...['--extension-secret', 'ext', '--cuid', 'cuid', '--flags', 'disable-dump', 'meta'],
      ],
    ],
    [
      'long names, --crt, --cck, --cuid-hex, --pcf, --stdout, --output-secret',
      [
        ...['--host-key-document', 't/host-keys/alpha.crt', '-k', 't/host-keys/beta.crt', ...HDR, '-o', 'v5'],
        ...['--crt', 't/pki/signing.crt', '--crt', 't/pki/intermediate.crt', '--crl', 't/pki/root.crl'],
        ...[
          '--crl',
          't/pki/intermediate.crl',
          '--crl',
          't/pki/signing.crl',
          '--root-ca',
          't/pki/root.crt',
          '--offline',
          '--cck',
          'k32',
        ],
        ...[
          '--cuid-hex',
          '0x11223344556677889900aabbccddeeff',
          '--pcf',
          '0x8000000000000000',
          'association',
          'name-5',
          '--stdout',
        ],
        ...['--output-secret', 'v5.secret'],
      ],
    ],
    [
      'retr with the options behind',
      ['retr', 'name-6', '--type', 'plain', '--secret', 'k32', '-k', 't/host-keys/beta.crt', ...HDR, '-o', 'v6', '--no-verify'],
    ],
    [
      'cck, -f, -q and -v',
      ['-k', 't/host-keys/alpha.crt', ...HDR, '-f', '-q', '-v', '-o', 'v7', '--no-verify', 'cck', '--secret', 'k32'],
    ],
  ])('%s', (_, args) => {
    put('cuid', random(16));
    const ran = cli().run('request', 'create', ...args);
    expect(ran.stderr).not.toMatch(/error/);
    expect(ran.code).toBe(0);
  });

  it('and what they made opens as asked for', () => {
    expect(opened('v1').kind).toBe('meta');
    expect(opened('v2')).toMatchObject({ kind: 'association', id: hashedId('name-2') });
    expect(hex(opened('v3').value)).toBe(hex(random(32)));
    const v4 = opened('v4', 'beta');
    expect(v4.flags).toBe(1n << 63n);
    expect(hex(v4.cuid)).toBe(hex(random(16)));
    expect(v4.extensionSecret).toEqual(random(32).fill(9));
    expect(v4.hostKeyHashes).toHaveLength(2);
    const v5 = opened('v5', 'beta');
    expect(v5.flags).toBe(1n << 63n);
    expect(hex(v5.cuid)).toBe('11223344556677889900aabbccddeeff');
    expect(hex(v5.extensionSecret)).toBe(hex(deriveExtensionSecret(random(32), v5.image.tag)));
    expect(hex(v5.value)).toBe(hex(bytesOf('v5.secret')));
    expect(statSync(cli().path('v5.secret')).mode & 0o777).toBe(0o600);
    expect(existsSync(cli().path('name-5.yaml'))).toBe(false);
    expect(hex(readPlaintext(opened('v6', 'beta').value, 'test'))).toBe(hex(random(32)));
    expect(opened('v7').kind).toBe('update-cck');
    expect(hex(opened('v1').image.tag)).toBe(hex(opened('v6', 'beta').image.tag));
  });

  it.each([
    ['nothing', [], /required option '--hdr/],
    ['no host key', [...HDR, '-o', 'x', '--no-verify', 'meta'], /no host-key document given/],
    ['no header', ['-k', 't/host-keys/alpha.crt', '-o', 'x', '--no-verify', 'meta'], /required option '--hdr/],
    ['no output', ['-k', 't/host-keys/alpha.crt', ...HDR, '--no-verify', 'meta'], /required option '-o/],
    [
      'neither --cert nor --no-verify',
      ['-k', 't/host-keys/alpha.crt', ...HDR, '-o', 'x', 'meta'],
      /--cert FILE, or say --no-verify/,
    ],
    [
      'both',
      ['-k', 't/host-keys/alpha.crt', ...HDR, '-o', 'x', '--no-verify', '-C', 't/pki/signing.crt', 'meta'],
      /exclude each other/,
    ],
    [
      '--crl without --cert',
      ['-k', 't/host-keys/alpha.crt', ...HDR, '-o', 'x', '--no-verify', '--crl', 't/pki/root.crl', 'meta'],
      /--crl goes with --cert/,
    ],
    [
      '--root-ca without --cert',
      ['-k', 't/host-keys/alpha.crt', ...HDR, '-o', 'x', '--no-verify', '--root-ca', 't/pki/root.crt', 'meta'],
      /--root-ca goes with/,
    ],
    [
      '--offline without --cert',
      ['-k', 't/host-keys/alpha.crt', ...HDR, '-o', 'x', '--no-verify', '--offline', 'meta'],
      /--offline goes with/,
    ],
    [
      'an option of nobody',
      ['-k', 't/host-keys/alpha.crt', ...HDR, '-o', 'x', '--no-verify', '--yaml', 'meta'],
      /unknown option/,
    ],
  ])('refuses %s, exit 2', (_, args, reason) => {
    const ran = cli().run('request', 'create', ...args);
    expect(ran.stderr).toMatch(reason);
    expect(ran.code).toBe(2);
    expect(existsSync(cli().path('x'))).toBe(false);
  });
  it.each([
    ['both extension secrets', ['--cck', 'k32', '--extension-secret', 'ext', 'meta'], /--extension-secret and --cck exclude/],
    ['--flags with --pcf', ['--flags', 'disable-dump', '--pcf', '0', 'meta'], /--pcf and --flags exclude/],
    ['both configuration UIDs', ['--cuid', 'cuid', '--cuid-hex', '9', 'meta'], /--cuid and --cuid-hex exclude/],
    ['association without a name', ['association'], /missing required argument 'name'/],
    [
      'association with both secrets',
      ['association', 'n', '--output-secret', 's', '--input-secret', 'k32'],
      /--input-secret and --output-secret exclude/,
    ],
    ['update-cck without a file', ['update-cck'], /required option '--secret/],
    ['retrievable without a type', ['retrievable', 'n', '--secret', 'k32'], /required option '--type/],
    [
      'an unknown type',
      ['retrievable', 'n', '--secret', 'k32', '--type', 'rsa'],
      /--type rsa is not known: plain, aes, aes-xts, hmac-sha, ec/,
    ],
    ['an unknown flag', ['--flags', 'enable-dump', 'meta'], /found enable-dump, expected disable-dump/],
    ['a flag in capitals', ['--flags', 'Disable-Dump', 'meta'], /expected disable-dump/],
    ['flags of 17 digits', ['--pcf', '0x12345678901234567', 'meta'], /1 to 16 hex digits/],
    ['a configuration UID without its zeros', ['--cuid-hex', '0x1234', 'meta'], /32 hex digits/],
    ['a configuration UID of 33 digits', ['--cuid-hex', '011223344556677889900aabbccddeeff', 'meta'], /32 hex digits/],
    ['a configuration UID of other characters', ['--cuid-hex', 'xx223344556677889900aabbccddeeff', 'meta'], /hex digits/],
    ['no kind of secret', [], /say which kind of secret: meta, association NAME/],
    ['another kind of secret', ['null'], /"null" is not a kind of secret/],
    ['--policy with --user-data', ['--policy', 'k32', '--user-data', 'k32', 'meta'], /--policy and --user-data exclude/],
  ])('refuses %s, exit 2, nothing written', (_, args, reason) => {
    refused(2, reason, '-o', 'x', ...args);
  });
});

describe('configuration UID from a file', () => {
  const uid = '11223344556677889900aabbccddeeff';
  it.each([
    ['16 bytes', new Uint8Array(Buffer.from(uid, 'hex'))],
    ['YAML of pvattest, quoted', `cuid: '0x${uid}'\nadd: ''\nuser_data: ''\n`],
    ['YAML of pvattest, plain', `cuid: 0x${uid}\n`],
    ['YAML, deeper', `a: 1\nb:\n  c:\n    cuid: "0x${uid}"\n`],
    ['the text alone', `0x${uid}\n`],
  ])('%s', (name, content) => {
    const output = `cuid-${name.replace(/\W/g, '')}`;
    expect(create('--cuid', put('cuid', content), '-o', output, 'meta').code).toBe(0);
    expect(hex(opened(output).cuid)).toBe(uid);
  });
  it.each([
    ['an empty file', '', /empty/],
    ['15 bytes', new Uint8Array(15).fill(0xff), /UTF-8/],
    ['no entry', 'a: b\n', /entry cuid was not found/],
    ['no 0x', `cuid: ${uid}\n`, /0x and 32 hex digits/],
    ['too short', 'cuid: 0x1122\n', /32 hex digits/],
    ['an entry that is no text', `cuid:\n  - 0x${uid}\n`, /0x and 32 hex digits/],
    [
      'nine levels deep',
      `${'abcdefgh'
        .split('')
        .map((c, i) => `${' '.repeat(i)}${c}:`)
        .join('\n')}\n         cuid: 0x${uid}\n`,
      /was not found/,
    ],
  ])('%s: refused, exit 3', (_, content, reason) => {
    put('cuid', content);
    refused(3, reason, '--cuid', 'cuid', '-o', 'x', 'meta');
  });
});
