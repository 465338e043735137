/** `request create`: what the reference does without a word and a guest, or a second secret, then dies of. */
import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hex } from '../../core/bytes.ts';
import { hashedId } from '../../core/secret/secret.ts';
import type { Ran } from '../support/cli.ts';
import { HDR, random, requestCli, UNVERIFIED } from '../support/requestcli.ts';

const { cli, create, textOf, put, fileNames, opened, refused } = requestCli();

describe('what the reference gets wrong without a word', () => {
  it('--policy with a signing key: the policy would be left out', () => {
    put('p.pol', 'x');
    put(
      'key.pem',
      String(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })),
    );
    refused(
      2,
      /--policy and --user-sign-key exclude each other/,
      '--policy',
      'p.pol',
      '--user-sign-key',
      'key.pem',
      '-o',
      'x',
      'meta',
    );
  });
  it('a policy with a directory part, or over 255 bytes', () => {
    put('p.pol', 'x');
    for (const policy of ['./p.pol', 't/policy.yaml', '../p.pol', 'a..b', 'a'.repeat(256), ''])
      refused(2, /bare file name without/, '--policy', policy, '-o', 'x', 'meta');
  });
  it('a policy: its hash is printed, and stands in the request with the bare name', () => {
    put('p.pol', 'some policy\n');
    const ran = create('--policy', 'p.pol', '-o', 'policy.asr', 'meta');
    const hash = createHash('sha256').update('some policy\n').digest('hex');
    expect(ran.stdout).toBe(`${hash}\n`);
    const request = opened('policy.asr');
    expect(request.userDataKind).toBe('unsigned');
    expect(hex(request.userData)).toBe(`${hash}${Buffer.from('p.pol').toString('hex')}`.padEnd(1024, '0'));
  });
  it('two names that give one YAML file, also with --overwrite', () => {
    put('secret', 'x');
    expect(create('-o', 'one.asr', 'retr', 'two names', '--type', 'plain', '--secret', 'secret').code).toBe(0);
    for (const name of ['two_names', 'two names.b', 'two_names.c'])
      for (const more of [[], ['--overwrite']])
        refused(
          2,
          /two_names\.yaml is the information of the secret "two names"/,
          '-o',
          'x',
          ...more,
          'retr',
          name,
          '--type',
          'plain',
          '--secret',
          'secret',
        );
    // the same secret for another guest, and one whose name is only printed
    expect(create('-o', 'other-guest.asr', 'retr', 'two names', '--type', 'plain', '--secret', 'secret').code).toBe(0);
    expect(create('-o', 'printed.asr', 'retr', 'two_names', '--stdout', '--type', 'plain', '--secret', 'secret').stdout).toBe(
      `!Retrievable\nkind: 3 (PLAINTEXT)\nname: two_names\nid: 0x${hex(hashedId('two_names'))}\n\n`,
    );
  });
  it('the same secret with another kind: not overwritten unasked', () => {
    put('secret', random(32));
    refused(3, /exists already/, '-o', 'x', 'association', 'two names');
    expect(create('--overwrite', '-o', 'changed.asr', 'association', 'two names').code).toBe(0);
    expect(textOf('two_names.yaml')).toMatch(/^!Association/);
  });
  it('names without a file name', () => {
    for (const name of ['a/b', '..', ''])
      refused(2, /a name that makes a file name|an empty name/, '-o', 'x', 'association', name);
  });
  it('one file for two things, or for something that is read', () => {
    refused(2, /named twice/, '-o', 'n.yaml', 'association', 'n');
    refused(2, /named twice/, '-o', 'x', 'association', 'n', '--output-secret', 'n.yaml');
    refused(2, /named twice/, '-o', 'x', '--toc-policy', './x', 'meta');
    refused(2, /k32 is read and would be written too/, '--overwrite', '-o', './k32', 'update-cck', '--secret', 'k32');
    symlinkSync('k32', cli().path('k32-link'));
    refused(2, /is read and would be written too/, '--overwrite', '-o', 'k32-link', 'update-cck', '--secret', 'k32');
    refused(2, /alpha.crt is read/, '--overwrite', '-o', 't/host-keys/alpha.crt', 'meta');
  });
});

