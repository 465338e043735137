/** The kit's own decisions: where it writes, what it takes for a password, what it says of each kind of secret. */
import { describe, expect, it } from 'vitest';
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import { applyPublic, applyValue, GuestRoot, type ManifestSecret, pathAllowed } from '../../core/guestsim/apply.ts';
import { boot, bootSteps } from '../../core/guestsim/boot.ts';
import { writePaesToken } from '../../core/guestsim/disk.ts';
import { readPolicy } from '../../core/policy/document.ts';
import { template } from '../../core/policy/templates.ts';
import { readChallenge, writeChallenge } from '../../core/report/build.ts';
import { readReport } from '../../core/report/format.ts';
import { hashedId } from '../../core/secret/secret.ts';
import type { UltravisorGuest } from '../../core/uvsim/ultravisor.ts';
import { seededEnv } from '../support/env.ts';
import { entriesOf, hosts, image, makeBundle, values, withFile } from '../support/tenant.ts';

const NOW = new Date('2026-11-24T04:40:00Z');
const secret = (apply: ManifestSecret['apply'], name = 'a-secret'): ManifestSecret => ({
  file: `${name}.asr`,
  tag: '00'.repeat(16),
  name,
  id: hex(hashedId(name)),
  type: 'plaintext',
  purpose: 'app-config',
  required: true,
  apply,
});

describe('where the kit writes', () => {
  it.each(['/etc/x', '/etc/ssh/ssh_host_ed25519_key', '/var/lib/a b/c', '/run/secrets/x', '/bootstrap/x'])('%s: yes', (p) =>
    expect(pathAllowed(p)).toBe(true),
  );
  it.each([
    'etc/x',
    '',
    '/',
    '/etc/',
    '/etc//x',
    '/etc/./x',
    '/etc/../x',
    '/etc/..',
    '/proc/x',
    '/sys',
    '/dev/null',
    '/boot/x',
    '/run/sel-ebc/toc.pol',
    '/etc/\nx',
    '/etc/x\0',
    '/etc/\u0085x',
  ])('%j: no', (p) => {
    expect(pathAllowed(p)).toBe(false);
    const root = new GuestRoot();
    expect(applyValue(root, secret({ kind: 'file', path: p }), utf8('x'), NOW)).toBe('APPLY_FILE');
    expect(applyPublic(root, { name: 'p', purpose: 'tls-certificate', content: 'x', apply: { kind: 'file', path: p } })).toBe(
      'APPLY_FILE',
    );
    expect(root.files).toEqual([]);
  });
  it('with the permissions of the manifest, and careful ones where it says nothing', () => {
    const root = new GuestRoot();
    applyValue(root, secret({ kind: 'file', path: '/etc/a' }), utf8('a'), NOW);
    applyValue(root, secret({ kind: 'file', path: '/etc/b', mode: '0640', owner: 'root:nginx' }), utf8('b'), NOW);
    applyPublic(root, { name: 'p', purpose: 'tls-certificate', content: 'ü', apply: { kind: 'file', path: '/etc/p' } });
    expect(root.files.map((f) => [f.path, f.mode, f.owner, fromUtf8(f.bytes, 'x')])).toEqual([
      ['/etc/a', '0600', 'root:root', 'a'],
      ['/etc/b', '0640', 'root:nginx', 'b'],
      ['/etc/p', '0644', 'root:root', 'ü'],
    ]);
  });
});

