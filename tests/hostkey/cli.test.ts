/** `hostkey verify` and `hostkey sort`, as built: what they say, in text and JSON, and with which exit code. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CertificateOptions, type LoadedHostKey, loadHostKeys, verifyFromFiles } from '../../cli/hostkeys.ts';
import { Done } from '../../cli/out.ts';
import { buildCli, type Cli } from '../support/cli.ts';
import { AT, type Files, goodPki, inDays, LEVELS, SERIAL, writeCertificate, writeCrl, writePki } from './forge.ts';

const GOOD = 0;
const NO = 1;
const WRONG_USE = 2;
const UNREADABLE = 3;

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
const WHEN = ['--at', '2026-11-24T05:00:00Z'];
const SECOND_HOST = writeCertificate({ ...goodPki().host, serial: '45' });

let cli: Cli;
const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(cli.path(name), content);
  return name;
};

/** The files of a PKI in a directory: some PEM, some DER. */
const lay = (directory: string, f: Files): void => {
  mkdirSync(cli.path(directory));
  const at = (name: string): string => join(directory, name);
  write(at('root.crt'), pem('CERTIFICATE', f.roots[0] as Uint8Array));
  write(at('intermediate.crt'), f.certificates[0] as Uint8Array);
  write(at('signing.crt'), pem('CERTIFICATE', f.certificates[1] as Uint8Array));
  write(at('HKD-8561-1.crt'), f.hosts[0] as Uint8Array);
  LEVELS.forEach((l, i) => {
    write(at(`${l}.crl`), i === 0 ? pem('X509 CRL', f.crls[i] as Uint8Array) : (f.crls[i] as Uint8Array));
  });
};

const CHAIN = ['-C', 'good/signing.crt', 'good/intermediate.crt'];
const LISTS = ['--crl', 'good/root.crl', 'good/intermediate.crl', 'good/signing.crl'];
const ROOT = ['--root-ca', 'good/root.crt'];
const KEY = ['-k', 'good/HKD-8561-1.crt'];
const ALL = ['hostkey', 'verify', ...KEY, ...CHAIN, ...LISTS, ...ROOT, ...WHEN];

/** One line, one sentence, no trace of the program's inside. */
const expectClear = (stderr: string): void => {
  expect(stderr).toMatch(/^selwright: [^\n]+\n$/);
  expect(stderr).not.toMatch(/\bat .*\.(ts|mjs):\d+|inside the program/);
};

beforeAll(async () => {
  cli = await buildCli();
  lay('good', writePki(goodPki()));
  const revoked = goodPki();
  revoked.crls.signing.revoked.push({ serial: SERIAL.host });
  lay('revoked', writePki(revoked));
  write('second.crt', SECOND_HOST);
  write('empty', '');
  write('text', 'nothing of that kind');
});
afterAll(() => cli.remove());

