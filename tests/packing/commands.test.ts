/** The commands of the reference tools, run: their names lead to our own program, which takes the same options. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BundleEntry, checkBundle } from '../../core/bundle/check.ts';
import { hex } from '../../core/bytes.ts';
import { runPvebc } from '../../core/guestsim/pvebc.ts';
import { findHeader } from '../../core/image/find.ts';
import { readPolicy } from '../../core/policy/document.ts';
import { template } from '../../core/policy/templates.ts';
import { readTree } from '../../edge/files.ts';
import { type CommandsInput, commandsText, referenceCommands, shellWord } from '../../words/commands.ts';
import { at, json, programFile, run } from '../cli/program.ts';
import { codeOf } from '../support/errors.ts';
import { itWith } from '../support/programs.ts';

const T = 'tenant of tests';
const input = (more: Partial<CommandsInput> = {}): CommandsInput => ({
  policy: readPolicy(new Uint8Array(readFileSync(at(T, 'policy.yaml')))),
  hostKeys: ['alpha', 'beta'].map((h) => `${T}/host-keys/${h}.crt`),
  certs: ['signing', 'intermediate'].map((c) => `${T}/pki/${c}.crt`),
  crls: ['signing', 'intermediate', 'root'].map((c) => `${T}/pki/${c}.crl`),
  rootCa: `${T}/pki/root.crt`,
  header: `${T}/image/selhdr.bin`,
  values: `${T}/values`,
  ...more,
});

/** Programs of the reference, by our own; each call is written down. */
const SHIMS: Record<string, string> = {
  pvsecret: 'case "$1" in --version) echo "pvsecret version 2.43 +ebc";; *) exec "$NODE" "$PROGRAM" request "$@";; esac',
  pvattest: 'exec "$NODE" "$PROGRAM" attest "$@"',
  pvimg: 'exec "$NODE" "$PROGRAM" image "$@"',
  pvebc: 'test "$1 $2 $3" = "--dry-run --toc ./toc.asr" && test -f "$3"',
};

/** Runs lines as a shell script, in a directory of its own beside the tenant. */
const shell = (lines: readonly string[], directory: string, env: Record<string, string> = {}) => {
  mkdirSync(at(directory), { recursive: true });
  cpSync(at(T), at(directory, T), { recursive: true });
  return spawnSync('sh', ['-c', `set -e\n${lines.join('\n')}\n`], {
    cwd: at(directory),
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${at('shims')}${delimiter}${process.env.PATH}`,
      NODE: process.execPath,
      PROGRAM: programFile,
      CALLS: at(directory, 'calls'),
      ...env,
    },
  });
};

const made = (directory: string): BundleEntry[] => readTree(at(directory, 'bundle'), 'bundle');

beforeAll(() => {
  expect(run(['sample', 'init', T]).code).toBe(0);
  // the report key is the one value that bundle build makes itself
  writeFileSync(
    at(T, 'values', 'report-key'),
    new Uint8Array(64).map((_, i) => i * 3 + 1),
  );
  mkdirSync(at('shims'));
  for (const [name, body] of Object.entries(SHIMS)) {
    writeFileSync(at('shims', name), `#!/bin/sh\necho "${name} $*" >> "$CALLS"\n${body}\n`);
    chmodSync(at('shims', name), 0o755);
  }
});

const untilCheck = (i: CommandsInput): string[] =>
  referenceCommands(i)
    .filter((p) => p.id !== 'verify' && p.id !== 'disk')
    .flatMap((p) => p.lines);

