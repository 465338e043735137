/**
 * Reproducible tar: the same files give the same bytes, whoever packs them and when. Written as plain USTAR; read with what GNU
 * tar, bsdtar and their relatives add to it. Source: POSIX.1-2017, pax, "ustar Interchange Format"; the GNU tar manual.
 */
import { type Bytes, join, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u8Field } from '../layout.ts';
import { PATH_MAX, type PackedEntry, type Unpacked } from './entries.ts';

const BLOCK = 512;
const F = 'tar archive';

/** One header. Numbers are octal text, in the layout's own bytes. */
export const ustarHeader = layout('ustar header', 'POSIX.1-2017, pax', BLOCK, [
  bytesField('name', 100, 'last part of the path, or all of it; NUL padded'),
  bytesField('mode', 8, 'permissions'),
  bytesField('uid', 8, 'owner'),
  bytesField('gid', 8, 'group'),
  bytesField('size', 12, 'bytes of content'),
  bytesField('mtime', 12, 'seconds since 1970'),
  bytesField('checksum', 8, 'sum of all bytes of the header, with spaces here'),
  u8Field('type', '"0" or NUL a file, "5" a directory, "1" and "2" links'),
  bytesField('link', 100, 'where a link leads'),
  bytesField('magic', 6, '"ustar" and NUL; GNU: "ustar" and a space'),
  bytesField('version', 2, '"00"; GNU: a space and NUL'),
  bytesField('owner', 32, 'name of the owner'),
  bytesField('group', 32, 'name of the group'),
  bytesField('major', 8, 'of a device'),
  bytesField('minor', 8, 'of a device'),
  bytesField('prefix', 155, 'front part of the path'),
  bytesField('padding', 12, 'NUL'),
]);

const NAME_MAX = 100;
const PREFIX_MAX = 155;
const CHECKSUM_AT = 148;
const FILE = 0x30;
const OLD_FILE = 0x00;
const DIRECTORY = 0x35;
const LINKS = [0x31, 0x32];
/** pax headers for one file and for all, and GNU's long names. */
const PAX = 0x78;
const PAX_GLOBAL = 0x67;
const GNU_NAME = 0x4c;
const GNU_LINK = 0x4b;
const MODE = 0o644;
/** Largest header that only describes the next one, in bytes. */
const EXTRA_MAX = 64 * 1024;

const padded = (bytes: Bytes, size: number): Bytes => {
  const out = new Uint8Array(size);
  out.set(bytes);
  return out;
};

/** A number as octal digits with a NUL behind. */
const octal = (n: number, size: number): Bytes => utf8(`${n.toString(8).padStart(size - 1, '0')}\0`);

/** Where a path is cut so that both parts have room: at the slash that leaves the longest name. @throws too-long */
const split = (path: string): { name: Bytes; prefix: Bytes } => {
  const whole = utf8(path);
  if (whole.length <= NAME_MAX) return { name: whole, prefix: new Uint8Array(0) };
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [utf8(path.slice(0, at)), utf8(path.slice(at + 1))];
    if (name.length <= NAME_MAX && name.length > 0 && prefix.length <= PREFIX_MAX) return { name, prefix };
  }
  return fail('too-long', F, `a path of ${whole.length} bytes`, `${PREFIX_MAX} and ${NAME_MAX} bytes around a slash`);
};

const sum = (header: Bytes): number => {
  let total = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < CHECKSUM_AT || i >= CHECKSUM_AT + 8) total += header[i] as number;
  return total;
};

const headerOf = (path: string, size: number): Bytes => {
  const { name, prefix } = split(path);
  const empty = (n: number): Bytes => new Uint8Array(n);
  const header = ustarHeader.write({
    name: padded(name, NAME_MAX),
    mode: octal(MODE, 8),
    uid: octal(0, 8),
    gid: octal(0, 8),
    size: octal(size, 12),
    mtime: octal(0, 12),
    checksum: empty(8),
    type: FILE,
    link: empty(100),
    magic: utf8('ustar\0'),
    version: utf8('00'),
    owner: empty(32),
    group: empty(32),
    major: octal(0, 8),
    minor: octal(0, 8),
    prefix: padded(prefix, PREFIX_MAX),
    padding: empty(12),
  });
  header.set(utf8(`${sum(header).toString(8).padStart(6, '0')}\0 `), CHECKSUM_AT);
  return header;
};

const upToBlock = (size: number): number => BLOCK * Math.ceil(size / BLOCK);