describe('password hashes', () => {
  const SHADOW = 'root:*:1:0:99999:7:::\nadmin:!:1:0:99999:7:::\n';
  const put = (value: Uint8Array | string, user = 'admin', shadow: string | undefined = SHADOW) => {
    const root = new GuestRoot(shadow === undefined ? undefined : utf8(shadow));
    const bytes = typeof value === 'string' ? utf8(value) : value;
    const problem = applyValue(root, secret({ kind: 'password-hash', user }), bytes, NOW);
    return { problem, shadow: root.files[0] && fromUtf8(root.files[0].bytes, 'shadow') };
  };
  it('replace the field and the day of the change, and nothing else', () => {
    const after = 'root:*:1:0:99999:7:::\nadmin:$6$salt$hash:20781:0:99999:7:::\n';
    expect(put('admin:$6$salt$hash')).toEqual({ problem: undefined, shadow: after });
    expect(put('admin:$6$salt$hash\n')).toEqual({ problem: undefined, shadow: after });
  });
  it.each([
    ['another user', 'root:$6$salt$hash'],
    ['a clear password', 'admin:password'],
    ['no hash', 'admin:'],
    ['two lines', 'admin:$6$a$b\nroot:$6$a$b'],
    ['a further field', 'admin:$6$a$b:0'],
    ['a space', 'admin:$6$a$ b'],
    ['no user', '$6$a$b'],
    ['bytes that are no text', new Uint8Array([0x61, 0xff])],
  ])('%s is refused, and the file stays', (_, value) => expect(put(value)).toEqual({ problem: 'APPLY_FILE', shadow: undefined }));
  it('of a user the image does not have are refused', () => {
    expect(put('guest:$6$salt$hash', 'guest')).toEqual({ problem: 'APPLY_FILE', shadow: undefined });
    expect(put('guest:$6$salt$hash', 'guest', 'guest\n').problem).toBe('APPLY_FILE');
  });
});

describe('every kind of secret', () => {
  const env = seededEnv('kinds');
  it('of a database: data disk, its key file and its token', () => {
    const policy = template('database');
    const more = new Map([
      ...values,
      ['data-luks-key', env.random(64)],
      ['data-luks-passphrase', utf8('data passphrase')],
      ['tls-db-key', utf8('key')],
    ]);
    const r = boot({ host: hosts[0], image, entries: entriesOf(makeBundle('db', { policy, values: more })) }, seededEnv('db'));
    const byPath = new Map(r.kit?.files.map((f) => [f.path, f]));
    expect(hex(byPath.get('/run/selwright/data-luks-key.token')?.bytes as Uint8Array)).toBe(
      hex(writePaesToken(8, hashedId('data-luks-key'))),
    );
    expect(byPath.get('/etc/cryptsetup-keys.d/cryptdata.key')).toMatchObject({
      mode: '0400',
      owner: 'root:root',
      bytes: utf8('data passphrase'),
    });
    expect(r.kit?.basis?.body.problems).toEqual([]);
  });
  it('of a guest with crypto devices: the association is there, and never comes out', () => {
    const policy = template('hsm-guest');
    const more = new Map([...values, ['hsm-binding', env.random(32)], ['pvapconfig-yaml', utf8('- name: x\n')]]);
    const r = boot({ host: hosts[0], image, entries: entriesOf(makeBundle('hsm', { policy, values: more })) }, seededEnv('hsm'));
    const reported = r.kit?.basis?.body.secrets.find((s) => s.name === 'hsm-binding');
    expect(reported).toEqual({ name: 'hsm-binding', type: 'association', id: hex(hashedId('hsm-binding')), applied: true });
    expect(r.kit?.files.some((f) => f.path.includes('hsm-binding'))).toBe(false);
  });
  it('a crypttab secret that is not the root disk goes to a key file in memory', () => {
    const root = new GuestRoot();
    expect(applyValue(root, secret({ kind: 'crypttab' }, 'data-luks-passphrase'), utf8('x'), NOW)).toBeUndefined();
    expect(root.files).toMatchObject([{ path: '/run/selwright/data-luks-passphrase.key', mode: '0400' }]);
  });
  it('a plaintext for a crypto device is nothing the kit can do', () =>
    expect(applyValue(new GuestRoot(), secret({ kind: 'pvapconfig' }), utf8('x'), NOW)).toBe('APPLY_NOT_SUPPORTED'));
});

