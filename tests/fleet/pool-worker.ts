/** A worker for tests of the pool: does as it is told, dying included. */
import { threadId } from 'node:worker_threads';
import { fail } from '../../core/errors.ts';
import { serve } from '../../edge/pool.ts';

/** What to do with the bytes. */
export interface Told {
  readonly act: 'echo' | 'typed' | 'throw' | 'exit' | 'memory' | 'wait';
  readonly bytes?: Uint8Array;
  readonly ms?: number;
}
export interface Said {
  readonly thread: number;
  readonly secret: string;
  readonly bytes?: Uint8Array;
  /** what was prepared for all workers, and the thread that did it */
  readonly shared?: readonly number[];
}

let secret = new Uint8Array(0);
let shared: readonly number[] | undefined;
/** Shared with the test: where it looks for what is left of the secret. */
let mirror: Uint8Array | undefined;

serve<
  {
    readonly secret: Uint8Array;
    readonly shared?: SharedArrayBuffer;
    readonly mirror?: SharedArrayBuffer;
    readonly die?: boolean;
    readonly refuse?: boolean;
  },
  Told,
  Said
>({
  prepare: (data) => {
    if (data === 'die') process.exit(4);
    const made = new SharedArrayBuffer(2);
    new Uint8Array(made).set([data as number, threadId]);
    return made;
  },
  setUp: (data) => {
    shared = data.shared && [...new Uint8Array(data.shared)];
    if (data.die) process.exit(3);
    if (data.refuse) fail('bad-value', 'set-up', 'a refusal');
    secret = data.secret as Uint8Array<ArrayBuffer>;
    mirror = data.mirror && new Uint8Array(data.mirror);
  },
  work: ({ act, bytes, ms }) => {
    if (act === 'typed') return fail('bad-value', 'job', 'found', 'expected');
    if (act === 'throw') throw new Error('with a value in it: hunter2');
    if (act === 'exit') process.exit(7);
    if (act === 'memory') {
      const all: number[][] = [];
      for (;;) all.push(Array.from({ length: 100_000 }, (_, i) => i + Math.random()));
    }
    if (act === 'wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    const answer = bytes && Uint8Array.from(bytes);
    bytes?.fill(0);
    return {
      data: {
        thread: threadId,
        secret: String.fromCharCode(...secret),
        ...(answer ? { bytes: answer } : {}),
        ...(shared ? { shared } : {}),
      },
      move: answer ? [answer] : [],
    };
  },
  end: () => {
    secret.fill(0);
    mirror?.set(secret.subarray(0, mirror.length));
  },
});
