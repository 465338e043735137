/** The project file: round trip, what stands in clear, limits, and 100,000 edits of which none opens. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { argon2id } from '@noble/hashes/argon2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { approverKeyContent } from '../../core/approval/key.ts';
import { hex, join as joinBytes, readU32, same, u32, utf8 } from '../../core/bytes.ts';
import { checkNewPassphrase, chooseKdf, deriveKey, KDF_FLOOR, KDF_LIMITS } from '../../core/crypto/argon.ts';
import { freshSealKey, readSealed, sealedHeader, sealKeyOf, unseal } from '../../core/crypto/sealed.ts';
import { SelError } from '../../core/errors.ts';
import { auditHead } from '../../core/project/audit.ts';
import { type Project, readContent, writeContent } from '../../core/project/content.ts';
import { openProject, openProjectWith, PROJECT_KIND, projectFileInfo, sealProject } from '../../core/project/file.ts';
import { addBundle, wipeProject, withoutSecrets } from '../../core/project/project.ts';
import { makeBundle } from '../support/tenant.ts';
import { built, CHEAP, cheapKey, emptyProject, env, fullProject, owned, PASSPHRASE, seal, secretsOf } from './fixture.ts';

const project = fullProject();
const file = seal(project);
const CLASS = 32 * 1024;
const HEADER = sealedHeader.size;

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (e) {
    if (e instanceof SelError) return e.code;
    throw e;
  }
  return 'opened';
};
const changed = (at: number, value: number, from = file): Uint8Array => {
  const out = from.slice();
  out[at] = value;
  return out;
};
const withHeader = (more: Partial<ReturnType<typeof sealedHeader.read>>): Uint8Array =>
  joinBytes(sealedHeader.write({ ...sealedHeader.read(file), ...more }), file.subarray(HEADER));

describe('a project file', () => {
  it('gives back everything, byte for byte', () => {
    const back = openProjectWith(file, cheapKey);
    expect(back).toEqual(project);
    expect(hex(writeContent(back))).toBe(hex(writeContent(project)));
    expect(openProjectWith(seal(emptyProject()), cheapKey).files).toEqual([]);
  });
  it('opens with its passphrase, however its accents were typed', () => {
    const key = freshSealKey(PROJECT_KIND, 'pass\u00e9 compos\u00e9', CHEAP, env);
    const sealed = sealProject(project, key, env);
    expect(openProject(sealed, 'passe\u0301 compose\u0301').project.id).toBe(project.id);
    expect(codeOf(() => openProject(sealed, 'passe compose'))).toBe('wrong-passphrase');
  });
  it('is what the page says: opened here with nothing but the two primitives', () => {
    const key = argon2id(utf8(PASSPHRASE), file.slice(24, 40), {
      m: readU32(file, 12),
      t: readU32(file, 16),
      p: readU32(file, 20),
      dkLen: 32,
    });
    const plain = xchacha20poly1305(key, file.slice(40, 64), file.slice(0, 64)).decrypt(file.slice(64));
    const size = readU32(plain);
    const content = plain.subarray(4, 4 + size);
    const text = JSON.parse(Buffer.from(content.subarray(4, 4 + readU32(content))).toString('utf8'));
    expect(text).toMatchObject({ format: 'sel-project', version: 1, name: 'acme' });
    expect(plain.subarray(4 + size).every((b) => b === 0)).toBe(true);
    expect(Buffer.from(file.subarray(0, 8)).toString('latin1')).toBe('SELWPROJ');
  });
  it('shows nothing of its content: only parameters, salt, nonce and a size class', () => {
    for (const shown of ['acme', 'sel-project', project.id, 'policy.yaml', 'rfs-luks-key'])
      expect(Buffer.from(file).includes(shown)).toBe(false);
    for (const secret of secretsOf(project)) expect(Buffer.from(file).includes(Buffer.from(secret))).toBe(false);
    expect(projectFileInfo(file)).toMatchObject({ parameters: CHEAP, contentClass: CLASS });
    expect(seal(emptyProject()).length).toBe(file.length);
  });
  it('takes the next class when the content grows, and says how large it can be', () => {
    const more = {
      ...project,
      files: [...project.files, { role: 'image' as const, name: 'big', bytes: owned(new Uint8Array(CLASS)) }],
    };
    expect(projectFileInfo(seal(more)).contentClass).toBe(2 * CLASS);
    expect(openProjectWith(seal(more), cheapKey).files).toHaveLength(3);
    const large = {
      ...project,
      files: Array.from({ length: 5 }, (_, i) => ({
        role: 'image' as const,
        name: `${i}`,
        bytes: owned(new Uint8Array(16 * 1024 * 1024)),
      })),
    };
    expect(codeOf(() => seal(large))).toBe('limit');
    const over = {
      ...project,
      files: [{ role: 'image' as const, name: 'x', bytes: owned(new Uint8Array(16 * 1024 * 1024 + 1)) }],
    };
    expect(codeOf(() => seal(over))).toBe('bad-value');
  });
  it('has a new nonce each time, and the same salt', () => {
    const again = seal(project);
    const [a, b] = [sealedHeader.read(file), sealedHeader.read(again)];
    expect(hex(a.salt)).toBe(hex(b.salt));
    expect(hex(a.nonce)).not.toBe(hex(b.nonce));
    expect(same(file.subarray(HEADER), again.subarray(HEADER))).toBe(false);
  });
  it('keeps no secret in its JSON, only in the binary part', () => {
    const content = writeContent(project);
    const text = Buffer.from(content.subarray(4, 4 + readU32(content)));
    for (const secret of secretsOf(project)) {
      for (const form of ['latin1', 'hex', 'base64'] as const)
        expect(text.includes(Buffer.from(secret).toString(form)), form).toBe(false);
      expect(Buffer.from(content.subarray(4 + text.length)).includes(Buffer.from(secret))).toBe(true);
    }
  });
  it('has no secret in a copy for review, and none after it was wiped', () => {
    const copy = withoutSecrets(project);
    expect(secretsOf(copy).filter((s) => !project.challenges.some((c) => c.nonce === s))).toEqual([]);
    const content = Buffer.from(writeContent(copy));
    for (const v of project.values) expect(content.includes(Buffer.from(v.value))).toBe(false);
    expect(content.includes(Buffer.from(built.keys.extensionSecret))).toBe(false);
    expect(openProjectWith(seal(copy), cheapKey).audit).toEqual(project.audit);
    const mine = openProjectWith(file, cheapKey);
    wipeProject(mine);
    expect(secretsOf(mine).every((s) => s.every((b) => b === 0))).toBe(true);
  });
  it('drops the files of earlier bundles, and grows as the page says', () => {
    let p = project;
    for (let serial = 2; serial <= 10; serial++) p = addBundle(p, makeBundle(`b${serial}`, { serial }), true, env);
    expect(p.bundles.filter((b) => b.files)).toHaveLength(1);
    const { length } = writeContent(p);
    expect(length).toBeGreaterThan(50 * 1024);
    expect(seal(p).length).toBe(131_152);
  });
});

describe('what is refused', () => {
  it.each([
    ['no byte', new Uint8Array(0), 'empty'],
    ['another kind of file', changed(0, 0x53 ^ 1), 'wrong-magic'],
    ["an approver's key", changed(4, 0x41), 'wrong-magic'],
    ['four bytes of magic', file.slice(0, 4), 'wrong-magic'],
    ['half a header', file.slice(0, 40), 'too-short'],
    ['a later version', withHeader({ version: 2 }), 'wrong-version'],
    ['another derivation', withHeader({ kdf: 2 }), 'bad-value'],
    ['another cipher', withHeader({ cipher: 0 }), 'bad-value'],
    ['4 GiB of memory', withHeader({ memory: 0xffffffff }), 'bad-value'],
    ['a little over 512 MiB', withHeader({ memory: KDF_LIMITS.memoryMax + 1 }), 'bad-value'],
    ['no memory', withHeader({ memory: 0 }), 'bad-value'],
    ['a billion passes', withHeader({ passes: 1_000_000_000 }), 'bad-value'],
    ['no pass', withHeader({ passes: 0 }), 'bad-value'],
    ['both at their limits', withHeader({ memory: KDF_LIMITS.memoryMax, passes: KDF_LIMITS.passesMax }), 'bad-value'],
    ['no lane', withHeader({ lanes: 0 }), 'bad-value'],
    ['16 million lanes', withHeader({ lanes: 0xffffff }), 'bad-value'],
    ['more lanes than memory', withHeader({ lanes: 8, memory: 32 }), 'bad-value'],
    ['the header alone', file.slice(0, HEADER), 'wrong-length'],
    ['a byte less', file.slice(0, -1), 'wrong-length'],
    ['a byte more', joinBytes(file, new Uint8Array(1)), 'wrong-length'],
    ['half of it', file.slice(0, file.length / 2), 'wrong-length'],
    ['zeros up to the next class', joinBytes(file, new Uint8Array(CLASS)), 'wrong-passphrase'],
  ])('%s', (_, bytes, code) => {
    const start = process.cpuUsage();
    expect(codeOf(() => openProject(bytes as Uint8Array, PASSPHRASE))).toBe(code);
    // nothing of what a header may ask for was done
    expect(process.cpuUsage(start).user).toBeLessThan(2_000_000);
  });
  it('a file over the largest class, without reading it', () => {
    expect(
      codeOf(() => readSealed(PROJECT_KIND, joinBytes(file.subarray(0, HEADER), new Uint8Array(128 * 1024 * 1024 + 16)))),
    ).toBe('too-long');
  });
  it('says that nobody can tell a wrong passphrase from an altered file', () => {
    for (const run of [() => openProject(file, 'another passphrase'), () => openProject(changed(file.length - 1, 0), PASSPHRASE)])
      expect(codeOf(run)).toBe('wrong-passphrase');
  });
  it('a key or a salt of another file', () => {
    const other = freshSealKey(PROJECT_KIND, PASSPHRASE, CHEAP, env);
    expect(codeOf(() => openProjectWith(file, other))).toBe('wrong-passphrase');
    expect(codeOf(() => openProjectWith(file, { ...cheapKey, key: new Uint8Array(16) }))).toBe('wrong-length');
  });
  it('a content whose trail is broken, though it opens', () => {
    const audit = project.audit.map((e, i) => (i === 3 ? { ...e, time: '2020-01-01T00:00:00Z' } : e));
    expect(codeOf(() => openProjectWith(seal({ ...project, audit }), cheapKey))).toBe('bad-value');
    expect(codeOf(() => openProjectWith(seal({ ...project, audit: project.audit.slice(0, -1) }), cheapKey))).toBe('bad-value');
    expect(codeOf(() => openProjectWith(seal({ ...project, audit: [], audit_head: auditHead([]) }), cheapKey))).toBe('opened');
  });
});

/** A small generator: the same edits every time, and quick. */
const generator = (seed: number): (() => number) => {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 0x1_0000_0000;
  };
};

