/**
 * Runs the benchmarks: builds them as the program itself is built, runs them, writes bench/results.md.
 *   --quick          small sizes; writes nothing unless --output is given
 *   --only A,B       some parts only; writes nothing unless --output is given
 *   --output FILE    where the results go
 *   --kills GUESTS   no benchmark: kills a fleet again and again and looks at what is there at the end (bench/kills.ts)
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { inPieces } from './programs.mjs';

const root = resolve(import.meta.dirname, '..');
const directory = mkdtempSync(join(tmpdir(), 'selwright-bench-program-'));
const given = process.argv.slice(2);
const partial = given.includes('--quick') || given.includes('--only');
const output = given.includes('--output') || partial ? [] : ['--output', 'bench/results.md'];

try {
  await build({
    ...inPieces(directory),
    entryPoints: {
      bench: 'bench/main.ts',
      kills: 'bench/kills.ts',
      'fleet-run': 'bench/fleet-run.ts',
      'request-worker': 'bench/request-worker.ts',
      selwright: 'cli/main.ts',
      worker: 'cli/worker.ts',
      'clicks-run': 'bench/clicks-run.ts',
      'window-run': 'bench/window-run.ts',
    },
  });
  const kills = given.indexOf('--kills');
  const args =
    kills < 0
      ? ['--expose-gc', join(directory, 'bench.mjs'), ...given, ...output]
      : [join(directory, 'kills.mjs'), given[kills + 1] ?? '1000'];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
