/** Shows files that a passphrase protects, as far as they go without it: projects and keys of approvers. */
import { APPROVER_KEY } from '../approval/key.ts';
import { type Bytes, same } from '../bytes.ts';
import { readSealed, type SealKind, sealedHeader } from '../crypto/sealed.ts';
import { showLayout } from '../layout.ts';
import { PROJECT_KIND } from '../project/file.ts';
import type { FileKind, Inspected } from './shown.ts';

const KINDS: readonly (readonly [SealKind, FileKind])[] = [
  [PROJECT_KIND, 'project file'],
  [APPROVER_KEY, 'approver key'],
];

/** @returns undefined when it is none of them @throws everything of readSealed */
export const inspectSealed = (bytes: Bytes): Inspected | undefined => {
  const known = KINDS.find(([k]) => same(bytes.subarray(0, k.magic.length), k.magic));
  if (known === undefined) return undefined;
  const [seal, kind] = known;
  const { parameters, contentClass } = readSealed(seal, bytes);
  return {
    kind,
    shown: { 'key-derivation': { ...parameters }, content: `at most ${contentClass} bytes, under a passphrase` },
    layouts: [showLayout(sealedHeader, bytes)],
  };
};