describe('run', () => {
  it('make the set that bundle build makes in strict form: same files, same order, and pvebc has nothing to say', () => {
    const r = shell(untilCheck(input()), 'first');
    expect(r.stderr.replace(/^selwright: .*$/gm, '').trim()).toBe('');
    expect(r.status).toBe(0);
    const entries = made('first');
    const names = entries.filter((e) => e.kind === 'file').map((e) => e.path);
    expect(names).toEqual([
      'meta/secrets/luks-rfs-passphrase.yaml',
      'meta/secrets/report-key.yaml',
      'meta/secrets/rfs-luks-key.yaml',
      'sics/attest/request.bin',
      'sics/cck.asr',
      'sics/luks-rfs-passphrase.asr',
      'sics/report-key.asr',
      'sics/rfs-luks-key.asr',
      'sics/toc.asr',
      'sics/toc.pol',
    ]);
    const { header } = findHeader(new Uint8Array(readFileSync(at(T, 'image/selhdr.bin'))));
    const wrong = checkBundle({ entries, header }).filter((f) => f.severity === 'error');
    expect(wrong).toEqual([]);
    const files = entries
      .filter((e) => e.kind === 'file' && /^sics\/[^/]+$/.test(e.path))
      .map((e) => ({ name: e.path.slice('sics/'.length), bytes: e.bytes as Uint8Array }));
    expect(runPvebc(files, '/boot/sics')).toMatchObject({ exitCode: 0 });
    // the order of the list is the order of submission, by the tags of the files
    const tags = Buffer.from(entries.find((e) => e.path === 'sics/toc.pol')?.bytes as Uint8Array)
      .toString()
      .trim()
      .split('\n');
    const tagOf = (name: string) =>
      hex((entries.find((e) => e.path === `sics/${name}.asr`)?.bytes ?? new Uint8Array(0)).slice(-16));
    expect(tags).toEqual(['cck', 'rfs-luks-key', 'luks-rfs-passphrase', 'report-key'].map(tagOf));
  });

  it('once more in the same place: no stale tag is left', () => {
    // pvattest replaces them; our own program in its place does not
    for (const old of ['attestation.key', 'bundle/sics/attest/request.bin']) rmSync(at('first', old));
    const r = shell(untilCheck(input()), 'first');
    expect(r.status).toBe(0);
    const toc = made('first').find((e) => e.path === 'sics/toc.pol')?.bytes as Uint8Array;
    expect(Buffer.from(toc).toString().trim().split('\n').length).toBe(4);
  });

  it('keep what is secret to its owner', () => {
    for (const name of ['extension.secret', 'attestation.key']) expect(statSync(at('first', name)).mode & 0o077).toBe(0);
    expect(statSync(at('first', 'extension.secret')).size).toBe(32);
  });

  it('names with spaces, quotes, commas and dollars are one word each', () => {
    const odd = ["it's a $HOME, `really`.crt", '-k.crt'];
    for (const [i, name] of odd.entries()) cpSync(at(T, 'host-keys', `${['alpha', 'beta'][i]}.crt`), at(T, 'host-keys', name));
    const r = shell(untilCheck(input({ hostKeys: odd.map((n) => `${T}/host-keys/${n}`) })), 'odd');
    expect(r.stderr.replace(/^selwright: .*$/gm, '').trim()).toBe('');
    expect(r.status).toBe(0);
    expect(checkBundle({ entries: made('odd') }).filter((f) => f.severity === 'error')).toEqual([]);
  });

  it('without certificates they say --no-verify, and with disable-host-dump the flag stands on toc.asr', () => {
    const policy = { ...input().policy, dump: { 'cck-update': 'required' as const, 'disable-host-dump': true } };
    const r = shell(
      untilCheck(input({ policy, hostKeys: [`${T}/host-keys/beta.crt`], certs: [], crls: [], rootCa: undefined })),
      'bare',
    );
    expect(r.status).toBe(0);
    const calls = readFileSync(at('bare', 'calls'), 'utf8').trim().split('\n');
    const creates = calls.filter((c) => c.startsWith('pvsecret create'));
    expect(creates.length).toBe(5);
    for (const c of creates) expect(c).toContain('--no-verify');
    expect(creates.filter((c) => c.includes('--flags disable-dump'))).toEqual([creates.at(-1)]);
    expect(creates.at(-1)).toMatch(/-o toc\.asr --policy toc\.pol --flags disable-dump meta$/);
  });

  it('every kind of secret has its spelling', () => {
    const base = input().policy;
    const more = template('hsm-guest').secrets.filter((s) => s.purpose === 'hsm-association');
    const ec = {
      ...(template('web-server').secrets.find((s) => s.purpose === 'tls-service-key') as (typeof base.secrets)[0]),
      name: 'an-ec-key',
      type: 'ec' as const,
    };
    const hmac = {
      ...(base.secrets.find((s) => s.purpose === 'report-authentication') as (typeof base.secrets)[0]),
      name: 'a-hmac',
      type: 'hmac' as const,
    };
    const policy = {
      ...base,
      secrets: [...base.secrets.filter((s) => s.purpose !== 'report-authentication'), ...more, ec, hmac],
    };
    writeFileSync(at(T, 'values', 'hsm-binding'), new Uint8Array(32).fill(5));
    writeFileSync(at(T, 'values', 'a-hmac'), new Uint8Array(64).fill(6));
    const key = spawnSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']);
    writeFileSync(at(T, 'values', 'an-ec-key'), key.stdout);
    const r = shell(untilCheck(input({ policy, hostKeys: [`${T}/host-keys/alpha.crt`] })), 'kinds');
    expect(r.stderr.replace(/^selwright: .*$/gm, '').trim()).toBe('');
    expect(r.status).toBe(0);
    expect(checkBundle({ entries: made('kinds') }).filter((f) => f.severity === 'error' && f.rule < 'B15')).toEqual([]);
    expect(readdirSync(at('kinds', 'bundle/sics'))).toEqual(
      expect.arrayContaining(['hsm-binding.asr', 'an-ec-key.asr', 'a-hmac.asr']),
    );
  });

  it('what comes after the guest is spelled as pvattest takes it: the options are known, the files are missing', () => {
    const verify = referenceCommands(input()).find((p) => p.id === 'verify')?.lines ?? [];
    const first = shell(['work=$PWD', 'cd bundle/sics', ...verify], 'first');
    expect(first.status).not.toBe(0);
    expect(first.stderr).not.toMatch(/unknown option|missing required/);
    expect(first.stderr).toContain('response.bin');
    const checkAlone = verify.slice(1).join('\n').trim();
    const second = shell(['work=$PWD', 'cd bundle/sics', checkAlone], 'first');
    expect(second.stderr).not.toMatch(/unknown option/);
  });
});

