/** The commands around the simulator: boot, uv, lab. */

import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExchange } from '../../core/attestation/exchange.ts';
import { ATTACK_IDS } from '../../core/bundle/attacks.ts';
import { hex } from '../../core/bytes.ts';
import { listAsText, readList } from '../../core/secret/list.ts';
import { buildCli, type Cli } from '../support/cli.ts';
import { run as program } from '../support/programs.ts';

let cli: Cli;
const at = (...p: string[]): string => cli.path(...p);
const guest = (...args: string[]) => cli.run('uv', args[0] as string, '--state', at('guest.json'), ...args.slice(1));

beforeAll(async () => {
  cli = await buildCli();
  cli.run('sample', 'init', at('t'));
  const hosts = ['-k', at('t/host-keys/alpha.crt'), '-k', at('t/host-keys/beta.crt')];
  const built = cli.run(
    'bundle',
    'build',
    '--policy',
    at('t/policy.yaml'),
    '--values',
    at('t/values'),
    '--hdr',
    at('t/image/selhdr.bin'),
    ...hosts,
    '-o',
    at('bundle'),
  );
  expect(built.code, built.stderr).toBe(0);
});
afterAll(() => cli.remove());

const boot = (...more: string[]) =>
  cli.run('boot', at('bundle'), '--host', at('t/hosts/alpha.json'), '--image', at('t/image/sel-ebc.img'), ...more);

describe('boot', () => {
  it('saves the guest for its owner only, and a report that is proven', () => {
    const ran = boot('--state', at('guest.json'), '--report', at('report.json'));
    expect([ran.code, ran.stdout.trim().split('\n').at(-1)]).toEqual([0, 'The guest is up.']);
    expect((statSync(at('guest.json')).mode & 0o777).toString(8)).toBe('600');
    expect(
      cli.run('report', 'verify', at('report.json'), '--expected', at('bundle/meta/expected.json'), '--values', at('t/values'))
        .code,
    ).toBe(0);
    // and does not overwrite it unasked
    expect(boot('--state', at('guest.json')).code).toBe(3);
  });
  it('shows the console of the guest', () => {
    const { stdout } = boot('--console');
    expect(stdout).toContain('        | Running in SEL guest.');
    expect(stdout).toMatch(/ {8}\| Verify "\/run\/sel-ebc\/toc\.pol"/);
  });
  it('waits for Enter after each event, and goes on when nobody can press it', () => {
    const events = JSON.parse(boot('--json').stdout).events.length;
    const args = [
      at('selwright.mjs'),
      'boot',
      at('bundle'),
      '--host',
      at('t/hosts/alpha.json'),
      '--image',
      at('t/image/sel-ebc.img'),
      '--step',
    ];
    const r = spawnSync(process.execPath, args, { input: '\n\n\n', encoding: 'utf8' });
    expect([r.status, r.stdout.trim().split('\n').length]).toEqual([0, events + 1]);
  });
  it('can be shown again from its JSON, whatever came of it', () => {
    const whole = boot('--json');
    writeFileSync(at('boot.json'), whole.stdout);
    const again = cli.run('boot', at('boot.json'), '--replay');
    expect([again.code, again.stdout.trim().split('\n').at(-1)]).toEqual([0, 'The guest is up.']);
    expect(JSON.parse(cli.run('boot', at('boot.json'), '--replay', '--json').stdout).events).toEqual(
      JSON.parse(whole.stdout).events,
    );
    const other = cli.run('boot', at('bundle'), '--host', at('t/hosts/alpha.json'), '--image', at('bundle/HANDOVER.txt'));
    expect(other.code).toBe(3);
    writeFileSync(at('bad.json'), whole.stdout.replace('"submitted"', '"invented"'));
    expect(cli.run('boot', at('bad.json'), '--replay').code).toBe(3);
  });
  it('says what is missing', () => {
    expect(cli.run('boot', at('bundle')).code).toBe(2);
    expect(cli.run('boot', at('t'), '--host', at('t/hosts/alpha.json'), '--image', at('t/image/sel-ebc.img')).code).toBe(3);
  });
});