describe('toc.pol', () => {
  const tags = (): string[] => textOf('sics/toc.pol').trimEnd().split('\n');
  const inSics = (name: string, ...args: string[]): Ran =>
    create('--toc-policy', 'sics/toc.pol', '-o', `sics/${name}.asr`, ...args);
  it('gets the tag of each request, in order', () => {
    mkdirSync(cli().path('sics'));
    for (const name of ['one', 'two', 'three']) expect(inSics(name, 'meta').code).toBe(0);
    expect(tags()).toEqual(['one', 'two', 'three'].map((n) => hex(opened(`sics/${n}.asr`).tag)));
    expect(textOf('sics/toc.pol')).toMatch(/^([0-9a-f]{32}\n){3}$/);
  });
  it('is refused when it holds the tag of a request that is gone, or is about to be replaced', () => {
    const before = textOf('sics/toc.pol');
    refused(
      2,
      /left over from an earlier run \(toc.pol, line 2\)/,
      '--toc-policy',
      'sics/toc.pol',
      '-o',
      'sics/two.asr',
      '--overwrite',
      'meta',
    );
    writeFileSync(cli().path('sics/toc.pol'), `${before}${'ab'.repeat(16)}\n`);
    refused(2, /abababab.*left over.*line 4.*Remove the file/, '--toc-policy', 'sics/toc.pol', '-o', 'sics/four.asr', 'meta');
    expect(fileNames('sics')).toEqual(['one.asr', 'three.asr', 'toc.pol', 'two.asr']);
    writeFileSync(cli().path('sics/toc.pol'), before);
  });
  it('is refused when it is not as the guest reads it', () => {
    const before = textOf('sics/toc.pol');
    for (const [text, reason] of [
      [`${before}\n`, /line 4/],
      [before.trimEnd(), /no line feed at the end/],
      [before.toUpperCase(), /lower-case hex/],
      [before.replaceAll('\n', '\r\n'), /line 1/],
      [`${before}${before.slice(0, 33)}`, /twice|already/],
    ] as const) {
      writeFileSync(cli().path('sics/toc.pol'), text);
      refused(3, reason, '--toc-policy', 'sics/toc.pol', '-o', 'sics/four.asr', 'meta');
    }
    writeFileSync(cli().path('sics/toc.pol'), before);
  });
  it('does not go with what the early boot of a guest fails on', () => {
    put(
      'key.pem',
      String(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })),
    );
    put('free', 'some text');
    const toc = ['--toc-policy', 'sics/toc.pol', '-o', 'sics/x.asr'];
    refused(2, /early boot of a guest fails on a signed request/, ...toc, '--user-sign-key', 'key.pem', 'meta');
    refused(2, /early boot of a guest takes user data for the reference/, ...toc, '--user-data', 'free', 'meta');
    put('toc.pol', '');
    refused(2, /is both/, '--toc-policy', 'toc.pol', '--policy', 'toc.pol', '-o', 'x', 'meta');
    expect(create(...toc.slice(0, 3), 'sics/cuid.asr', '--cuid-hex', '11'.repeat(16), 'meta').stderr).toMatch(
      /exists only after the start/,
    );
  });
  it('says when a guest would not find the request', () => {
    expect(create('--toc-policy', 'elsewhere.pol', '-o', 'no-ending', 'meta').stderr).toMatch(
      /beside elsewhere.pol, under a name that ends in .asr/,
    );
    expect(create('--toc-policy', 'elsewhere.pol', '-o', 'sics/far.asr', 'meta').stderr).toMatch(/beside elsewhere.pol/);
    expect(textOf('elsewhere.pol').trimEnd().split('\n')).toHaveLength(2);
  });
  it('keeps every line when several commands append at once', async () => {
    mkdirSync(cli().path('parallel'));
    const args = (i: number) => [
      cli().path('selwright.mjs'),
      'request',
      'create',
      ...HDR,
      ...UNVERIFIED,
      '--toc-policy',
      'parallel/toc.pol',
      '-o',
      `parallel/${i}.asr`,
      'meta',
    ];
    const codes = await Promise.all(
      [0, 1, 2, 3].map(
        (i) =>
          new Promise((done) => spawn(process.execPath, args(i), { cwd: cli().directory, stdio: 'ignore' }).on('exit', done)),
      ),
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(textOf('parallel/toc.pol').trimEnd().split('\n').sort()).toEqual(
      [0, 1, 2, 3].map((i) => hex(opened(`parallel/${i}.asr`).tag)).sort(),
    );
  });
});
