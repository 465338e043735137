/**
 * Worker threads for work that keeps a core busy. One job a worker at a time: whoever has more waits in `run`, so nothing piles up.
 * Bytes that are named as transferred move to the other thread instead of being copied: the sender's array is empty afterwards, and
 * the receiver wipes it. A worker that dies takes its job with it and no other, and is replaced.
 */
import { availableParallelism } from 'node:os';
import { parentPort, Worker } from 'node:worker_threads';
import { type ErrorCode, type Facts, fail, SelError } from '../core/errors.ts';

/**
 * Heap of one worker, in MB. Old objects: far more than a bundle takes, and a bound when something is wrong. New ones: field elements die
 * as soon as they are made, and more room for them only makes the program larger, not faster.
 */
const HEAP = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 8 };

/** What goes to a worker. `set up` comes first, once; to the first worker of all perhaps `prepare` before it. */
type ToWorker =
  | { readonly kind: 'prepare'; readonly data: unknown }
  | { readonly kind: 'set up'; readonly data: unknown }
  | { readonly kind: 'job'; readonly data: unknown }
  | { readonly kind: 'end' };

/** What comes back: `ready` once, then one answer a job. */
type FromWorker =
  | { readonly kind: 'prepared'; readonly shared: SharedArrayBuffer }
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly data: unknown }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly facts: Facts };

/** A message and the buffers in it that move. */
export interface Parcel<T> {
  readonly data: T;
  /** secret bytes belong here: what is not named is copied, and the copy is nobody's to wipe */
  readonly move?: readonly Uint8Array[];
}

/** The buffers of whole arrays. A view on a larger buffer would take its neighbours along. */
const buffersOf = (move: readonly Uint8Array[] = []): ArrayBuffer[] =>
  move.map((b) => {
    if (b.byteLength !== b.buffer.byteLength) throw new Error('only whole buffers move');
    return b.buffer as ArrayBuffer;
  });

export interface PoolOptions<S> {
  /** the built worker */
  readonly file: URL;
  /** workers; as many as there are cores unless given */
  readonly size?: number | undefined;
  /**
   * what is dear and the same for all workers: the first of them is asked to prepare it ({@link Service.prepare}), and all get it with
   * their set-up. Never secret
   */
  readonly prepare?: unknown;
  /** what each worker needs before its first job, made anew for each. @param shared what was prepared */
  readonly setUp: (shared: SharedArrayBuffer | undefined) => Parcel<S>;
  /** what the workers do, for messages */
  readonly what: string;
}

interface Member {
  readonly worker: Worker;
  ready: boolean;
  job?: { readonly done: (value: unknown) => void; readonly failed: (e: unknown) => void; readonly name: string };
}

/** As many workers as there are cores for this program. */
export const cores = (): number => availableParallelism();

const DEATHS: Record<string, string> = { ERR_WORKER_OUT_OF_MEMORY: 'a worker without memory' };

/** Workers that do jobs of one kind. @typeParam S set-up @typeParam J job @typeParam R result */
export class Pool<S, J, R> {
  readonly #options: PoolOptions<S>;
  readonly #members = new Set<Member>();
  readonly #idle: Member[] = [];
  readonly #waiting: { readonly give: (m: Member) => void; readonly refuse: (e: unknown) => void }[] = [];
  #broken: SelError | undefined;
  #closing = false;
  /** what was prepared; before that, whether somebody is at it */
  #shared: SharedArrayBuffer | 'asked for' | undefined;

  constructor(options: PoolOptions<S>) {
    this.#options = options;
    for (let i = 0; i < (options.size ?? cores()); i++) this.#hire();
  }

  /** Set when no job can be done any more: a worker could not be set up. */
  get broken(): SelError | undefined {
    return this.#broken;
  }