/** Packs files, in the order given. @throws too-long for a path that has no room */
export const writeTar = (files: readonly PackedEntry[]): Bytes =>
  join(
    ...files.flatMap((f) => [headerOf(f.path, f.bytes.length), padded(f.bytes, upToBlock(f.bytes.length))]),
    new Uint8Array(2 * BLOCK),
  );

// -- reading

/** Text of a NUL-padded field; bytes that are no UTF-8 become what Latin-1 makes of them. */
const textOf = (field: Bytes): string => {
  const end = field.indexOf(0);
  const bytes = end < 0 ? field : field.subarray(0, end);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return String.fromCharCode(...bytes);
  }
};

/** An octal number, or undefined for anything else: GNU's binary numbers are for files of 8 GiB and more. */
const number = (field: Bytes): number | undefined => {
  const digits = textOf(field).trim();
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
};

/** True for what begins with a header whose checksum fits. */
export const isTar = (bytes: Bytes): boolean =>
  bytes.length >= BLOCK &&
  textOf(bytes.subarray(257, 262)) === 'ustar' &&
  number(bytes.subarray(CHECKSUM_AT, CHECKSUM_AT + 8)) === sum(bytes);

/** The `path` of a pax header: records "length key=value". */
const paxPath = (content: Bytes): string | undefined => {
  let path: string | undefined;
  for (let at = 0; at < content.length; ) {
    const size = Number(/^(\d{1,6}) /.exec(textOf(content.subarray(at, at + 8)))?.[1] ?? 0);
    const record = content.subarray(at, at + size);
    if (size < 5 || record.length < size || record[size - 1] !== 0x0a)
      return fail('bad-encoding', `${F}, extended header`, 'a broken record', 'length key=value');
    const text = textOf(record.subarray(0, size - 1));
    const value = /^\d+ path=(.*)$/s.exec(text)?.[1];
    if (value !== undefined) path = value;
    if (/^\d+ size=/.test(text)) fail('unsupported', `${F}, extended header`, 'a size of its own', 'a file under 8 GiB');
    at += size;
  }
  return path;
};

const KINDS: Record<number, Unpacked['kind']> = { [FILE]: 'file', [OLD_FILE]: 'file', [DIRECTORY]: 'directory' };

/**
 * Everything in a tar, in its order. Contents are views into it.
 * @throws not-recognised; too-short, bad-value, bad-encoding for a broken one; unsupported for sizes of 8 GiB and more
 */
export const readTar = (bytes: Bytes): Unpacked[] => {
  if (!isTar(bytes)) fail('not-recognised', F, 'something else', 'a tar');
  const out: Unpacked[] = [];
  let longName: string | undefined;
  for (let at = 0; at < bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((b) => b === 0)) return out;
    const h = ustarHeader.read(header);
    if (number(h.checksum) !== sum(header)) fail('bad-value', `${F}, header`, 'a checksum that does not fit', 'an undamaged one');
    const size = number(h.size) ?? fail('unsupported', `${F}, size`, 'not an octal number', 'a file under 8 GiB');
    const start = at + BLOCK;
    if (size > bytes.length - start) fail('too-short', F, `${bytes.length - start} bytes`, `${size} bytes of content`);
    const content = bytes.subarray(start, start + size);
    at = start + upToBlock(size);
    if ([PAX, PAX_GLOBAL, GNU_NAME, GNU_LINK].includes(h.type)) {
      if (size > EXTRA_MAX) fail('too-long', `${F}, extended header`, `${size} bytes`, `at most ${EXTRA_MAX} bytes`);
      if (h.type === PAX) longName = paxPath(content) ?? longName;
      if (h.type === GNU_NAME) longName = textOf(content);
      continue;
    }
    const prefix = textOf(h.magic.subarray(0, 6)) === 'ustar' ? textOf(h.prefix) : '';
    const path = longName ?? (prefix === '' ? textOf(h.name) : `${prefix}/${textOf(h.name)}`);
    longName = undefined;
    if (path.length > PATH_MAX) fail('too-long', F, `a path of ${path.length} characters`, `at most ${PATH_MAX}`);
    const kind = LINKS.includes(h.type) ? 'symlink' : (KINDS[h.type] ?? 'other');
    out.push(kind === 'file' ? { path, kind, bytes: content } : { path, kind });
  }
  return fail('too-short', F, 'no end', 'a block of zeros at its end');
};
