/** docs/formats.md is what the tables give, and no table is missing in it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ATTESTATION_FLAGS } from '../../core/attestation/request.ts';
import { FORMATS } from '../../core/formats.ts';
import { PLAINTEXT_FLAGS, SECRET_FLAGS } from '../../core/image/flags.ts';
import { KINDS } from '../../core/secret/kinds.ts';
import { ADD_RC, ATTEST_RC, LOCK_RC, RETRIEVE_RC, showRc } from '../../core/uvsim/codes.ts';
import { formatsPage } from '../../words/formats.ts';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/formats.md'), 'utf8');
const layouts = FORMATS.flatMap((f) => f.parts.flatMap((p) => ('layout' in p ? [p.layout] : [])));

describe('docs/formats.md', () => {
  it('is what the generator gives (else run "node scripts/formats.mjs")', () => {
    expect(page).toBe(formatsPage());
  });
  it('is what the script writes', () => {
    const ran = spawnSync(process.execPath, ['scripts/formats.mjs', '--check'], { cwd: root, encoding: 'utf8' });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
  });
  it('has every table that is declared anywhere in core', () => {
    const files = readdirSync(join(root, 'core'), { recursive: true, encoding: 'utf8' }).filter(
      (f) => f.endsWith('.ts') && f !== 'layout.ts',
    );
    const declared = files.flatMap((f) =>
      [...readFileSync(join(root, 'core', f), 'utf8').matchAll(/= layout\(\s*'([^']+)'/g)].map((m) => m[1]),
    );
    expect(declared.length).toBeGreaterThan(12);
    expect([...new Set(layouts.map((l) => l.title))].sort()).toEqual([...declared].sort());
  });
  it('has every field of every table, with its offset', () => {
    for (const l of layouts) {
      expect(page).toContain(`**${l.title}** (${l.size} bytes`);
      for (const f of l.rows)
        expect(page, `${l.title}, ${f.name}`).toMatch(new RegExp(`\\| 0x0*${f.offset.toString(16)} \\| ${f.size} \\| ${f.name}`));
    }
  });
  it('has every flag, kind and return code', () => {
    for (const f of [...PLAINTEXT_FLAGS, ...SECRET_FLAGS, ...ATTESTATION_FLAGS])
      expect(page).toContain(`| ${f.bit} | 0x${(1n << BigInt(63 - f.bit)).toString(16).padStart(16, '0')} | ${f.name} |`);
    for (const k of KINDS) expect(page).toContain(`| ${k.kind} | ${k.label} |`);
    for (const rc of [ADD_RC, LOCK_RC, RETRIEVE_RC, ATTEST_RC].flatMap((c) => Object.values(c)))
      expect(page).toContain(`| ${showRc(rc)} |`);
    expect(page).not.toContain('not documented |');
  });
});
