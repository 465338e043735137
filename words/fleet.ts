/** What there is to say about a fleet: where values come from, how long it takes. */
import type { Source } from '../core/fleet/source.ts';

/** 45 s, 3 min 20 s, 2 h 5 min. */
export const secondsSay = (seconds: number): string => {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? `${minutes} min ${s % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** Where the values of a column come from. @param name of the secret or public entry */
export const sourceSays = (s: Source, name: string): string => {
  switch (s.kind) {
    case 'generate':
      return `the file GUEST/${name} where it is there, otherwise a new value`;
    case 'file':
      if (s.path !== undefined) return `the file ${s.path}`;
      return s.ifThere ? `the file GUEST/${name} where it is there` : `the file GUEST/${name}`;
    case 'common':
      return `the file common/${name}, the same for every guest`;
    case 'none':
      return 'none';
    case 'made':
      return 'made new for each bundle';
  }
};
