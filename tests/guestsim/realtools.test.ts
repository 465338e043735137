/**
 * What the guest has retrieved and applied, tried with the programs that will use it: cryptsetup on a real LUKS2 volume whose keyslot
 * holds the key token, ssh-keygen, openssl, and the C library's crypt.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import type { AppliedFile } from '../../core/guestsim/apply.ts';
import { type BootResult, boot } from '../../core/guestsim/boot.ts';
import { type RootDisk, readPaesToken, writePaesToken } from '../../core/guestsim/disk.ts';
import { hashedId } from '../../core/secret/secret.ts';
import { seededEnv } from '../support/env.ts';
import { haveOpenssl, haveSshKeygen, itWith, run } from '../support/programs.ts';
import { entriesOf, hosts, image, makeBundle, values } from '../support/tenant.ts';
import { makeWebTenant, scratch, type WebTenant, webPolicy } from '../support/webtenant.ts';

const have = (program: string, ...args: string[]): boolean => spawnSync(program, args).error === undefined;
const haveCryptsetup = have('cryptsetup', '--version');
const haveKeys = haveOpenssl && haveSshKeygen;
const dir = scratch();
afterAll(() => dir.remove());

const bootWith = (entries: ReturnType<typeof entriesOf>, disk?: RootDisk): BootResult =>
  boot({ host: hosts[0], image, entries, disk }, seededEnv('real tools'));
const fileIn = (r: BootResult, path: string): AppliedFile => {
  const file = r.kit?.files.find((f) => f.path === path);
  if (file === undefined) throw new Error(`the kit did not write ${path}`);
  return file;
};

describe('a real LUKS2 volume', () => {
  const VOLUME = dir.path('cryptroot.img');
  /** Makes the volume as the tenant does: the keyslot holds the 44-byte token of the volume key. A cheap key derivation is enough here. */
  const format = (passphrase: Uint8Array, token: Uint8Array, cipher = 'paes-xts-plain64'): void => {
    rmSync(VOLUME, { force: true });
    dir.write('cryptroot.img', new Uint8Array(0));
    truncateSync(VOLUME, 20 * 1024 * 1024);
    const files = ['--volume-key-file', dir.write('token', token), '--key-file', dir.write('passphrase', passphrase)];
    const cheap = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'];
    const what = ['--type', 'luks2', '--label', 'cryptroot', '--cipher', cipher, '--key-size', String(8 * token.length)];
    run('cryptsetup', ['-q', 'luksFormat', ...what, ...cheap, ...files, VOLUME]);
  };
  const opens = (passphrase: Uint8Array): boolean =>
    spawnSync('cryptsetup', ['open', '--test-passphrase', '--key-file', dir.write('try', passphrase), VOLUME]).status === 0;
  /** The volume as the boot's root disk: cryptsetup opens the keyslot. */
  const disk = (cipher: RootDisk['cipher']): RootDisk => ({
    cipher,
    open: (passphrase) => {
      const out = dir.path('dumped');
      rmSync(out, { force: true });
      const key = dir.write('try', passphrase);
      spawnSync('cryptsetup', ['-q', 'luksDump', '--dump-volume-key', '--volume-key-file', out, '--key-file', key, VOLUME]);
      return existsSync(out) ? new Uint8Array(readFileSync(out)) : undefined;
    },
  });
  const passphrase = values.get('luks-rfs-passphrase') as Uint8Array;
  const token = writePaesToken(8, hashedId('rfs-luks-key'));
  const itOpens = (name: string, body: () => void): void => itWith(haveCryptsetup, 'cryptsetup', name, body);

  itOpens('of the tenant opens with what the guest retrieved, and its keyslot names the volume key', () => {
    format(passphrase, token);
    const r = bootWith(entriesOf(makeBundle()), disk('paes-xts-plain64'));
    expect(r.events.filter((e) => e.outcome === 'failed')).toEqual([]);
    expect(r.events.map((e) => e.code)).toContain('disk-opened');
    const retrieved = fileIn(r, '/run/sel-ebc/luks-rfs-passphrase');
    expect([retrieved.mode, retrieved.owner]).toEqual(['0400', 'root:root']);
    expect(opens(retrieved.bytes)).toBe(true);
    const dump = run('cryptsetup', ['luksDump', VOLUME]).toString();
    expect(dump).toMatch(/Label:\s+cryptroot/);
    expect(dump).toMatch(/cipher: paes-xts-plain64/);
    expect(dump).toMatch(/Key:\s+352 bits/);
    const kept = fileIn(r, '/run/selwright/rfs-luks-key.token').bytes;
    expect(hex(disk('paes-xts-plain64').open(passphrase) as Uint8Array)).toBe(hex(kept));
    expect(readPaesToken(kept)).toEqual({ type: 8, id: hashedId('rfs-luks-key') });
  });
  itOpens('does not open with anything else: a newline more, a bundle of somebody else', () => {
    format(passphrase, token);
    expect(opens(new Uint8Array([...passphrase, 0x0a]))).toBe(false);
    expect(opens(passphrase.slice(0, -1))).toBe(false);
    const others = new Map([...values].map(([n, v]) => [n, v.map((b) => b ^ 1)]));
    const r = bootWith(entriesOf(makeBundle('other', { values: others })), disk('paes-xts-plain64'));
    expect(r).toMatchObject({ booted: false, stage: 'crypttab' });
    expect(r.events.at(-1)?.code).toBe('disk-not-opened');
  });
  itOpens('that names another volume key, or is plain aes, stays shut', () => {
    format(passphrase, writePaesToken(8, hashedId('another-key')));
    expect(bootWith(entriesOf(makeBundle()), disk('paes-xts-plain64')).events.at(-1)?.code).toBe('no-volume-key');
    format(passphrase, new Uint8Array(64).fill(5), 'aes-xts-plain64');
    expect(bootWith(entriesOf(makeBundle()), disk('aes-xts-plain64')).events.at(-1)?.code).toBe('not-paes');
  });
});

