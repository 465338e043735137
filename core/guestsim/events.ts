/** The timeline of a boot: stages, and what each can say. Spec page "generic-guest", section 4. */
import type { PvebcProblem } from './pvebc.ts';

/** The stages of a boot, in order. */
export const STAGES = [
  'start',
  'boot-mount',
  'copy',
  'pvebc',
  'passphrase',
  'crypttab',
  'paes',
  'apply',
  'lock',
  'report',
] as const;
export type Stage = (typeof STAGES)[number];

/** The systemd unit of the guest that does a stage: the dracut module's until the root disk is open, then our kit's. */
export const UNITS: Partial<Record<Stage, string>> = {
  'boot-mount': 'sel-ebc-boot-mount.service',
  copy: 'sel-ebc-pvebc.service',
  pvebc: 'sel-ebc-pvebc.service',
  passphrase: 'sel-ebc-pvebc.service',
  crypttab: 'sel-ebc-override-crypttab.service',
  paes: 'sel-ebc-paes-enforce.service',
  apply: 'selwright-kit.service',
  lock: 'selwright-kit.service',
  report: 'selwright-kit.service',
};

/** What a stage can say. Sentences: words/boot.ts. */
export const BOOT_CODES = [
  'started',
  'started-header-only',
  'not-for-this-host',
  'image-altered',
  'no-ebc-parameter',
  'no-boot-partition',
  'mounted',
  'no-sics-directory',
  'copied',
  'not-copied',
  'no-toc',
  'submitted',
  'tag-matched',
  'policy-checked',
  'pvebc-failed',
  'not-listed',
  'passphrase-retrieved',
  'passphrase-missing',
  'passphrase-not-retrievable',
  'no-root-parameter',
  'passphrase-wrong-type',
  'disk-not-opened',
  'no-volume-key',
  'crypttab-written',
  'disk-opened',
  'paes-enforced',
  'not-paes',
  'no-manifest',
  'manifest-not-authenticated',
  'applied',
  'not-applied',
  'locked',
  'lock-failed',
  'not-locked',
  'attest-failed',
  'report-written',
  'no-report',
] as const;
export type BootCode = (typeof BOOT_CODES)[number];

/**
 * What follows a failure. `waits`: the units were skipped, nothing powers the guest off, and it waits for a root disk for ever.
 * `unsure`: a failed assertion is not the same as a failed unit, and whether it powers the guest off was never seen.
 */
export type FailureAction = 'poweroff-immediate' | 'waits' | 'unsure' | 'never-started';

/** One entry of the boot's timeline: plain data, nothing in it is secret. */
export interface BootEvent {
  readonly stage: Stage;
  readonly code: BootCode;
  readonly outcome: 'ok' | 'failed' | 'note';
  readonly subject?: string | undefined;
  readonly rc?: number | undefined;
  readonly problem?: PvebcProblem | undefined;
  readonly detail?: string | undefined;
  /** the unit that did it */
  readonly unit?: string | undefined;
  /** exit code of the unit's program, when the event ends it */
  readonly exitCode?: number | undefined;
  /** what a failure leads to */
  readonly action?: FailureAction | undefined;
  /** what the unit's programs printed for it */
  readonly console?: readonly string[] | undefined;
}
