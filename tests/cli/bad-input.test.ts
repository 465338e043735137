/** Bad input at every place that takes a file: one clear line, the exit code for it, no stack trace, nothing written or left. */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, bootArgs, buildArgs, json, programFile, type Ran, run, workDirectory } from './program.ts';

const T = 'tenant';
const BAD = 'bad';

/** A certificate with a key on P-256, made with OpenSSL for this test. */
const P256 = `-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUEmvwlWbljgIHDYJ8sFAwhCMz9ZUwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDd2ViMCAXDTI2MTEyNDE1NDM1M1oYDzIxMjYxMDMxMTU0MzUz
WjAOMQwwCgYDVQQDDAN3ZWIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQxMWPN
+aOVBpwGhlKUkJYaIzcNIxzj5prxFKdCwbNPW3EjehnUXP+vKMLXT4KBN7x3cYq0
q1NE4EXRAQKFJRwZo1MwUTAdBgNVHQ4EFgQUwTHloRf348/5pxQK1GaTpEcyxK4w
HwYDVR0jBBgwFoAUwTHloRf348/5pxQK1GaTpEcyxK4wDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEAvdcuWPbVKYaAnGsLgAgzk7LOOhu4vuxK5SJy
znoDQ84CIFyPfVEDAldElFFeEEmrRjjmthW7z+r10OlhavPx9+E2
-----END CERTIFICATE-----
`;

const replace = (args: string[], name: string, by: string): string[] => args.map((a) => (a === name ? by : a));

/** Each place that takes a file: the command with a bad one in that place. */
const PLACES: Record<string, (bad: string) => string[]> = {
  'bundle build --policy': (f) => [...replace(buildArgs(T), `${T}/policy.yaml`, f), '-o', 'x'],
  'bundle build --hdr': (f) => [...replace(buildArgs(T), `${T}/image/selhdr.bin`, f), '-o', 'x'],
  'bundle build -k': (f) => [...replace(buildArgs(T), `${T}/host-keys/beta.crt`, f), '-o', 'x'],
  'bundle build -C': (f) => [...replace(buildArgs(T), `${T}/pki/intermediate.crt`, f), '-o', 'x'],
  'bundle build --crl': (f) => [...replace(buildArgs(T), `${T}/pki/root.crl`, f), '-o', 'x'],
  'bundle check --hdr': (f) => ['bundle', 'check', 'bundle', '--hdr', f],
  'bundle check --expected': (f) => ['bundle', 'check', 'bundle', '--expected', f],
  'boot --host': (f) => [...replace(bootArgs(T, 'bundle'), `${T}/hosts/alpha.json`, f), '--report', 'x.json'],
  'boot --image': (f) => [...replace(bootArgs(T, 'bundle'), `${T}/image/sel-ebc.img`, f), '--report', 'x.json'],
  'report verify': (f) => ['report', 'verify', f, '--expected', 'bundle/meta/expected.json'],
  'report verify --expected': (f) => ['report', 'verify', 'report.json', '--expected', f],
  'hostkey verify -k': (f) => ['hostkey', 'verify', '-k', f],
  inspect: (f) => ['inspect', f],
};

/** What can be wrong with any file. */
const KINDS: Record<string, RegExp> = {
  empty: /empty|0 bytes|not found|none in/,
  text: /./,
  binary: /./,
  directory: /is a directory|no sics\/toc\.asr/,
  missing: /does not exist/,
  pipe: /not a regular file: found a pipe/,
  zero: /not a regular file: found a device/,
  loop: /loop of symbolic links/,
  huge: /./,
};
const pathOf = (kind: string): string => (kind === 'zero' ? '/dev/zero' : `${BAD}/${kind}`);

/** Names, sizes and times of everything below the working directory. */
const snapshot = (d = workDirectory): string[] =>
  readdirSync(d, { withFileTypes: true }).flatMap((e) => {
    const path = join(d, e.name);
    if (e.isDirectory()) return [path, ...snapshot(path)];
    if (!e.isFile()) return [path];
    const s = statSync(path);
    return [`${path} ${s.size} ${s.mtimeMs}`];
  });

const start = (args: string[]): Promise<Ran> =>
  new Promise((done) => {
    execFile(
      process.execPath,
      [programFile, ...args],
      { cwd: workDirectory, timeout: 60_000, env: { ...process.env, XDG_STATE_HOME: at('state'), SELWRIGHT_DEBUG: '' } },
      (error, out, err) => done({ code: error ? ((error.code as number | undefined) ?? null) : 0, out, err }),
    );
  });

