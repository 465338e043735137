/** The boot stage by stage: what each unit lets pass, what it prints, how it ends; and the timeline that can be stepped. */
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import type { BundleEntry } from '../../core/bundle/check.ts';
import { makeReference } from '../../core/bundle/reference.ts';
import { hex, unhex, utf8 } from '../../core/bytes.ts';
import { type BootInput, type BootResult, boot, bootSteps } from '../../core/guestsim/boot.ts';
import { readPaesToken, simulatedDisk, writePaesToken } from '../../core/guestsim/disk.ts';
import { type BootEvent, STAGES } from '../../core/guestsim/events.ts';
import { runPvebc } from '../../core/guestsim/pvebc.ts';
import { findHeader } from '../../core/image/find.ts';
import { buildImage } from '../../core/image/image.ts';
import { hashedId, makeSecret, plainId, type Secret } from '../../core/secret/secret.ts';
import { bootSays } from '../../words/boot.ts';
import { sealRequest } from '../support/cheap.ts';
import { seededEnv } from '../support/env.ts';
import { entriesOf, fileOf, header, hosts, image, makeBundle, values, withFile } from '../support/tenant.ts';

const env = () => seededEnv('boot');
const host = hosts[0];
const entries = entriesOf(makeBundle());
const run = (more: Partial<BootInput> = {}): BootResult => boot({ host, image, entries, ...more }, env());
const stopped = (r: BootResult): BootEvent | undefined => r.events.find((e) => e.outcome === 'failed');
const codes = (r: BootResult): string[] => r.events.map((e) => e.code);

/** A small bundle around given secrets: toc.asr, toc.pol, one request a secret. */
const bundleOf = (secrets: Secret[], tags = findHeader(header).header.image, extra: BundleEntry[] = []): BundleEntry[] => {
  const requests = secrets.map((secret, i) => ({
    path: `sics/s${i}.asr`,
    bytes: sealRequest(host.keys, { image: tags, secret }),
  }));
  const toc = utf8(requests.map((r) => `${hex(r.bytes.slice(-16))}\n`).join(''));
  const userData = { kind: 'unsigned' as const, bytes: makeReference('toc.pol', toc) };
  const meta = makeSecret('meta', new Uint8Array(0), undefined, 'test');
  const all = [
    ...requests,
    { path: 'sics/toc.pol', bytes: toc },
    { path: 'sics/toc.asr', bytes: sealRequest(host.keys, { image: tags, secret: meta, userData }) },
  ];
  return [...all.map((f) => ({ ...f, kind: 'file' as const })), ...extra];
};
const PASSPHRASE = makeSecret('plaintext', utf8('the passphrase'), hashedId('luks-rfs-passphrase'), 'test');
const KEY = makeSecret(
  'aes-xts-256',
  new Uint8Array(64).map((_, i) => i),
  hashedId('rfs-luks-key'),
  'test',
);

describe('stages', () => {
  it('come in their order, each with its unit', () => {
    const r = run();
    const seen = r.events.map((e) => STAGES.indexOf(e.stage));
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(new Set(r.events.map((e) => e.stage))).toEqual(new Set(STAGES));
    for (const e of r.events) if (e.stage !== 'start') expect(e.unit, e.code).toMatch(/\.service$/);
  });
  it('say something in words for every event', () => {
    for (const r of [run(), run({ entries: [] })]) for (const e of r.events) expect(bootSays(e)).toMatch(/^\S.*\.$/);
  });
  it('submit toc.asr before any tag is looked for, and requests only after all tags', () => {
    const order = run()
      .events.filter((e) => e.stage === 'pvebc')
      .map((e) => `${e.code} ${e.subject}`);
    expect(order.slice(0, 3)).toEqual(['submitted toc.asr', 'policy-checked toc.pol', 'tag-matched manifest.asr']);
    expect(order.indexOf('submitted manifest.asr')).toBeGreaterThan(order.lastIndexOf('tag-matched report-key.asr'));
    expect(order.indexOf('policy-checked manifest.pol')).toBe(order.indexOf('submitted manifest.asr') + 1);
  });
});

