/** The memory of the main side, searched from outside: a value is there while the project is open, and nowhere once it is closed. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tracesBelow, tracesInMemory } from '../../e2e/traces.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-memory-'));
const marker = `Mk${randomBytes(24).toString('hex')}`;
const seen: Record<string, Record<string, number>> = {};
let said = '';
let reached = true;

beforeAll(async () => {
  const driver = join(home, 'driver.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'memory-driver.ts')],
    outfile: driver,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
    logLevel: 'warning',
  });
  const hidden = Buffer.from(Buffer.from(marker).map((b) => b ^ 0x55)).toString('hex');
  const child = spawn(process.execPath, ['--expose-gc', driver, home, hidden], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stderr.on('data', (d) => {
    said += String(d);
  });
  await new Promise<void>((done) => {
    child.once('close', () => done());
    child.stdout.on('data', (d) => {
      said += String(d);
      for (const stage of String(d).trim().split('\n')) {
        try {
          seen[stage] = tracesInMemory(child.pid as number, marker);
        } catch (e) {
          if ((e as NodeJS.ErrnoException).code === 'EACCES' || (e as NodeJS.ErrnoException).code === 'EPERM') reached = false;
          else said += String(e);
        }
        child.stdin.write('\n');
      }
    });
  });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('memory of the main side', () => {
  it('says nothing but the names of the stages', () => {
    expect(said.trim().split('\n')).toEqual(['before', 'typed', 'judged', 'closed']);
  });
  it('holds a value while the project is open, as bytes and in no other form', ({ skip }) => {
    if (process.platform !== 'linux' || !reached) skip('SKIPPED: the memory of another process cannot be read here');
    expect(seen.before).toEqual({});
    expect(seen.typed?.['UTF-8']).toBeGreaterThan(0);
    expect(seen.judged?.['UTF-8']).toBeGreaterThan(0);
    for (const stage of ['typed', 'judged'])
      expect(
        Object.keys(seen[stage] ?? {}).filter((form) => !form.startsWith('UTF-8')),
        stage,
      ).toEqual([]);
  });
  it('holds no trace of it once the project is closed', ({ skip }) => {
    if (process.platform !== 'linux' || !reached) skip('SKIPPED: the memory of another process cannot be read here');
    expect(seen.closed).toEqual({});
  });
  it('has left none in any file that was saved', () => {
    expect(tracesBelow(home, marker)).toEqual({});
  });
});
