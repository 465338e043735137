/** The journey on the command line: an officer on one machine, a tenant on another; projects, passphrases, exit codes. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPROVER_KEY, openApproverKey, sealApproverKey } from '../../core/approval/key.ts';
import { KDF_FLOOR } from '../../core/crypto/argon.ts';
import { freshSealKey, sealKeyOf } from '../../core/crypto/sealed.ts';
import { openProject, PROJECT_KIND, sealProject } from '../../core/project/file.ts';
import { nodeEnv } from '../../edge/env.ts';
import { buildCli, type Cli } from '../support/cli.ts';
import { haveSshKeygen, itWith, run } from '../support/programs.ts';
import { CHEAP } from './fixture.ts';

let cli: Cli;
const at = (...parts: string[]): string => cli.path(...parts);
const OFFICER = 'officer passphrase';
const TENANT = 'tenant passphrase';
/** Each passphrase in a file, as a script would have it. */
const pass = (who: string): string[] => ['--passphrase-file', at(`${who}.pass`)];
const text = (path: string): string => readFileSync(at(path), 'utf8');
const change = (from: string, to: string, find: string | RegExp, put: string): void =>
  writeFileSync(at(to), text(from).replace(find, put));

/** Opening takes a second by design: from here on the same content is under cheaper parameters. */
const cheapen = (file: string): void => {
  const { project, key } = openProject(readFileSync(at(file)), TENANT);
  expect(key.parameters.memory * key.parameters.passes).toBeGreaterThanOrEqual(KDF_FLOOR.memory * KDF_FLOOR.passes);
  writeFileSync(at(file), sealProject(project, freshSealKey(PROJECT_KIND, TENANT, CHEAP, nodeEnv), nodeEnv));
};
const cheapenKey = (file: string): void => {
  const bytes = readFileSync(at(file));
  const key = openApproverKey(bytes, sealKeyOf(APPROVER_KEY, bytes, OFFICER));
  writeFileSync(at(file), sealApproverKey(key, freshSealKey(APPROVER_KEY, OFFICER, CHEAP, nodeEnv), nodeEnv));
};

const HOSTS = ['alpha', 'beta'].flatMap((h) => ['-f', `t/host-keys/${h}.crt`]);
const CHAIN = ['signing.crt', 'intermediate.crt', 'signing.crl', 'intermediate.crl', 'root.crl'].flatMap((f) => [
  '-f',
  `t/pki/${f}`,
]);
const PROJECT = 'acme.selwright';

beforeAll(async () => {
  cli = await buildCli();
  expect(cli.run('sample', 'init', 't').code).toBe(0);
  writeFileSync(at('officer.pass'), `${OFFICER}\n`);
  writeFileSync(at('tenant.pass'), `${TENANT}\r\n`);
  writeFileSync(at('other.pass'), 'somebody else entirely');
  writeFileSync(at('short.pass'), 'short\n');
  change('t/policy.yaml', 'policy.yaml', /^name: .*$/m, 'name: sample\napprovals: { required: 1 }');
  change('policy.yaml', 'letter.yaml', 'What pvics', 'What Pvics');
  for (const machine of ['officer', 'tenant']) mkdirSync(at(machine));
});
afterAll(() => cli.remove());