describe('stepping and replay', () => {
  it('gives event by event what boot gives at once', () => {
    const steps = bootSteps({ host, image, entries }, env());
    const seen: BootEvent[] = [];
    let step = steps.next();
    for (; !step.done; step = steps.next()) seen.push(step.value);
    const whole = run();
    expect(seen).toEqual(whole.events);
    expect(step.value.events).toEqual(whole.events);
    expect(hex(step.value.report as Uint8Array)).toBe(hex(whole.report as Uint8Array));
  });
  it('can be left in the middle: what was submitted by then is in, and nothing more', () => {
    const steps = bootSteps({ host, image, entries }, env());
    for (let n = 0; ; n++) {
      const step = steps.next();
      if (step.done) throw new Error('the boot ended');
      if (step.value.code === 'submitted' && step.value.subject === 'cck.asr') break;
      expect(n).toBeLessThan(30);
    }
    steps.return(undefined as never);
  });
  it('is plain data: written as JSON and read again it is the same timeline', () => {
    const { events } = run();
    expect(JSON.parse(JSON.stringify(events)).map((e: BootEvent) => bootSays(e))).toEqual(events.map(bootSays));
  });
});

describe('the kernel command line of the image', () => {
  const made = (commandLine: string) =>
    buildImage(
      {
        hostKeys: [host.keys.publicKey],
        components: [utf8('kernel'), utf8(commandLine)],
        plaintextFlags: ['no-component-encryption'],
        secretFlags: [],
        cck: new Uint8Array(32),
      },
      env(),
    );
  const start = (commandLine: string): BootResult => {
    const { image, header } = made(commandLine);
    return run({ image, entries: bundleOf([PASSPHRASE, KEY], findHeader(header).header.image) });
  };
  it('must hold rd.sel-ebc: without it every unit is skipped, and nothing is powered off', () => {
    for (const line of ['root=LABEL=root', 'root=LABEL=root rd.sel-ebcx', 'root=LABEL=root xrd.sel-ebc', 'quiet'])
      expect(stopped(start(line)), line).toMatchObject({ stage: 'start', code: 'no-ebc-parameter', action: 'waits' });
  });
  it('may give it a value, and stand anywhere', () => {
    for (const line of ['rd.sel-ebc root=LABEL=root', 'quiet rd.sel-ebc=1 root=/dev/disk/by-label/root', 'root=x\trd.sel-ebc\n'])
      expect(start(line).booted, line).toBe(true);
  });
  it('must name a root: otherwise the units for the disk are skipped', () => {
    expect(stopped(start('rd.sel-ebc'))).toMatchObject({ stage: 'crypttab', code: 'no-root-parameter', action: 'waits' });
  });
  it('is not seen when only the header is given', () => {
    const r = run({ image: header });
    expect(codes(r)[0]).toBe('started-header-only');
    expect(r.booted).toBe(true);
  });
});