/** One line of ours, the last one; nothing of Node's. */
const isClear = (r: Ran, file: string): void => {
  const lines = r.err.trimEnd().split('\n');
  expect(lines.at(-1), r.err).toMatch(/^selwright: /);
  expect(
    lines.filter((l) => !l.startsWith('selwright: ')),
    r.err,
  ).toEqual([]);
  expect(lines.at(-1)).toContain(file);
  expect(r.err).not.toContain('inside the program');
  expect(r.err).not.toMatch(/\n {4}at /);
};

beforeAll(() => {
  expect(run(['sample', 'init', T]).code).toBe(0);
  expect(run([...buildArgs(T), '-o', 'bundle']).code).toBe(0);
  expect(run([...bootArgs(T, 'bundle'), '--report', 'report.json']).code).toBe(0);
  mkdirSync(at(BAD));
  const put = (name: string, bytes: string | Uint8Array): void => writeFileSync(at(BAD, name), bytes);
  put('empty', '');
  put('text', 'Dear operator,\nplease find the header attached.\n');
  put(
    'binary',
    new Uint8Array(3000).map((_, i) => (i * 197 + 13) & 0xff),
  );
  put('huge', '');
  truncateSync(at(BAD, 'huge'), 3 * 1024 * 1024 * 1024);
  mkdirSync(at(BAD, 'directory'));
  execFileSync('mkfifo', [at(BAD, 'pipe')]);
  symlinkSync('loop', at(BAD, 'loop'));
  put('p256.crt', P256);
  put('cut.hdr', readFileSync(at(T, 'image/selhdr.bin')).subarray(0, 500));
  put('cut.img', readFileSync(at(T, 'image/sel-ebc.img')).subarray(0, 60_000));
  put('cut.json', readFileSync(at('report.json')).subarray(0, 1500));
  put('twice.yaml', `${readFileSync(at(T, 'policy.yaml'), 'utf8')}name: again\n`);
  put('unknown.yaml', readFileSync(at(T, 'policy.yaml'), 'utf8').replace('purpose: cck', 'purpose: cck\n    value: 00ff'));
  put('deep.yaml', '- '.repeat(100_000));
});

describe('any bad file in any place', () => {
  it('one clear line that names the file, exit 3, nothing written', async () => {
    const before = snapshot();
    // what opening a file says is the same code everywhere: each of these kinds in some places, the others and the pipe in all
    const places = Object.entries(PLACES);
    const some = ['directory', 'missing', 'zero', 'loop', 'huge'];
    const jobs = places.flatMap(([place, args], i) =>
      Object.keys(KINDS)
        .filter((kind) => !some.includes(kind) || (i + some.indexOf(kind)) % 4 === 0)
        .filter((kind) => kind !== (i % 2 ? 'text' : 'binary'))
        .map((kind) => ({ place, kind, args: args(pathOf(kind)) })),
    );
    const count = jobs.length;
    const results: { place: string; kind: string; r: Ran }[] = [];
    const worker = async (): Promise<void> => {
      for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) results.push({ ...job, r: await start(job.args) });
    };
    await Promise.all([worker(), worker(), worker()]);
    expect(results).toHaveLength(count);
    for (const { place, kind, r } of results) {
      // 3 GB of zeros are no image, and are not read whole to find out
      expect(r, `${place}, ${kind}`).toMatchObject({ code: 3, out: '' });
      isClear(r, pathOf(kind));
      expect(r.err, place).toMatch(KINDS[kind] as RegExp);
    }
    expect(snapshot()).toEqual(before);
  });
});

