/** The timeline of a boot: stages, and what each can say. Spec page "generic-guest", section 4. */

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

/** What a stage can say. Sentences: words/boot.ts. */
export type BootCode =
  | 'started'
  | 'started-header-only'
  | 'not-for-this-host'
  | 'image-altered'
  | 'no-ebc-parameter'
  | 'mounted'
  | 'no-sics-directory'
  | 'copied'
  | 'not-copied'
  | 'no-toc'
  | 'submitted'
  | 'tag-matched'
  | 'policy-checked'
  | 'pvebc-failed'
  | 'passphrase-retrieved'
  | 'passphrase-missing'
  | 'passphrase-wrong-type'
  | 'crypttab-written'
  | 'paes-enforced'
  | 'no-volume-key'
  | 'no-manifest'
  | 'manifest-not-authenticated'
  | 'applied'
  | 'not-applied'
  | 'locked'
  | 'lock-failed'
  | 'not-locked'
  | 'report-written'
  | 'no-report';

/** One entry of the boot's timeline. Nothing in it is secret. */
export interface BootEvent {
  readonly stage: Stage;
  readonly code: BootCode;
  readonly outcome: 'ok' | 'failed' | 'note';
  readonly subject?: string | undefined;
  readonly rc?: number | undefined;
  readonly problem?: string | undefined;
  readonly detail?: string | undefined;
}
