/** What a fleet would do: which guests are made already, which are left, and which files they need. */
import { join, resolve } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { hex } from '../core/bytes.ts';
import { fail, inFile } from '../core/errors.ts';
import {
  checkSameFleet,
  type FleetHead,
  JOURNAL_FORMAT,
  JOURNAL_MAX,
  type Journal,
  readJournalSteps,
} from '../core/fleet/journal.ts';
import { type Source, sourceFile } from '../core/fleet/source.ts';
import { type FleetGuest, type FleetTable, rowHash, sourcesOf } from '../core/fleet/table.ts';
import { policyHash } from '../core/policy/document.ts';
import { exists, readFile } from './files.ts';
import type { FleetCommon } from './fleetguest.ts';

/** What a fleet is made from. Policy, image and host keys are checked by the caller, once; values are checked guest by guest. */
export interface FleetInput extends FleetCommon {
  readonly table: FleetTable;
  /** as many as there are cores unless given */
  readonly workers?: number | undefined;
  /** the workers stand back when something else wants the processor: for a window, which has to answer */
  readonly background?: boolean | undefined;
  /** the built worker; beside the running program unless given */
  readonly workerFile?: URL | undefined;
}

/** A guest that is not made yet. */
export interface Todo {
  readonly guest: FleetGuest;
  /** for every entry of the policy */
  readonly sources: ReadonlyMap<string, Source>;
  /** what its row came to */
  readonly row: string;
}

/** A file that a guest needs and that is not there. */
export interface MissingFile {
  readonly guest: string;
  /** of the table */
  readonly line: number;
  /** name of the secret or public entry */
  readonly name: string;
  readonly path: string;
}

export interface FleetPlan {
  readonly total: number;
  /** made in an earlier run */
  readonly before: number;
  readonly missing: readonly MissingFile[];
}

export const JOURNAL = 'fleet.journal';
export const JOURNAL_WHAT = 'fleet journal';
/** Guests between two looks at what else the program has to do. */
const BREATH = 25;

export const journalPath = (output: string): string => join(resolve(output), JOURNAL);

/** What the first line of the journal says, but for its time. */
export const headOf = (input: FleetInput): Omit<FleetHead, 'created'> => ({
  format: JOURNAL_FORMAT,
  version: 1,
  policy: policyHash(input.policy),
  image: hex(input.header.image.tag),
  hosts: input.hostKeys.map((h) => hex(h.phkh)),
  strict: input.strict,
});

/** The journal of an earlier run into this directory. @throws conflict when it is of another fleet; what its reader throws */
export const readEarlier = async (input: FleetInput): Promise<Journal | undefined> => {
  const path = journalPath(input.output);
  if (!exists(path)) return undefined;
  const steps = readJournalSteps(readFile(path, JOURNAL_WHAT, JOURNAL_MAX));
  for (;;) {
    const step = inFile(path, () => steps.next());
    if (step.done) {
      const journal = step.value;
      if (journal) inFile(path, () => checkSameFleet(journal.head, headOf(input)));
      return journal;
    }
    await breathe();
  }
};

/** @throws conflict for a guest that is made and whose row says something else now */
export const leftToDo = async (input: FleetInput, journal: Journal | undefined): Promise<Todo[]> => {
  const { table, policy, output } = input;
  const todo: Todo[] = [];
  for (const [i, guest] of table.guests.entries()) {
    if (i % BREATH === 0) await breathe();
    const sources = sourcesOf(table, guest, policy);
    const row = rowHash(sources);
    const done = journal?.done.get(guest.name);
    if (done === undefined) todo.push({ guest, sources, row });
    else if (done.row !== row)
      inFile(journalPath(output), () =>
        fail(
          'conflict',
          `${JOURNAL_WHAT}, ${guest.name}`,
          'a guest that was made from other sources than its row says now',
          'the same row as before',
        ),
      );
  }
  return todo;
};

/** Path of the file that must be there for a source; undefined when none must. */
const neededFile = (input: FleetInput, guest: string, name: string, source: Source): string | undefined => {
  if (source.kind === 'generate' || (source.kind === 'file' && source.ifThere)) return undefined;
  if (source.kind === 'common' && input.common?.has(name)) return undefined;
  const file = sourceFile(source, guest, name);
  return file && join(input.values, file);
};

const missingFiles = async (input: FleetInput, todo: readonly Todo[]): Promise<MissingFile[]> => {
  const missing: MissingFile[] = [];
  for (const [i, { guest, sources }] of todo.entries()) {
    if (i % BREATH === 0) await breathe();
    for (const [name, source] of sources) {
      const path = neededFile(input, guest.name, name, source);
      if (path && !exists(path)) missing.push({ guest: guest.name, line: guest.line, name, path });
    }
  }
  return missing;
};

/**
 * What a fleet would do, without doing any of it.
 * @throws conflict when the output directory holds another fleet; what the journal's reader throws
 */
export const planFleet = async (input: FleetInput): Promise<FleetPlan> => {
  const todo = await leftToDo(input, await readEarlier(input));
  const total = input.table.guests.length;
  return { total, before: total - todo.length, missing: await missingFiles(input, todo) };
};