describe('100,000 random edits', () => {
  it('never open, and give nothing but typed errors', () => {
    const random = generator(0x5e1);
    const below = (n: number): number => Math.floor(random() * n);
    const counts = new Map<string, number>();
    const key = cheapKey;
    const work = file.slice();
    const other = seal(emptyProject());
    const edits: (() => Uint8Array)[] = [
      // a bit anywhere
      () => {
        const at = below(work.length);
        work[at] = (work[at] as number) ^ (1 << below(8));
        return work;
      },
      // a byte of the header
      () => {
        const at = below(HEADER);
        work[at] = ((work[at] as number) + 1 + below(255)) & 0xff;
        return work;
      },
      // a byte of the tag
      () => {
        const at = work.length - 1 - below(16);
        work[at] = ((work[at] as number) + 1 + below(255)) & 0xff;
        return work;
      },
      // a stretch of zeros; where it was zero already, a bit as well
      () => {
        const at = below(work.length - 64);
        work.fill(0, at, at + 1 + below(64));
        if (same(work, file)) work[at] = 1;
        return work;
      },
      // the end is missing
      () => work.subarray(0, below(work.length)),
      // something is behind it
      () => joinBytes(work, new Uint8Array(1 + below(64))),
      // a part of another file of the same key: header, content or tag
      () => {
        const [from, to] = [
          [0, HEADER],
          [HEADER, work.length - 16],
          [work.length - 16, work.length],
        ][below(3)] as [number, number];
        work.set(other.subarray(from, to), from);
        return work;
      },
    ];
    // cutting and swapping costs more than a bit: bits and bytes are most of them
    const weights = [0, 0, 1, 1, 1, 1, 2, 3, 4, 5, 6];
    for (let i = 0; i < 100_000; i++) {
      const edited = (edits[weights[below(weights.length)] as number] as () => Uint8Array)();
      const code = codeOf(() => openProjectWith(edited, key));
      counts.set(code, (counts.get(code) ?? 0) + 1);
      if (edited.buffer === work.buffer) work.set(file);
    }
    expect(counts.get('opened')).toBeUndefined();
    expect([...counts.values()].reduce((a, b) => a + b)).toBe(100_000);
    expect([...counts.keys()].sort()).toEqual([
      'bad-value',
      'too-short',
      'wrong-length',
      'wrong-magic',
      'wrong-passphrase',
      'wrong-version',
    ]);
    expect(openProjectWith(work, key).id).toBe(project.id);
  });
  it('of the content behind the encryption: a project that is whole, or a typed error', () => {
    const content = writeContent(project);
    const random = generator(0x7a);
    const counts = new Map<string, number>();
    for (let i = 0; i < 1500; i++) {
      const edited = content.slice();
      const textEnd = 4 + readU32(content);
      for (let n = 1 + Math.floor(random() * 3); n > 0; n--) edited[Math.floor(random() * textEnd)] = Math.floor(random() * 256);
      const cut = random() < 0.2 ? edited.slice(0, Math.floor(random() * edited.length)) : edited;
      const code = codeOf(() => readContent(cut));
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    expect(counts.get('bad-encoding')).toBeGreaterThan(150);
    expect((counts.get('opened') ?? 0) < 750).toBe(true);
  });
  it('places outside of the binary part, bytes behind the last one, other sizes: refused', () => {
    const content = writeContent(project);
    const textSize = readU32(content);
    const text = Buffer.from(content.subarray(4, 4 + textSize)).toString('utf8');
    const data = content.subarray(4 + textSize);
    const remade = (t: string, d = data): Uint8Array => joinBytes(u32(utf8(t).length), utf8(t), d);
    expect(codeOf(() => readContent(remade(text)))).toBe('opened');
    expect(codeOf(() => readContent(remade(text.replace(/"at":\d+/, `"at":${data.length}`))))).toBe('bad-value');
    expect(codeOf(() => readContent(remade(text.replace(/"size":\d+\}/, '"size":4294967295}'))))).toBe('bad-value');
    expect(codeOf(() => readContent(remade(text, joinBytes(data, new Uint8Array(1)))))).toBe('wrong-length');
    expect(codeOf(() => readContent(remade(text, data.slice(0, -1))))).toBe('bad-value');
    expect(codeOf(() => readContent(remade(text.replace('"version":1}', '"version":2}'))))).toBe('bad-value');
    expect(codeOf(() => readContent(remade(text.replace('{', '{"extra":1,'))))).toBe('unknown-field');
    expect(codeOf(() => readContent(remade(text.replace('{', '{"name":"twice",'))))).toBe('duplicate');
    expect(codeOf(() => readContent(content.slice(0, 3)))).toBe('too-short');
    expect(codeOf(() => readContent(joinBytes(u32(0xffffffff), content)))).toBe('wrong-length');
  });
  it('an error of a content never holds a word of it', () => {
    const leak = 'THE-SECRET-VALUE';
    const bad = { ...project, name: leak, values: 'x' } as unknown as Project;
    expect(() => writeContent(bad)).toThrow(SelError);
    try {
      writeContent(bad);
    } catch (e) {
      expect(String(e)).not.toContain(leak);
    }
  });
});