  #hire(): void {
    const worker = new Worker(this.#options.file, { resourceLimits: HEAP });
    const member: Member = { worker, ready: false };
    this.#members.add(member);
    let death: string | undefined;
    worker.on('message', (m: FromWorker) => this.#hear(member, m));
    // its message may quote what it worked on
    worker.on('error', (e: NodeJS.ErrnoException) => {
      death = DEATHS[e.code ?? ''] ?? 'a worker with a mistake of ours';
    });
    worker.on('exit', (code) => this.#bury(member, death ?? `a worker that ended with code ${code}`));
    const { prepare } = this.#options;
    if (prepare === undefined || this.#shared instanceof SharedArrayBuffer) this.#setUp(member);
    else if (this.#shared === undefined) {
      this.#shared = 'asked for';
      worker.postMessage({ kind: 'prepare', data: prepare } satisfies ToWorker);
    }
  }

  #setUp({ worker }: Member): void {
    const { data, move } = this.#options.setUp(this.#shared instanceof SharedArrayBuffer ? this.#shared : undefined);
    worker.postMessage({ kind: 'set up', data } satisfies ToWorker, buffersOf(move));
  }

  #hear(member: Member, m: FromWorker): void {
    const { job } = member;
    if (m.kind === 'prepared') {
      this.#shared = m.shared;
      if (this.#closing) return;
      for (const one of this.#members) this.#setUp(one);
      return;
    }
    if (m.kind === 'ready') member.ready = true;
    else {
      delete member.job;
      if (m.kind === 'done') job?.done(m.data);
      else if (job) job.failed(new SelError(m.code, m.facts));
      // it could not even be set up: the next one could not either
      else this.#break(new SelError(m.code, m.facts));
    }
    this.#free(member);
  }

  #free(member: Member): void {
    const next = this.#waiting.shift();
    if (next) next.give(member);
    else this.#idle.push(member);
  }

  #bury(member: Member, found: string): void {
    this.#members.delete(member);
    const at = this.#idle.indexOf(member);
    if (at >= 0) this.#idle.splice(at, 1);
    if (this.#closing) return;
    const died = (field: string): SelError => new SelError('stopped', { field, found, expected: 'an answer' });
    member.job?.failed(died(member.job.name));
    if (member.ready && this.#broken === undefined) this.#hire();
    else this.#break(died(this.#options.what));
  }

  #break(e: SelError): void {
    this.#broken ??= e;
    for (const w of this.#waiting.splice(0)) w.refuse(this.#broken);
  }

  #member(): Promise<Member> {
    const free = this.#idle.shift();
    if (free) return Promise.resolve(free);
    return new Promise((give, refuse) => this.#waiting.push({ give, refuse }));
  }

  /**
   * Does a job on the next free worker.
   * @param name what it is, for messages
   * @throws what the worker threw; stopped when the worker died
   */
  async run(parcel: Parcel<J>, name: string): Promise<R> {
    if (this.#broken) throw this.#broken;
    if (this.#closing) fail('stopped', name, 'a program that ends', 'a program that runs');
    const member = await this.#member();
    return new Promise<R>((done, failed) => {
      member.job = { done: done as (value: unknown) => void, failed, name };
      member.worker.postMessage({ kind: 'job', data: parcel.data } satisfies ToWorker, buffersOf(parcel.move));
    });
  }

  /** Lets every worker wipe what it holds and end. Jobs at hand are done first: await them before. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#break(new SelError('stopped', { field: this.#options.what, found: 'a program that ends' }));
    const ends = [...this.#members].map(({ worker }) => new Promise((end) => worker.once('exit', end)));
    for (const { worker } of this.#members) worker.postMessage({ kind: 'end' } satisfies ToWorker);
    await Promise.all(ends);
  }
}

/** The worker's side. */
export interface Service<S, J, R> {
  /** what is the same for all workers: asked of one of them, before anything else. Not secret */
  prepare?(data: unknown): SharedArrayBuffer;
  /** once, before the first job */
  setUp(data: S): void;
  /** one job. Typed errors go to whoever asked; anything else ends the worker */
  work(job: J): Parcel<R> | Promise<Parcel<R>>;
  /** wipes what set-up and jobs left behind */
  end(): void;
}

/** Answers a pool. Called once, by the file that runs as the worker. */
export const serve = <S, J, R>(service: Service<S, J, R>): void => {
  const port = parentPort;
  if (port === null) throw new Error('this file is a worker');
  const answer = (m: FromWorker, move?: readonly Uint8Array[]): void => port.postMessage(m, buffersOf(move));
  const act = async (m: ToWorker): Promise<void> => {
    if (m.kind === 'prepare') {
      if (!service.prepare) throw new Error('nothing to prepare');
      answer({ kind: 'prepared', shared: service.prepare(m.data) });
    } else if (m.kind === 'set up') {
      service.setUp(m.data as S);
      answer({ kind: 'ready' });
    } else if (m.kind === 'job') {
      const { data, move } = await service.work(m.data as J);
      answer({ kind: 'done', data }, move);
    } else {
      service.end();
      port.close();
    }
  };
  port.on('message', (m: ToWorker) => {
    // what is not a typed error is thrown again: nobody catches it there, and the worker ends
    act(m).catch((e: unknown) => {
      if (!(e instanceof SelError)) throw e;
      answer({ kind: 'failed', code: e.code, facts: e.facts });
    });
  });
};
