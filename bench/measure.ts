/**
 * How the benchmarks measure: own program and rivals take turns, round by round, so that whatever the machine does meanwhile happens to
 * all of them; of each the median of at least seven rounds counts, and what is shown is the ratio of medians.
 */

/** Least rounds of any comparison. */
export const ROUNDS = 7;

/** Something that is measured. */
export interface Runner {
  readonly name: string;
  /** how many things one round does */
  readonly count: number;
  /** does them. @returns what is compared, when that is not the time: bytes for example */
  run(): number | undefined | Promise<number | undefined>;
}

/** One line of the results. */
export interface Row {
  readonly what: string;
  /** own median for one thing, and its unit */
  readonly own: string;
  readonly rival: string;
  readonly rivalName: string;
  /** how many times better than the rival; for what should be constant, how many times as much */
  readonly ratio: number;
  /** smallest and largest ratio of a round */
  readonly spread: readonly [number, number];
  /** what the ratio must be, when the project has said so */
  readonly wanted?: { readonly atLeast?: number; readonly atMost?: number } | undefined;
  readonly rounds: number;
}

export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [a, b] = [sorted[middle - 1] ?? 0, sorted[middle] ?? 0];
  return sorted.length % 2 === 1 ? b : (a + b) / 2;
};

/** Milliseconds for one thing, or what the runner counts. */
const once = async (r: Runner): Promise<number> => {
  const from = performance.now();
  const counted = await r.run();
  return (counted ?? performance.now() - from) / r.count;
};

const digits = (n: number): string => (n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n >= 1 ? n.toFixed(2) : n.toFixed(3));

export const ms = (n: number): string =>
  n < 0.1 ? `${digits(n * 1000)} µs` : n < 10_000 ? `${digits(n)} ms` : `${digits(n / 1000)} s`;
export const mb = (bytes: number): string => `${digits(bytes / 1e6)} MB`;
export const ratioText = (n: number): string => `${digits(n)} x`;

export interface Comparison {
  readonly what: string;
  readonly own: Runner;
  readonly rivals: readonly (Runner & { readonly wanted?: Row['wanted'] })[];
  readonly rounds?: number;
  /** `faster`: rival / own; `growth`: own / rival, for what should stay the same */
  readonly direction?: 'faster' | 'growth';
  readonly unit?: (n: number) => string;
  /** before the first round, so that nothing is measured cold that would be warm in use; false where each round is a cold start */
  readonly warmUp?: boolean;
}

/** Measures own and rivals in turn. */
export const compare = async (c: Comparison): Promise<Row[]> => {
  const rounds = Math.max(ROUNDS, c.rounds ?? ROUNDS);
  const runners = [c.own, ...c.rivals];
  const times: number[][] = runners.map(() => []);
  if (c.warmUp !== false) for (const r of runners) await once(r);
  for (let round = 0; round < rounds; round++) {
    // the order turns as well: none is always behind the same other one
    for (let i = 0; i < runners.length; i++) {
      const at = (i + round) % runners.length;
      times[at]?.push(await once(runners[at] as Runner));
    }
  }
  const [own = [], ...others] = times;
  const unit = c.unit ?? ms;
  const share = (mine: number, theirs: number): number => (c.direction === 'growth' ? mine / theirs : theirs / mine);
  return c.rivals.map((rival, i) => {
    const theirs = others[i] ?? [];
    const each = own.map((mine, k) => share(mine, theirs[k] ?? Number.NaN));
    return {
      what: c.what,
      own: unit(median(own)),
      rival: unit(median(theirs)),
      rivalName: rival.name,
      ratio: share(median(own), median(theirs)),
      spread: [Math.min(...each), Math.max(...each)],
      wanted: rival.wanted,
      rounds,
    };
  });
};

/** What was wanted, and whether it was reached; empty where nothing was. */
export const verdict = ({ ratio, wanted }: Row): string => {
  if (wanted === undefined) return '';
  const { atLeast, atMost } = wanted;
  const good = (atLeast === undefined || ratio >= atLeast) && (atMost === undefined || ratio <= atMost);
  const one = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  return `${atLeast === undefined || atMost === undefined ? one : `${atLeast} to ${atMost}`}: ${good ? 'reached' : 'MISSED'}`;
};
