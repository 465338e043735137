/**
 * The project that is open in a window. A desk works out what a step makes of it and hands that over here: it is saved, what follows
 * is worked out again, and what no longer fits is wiped.
 */
import { wipe } from '../../core/bytes.ts';
import type { Env } from '../../core/env.ts';
import { fail } from '../../core/errors.ts';
import type { Project } from '../../core/project/content.ts';
import { newProject, wipeProject } from '../../core/project/project.ts';
import { PROGRAM } from '../../edge/version.ts';
import type { ProjectView } from '../contract.ts';
import { Keeper } from '../keeper.ts';
import { type BuilderKey, derive, type State, wipeBundle } from '../state.ts';
import { measureProject } from '../strength.ts';
import { Undo } from '../undo.ts';
import { viewOf } from '../views/project.ts';
import { Making } from './making.ts';

/** What a project is called until somebody names it. */
const UNNAMED = 'project';

export class OpenProject {
  readonly env: Env;
  /** where bundles and records are suggested to go */
  readonly home: string;
  readonly keeper: Keeper;
  readonly undo = new Undo();
  readonly making = new Making();
  #state: State;

  constructor(env: Env, home: string) {
    this.env = env;
    this.home = home;
    this.keeper = new Keeper(env);
    this.#state = this.#fresh(newProject(UNNAMED, PROGRAM, env));
  }

  /** what desks read, and change beside the kept project */
  get state(): State {
    return this.#state;
  }

  /** All that the window shows of it. */
  view(): ProjectView {
    return { ...viewOf(this.#state, this.keeper, this.home, this.env.now()), undo: this.undo.view() };
  }

  #fresh(kept: Project): State {
    return {
      kept,
      derived: derive(kept, this.env),
      notUsed: [],
      requests: new Map(),
      builderKey: undefined,
      bundle: undefined,
      boot: undefined,
      verdict: undefined,
    };
  }

  /** Another project takes the place of the one before, which was closed or locked. */
  replace(kept: Project): void {
    this.wipeBuilderKey();
    this.#state = this.#fresh(kept);
  }

  /** The same with an empty one. */
  replaceByNew(name = UNNAMED): void {
    this.replace(newProject(name, PROGRAM, this.env));
  }

  /** Wipes everything of it, and gives up its file. */
  close(): void {
    this.undo.drop();
    this.dropBundle();
    wipeProject(this.#state.kept);
    this.wipeBuilderKey();
    this.keeper.close();
  }

  /** The key the image was built with; a bundle that was made with another one goes. */
  holdBuilderKey(held: BuilderKey): void {
    this.dropBundle();
    this.wipeBuilderKey();
    this.#state.builderKey = held;
  }
  wipeBuilderKey(): void {
    wipe(this.#state.builderKey?.key);
    this.#state.builderKey = undefined;
  }

  /** Goes on with a step that was done to the project, and saves it. What was made no longer fits what was chosen: it goes. */
  apply(kept: Project): ProjectView {
    this.dropBundle();
    return this.note(kept);
  }

  /** The same for what changes nothing of what was chosen: the bundle stays. @param forget see Keeper.save */
  note(kept: Project, forget = false): ProjectView {
    this.#state.kept = this.keeper.save(kept, forget);
    this.#state.derived = derive(this.#state.kept, this.env);
    return this.view();
  }

  /** The bundle no longer fits the project: neither the one that was made nor the one that is being made. */
  dropBundle(): void {
    this.making.giveUp('the project was changed');
    this.dropMade();
  }

  /** Wipes the bundle that was made, and what was seen of it. */
  dropMade(): void {
    wipeBundle(this.#state.bundle ?? {});
    this.#state.bundle = undefined;
    this.#state.boot = undefined;
    this.#state.verdict = undefined;
  }

  /**
   * Waits for what takes a moment. @param discard wipes a result that nobody will get
   * @throws conflict when another project is there by then: what was asked for was not for it
   */
  async waited<T>(work: Promise<T>, discard?: (result: T) => void): Promise<T> {
    const { id } = this.#state.kept;
    const result = await work;
    if (id === this.#state.kept.id) return result;
    discard?.(result);
    return fail('conflict', 'project', 'another one than before', 'to be asked again');
  }

  /** Measures the values whose strength nobody knows. It goes to the file with the next change: opening a project does not write it. */
  async measure(): Promise<void> {
    const { derived, kept } = this.#state;
    if (derived.policy === undefined) return;
    const keep = await this.waited(measureProject(derived.policy.policy, kept));
    this.#state.kept = keep(this.#state.kept);
  }
}
