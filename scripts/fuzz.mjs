/** `npm run fuzz [ROUNDS] [FILE…]`: the property tests with new values each round; says the seed that found something, and ends with it. */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';

const [first, ...rest] = process.argv.slice(2);
const counted = /^\d+$/.test(first ?? '');
const rounds = counted ? Number(first) : 10;
const files = counted ? rest : process.argv.slice(2);

for (let round = 1; round <= rounds; round++) {
  const seed = String(randomInt(2 ** 31 - 1));
  console.log(`round ${round} of ${rounds}: SELWRIGHT_SEED=${seed}`);
  const { status } = spawnSync(join('node_modules', '.bin', 'vitest'), ['run', '--reporter=dot', ...files], {
    stdio: 'inherit',
    env: { ...process.env, SELWRIGHT_SEED: seed },
  });
  if (status !== 0) {
    process.exitCode = 1;
    break;
  }
}
