/** What is shipped: the same bytes twice, exactly what is needed, named library by library, and Electron's fuses blown. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildTree, ROOT, script } from './built.ts';

let trees: [string, string];
const out = mkdtempSync(join(tmpdir(), 'selwright-packages-'));
beforeAll(() => {
  const first = buildTree();
  trees = [first, buildTree(first)];
});
afterAll(() => {
  for (const d of [...(trees ?? []), out]) rmSync(d, { recursive: true, force: true });
});

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const filesOf = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name).slice(directory.length + 1))
    .sort();
const need = (program: string, skip: (why: string) => void): void => {
  if (spawnSync(program, ['--version']).error) skip(`SKIPPED: ${program} is not here`);
};

describe('two builds of one tree, in two places', () => {
  it('give the same program', () => {
    const [a, b] = trees.map((t) => Object.fromEntries(filesOf(join(t, 'dist')).map((f) => [f, sha256(join(t, 'dist', f))])));
    expect(Object.keys(a ?? {}).length).toBeGreaterThan(10);
    expect(b).toEqual(a);
  });
  it('give the same Debian package and the same archive', ({ skip }) => {
    need('dpkg-deb', skip);
    need('xz', skip);
    const made = trees.map((tree, i) => {
      const to = join(out, String(i));
      script(tree, 'archive.mjs', [join(tree, 'dist'), to]);
      script(tree, 'deb.mjs', [join(tree, 'dist'), to]);
      return Object.fromEntries(filesOf(to).map((f) => [f, sha256(join(to, f))]));
    });
    expect(Object.keys(made[0] ?? {})).toHaveLength(3);
    expect(made[1]).toEqual(made[0]);
  });
});

describe('the Debian package', () => {
  const deb = (): string => join(out, '0', filesOf(join(out, '0')).find((f) => f.endsWith('.deb')) as string);
  const field = (name: string): string => spawnSync('dpkg-deb', ['-f', deb(), name], { encoding: 'utf8' }).stdout.trim();
  it('says what it needs', ({ skip }) => {
    need('dpkg-deb', skip);
    expect(field('Depends')).toBe('nodejs (>= 20.19), chromium | chromium-browser | google-chrome-stable');
    expect(field('Architecture')).toBe('all');
    expect(field('Version')).toBe(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version);
  });
  it('belongs to root, runs nothing at installation, and gives nobody more rights', ({ skip }) => {
    need('dpkg-deb', skip);
    const lines = spawnSync('dpkg-deb', ['-c', deb()], { encoding: 'utf8' }).stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(40);
    for (const l of lines) expect(l).toMatch(/^(d|l|-)(rwxr-xr-x|rw-r--r--|rwxrwxrwx) root\/root /);
    expect(lines.filter((l) => l.startsWith('-rwx')).map((l) => l.split(/\s+/)[5])).toEqual([
      './usr/bin/selwright-window',
      './usr/lib/selwright/cli/selwright.mjs',
    ]);
    const parts = join(out, 'control');
    spawnSync('dpkg-deb', ['-e', deb(), parts]);
    expect(readdirSync(parts)).toEqual(['control']);
  });
  it('has no Electron, no sources, no test tool in it', ({ skip }) => {
    need('dpkg-deb', skip);
    const list = spawnSync('dpkg-deb', ['-c', deb()], { encoding: 'utf8' }).stdout;
    expect(list).not.toMatch(/electron\.mjs|preload|\.tsx?\b|vitest|\.map\b/);
    expect(list).toContain('./usr/lib/selwright/renderer/index.html');
    // what makes a fleet runs beside the shell and beside the command line
    expect(list).toContain('./usr/lib/selwright/main/worker.mjs');
    expect(list).toContain('./usr/lib/selwright/main/fleet.mjs');
    expect(list).toContain('./usr/lib/selwright/cli/worker.mjs');
  });
});

describe('the archive', () => {
  it('is what its checksum says, and so is every file in it', ({ skip }) => {
    need('sha256sum', skip);
    const place = join(out, '0');
    const sum = filesOf(place).find((f) => f.endsWith('.sha256')) as string;
    expect(spawnSync('sha256sum', ['-c', sum], { cwd: place }).status).toBe(0);
    const unpacked = join(out, 'unpacked');
    mkdirSync(unpacked);
    expect(spawnSync('tar', ['-xf', join(place, sum.replace('.sha256', '')), '-C', unpacked]).status).toBe(0);
    const root = join(unpacked, readdirSync(unpacked)[0] as string);
    const check = (): number | null => spawnSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: root }).status;
    expect(check()).toBe(0);
    const listed = readFileSync(join(root, 'SHA256SUMS'), 'utf8')
      .trim()
      .split('\n')
      .map((l) => l.slice(66));
    expect(listed).toEqual(filesOf(root).filter((f) => f !== 'SHA256SUMS'));
    for (const f of ['README.md', 'docs/air-gap.md', 'docs/security.md', 'THIRD-PARTY.txt', 'sbom.cdx.json', 'selwright'])
      expect(listed).toContain(f);
    // it runs from where it was unpacked
    const ran = spawnSync(join(root, 'selwright'), ['--version'], { encoding: 'utf8' });
    expect(ran.stdout.trim()).toBe(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version);
    writeFileSync(join(root, 'program', 'cli', 'selwright.mjs'), 'changed');
    expect(check()).toBe(1);
  });
});

describe('the list of contents', () => {
  it('names every library of which something is shipped, as the lock file has it, and no other', () => {
    const [tree] = trees;
    script(tree, 'sbom.mjs');
    const sbom = JSON.parse(readFileSync(join(tree, 'dist', 'sbom.cdx.json'), 'utf8'));
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 });
    expect(sbom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
    const names = sbom.components.map((c: { name: string }) => c.name);
    expect(names).toEqual(
      expect.arrayContaining(['@noble/curves', '@carbon/styles', '@ibm/plex-sans', 'react', 'yaml', 'playwright-core']),
    );
    for (const name of ['electron', 'vitest', 'esbuild', 'typescript', '@playwright/test', 'sass', 'vite'])
      expect(names).not.toContain(name);
    for (const c of sbom.components) {
      expect(lock[`node_modules/${c.name}`]?.version, c.name).toBe(c.version);
      expect(c.hashes?.[0].content, c.name).toMatch(/^[0-9a-f]{128}$/);
    }
    const text = readFileSync(join(tree, 'dist', 'THIRD-PARTY.txt'), 'utf8');
    for (const c of sbom.components) expect(text).toContain(`${c.name} ${c.version}`);
    expect(text).not.toContain('brings no text of its own');
    // the data in libraries has licences of its own, which ask for being named: the words come from OpenSubtitles, under ODC-BY
    for (const file of ['NOTICE.md', 'THIRD_PARTY_LICENSES.md'])
      expect(text).toContain(readFileSync(join(ROOT, 'node_modules/@zxcvbn-ts/language-en', file), 'utf8').trim());
    expect(text).toContain('ODC-BY');
    // no library has such a file that is not in it
    for (const c of sbom.components)
      for (const f of readdirSync(join(ROOT, 'node_modules', c.name)).filter((x) =>
        /licen[cs]e|notice|copying|third.?party/i.test(x),
      ))
        expect(text, `${c.name}: ${f}`).toContain(
          readFileSync(join(ROOT, 'node_modules', c.name, f), 'utf8')
            .replaceAll('\r\n', '\n')
            .trim(),
        );
    // licences that may be shipped with a program under Apache-2.0
    const licences = new Set(
      sbom.components.map(
        (c: { licenses: { license?: { id: string }; expression?: string }[] }) =>
          c.licenses[0]?.license?.id ?? c.licenses[0]?.expression,
      ),
    );
    expect(
      [...licences].filter((l) => !['Apache-2.0', 'MIT', 'ISC', 'OFL-1.1', 'BSD-3-Clause', '0BSD'].includes(l as string)),
    ).toEqual([]);
  });
});

describe('electron-builder.yml', () => {
  const config = parse(readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8'));
  const builder = createRequire(createRequire(join(ROOT, 'package.json')).resolve('electron-builder/package.json'));
  it("is valid by electron-builder's own schema, which refuses what it does not know", () => {
    const library = builder.resolve('app-builder-lib/package.json');
    const schema = JSON.parse(readFileSync(join(library, '..', 'scheme.json'), 'utf8'));
    const Ajv = createRequire(library)('ajv').default ?? createRequire(library)('ajv');
    const ajv = new Ajv({ strict: false, allErrors: true });
    const valid = ajv.compile(schema);
    expect(valid(config), JSON.stringify(valid.errors)).toBe(true);
    expect(valid({ ...config, electronFuses: { ...config.electronFuses, runAsNodes: true } })).toBe(false);
    expect(valid({ ...config, linux: { ...config.linux, targets: [] } })).toBe(false);
  });
  it('makes AppImage, deb, rpm, dmg and nsis, publishes nothing and updates nothing', () => {
    expect([...config.linux.target, ...config.mac.target, ...config.win.target]).toEqual([
      'AppImage',
      'deb',
      'rpm',
      'dmg',
      'nsis',
    ]);
    expect(config.publish).toBeNull();
    const { devDependencies, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect({ ...devDependencies, ...dependencies }).not.toHaveProperty('electron-updater');
  });
  it('packages from a local distribution, with the fuses blown in its binary', async () => {
    const [tree] = trees;
    const distribution = join(out, 'electron');
    mkdirSync(join(distribution, 'locales'), { recursive: true });
    // the mark of Electron's binary, version 1, eight fuses, as Electron ships them
    const wire = Buffer.from('10110001', 'latin1');
    const binary = Buffer.concat([
      Buffer.alloc(500, 1),
      Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
      Buffer.from([1, wire.length]),
      wire,
      Buffer.alloc(500, 2),
    ]);
    writeFileSync(join(distribution, 'electron'), binary);
    chmodSync(join(distribution, 'electron'), 0o755);
    writeFileSync(
      join(distribution, 'version'),
      JSON.parse(readFileSync(join(ROOT, 'node_modules/electron/package.json'), 'utf8')).version,
    );
    for (const f of ['LICENSE', 'LICENSES.chromium.html', 'resources.pak', 'chrome-sandbox', 'locales/en-US.pak'])
      writeFileSync(join(distribution, f), 'stands in');
    script(tree, 'package.mjs', ['--linux', 'dir'], { ELECTRON_OVERRIDE_DIST_PATH: distribution });
    const unpacked = join(tree, 'dist', 'packages', 'linux-unpacked');
    expect(statSync(join(unpacked, 'selwright')).mode & 0o111).not.toBe(0);
    expect(filesOf(unpacked)).toEqual(
      expect.arrayContaining(['resources/app.asar', 'resources/THIRD-PARTY.txt', 'resources/sbom.cdx.json']),
    );
    expect(existsSync(join(unpacked, 'resources', 'app'))).toBe(false);

    const { getCurrentFuseWire, FuseV1Options } = createRequire(builder.resolve('app-builder-lib/package.json'))(
      '@electron/fuses',
    );
    const fuses = await getCurrentFuseWire(join(unpacked, 'selwright'));
    const state = (name: string): string => String.fromCharCode(fuses[FuseV1Options[name]]);
    expect(
      Object.fromEntries(
        [
          'RunAsNode',
          'EnableCookieEncryption',
          'EnableNodeOptionsEnvironmentVariable',
          'EnableNodeCliInspectArguments',
          'EnableEmbeddedAsarIntegrityValidation',
          'OnlyLoadAppFromAsar',
          'LoadBrowserProcessSpecificV8Snapshot',
          'GrantFileProtocolExtraPrivileges',
        ].map((n) => [n, state(n)]),
      ),
    ).toEqual({
      RunAsNode: '0',
      EnableCookieEncryption: '1',
      EnableNodeOptionsEnvironmentVariable: '0',
      EnableNodeCliInspectArguments: '0',
      EnableEmbeddedAsarIntegrityValidation: '1',
      OnlyLoadAppFromAsar: '1',
      LoadBrowserProcessSpecificV8Snapshot: '0',
      GrantFileProtocolExtraPrivileges: '0',
    });
    const { listPackage } = createRequire(builder.resolve('app-builder-lib/package.json'))('@electron/asar');
    const inside = (listPackage(join(unpacked, 'resources', 'app.asar'), { isPack: false }) as string[]).map((f) =>
      f.replaceAll('\\', '/'),
    );
    expect(inside).toEqual(
      expect.arrayContaining([
        '/package.json',
        '/dist/main/electron.mjs',
        '/dist/main/preload.cjs',
        '/dist/main/worker.mjs',
        '/dist/renderer/index.html',
      ]),
    );
    expect(inside.filter((f) => /node_modules|chromium\.mjs|window\.mjs|fleet\.mjs|\.ts$/.test(f))).toEqual([]);
  });
  it('without a distribution it says so and downloads nothing', () => {
    const ran = spawnSync(process.execPath, [join(trees[0], 'scripts', 'package.mjs'), '--linux', 'dir'], {
      encoding: 'utf8',
      env: { ...process.env, SOURCE_DATE_EPOCH: '1', ELECTRON_OVERRIDE_DIST_PATH: '/no/such/place' },
    });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('this script downloads nothing');
  });
});

describe('desktop files', () => {
  const read = (name: string): string => readFileSync(join(ROOT, 'packaging', name), 'utf8');
  it('the desktop entry starts the window, takes a project file, and has an icon and types', () => {
    const [head, ...lines] = read('selwright.desktop').trim().split('\n');
    expect(head).toBe('[Desktop Entry]');
    const entry = Object.fromEntries(lines.map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)]));
    expect(entry).toMatchObject({ Type: 'Application', Exec: 'selwright-window %f', Icon: 'selwright', Terminal: 'false' });
    for (const type of (entry.MimeType as string).split(';').filter(Boolean))
      expect(read('selwright.xml')).toContain(`type="${type}"`);
  });
  it('the types have their patterns; the icons are of the size they say', () => {
    for (const pattern of ['*.selwright', '*.selbundle']) expect(read('selwright.xml')).toContain(`<glob pattern="${pattern}"/>`);
    const pictures = readdirSync(join(ROOT, 'packaging', 'icons')).filter((f) => f.endsWith('.png'));
    expect(pictures.length).toBeGreaterThan(6);
    for (const f of pictures) {
      const png = readFileSync(join(ROOT, 'packaging', 'icons', f));
      expect(f).toBe(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}.png`);
    }
    expect(readFileSync(join(ROOT, 'packaging/icons/selwright.svg'))).toEqual(
      readFileSync(join(ROOT, 'renderer/public/icon.svg')),
    );
  });
  it('the starter of the window forbids core dumps to everything it starts', () => {
    expect(read('selwright-window.sh')).toMatch(/^ulimit -c 0$/m);
    expect(read('selwright-window.sh')).toMatch(/^unset NODE_OPTIONS /m);
    expect(read('selwright-window.sh')).toMatch(/^exec node \/usr\/lib\/selwright\/main\/window\.mjs "\$@"$/m);
  });
});