describe('mount and copy', () => {
  it('a host that gives no boot partition', () =>
    expect(stopped(run({ entries: [] }))).toMatchObject({
      stage: 'boot-mount',
      code: 'no-boot-partition',
      exitCode: 1,
      action: 'poweroff-immediate',
    }));
  it('a boot partition without sics: whether that powers off is unsure', () =>
    expect(stopped(run({ entries: [{ path: 'vmlinuz', kind: 'file', bytes: utf8('x') }] }))).toMatchObject({
      code: 'no-sics-directory',
      action: 'unsure',
    }));
  it('no toc.asr: exit 1 after the copy', () => {
    const e = stopped(run({ entries: withFile(entries, 'sics/toc.asr') }));
    expect(e).toMatchObject({ stage: 'copy', code: 'no-toc', exitCode: 1 });
    expect(e?.console?.at(-1)).toBe('Error: /run/sel-ebc/toc.asr does not exist after copy');
  });
  it('copies regular files at the top that end in .asr and .pol, and no others', () => {
    const bytes = utf8('x');
    const more: BundleEntry[] = [
      { path: 'sics/sub/deep.asr', kind: 'file', bytes },
      { path: 'sics/link.pol', kind: 'symlink' },
      { path: 'sics/dir.asr', kind: 'directory' },
      { path: 'sics/.hidden.asr', kind: 'file', bytes },
      { path: 'sics/LOUD.ASR', kind: 'file', bytes },
      { path: 'sics/notes.txt', kind: 'file', bytes },
      { path: 'meta/other.asr', kind: 'file', bytes },
    ];
    const r = run({ entries: [...entries, ...more] });
    expect(r.events.find((e) => e.code === 'copied')?.detail).toBe('8');
    expect(r.events.filter((e) => e.code === 'not-copied').map((e) => [e.subject, e.detail])).toEqual([
      ['.hidden.asr', 'hidden'],
      ['dir.asr', 'directory'],
      ['link.pol', 'symlink'],
      ['LOUD.ASR', 'capitals'],
    ]);
    expect(r.booted).toBe(true);
  });
});

describe('pvebc to the message', () => {
  const tail = (more: Partial<BootInput>): readonly string[] => stopped(run(more))?.console ?? [];
  it('prints what the tool prints for a good run', () => {
    const bundle = bundleOf([PASSPHRASE, KEY]);
    const { pvebc } = run({ entries: bundle });
    const [a, b] = (pvebc?.steps ?? []).filter((s) => s.what === 'match-tag').map((s) => s.tag);
    const toc = fileOf(bundle, 'sics/toc.pol');
    const hash = hex(sha256(toc));
    expect(pvebc?.console).toEqual([
      'Add-Secret-Request: "/run/sel-ebc/toc.asr"',
      `    Reference: ${hash} toc.pol`,
      'Verify "/run/sel-ebc/toc.pol"',
      `    Referenced: ${hash}`,
      `    Calculated: ${hash}`,
      '',
      'Mac tags in "/run/sel-ebc/toc.pol":',
      `    ${a}    -> /run/sel-ebc/s0.asr`,
      `    ${b}    -> /run/sel-ebc/s1.asr`,
      '',
      'Add-Secret-Request: "/run/sel-ebc/s0.asr"',
      `    Reference: ${'00'.repeat(32)} `,
      'Add-Secret-Request: "/run/sel-ebc/s1.asr"',
      `    Reference: ${'00'.repeat(32)} `,
    ]);
  });
  it('and for a refused request, with the wrapper behind it', () => {
    const broken = bundleOf([PASSPHRASE]);
    const toc = fileOf(broken, 'sics/toc.asr');
    toc[toc.length - 30] = (toc[toc.length - 30] as number) ^ 1;
    expect(tail({ entries: broken })).toEqual([
      'Add-Secret-Request: "/run/sel-ebc/toc.asr"',
      "Error: Ultravisor: 'unable to decrypt the request' (0x0108,0x0000)",
      'pvebc failed with rc=1',
    ]);
  });
  it.each([
    ['no magic', utf8(`other magic${' '.repeat(2000)}`), 'not-a-request', 1],
    ['over 1 MiB', new Uint8Array(0x100001), 'too-large', 1],
    ['shorter than the magic', utf8('asrcb'), 'too-small', 101],
    ['empty', new Uint8Array(0), 'too-small', 101],
  ])('toc.asr: %s', (_, bytes, problem, exitCode) => {
    const e = stopped(run({ entries: withFile(entries, 'sics/toc.asr', bytes) }));
    expect(e).toMatchObject({ stage: 'pvebc', problem, exitCode });
    expect(e?.rc).toBeUndefined();
  });
});

