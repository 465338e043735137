/** Sentences for the timeline of a boot. */
import type { BootCode, BootEvent, Stage } from '../core/guestsim/events.ts';
import { uvSays } from './uv.ts';

export const STAGE_NAMES: Record<Stage, string> = {
  start: 'Start',
  'boot-mount': 'Mount boot partition',
  copy: 'Copy requests to protected memory',
  pvebc: 'Submit the requests (pvebc)',
  passphrase: 'Retrieve the disk passphrase',
  crypttab: 'Set up the root disk',
  paes: 'Enforce protected keys',
  apply: 'Apply the secrets',
  lock: 'Lock the secret store',
  report: 'Write the report',
};

const PROBLEMS: Record<string, string> = {
  'missing-file': 'the file is missing',
  'too-small': 'the file is too small to be a request',
  'uv-refused': 'the ultravisor refused it',
  'reference-not-utf8': 'its policy reference is not text, which makes pvebc crash',
  'reference-empty': 'it refers to no policy file',
  'reference-path': 'it refers to a path outside its directory',
  'policy-mismatch': 'the policy file was changed: its hash differs',
  'bad-tag-line': 'a line of the list is not a tag',
  'no-request-for-tag': 'a listed request is missing or its tag was changed',
};

const SAY: Record<BootCode, (e: BootEvent) => string> = {
  started: (e) => `The simulated host ${e.subject} opened the header, measured the image and started the guest.`,
  'started-header-only': (e) =>
    `The simulated host ${e.subject} opened the header. Only the header was given: the image itself was not measured.`,
  'not-for-this-host': () => 'The image has no key slot for this host: the guest does not start.',
  'image-altered': (e) => `The image is not the one its header was made for (${e.detail}): the guest does not start.`,
  'no-ebc-parameter': () => 'The kernel command line lacks rd.sel-ebc: the module does nothing.',
  mounted: () => 'The partition labelled boot is mounted.',
  'no-sics-directory': () => 'There is no /boot/sics: nothing can be submitted and the root disk stays shut.',
  copied: (e) => `${e.detail} files were copied.`,
  'not-copied': (e) => `${e.subject} was left out: it is not a regular file.`,
  'no-toc': () => 'toc.asr is missing: the guest powers off.',
  submitted: (e) => `${e.subject} was submitted: ${uvSays('add', e.rc ?? 1)}.`,
  'tag-matched': (e) => `${e.subject} is in the list.`,
  'policy-checked': (e) => `${e.subject} is the file the request refers to.`,
  'pvebc-failed': (e) =>
    `${e.subject}: ${PROBLEMS[e.problem ?? ''] ?? 'pvebc stopped'}${e.rc === undefined ? '' : ` (0x${e.rc.toString(16).padStart(4, '0')}: ${uvSays('add', e.rc)})`}. pvebc ends with ${e.detail}; the guest powers off.`,
  'passphrase-retrieved': () => 'The passphrase of the root disk was retrieved.',
  'passphrase-missing': (e) => `There is no secret named ${e.subject}: the guest powers off.`,
  'passphrase-wrong-type': (e) => `${e.subject} is not a plaintext secret: the guest powers off.`,
  'crypttab-written': () => 'The crypttab line for the root disk is written. The disk itself is not simulated.',
  'paes-enforced': () => 'A volume key is there as a protected key. The disk itself is not simulated.',
  'no-volume-key': () => 'There is no AES-XTS key for the root disk: the guest powers off.',
  'no-manifest': () => 'There is no manifest: nothing more is applied and no report is written.',
  'manifest-not-authenticated': () => 'No accepted request vouches for the manifest: it is not used.',
  applied: (e) => `${e.subject} was applied.`,
  'not-applied': (e) => `${e.subject} was not applied.`,
  locked: () => 'The secret store is locked: nothing can be added any more.',
  'lock-failed': () => 'The secret store could not be locked.',
  'not-locked': () => 'The secret store stays open, as the policy says.',
  'report-written': () => 'The retrieval report was written.',
  'no-report': () => 'No report was written.',
};

/** One sentence for an event. */
export const bootSays = (event: BootEvent): string => SAY[event.code](event);
