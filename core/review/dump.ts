/** Who can read a dump of the guest. Sources: spec pages "generic-guest" section 7 and "bundle" rule B18. */
import type { ParsedHeader } from '../image/header.ts';
import { submissionOrder } from '../policy/rules.ts';
import type { Policy } from '../policy/schema.ts';

/** Who holds the key that dumps are encrypted with. */
export type DumpReader = 'nobody' | 'cck-holder' | 'image-builder' | 'depends-on-cck';

export type DumpNote =
  /** the disable-dump flag on toc.asr works whatever the image says */
  | 'disabled-by-request'
  | 'forbidden-by-image'
  /** the image is not known yet: if it allows dumps */
  | 'if-image-allows'
  /** until the CCK request is accepted, a dump opens with the builder's key */
  | 'builder-until-cck'
  /** secrets are in before the CCK is */
  | 'cck-not-first'
  /** the CCK is optional: without a value the builder's stays */
  | 'cck-optional'
  /** whether the image accepts a CCK stands in its encrypted part */
  | 'cck-update-not-visible';

export interface DumpStory {
  readonly who: DumpReader;
  readonly notes: readonly DumpNote[];
}

/** Whether the image allows dumps, as far as it is known. */
const imageAllows = (policy: Policy, header: ParsedHeader | undefined): boolean | undefined => {
  if (header) return header.flagNames.includes('dump-allowed');
  const { dump } = policy.image.require;
  return dump === 'any' ? undefined : dump === 'allowed';
};

/** @param header of the image, when it is chosen */
export const dumpStory = (policy: Policy, header?: ParsedHeader): DumpStory => {
  if (policy.dump['disable-host-dump']) return { who: 'nobody', notes: ['disabled-by-request'] };
  const allowed = imageAllows(policy, header);
  if (allowed === false) return { who: 'nobody', notes: ['forbidden-by-image'] };
  const cck = policy.secrets.find((s) => s.purpose === 'cck');
  const notes: DumpNote[] = allowed === undefined ? ['if-image-allows'] : [];
  if (cck === undefined) return { who: 'image-builder', notes };
  notes.push(submissionOrder(policy)[0] === cck ? 'builder-until-cck' : 'cck-not-first');
  if (!cck.required) notes.push('cck-optional');
  notes.push('cck-update-not-visible');
  return { who: cck.required ? 'cck-holder' : 'depends-on-cck', notes };
};
