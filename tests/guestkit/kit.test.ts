/**
 * The kit's shell program against the simulated guest: the same bundle, the same files in their places, the same report. It runs on
 * stand-ins for `pvsecret` and `pvattest` that are our own command line on a saved guest.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestExchange } from '../../core/attestation/exchange.ts';
import { additionalSize } from '../../core/attestation/measurement.ts';
import { buildAttestationRequest, freshAttestationKeys } from '../../core/attestation/request.ts';
import { BUNDLE_ATTESTATION } from '../../core/bundle/build.ts';
import { makeLookalike } from '../../core/bundle/lookalike.ts';
import { makeReference } from '../../core/bundle/reference.ts';
import { hex, utf8 } from '../../core/bytes.ts';
import { canonicalJson } from '../../core/canonical.ts';
import { type BootResult, boot, bootSteps } from '../../core/guestsim/boot.ts';
import { answerChallenge, type KitBasis } from '../../core/guestsim/kit.ts';
import { type Challenge, writeChallenge } from '../../core/report/build.ts';
import { type Report, readReport } from '../../core/report/format.ts';
import { verifyReport } from '../../core/report/verify.ts';
import { parseRequest } from '../../core/request/parse.ts';
import { KINDS } from '../../core/secret/kinds.ts';
import { makeSecret } from '../../core/secret/secret.ts';
import { restoreGuest, saveGuest } from '../../core/uvsim/state.ts';
import type { UltravisorGuest } from '../../core/uvsim/ultravisor.ts';
import { buildCli, type Cli } from '../support/cli.ts';
import { seededEnv } from '../support/env.ts';
import { haveOpenssl, haveSshKeygen, itWith } from '../support/programs.ts';
import { entriesOf, fileOf, hosts, image, makeBundle, withFile } from '../support/tenant.ts';
import { makeWebTenant, scratch, type WebTenant } from '../support/webtenant.ts';

const KIT = resolve(import.meta.dirname, '../../assets/guest-kit/selwright-kit');
const have = (program: string, ...args: string[]): boolean => spawnSync(program, args).error === undefined;
const haveAll = haveOpenssl && haveSshKeygen && have('jq', '--version');
const itRuns = (name: string, body: () => void): void => itWith(haveAll, 'openssl, ssh-keygen or jq', name, body);
const NOW = new Date('2026-11-24T04:40:00Z');
const SHADOW = 'root:*:20000:0:99999:7:::\nadmin:!:20000:0:99999:7:::\nnobody:*:20000:0:99999:7:::\n';

let cli: Cli;
let tenant: WebTenant;
const dir = scratch();
beforeAll(async () => {
  if (!haveAll) return;
  cli = await buildCli();
  tenant = makeWebTenant();
});
afterAll(() => {
  cli?.remove();
  dir.remove();
});

/** Every program the kit calls. */
const PROGRAMS =
  'jq od tr awk sed grep head tail cut fold wc base64 sha256sum sha512sum mktemp chown chmod mv cp rm mkdir cat date uname dmsetup ssh-keygen pvsecret pvattest'.split(
    ' ',
  );

/** Programs of the guest that are not the kit's own: stand-ins in front of the PATH. `chown` only says what it was asked. */
const STAND_INS: Record<string, string> = {
  pvsecret: 'c=$1; shift; exec "$NODE" "$CLI" uv "$c" --state "$STATE_FILE" "$@"',
  pvattest: '[ "$1" = perform ] || exit 2; shift; exec "$NODE" "$CLI" uv attest --state "$STATE_FILE" "$@"',
  chown: 'echo "$1 $(printf %s "$2" | sed "s:^$ROOT_DIR::")" >>"$CHOWN_LOG"',
  dmsetup: '[ "$1 $2" = "table /dev/disk/by-label/root" ] && echo "0 100 crypt paes-xts-plain64 :352:logon:x 0 8:2 32768"',
  uname: 'echo 6.18.0-test',
  date: `[ "$2" = +%s ] && echo ${NOW.getTime() / 1000} || echo 2026-11-24T04:40:00Z`,
};

interface Guest {
  readonly root: string;
  readonly run: string;
  readonly boot: string;
  readonly state: string;
  /** runs the kit @returns exit code and what it said */
  kit(command: string[], shell?: string[], env?: Record<string, string>): { code: number | null; stdout: string; stderr: string };
  report(): Report;
  file(path: string): Uint8Array;
  owners(): string[];
}

