/** Sentences for the timeline of a boot. */
import type { BootCode, BootEvent, Stage } from '../core/guestsim/events.ts';
import type { PvebcProblem } from '../core/guestsim/pvebc.ts';
import { fact, said, t } from './language.ts';
import { uvSays } from './uv.ts';

export const STAGE_NAMES: Record<Stage, string> = said({
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
});

const PROBLEMS: Record<PvebcProblem, string> = said({
  'missing-file': 'the file is missing',
  'too-small': 'the file is too small to be a request',
  'too-large': 'the file is too large to be a request',
  'not-a-request': 'the file is not an add-secret request',
  'uv-refused': 'the ultravisor refused it',
  'reference-not-utf8': 'its policy reference is not text, which makes pvebc crash',
  'reference-empty': 'it refers to no policy file',
  'reference-path': 'it refers to a path outside its directory',
  'policy-mismatch': 'the policy file was changed: its hash differs',
  'bad-tag-line': 'a line of the list is not a tag',
  'no-request-for-tag': 'a listed request is missing or its tag was changed',
});

const NOT_COPIED: Record<string, string> = said({
  hidden: 'its name begins with a dot',
  capitals: 'only the endings .asr and .pol in lower case are copied',
});

/** pvebc stopped at a file: why, and what the ultravisor answered. */
const pvebcFailed = (e: BootEvent): string => {
  const known = {
    file: e.subject ?? '',
    problem: e.problem ? t(PROBLEMS[e.problem]) : t('pvebc stopped'),
    exit: e.detail ?? '',
  };
  return e.rc === undefined
    ? t('{file}: {problem}. pvebc ends with {exit}; the guest powers off.', known)
    : t('{file}: {problem} ({rc}: {answer}). pvebc ends with {exit}; the guest powers off.', {
        ...known,
        rc: `0x${e.rc.toString(16).padStart(4, '0')}`,
        answer: uvSays('add', e.rc),
      });
};

/** What can happen that is said with {subject} and {detail} of the event. */
const SAY: Record<Exclude<BootCode, keyof typeof MORE>, string> = said({
  started: 'The simulated host {subject} opened the header, measured the image and started the guest.',
  'started-header-only':
    'The simulated host {subject} opened the header. Only the header was given: the image itself was not measured.',
  'not-for-this-host': 'The image has no key slot for this host: the guest does not start.',
  'image-altered': 'The image is not the one its header was made for ({detail}): the guest does not start.',
  'no-ebc-parameter':
    'The kernel command line of the image lacks rd.sel-ebc: the module does nothing, nothing is submitted, and the encrypted root disk stays shut.',
  'no-boot-partition': 'There is no partition labelled boot: the guest powers off.',
  mounted: 'The partition labelled boot is mounted.',
  'no-sics-directory':
    'There is no /boot/sics: nothing can be submitted and the root disk stays shut. Whether this alone powers the guest off is unsure.',
  'no-toc': 'toc.asr is missing: the guest powers off.',
  'tag-matched': '{subject} is in the list.',
  'policy-checked': '{subject} is the file the request refers to.',
  'not-listed': '{subject} is not in the list. A real guest ignores it without a word: nothing of it was submitted.',
  'passphrase-retrieved': 'The passphrase of the root disk was retrieved.',
  'passphrase-missing': 'There is no secret named {subject}: the guest powers off.',
  'passphrase-not-retrievable': '{subject} could not be retrieved: the guest powers off.',
  'no-root-parameter':
    'The kernel command line of the image lacks root=: the units for the root disk are skipped and the guest waits for ever.',
  'passphrase-wrong-type': '{subject} is a protected key, not a passphrase: the root disk stays shut, and the guest powers off.',
  'disk-not-opened':
    'The passphrase does not open the root disk: it is the disk of somebody else, or the passphrase is. The guest powers off.',
  'crypttab-written': 'The crypttab line for the root disk is written.',
  'disk-opened': 'The passphrase opens the root disk, and the secret store holds its volume key.',
  'paes-enforced': 'The root disk uses a protected key.',
  'not-paes': 'The root disk is encrypted with {detail}: only protected keys are let through, and the guest powers off.',
  'no-manifest': 'There is no manifest: nothing more is applied and no report is written.',
  'manifest-not-authenticated': 'No accepted request vouches for the manifest: it is not used.',
  applied: '{subject} was applied.',
  'not-applied': '{subject} was not applied.',
  locked: 'The secret store is locked: nothing can be added any more.',
  'lock-failed': 'The secret store could not be locked.',
  'not-locked': 'The secret store stays open, as the policy says.',
  'attest-failed': 'The ultravisor did not answer the attestation request: the report goes without.',
  'report-written': 'The retrieval report was written.',
  'no-report': 'No report was written.',
});

/** What takes more than that. */
const MORE = {
  copied: (e: BootEvent) => t('{n} files were copied.', { n: Number(e.detail) }),
  'not-copied': (e: BootEvent) =>
    t('{subject} was left out: {reason}.', {
      subject: e.subject ?? '',
      reason: t(NOT_COPIED[e.detail ?? ''] ?? 'it is not a regular file'),
    }),
  submitted: (e: BootEvent) =>
    t('{subject} was submitted: {answer}.', { subject: e.subject ?? '', answer: uvSays('add', e.rc ?? 1) }),
  'pvebc-failed': pvebcFailed,
  'no-volume-key': (e: BootEvent) =>
    e.detail === undefined
      ? t('There is no AES-XTS key for the root disk: the guest powers off.')
      : t('The root disk asks for a volume key that the secret store does not hold ({key}): the guest powers off.', {
          key: fact(e.detail),
        }),
} as const;

const hasMore = (code: BootCode): code is keyof typeof MORE => Object.hasOwn(MORE, code);

/** One sentence for an event. */
export const bootSays = (event: BootEvent): string =>
  hasMore(event.code)
    ? MORE[event.code](event)
    : t(SAY[event.code], { subject: event.subject ?? '', detail: fact(event.detail ?? '') });
