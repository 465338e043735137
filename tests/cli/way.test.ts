/** The whole way with the program, as a user goes it, and what happens to a bundle that was changed on the way. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, bootArgs, buildArgs, json, type Ran, run } from './program.ts';

const T = 'tenant';
const read = (...p: string[]) => readFileSync(at(...p));
let second: Ran;
const modeOf = (...p: string[]) => statSync(at(...p)).mode & 0o777;

beforeAll(() => {
  expect(run(['sample', 'init', T])).toMatchObject({ code: 0, err: '' });
  expect(run([...buildArgs(T), '-o', 'bundle'])).toMatchObject({ code: 0, err: '' });
});

describe('the way', () => {
  it('sample init: values and hosts are private, nothing is overwritten', () => {
    expect(readdirSync(at(T)).sort()).toEqual(['README.txt', 'host-keys', 'hosts', 'image', 'pki', 'policy.yaml', 'values']);
    for (const d of ['values', 'hosts']) {
      expect(modeOf(T, d)).toBe(0o700);
      for (const f of readdirSync(at(T, d))) if (f !== 'bundles') expect(modeOf(T, d, f), f).toBe(0o600);
    }
    const before = read(T, 'policy.yaml');
    expect(run(['sample', 'init', T])).toMatchObject({ code: 3, out: '', err: expect.stringContaining('exists already') });
    expect(read(T, 'policy.yaml').equals(before)).toBe(true);
    const answer = json(run(['sample', 'init', 'other', '--json']));
    expect(answer).toMatchObject({ ok: true, directory: 'other' });
    for (const f of answer.files) expect(existsSync(at('other', f)), f).toBe(true);
  });

  it('bundle build: modes, the record, and the answer in JSON', () => {
    expect(modeOf('bundle')).toBe(0o755);
    for (const d of ['bundle', 'bundle/sics', 'bundle/meta', 'bundle/sics/attest', 'bundle/meta/secrets'])
      expect(modeOf(d), d).toBe(0o755);
    for (const f of readdirSync(at('bundle/sics'))) if (f !== 'attest') expect(modeOf('bundle/sics', f), f).toBe(0o644);
    const record = `${T}/values/bundles/0001-sample`;
    expect(modeOf(record)).toBe(0o700);
    for (const f of readdirSync(at(record))) expect(modeOf(record, f), f).toBe(0o600);
    second = run([...buildArgs(T), '-o', 'second', '--json', '--name', 'web-2']);
    const answer = json(second);
    expect(answer).toMatchObject({ ok: true, bundle: 'second', id: { serial: 2, name: 'web-2' }, warnings: [] });
    expect(answer.expected.submission_order.map((s: { file: string }) => s.file)).toEqual([
      'toc.asr',
      'manifest.asr',
      'cck.asr',
      'rfs-luks-key.asr',
      'luks-rfs-passphrase.asr',
      'report-key.asr',
    ]);
    expect(JSON.parse(read('second/meta/expected.json').toString())).toEqual(answer.expected);
  });

  it('bundle build: no value and no key of the record is in the bundle or in the output', () => {
    const record = json(second).record;
    const secrets = [
      ...readdirSync(at(T, 'values'))
        .filter((f) => f !== 'bundles')
        .map((f) => read(T, 'values', f)),
      ...['report-key', 'attestation-key', 'extension-secret'].map((f) => readFileSync(join(record, f))),
    ];
    expect(secrets).toHaveLength(6);
    const all = (d: string): string[] =>
      readdirSync(d, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? all(join(d, e.name)) : [join(d, e.name)]));
    for (const s of secrets) {
      for (const f of all(at('second'))) expect(readFileSync(f).includes(s), f).toBe(false);
      for (const form of ['hex', 'base64', 'latin1'] as const) expect(second.out + second.err).not.toContain(s.toString(form));
    }
  });

  it('bundle check: with the own record every rule is looked at that files can show', () => {
    const r = json(
      run([
        'bundle',
        'check',
        'bundle',
        '--hdr',
        `${T}/image/selhdr.bin`,
        '--json',
        '--store-limit',
        '100',
        '--boot-free',
        '1000000',
      ]),
    );
    expect(r).toMatchObject({ ok: true, ownExpectation: true });
    const open = r.findings.filter((f: { severity: string }) => f.severity !== 'ok');
    expect(open.map((f: { rule: string }) => f.rule)).toEqual(['B16']);
    expect(run(['bundle', 'check', 'bundle', '--store-limit', '2'])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^error +B20 .*3 listable secrets, expected at most 2/m),
    });
    expect(run(['bundle', 'check', 'bundle', '--boot-free', '100'])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^error +B19 /m),
    });
  });

  it('boot and report verify: proven, exit 0; in JSON as well', () => {
    for (const host of ['alpha', 'beta']) {
      expect(run([...bootArgs(T, 'bundle', host), '--report', `${host}.json`])).toMatchObject({ code: 0, err: '' });
      const v = json(run(['report', 'verify', `${host}.json`, '--expected', 'bundle/meta/expected.json', '--json']));
      expect(v).toMatchObject({ ok: true, ownExpectation: true, verdict: { grade: 'proven', rehearsal: true } });
      // the second host is a second start of the same bundle, and that is asked, not swallowed
      const r03 = v.verdict.checks.find((c: { id: string }) => c.id === 'R03');
      expect(r03.outcome).toBe(host === 'alpha' ? 'passed' : 'question');
    }
    const text = run(['report', 'verify', 'alpha.json', '--expected', `${T}/values/bundles/0001-sample/expected.json`]);
    expect(text).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^Proven \(rehearsal: the guest is simulated\)\n/),
    });
    expect(run(['report', 'verify', 'alpha.json', '--expected', 'bundle/meta/expected.json', '--production'])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^Failed/),
    });
  });

  it('report verify: without the record nothing is proven, and it says how to name it', () => {
    const env = { XDG_STATE_HOME: at('empty-state') };
    const lone = run(['report', 'verify', 'alpha.json', '--expected', 'bundle/meta/expected.json'], { env });
    expect(lone).toMatchObject({ code: 1, err: expect.stringContaining('--values'), out: expect.stringMatching(/^Claimed/) });
    expect(lone.out).toMatch(/To be proven it lacks:\nC01 .*the protection key of the request, found not given/);
    const named = run(['report', 'verify', 'alpha.json', '--expected', 'bundle/meta/expected.json', '--values', `${T}/values`], {
      env,
    });
    expect(named).toMatchObject({ code: 0 });
  });

  it('report verify: a newer bundle for the same guest makes the older one too old', () => {
    const build = (o: string) => json(run([...buildArgs(T, ['alpha']), '-o', o, '--json', '--name', 'rolling']));
    const first = build('roll1').id.serial;
    expect(run([...bootArgs(T, 'roll1'), '--report', 'roll1.json']).code).toBe(0);
    expect(run(['report', 'verify', 'roll1.json', '--expected', 'roll1/meta/expected.json']).code).toBe(0);
    expect(build('roll2').id.serial).toBe(first + 1);
    const v = json(run(['report', 'verify', 'roll1.json', '--expected', 'roll1/meta/expected.json', '--json']));
    expect(v.verdict).toMatchObject({ grade: 'failed' });
    expect(v.verdict.checks.filter((c: { outcome: string }) => c.outcome === 'failed').map((c: { id: string }) => c.id)).toEqual([
      'R08',
    ]);
    // and what the guest booted instead is recognised
    expect(run([...bootArgs(T, 'roll1'), '--report', 'swapped.json']).code).toBe(0);
    const other = json(run(['report', 'verify', 'swapped.json', '--expected', 'roll2/meta/expected.json', '--json']));
    expect(other.verdict).toMatchObject({ grade: 'failed', diagnosis: { kind: 'other-bundle', serial: first } });
  });

  it('demo: the same in one command', () => {
    const r = run(['demo', '-o', 'demo', '--json']);
    expect(r).toMatchObject({ code: 0, err: '' });
    expect(json(r)).toMatchObject({ ok: true, directory: 'demo', verdict: { grade: 'proven' } });
    expect(existsSync(at('demo/guest.selbundle/sics/toc.asr'))).toBe(true);
    expect(run(['demo', '-o', 'demo'])).toMatchObject({ code: 3, out: '' });
  });
});

describe('a bundle that was changed', () => {
  const copy = (): void => {
    rmSync(at('changed'), { recursive: true, force: true });
    cpSync(at('bundle'), at('changed'), { recursive: true });
  };
  const flip = (file: string, where: number): void => {
    const bytes = read('changed/sics', file);
    bytes[where] = (bytes[where] as number) ^ 0x10;
    writeFileSync(at('changed/sics', file), bytes);
  };
  const boot = () => run(bootArgs(T, 'changed'));

  // a handful through the program; every region of every file is in tests/bundle/chain.test.ts
  it.each([
    ['toc.asr', 0, /toc\.asr: the file is not an add-secret request/],
    ['toc.asr', 0x200, /toc\.asr.*0x0108/],
    ['toc.pol', 3, /toc\.pol/],
    ['manifest.pol', 40, /manifest\.pol/],
    ['report-key.asr', 1540, /a listed request is missing or its tag was changed/],
  ])('%s, byte %d: exit 1, the step is named, and the check names the file', (file, where, says) => {
    copy();
    flip(file, where);
    const r = boot();
    expect(r.code).toBe(1);
    expect(r.out).toMatch(says);
    expect(r.out).toContain('The guest powered off at: Submit the requests (pvebc).');
    const c = run(['bundle', 'check', 'changed']);
    expect(c.code).toBe(1);
    expect(c.out).toMatch(new RegExp(`^error +T01 .*sics/${file.replace('.', '\\.')}`, 'm'));
  });

  it.each(['toc.asr', 'manifest.pol', 'cck.asr'])('%s removed: exit 1', (file) => {
    copy();
    rmSync(at('changed/sics', file));
    const r = boot();
    expect(r.code).toBe(1);
    expect(r.out).toContain(file === 'toc.asr' ? 'Copy requests to protected memory.' : 'Submit the requests (pvebc).');
    expect(run(['bundle', 'check', 'changed']).code).toBe(1);
  });

  it('the attestation request changed: the guest is up, and nothing is proven', () => {
    copy();
    flip('attest/request.bin', 0x120);
    expect(run([...bootArgs(T, 'changed'), '--report', 'unattested.json']).code).toBe(0);
    const v = json(run(['report', 'verify', 'unattested.json', '--expected', 'bundle/meta/expected.json', '--json']));
    expect(v.ok).toBe(false);
    expect(['claimed', 'failed']).toContain(v.verdict.grade);
  });

  it('the copy of the expectation changed: the own record decides, and the difference is said', () => {
    copy();
    const file = at('changed/meta/expected.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"lock": true', '"lock": false'));
    expect(run(['bundle', 'check', 'changed'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('another expectation than your record'),
    });
    const r = run(['report', 'verify', 'alpha.json', '--expected', file]);
    expect(r).toMatchObject({ code: 0, err: expect.stringContaining('your record was used') });
  });

  it('a bundle of somebody else is not one of mine', () => {
    // made by the JSON answer of sample init
    expect(run([...buildArgs('other'), '-o', 'foreign']).code).toBe(0);
    const c = run(['bundle', 'check', 'foreign', '--values', `${T}/values`], { env: { XDG_STATE_HOME: at('empty-state') } });
    expect(c).toMatchObject({ code: 1, out: expect.stringContaining('no record of it in') });
  });

  it('names that a terminal would obey are shown, not obeyed', () => {
    copy();
    mkdirSync(at('changed/sics'), { recursive: true });
    writeFileSync(at('changed/sics', 'x\u001b[2J\nok B06.asr'), 'short');
    const c = run(['bundle', 'check', 'changed']);
    expect(c.code).toBe(1);
    expect(c.out).not.toContain('\u001b');
    expect(c.out).toMatch(/^error +B06 .*x\\u001b\[2J\\nok B06\.asr/m);
  });
});