describe('what the issue lists', () => {
  const fails = (args: string[], code: number, says: RegExp): Ran => {
    const before = snapshot();
    const r = run(args);
    expect(r.err).toMatch(says);
    expect(r.code, r.err).toBe(code);
    expect(r.err).not.toMatch(/\n {4}at |inside the program/);
    expect(snapshot()).toEqual(before);
    return r;
  };
  const build = (place: string, file: string): string[] => (PLACES[`bundle build ${place}`] as (f: string) => string[])(file);

  it('a P-256 certificate as host key', () => {
    fails(build('-k', `${BAD}/p256.crt`), 3, /p256\.crt: host-key document .*found a key.* P-256, expected a key on secp521r1/);
  });
  it('a header cut short, bare and in an image', () => {
    fails(build('--hdr', `${BAD}/cut.hdr`), 3, /cut\.hdr: SE header is cut short: found 500 bytes, expected \d+ bytes/);
    fails(build('--hdr', `${BAD}/cut.img`), 3, /cut\.img: .*(cut short|not found)/);
  });
  it('a CCK of 31 bytes, as a value and as the option', () => {
    const cck = at(T, 'values/cck');
    const good = readFileSync(cck);
    try {
      writeFileSync(cck, good.subarray(0, 31));
      fails([...buildArgs(T), '-o', 'x'], 3, /tenant\/values\/cck: P10: found 31 bytes, expected 32 bytes/);
      const r = run([...buildArgs(T), '-o', 'x', '--json']);
      expect(json(r)).toMatchObject({
        ok: false,
        findings: expect.arrayContaining([expect.objectContaining({ rule: 'P10', subject: 'cck' })]),
      });
    } finally {
      writeFileSync(cck, good);
    }
    fails([...buildArgs(T), '-o', 'x', '--cck', cck], 2, /--cck does not go with the policy/);
    const derived = at(BAD, 'derived.yaml');
    writeFileSync(
      derived,
      readFileSync(at(T, 'policy.yaml'), 'utf8')
        .replace('extension-secret: random', 'extension-secret: cck-derived')
        .replace('cck-update: required', 'cck-update: none')
        .replace(/ {2}- name: cck\n(?: {4}.*\n)+/, '')
        .replace('[cck, ', '['),
    );
    fails([...replace(buildArgs(T), `${T}/policy.yaml`, derived), '-o', 'x'], 2, /--cck FILE is needed/);
    writeFileSync(at(BAD, 'cck31'), good.subarray(0, 31));
    fails(
      [...replace(buildArgs(T), `${T}/policy.yaml`, derived), '-o', 'x', '--cck', `${BAD}/cck31`],
      3,
      /cck31: CCK has the wrong length: found 31 bytes, expected 32 bytes/,
    );
  });
  it('a policy with a key twice, with an unknown key, nested without end: with line and column', () => {
    fails(build('--policy', `${BAD}/twice.yaml`), 3, /twice\.yaml: policy, line \d+, column 1 says the same thing twice/);
    fails(
      build('--policy', `${BAD}/unknown.yaml`),
      3,
      /unknown\.yaml: policy, line \d+, column 5, secrets\.2 has a field that is not known: found value/,
    );
    fails(build('--policy', `${BAD}/deep.yaml`), 3, /deep\.yaml: policy is too long: found more than 32 levels/);
  });
  it('a report cut short', () => {
    fails(
      ['report', 'verify', `${BAD}/cut.json`, '--expected', 'bundle/meta/expected.json'],
      3,
      /cut\.json: retrieval report .*text that is not JSON/,
    );
  });
  it('a directory, a file or nothing in place of a bundle or of values', () => {
    fails(['bundle', 'check', `${BAD}/text`], 3, /bad\/text: packed bundle .*expected a bundle as tar or zip/);
    fails(['bundle', 'check', `${BAD}/missing`], 3, /bad\/missing: bundle does not exist/);
    fails(['bundle', 'check', `${BAD}/directory`], 3, /bad\/directory: bundle .*no directory sics/);
    fails(['bundle', 'check', `${BAD}/loop`], 3, /loop of symbolic links/);
    fails(bootArgs(T, `${BAD}/text`), 3, /bad\/text: bundle is not a directory/);
    for (const [dir, says] of [
      ['text', /bad\/text: directory of values is not a directory/],
      ['missing', /bad\/missing: directory of values does not exist/],
      ['loop', /loop of symbolic links/],
    ] as const)
      fails([...replace(buildArgs(T), `${T}/values`, `${BAD}/${dir}`), '-o', 'x'], 3, says);
    fails(
      [...replace(buildArgs(T), `${T}/values`, `${BAD}/directory`), '-o', 'x'],
      2,
      /the policy needs what is not there: bad\/directory\/rfs-luks-key/,
    );
  });
  it('a pipe or a link that loops inside a bundle is named, not followed', () => {
    execFileSync('cp', ['-r', at('bundle'), at('piped')]);
    execFileSync('mkfifo', [at('piped/sics/p.asr')]);
    symlinkSync('l.pol', at('piped/sics/l.pol'));
    const r = run(['bundle', 'check', 'piped']);
    expect(r.code).toBe(1);
    expect(r.out).toMatch(/^error +B19 .*sics\/p\.asr: found not a regular file/m);
    expect(r.out).toMatch(/^error +B19 .*sics\/l\.pol: found a symbolic link/m);
  });
  it('a file that may not be read', () => {
    const closed = at(BAD, 'closed');
    writeFileSync(closed, 'x');
    chmodSync(closed, 0);
    const uid = process.getuid?.() === 0 ? 65534 : undefined;
    for (const args of [
      ['inspect', closed],
      ['report', 'verify', closed, '--expected', closed],
      ['hostkey', 'verify', '-k', closed],
    ]) {
      const r = run(args, uid === undefined ? {} : { uid });
      expect(r, r.err).toMatchObject({ code: 3, out: '', err: expect.stringMatching(/closed: .* may not be read or written/) });
    }
  });
  it('a place that may not be written: nothing is left behind', () => {
    const uid = process.getuid?.() === 0 ? 65534 : undefined;
    const before = snapshot();
    const r = run(['sample', 'init', at('deep/er/tenant')], uid === undefined ? {} : { uid });
    if (uid !== undefined) {
      expect(r).toMatchObject({
        code: 3,
        out: '',
        err: expect.stringMatching(/deep\/er\/tenant: sample tenant may not be read or written/),
      });
      expect(snapshot()).toEqual(before);
    }
    fails(['sample', 'init', `${BAD}/text/tenant`], 3, /sample tenant is not a directory/);
  });
});