describe('hostkey verify', () => {
  it('says that it is trusted, until when, and every check', () => {
    const { code, stdout, stderr } = cli.run(...ALL);
    expect([code, stderr]).toEqual([GOOD, '']);
    expect(stdout).toContain('good/HKD-8561-1.crt: trusted until 2027-09-20');
    expect(stdout).toContain('The signing key and its chain:');
    expect(stdout.match(/^ {2}ok {5}/gm)?.length).toBeGreaterThan(40);
    expect(stdout).not.toContain('FAILED');
    expect(stdout).not.toContain('[ ]');
  });

  it('the same in JSON', () => {
    const { code, answer } = cli.json(...ALL);
    expect(code).toBe(GOOD);
    expect(answer).toMatchObject({ ok: true, at: AT.toISOString() });
    expect(answer.hostKeys).toHaveLength(1);
    expect(answer.hostKeys[0]).toMatchObject({
      file: 'good/HKD-8561-1.crt',
      serial: SERIAL.host,
      trusted: true,
      error: null,
      holdsUntil: inDays(300).toISOString(),
      missing: [],
    });
    expect(answer.hostKeys[0].phkh).toMatch(/^[0-9a-f]{64}$/);
    expect(answer.wanted).toHaveLength(6);
    expect(answer.wanted.every((w: { state: string }) => w.state === 'given')).toBe(true);
  });

  it('takes options once a file too, and several host keys, the same one twice', () => {
    const args = ['hostkey', 'verify', '-k', 'good/HKD-8561-1.crt', '-k', 'second.crt', 'good/HKD-8561-1.crt'];
    const split = ['-C', 'good/signing.crt', '-C', 'good/intermediate.crt', ...LISTS, ...ROOT, ...WHEN];
    const { code, answer } = cli.json(...args, ...split);
    expect(code).toBe(GOOD);
    expect(answer.hostKeys.map((h: { file: string }) => h.file)).toEqual(['good/HKD-8561-1.crt', 'second.crt']);
  });

  it('is no as soon as one of several is not trusted', () => {
    const lists = ['--crl', 'good/root.crl', 'good/intermediate.crl', 'revoked/signing.crl'];
    const { code, answer } = cli.json('hostkey', 'verify', ...KEY, 'second.crt', ...CHAIN, ...lists, ...ROOT, ...WHEN);
    expect(code).toBe(NO);
    expect(answer.ok).toBe(false);
    expect(answer.hostKeys.map((h: { error: unknown }) => h.error)).toEqual([{ kind: 'HkdRevoked' }, null]);
  });

  it('says what is missing, all of it, as a checklist', () => {
    const { code, stdout } = cli.run('hostkey', 'verify', ...KEY, '-C', 'good/signing.crt', ...WHEN);
    expect(code).toBe(NO);
    expect(stdout).toContain('good/HKD-8561-1.crt: not trusted');
    expect(stdout).toContain('an issuer is missing (OpenSSL 20, depth 0)');
    expect(stdout).toContain('[ ] certificate "IBM Z Intermediate CA": missing');
    expect(stdout).toContain('      download:  http://crl.example/signing.crl\n      save as:   signing.crl');
    expect(stdout).toContain('      download:  http://crl.example/intermediate.crl\n      save as:   intermediate.crl');
  });

  it('without a root it asks the trust store of the system', () => {
    const { code, answer } = cli.json('hostkey', 'verify', ...KEY, ...CHAIN, ...LISTS, ...WHEN);
    expect(code).toBe(NO);
    expect(answer.hostKeys[0].error).toEqual({ kind: 'IbmSignInvalid', openssl: 20, depth: 1 });
  });

  it('takes CRLs that stand beside certificates', () => {
    const f = writePki(goodPki());
    const chained = pem('CERTIFICATE', f.roots[0] as Uint8Array) + pem('X509 CRL', f.crls[0] as Uint8Array);
    const lists = ['--crl', 'good/intermediate.crl', 'good/signing.crl'];
    expect(
      cli.run('hostkey', 'verify', ...KEY, ...CHAIN, ...lists, '--root-ca', write('chained.crt', chained), ...WHEN).code,
    ).toBe(GOOD);
  });

  it('says which part of a file it does not use', () => {
    const half = pem('CERTIFICATE', writePki(goodPki()).certificates[1] as Uint8Array) + pem('PRIVATE KEY', new Uint8Array(40));
    const args = [
      'hostkey',
      'verify',
      ...KEY,
      '-C',
      write('half.pem', half),
      'good/intermediate.crt',
      ...LISTS,
      ...ROOT,
      ...WHEN,
    ];
    const { code, stderr } = cli.run(...args);
    expect(code).toBe(GOOD);
    expectClear(stderr);
    expect(stderr).toContain('half.pem');
    expect(stderr).toContain('PRIVATE KEY');
  });

  it.each([
    ['2026-11-24', GOOD],
    ['2026-11-24T05:00:00Z', GOOD],
    ['2026-11-24T07:00+02:00', GOOD],
    ['2027-09-20T04:59:59Z', GOOD],
    ['2027-09-20T05:00:00Z', NO],
    ['2020-01-01', NO],
    ['now', WRONG_USE],
    ['5', WRONG_USE],
    ['2026-13-01', WRONG_USE],
    ['11/24/2026', WRONG_USE],
    ['', WRONG_USE],
  ])('--at %j: exit code %i', (when, expected) => {
    const { code, stderr } = cli.run('hostkey', 'verify', ...KEY, ...CHAIN, ...LISTS, ...ROOT, '--at', when);
    expect(code).toBe(expected);
    if (expected === WRONG_USE) expectClear(stderr);
  });

  it('warns of what ends within 14 days', () => {
    const { stdout } = cli.run('hostkey', 'verify', ...KEY, ...CHAIN, ...LISTS, ...ROOT, '--at', '2027-09-10');
    expect(stdout).toContain('ends soon: revocation list of IBM Z Root CA, 2027-09-20');
  });

  it.each([
    ['no host key', [...CHAIN], WRONG_USE],
    ['an unknown option', [...KEY, '--online'], WRONG_USE],
    ['a host key that is not there', ['-k', 'nowhere.crt'], UNREADABLE],
    ['a host key that is a directory', ['-k', 'good'], UNREADABLE],
    ['a host key that is empty', ['-k', 'empty'], UNREADABLE],
    ['a host key that is a text', ['-k', 'text'], UNREADABLE],
    ['a host key that is a CRL', ['-k', 'good/root.crl'], UNREADABLE],
    ['a host key with an RSA key', ['-k', 'good/signing.crt'], UNREADABLE],
    ['a certificate that is a text', [...KEY, '-C', 'text'], UNREADABLE],
    ['a CRL that is a certificate', [...KEY, ...CHAIN, '--crl', 'good/root.crt'], UNREADABLE],
    ['a CRL that is empty', [...KEY, ...CHAIN, '--crl', 'empty'], UNREADABLE],
    ['a root that is a CRL', [...KEY, ...CHAIN, '--root-ca', 'good/root.crl'], UNREADABLE],
    ['a root that is not there', [...KEY, ...CHAIN, '--root-ca', 'nowhere.crt'], UNREADABLE],
  ])('%s: one line and its exit code', (_, args, expected) => {
    const { code, stdout, stderr } = cli.run('hostkey', 'verify', ...args);
    expect([code, stdout]).toEqual([expected, '']);
    // commander adds where to find help to what it says itself
    if (args.includes('--online')) expect(stderr).toContain('unknown option');
    else expectClear(stderr);
  });
});