describe('policies', () => {
  it('check: rules with line and column; 1 when it cannot be used, 3 when it cannot be read', () => {
    expect(cli.run('policy', 'check', 'policy.yaml')).toMatchObject({ code: 0, stdout: 'The policy can be used.\n' });
    change('policy.yaml', 'bad.yaml', 'extension-secret: random', 'extension-secret: none');
    const bad = cli.run('policy', 'check', 'bad.yaml');
    expect(bad.code).toBe(1);
    const line =
      text('bad.yaml')
        .split('\n')
        .findIndex((l) => l.startsWith('extension-secret')) + 1;
    expect(bad.stdout).toContain(`bad.yaml:${line}:1: ERROR       P16`);
    const { answer, code } = cli.json('policy', 'check', 'bad.yaml');
    expect([code, answer.ok, answer.findings[0].at]).toEqual([1, false, { line, column: 1 }]);
    writeFileSync(at('no.yaml'), 'format: something\n');
    expect(cli.run('policy', 'check', 'no.yaml').code).toBe(3);
    expect(cli.run('policy', 'check', 'nowhere.yaml').code).toBe(3);
    expect(cli.run('policy', 'check').code).toBe(2);
    // the image of the sample allows dumps: with its header the policy is judged for it
    change('policy.yaml', 'forbid.yaml', 'dump: any', 'dump: forbidden');
    expect(cli.run('policy', 'check', 'forbid.yaml').code).toBe(0);
    expect(cli.run('policy', 'check', 'forbid.yaml', '--hdr', 't/image/selhdr.bin').stdout).toContain('B17');
  });
  it('hash and diff', () => {
    const hash = cli.run('policy', 'hash', 'policy.yaml').stdout;
    expect(hash).toMatch(/^[0-9a-f]{64}\n$/);
    expect(cli.run('policy', 'hash', 'letter.yaml').stdout).not.toBe(hash);
    expect(cli.run('policy', 'diff', 'policy.yaml', 'policy.yaml')).toMatchObject({
      code: 0,
      stdout: 'The two are the same policy.\n',
    });
    const diff = cli.json('policy', 'diff', 'policy.yaml', 'letter.yaml');
    expect(diff.code).toBe(1);
    expect(diff.answer.changes).toMatchObject([
      { kind: 'field', field: 'description', says: expect.stringContaining('What Pvics') },
    ]);
  });
  it('show: the review, without any secret; 1 while approvals are missing', () => {
    const shown = cli.run('policy', 'show', 'policy.yaml', '--hdr', 't/image/selhdr.bin');
    expect(shown.code).toBe(1);
    for (const part of ['A guest gets', 'Who can read a dump', '"Proven" at best', 'One approval is missing', 'ERROR       A01'])
      expect(shown.stdout).toContain(part);
    expect(cli.json('policy', 'show', 'policy.yaml').answer.review.about).toBe('policy');
  });
});