describe('names in a reference', () => {
  const good = bundleOf([PASSPHRASE]);
  const toc = fileOf(good, 'sics/toc.pol');
  const exit = (name: string): number => {
    const request = fileOf(good, 'sics/toc.asr').slice();
    request.fill(0, 536 + 32, 536 + 512);
    request.set(utf8(name), 536 + 32);
    const files = good.map((e) => ({
      name: e.path.slice(5),
      bytes: e.path === 'sics/toc.asr' ? request : (e.bytes as Uint8Array),
    }));
    return runPvebc([...files, { name: 'dir', bytes: toc }], 'sics').exitCode;
  };
  it.each([
    ['toc.pol', 0],
    ['./toc.pol', 0],
    ['.//toc.pol', 0],
    ['\0toc.pol', 0],
    ['toc.pol/', 1],
    ['toc.pol/.', 1],
    ['sub/toc.pol', 1],
    ['.', 1],
    ['toc\0.pol', 1],
    ['\ufefftoc.pol', 1],
    ['toc.pol\ud7ff', 1],
  ])('%j: exit %i', (name, code) => expect(exit(name)).toBe(code));
});

describe('the list of tags', () => {
  const exit = (list: Uint8Array): number => {
    const request = fileOf(bundleOf([PASSPHRASE]), 'sics/toc.asr').slice();
    request.set(makeReference('toc.pol', list), 536);
    const other = new Uint8Array(1100).fill(0);
    other.set(unhex('00112233445566778899aabbccddeeff', 'tag'), 1084);
    return runPvebc(
      [
        { name: 'toc.asr', bytes: request },
        { name: 'toc.pol', bytes: list },
        { name: 'a.asr', bytes: other },
      ],
      'sics',
    ).exitCode;
  };
  const TAG = '00112233445566778899aabbccddeeff';
  it.each([
    ['a tag and LF', `${TAG}\n`, 0],
    ['a tag without LF', TAG, 0],
    ['CR and LF', `${TAG}\r\n`, 0],
    ['nothing', '', 0],
    ['CR alone at the end', `${TAG}\r`, 1],
    ['CR CR LF', `${TAG}\r\r\n`, 1],
    ['a blank line first', `\n${TAG}\n`, 1],
    ['a blank line last', `${TAG}\n\n`, 1],
    ['a comment', `# tags\n${TAG}\n`, 1],
    ['0x in front', `0x${TAG}\n`, 1],
    ['a byte-order mark', `\ufeff${TAG}\n`, 1],
    ['17 bytes', `${TAG}00\n`, 1],
    ['15 bytes', `${TAG.slice(2)}\n`, 1],
  ])('%s: exit %i', (_, text, code) => expect(exit(utf8(text))).toBe(code));
  it('a line that is not UTF-8 is skipped', () => expect(exit(new Uint8Array([0xff, 0x0a, ...utf8(`${TAG}\n`)]))).toBe(0));
});

