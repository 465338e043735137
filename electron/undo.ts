/** The way back from what was just removed: one removal, for a minute. What it holds may be secret: it is wiped when it goes. */
import type { Project } from '../core/project/content.ts';

/** Milliseconds for which a removal can be taken back. */
export const UNDO_FOR = 60_000;

export interface Removal {
  /** what was removed, in words */
  readonly says: string;
  /** puts it back into the project as it is now */
  readonly restore: (kept: Project) => Project;
  /** whether a bundle that was made still fits afterwards */
  readonly keepsBundle?: boolean;
  readonly wipe: () => void;
}

export class Undo {
  #n = 0;
  #last: Removal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Remembers a removal, in the place of the one before. */
  keep(removal: Removal): void {
    this.drop();
    this.#n++;
    this.#last = removal;
    this.#timer = setTimeout(() => this.drop(), UNDO_FOR);
    this.#timer.unref();
  }

  /** Nothing can be taken back any more. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#last?.wipe();
    this.#last = undefined;
  }

  /** Takes the removal back, once. @returns undefined: there is none */
  restore(kept: Project): { readonly kept: Project; readonly keepsBundle: boolean } | undefined {
    const last = this.#last;
    const restored = last && { kept: last.restore(kept), keepsBundle: last.keepsBundle ?? false };
    this.drop();
    return restored;
  }

  view(): { n: number; says: string } | null {
    return this.#last ? { n: this.#n, says: this.#last.says } : null;
  }
}