describe('the command', () => {
  it('shows the same text, and as parts in JSON', () => {
    const args = ['commands', '--policy', `${T}/policy.yaml`, '--values', `${T}/values`, '--hdr', `${T}/image/selhdr.bin`];
    const hosts = ['-k', `${T}/host-keys/alpha.crt`, '--no-verify'];
    const r = run([...args, ...hosts]);
    expect(r.code).toBe(0);
    expect(r.out).toContain('pvebc --dry-run --toc ./toc.asr');
    const { parts } = json(run([...args, ...hosts, '--json']));
    expect(parts.map((p: { id: string }) => p.id)).toEqual(['prepare', 'requests', 'attestation', 'check', 'verify', 'disk']);
    expect(r.out.trimEnd()).toBe(commandsText(parts).trimEnd());
    expect(run(args).code).toBe(2);
  });

  it('holds no value', () => {
    const all = commandsText(referenceCommands(input()));
    for (const name of readdirSync(at(T, 'values')).filter((n) => statSync(at(T, 'values', n)).isFile())) {
      const value = readFileSync(at(T, 'values', name));
      for (const form of ['latin1', 'hex', 'base64'] as const) expect(all).not.toContain(value.toString(form).slice(0, 16));
    }
  });
});

describe('the disk', () => {
  const part = () => referenceCommands(input()).find((p) => p.id === 'disk');
  const haveCryptsetup = spawnSync('cryptsetup', ['--version']).error === undefined;

  it('is said to be reasoned, and does nothing without a device', () => {
    expect(part()?.basis).toBe('reasoned');
    const r = shell(part()?.lines ?? [], 'disk');
    expect(r.status).not.toBe(0);
    expect(r.stderr).toContain('set device to');
  });

  it('writes the very token of the spec page', () => {
    const printf = part()?.lines.find((l) => l.startsWith('printf')) ?? '';
    const r = spawnSync('sh', ['-c', printf.replace(/ > .*$/, '')]);
    const token = hex(new Uint8Array(r.stdout));
    expect(token.length).toBe(88);
    expect(token).toBe('000000000900000000080000e5d942e791497084f2cc3888b7d70303f76abda459c4bb4db9ae464e480b74e5');
  });

  itWith(haveCryptsetup, 'cryptsetup', 'has options that cryptsetup knows', () => {
    const help = spawnSync('cryptsetup', ['--help'], { encoding: 'utf8' }).stdout;
    const options = new Set((part()?.lines ?? []).join('\n').match(/--[a-z0-9-]+/g));
    expect(options.size).toBeGreaterThan(10);
    for (const o of options) expect(help, o).toMatch(new RegExp(`${o}\\b`));
  });

  itWith(haveCryptsetup, 'cryptsetup', 'reads the areas of a real header as the lines do', () => {
    writeFileSync(at('luks.img'), new Uint8Array(20 * 1024 * 1024));
    writeFileSync(at('pass'), 'a passphrase');
    const format = ['luksFormat', '--type', 'luks2', '--batch-mode', '--pbkdf-force-iterations', '4', '--pbkdf-memory', '32'];
    const made_ = spawnSync('cryptsetup', [...format, '--key-file', at('pass'), at('luks.img')]);
    expect(made_.status, String(made_.stderr)).toBe(0);
    const lines = (part()?.lines ?? []).filter((l) => /^(sector|metadata|keyslots)=/.test(l));
    expect(lines.length).toBe(3);
    const r = spawnSync('sh', ['-c', `device=${at('luks.img')}\n${lines.join('\n')}\necho "$sector $metadata $keyslots"`]);
    const [sector, metadata, keyslots] = r.stdout.toString().trim().split(' ').map(Number);
    expect([512, 4096]).toContain(sector);
    expect(metadata).toBe(16_384);
    expect(keyslots).toBe(16_744_448);
  });
});

describe('words of the shell', () => {
  it('come out of the shell as they went in', () => {
    const odd = ["it's", '$(x)', '`x`', 'a b', '*', '~', '\\', '"', '!x', '#x', 'ä', '-n', '', '&&', ';', '|', '>x'];
    const r = spawnSync('sh', ['-c', `for w in ${odd.map(shellWord).join(' ')}; do printf '%s\\0' "$w"; done`]);
    expect(r.stdout.toString().split('\0').slice(0, -1)).toEqual(odd);
  });
  it('control characters are refused: a terminal would obey them', () => {
    expect(codeOf(() => shellWord('a\u001b[2Jb'))).toBe('bad-name');
    expect(codeOf(() => shellWord('a\nb'))).toBe('bad-name');
  });
  it('no host key, and no CCK where it is needed, are said', () => {
    expect(codeOf(() => referenceCommands(input({ hostKeys: [] })))).toBe('no-host-key');
    const policy = { ...input().policy, 'extension-secret': 'cck-derived' as const };
    expect(codeOf(() => referenceCommands(input({ policy })))).toBe('missing-value');
    expect(commandsText(referenceCommands(input({ policy, cck: 'cck.bin' })))).toContain('--cck "$work"/cck.bin');
  });
});