/** A directory with busybox's own programs. Not every build of its shell takes them by itself. */
const applets = (): string => {
  const at = dir.path('applets');
  if (!existsSync(at)) {
    mkdirSync(at);
    const { status, stderr } = spawnSync('busybox', ['--install', '-s', at], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`busybox --install: ${stderr}`);
  }
  return at;
};

let count = 0;
/** A guest as early boot customization leaves it: files in /run/sel-ebc, the store filled and open, root and boot mounted. */
const layOut = (entries: ReturnType<typeof entriesOf>, more: Record<string, Uint8Array> = {}, shadow = SHADOW): Guest => {
  const base = dir.path(`guest ${count++}`);
  const at = (...p: string[]): string => join(base, ...p);
  const put = (path: string, bytes: Uint8Array, mode = 0o600): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes, { mode });
  };
  let guest: UltravisorGuest | undefined;
  const steps = bootSteps(
    {
      host: hosts[0],
      image,
      entries,
      prepare: (g) => {
        guest = g;
      },
    },
    seededEnv('kit', NOW),
  );
  for (;;) {
    const s = steps.next();
    if (s.done) throw new Error('the guest ended before its root disk was open');
    if (s.value.code === 'paes-enforced') break;
  }
  put(at('state.json'), saveGuest(guest as UltravisorGuest));
  for (const e of entries)
    if (e.bytes && /^sics\/[^/]+\.(asr|pol)$/.test(e.path)) put(at('run/sel-ebc', e.path.slice(5)), e.bytes);
  put(at('run/sel-ebc/luks-rfs-passphrase'), tenant.values.get('luks-rfs-passphrase') as Uint8Array, 0o400);
  for (const [name, bytes] of Object.entries(more)) put(at('run/sel-ebc', name), bytes);
  const attest = entries.find((e) => e.path === 'sics/attest/request.bin')?.bytes;
  if (attest) put(at('boot/sics/attest/request.bin'), attest);
  put(at('root/etc/passwd'), utf8('root:x:0:0::/root:/bin/sh\nadmin:x:1000:1000::/home/admin:/bin/sh\n'), 0o644);
  put(at('root/etc/group'), utf8('root:x:0:\nnginx:x:991:\n'), 0o644);
  put(at('root/etc/shadow'), utf8(shadow), 0o640);
  for (const [name, body] of Object.entries(STAND_INS)) {
    put(at('bin', name), utf8(`#!/bin/sh\n${body}\n`));
    chmodSync(at('bin', name), 0o755);
  }
  const env = {
    PATH: `${at('bin')}:${process.env.PATH}`,
    NODE: process.execPath,
    CLI: cli.path('selwright.mjs'),
    STATE_FILE: at('state.json'),
    CHOWN_LOG: at('chown.log'),
    ROOT_DIR: at('root'),
    HOME: base,
  };
  return {
    root: at('root'),
    run: at('run'),
    boot: at('boot'),
    state: at('state.json'),
    kit: (command, shell = ['/bin/sh'], extra = {}) => {
      const args = [...shell.slice(1), KIT, ...command, '--root', at('root'), '--run', at('run'), '--boot', at('boot')];
      const PATH = shell[0] === 'busybox' ? `${applets()}:${env.PATH}` : env.PATH;
      const r = spawnSync(shell[0] as string, args, {
        env: { ...env, PATH, ...extra },
        encoding: 'utf8',
        input: 'not to be read',
      });
      return { code: r.status, stdout: r.stdout, stderr: r.stderr };
    },
    report: () => readReport(new Uint8Array(readFileSync(at('root/var/lib/sel/retrieval-report.json')))),
    file: (path) => new Uint8Array(readFileSync(at('root') + path)),
    owners: () => (existsSync(at('chown.log')) ? readFileSync(at('chown.log'), 'utf8').trim().split('\n') : []),
  };
};

/** What the simulated guest makes of the same bundle. */
const simulated = (entries: ReturnType<typeof entriesOf>, now = NOW): BootResult =>
  boot({ host: hosts[0], image, entries, shadow: utf8(SHADOW) }, seededEnv('kit', now));

/** The body, but for what tells one guest from another. */
const comparable = (r: Report): string =>
  canonicalJson({ ...r.body, guest: { ...r.body.guest, boot_id: '', kernel: '', simulated: true } });

