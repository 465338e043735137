/** Bundles as tar and zip: the same bytes each time, read by the real tools, read back whole, and hostile archives refused. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join as path } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import { ARCHIVE_FILES_MAX } from '../../core/archive.ts';
import { type BundleEntry, checkBundle } from '../../core/bundle/check.ts';
import { hex, utf8 } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import { hasErrors } from '../../core/findings.ts';
import { type PackedEntry, packedFiles } from '../../core/packing/entries.ts';
import { PACKINGS, packBundle, packedName, readPacked } from '../../core/packing/pack.ts';
import { readTar, writeTar } from '../../core/packing/tar.ts';
import { writeZip } from '../../core/packing/zip.ts';
import { codeOf } from '../support/errors.ts';
import { itWith, run } from '../support/programs.ts';
import { entriesOf, header, makeBundle } from '../support/tenant.ts';
import { scratch } from '../support/webtenant.ts';

const dir = scratch();
afterAll(dir.remove);
const bundle = makeBundle('packing');
const have = (program: string): boolean => {
  try {
    run(program, ['--version']);
    return true;
  } catch {
    return false;
  }
};
const haveTar = have('tar');
const haveUnzip = (() => {
  try {
    run('unzip', ['-v']);
    return true;
  } catch {
    return false;
  }
})();

const packed = (p: (typeof PACKINGS)[number]): Uint8Array => packBundle(bundle.files, bundle.expected.bundle, p);
/** Paths and contents, without directories. */
const contents = (entries: readonly BundleEntry[]): Map<string, string> =>
  new Map(entries.filter((e) => e.kind === 'file').map((e) => [e.path, hex(e.bytes as Uint8Array)]));
const original = contents(entriesOf(bundle));
const sorted = (m: Map<string, string>): [string, string][] => [...m].sort(([a], [b]) => (a < b ? -1 : 1));

/** Files below a directory of the disk. */
const onDisk = (root: string): Map<string, string> => {
  const out = new Map<string, string>();
  const walk = (below: string): void => {
    for (const name of readdirSync(path(root, below))) {
      const p = below === '' ? name : `${below}/${name}`;
      if (statSync(path(root, p)).isDirectory()) walk(p);
      else out.set(p, hex(new Uint8Array(readFileSync(path(root, p)))));
    }
  };
  walk('');
  return out;
};

