/** Real kills: a program that saves dies with SIGKILL at any step of it, and the file is the old or the new state, whole. */
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backupOf, ProjectStore } from '../../edge/project.ts';
import { PASSPHRASE } from './fixture.ts';
import { type Ended, makePlace, names, options, stateAt } from './place.ts';

const place = makePlace();
const { running } = place;
beforeAll(place.buildSaver);
afterAll(place.remove);

/** The last generation that the program said was saved. */
const said = (out: string): number => Number([...out.matchAll(/(?:open|saved) (\d+)/g)].at(-1)?.[1]);

/** What must hold after any death: the file opens, it is what was said or the next one, and so does the backup. */
const check = (path: string, { out, err, signal }: Ended, what: string): void => {
  expect(signal, `${what}: ${err}`).toBe('SIGKILL');
  const state = stateAt(path);
  const last = said(out);
  expect([last, last + 1], what).toContain(state.generation);
  if (state.generation > 1) expect(state.guest, what).toBe(`state-${state.generation}`);
  if (!existsSync(backupOf(path))) return;
  const backup = stateAt(backupOf(path));
  expect(backup.generation, what).toBeLessThanOrEqual(state.generation);
  expect(backup.generation, what).toBeGreaterThanOrEqual(state.generation - 1);
};

describe('a program that is killed', () => {
  it('at 200 random points of saving leaves the old or the new state, whole', async () => {
    const SAVES = 2;
    const first = place.project();
    const whole = await running(first, PASSPHRASE, SAVES, -1).end;
    expect(whole.err).toBe('');
    const steps = Number(/steps (\d+)/.exec(whole.out)?.[1]);
    // create, three writes, flush, close, link, rename, rename, directory: each save
    expect(steps).toBeGreaterThan(SAVES * 10);
    const hit = new Set<string>();
    const lane = async (path: string, runs: number): Promise<void> => {
      for (let i = 0; i < runs; i++) {
        const step = randomInt(steps);
        const when = ['before', 'after', 'half'][randomInt(3)] as string;
        hit.add(`${step} ${when}`);
        check(path, await running(path, PASSPHRASE, SAVES, step, when).end, `step ${step}, ${when}`);
      }
    };
    const lanes = [first, place.project()];
    await Promise.all(lanes.map((path) => lane(path, 100)));
    expect(hit.size).toBeGreaterThan(50);
    for (const path of lanes) {
      // the next one finds no lock that holds, and clears what the dead left behind
      const opened = ProjectStore.open(path, PASSPHRASE, options);
      if (opened.from === 'nothing') throw opened.error;
      opened.store.close();
      expect(names(path)).toEqual(['acme.selwright', 'acme.selwright.bak']);
    }
  });

  it('from outside, at any time', async () => {
    const path = place.project();
    for (let i = 0; i < 5; i++) {
      const { child, end } = running(path, PASSPHRASE, 100_000, -1);
      await new Promise<void>((go) => child.stdout?.on('data', (d: Buffer) => d.includes('saved') && go()));
      await new Promise((go) => setTimeout(go, randomInt(40)));
      child.kill('SIGKILL');
      check(path, await end, `run ${i}`);
    }
    expect(stateAt(path).generation).toBeGreaterThan(5);
  });
});
