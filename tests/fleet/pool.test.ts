/** The pool of workers: each job once, nothing piles up, bytes move, and a worker that dies takes its own job along and no other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { Pool } from '../../edge/pool.ts';
import { type Built, buildAll } from './built.ts';
import { failure } from './fixture.ts';
import type { Said, Told } from './pool-worker.ts';

let built: Built;
beforeAll(async () => {
  built = await buildAll({ worker: 'tests/fleet/pool-worker.ts' });
});
afterAll(() => built.remove());

const start = (size: number, more: object = {}): { pool: Pool<object, Told, Said>; secrets: Uint8Array[] } => {
  const secrets: Uint8Array[] = [];
  const pool = new Pool<object, Told, Said>({
    file: built.url('worker'),
    size,
    what: 'testing',
    setUp: () => {
      const secret = utf8('only for the worker').slice();
      secrets.push(secret);
      return { data: { secret, ...more }, move: [secret] };
    },
  });
  return { pool, secrets };
};

describe('a pool', () => {
  it('does every job once, on all of its workers, and gives each its own answer', async () => {
    const { pool } = start(2);
    // long enough for the slower of the two to start
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => pool.run({ data: { act: 'wait', ms: 60, bytes: new Uint8Array([i]) } }, `job ${i}`)),
    );
    expect(answers.map((a) => a.bytes?.[0])).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(new Set(answers.map((a) => a.thread)).size).toBe(2);
    await pool.close();
  });

  it('moves bytes instead of copying them: the sender has none left', async () => {
    const { pool, secrets } = start(1);
    const bytes = utf8('a secret value').slice();
    const answer = await pool.run({ data: { act: 'echo', bytes }, move: [bytes] }, 'job');
    expect(bytes.byteLength).toBe(0);
    expect(secrets.map((s) => s.byteLength)).toEqual([0]);
    expect(answer.secret).toBe('only for the worker');
    expect(new TextDecoder().decode(answer.bytes)).toBe('a secret value');
    // part of a larger buffer: its neighbours would go along
    const part = new Uint8Array(20).subarray(5, 10);
    await expect(pool.run({ data: { act: 'echo', bytes: part }, move: [part] }, 'job')).rejects.toThrow('whole buffers');
    await pool.close();
  });

  it('lets its workers wipe what they hold before they end', async () => {
    const mirror = new SharedArrayBuffer(8);
    new Uint8Array(mirror).fill(0xff);
    const { pool } = start(1, { mirror });
    await pool.run({ data: { act: 'echo' } }, 'job');
    await pool.close();
    expect([...new Uint8Array(mirror)]).toEqual(Array(8).fill(0));
  });

  it('keeps jobs waiting while all workers are at work', async () => {
    const { pool } = start(1);
    const order: string[] = [];
    const job = (name: string, told: Told) => pool.run({ data: told }, name).then(() => order.push(name));
    await Promise.all([job('first', { act: 'wait', ms: 50 }), job('second', { act: 'echo' }), job('third', { act: 'echo' })]);
    expect(order).toEqual(['first', 'second', 'third']);
    await pool.close();
  });

  it('gives typed errors to whoever asked, and goes on', async () => {
    const { pool } = start(1);
    const e = await failure(pool.run({ data: { act: 'typed' } }, 'job'));
    expect([e.code, e.facts]).toEqual(['bad-value', { field: 'job', found: 'found', expected: 'expected' }]);
    expect((await pool.run({ data: { act: 'echo' } }, 'job')).secret).toBe('only for the worker');
    await pool.close();
  });

  it.each([
    ['ends', 'exit', 'a worker that ended with code 7'],
    ['throws what nobody expected', 'throw', 'a worker with a mistake of ours'],
    ['needs more memory than there is', 'memory', 'a worker without memory'],
  ] as const)(
    'a worker that %s fails its job only, says so without a word of what it worked on, and is replaced',
    async (_, act, found) => {
      const { pool, secrets } = start(2);
      const jobs = Array.from({ length: 8 }, (_, i) => pool.run({ data: { act: i === 2 ? act : 'echo' } }, `guest ${i}`));
      const settled = await Promise.allSettled(jobs);
      expect(settled.map((s) => s.status)).toEqual(Array.from({ length: 8 }, (_, i) => (i === 2 ? 'rejected' : 'fulfilled')));
      const e = await failure(jobs[2] as Promise<Said>);
      expect([e.code, e.facts.field, e.facts.found]).toEqual(['stopped', 'guest 2', found]);
      expect(secrets).toHaveLength(3);
      expect((await pool.run({ data: { act: 'echo' } }, 'job')).secret).toBe('only for the worker');
      await pool.close();
    },
  );

  it.each([
    ['dies', { die: true }, 'stopped'],
    ['refuses', { refuse: true }, 'bad-value'],
  ])('whose workers %s when they are set up does nothing, and does not try for ever', async (_, more, code) => {
    const { pool, secrets } = start(2, more);
    const e = await failure(pool.run({ data: { act: 'echo' } }, 'job'));
    expect(e.code).toBe(code);
    expect((await failure(pool.run({ data: { act: 'echo' } }, 'job'))).code).toBe(code);
    expect(secrets).toHaveLength(2);
    await pool.close();
  });

  it('has one worker prepare what is the same for all: they and those that come later get it', async () => {
    const sets: (SharedArrayBuffer | undefined)[] = [];
    const pool = new Pool<object, Told, Said>({
      file: built.url('worker'),
      size: 2,
      what: 'testing',
      prepare: 42,
      setUp: (shared) => {
        sets.push(shared);
        return { data: { secret: utf8('x').slice(), shared } };
      },
    });
    const wait = (i: number) => pool.run({ data: { act: 'wait', ms: 60 } }, `job ${i}`);
    // long enough for the slower of the two to start
    const before = await Promise.all(Array.from({ length: 40 }, (_, i) => wait(i)));
    expect(new Set(before.map((a) => a.thread)).size).toBe(2);
    const by = before[0]?.shared?.[1];
    expect(before.map((a) => a.shared)).toEqual(Array(40).fill([42, by]));
    await failure(pool.run({ data: { act: 'exit' } }, 'job'));
    const after = await Promise.all(Array.from({ length: 8 }, (_, i) => wait(i)));
    expect(after.map((a) => a.shared)).toEqual(Array(8).fill([42, by]));
    expect(sets).toHaveLength(3);
    expect(new Set(sets).size).toBe(1);
    await pool.close();
  });

  it('whose worker dies while it prepares does nothing, and sets nobody up', async () => {
    let setUps = 0;
    const pool = new Pool<object, Told, Said>({
      file: built.url('worker'),
      size: 2,
      what: 'testing',
      prepare: 'die',
      setUp: () => {
        setUps++;
        return { data: {} };
      },
    });
    const e = await failure(pool.run({ data: { act: 'echo' } }, 'job'));
    expect([e.code, e.facts.found]).toEqual(['stopped', 'a worker that ended with code 4']);
    expect(setUps).toBe(0);
    await pool.close();
  });

  it('that is closed takes no more', async () => {
    const { pool } = start(1);
    await pool.close();
    await pool.close();
    expect((await failure(pool.run({ data: { act: 'echo' } }, 'job'))).code).toBe('stopped');
  });
});
