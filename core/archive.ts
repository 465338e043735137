/**
 * A zip opened into its files, with a limit on everything: how large it is, how many files it has, how large each is and all of
 * them together. Nothing is written anywhere: names are for showing only. Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 to 4.3.16.
 */
import { Inflate } from 'fflate';
import type { Bytes } from './bytes.ts';
import { type ErrorCode, type Facts, fail, SelError } from './errors.ts';
import { shown } from './shown.ts';

/** Largest archive, in bytes. */
export const ARCHIVE_MAX = 64 * 1024 * 1024;
/** Largest file that is unpacked, in bytes. */
export const ARCHIVE_FILE_MAX = 10 * 1024 * 1024;
/** All files together, unpacked, in bytes. */
export const UNPACKED_MAX = 64 * 1024 * 1024;
/** Most entries of an archive, directories included. */
export const ARCHIVE_FILES_MAX = 4000;

/** A file of an archive: what is in it, or why it was not unpacked. */
export interface ArchiveFile {
  /** without its folders; numbered when the archive has that name more than once */
  readonly name: string;
  readonly bytes?: Bytes;
  readonly error?: SelError;
}

const F = 'zip archive';
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** Bytes of the fixed part of each record. */
const SIZE = { local: 30, central: 46, end: 22 } as const;
const COMMENT_MAX = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 0x0001;
/** Kind of file in the upper half of the external attributes, as Unix has it. */
const KIND = 0xf000;
const SYMLINK = 0xa000;

/** A record of the central directory. */
interface Entry {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly mode: number;
  readonly offset: number;
  /** bytes of the name */
  readonly rawName: Bytes;
}

/** True for what begins as a zip: with a file, or empty. */
export const isArchive = (bytes: Bytes): boolean => {
  if (bytes.length < SIZE.end) return false;
  const start = viewOf(bytes).getUint32(0, true);
  return start === LOCAL || start === END;
};

const viewOf = (bytes: Bytes): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The end record: the last one whose comment reaches to the very end. */
const findEnd = (view: DataView): number => {
  const lowest = Math.max(0, view.byteLength - SIZE.end - COMMENT_MAX);
  for (let at = view.byteLength - SIZE.end; at >= lowest; at--)
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === view.byteLength - at - SIZE.end) return at;
  return fail('too-short', F, 'no end record', 'a whole archive');
};

/** The central directory. @throws too-short, too-long, bad-encoding, bad-value */
const readDirectory = (bytes: Bytes, view: DataView): { entries: Entry[]; end: number } => {
  const at = findEnd(view);
  const count = view.getUint16(at + 10, true);
  const size = view.getUint32(at + 12, true);
  const start = view.getUint32(at + 16, true);
  if (view.getUint32(at + 4, true) !== 0 || view.getUint16(at + 8, true) !== count)
    fail('bad-value', F, 'a part of an archive in several parts', 'a whole archive');
  if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) fail('bad-value', F, 'a zip64 archive', 'a plain zip');
  if (count > ARCHIVE_FILES_MAX) fail('too-long', F, `${count} files`, `at most ${ARCHIVE_FILES_MAX} files`);
  if (start + size !== at) fail('bad-encoding', F, 'a directory that is not where it should be', 'a zip');
  const entries: Entry[] = [];
  let next = start;
  for (let i = 0; i < count; i++) {
    if (next + SIZE.central > at || view.getUint32(next, true) !== CENTRAL)
      fail('bad-encoding', F, 'a broken directory', 'a zip');
    const nameEnd = next + SIZE.central + view.getUint16(next + 28, true);
    const end = nameEnd + view.getUint16(next + 30, true) + view.getUint16(next + 32, true);
    if (end > at) fail('bad-encoding', F, 'a broken directory', 'a zip');
    entries.push({
      flags: view.getUint16(next + 8, true),
      method: view.getUint16(next + 10, true),
      crc: view.getUint32(next + 16, true),
      packed: view.getUint32(next + 20, true),
      size: view.getUint32(next + 24, true),
      mode: view.getUint16(next + 40, true),
      offset: view.getUint32(next + 42, true),
      rawName: bytes.subarray(next + SIZE.central, nameEnd),
    });
    next = end;
  }
  if (next !== at) fail('bad-encoding', F, 'a directory that goes on behind its end', 'a zip');
  return { entries, end: start };
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

const textOf = (raw: Bytes): string => {
  try {
    return utf8.decode(raw);
  } catch {
    return String.fromCharCode(...raw);
  }
};

const NAME_MAX = 128;

/** The last part of a path. */
const shortName = (path: string): string => shown(path.split(/[/\\]/).at(-1) ?? '', NAME_MAX);

/** Directories, and what macOS puts beside every file. */
const isNoFile = (path: string): boolean => /[/\\]$/.test(path) || path === '' || path.startsWith('__MACOSX/');

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

export const crc32 = (bytes: Bytes): number => {
  let c = 0xffffffff;
  for (const b of bytes) c = (c >>> 8) ^ (CRC_TABLE[(c ^ b) & 0xff] as number);
  return (c ^ 0xffffffff) >>> 0;
};

/** Packed bytes that are handed on at a time: what comes of them is at most a thousand times as much. */
const STEP = 2048;

