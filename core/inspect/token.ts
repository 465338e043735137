/** Shows the key token that a LUKS2 keyslot holds for a protected key. */
import type { Bytes } from '../bytes.ts';
import { paesToken, readPaesToken } from '../guestsim/disk.ts';
import { showLayout } from '../layout.ts';
import { typeLabel } from '../secret/list.ts';
import { showId } from '../secret/secret.ts';
import type { Inspected } from './shown.ts';

/** Small and without a magic: its size, and what its first bytes always are. */
export const looksLikeToken = (bytes: Bytes): boolean => bytes.length === paesToken.size && bytes[0] === 0 && bytes[4] === 9;

/** @throws everything of readPaesToken */
export const inspectToken = (bytes: Bytes): Inspected => {
  const t = readPaesToken(bytes);
  return {
    kind: 'key token',
    shown: { secret: { type: t.type, kind: typeLabel(t.type), id: showId(t.id) } },
    layouts: [showLayout(paesToken, bytes)],
  };
};