const judge = (report: Uint8Array, more = {}) =>
  verifyReport({
    report,
    expected: tenant.bundle.expected,
    now: new Date('2026-11-24T05:00:00Z'),
    attestationKey: tenant.bundle.keys.attestationKey,
    reportKey: tenant.bundle.keys.reportKey,
    ledger: [],
    production: true,
    ...more,
  });
const reportBytes = (g: Guest): Uint8Array => g.file('/var/lib/sel/retrieval-report.json');

/** Shells, and whether their own programs stand in front of the stand-ins: then `date` and `chown` are real ones. */
const SHELLS: [string, string[], boolean][] = [
  ['sh', ['/bin/sh'], false],
  ['bash in POSIX mode', ['bash', '--posix'], false],
  ['busybox', ['busybox', 'sh'], true],
];
const isRoot = process.getuid?.() === 0;

/** Applied, and looked at: the guest of the first test, for those that need one in which the kit has run. */
let applied: Guest | undefined;
const theApplied = (): Guest => {
  applied ??= layOut(entriesOf(tenant.bundle));
  if (!existsSync(join(applied.root, 'var'))) applied.kit(['apply']);
  return applied;
};

describe('one bundle, on the simulated guest and through the shell program', () => {
  for (const [name, shell, ownTools] of SHELLS) {
    if (!have(shell[0] as string, '-c', 'true') || (ownTools && !isRoot)) {
      console.warn(`\n*** SKIPPED: the kit under ${name}: NO ${shell[0]} ON THIS MACHINE, OR NOT RUN AS ROOT ***\n`);
      continue;
    }
    itRuns(`${name}: the same report, the same files, the store locked, and the verdict is proven`, () => {
      const entries = entriesOf(tenant.bundle);
      const guest = layOut(entries);
      applied ??= guest;
      expect(guest.kit(['apply'], shell)).toEqual({ code: 0, stdout: '', stderr: '' });

      const report = guest.report();
      const { time } = report.body.guest;
      const twin = simulated(entries, new Date(time));
      expect(comparable(report)).toBe(comparable(readReport(twin.report as Uint8Array)));
      expect(report.body.guest).toMatchObject({ kernel: ownTools ? expect.any(String) : '6.18.0-test', simulated: false });
      if (!ownTools) expect(time).toBe('2026-11-24T04:40:00Z');
      const verdict = judge(reportBytes(guest), { now: new Date(Date.parse(time) + 60_000) });
      expect(verdict.checks.filter((c) => c.outcome === 'failed')).toEqual([]);
      expect(verdict.grade).toBe('proven');
      expect(restoreGuest(new Uint8Array(readFileSync(guest.state)), seededEnv('x')).locked).toBe(true);

      for (const f of twin.kit?.files ?? []) {
        const path = f.path.startsWith('/run/') ? join(guest.run, f.path.slice(5)) : guest.root + f.path;
        expect(hex(new Uint8Array(readFileSync(path))), f.path).toBe(hex(f.bytes));
        expect((statSync(path).mode & 0o777).toString(8).padStart(4, '0'), f.path).toBe(f.mode);
      }
      const ids: Record<string, number> = { root: 0, nginx: 991 };
      const placed = (twin.kit?.files ?? []).filter((f) => !f.path.startsWith('/run/') && f.path !== '/etc/shadow');
      const numbers = (owner: string) => owner.split(':').map((n) => ids[n]);
      if (ownTools)
        for (const f of placed) {
          const { uid, gid } = statSync(guest.root + f.path);
          expect([uid, gid], f.path).toEqual(numbers(f.owner));
        }
      else {
        const wanted = placed.map((f) => `${numbers(f.owner).join(':')} ${dirname(f.path)}/.selwright-kit.new`);
        expect(guest.owners()).toEqual([...wanted, '0:0 /var/lib/sel/.selwright-kit.new']);
      }
      expect(readFileSync(`${guest.root}/etc/shadow-`, 'utf8')).toBe(SHADOW);
    });
  }

  itRuns('can be started again: the store is locked already, and stays it', () => {
    const guest = theApplied();
    expect(guest.kit(['apply'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(judge(reportBytes(guest)).grade).toBe('proven');
  });

  itRuns('gives no secret to a program as an argument or in its environment, and leaves none in a temporary file', () => {
    const guest = layOut(entriesOf(tenant.bundle));
    const log = dir.path('arguments.log');
    const bin = dir.path('logging');
    mkdirSync(bin);
    for (const p of PROGRAMS.filter((x) => !(x in STAND_INS))) {
      const real = spawnSync('/bin/sh', ['-c', `command -v ${p}`], { encoding: 'utf8' }).stdout.trim();
      const body = `{ printf '%s\\n' "$0" "$@"; /usr/bin/env; } >>'${log}'\nexec ${real} "$@"\n`;
      writeFileSync(join(bin, p), `#!/bin/sh\n${body}`, { mode: 0o755 });
    }
    const { code } = guest.kit(['apply'], ['/bin/sh'], { PATH: `${dirname(guest.state)}/bin:${bin}:${process.env.PATH}` });
    expect(code).toBe(0);
    const said = readFileSync(log, 'latin1');
    expect(said).toContain('/jq');
    for (const [name, value] of tenant.values) {
      const forms = [hex(value), Buffer.from(value).toString('base64'), Buffer.from(value).toString('latin1').trim()];
      for (const form of forms) expect(said.includes(form), name).toBe(false);
      // parts of it as well: 16 bytes somewhere in the middle
      expect(said.includes(hex(value.slice(8, 24))), name).toBe(false);
    }
    const left = spawnSync('find', [guest.run, guest.root, '-type', 'f'], { encoding: 'utf8' }).stdout.trim().split('\n');
    expect(left.filter((f) => /work\.|\.new$/.test(f))).toEqual([]);
    const kept = left.filter((f) => f.includes('/run/selwright/')).map((f) => f.split('/').at(-1));
    expect(kept.sort()).toEqual(['body.json', 'rfs-luks-key.token']);
  });
});

describe('a question of the tenant, later', () => {
  itRuns('is answered by both, and the answers are proven', () => {
    const guest = theApplied();
    const env = seededEnv('challenge', NOW);
    const keys = freshAttestationKeys(env);
    const request = buildAttestationRequest(
      hosts.map((h) => h.keys.publicKey),
      BUNDLE_ATTESTATION,
      keys,
    );
    const challenge: Challenge = {
      id: '11111111-2222-4333-8444-555555555555',
      nonce: env.random(32),
      request: requestExchange(request, 64, additionalSize(BUNDLE_ATTESTATION)),
    };
    const asked = {
      attestationKey: keys.protectionKey,
      challenge: { id: challenge.id, nonce: challenge.nonce, requestSha256: hex(sha256(request)) },
    };
    const file = dir.write('challenge.json', writeChallenge(challenge));
    const ran = guest.kit(['report', '--challenge', file]);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(judge(utf8(ran.stdout), asked).grade).toBe('proven');
    // it is no answer to the question that rode in the bundle
    expect(judge(utf8(ran.stdout)).grade).toBe('failed');

    const twin = simulated(entriesOf(tenant.bundle));
    const later = seededEnv('kit', NOW);
    const answered = answerChallenge(twin.guest as UltravisorGuest, twin.kit?.basis as KitBasis, challenge, later);
    expect(comparable(readReport(answered))).toBe(comparable(readReport(utf8(ran.stdout))));
    expect(judge(answered, { ...asked, production: false }).grade).toBe('proven');

    expect(guest.kit(['report', '--challenge', file, '--output', dir.path('answer.json')]).code).toBe(0);
    expect(judge(new Uint8Array(readFileSync(dir.path('answer.json'))), asked).grade).toBe('proven');
  });
  itRuns('is refused when it cannot be read, and before anything was applied', () => {
    const bad = dir.write('bad.json', utf8('{"format": "sel-report-challenge"}'));
    for (const guest of [layOut(entriesOf(tenant.bundle)), theApplied()])
      expect(guest.kit(['report', '--challenge', bad])).toMatchObject({ code: 3, stdout: '' });
    expect(theApplied().kit(['report'])).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('what goes wrong is in the report', () => {
  itRuns('the same in both: a stranger request, and an attestation request that is not answered', () => {
    const request = fileOf(entriesOf(tenant.bundle), 'sics/attest/request.bin').slice();
    request[request.length - 1] = (request.at(-1) as number) ^ 1;
    const damaged = withFile(entriesOf(tenant.bundle), 'sics/attest/request.bin', request);
    const entries = withFile(withFile(damaged, 'sics/stranger.asr', new Uint8Array(100)), 'sics/a b.asr', new Uint8Array(100));
    const guest = layOut(entries);
    expect(guest.kit(['apply']).code).toBe(1);
    const report = guest.report();
    expect(comparable(report)).toBe(comparable(readReport(simulated(entries).report as Uint8Array)));
    expect(report.body.problems).toEqual([
      { code: 'UNLISTED_REQUEST' },
      { code: 'UNLISTED_REQUEST', secret: 'stranger' },
      { code: 'ATTEST_FAILED' },
    ]);
    expect(report.attestation).toBeUndefined();
    expect(judge(reportBytes(guest)).checks.find((c) => c.id === 'C04')?.outcome).toBe('passed');
  });
  itRuns('no attestation request; accounts and owners that the image does not have', () => {
    const guest = layOut(withFile(entriesOf(tenant.bundle), 'sics/attest/request.bin'), {}, 'root:*:20000:0:99999:7:::\n');
    writeFileSync(join(guest.root, 'etc/group'), 'root:x:0:\n');
    expect(guest.kit(['apply']).code).toBe(1);
    const { problems, secrets, challenge } = guest.report().body;
    expect(challenge).toEqual({ mode: 'none' });
    expect(problems).toEqual([
      { code: 'APPLY_FILE', secret: 'admin-login' },
      { code: 'APPLY_OWNER', secret: 'tls-web-key' },
    ]);
    expect(secrets.filter((s) => s.applied === false).map((s) => s.name)).toEqual(['admin-login', 'tls-web-key']);
    expect(existsSync(join(guest.root, 'etc/pki/tls/private/web.key'))).toBe(false);
    expect(readFileSync(join(guest.root, 'etc/shadow'), 'utf8')).toBe('root:*:20000:0:99999:7:::\n');
  });
});

describe('what is not authenticated is not applied', () => {
  const nothingApplied = (guest: Guest, ran: ReturnType<Guest['kit']>): void => {
    expect(ran.code).toBe(2);
    expect(existsSync(join(guest.root, 'etc/ssh'))).toBe(false);
    expect(existsSync(join(guest.root, 'var'))).toBe(false);
    expect(readFileSync(join(guest.root, 'etc/shadow'), 'utf8')).toBe(SHADOW);
    expect(restoreGuest(new Uint8Array(readFileSync(guest.state)), seededEnv('x')).locked).toBe(false);
  };
  const manifestOf = (): Uint8Array => fileOf(entriesOf(tenant.bundle), 'sics/manifest.pol');

  itRuns('no manifest', () => {
    const guest = layOut(strictEntries());
    nothingApplied(guest, guest.kit(['apply']));
  });
  itRuns('a manifest that a host laid beside a bundle without one', () => {
    const guest = layOut(strictEntries(), { 'manifest.pol': manifestOf() });
    nothingApplied(guest, guest.kit(['apply']));
  });
  itRuns('the same with a request of the host that refers to it', () => {
    const manifest = manifestOf();
    const request = fileOf(entriesOf(tenant.bundle), 'sics/manifest.asr');
    const guest = layOut(strictEntries(), { 'manifest.pol': manifest, 'manifest.asr': request });
    nothingApplied(guest, guest.kit(['apply']));
  });
  itRuns('the same with a request that imitates the tag of a listed one', () => {
    const entries = strictEntries();
    const original = parseRequest(fileOf(entries, 'sics/cck.asr'));
    const imitation = makeLookalike(
      {
        hostKeys: hosts.map((h) => h.keys.publicKey),
        host: hosts[0].keys.publicKey,
        original: { ...original, userDataKind: 'unsigned', userData: makeReference('manifest.pol', manifestOf()) },
        secret: makeSecret('update-cck', new Uint8Array(32).fill(1), undefined, 'test'),
        extensionSecret: new Uint8Array(32),
      },
      seededEnv('imitation'),
    );
    expect(hex(imitation.slice(-16))).toBe(hex(original.tag));
    for (const name of ['aaa.asr', 'zzz.asr']) {
      const guest = layOut(entries, { 'manifest.pol': manifestOf(), [name]: imitation });
      nothingApplied(guest, guest.kit(['apply']));
    }
  });
  itRuns('the same with a file name that writes a line of its own', () => {
    const entries = strictEntries();
    const tag = hex(fileOf(entries, 'sics/cck.asr').slice(-16));
    const request = fileOf(entriesOf(tenant.bundle), 'sics/manifest.asr');
    const guest = layOut(entries, { 'manifest.pol': manifestOf(), 'evil.asr': request, [`0\n${tag} evil.asr`]: request });
    nothingApplied(guest, guest.kit(['apply']));
  });
  itRuns('a manifest that was changed after the boot', () => {
    const guest = layOut(entriesOf(tenant.bundle), {
      'manifest.pol': utf8(Buffer.from(manifestOf()).toString().replace('0640', '0666')),
    });
    nothingApplied(guest, guest.kit(['apply']));
  });
});

const strictEntries = () => entriesOf(makeBundle('strict', { strict: true }));

describe('the program itself', () => {
  itRuns('says how it is used', () => {
    const guest = layOut(entriesOf(tenant.bundle));
    for (const args of [[], ['sing'], ['apply', '--louder', 'x'], ['apply', '--root']]) {
      const r = spawnSync('/bin/sh', [KIT, ...args], { encoding: 'utf8' });
      expect([r.status, r.stderr.startsWith('selwright-kit: usage:')], args.join(' ')).toEqual([3, true]);
    }
    expect(guest.kit(['apply'], ['/bin/sh'], { PATH: '/nowhere' }).code).toBe(3);
  });
  it('knows every kind of secret by the number of the table', () => {
    const source = readFileSync(KIT, 'utf8');
    const numbers = Object.fromEntries(
      [...source.matchAll(/^\t([a-z0-9-]+)\) echo (\d+) ;;$/gm)].map((m) => [m[1], Number(m[2])]),
    );
    expect(numbers).toEqual(Object.fromEntries(KINDS.filter((k) => k.listed).map((k) => [k.kind, k.type])));
  });
  itWith(have('shellcheck', '--version'), 'shellcheck', 'is clean for shellcheck, and so is the dracut module', () => {
    const module = resolve(dirname(KIT), 'dracut/96selwright-kit/module-setup.sh');
    for (const args of [['-s', 'sh', KIT], [module]]) {
      const r = spawnSync('shellcheck', args, { encoding: 'utf8' });
      expect(r.stdout).toBe('');
      expect(r.status).toBe(0);
    }
  });
  itWith(have('systemd-analyze', '--version'), 'systemd-analyze', 'has units that systemd reads', () => {
    const units = dir.path('units');
    mkdirSync(units, { recursive: true });
    writeFileSync(join(units, 'sysroot.mount'), '[Mount]\nWhat=none\nWhere=/sysroot\n');
    const env = { ...process.env, SYSTEMD_UNIT_PATH: `${units}:` };
    for (const f of ['selwright-kit.service', 'dracut/96selwright-kit/selwright-kit-initrd.service']) {
      const text = readFileSync(resolve(dirname(KIT), f), 'utf8').replace('/usr/libexec/selwright/selwright-kit', KIT);
      const unit = join(units, f.split('/').at(-1) as string);
      writeFileSync(unit, text);
      const r = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8', env });
      expect(r.stderr.split('\n').filter((l) => l.includes('selwright-kit'))).toEqual([]);
    }
  });
  it('is put into the initramfs with everything it calls', () => {
    const module = resolve(dirname(KIT), 'dracut/96selwright-kit/module-setup.sh');
    const moddir = dir.path('module');
    cpSync(dirname(module), moddir, { recursive: true });
    cpSync(KIT, join(moddir, 'selwright-kit'));
    const script = `
      moddir=${moddir}; systemdsystemunitdir=/units; initdir=/initrd; SYSTEMCTL="echo systemctl"
      inst_multiple() { echo "programs $*"; }; inst_script() { [ -f "$1" ] && echo "script $2"; }; inst_simple() { [ -f "$1" ] && echo "file $2"; }
      require_binaries() { for b; do command -v "$b" >/dev/null || [ "$b" = pvsecret ] || [ "$b" = pvattest ] || return 1; done; }
      . ${module}; check; echo "check $?"; depends; install`;
    const out = spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim().split('\n');
    expect(out).toContain('check 255');
    expect(out).toContain('sel-ebc');
    expect(out).toContain('script /usr/libexec/selwright/selwright-kit');
    expect(out).toContain('file /units/selwright-kit-initrd.service');
    expect(out).toContain('systemctl -q --root /initrd enable selwright-kit-initrd.service');
    const programs = out.filter((l) => l.startsWith('programs ')).flatMap((l) => l.split(' ').slice(1));
    const source = readFileSync(KIT, 'utf8');
    for (const p of PROGRAMS) {
      expect(new RegExp(`(^|[^A-Za-z0-9_-])${p}( |$)`, 'm').test(source), `${p} is used`).toBe(true);
      expect(programs, p).toContain(p);
    }
    rmSync(moddir, { recursive: true });
  });
});