describe('an officer on one machine, a tenant on another', () => {
  it('the officer makes a key, looks, approves; only its passphrase opens it', () => {
    const made = cli.json('approve', 'key-new', '-o', 'officer/ada.key', '--name', 'Ada Officer', ...pass('officer'));
    expect(made).toMatchObject({ code: 0, answer: { ok: true, line: expect.stringMatching(/^ssh-ed25519 \S+ Ada Officer$/) } });
    expect(statSync(at('officer/ada.key')).mode & 0o777).toBe(0o600);
    expect(text('officer/ada.key.pub')).toBe(`${made.answer.line}\n`);
    cheapenKey('officer/ada.key');
    expect(cli.run('approve', 'key-new', '-o', 'officer/ada.key', ...pass('officer')).code).toBe(3);
    expect(cli.run('approve', 'key-new', '-o', 'officer/x.key', ...pass('short')).code).toBe(3);
    expect(existsSync(at('officer/x.key'))).toBe(false);
    expect(cli.run('approve', 'key-public', 'officer/ada.key', ...pass('officer')).stdout).toBe(`${made.answer.line}\n`);
    const wrong = cli.run('approve', 'key-public', 'officer/ada.key', ...pass('other'));
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toContain('either the passphrase is wrong or the file was altered, and nobody can tell which');
    const sign = ['--key', 'officer/ada.key', ...pass('officer')];
    expect(cli.run('policy', 'approve', 'bad.yaml', ...sign, '-o', 'officer/bad.json').code).toBe(2);
    expect(cli.run('policy', 'approve', 'policy.yaml', ...sign, '-o', 'officer/yes.json', '--comment', 'looked at it').code).toBe(
      0,
    );
    expect(
      cli.run('policy', 'approve', 'letter.yaml', ...sign, '-o', 'officer/no.json', '--reject', '--comment', 'typing').code,
    ).toBe(0);
  });
  it('approve check: 0 for exactly this policy and a trusted key, 1 otherwise', () => {
    const check = (...args: string[]) => cli.run('approve', 'check', 'officer/yes.json', ...args).code;
    const trust = ['--trust', 'officer/ada.key.pub'];
    expect(check('--policy', 'policy.yaml', ...trust)).toBe(0);
    expect(check('--policy', 'letter.yaml', ...trust)).toBe(1);
    writeFileSync(at('stranger.pub'), 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIACu67fQR/sOSmg1hMcQtSsY2yko3zc60DCYL1jWM/UQ x\n');
    expect(check('--policy', 'policy.yaml', '--trust', 'stranger.pub')).toBe(1);
    expect(check('--policy', 'policy.yaml')).toBe(2);
    expect(check(...trust)).toBe(2);
    expect(cli.run('approve', 'check', 'officer/no.json', '--policy', 'letter.yaml', ...trust).stdout).toContain(
      'REJECTED by Ada Officer',
    );
  });
  it('bundle build is shut until the approval is there; one letter shuts it again', () => {
    const build = (policy: string, out: string, ...more: string[]) =>
      cli.run(
        'bundle',
        'build',
        '--policy',
        policy,
        '--values',
        't/values',
        '--hdr',
        't/image/selhdr.bin',
        '-k',
        't/host-keys/alpha.crt',
        '--no-verify',
        '-o',
        out,
        ...more,
      );
    const given = ['--approval', 'officer/yes.json', '--trust', 'officer/ada.key.pub'];
    expect(build('policy.yaml', 'tenant/b')).toMatchObject({ code: 1, stderr: expect.stringContaining('A01') });
    expect(build('policy.yaml', 'tenant/b', '--approval', 'officer/yes.json').code).toBe(1);
    expect(build('letter.yaml', 'tenant/b', ...given).code).toBe(1);
    expect(existsSync(at('tenant/b'))).toBe(false);
    expect(build('policy.yaml', 'tenant/b', ...given).code).toBe(0);
    expect(build('policy.yaml', 'tenant/c', ...given, '--approval', 'tenant/b/meta/policy.yaml').code).toBe(3);
  });
  it('a bundle is approved by its manifest', () => {
    const ok = cli.json(
      'approve',
      'bundle',
      'tenant/b',
      '--key',
      'officer/ada.key',
      ...pass('officer'),
      '-o',
      'officer/bundle.json',
    );
    expect(ok.code).toBe(0);
    expect(
      cli.run('approve', 'check', 'officer/bundle.json', '--bundle', 'tenant/b', '--trust', 'officer/ada.key.pub').code,
    ).toBe(0);
    expect(cli.run('approve', 'check', 'officer/yes.json', '--bundle', 'tenant/b', '--trust', 'officer/ada.key.pub').code).toBe(
      1,
    );
  });
  itWith(haveSshKeygen, 'ssh-keygen', 'an ssh key approves as well: hash | ssh-keygen -Y sign', () => {
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('officer/id')]);
    const hash = Buffer.from(cli.run('policy', 'hash', 'policy.yaml').stdout);
    writeFileSync(
      at('officer/ssh.sig'),
      run('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'selwright-policy-approval', '-f', at('officer/id')], hash),
    );
    expect(cli.run('approve', 'check', 'officer/ssh.sig', '--policy', 'policy.yaml', '--trust', 'officer/id.pub').code).toBe(0);
    writeFileSync(at('officer/file.sig'), run('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'file', '-f', at('officer/id')], hash));
    expect(cli.run('approve', 'check', 'officer/file.sig', '--policy', 'policy.yaml', '--trust', 'officer/id.pub').code).toBe(1);
  });
});

describe('a project', () => {
  const open = pass.bind(undefined, 'tenant');
  it('is made, shut without the approval, and opened by it', () => {
    const fill = [
      '--policy',
      'policy.yaml',
      '--values',
      't/values',
      ...HOSTS,
      ...CHAIN,
      '--root-ca',
      't/pki/root.crt',
      '--hdr',
      't/image/sel-ebc.img',
    ];
    expect(cli.run('project', 'new', PROJECT, '--name', 'acme', ...fill, ...pass('short')).code).toBe(3);
    expect(cli.run('project', 'new', PROJECT, '--name', 'a b', ...pass('tenant')).code).toBe(2);
    expect(existsSync(at(PROJECT))).toBe(false);
    expect(cli.run('project', 'new', PROJECT, '--name', 'acme', ...fill, ...open()).code).toBe(0);
    cheapen(PROJECT);
    expect(cli.run('project', 'new', PROJECT, '--name', 'acme', ...open()).code).toBe(3);
    expect(cli.run('project', 'build', PROJECT, '-o', 'tenant/p1', ...open())).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('A01'),
    });
    expect(
      cli.run('project', 'add', PROJECT, '--approval', 'officer/yes.json', '--trust', 'officer/ada.key.pub', ...open()).code,
    ).toBe(0);
    expect(cli.run('project', 'build', PROJECT, '-o', 'tenant/p1', ...open()).code).toBe(0);
  });
  it('numbers its bundles; the verdict knows the newest', () => {
    const boot = cli.run(
      'boot',
      'tenant/p1',
      '--host',
      't/hosts/alpha.json',
      '--image',
      't/image/sel-ebc.img',
      '--report',
      'report.json',
    );
    expect(boot.code).toBe(0);
    expect(cli.json('project', 'verify', PROJECT, 'report.json', ...open()).answer.verdict.grade).toBe('proven');
    expect(cli.run('project', 'build', PROJECT, '-o', 'tenant/p2', '--forget', ...open()).code).toBe(0);
    const old = cli.json('project', 'verify', PROJECT, 'report.json', ...open());
    expect([old.code, old.answer.verdict.grade]).toEqual([1, 'failed']);
    expect(
      old.answer.verdict.checks.filter((c: { outcome: string }) => c.outcome === 'failed').map((c: { id: string }) => c.id),
    ).toEqual(['R08']);
    // values were forgotten: there is nothing to build the next one of
    expect(cli.run('project', 'build', PROJECT, '-o', 'tenant/p3', ...open())).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('P10'),
    });
  });
  it('info shows everything but a value', () => {
    const { answer, code } = cli.json('project', 'info', PROJECT, '--audit', ...open());
    expect(code).toBe(0);
    expect(answer.bundles.map((b: { serial: number; savedTo: string }) => [b.serial, b.savedTo])).toEqual([
      [1, 'tenant/p1'],
      [2, 'tenant/p2'],
    ]);
    expect(answer.hostKeys.every((k: { trusted: boolean }) => k.trusted)).toBe(true);
    expect(answer.audit).toMatchObject({ good: true, entries: answer.trail.length });
    expect(answer.guestsSeen).toBe(1);
    const shown = cli.run('project', 'info', PROJECT, ...open()).stdout + JSON.stringify(answer);
    for (const name of readdirSync(at('t/values')).filter((n) => n !== 'bundles')) {
      const value = readFileSync(at('t/values', name));
      for (const form of ['latin1', 'hex', 'base64'] as const) expect(shown.includes(value.toString(form)), name).toBe(false);
    }
  });
  it('exports: the trail, the records, a copy for review; each private, none overwritten', () => {
    expect(cli.run('project', 'export', PROJECT, ...open()).code).toBe(2);
    expect(cli.run('project', 'export', PROJECT, '--values', 'v', ...open()).code).toBe(2);
    const out = [
      '--audit',
      'trail.jsonl',
      '--records',
      'records',
      '--for-review',
      'review.selwright',
      '--review-passphrase-file',
      at('officer.pass'),
    ];
    expect(cli.run('project', 'export', PROJECT, ...out, ...open()).code).toBe(0);
    expect(cli.run('project', 'export', PROJECT, '--audit', 'trail.jsonl', ...open()).code).toBe(3);
    expect(readdirSync(at('records'))).toEqual(['0001-acme', '0002-acme']);
    for (const f of ['expected.json', 'report-key']) expect(statSync(at('records/0001-acme', f)).mode & 0o777).toBe(0o600);
    // what other commands find there: the record of the bundle, with the newest beside it
    expect(cli.run('report', 'verify', 'report.json', '--expected', 'records/0001-acme/expected.json').stdout).toContain('R08');
    expect(statSync(at('review.selwright')).mode & 0o777).toBe(0o600);
    const review = cli.json('project', 'info', 'review.selwright', ...pass('officer'));
    expect([review.code, review.answer.values.given, review.answer.review.policy.name]).toEqual([0, [], 'sample']);
    expect(cli.run('project', 'info', 'review.selwright', ...open()).code).toBe(3);
  });
  it('values go to a directory for their owner alone', () => {
    expect(cli.run('project', 'add', PROJECT, '--values', 't/values', ...open()).code).toBe(0);
    expect(cli.run('project', 'export', PROJECT, '--values', 'out', ...open()).code).toBe(0);
    expect(statSync(at('out')).mode & 0o777).toBe(0o700);
    for (const n of readdirSync(at('out'))) {
      expect(statSync(at('out', n)).mode & 0o777).toBe(0o600);
      expect(readFileSync(at('out', n)).equals(readFileSync(at('t/values', n)))).toBe(true);
    }
    expect(readdirSync(at('out')).length).toBeGreaterThan(2);
  });
  it('check-audit: a removed or changed line shows', () => {
    const lines = text('trail.jsonl').split('\n');
    expect(cli.run('project', 'check-audit', 'trail.jsonl').code).toBe(0);
    const { head } = cli.json('project', 'check-audit', 'trail.jsonl').answer;
    writeFileSync(at('cut.jsonl'), lines.filter((_, i) => i !== 4).join('\n'));
    writeFileSync(at('changed.jsonl'), text('trail.jsonl').replace('"imported"', '"typed"'));
    writeFileSync(at('short.jsonl'), `${lines.slice(0, -2).join('\n')}\n`);
    for (const f of ['cut', 'changed']) expect(cli.run('project', 'check-audit', `${f}.jsonl`).code, f).toBe(1);
    expect(cli.run('project', 'check-audit', 'short.jsonl').code).toBe(0);
    expect(cli.run('project', 'check-audit', 'short.jsonl', '--head', head).code).toBe(1);
    expect(cli.run('project', 'check-audit', 'trail.jsonl', '--head', head).code).toBe(0);
    expect(cli.run('project', 'check-audit', 'report.json').code).toBe(3);
  });
  it('a new passphrase; a damaged file is told apart from nothing, and its backup opens', () => {
    writeFileSync(at('new.pass'), 'the next passphrase');
    expect(cli.run('project', 'passphrase', PROJECT, ...open(), '--new-passphrase-file', at('new.pass')).code).toBe(0);
    expect(cli.run('project', 'info', PROJECT, ...open()).code).toBe(3);
    expect(cli.run('project', 'info', PROJECT, ...pass('new')).code).toBe(0);
    const bytes = readFileSync(at(PROJECT));
    bytes[9000] = (bytes[9000] as number) ^ 1;
    writeFileSync(at(PROJECT), bytes);
    const damaged = cli.run('project', 'add', PROJECT, '--trust', 'stranger.pub', ...pass('new'));
    expect(damaged).toMatchObject({ code: 3, stderr: expect.stringContaining('its backup opens') });
    expect(cli.run('project', 'add', PROJECT, '--backup', '--trust', 'stranger.pub', ...pass('new')).code).toBe(0);
    expect(cli.run('project', 'info', PROJECT, ...pass('new')).code).toBe(0);
    expect(existsSync(at(`${PROJECT}.unreadable`))).toBe(true);
    expect(existsSync(at(`${PROJECT}.lock`))).toBe(false);
  });
});