describe('keys, certificates and passwords of a web server', () => {
  let tenant: WebTenant;
  let result: BootResult;
  beforeAll(() => {
    if (!haveKeys) return;
    tenant = makeWebTenant();
    result = boot(
      {
        host: hosts[0],
        image,
        entries: entriesOf(tenant.bundle),
        shadow: utf8('root:*:1:0:99999:7:::\nadmin:!:1:0:99999:7:::\n'),
      },
      seededEnv('web'),
    );
  });
  const itServes = (name: string, body: () => void): void => itWith(haveKeys, 'openssl or ssh-keygen', name, body);
  const applied = (path: string): string => dir.write(path.split('/').at(-1) as string, fileIn(result, path).bytes);

  itServes('the ssh host key starts, its certificate is for it, and signed by the CA', () => {
    const key = fileIn(result, '/etc/ssh/ssh_host_ed25519_key');
    expect([key.mode, key.owner]).toEqual(['0600', 'root:root']);
    const publicLine = run('ssh-keygen', ['-y', '-P', '', '-f', applied(key.path)])
      .toString()
      .trim();
    const certificate = applied('/etc/ssh/ssh_host_ed25519_key-cert.pub');
    const shown = run('ssh-keygen', ['-L', '-f', certificate]).toString();
    const print = (line: string): string =>
      run('ssh-keygen', ['-l', '-f', dir.write('line.pub', utf8(line))])
        .toString()
        .split(' ')[1] ?? '';
    expect(shown).toContain('host certificate');
    expect(shown).toMatch(new RegExp(`Public key: .* ${print(publicLine).replace(/[+]/g, '\\+')}`));
    expect(shown).toMatch(new RegExp(`Signing CA: .* ${print(tenant.hostCa).replace(/[+]/g, '\\+')}`));
    expect(shown).toContain('web-01.example');
    const reported = result.kit?.basis?.body.secrets.find((s) => s.name === 'ssh-host-ed25519-key');
    expect(reported?.public?.fingerprint).toBe(print(publicLine));
    expect(tenant.bundle.expected.submission_order.find((s) => s.name === 'ssh-host-ed25519-key')?.fingerprint).toBe(
      print(publicLine),
    );
  });
  itServes('the TLS key belongs to its certificate', () => {
    const key = fileIn(result, '/etc/pki/tls/private/web.key');
    expect([key.mode, key.owner]).toEqual(['0640', 'root:nginx']);
    const ofKey = run('openssl', ['pkey', '-in', applied(key.path), '-pubout']).toString();
    const ofCertificate = run('openssl', ['x509', '-in', applied('/etc/pki/tls/certs/web.pem'), '-noout', '-pubkey']).toString();
    expect(ofKey).toBe(ofCertificate);
    expect(
      run('openssl', ['x509', '-in', applied('/etc/pki/tls/certs/web.pem'), '-noout', '-checkend', '0']).toString(),
    ).toContain('not expire');
  });
  itServes('the password is the one in /etc/shadow, and nobody else is touched', () => {
    const shadow = fromUtf8(fileIn(result, '/etc/shadow').bytes, 'shadow').split('\n');
    expect(shadow[0]).toBe('root:*:1:0:99999:7:::');
    const [user, hash, day] = (shadow[1] ?? '').split(':');
    expect([user, day]).toEqual(['admin', String(Math.floor(Date.parse('2026-11-24T00:00:00Z') / 86_400_000))]);
    const salt = hash?.split('$')[2] ?? '';
    expect(run('openssl', ['passwd', '-6', '-salt', salt, '-stdin'], utf8(tenant.password)).toString().trim()).toBe(hash);
    expect(run('openssl', ['passwd', '-6', '-salt', salt, '-stdin'], utf8('another')).toString().trim()).not.toBe(hash);
  });
  itWith(
    haveKeys && have('mkpasswd', '--version') && have('perl', '-v'),
    'mkpasswd or perl',
    'a yescrypt hash opens with the C library',
    () => {
      const hash = run('mkpasswd', ['-m', 'yescrypt', '-s'], utf8('secret of the admin')).toString().trim();
      const line = new Map([...tenant.values, ['admin-login', utf8(`admin:${hash}\n`)]]);
      const bundle = makeBundle('yescrypt', { policy: webPolicy, values: line, publics: tenant.publics });
      const r = boot({ host: hosts[0], image, entries: entriesOf(bundle) }, seededEnv('yescrypt'));
      const applied = fromUtf8(fileIn(r, '/etc/shadow').bytes, 'shadow').split(':')[1] ?? '';
      const crypt = (password: string): string =>
        run('perl', ['-e', 'local $/; print crypt(<STDIN>, $ARGV[0])', applied], utf8(password)).toString();
      expect(applied).toMatch(/^\$y\$/);
      expect(crypt('secret of the admin')).toBe(applied);
      expect(crypt('secret of the Admin')).not.toBe(applied);
    },
  );
});