describe('passphrase and root disk', () => {
  const token = writePaesToken(8, hashedId('rfs-luks-key'));
  const disk = simulatedDisk(utf8('the passphrase'), token, env());
  const bootWith = (secrets: Secret[], more: Partial<BootInput> = {}): BootResult =>
    run({ entries: bundleOf(secrets), disk, ...more });
  it('opens the keyslot, and finds the volume key it names', () => {
    const r = bootWith([PASSPHRASE, KEY]);
    expect(r.booted).toBe(true);
    expect(codes(r)).toContain('disk-opened');
  });
  it('a missing passphrase: pvsecret fails', () =>
    expect(stopped(bootWith([KEY]))).toMatchObject({ stage: 'passphrase', code: 'passphrase-missing', exitCode: 1 }));
  it('an association secret of the name cannot be retrieved', () => {
    const association = makeSecret('association', new Uint8Array(32), hashedId('luks-rfs-passphrase'), 'test');
    expect(stopped(bootWith([association, KEY]))).toMatchObject({
      stage: 'passphrase',
      code: 'passphrase-not-retrievable',
      rc: 0x0111,
    });
  });
  it('a protected key of the name is retrieved, and opens nothing', () => {
    const key = makeSecret('aes-256', new Uint8Array(32), hashedId('luks-rfs-passphrase'), 'test');
    expect(stopped(bootWith([key, KEY]))).toMatchObject({ stage: 'crypttab', code: 'passphrase-wrong-type' });
  });
  it('a secret whose id is the name itself comes first', () => {
    const other = makeSecret('plaintext', utf8('another one'), plainId('luks-rfs-passphrase'), 'test');
    expect(stopped(bootWith([PASSPHRASE, KEY, other]))).toMatchObject({ stage: 'crypttab', code: 'disk-not-opened' });
  });
  it('of two with one id the first is taken', () => {
    const second = makeSecret('plaintext', utf8('another one'), hashedId('luks-rfs-passphrase'), 'test');
    expect(bootWith([PASSPHRASE, KEY, second]).booted).toBe(true);
    expect(stopped(bootWith([second, KEY, PASSPHRASE]))).toMatchObject({ code: 'disk-not-opened' });
  });
  it('a newline at the end is part of the passphrase', () => {
    const newline = makeSecret('plaintext', utf8('the passphrase\n'), hashedId('luks-rfs-passphrase'), 'test');
    expect(stopped(bootWith([newline, KEY]))).toMatchObject({ stage: 'crypttab', code: 'disk-not-opened' });
  });
  it('the volume key must have the id and the size of the token', () => {
    const other = { ...KEY, id: hashedId('another-key') };
    const small = makeSecret(
      'aes-xts-128',
      new Uint8Array(32).map((_, i) => i),
      hashedId('rfs-luks-key'),
      'test',
    );
    for (const key of [other, small])
      expect(stopped(bootWith([PASSPHRASE, key]))).toMatchObject({ stage: 'crypttab', code: 'no-volume-key' });
    expect(stopped(run({ entries: bundleOf([PASSPHRASE]) }))).toMatchObject({ stage: 'crypttab', code: 'no-volume-key' });
  });
  it('a keyslot that holds no token gets no key', () =>
    expect(
      stopped(bootWith([PASSPHRASE, KEY], { disk: simulatedDisk(utf8('the passphrase'), new Uint8Array(64), env()) })),
    ).toMatchObject({ code: 'no-volume-key' }));
  it('plain aes is refused at the last unit', () => {
    const plain = simulatedDisk(utf8('the passphrase'), new Uint8Array(64), env(), 'aes-xts-plain64');
    expect(stopped(bootWith([PASSPHRASE, KEY], { disk: plain }))).toMatchObject({ stage: 'paes', code: 'not-paes' });
  });
});

describe('the PAES token', () => {
  it('is the vector of the spec', () => {
    const id = hashedId('rfs-luks-key');
    expect(hex(writePaesToken(8, id))).toBe(
      '000000000900000000080000e5d942e791497084f2cc3888b7d70303f76abda459c4bb4db9ae464e480b74e5',
    );
    expect(readPaesToken(writePaesToken(7, id))).toEqual({ type: 7, id });
  });
  it('is refused with anything else in it', () => {
    const good = writePaesToken(8, hashedId('x'));
    for (const at of [0, 1, 4, 5, 8, 9]) {
      const bad = good.slice();
      bad[at] = (bad[at] as number) ^ 1;
      if (at === 9) bad[at] = 6;
      expect(() => readPaesToken(bad), `byte ${at}`).toThrow(expect.objectContaining({ code: 'bad-value' }));
    }
    expect(() => readPaesToken(good.slice(1))).toThrow(expect.objectContaining({ code: 'too-short' }));
    expect(() => readPaesToken(new Uint8Array([...good, 0]))).toThrow(expect.objectContaining({ code: 'trailing-bytes' }));
    expect(() => writePaesToken(3, hashedId('x'))).toThrow(expect.objectContaining({ code: 'bad-value' }));
  });
});

it('no value of a secret is in any event or line of console', () => {
  const r = run();
  const said = JSON.stringify([r.events, r.pvebc]);
  for (const v of values.values()) {
    expect(said).not.toContain(hex(v));
    expect(said).not.toContain(Buffer.from(v).toString('base64'));
    expect(said).not.toContain(Buffer.from(v).toString('latin1'));
  }
});
