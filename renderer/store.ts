/** View state of the window: what the main side last said, which step is open, what went wrong. No secret value ever gets in here. */
import { create } from 'zustand';
import type { ArgsOf, Channel, ProjectView, ResultOf, SettingsView, StepId } from '../electron/contract.ts';
import { speak, t } from '../words/language.ts';
import { call, Refused } from './bridge.ts';
import { STEP_IDS } from './steps.ts';

export interface Problem {
  readonly what: string;
  readonly todo: string | null;
  /** the code of the error, for whoever is asked for help */
  readonly code?: string;
}

/** Channels that answer with the whole view. */
type ProjectChannel = { [C in Channel]: ResultOf<C> extends ProjectView ? C : never }[Channel];

/** The rooms of the window: the wizard's steps, the project file, fleets, and the officer's desk. */
export type Room = 'wizard' | 'project' | 'fleet' | 'officer';

interface State {
  readonly room: Room;
  readonly view: ProjectView | undefined;
  readonly shell: string;
  readonly version: string;
  readonly settings: Omit<SettingsView, 'messages'> | undefined;
  readonly canChooseFolder: boolean;
  /** what must be typed to use a host key without verification, to be said in the language spoken */
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
  /** Changes how the window looks or speaks. */
  prefer(some: ArgsOf<'settings.change'>): Promise<void>;
  go(step: StepId): void;
  enter(room: Room): void;
  /** Asks for something that changes the project. @returns whether it was done */
  change<C extends ProjectChannel>(channel: C, args: ArgsOf<C>, busy: string): Promise<boolean>;
  /** Asks for something else. @returns the answer, or undefined after showing why not */
  ask<C extends Channel>(channel: C, args: ArgsOf<C>, busy?: string): Promise<ResultOf<C> | undefined>;
  /** number of the removal whose way back was closed */
  readonly dismissed: number | undefined;
  dismiss(undo: number): void;
  say(notice: string | undefined): void;
  fail(problem: Problem | undefined): void;
}

/** What is shown of an error of {@link call}. */
export const problemOf = (e: unknown): Problem =>
  e instanceof Refused
    ? { what: e.message, todo: e.todo, code: e.code }
    : { what: t('The window could not reach the main side of the program.'), todo: t('Close the window and open it again.') };

/** Makes the page look and speak as settings say. @returns what of them is view state: the messages are not */
const applied = ({ messages, ...settings }: SettingsView): Omit<SettingsView, 'messages'> => {
  speak(settings.spoken, messages);
  const root = document.documentElement;
  root.lang = settings.spoken;
  root.dataset.theme = settings.theme;
  document.body.style.setProperty('zoom', `${settings.zoom}%`);
  return settings;
};

export const useStore = create<State>()((set, get) => ({
  room: 'wizard',
  view: undefined,
  shell: '',
  version: '',
  settings: undefined,
  canChooseFolder: false,
  acceptWord: '',
  opens: null,
  step: 'host-keys',
  busy: undefined,
  problem: undefined,
  notice: undefined,
  start: async () => {
    const [settings, info, view] = await Promise.all([
      get().ask('settings.view', {}),
      get().ask('app.info', {}),
      get().ask('project.view', {}),
    ]);
    if (settings) set({ settings: applied(settings) });
    if (info) set(info);
    if (view) set({ view });
    if (info?.opens && view?.file.path === null) set({ room: 'project' });
    if (info?.reopened) set({ notice: t('The window stopped and was opened again. Your project is as it was.') });
  },
  prefer: async (some) => {
    const settings = await get().ask('settings.change', some);
    if (settings === undefined) return;
    set({ settings: applied(settings) });
    // what the main side says is in the language from now on
    const view = await get().ask('project.view', {});
    if (view) set({ view });
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
  dismissed: undefined,
  dismiss: (dismissed) => set({ dismissed }),
  say: (notice) => set({ notice }),
  fail: (problem) => set({ problem }),
}));

/** The step before and after one. */
export const neighbours = (step: StepId): { readonly before: StepId | undefined; readonly after: StepId | undefined } => {
  const at = STEP_IDS.indexOf(step);
  return { before: STEP_IDS[at - 1], after: STEP_IDS[at + 1] };
};
