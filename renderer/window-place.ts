/** Tells the main side where the window is and how large, so that it comes back there. A window that is moved says nothing: it is asked. */
import { useEffect } from 'react';
import { call } from './bridge.ts';

/** Milliseconds between two looks. */
const LOOK = 2000;

export const usePlace = (): void => {
  useEffect(() => {
    let last = '';
    const look = (): void => {
      const { screenX: x, screenY: y, outerWidth: width, outerHeight: height } = window;
      const now = `${x} ${y} ${width} ${height}`;
      // the first answer is where it was opened
      if (last !== '' && last !== now) call('window.moved', { x, y, width, height }).catch(() => undefined);
      last = now;
    };
    look();
    const timer = setInterval(look, LOOK);
    window.addEventListener('resize', look);
    return () => {
      clearInterval(timer);
      window.removeEventListener('resize', look);
    };
  }, []);
};
