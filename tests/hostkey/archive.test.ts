/** Zip archives: opened into pieces, and every limit. */
import { deflateRawSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { ARCHIVE_FILE_MAX, ARCHIVE_FILES_MAX, ARCHIVE_MAX, openArchive, UNPACKED_MAX } from '../../core/archive.ts';
import { SelError } from '../../core/errors.ts';
import { sortFile } from '../../core/hostkey/sort.ts';
import { leastCpuMs } from '../support/cpu.ts';
import { goodPki, writePki } from './forge.ts';

const text = (s: string): Uint8Array => new Uint8Array(Buffer.from(s));
const files = writePki(goodPki());
const [root, intermediate, signing, host] = [files.roots[0], ...files.certificates, files.hosts[0]] as Uint8Array[];

/** One entry of a zip made by hand; what is left out is what it should be. */
interface Entry {
  readonly name: string | Uint8Array;
  readonly content: Uint8Array;
  readonly method?: number;
  readonly packed?: Uint8Array;
  readonly size?: number;
  readonly crc?: number;
  readonly flags?: number;
  readonly mode?: number;
}

const crc32 = (bytes: Uint8Array): number => {
  let c = 0xffffffff;
  for (const b of bytes) {
    c ^= b;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
};

/** A zip, by the book of PKWARE, with room for lies. @param end what the end record says instead */
const zip = (
  entries: readonly Entry[],
  end: { count?: number; start?: number; size?: number; disk?: number } = {},
): Uint8Array => {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const e of entries) {
    const name = Buffer.from(e.name);
    const method = e.method ?? 8;
    const packed = Buffer.from(e.packed ?? (method === 8 ? deflateRawSync(e.content) : e.content));
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(e.flags ?? 0, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(e.crc ?? crc32(e.content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(e.size ?? e.content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((e.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, tail, name);
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const last = Buffer.alloc(22);
  last.write('PK\x05\x06', 'latin1');
  last.writeUInt16LE(end.disk ?? 0, 4);
  last.writeUInt16LE(end.count ?? entries.length, 8);
  last.writeUInt16LE(end.count ?? entries.length, 10);
  last.writeUInt32LE(end.size ?? directory.length, 12);
  last.writeUInt32LE(end.start ?? offset, 16);
  return new Uint8Array(Buffer.concat([...parts, directory, last]));
};

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'no error';
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
};

describe('opened', () => {
  const names = ['HKD-8561.crt', 'chain/signing.crt', 'chain/deep/er/intermediate.crt', 'chain\\root.crt', 'readme.txt'];
  const contents = [host, signing, intermediate, root, text('hello')] as Uint8Array[];

  it.each([
    ['by another writer', zipSync(Object.fromEntries(names.map((n, i) => [n, contents[i] as Uint8Array])))],
    ['by hand', zip(names.map((name, i) => ({ name, content: contents[i] as Uint8Array })))],
    ['stored', zip(names.map((name, i) => ({ name, content: contents[i] as Uint8Array, method: 0 })))],
  ])('into its files, written %s', (_, bytes) => {
    const opened = openArchive(bytes);
    expect(opened.map((f) => f.name)).toEqual(['HKD-8561.crt', 'signing.crt', 'intermediate.crt', 'root.crt', 'readme.txt']);
    expect(opened.map((f) => f.bytes)).toEqual(contents);
  });

  it('and sorted: what each is, and in which archive', () => {
    const pieces = sortFile('box.zip', zip(names.map((name, i) => ({ name, content: contents[i] as Uint8Array }))));
    expect(pieces.map((p) => p.kind)).toEqual(['host-key', 'signing-key', 'intermediate', 'root', 'unknown']);
    expect(new Set(pieces.map((p) => p.archive))).toEqual(new Set(['box.zip']));
    expect(pieces.at(-1)?.error?.facts).toMatchObject({ file: 'readme.txt', found: 'something else' });
  });

  it('without directories and what macOS adds', () => {
    const bytes = zip([
      { name: 'a/', content: new Uint8Array(0) },
      { name: '__MACOSX/a/._x.crt', content: text('x') },
      { name: 'a/x.crt', content: text('x') },
    ]);
    expect(openArchive(bytes).map((f) => f.name)).toEqual(['x.crt']);
  });

  it('and names that lead elsewhere, or steer a terminal, are names only', () => {
    const bad = ['../../etc/passwd', '/etc/shadow', 'C:\\windows\\x', 'a/..', 'x\u001b[2J\u202e.crt', `${'y'.repeat(300)}.crt`];
    const opened = openArchive(zip(bad.map((name) => ({ name, content: text('x') }))));
    expect(opened.map((f) => f.name)).toEqual([
      'passwd',
      'shadow',
      'x',
      '..',
      'x\\u{1b}[2J\\u{202e}.crt',
      `${'y'.repeat(128)}...`,
    ]);
  });

  it('and the same name twice is numbered', () => {
    const opened = openArchive(zip(['a/x', 'b/x', 'x'].map((name) => ({ name, content: text(name) }))));
    expect(opened.map((f) => f.name)).toEqual(['x', 'x (2)', 'x (3)']);
  });

  it('and names of another encoding are read as they are', () => {
    expect(openArchive(zip([{ name: new Uint8Array([0x81, 0x2e, 0x63]), content: text('x') }]))[0]?.name).toBe('\\u{81}.c');
  });

  it('and an archive inside is not opened', () => {
    const [piece] = sortFile('box.zip', zip([{ name: 'inner.zip', content: zip([{ name: 'x', content: text('x') }]) }]));
    expect(piece?.error?.facts.found).toBe('an archive inside an archive');
  });

  it('and an empty one has nothing', () => {
    expect(openArchive(zip([]))).toEqual([]);
    expect(sortFile('box.zip', zip([]))[0]?.error?.code).toBe('empty');
  });
});

describe('one file that cannot be unpacked does not spoil the others', () => {
  const content = text('x'.repeat(1000));
  it.each([
    ['encrypted', { flags: 1 }, 'bad-value'],
    ['a link', { mode: 0o120777 }, 'bad-value'],
    ['another compression', { method: 14, packed: content }, 'bad-value'],
    ['broken compression', { packed: text('\xff\xff\xff') }, 'bad-encoding'],
    ['compression that ends early', { packed: new Uint8Array(deflateRawSync(content).subarray(0, 5)) }, 'bad-encoding'],
    ['no compressed bytes', { packed: new Uint8Array(0) }, 'bad-value'],
    ['larger than it says', { size: 999 }, 'bad-value'],
    ['smaller than it says', { size: 1001 }, 'bad-value'],
    ['stored, and of another size', { method: 0, packed: content, size: 999 }, 'bad-value'],
    ['another checksum', { crc: 1 }, 'bad-value'],
    ['over 10 MiB, it says', { size: ARCHIVE_FILE_MAX + 1 }, 'too-long'],
  ] as const)('%s', (_, lie, code) => {
    const [first, second, third] = openArchive(
      zip([
        { name: 'good', content },
        { name: 'bad', content, ...lie },
        { name: 'good too', content },
      ]),
    );
    expect(second?.error?.code).toBe(code);
    expect(second?.error?.facts.file).toBe('bad');
    expect(second?.bytes).toBeUndefined();
    expect([first?.bytes, third?.bytes]).toEqual([content, content]);
  });
});

describe('limits', () => {
  it('a file larger than it says is stopped, not unpacked', () => {
    // 1 GiB of zeros in 1 MiB; it says 100 bytes
    const packed = deflateRawSync(Buffer.alloc(1 << 30), { level: 9 });
    const bytes = zip([{ name: 'bomb', content: text('x'), packed: new Uint8Array(packed), size: 100 }]);
    const ms = leastCpuMs(() => expect(openArchive(bytes)[0]?.error?.code).toBe('bad-value'), 200);
    expect(ms).toBeLessThan(200);
  });

  it('all together at most 64 MiB', () => {
    const zeros = new Uint8Array(ARCHIVE_FILE_MAX);
    const one = { content: zeros, packed: new Uint8Array(deflateRawSync(zeros)), crc: crc32(zeros) };
    const many = (n: number): Uint8Array => zip(Array.from({ length: n }, (_, i) => ({ name: `${i}`, ...one })));
    const most = Math.floor(UNPACKED_MAX / ARCHIVE_FILE_MAX);
    expect(openArchive(many(most)).every((f) => f.bytes?.length === ARCHIVE_FILE_MAX)).toBe(true);
    expect(codeOf(() => openArchive(many(most + 1)))).toBe('too-long');
  });

  it(`at most ${ARCHIVE_FILES_MAX} files`, () => {
    const many = (n: number): Uint8Array =>
      zip(Array.from({ length: n }, (_, i) => ({ name: `${i}`, content: text('x'), method: 0 })));
    expect(openArchive(many(ARCHIVE_FILES_MAX))).toHaveLength(ARCHIVE_FILES_MAX);
    expect(codeOf(() => openArchive(many(ARCHIVE_FILES_MAX + 1)))).toBe('too-long');
  });

  it('the archive at most 64 MiB', () => {
    const large = new Uint8Array(ARCHIVE_MAX + 1);
    large.set(text('PK\x03\x04'));
    expect(codeOf(() => openArchive(large))).toBe('too-long');
  });

  it('pieces at most 4,000, however few the files', () => {
    const crl = files.crls[0] as Uint8Array;
    const content = new Uint8Array(Buffer.concat(Array.from({ length: 1500 }, () => crl)));
    const bytes = zip(['a', 'b', 'c'].map((name) => ({ name, content, method: 0 })));
    expect(sortFile('box.zip', bytes).map((p) => p.error?.code)).toEqual(['too-long']);
  });
});

describe('an archive that is broken as one', () => {
  const good = zip([{ name: 'a', content: text('x') }]);
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['no zip', text('PK but no zip, and long enough'), 'not-recognised'],
    ['cut', good.slice(0, -1), 'too-short'],
    ['a byte behind it', new Uint8Array([...good, 0]), 'too-short'],
    ['fewer files than it says', zip([{ name: 'a', content: text('x') }], { count: 2 }), 'bad-encoding'],
    [
      'more files than it says',
      zip(
        [
          { name: 'a', content: text('x') },
          { name: 'b', content: text('x') },
        ],
        { count: 1 },
      ),
      'bad-encoding',
    ],
    ['a directory elsewhere', zip([{ name: 'a', content: text('x') }], { start: 3 }), 'bad-encoding'],
    ['a directory of another size', zip([{ name: 'a', content: text('x') }], { size: 3 }), 'bad-encoding'],
    ['of several parts', zip([{ name: 'a', content: text('x') }], { disk: 1 }), 'bad-value'],
    ['zip64', zip([{ name: 'a', content: text('x') }], { start: 0xffffffff }), 'bad-value'],
  ];
  it.each(cases)('%s', (_, bytes, code) => {
    expect(codeOf(() => openArchive(bytes))).toBe(code);
    // the same for whoever sorts: a reason, no exception
    expect(sortFile('box.zip', bytes)[0]?.error?.facts.file).toBe('box.zip');
  });

  it('a file whose place is outside', () => {
    const bytes = good.slice();
    const directory = Buffer.from(bytes).indexOf('PK\x01\x02');
    new DataView(bytes.buffer).setUint32(directory + 42, directory - 4, true);
    expect(openArchive(bytes)[0]?.error?.code).toBe('bad-encoding');
  });
});