describe('store and lock', () => {
  it('stays open when the policy says never', () => {
    const policy = readPolicy(utf8(JSON.stringify({ ...template('ebc-minimal'), store: { lock: 'never' } })));
    const r = boot({ host: hosts[0], image, entries: entriesOf(makeBundle('open', { policy })) }, seededEnv('open'));
    expect(r.guest?.locked).toBe(false);
    expect(readReport(r.report as Uint8Array).body.store.locked).toBe(false);
    expect(r.events.map((e) => e.code)).toContain('not-locked');
  });
  it('a store that cannot be locked: said in the report, and the report is written', () => {
    let guest: UltravisorGuest | undefined;
    const prepare = (g: UltravisorGuest) => {
      guest = g;
    };
    const steps = bootSteps({ host: hosts[0], image, entries: entriesOf(makeBundle()), prepare }, seededEnv('stuck'));
    for (;;) {
      const step = steps.next();
      if (step.done) {
        const report = readReport(step.value.report as Uint8Array);
        expect(report.body.problems).toEqual([{ code: 'LOCK_FAILED' }]);
        expect(report.body.store.locked).toBe(false);
        expect(step.value.events).toContainEqual(expect.objectContaining({ code: 'lock-failed', rc: 0x0101 }));
        return;
      }
      if (step.value.stage === 'paes' && guest) guest.modifiable = false;
    }
  });
});

describe('a manifest nobody vouches for', () => {
  it('is not used: no secret is applied, nothing is locked, no report is written', () => {
    const strict = entriesOf(makeBundle('strict', { strict: true }));
    const other = entriesOf(makeBundle('other'));
    for (const name of ['manifest.pol', 'manifest.asr']) {
      const bytes = other.find((e) => e.path === `sics/${name}`)?.bytes as Uint8Array;
      strict.push({ path: `sics/${name}`, kind: 'file', bytes });
    }
    const r = boot({ host: hosts[0], image, entries: strict }, seededEnv('beside'));
    expect(r.booted).toBe(true);
    expect(r.events.map((e) => e.code)).toContain('manifest-not-authenticated');
    expect([r.report, r.kit?.files, r.guest?.locked]).toEqual([undefined, [], false]);
  });
  it('neither when there is none', () => {
    const r = boot({ host: hosts[0], image, entries: entriesOf(makeBundle('strict', { strict: true })) }, seededEnv('none'));
    expect(r.events.slice(-2).map((e) => e.code)).toEqual(['no-manifest', 'no-report']);
  });
});

describe('a challenge as a file', () => {
  const challenge = { id: '11111111-2222-4333-8444-555555555555', nonce: new Uint8Array(32).fill(7), request: utf8('a request') };
  it('comes back as it was', () => expect(readChallenge(writeChallenge(challenge))).toEqual(challenge));
  it('is refused when anything in it is not what it should be', () => {
    const text = fromUtf8(writeChallenge(challenge), 'challenge');
    for (const bad of [
      text.replace('07', '0g'),
      text.replace('"version": 1', '"version": 2'),
      text.replace(/"request": ".*"/, '"request": "*"'),
      text.replace('{', '{"a": 1,'),
      '',
    ])
      expect(() => readChallenge(utf8(bad)), bad).toThrow(expect.objectContaining({ name: 'SelError' }));
  });
  it('a request in it that nobody can read costs the attestation only', () => {
    const r = boot(
      { host: hosts[0], image, entries: withFile(entriesOf(makeBundle()), 'sics/attest/request.bin'), challenge },
      seededEnv('c'),
    );
    const report = readReport(r.report as Uint8Array);
    expect(report.body.problems).toEqual([{ code: 'ATTEST_FAILED' }]);
    expect(report.body.challenge).toMatchObject({ mode: 'challenge', id: challenge.id });
    expect([report.attestation, report.mac === undefined]).toEqual([undefined, false]);
  });
});
