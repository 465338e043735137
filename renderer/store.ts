/** View state of the window: what the main side last said, which step is open, what went wrong. No secret value ever gets in here. */
import { create } from 'zustand';
import type { ArgsOf, Channel, ProjectView, ResultOf, StepId } from '../electron/contract.ts';
import { call, Refused } from './bridge.ts';
import { STEPS } from './steps.ts';

export interface Problem {
  readonly what: string;
  readonly todo: string | null;
}

/** Channels that answer with the whole view. */
type ProjectChannel = { [C in Channel]: ResultOf<C> extends ProjectView ? C : never }[Channel];

/** The rooms of the window: the wizard's steps, the project file, and the officer's desk. */
export type Room = 'wizard' | 'project' | 'officer';

interface State {
  readonly room: Room;
  readonly view: ProjectView | undefined;
  readonly shell: string;
  readonly version: string;
  readonly canChooseFolder: boolean;
  /** what must be typed to use a host key without verification */
  readonly acceptWord: string;
  /** a project file that the program was started with */
  readonly opens: string | null;
  readonly step: StepId;
  /** what is being done, in words; undefined: nothing */
  readonly busy: string | undefined;
  readonly problem: Problem | undefined;
  /** something that went well and should be said */
  readonly notice: string | undefined;
  start(): Promise<void>;
  go(step: StepId): void;
  enter(room: Room): void;
  /** Asks for something that changes the project. @returns whether it was done */
  change<C extends ProjectChannel>(channel: C, args: ArgsOf<C>, busy: string): Promise<boolean>;
  /** Asks for something else. @returns the answer, or undefined after showing why not */
  ask<C extends Channel>(channel: C, args: ArgsOf<C>, busy?: string): Promise<ResultOf<C> | undefined>;
  say(notice: string | undefined): void;
  fail(problem: Problem | undefined): void;
}

const problemOf = (e: unknown): Problem =>
  e instanceof Refused
    ? { what: e.message, todo: e.todo }
    : { what: 'The window could not reach the main side of the program.', todo: 'Close the window and open it again.' };

export const useStore = create<State>()((set, get) => ({
  room: 'wizard',
  view: undefined,
  shell: '',
  version: '',
  canChooseFolder: false,
  acceptWord: '',
  opens: null,
  step: 'host-keys',
  busy: undefined,
  problem: undefined,
  notice: undefined,
  start: async () => {
    const info = await get().ask('app.info', {});
    if (info) set(info);
    const view = await get().ask('project.view', {});
    if (view) set({ view });
    if (info?.opens && view?.file.path === null) set({ room: 'project' });
    if (info?.reopened) set({ notice: 'The window stopped and was opened again. Your project is as it was.' });
  },
  go: (step) => {
    set({ room: 'wizard', step, problem: undefined, notice: undefined });
  },
  enter: (room) => {
    set({ room, problem: undefined, notice: undefined });
  },
  change: async (channel, args, busy) => {
    const view = await get().ask(channel, args, busy);
    if (view === undefined) return false;
    set({ view: view as ProjectView });
    return true;
  },
  ask: async (channel, args, busy) => {
    set({ busy, problem: undefined, notice: undefined });
    try {
      return await call(channel, args);
    } catch (e) {
      set({ problem: problemOf(e) });
      return undefined;
    } finally {
      set({ busy: undefined });
    }
  },
  say: (notice) => set({ notice }),
  fail: (problem) => set({ problem }),
}));

/** The step before and after one. */
export const neighbours = (step: StepId): { readonly before: StepId | undefined; readonly after: StepId | undefined } => {
  const at = STEPS.findIndex((s) => s.id === step);
  return { before: STEPS[at - 1]?.id, after: STEPS[at + 1]?.id };
};