describe('uv', () => {
  it('lists in the three forms of pvsecret', () => {
    expect(guest('list', '--format', 'bin', '-o', at('list.bin')).code).toBe(0);
    const list = readList(new Uint8Array(readFileSync(at('list.bin'))));
    expect(list.entries.map((e) => e.type)).toEqual([8, 3, 3]);
    expect(guest('list').stdout).toBe(listAsText(list));
    expect(guest('list', at('list.yaml'), '--format', 'yaml').code).toBe(0);
    expect(readFileSync(at('list.yaml'), 'utf8')).toContain('total_num_secrets: 3');
    expect(guest('list', '--format', 'xml').code).toBe(2);
  });
  it('retrieves by name, id, index and info file, as bytes and as PEM', () => {
    const value = readFileSync(at('t/values/luks-rfs-passphrase'));
    const id = '0xe49193059affb0bcbfe7bf555246b0ba195eda44b260898833b57f1e7835d504';
    const ways = [
      ['--inform', 'name', 'luks-rfs-passphrase'],
      ['--inform', 'hex', id],
      ['--inform', 'idx', '1'],
      ['--inform', 'yaml', at('bundle/meta/secrets/luks-rfs-passphrase.yaml')],
    ];
    for (const way of ways) {
      expect(guest('retrieve', ...way, '--outform', 'bin', '-o', at('value')).code, way[1]).toBe(0);
      expect(hex(readFileSync(at('value'))), way[1]).toBe(hex(value));
    }
    expect((statSync(at('value')).mode & 0o777).toString(8)).toBe('600');
    expect(guest('retrieve', '--inform', 'idx', '1').stdout).toBe(
      `-----BEGIN PLAINTEXT SECRET-----\nkind: PLAINTEXT\n\n${value.toString('base64')}\n-----END PLAINTEXT SECRET-----\n`,
    );
    expect(guest('retrieve', '--inform', 'name', 'rfs-luks-key').stdout).toMatch(
      /^-----BEGIN IBM PROTECTED KEY-----\nkind: AES-XTS-256-KEY\n\n/,
    );
    expect(guest('retrieve', '--inform', 'name', 'nothing-of-the-kind').code).toBe(1);
    expect(guest('retrieve', '--inform', 'hex', 'zz').code).toBe(3);
  });
  it('refuses to add to a locked store and to lock it again, with the number of the ultravisor', () => {
    const added = guest('add', '--force', at('bundle/sics/report-key.asr'));
    expect([added.code, added.stderr.trim()]).toEqual([1, 'selwright: Ultravisor: the secret store is locked (0x0102)']);
    expect(guest('add', at('bundle/sics/report-key.asr')).stderr).toContain('already');
    expect(guest('lock')).toMatchObject({ code: 1, stdout: '' });
  });
  it('attests, and the response is bound to the user data', () => {
    writeFileSync(at('ud'), 'user data');
    expect(guest('attest', '-u', at('ud'), at('bundle/sics/attest/request.bin'), at('response')).code).toBe(0);
    const x = readExchange(new Uint8Array(readFileSync(at('response'))));
    expect(Buffer.from(x.user as Uint8Array).toString()).toBe('user data');
    expect(guest('attest', at('ud'), at('response2')).code).toBe(1);
  });
  it('shows the limits of the machine', () => expect(guest('query').stdout).toContain('max_retr_secrets: 384\n'));
  it("dumps, and the dump opens with the tenant's CCK and with no other", () => {
    expect(guest('dump', at('dump')).code).toBe(0);
    const memory = cli.run('uv', 'open-dump', at('dump'), '--cck', at('t/values/cck'));
    expect(memory.stdout).toContain(hex(readFileSync(at('t/values/luks-rfs-passphrase'))));
    writeFileSync(at('other'), Buffer.alloc(32));
    expect(cli.run('uv', 'open-dump', at('dump'), '--cck', at('other'))).toMatchObject({ code: 3, stdout: '' });
  });
  it('needs a state, and one that is whole', () => {
    expect(cli.run('uv', 'list').code).toBe(2);
    writeFileSync(at('half.json'), readFileSync(at('guest.json'), 'utf8').slice(0, 900));
    const r = cli.run('uv', 'list', '--state', at('half.json'));
    expect([r.code, r.stdout]).toEqual([3, '']);
    expect(r.stderr).not.toContain(hex(readFileSync(at('t/values/cck'))));
  });
});

describe('lab', () => {
  it('lists every attack with its name', () => {
    expect(
      cli
        .run('lab', 'list')
        .stdout.trim()
        .split('\n')
        .map((l) => l.split(' ')[0]),
    ).toEqual([...ATTACK_IDS]);
  });
  it('runs one and says where it was caught', () => {
    const { stdout, code } = cli.run('lab', 'run', 'look-alikes', 'body-bit-flipped');
    expect(code).toBe(0);
    expect(stdout).toContain('C04: The writer does not hold the report key');
    expect(stdout).toContain('stops at "Submit the requests (pvebc)" (uv-refused, 0x0108, exit 1)');
    expect(JSON.parse(cli.run('lab', 'run', 'second-guest', '--json').stdout).results).toMatchObject([
      { attack: 'second-guest', grade: 'proven', caughtBy: 'verdict' },
    ]);
  });
  it('refuses names it does not know', () => {
    expect(cli.run('lab', 'run', 'teleport').code).toBe(2);
    expect(cli.run('lab', 'run').code).toBe(2);
    expect(cli.run('lab', 'run', '--all', 'symlink').code).toBe(2);
  });
});

it('the program of these tests is the one that is shipped', () => {
  expect(program(process.execPath, [at('selwright.mjs'), '--version']).toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
});
