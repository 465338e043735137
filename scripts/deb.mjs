/**
 * Makes the Debian package of the Chromium edition from a build. The same commit gives the same bytes.
 * Usage: node scripts/deb.mjs [DIST [OUT]]; dist and dist/packages unless given.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { librariesOf, sbomText, thirdPartyText } from './sbom.mjs';
import { epoch, filesBelow, put, putProgram, ROOT, run, settle, sizeOf, VERSION, write } from './tree.mjs';

const DOCS = ['security.md', 'air-gap.md', 'install.md', 'formats.md', 'project-file.md'];

const control = (bytes) => `Package: selwright
Version: ${VERSION}
Section: utils
Priority: optional
Architecture: all
Maintainer: Selwright maintainers <selwright@localhost>
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: nodejs (>= 20.19), chromium | chromium-browser | google-chrome-stable
Recommends: chromium-sandbox, shared-mime-info, desktop-file-utils
Suggests: zenity
Description: personalize a generic IBM Secure Execution guest, offline
 Makes add-secret requests for a generic IBM Secure Execution for Linux image,
 hands them over as a bundle, rehearses the boot on a simulator and judges the
 retrieval report of the guest. In a window or on the command line.
 .
 The window runs in an installed Chromium. Nothing ever makes a network
 connection, and nothing updates itself.
`;

const copyright = () => `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Selwright

Files: *
License: Apache-2.0

Files: usr/lib/selwright/*
Comment: contains parts of other libraries; their licences are in THIRD-PARTY.txt
License: Apache-2.0

License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.
`;

/** Everything that gets installed. @param {string} dist @param {string} root stands for / */
export const stageDeb = (dist, root) => {
  const packaging = join(ROOT, 'packaging');
  const share = join(root, 'usr', 'share');
  putProgram(dist, join(root, 'usr', 'lib', 'selwright'));
  mkdirSync(join(root, 'usr', 'bin'), { recursive: true });
  symlinkSync('../lib/selwright/cli/selwright.mjs', join(root, 'usr', 'bin', 'selwright'));
  put(join(packaging, 'selwright-window.sh'), join(root, 'usr', 'bin', 'selwright-window'), 0o755);
  put(join(packaging, 'selwright.desktop'), join(share, 'applications', 'selwright.desktop'));
  put(join(packaging, 'selwright.xml'), join(share, 'mime', 'packages', 'selwright.xml'));
  for (const icon of filesBelow(join(packaging, 'icons'))) {
    const size = icon.endsWith('.svg') ? 'scalable' : icon.replace('.png', '');
    const name = icon.endsWith('.svg') ? 'selwright.svg' : 'selwright.png';
    put(join(packaging, 'icons', icon), join(share, 'icons', 'hicolor', size, 'apps', name));
  }
  const doc = join(share, 'doc', 'selwright');
  put(join(ROOT, 'README.md'), join(doc, 'README.md'));
  for (const page of DOCS) put(join(ROOT, 'docs', page), join(doc, page));
  const libraries = librariesOf(dist);
  write(join(doc, 'THIRD-PARTY.txt'), thirdPartyText(libraries));
  write(join(doc, 'sbom.cdx.json'), sbomText(libraries));
  write(join(doc, 'copyright'), copyright());
};

/** @returns the package's path */
export const makeDeb = (dist, out) => {
  const seconds = epoch();
  const root = mkdtempSync(join(tmpdir(), 'selwright-deb-'));
  try {
    stageDeb(dist, root);
    write(join(root, 'DEBIAN', 'control'), control(sizeOf(root)));
    settle(root, seconds);
    mkdirSync(out, { recursive: true });
    const file = join(out, `selwright_${VERSION}_all.deb`);
    // one thread: how the work is shared out would show in the bytes
    run('dpkg-deb', ['--root-owner-group', '-Zxz', '--threads-max=1', '--build', root, file], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(seconds) },
    });
    return file;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [dist = join(ROOT, 'dist'), out = join(ROOT, 'dist', 'packages')] = process.argv.slice(2).map((p) => resolve(p));
  const file = makeDeb(dist, out);
  console.log(`${file}: ${readFileSync(file).length} bytes`);
}
