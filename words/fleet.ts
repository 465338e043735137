/** What there is to say about a fleet: where values come from, how long it takes. */
import type { Source } from '../core/fleet/source.ts';
import { t } from './language.ts';

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
      return t('the file GUEST/{name} where it is there, otherwise a new value', { name });
    case 'file':
      if (s.path !== undefined) return t('the file {path}', { path: s.path });
      return s.ifThere ? t('the file GUEST/{name} where it is there', { name }) : t('the file GUEST/{name}', { name });
    case 'common':
      return t('the file common/{name}, the same for every guest', { name });
    case 'none':
      return t('none');
    case 'made':
      return t('made new for each bundle');
  }
};
