/** Keys that do something everywhere in the window: one table, for the handler and for the list that shows them. */
import { useEffect } from 'react';
import { said } from '../words/language.ts';
import { STEP_IDS } from './steps.ts';
import { neighbours, useStore } from './store.ts';

/** As people see them: keys, and what they do. */
export const SHORTCUTS: readonly (readonly [keys: readonly string[], does: string])[] = said([
  [['Alt', '1–8'], 'Go to a step'],
  [['Alt', '←'], 'One step back'],
  [['Alt', '→'], 'One step on, when nothing is missing'],
  [['Ctrl', 'Z'], 'Take back what was just removed'],
  [['Ctrl', '+'], 'Larger'],
  [['Ctrl', '−'], 'Smaller'],
  [['Ctrl', '0'], 'As large as it comes'],
  [['F1'], 'Settings and this list'],
]);

const inText = (e: KeyboardEvent): boolean =>
  e.target instanceof HTMLElement && e.target.matches('input:not([type="checkbox"], [type="radio"]), textarea');

const zoom = (by: -1 | 0 | 1): void => {
  const { settings, prefer } = useStore.getState();
  if (settings === undefined) return;
  const next = by === 0 ? 100 : settings.zooms[settings.zooms.indexOf(settings.zoom) + by];
  if (next !== undefined) void prefer({ zoom: next });
};

const move = (key: string): boolean => {
  const { step, view, busy, go, room } = useStore.getState();
  if (busy !== undefined || view === undefined || view.file.locked) return false;
  const { before, after } = neighbours(step);
  const to =
    key === 'ArrowLeft'
      ? before
      : key === 'ArrowRight'
        ? view.lacks[step].length === 0
          ? after
          : undefined
        : STEP_IDS[Number(key) - 1];
  if (to === undefined || (room !== 'wizard' && key.startsWith('Arrow'))) return false;
  go(to);
  return true;
};

/** @returns whether the key was one of ours */
const press = (e: KeyboardEvent, openSettings: () => void): boolean => {
  const ctrl = e.ctrlKey || e.metaKey;
  if (e.key === 'F1') openSettings();
  else if (e.altKey && !ctrl && /^([1-8]|ArrowLeft|ArrowRight)$/.test(e.key)) return move(e.key);
  else if (!ctrl || e.altKey) return false;
  else if (e.key === '+' || e.key === '=') zoom(1);
  else if (e.key === '-') zoom(-1);
  else if (e.key === '0') zoom(0);
  else if (e.key === 'z' && !e.shiftKey && !inText(e) && useStore.getState().view?.undo)
    void useStore.getState().change('project.undo', {}, '');
  else return false;
  return true;
};

export const useShortcuts = (openSettings: () => void): void => {
  useEffect(() => {
    const down = (e: KeyboardEvent): void => {
      if (press(e, openSettings)) e.preventDefault();
    };
    window.addEventListener('keydown', down);
    return () => window.removeEventListener('keydown', down);
  });
};