/** Unpacks up to `size` bytes and stops at the first one over. @throws bad-encoding, bad-value */
const inflate = (packed: Bytes, size: number): Bytes => {
  const out = new Uint8Array(size);
  let have = 0;
  const stream = new Inflate((chunk) => {
    if (have + chunk.length > size) fail('bad-value', F, 'a file larger than it says', `${size} bytes`);
    out.set(chunk, have);
    have += chunk.length;
  });
  try {
    for (let at = 0; at < packed.length || at === 0; at += STEP)
      stream.push(packed.subarray(at, at + STEP), at + STEP >= packed.length);
  } catch (e) {
    if (e instanceof SelError) throw e;
    return fail('bad-encoding', F, 'broken compression', 'deflate');
  }
  return have === size ? out : fail('bad-value', F, `${have} bytes`, `${size} bytes`);
};

/** Where the packed bytes of an entry are. @throws bad-encoding */
const packedBytes = (bytes: Bytes, view: DataView, e: Entry, limit: number): Bytes => {
  const bad = (): never => fail('bad-encoding', F, 'a file that is not where it should be', 'a zip');
  if (e.offset + SIZE.local > limit || view.getUint32(e.offset, true) !== LOCAL) bad();
  const start = e.offset + SIZE.local + view.getUint16(e.offset + 26, true) + view.getUint16(e.offset + 28, true);
  if (start + e.packed > limit) bad();
  return bytes.subarray(start, start + e.packed);
};

/** Why an entry is not unpacked, known before it is touched. */
const obstacle = (e: Entry): readonly [ErrorCode, string, string] | undefined => {
  if (e.flags & ENCRYPTED) return ['bad-value', 'an encrypted file', 'a file without a password'];
  if ((e.mode & KIND) === SYMLINK) return ['bad-value', 'a link', 'a file'];
  if (e.method !== STORED && e.method !== DEFLATED) return ['bad-value', `compression method ${e.method}`, 'deflate or none'];
  if (e.size > ARCHIVE_FILE_MAX) return ['too-long', `${e.size} bytes`, `at most ${ARCHIVE_FILE_MAX} bytes`];
  return undefined;
};

const unpack = (bytes: Bytes, view: DataView, e: Entry, limit: number): Bytes => {
  const packed = packedBytes(bytes, view, e, limit);
  if (e.method === STORED && e.packed !== e.size) fail('bad-value', F, `${e.packed} bytes`, `${e.size} bytes`);
  const out = e.method === STORED ? packed.slice() : inflate(packed, e.size);
  return crc32(out) === e.crc ? out : fail('bad-value', F, 'a checksum that does not fit', 'the content it was made of');
};

/** An entry of an archive under its whole path: what is in it, or why it was not unpacked. */
export interface ArchiveEntry {
  /** as the archive has it: may be anything, and must not be used as a place on a disk unlooked at */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly bytes?: Bytes;
  readonly error?: { readonly code: ErrorCode; readonly facts: Omit<Facts, 'file'> };
}

const IN_ARCHIVE = 'file in a zip archive';

const openEntry = (bytes: Bytes, view: DataView, e: Entry, limit: number): Pick<ArchiveEntry, 'bytes' | 'error'> => {
  const stop = obstacle(e);
  if (stop) return { error: { code: stop[0], facts: { field: IN_ARCHIVE, found: stop[1], expected: stop[2] } } };
  try {
    return { bytes: unpack(bytes, view, e, limit) };
  } catch (x) {
    if (x instanceof SelError) return { error: { code: x.code, facts: x.facts } };
    throw x;
  }
};

/**
 * Everything in a zip, in its order. What cannot be unpacked has an error instead of content; the others are not affected.
 * @throws not-recognised; too-long for too large an archive, too many files, or too much content; too-short, bad-encoding,
 * bad-value for a broken or unusual archive
 */
export const openEntries = (bytes: Bytes): ArchiveEntry[] => {
  if (!isArchive(bytes)) fail('not-recognised', F, 'something else', 'a zip');
  if (bytes.length > ARCHIVE_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${ARCHIVE_MAX} bytes`);
  const view = viewOf(bytes);
  const { entries, end } = readDirectory(bytes, view);
  const files = entries.map((e) => ({ e, path: textOf(e.rawName) }));
  const total = files.reduce((sum, { e, path }) => sum + (isNoFile(path) || obstacle(e) ? 0 : e.size), 0);
  if (total > UNPACKED_MAX) fail('too-long', `${F}, unpacked`, `${total} bytes`, `at most ${UNPACKED_MAX} bytes`);
  return files.map(({ e, path }) => {
    if (isNoFile(path)) return { path, kind: 'directory' };
    const kind = (e.mode & KIND) === SYMLINK ? 'symlink' : 'file';
    return { path, kind, ...openEntry(bytes, view, e, end) };
  });
};

/**
 * The files of a zip by their names alone. One that cannot be unpacked has an error instead of content.
 * @throws everything of {@link openEntries}
 */
export const openArchive = (bytes: Bytes): ArchiveFile[] => {
  const used = new Map<string, number>();
  return openEntries(bytes).flatMap(({ path, kind, bytes: content, error }): ArchiveFile[] => {
    if (kind === 'directory') return [];
    const plain = shortName(path);
    const times = (used.get(plain) ?? 0) + 1;
    used.set(plain, times);
    const name = times === 1 ? plain : `${plain} (${times})`;
    if (error) return [{ name, error: new SelError(error.code, { ...error.facts, file: name }) }];
    return [{ name, ...(content ? { bytes: content } : {}) }];
  });
};