describe('passphrases', () => {
  it('are never taken from the command line, and without a terminal they must come from a file', () => {
    for (const command of [
      ['project', 'info', PROJECT],
      ['project', 'new', 'x.selwright', '--name', 'x'],
      ['approve', 'key-public', 'officer/ada.key'],
    ]) {
      const ran = cli.run(...command);
      expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('--passphrase-file FILE')]);
      expect(cli.run(...command, '--passphrase', 'x').code).toBe(2);
    }
  });
  it('in a file have one line', () => {
    for (const [content, code] of [
      ['', 3],
      ['\n', 3],
      ['a\nb\n', 3],
    ] as const) {
      writeFileSync(at('odd.pass'), content);
      expect(cli.run('approve', 'key-public', 'officer/ada.key', ...pass('odd')).code).toBe(code);
    }
  });
  it('can come from standard input, for a password manager', () => {
    const ran = spawnSync(
      process.execPath,
      [at('selwright.mjs'), 'approve', 'key-public', 'officer/ada.key', '--passphrase-file', '-'],
      { cwd: cli.directory, input: `${OFFICER}\n` },
    );
    expect(ran.status).toBe(0);
    expect(ran.stdout.toString()).toContain('Ada Officer');
  });
  const haveScript = spawnSync('script', ['--version']).status === 0;
  it.skipIf(!haveScript)('typed at a terminal are not shown', async () => {
    const command = `${process.execPath} ${at('selwright.mjs')} approve key-public officer/ada.key`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: cli.directory });
    let out = '';
    child.stdout.on('data', (d: Buffer) => {
      // a letter too many, taken back
      if (!out.includes('Passphrase of') && (out + d).includes('Passphrase of')) child.stdin.write(`${OFFICER}x\u007f\r`);
      out += d;
    });
    const code = await new Promise((done) => child.on('close', done));
    expect(code, out).toBe(0);
    expect(out).toContain('Ada Officer');
    expect(out).not.toContain(OFFICER);
  });
  if (!haveScript) console.warn('\n*** SKIPPED: a passphrase at a terminal: NO script ON THIS MACHINE ***\n');
  it('lie in nothing that was written', () => {
    for (const f of [PROJECT, 'officer/ada.key', 'officer/yes.json', 'trail.jsonl', 'review.selwright']) {
      const bytes = readFileSync(join(cli.directory, f));
      for (const p of [OFFICER, TENANT, 'the next passphrase']) expect(bytes.includes(p), f).toBe(false);
    }
  });
});
