/**
 * The journal of a fleet: a text file, one JSON object a line. The first line says what the fleet is made from, `begin` that a guest was
 * taken up, `done` that its bundle is on the disk. After a crash the last line may be half there: it is cut off. Nothing in it is secret.
 */
import * as z from 'zod';
import { BUNDLE_NAME } from '../bundle/manifest.ts';
import { type Bytes, fromUtf8, utf8 } from '../bytes.ts';
import { canonicalJson } from '../canonical.ts';
import { fail } from '../errors.ts';
import { hexOf, instant, readJson, uuid } from '../schema.ts';

export const JOURNAL_FORMAT = 'selwright-fleet-journal';
/** Some 100,000 guests. */
export const JOURNAL_MAX = 64 * 1024 * 1024;
const F = 'fleet journal';
/** The longest line is the first, with 255 host keys. */
const LINE_MAX = 64 * 1024;

const headSchema = z.strictObject({
  format: z.literal(JOURNAL_FORMAT),
  version: z.literal(1),
  created: instant,
  /** identity of the policy */
  policy: hexOf(32),
  /** SE header tag */
  image: hexOf(16),
  /** public host-key hashes, in the order of the key slots */
  hosts: z.array(hexOf(32)).min(1).max(255),
  strict: z.boolean(),
});
/** What a fleet is made from. */
export type FleetHead = z.infer<typeof headSchema>;

const name = z.string().regex(BUNDLE_NAME, 'a name');
const serial = z.number().int().min(1);
/** what its row of the table came to */
const row = hexOf(8);
const beginSchema = z.strictObject({ begin: name, serial, row });
/** A guest that was taken up. */
export type Begun = z.infer<typeof beginSchema>;

const doneSchema = z.strictObject({ done: name, serial, row, id: uuid, at: instant });
/** A guest whose bundle is complete and on the disk. */
export type Finished = z.infer<typeof doneSchema>;

const lineSchema = z.union([doneSchema, beginSchema]);

/** A line, with its line feed. */
export const journalLine = (entry: FleetHead | Begun | Finished): Bytes => utf8(`${canonicalJson(entry)}\n`);

export interface Journal {
  readonly head: FleetHead;
  readonly done: ReadonlyMap<string, Finished>;
  /** the last attempt of each guest that is not done */
  readonly begun: ReadonlyMap<string, Begun>;
  /** bytes of whole lines: what is behind them is cut off before anything is added */
  readonly length: number;
}

/** Lines that are read at once: some milliseconds. */
const STEP = 500;

/**
 * Reads a journal, some lines at a time, so that the caller can look after other things; undefined when not even its first line is
 * whole, which is as good as none.
 * @throws too-long, bad-encoding, not-recognised, bad-value and the other codes of a JSON document, with the line; duplicate for a
 * guest that is done twice
 */
export function* readJournalSteps(bytes: Bytes): Generator<void, Journal | undefined> {
  if (bytes.length > JOURNAL_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${JOURNAL_MAX} bytes`);
  const length = bytes.lastIndexOf(0x0a) + 1;
  if (length === 0) return undefined;
  const [first, ...lines] = fromUtf8(bytes.subarray(0, length), F).slice(0, -1).split('\n');
  const head = readJson(headSchema, utf8(first as string), `${F}, line 1`, LINE_MAX, { show: true });
  const done = new Map<string, Finished>();
  const begun = new Map<string, Begun>();
  for (const [i, line] of lines.entries()) {
    if (i % STEP === STEP - 1) yield;
    const place = `${F}, line ${i + 2}`;
    const entry = readJson(lineSchema, utf8(line), place, LINE_MAX, { show: true });
    if ('begin' in entry) begun.set(entry.begin, entry);
    else {
      if (done.has(entry.done)) fail('duplicate', place, `${entry.done} done twice`, 'each guest once');
      done.set(entry.done, entry);
      begun.delete(entry.done);
    }
  }
  return { head, done, begun, length };
}

/** The same in one go. */
export const readJournal = (bytes: Bytes): Journal | undefined => {
  const steps = readJournalSteps(bytes);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};

/**
 * Whether a fleet that was begun may go on with what is given now.
 * @throws conflict for another policy, image, set of hosts or form of the bundles
 */
export const checkSameFleet = (was: FleetHead, now: Omit<FleetHead, 'created'>): void => {
  const other = (what: string, same: boolean): void => {
    if (!same) fail('conflict', F, `a fleet begun with another ${what}`, 'the same as before, or another output directory');
  };
  other('policy', was.policy === now.policy);
  other('image', was.image === now.image);
  other('set of host keys', was.hosts.join() === now.hosts.join());
  other('form of the bundles (--strict)', was.strict === now.strict);
};
