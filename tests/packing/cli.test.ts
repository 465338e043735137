/** `pack`, `value`, packed bundles in `bundle check`, verdicts as files: the program as a user has it. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { templateText } from '../../core/policy/templates.ts';
import { isHashOf } from '../../core/values/crypt.ts';
import { nodeSha512 } from '../../edge/values.ts';
import { at, bootArgs, buildArgs, json, run } from '../cli/program.ts';
import { haveOpenssl, haveSshKeygen, itWith, run as tool } from '../support/programs.ts';

const T = 'tenant';
const good = (...args: string[]) => {
  const r = run(args);
  expect(r.err, args.join(' ')).not.toMatch(/^selwright: (?!wrote|.*: done)/m);
  expect(r.code, `${args.join(' ')}\n${r.err}`).toBe(0);
  return r;
};
const sha256 = (file: string): string =>
  createHash('sha256')
    .update(readFileSync(at(file)))
    .digest('hex');
const ofSecret = (name: string): string[] => ['--policy', 'web.yaml', '--secret', name];

beforeAll(() => {
  expect(run(['sample', 'init', T]).code).toBe(0);
  expect(run([...buildArgs(T), '-o', 'bundle', '--name', 'web-01']).code).toBe(0);
  writeFileSync(at('web.yaml'), templateText('web-server'));
});

describe('pack', () => {
  it.each(['tar', 'zip'])(
    '%s: the hash is printed as sha256sum takes it, the same again, and bundle check takes the file',
    (form) => {
      const r = good('pack', form, 'bundle', '-o', `b.${form}`);
      expect(r.out).toBe(`${sha256(`b.${form}`)}  b.${form}\n`);
      // packed once more, from the packed one
      good('pack', form, `b.${form}`, '-o', `c.${form}`);
      expect(sha256(`c.${form}`)).toBe(sha256(`b.${form}`));
      const checked = run(['bundle', 'check', `b.${form}`, '--hdr', `${T}/image/selhdr.bin`, '--json']);
      expect(json(checked)).toMatchObject({ ok: true, ownExpectation: true });
      const asDirectory = json(run(['bundle', 'check', 'bundle', '--hdr', `${T}/image/selhdr.bin`, '--json']));
      expect(json(checked).findings).toEqual(asDirectory.findings);
      expect(run(['pack', form, 'bundle', '-o', `b.${form}`]).code).toBe(3);
    },
  );

  it('a damaged packed bundle is refused or found broken', () => {
    const bytes = readFileSync(at('b.tar'));
    const place = bytes.indexOf(readFileSync(at('bundle/sics/cck.asr')).subarray(100, 160));
    expect(place).toBeGreaterThan(0);
    bytes[place] = (bytes[place] as number) ^ 1;
    writeFileSync(at('damaged.tar'), bytes);
    expect(run(['bundle', 'check', 'damaged.tar']).code).toBe(1);
    writeFileSync(at('cut.tar'), bytes.subarray(0, 3000));
    expect(run(['bundle', 'check', 'cut.tar'])).toMatchObject({ code: 3 });
  });

  it('initdata, pvics.yaml and the sheet', () => {
    good('pack', 'initdata', 'bundle', '-o', 'initdata.toml');
    expect(readFileSync(at('initdata.toml'), 'utf8')).toContain('"update-cck.asr" = "');
    const chain = ['-C', `${T}/pki/signing.crt`, '--crl', `${T}/pki/root.crl`, '--root-ca', `${T}/pki/root.crt`];
    const args = ['pack', 'pvics', 'bundle', '-k', `${T}/host-keys/alpha.crt`, ...chain, '--values', `${T}/values`];
    good(...args, '--extension-secret', `${T}/values/bundles/0001-web-01/extension-secret`, '-o', 'pvics.yaml');
    const yaml = parse(readFileSync(at('pvics.yaml'), 'utf8'));
    expect(yaml.encrypt['luks-key-size']).toBe(512);
    for (const path of [
      yaml.encrypt.cck,
      yaml.encrypt['luks-key'],
      yaml.encrypt['extension-secret'],
      ...yaml.encrypt['add-secret-requests'],
      ...yaml.hkds,
    ])
      expect(existsSync(at(path)), path).toBe(true);
    good('pack', 'sheet', 'bundle', '-o', 'sheet.pdf');
    good('pack', 'sheet', 'b.zip', '-o', 'sheet2.pdf');
    expect(sha256('sheet.pdf')).toBe(sha256('sheet2.pdf'));
  });

  it('says what is missing', () => {
    expect(run(['pack', 'tar', T, '-o', 'x']).err).toContain('no directory sics');
    expect(run(['pack', 'tar', 'nowhere', '-o', 'x'])).toMatchObject({ code: 3 });
    expect(run(['pack', 'pvics', 'bundle', '--values', 'v', '--extension-secret', 'e', '-o', 'x']).code).toBe(2);
    expect(existsSync(at('x'))).toBe(false);
  });
});

describe('the verdict as files', () => {
  it('PDF and HTML beside the text', () => {
    expect(run([...bootArgs(T, 'bundle'), '--report', 'report.json']).code).toBe(0);
    const r = run([
      'report',
      'verify',
      'report.json',
      '--expected',
      'bundle/meta/expected.json',
      '--pdf',
      'v.pdf',
      '--html',
      'v.html',
    ]);
    expect(r.out).toContain('Proven');
    expect(readFileSync(at('v.pdf')).subarray(0, 5).toString()).toBe('%PDF-');
    expect(readFileSync(at('v.html'), 'utf8')).toContain('Accepted by');
  });
});

describe('bundle build', () => {
  it('refuses a passphrase under the floor of the policy, and names neither it nor a part of it', () => {
    cpSync(at(T), at('weak-tenant'), { recursive: true });
    writeFileSync(at('weak-tenant/values/luks-rfs-passphrase'), 'correct horse battery staple');
    const r = run([...buildArgs('weak-tenant'), '-o', 'weak-bundle']);
    expect(r.code).toBe(3);
    expect(r.err).toMatch(/luks-rfs-passphrase: P10: found about \d+ bits of strength, expected at least 128 bits/);
    expect(r.out + r.err).not.toContain('horse');
    expect(existsSync(at('weak-bundle'))).toBe(false);
  });
});

describe('value generate', () => {
  it('makes what the policy asks for, for its owner alone, and says how strong it is', () => {
    expect(good('value', 'generate', ...ofSecret('luks-rfs-passphrase'), '-o', 'p1').out).toContain('192 bits');
    good('value', 'generate', ...ofSecret('luks-rfs-passphrase'), '--as', 'words', '--separator', '.', '-o', 'p2');
    expect(readFileSync(at('p2'), 'utf8')).toMatch(/^[a-z]{4,8}(\.[a-z]{4,8}){10}$/);
    for (const f of ['p1', 'p2']) expect(statSync(at(f)).mode & 0o077).toBe(0);
    for (const f of ['p1', 'p2']) expect(run(['value', 'recognise', f, ...ofSecret('luks-rfs-passphrase')]).code).toBe(0);
    expect(good('value', 'generate', ...ofSecret('tls-web-key'), '--key', 'ec-p384', '-o', 'tls').out).toContain('ECDSA P-384');
  });

  it('a login with its password in a file of its own', () => {
    good('value', 'generate', ...ofSecret('admin-login'), '-o', 'login', '--clear', 'clear');
    const [, hash] = readFileSync(at('login'), 'utf8').split(':') as [string, string];
    expect(isHashOf(hash, new Uint8Array(readFileSync(at('clear'))), nodeSha512)).toBe(true);
    expect(run(['value', 'generate', ...ofSecret('admin-login'), '-o', 'login2']).code).toBe(2);
  });

  it('does not write over anything, and knows its words', () => {
    expect(run(['value', 'generate', ...ofSecret('cck'), '-o', 'p1']).code).toBe(3);
    expect(run(['value', 'generate', ...ofSecret('cck'), '--as', 'magic', '-o', 'y']).code).toBe(2);
    expect(run(['value', 'generate', ...ofSecret('cck'), '--as', 'words', '-o', 'y']).code).toBe(2);
    expect(run(['value', 'generate', ...ofSecret('nobody'), '-o', 'y'])).toMatchObject({ code: 2 });
  });
});

describe('value recognise', () => {
  it('names the trap and what to do, without a word of the value, and puts it right', () => {
    const hex = readFileSync(at(T, 'values/cck')).toString('hex');
    writeFileSync(at('cck.hex'), `${hex}\n`);
    const r = run(['value', 'recognise', 'cck.hex', ...ofSecret('cck')]);
    expect(r.code).toBe(1);
    expect(r.out).toContain('Decode the hex digits');
    expect(r.out + r.err).not.toContain(hex.slice(0, 16));
    expect(run(['value', 'recognise', 'cck.hex', ...ofSecret('cck'), '--fix', 'cck.bin']).code).toBe(0);
    expect(readFileSync(at('cck.bin')).toString('hex')).toBe(hex);
  });

  it('a weak passphrase is refused with advice', () => {
    writeFileSync(at('weak'), 'correct horse battery staple');
    const r = run(['value', 'recognise', 'weak', ...ofSecret('luks-rfs-passphrase')]);
    expect(r.code).toBe(1);
    expect(r.out).toContain('not enough');
    expect(r.out).not.toContain('horse');
  });

  it('what cannot be put right is not written', () => {
    writeFileSync(at('junk'), 'x');
    const r = run(['value', 'recognise', 'junk', ...ofSecret('cck'), '--fix', 'junk.bin']);
    expect(r.code).toBe(1);
    expect(existsSync(at('junk.bin'))).toBe(false);
  });

  itWith(haveOpenssl, 'openssl', 'opens a key with its passphrase, and finds the certificate of another key', () => {
    tool('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', at('open.key')]);
    tool('openssl', ['pkey', '-in', at('open.key'), '-aes256', '-passout', 'pass:sesame', '-out', at('locked.key')]);
    writeFileSync(at('pass'), 'sesame\n');
    const locked = run(['value', 'recognise', 'locked.key', ...ofSecret('tls-web-key')]);
    expect(locked.out).toContain('Open with its passphrase');
    const args = ['value', 'recognise', 'locked.key', ...ofSecret('tls-web-key'), '--fix'];
    expect(run([...args, 'opened.key', '--passphrase-file', 'pass']).code).toBe(0);
    expect(readFileSync(at('opened.key'), 'utf8')).toBe(readFileSync(at('open.key'), 'utf8'));
    writeFileSync(at('wrong'), 'sesam\n');
    expect(run([...args, 'never.key', '--passphrase-file', 'wrong'])).toMatchObject({ code: 3 });
    tool('openssl', [
      'req',
      '-x509',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      at('o.key'),
      '-subj',
      '/CN=x',
      '-out',
      at('web-cert'),
    ]);
    const r = run(['value', 'recognise', 'open.key', ...ofSecret('tls-web-key'), '--values', '.']);
    expect(r.code).toBe(1);
    expect(r.out).toContain('does not belong to the certificate');
  });
});

describe('what goes with keys', () => {
  itWith(haveOpenssl, 'openssl', 'a signing request', () => {
    good('value', 'request', 'tls', '--name', 'web.example.org', '--name', '192.0.2.1', '-o', 'web.csr');
    const text = tool('openssl', ['req', '-in', at('web.csr'), '-noout', '-verify', '-text']).toString();
    expect(text).toContain('DNS:web.example.org, IP Address:192.0.2.1');
    expect(run(['value', 'request', 'tls', '-o', 'no.csr']).code).toBe(2);
  });
  itWith(haveSshKeygen, 'ssh-keygen', 'a host certificate, by a CA of one’s own and by one that is forgotten', () => {
    good('value', 'generate', ...ofSecret('ssh-host-ed25519-key'), '-o', 'host');
    const r = good('value', 'host-certificate', 'host', '--principal', 'web.example.org', '-o', 'host-cert.pub');
    expect(r.out).toContain('@cert-authority web.example.org ssh-ed25519 ');
    expect(tool('ssh-keygen', ['-L', '-f', at('host-cert.pub')]).toString()).toContain('host certificate');
    tool('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', at('ca')]);
    const own = ['value', 'host-certificate', 'host', '--principal', 'w', '--ca', 'ca', '--days', '30', '-o', 'own-cert.pub'];
    good(...own);
    const print = tool('ssh-keygen', ['-l', '-f', at('ca.pub')])
      .toString()
      .split(' ')[1] as string;
    expect(tool('ssh-keygen', ['-L', '-f', at('own-cert.pub')]).toString()).toContain(print);
    // the CA's own file is as it was
    expect(readFileSync(at('ca'), 'utf8')).toContain('BEGIN OPENSSH PRIVATE KEY');
  });
  it('a login from a typed password: strong enough, or refused', () => {
    writeFileSync(at('pw'), 'Vexing-Quartz-Unhurried-77-Lantern\n');
    good('value', 'login', ...ofSecret('admin-login'), '--password-file', 'pw', '-o', 'typed');
    expect(readFileSync(at('typed'), 'utf8')).toMatch(/^admin:\$6\$/);
    writeFileSync(at('pw2'), 'summer2024\n');
    expect(run(['value', 'login', ...ofSecret('admin-login'), '--password-file', 'pw2', '-o', 'typed2'])).toMatchObject({
      code: 3,
    });
    expect(existsSync(at('typed2'))).toBe(false);
  });
});