describe.each(PACKINGS)('%s', (packing) => {
  it('is the same bytes whatever the order of the files, the time and the zone', () => {
    const first = hex(packed(packing));
    const zone = process.env.TZ;
    try {
      for (const tz of ['Pacific/Kiritimati', 'America/Los_Angeles', 'UTC']) {
        process.env.TZ = tz;
        expect(hex(packBundle([...bundle.files].reverse(), bundle.expected.bundle, packing))).toBe(first);
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('is read back whole, with the directories the files stand in', () => {
    const back = readPacked(packed(packing));
    expect(sorted(contents(back))).toEqual(sorted(original));
    expect(back.filter((e) => e.kind === 'directory').map((e) => e.path)).toEqual([
      'meta',
      'meta/secrets',
      'sics',
      'sics/attest',
    ]);
    const findings = checkBundle({ entries: back, header: undefined, expected: bundle.expected });
    expect(hasErrors(findings)).toBe(false);
    expect(header.length).toBeGreaterThan(0);
  });

  it('a changed byte of a request is found by the check of the bundle, or the archive is refused', () => {
    const whole = packed(packing);
    for (let at = 600; at < whole.length; at += 4099) {
      const changed = whole.map((b, i) => (i === at ? b ^ 1 : b));
      let entries: BundleEntry[];
      try {
        entries = readPacked(changed);
      } catch (e) {
        expect(e).toBeInstanceOf(SelError);
        continue;
      }
      // padding between the files belongs to none
      const same = JSON.stringify(sorted(contents(entries))) === JSON.stringify(sorted(original));
      if (!same) expect(hasErrors(checkBundle({ entries, expected: bundle.expected })), `byte ${at}`).toBe(true);
    }
  });

  it('any files: packed and read back, 200 trees', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
    const tree = fc.dictionary(part, fc.uint8Array({ maxLength: 1200 }), { minKeys: 1, maxKeys: 8 });
    fc.assert(
      fc.property(tree, tree, (top, below) => {
        const files = [
          ...Object.entries(top).map(([n, bytes]) => ({ path: `sics/${n}`, bytes })),
          ...Object.entries(below).map(([n, bytes]) => ({ path: `meta/x/${n}`, bytes })),
        ];
        const back = readPacked(packBundle(files, { name: 'n', serial: 1 }, packing));
        expect(sorted(contents(back))).toEqual(sorted(new Map(files.map((f) => [f.path, hex(f.bytes)]))));
      }),
      { numRuns: 200 },
    );
  });
});

describe('tar and the real one', () => {
  itWith(haveTar, 'tar', 'lists what we wrote: sorted, nobody’s, of no time, and unpacks it whole', () => {
    const file = dir.write('b.tar', packed('tar'));
    const lines = run('tar', ['--numeric-owner', '--utc', '-tvf', file]).toString().trim().split('\n');
    for (const line of lines) expect(line).toMatch(/^-rw-r--r-- 0\/0 +\d+ 1970-01-01 00:00 test-01-1\.selbundle\//);
    const names = lines.map((l) => l.split(' ').at(-1) as string);
    expect(names).toEqual([...names].sort());
    mkdirSync(dir.path('out'));
    run('tar', ['-xf', file, '-C', dir.path('out')]);
    expect(sorted(onDisk(dir.path('out', 'test-01-1.selbundle')))).toEqual(sorted(original));
  });

  itWith(haveTar, 'tar', 'is byte for byte what GNU tar makes of the same files, when it is told all our choices', () => {
    const root = dir.path('gnu');
    for (const f of bundle.files) {
      const p = path(root, 'test-01-1.selbundle', f.path);
      mkdirSync(dirname(p), { recursive: true });
      writeFileSync(p, f.bytes, { mode: 0o644 });
    }
    const names = packedFiles(bundle.files, 'test-01-1.selbundle').map((f) => f.path);
    const args = ['--format=ustar', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--mode=0644', '-b', '2'];
    const theirs = new Uint8Array(run('tar', [...args, '-cf', '-', '-C', root, ...names]));
    const ours = packed('tar');
    // GNU tar leaves the numbers of a device empty where we write zeros: those, and the checksum, are all that may differ
    expect(theirs.length).toBe(ours.length);
    expect(readTar(theirs).map((e) => [e.path, hex(e.bytes as Uint8Array)])).toEqual(
      readTar(ours).map((e) => [e.path, hex(e.bytes as Uint8Array)]),
    );
  });

  itWith(haveTar, 'tar', 'what operators make of it is read too: ./ in front, GNU and pax, long names, directories', () => {
    const long = `${'d'.repeat(90)}/${'n'.repeat(60)}.asr`;
    const root = dir.path('mine');
    for (const p of ['sics/toc.asr', `sics/${long}`, 'meta/policy.yaml']) {
      mkdirSync(dirname(path(root, p)), { recursive: true });
      writeFileSync(path(root, p), p);
    }
    for (const format of ['gnu', 'pax', 'ustar', 'oldgnu'])
      for (const what of [['.'], ['sics', 'meta']]) {
        const tar = new Uint8Array(run('tar', [`--format=${format}`, '-cf', '-', '-C', root, ...what]));
        const back = readPacked(tar);
        expect([...contents(back).keys()].sort(), `${format} ${what}`).toEqual(
          ['meta/policy.yaml', 'sics/toc.asr', `sics/${long}`].sort(),
        );
      }
    run('ln', ['-s', 'toc.asr', path(root, 'sics/link.asr')]);
    const linked = readPacked(new Uint8Array(run('tar', ['-cf', '-', '-C', root, '.'])));
    expect(linked.find((e) => e.path === 'sics/link.asr')).toEqual({ path: 'sics/link.asr', kind: 'symlink' });
  });
});

describe('zip and the real one', () => {
  itWith(haveUnzip, 'unzip', 'tests good and unpacks whole', () => {
    const file = dir.write('b.zip', packed('zip'));
    expect(run('unzip', ['-t', file]).toString()).toContain('No errors detected');
    mkdirSync(dir.path('zip-out'));
    run('unzip', ['-q', file, '-d', dir.path('zip-out')]);
    expect(sorted(onDisk(dir.path('zip-out', 'test-01-1.selbundle')))).toEqual(sorted(original));
  });
});

describe('archives nobody should open', () => {
  const tar = (...paths: string[]): Uint8Array => writeTar(paths.map((p) => ({ path: p, bytes: utf8(p) })));
  const zip = (...paths: string[]): Uint8Array => writeZip(paths.map((p) => ({ path: p, bytes: utf8(p) })));
  const bad = ['../x', 'sics/../../x', '/etc/passwd', 'sics//x', 'sics/./x', 'C:/x', 'sics\\x', 'sics/a\nb'];
  it.each(bad)('a path that leads elsewhere is refused: %j', (p) => {
    for (const make of [tar, zip]) {
      expect(codeOf(() => readPacked(make('sics/toc.asr', p)))).toBe('bad-name');
    }
  });
  it('the same path twice, and a file that is a directory too', () => {
    expect(codeOf(() => readPacked(tar('sics/a', 'sics/a')))).toBe('duplicate');
    expect(codeOf(() => readPacked(tar('sics/a', 'sics/a/b')))).toBe('duplicate');
  });
  it('too many files, too large a file, too much in all', () => {
    const many = Array.from({ length: ARCHIVE_FILES_MAX + 1 }, (_, i) => `sics/${i}`);
    expect(codeOf(() => readPacked(tar(...many)))).toBe('too-long');
    const large = { path: 'sics/a', bytes: new Uint8Array(10 * 1024 * 1024 + 1) };
    expect(codeOf(() => readPacked(writeTar([large])))).toBe('too-long');
    const bomb = zipSync({ 'sics/a': [new Uint8Array(10 * 1024 * 1024 + 1), { level: 9 }] });
    expect(codeOf(() => readPacked(bomb))).toBe('too-long');
  });
  it('what is no archive, is compressed, or is cut short', () => {
    expect(codeOf(() => readPacked(new Uint8Array(0)))).toBe('not-recognised');
    expect(codeOf(() => readPacked(utf8('hello')))).toBe('not-recognised');
    expect(codeOf(() => readPacked(new Uint8Array([0x1f, 0x8b, 8, 0])))).toBe('not-recognised');
    const whole = packed('tar');
    for (const at of [512, 700, 1024, whole.length - 1024, whole.length - 1100])
      expect(['too-short', 'bad-value', 'bad-encoding'], `at ${at}`).toContain(codeOf(() => readPacked(whole.slice(0, at))));
  });
  it('any damage is a typed error or an archive, 1,500 times', () => {
    const small = [tar('sics/toc.asr', 'sics/b.pol', 'meta/x'), zip('sics/toc.asr', 'meta/x')];
    fc.assert(
      fc.property(fc.constantFrom(...small), fc.nat(), fc.nat(255), fc.nat(), (whole, at, b, cut) => {
        const changed = whole.map((x, i) => (i === at % whole.length ? b : x)).slice(0, whole.length - (cut % 700));
        codeOf(() => readPacked(changed));
      }),
      { numRuns: 1500 },
    );
  });
  it('a path without room for it is refused when it is written', () => {
    const entry = (p: string): PackedEntry[] => [{ path: p, bytes: new Uint8Array(1) }];
    expect(codeOf(() => writeTar(entry('x'.repeat(101))))).toBe('too-long');
    expect(codeOf(() => writeTar(entry(`${'d'.repeat(156)}/x`)))).toBe('too-long');
    const longest = `${'d'.repeat(155)}/${'x'.repeat(100)}`;
    expect(readTar(writeTar(entry(longest)))[0]?.path).toBe(longest);
  });
});

describe('names', () => {
  it('say which bundle it is', () => {
    expect(packedName({ name: 'web-01', serial: 7 }, 'tar')).toBe('web-01-7.selbundle.tar');
  });
});