describe('hostkey sort', () => {
  it('says what each file of a directory is, and that a root in it is not trusted for that', () => {
    const { code, stdout } = cli.run('hostkey', 'sort', 'good', 'text', ...WHEN);
    expect(code).toBe(NO);
    const kinds: Record<string, string> = {
      'HKD-8561-1.crt': 'host-key document',
      'intermediate.crl': 'revocation list',
      'intermediate.crt': 'intermediate certificate',
      'root.crl': 'revocation list',
      'root.crt': 'root certificate',
      'signing.crl': 'revocation list',
      'signing.crt': 'IBM signing key',
    };
    for (const [file, kind] of Object.entries(kinds)) expect(stdout).toMatch(new RegExp(`^good/${file} +${kind} `, 'm'));
    expect(stdout).toMatch(/^text +not used +- +.*found something else/m);
    expect(stdout).toMatch(/^ {2}SHA-256 fingerprint [0-9a-f]{64}$/m);
    expect(stdout).toContain('[ ] root certificate "IBM Z Root CA": there, but not named as trusted');
    expect(stdout).toContain('the root is not one that is trusted (OpenSSL 19, depth 2)');
  });

  it('is good when the root is named', () => {
    const { code, stdout } = cli.run('hostkey', 'sort', 'good', ...ROOT, ...WHEN);
    expect(code).toBe(GOOD);
    expect(stdout).toContain('good/HKD-8561-1.crt: trusted until 2027-09-20');
    expect(stdout).toContain('everything is there');
  });

  it('the same in JSON, out of a zip', () => {
    const f = writePki(goodPki());
    const box = zipSync({
      'box/HKD-8561-1.crt': f.hosts[0] as Uint8Array,
      'box/chain/signing.crt': f.certificates[1] as Uint8Array,
      'box/chain/intermediate.crt': f.certificates[0] as Uint8Array,
      'box/lists.crl': new Uint8Array(Buffer.concat(f.crls)),
      'box/readme.txt': new Uint8Array(Buffer.from('hello')),
    });
    const { code, answer } = cli.json('hostkey', 'sort', write('box.zip', box), ...ROOT, ...WHEN);
    expect(code).toBe(GOOD);
    expect(answer.ok).toBe(true);
    const of = (p: { file: string; archive: string; kind: string }): string => `${p.archive} ${p.file} ${p.kind}`;
    expect(answer.pieces.map(of)).toEqual([
      'box.zip HKD-8561-1.crt host-key',
      'box.zip signing.crt signing-key',
      'box.zip intermediate.crt intermediate',
      'box.zip lists.crl crl',
      'box.zip lists.crl crl',
      'box.zip lists.crl crl',
      'box.zip readme.txt unknown',
    ]);
    expect(answer.pieces.at(-1).reason).toContain('something else');
    expect(answer.hostKeys[0]).toMatchObject({ trusted: true, error: null });
    expect(answer.wanted).toHaveLength(6);
  });

  it('lists what is missing when it is not complete', () => {
    const { code, stdout } = cli.run('hostkey', 'sort', 'good/HKD-8561-1.crt', 'good/signing.crt', ...WHEN);
    expect(code).toBe(NO);
    expect(stdout).toContain('[ ] certificate "IBM Z Intermediate CA": missing');
  });

  it('does not follow links out of a directory, and goes into folders', () => {
    mkdirSync(cli.path('links/inner'), { recursive: true });
    write('links/inner/root.crt', writePki(goodPki()).roots[0] as Uint8Array);
    symlinkSync(cli.path('good'), cli.path('links/away'));
    symlinkSync(cli.path('good/signing.crt'), cli.path('links/signing.crt'));
    const { answer } = cli.json('hostkey', 'sort', 'links', ...WHEN);
    expect(answer.pieces.map((p: { file: string }) => p.file)).toEqual(['links/inner/root.crt']);
  });

  it('shows file names that steer a terminal as harmless text, one row a file', () => {
    mkdirSync(cli.path('odd'));
    write('odd/a\u001b[2Jb\nc.crt', 'x');
    write('odd/d', 'x');
    const { stdout } = cli.run('hostkey', 'sort', 'odd', ...WHEN);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.split('\n').filter((l) => l.includes('not used'))).toHaveLength(2);
  });

  it.each([
    ['nothing', [], WRONG_USE],
    ['a path that is not there', ['nowhere'], UNREADABLE],
    ['one file of another kind', ['text'], UNREADABLE],
    ['an empty file', ['empty'], UNREADABLE],
    ['a root that is none', ['good', '--root-ca', 'text'], UNREADABLE],
    ['no date', ['good', '--at', 'today'], WRONG_USE],
  ])('%s: one line and its exit code', (_, args, expected) => {
    const { code, stdout, stderr } = cli.run('hostkey', 'sort', ...args);
    expect([code, stdout]).toEqual([expected, '']);
    if (args.length > 0) expectClear(stderr);
  });

  it('a directory without files', () => {
    mkdirSync(cli.path('bare'));
    const { code, stderr } = cli.run('hostkey', 'sort', 'bare');
    expect(code).toBe(UNREADABLE);
    expectClear(stderr);
  });

  it('nothing that can be used among several: the table, and exit code 3', () => {
    const { code, stdout } = cli.run('hostkey', 'sort', 'text', 'empty', ...WHEN);
    expect(code).toBe(UNREADABLE);
    expect(stdout.match(/not used/g)).toHaveLength(2);
  });
});

