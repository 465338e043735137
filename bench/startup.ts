/** How long it takes until the program does something: every round is a cold start of a process. */
import { fileURLToPath } from 'node:url';
import type { Sizes } from './main.ts';
import { compare, type Row } from './measure.ts';
import { run } from './processes.ts';

const program = fileURLToPath(new URL('./selwright.mjs', import.meta.url));

const starts = (count: number, args: readonly string[]) => (): undefined => {
  for (let i = 0; i < count; i++) run(process.execPath, args);
  return undefined;
};

export const startup = async (s: Sizes): Promise<Row[]> => {
  const count = Math.max(1, Math.ceil(s.processes / 4));
  const nothing = { name: 'node with an empty program', count, run: starts(count, ['-e', '0']) };
  const rows: Row[] = [];
  for (const [what, args] of [
    ['selwright --version', ['--version']],
    ['selwright bundle fleet --help', ['bundle', 'fleet', '--help']],
  ] as const)
    rows.push(
      ...(await compare({
        what: `start of ${what}`,
        own: { name: what, count, run: starts(count, [program, ...args]) },
        rivals: [nothing],
        rounds: s.rounds,
        direction: 'growth',
      })),
    );
  return rows;
};
