/** Shows a dump of a simulated guest, as far as it goes without its CCK. */
import { type Bytes, hex } from '../bytes.ts';
import { TAG_SIZE } from '../crypto/gcm.ts';
import { fail } from '../errors.ts';
import { showLayout } from '../layout.ts';
import { dumpHeader } from '../uvsim/dump.ts';
import type { Inspected } from './shown.ts';

/** @throws too-short, wrong-length */
export const inspectDump = (bytes: Bytes): Inspected => {
  const h = dumpHeader.read(bytes);
  const whole = dumpHeader.size + h.length + TAG_SIZE;
  if (bytes.length !== whole) fail('wrong-length', 'simulated dump', `${bytes.length} bytes`, `${whole} bytes`);
  return {
    kind: 'simulated dump',
    shown: {
      'configuration-uid': hex(h.cuid),
      'header-tag': hex(h.headerTag),
      memory: `${h.length} bytes, encrypted with the CCK`,
    },
    layouts: [showLayout(dumpHeader, bytes)],
  };
};