describe('two documents of one machine', () => {
  const args = (...files: string[]): CertificateOptions => ({
    hostKeyDocument: files.map((f) => cli.path(f)),
    cert: [cli.path('good/signing.crt'), cli.path('good/intermediate.crt')],
    crl: LEVELS.map((l) => cli.path(`good/${l}.crl`)),
    rootCa: cli.path('good/root.crt'),
  });
  const serials = (list: readonly LoadedHostKey[]): string[] => list.map((l) => l.document.serial);

  it('are both verified, and are one host key of a request', () => {
    const both = args('good/HKD-8561-1.crt', 'second.crt');
    expect(serials(verifyFromFiles(both, AT).hostKeys)).toEqual([SERIAL.host, '45']);
    expect(serials(loadHostKeys(both, AT))).toEqual([SERIAL.host]);
    expect(serials(loadHostKeys({ hostKeyDocument: both.hostKeyDocument ?? [], verify: false }, AT))).toEqual([SERIAL.host]);
  });

  it('end the command when one of them is revoked, whichever comes first', () => {
    write('newer.crl', writeCrl({ ...goodPki().crls.signing, thisUpdate: inDays(-1), revoked: [{ serial: '45' }] }));
    for (const files of [
      ['good/HKD-8561-1.crt', 'second.crt'],
      ['second.crt', 'good/HKD-8561-1.crt'],
    ]) {
      const o = args(...files);
      expect(() => loadHostKeys({ ...o, crl: [...(o.crl ?? []), cli.path('newer.crl')] }, AT)).toThrow(Done);
    }
  });
});