describe('the policy and the machines say no', () => {
  const says = (text: (policy: string) => string, code: number, pattern: RegExp): void => {
    writeFileSync(at(BAD, 'policy.yaml'), text(readFileSync(at(T, 'policy.yaml'), 'utf8')));
    const r = run([...replace(buildArgs(T), `${T}/policy.yaml`, `${BAD}/policy.yaml`), '-o', 'x']);
    expect(r.err).toMatch(pattern);
    expect(r.code).toBe(code);
    expect(r.err).not.toContain('inside the program');
  };
  it('exit 1, the rule, its consequence, and where it stands', () => {
    says(
      (p) => p.replace('type: aes-xts', 'type: aes'),
      1,
      /^selwright: error +P06 .*rfs-luks-key: found aes for luks-root-key, expected aes-xts.* \(bad\/policy\.yaml, line 14, column 5\)$/m,
    );
    says((p) => p.replace('extension-secret: random', 'extension-secret: none'), 1, /^selwright: error +P16 .*line 8, column 1/m);
    says((p) => p.replace('dump: any', 'dump: forbidden'), 1, /^selwright: error +B17 .*dump forbidden, as the policy says/m);
    says(
      (p) => p.replace('max: 8', `max: 8, allow: [${'0f'.repeat(32)}]`),
      1,
      /^selwright: error +B11 .*expected a host key the policy lists/m,
    );
    says((p) => p.replace('max: 8', 'max: 1'), 2, /Host keys is over a limit: found 2, expected 1/);
  });
  it('--no-verify where the policy requires verification: exit 1', () => {
    writeFileSync(at(BAD, 'policy.yaml'), readFileSync(at(T, 'policy.yaml'), 'utf8').replace('verify: warn', 'verify: required'));
    const r = run([
      'bundle',
      'build',
      '--policy',
      `${BAD}/policy.yaml`,
      '--values',
      `${T}/values`,
      '--hdr',
      `${T}/image/selhdr.bin`,
      '-k',
      `${T}/host-keys/alpha.crt`,
      '--no-verify',
      '-o',
      'x',
    ]);
    expect(r).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/error +H01 /) });
  });
  it('names that would leave the directory', () => {
    const before = snapshot();
    expect(run([...buildArgs(T), '-o', 'x', '--name', '../../x'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Name of the guest'),
    });
    expect(snapshot()).toEqual(before);
  });
  it('wrong use in JSON is said in JSON', () => {
    expect(json(run(['bundle', 'build', '--json']))).toMatchObject({ ok: false, error: { code: 'wrong-use' } });
    expect(json(run(['bundle', 'check', `${BAD}/missing`, '--json']))).toMatchObject({
      ok: false,
      error: { code: 'io-not-found' },
    });
  });
});