describe('the passphrase', () => {
  it('derives what RFC 9106 says: compared with the library over random parameters', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 64 }),
        fc.integer({ min: 1, max: 3 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (memory, passes, salt) => {
          const mine = deriveKey('p', salt, { memory, passes, lanes: 1 }, 'test');
          return same(mine, argon2id(utf8('p'), salt, { m: memory, t: passes, p: 1, dkLen: 32 }));
        },
      ),
      { numRuns: 20 },
    );
  });
  it('of something new has a floor', () => {
    expect(codeOf(() => checkNewPassphrase(''))).toBe('empty');
    expect(codeOf(() => checkNewPassphrase('elevenchars'))).toBe('too-short');
    expect(codeOf(() => checkNewPassphrase('aaaaaaaaaaaaaaaaaaaa'))).toBe('bad-value');
    expect(codeOf(() => checkNewPassphrase('x1y2'.repeat(300)))).toBe('too-long');
    expect(codeOf(() => checkNewPassphrase('twelve chars'))).toBe('opened');
  });
  it('is measured: never under the floor, never over what others can open', () => {
    expect(chooseKdf({ memory: 16 * 1024, milliseconds: 75 })).toEqual({ memory: 71 * 1024, passes: 3, lanes: 1 });
    expect(chooseKdf({ memory: 16 * 1024, milliseconds: 75_000 })).toEqual(KDF_FLOOR);
    expect(chooseKdf({ memory: 16 * 1024, milliseconds: 0 })).toEqual({ memory: 256 * 1024, passes: 3, lanes: 1 });
    for (const ms of [1, 20, 60, 200, 1000]) {
      const { memory, passes } = chooseKdf({ memory: 16 * 1024, milliseconds: ms });
      expect(memory * passes).toBeLessThanOrEqual(KDF_LIMITS.work);
    }
  });
  it('that is right opens only what it sealed', () => {
    const key = sealKeyOf(PROJECT_KIND, file, PASSPHRASE);
    expect(same(key.key, cheapKey.key)).toBe(true);
    expect(unseal(PROJECT_KIND, file, key).length).toBe(writeContent(project).length);
  });
});

describe('docs/project-file.md', () => {
  const page = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/project-file.md'), 'utf8');
  it('has every field of the header, as the table has it', () => {
    for (const f of sealedHeader.rows)
      expect(page).toContain(`| 0x${f.offset.toString(16).padStart(3, '0')} | ${f.size} | ${f.name} | ${f.doc} |`);
    expect(page).toContain(`| 0x0${HEADER.toString(16)} | a power of two | content |`);
    expect(approverKeyContent.size).toBe(33);
  });
  it('has the limits that are kept', () => {
    for (const n of [KDF_LIMITS.memoryMax, KDF_LIMITS.work]) expect(page).toContain(String(n));
    expect(page).toContain(`${KDF_FLOOR.passes} passes over at least ${KDF_FLOOR.memory / 1024} MiB`);
  });
});
