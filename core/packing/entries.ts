/** What archives have in common: the files of a bundle under one folder, and what comes out of an archive that anybody made. */
import type { BundleFile } from '../bundle/build.ts';
import type { BundleEntry } from '../bundle/check.ts';
import type { Expected } from '../bundle/expected.ts';
import type { Bytes } from '../bytes.ts';
import { fail } from '../errors.ts';
import { shown } from '../shown.ts';

/** A file that goes into an archive. */
export interface PackedEntry {
  readonly path: string;
  readonly bytes: Bytes;
}

/** Something that came out of one, under the path it has there. */
export interface Unpacked {
  readonly path: string;
  readonly kind: BundleEntry['kind'];
  readonly bytes?: Bytes | undefined;
}

/** Longest path in an archive, in characters. */
export const PATH_MAX = 512;

/** Folder that holds the bundle in an archive, so that unpacking makes one thing. */
export const folderOf = ({ name, serial }: Pick<Expected['bundle'], 'name' | 'serial'>): string => `${name}-${serial}.selbundle`;

const byPath = (a: PackedEntry, b: PackedEntry): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** The files of a bundle under its folder, sorted by path: the order of an archive. */
export const packedFiles = (files: readonly BundleFile[], folder: string): PackedEntry[] =>
  files.map((f) => ({ path: `${folder}/${f.path}`, bytes: f.bytes })).sort(byPath);

const FIELD = 'path in the archive';

/** A path that stays below the folder it is unpacked in: no way up, no root, no drive. @throws bad-name */
const checked = (path: string): string => {
  const bad = (): never => fail('bad-name', FIELD, shown(path, 80), 'a path inside the archive, with / between its parts');
  // other people's archives begin their paths like this
  const parts = path
    .replace(/^(\.\/)+/, '')
    .replace(/\/+$/, '')
    .split('/');
  if (parts.some((p) => p === '' || p === '.' || p === '..' || /[\\:\p{Cc}]/u.test(p))) bad();
  return parts.join('/');
};

/** The one folder everything is in; '' when the bundle's own directories stand at the top. */
const commonFolder = (paths: readonly string[]): string => {
  if (paths.some((p) => p === 'sics' || p.startsWith('sics/'))) return '';
  const folders = new Set(paths.map((p) => p.split('/')[0] as string));
  const [folder] = folders;
  return folders.size === 1 && folder !== undefined && paths.some((p) => p.includes('/')) ? `${folder}/` : '';
};

/** Directories that files stand in although no entry names them. */
const parentsOf = (paths: readonly string[]): string[] => {
  const all = new Set<string>();
  for (const p of paths) for (let at = p.indexOf('/'); at >= 0; at = p.indexOf('/', at + 1)) all.add(p.slice(0, at));
  return [...all];
};

/**
 * What an archive holds, as entries of a bundle: paths made safe, the folder around everything taken off, sorted by path.
 * @throws bad-name for paths that lead elsewhere; duplicate for one that stands there twice
 */
export const bundleEntries = (unpacked: readonly Unpacked[]): BundleEntry[] => {
  const all = unpacked
    // the archive's own top, as "tar c ." writes it
    .filter((e) => !/^(\.\/?)+$/.test(e.path))
    .map((e) => ({ ...e, path: checked(e.path) }));
  const folder = commonFolder(all.map((e) => e.path));
  const inside = all
    .filter((e) => folder === '' || `${e.path}/` !== folder)
    .map((e) => ({ ...e, path: e.path.slice(folder.length) }));
  const seen = new Set<string>();
  for (const e of inside) {
    if (seen.has(e.path) && e.kind !== 'directory') fail('duplicate', FIELD, shown(e.path, 80), 'each path once');
    seen.add(e.path);
  }
  const named = new Map<string, BundleEntry>(
    inside.map((e) => [e.path, { path: e.path, kind: e.kind, ...(e.bytes ? { bytes: e.bytes } : {}) }]),
  );
  for (const path of parentsOf([...named.keys()])) {
    const there = named.get(path);
    if (there && there.kind !== 'directory') fail('duplicate', FIELD, shown(path, 80), 'a file or a directory, not both');
    named.set(path, { path, kind: 'directory' });
  }
  return [...named.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
};
