/** The journal of a fleet on the disk, open for adding lines. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Bytes } from '../core/bytes.ts';
import { type FleetHead, type Journal, journalLine } from '../core/fleet/journal.ts';
import { instantText } from '../core/time.ts';
import { nodeEnv } from './env.ts';
import { io } from './files.ts';
import { JOURNAL_WHAT, journalPath } from './fleetplan.ts';

export class JournalFile {
  readonly #file: FileHandle;
  readonly #path: string;
  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Cuts off what is behind the last whole line of an earlier run, or begins with the head.
   * @throws io-denied, io-full, io-directory
   */
  static async open(output: string, earlier: Journal | undefined, head: Omit<FleetHead, 'created'>): Promise<JournalFile> {
    const path = journalPath(output);
    const file = await open(path, 'a', 0o644).catch((e: unknown) => refused(path, e));
    const journal = new JournalFile(file, path);
    await journal.#try(() => file.truncate(earlier?.length ?? 0));
    if (earlier === undefined) await journal.add(journalLine({ ...head, created: instantText(nodeEnv.now()) }));
    await journal.flush();
    return journal;
  }

  /** Adds whole lines. Not on the disk before {@link flush}, but a killed program loses none of them. */
  add(lines: Bytes): Promise<void> {
    return this.#try(() => this.#file.appendFile(lines));
  }
  flush(): Promise<void> {
    return this.#try(() => this.#file.sync());
  }
  close(): Promise<void> {
    return this.#file.close();
  }

  async #try(run: () => Promise<void>): Promise<void> {
    await run().catch((e: unknown) => refused(this.#path, e));
  }
}

/** What the system said, as a typed error that names the file. */
const refused = (path: string, e: unknown): never =>
  io(path, JOURNAL_WHAT, () => {
    throw e;
  });
