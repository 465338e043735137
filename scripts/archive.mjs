/**
 * Makes one archive with everything for a desk without a network: built program, Debian package, documentation, list of contents and
 * licences; and beside it the file with its checksum. The same commit gives the same bytes.
 * Usage: node scripts/archive.mjs [DIST [OUT]]; dist and dist/packages unless given.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDeb } from './deb.mjs';
import { writeSbom } from './sbom.mjs';
import { epoch, filesBelow, put, putProgram, ROOT, run, settle, sha256, VERSION, write } from './tree.mjs';

const STARTERS = {
  selwright: '#!/bin/sh\nexec node "$(dirname "$(readlink -f "$0")")/program/cli/selwright.mjs" "$@"\n',
  'selwright-window': '#!/bin/sh\nulimit -c 0\nexec node "$(dirname "$(readlink -f "$0")")/program/main/window.mjs" "$@"\n',
};

/** @returns paths of the archive and of its checksum file */
export const makeArchive = (dist, out) => {
  const seconds = epoch();
  const name = `selwright-${VERSION}-air-gap`;
  const place = mkdtempSync(join(tmpdir(), 'selwright-archive-'));
  const root = join(place, name);
  try {
    putProgram(dist, join(root, 'program'));
    for (const [file, text] of Object.entries(STARTERS)) write(join(root, file), text, 0o755);
    makeDeb(dist, root);
    put(join(ROOT, 'README.md'), join(root, 'README.md'));
    put(join(ROOT, 'LICENSE'), join(root, 'LICENSE'));
    for (const page of filesBelow(join(ROOT, 'docs'))) put(join(ROOT, 'docs', page), join(root, 'docs', page));
    writeSbom(dist, root);
    const sums = filesBelow(root).map((f) => `${sha256(join(root, f))}  ${f}\n`);
    write(join(root, 'SHA256SUMS'), sums.join(''));
    settle(root, seconds);
    mkdirSync(out, { recursive: true });
    const archive = join(out, `${name}.tar.xz`);
    const tar = ['--sort=name', `--mtime=@${seconds}`, '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];
    run('tar', [...tar, '--use-compress-program=xz -T1 -6', '-cf', archive, '-C', place, name]);
    const sum = `${archive}.sha256`;
    write(sum, `${sha256(archive)}  ${basename(archive)}\n`);
    return { archive, sum };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
};

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [dist = join(ROOT, 'dist'), out = join(ROOT, 'dist', 'packages')] = process.argv.slice(2).map((p) => resolve(p));
  const { archive, sum } = makeArchive(dist, out);
  console.log(`${archive}: ${readFileSync(archive).length} bytes\n${readFileSync(sum, 'utf8').trim()}`);
}
