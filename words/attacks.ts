/** Sentences for the attack lab: what is done, and what it teaches. */
import type { Attacker, AttackId } from '../core/bundle/attacks.ts';
import type { LabResult } from '../core/guestsim/lab.ts';
import { said, t } from './language.ts';

export interface AttackWords {
  readonly name: string;
  /** what is done */
  readonly does: string;
  /** what a real guest does, and why that is so */
  readonly lesson: string;
}

export const ATTACK_WORDS: Record<AttackId, AttackWords> = said({
  'missing-request': {
    name: 'A request is missing',
    does: 'The provider leaves out the last request of the list.',
    lesson: 'Every line of the list must find its request, so the guest powers off.',
  },
  'stranger-request': {
    name: 'A stranger request beside the bundle',
    does: 'The provider lays a request of its own into the directory.',
    lesson: 'What is not listed is never submitted. A real guest says nothing about it; the bundle check and the report do.',
  },
  'body-bit-flipped': {
    name: 'One bit of a request changed',
    does: 'The provider flips a bit in the encrypted part of the last request.',
    lesson: 'The dry run of pvebc passes, for only the ultravisor can check the tag. It refuses the request.',
  },
  'tag-bit-flipped': {
    name: 'One bit of a tag changed',
    does: 'The provider flips a bit in the tag of the last request.',
    lesson: 'No request fits that line of the list any more, so the guest powers off.',
  },
  'toc-bit-flipped': {
    name: 'One bit of toc.asr changed',
    does: 'The provider flips a bit in the encrypted part of toc.asr.',
    lesson: 'toc.asr is submitted before anything else, and the ultravisor refuses it.',
  },
  'trailing-byte': {
    name: 'A byte behind a request',
    does: 'The provider appends a byte to the last request.',
    lesson: 'pvebc takes the last 16 bytes of the file for the tag: no line fits, and the guest powers off.',
  },
  'toc-trailing-byte': {
    name: 'A byte behind toc.asr',
    does: 'The provider appends a byte to toc.asr.',
    lesson:
      'Nobody looks at the tag of toc.asr in the file, and the ultravisor reads as far as the request says it goes: nothing is changed.',
  },
  'list-edited': {
    name: 'toc.pol changed',
    does: 'The provider puts the lines of toc.pol into another order.',
    lesson: 'toc.asr holds the hash of the list, and the ultravisor has vouched for toc.asr.',
  },
  'list-remade': {
    name: 'toc.pol changed, with a new toc.asr',
    does: 'The provider changes the order and makes a toc.asr of its own for it.',
    lesson:
      'toc.asr is accepted, for anybody can make one. But it fixes the extension secret, and the next request, which is yours, holds another one: refused.',
  },
  'manifest-edited': {
    name: 'The manifest changed',
    does: 'The provider tells the guest not to lock the store.',
    lesson: 'A request refers to the manifest by its hash, so the guest powers off before any real secret is in.',
  },
  'capital-ending': {
    name: 'A file ending in capitals',
    does: 'The last request is named .ASR, as some file systems do on the way.',
    lesson: 'Only .asr in lower case is copied: the request is missing.',
  },
  'short-stranger': {
    name: 'A stranger file that is too short',
    does: 'The provider lays a file of 15 bytes, ending in .asr, into the directory.',
    lesson: 'Looking for tags, pvebc reads every such file and fails at one too short to hold a tag.',
  },
  symlink: {
    name: 'A symbolic link instead of a request',
    does: 'The last request is a link to a file elsewhere.',
    lesson: 'Links are not copied: the request is missing.',
  },
  'other-tenant': {
    name: "Another tenant's bundle, with your disk",
    does: 'The provider starts the image with a complete bundle of somebody else.',
    lesson:
      'pvebc proves that a bundle is whole, not whose it is: every request is accepted. But the passphrase does not open your disk.',
  },
  'other-tenant-own-disk': {
    name: "Another tenant's bundle, with another disk",
    does: 'The provider starts the image with a bundle and a root disk of its own.',
    lesson:
      'The guest comes up and looks like yours. Only the report tells: another attestation request, another list, no report key.',
  },
  'older-bundle': {
    name: 'Your own older bundle',
    does: 'The provider starts the guest with the bundle before this one.',
    lesson:
      'An old bundle stays valid for its image for ever. The report names another bundle, and its store hash is the old one.',
  },
  'look-alikes': {
    name: 'A whole set of look-alikes',
    does: 'The provider replaces every request by one of its own with the same tag, and brings a disk that fits.',
    lesson:
      'A tag does not commit to its key: list, store hash and attestation are exactly yours, the contents are not. Only the report key shows it, for the provider does not have it. Reasoned and tried on AES-GCM, never on a machine.',
  },
  'other-image': {
    name: 'Another image',
    does: 'The provider starts another image with your bundle.',
    lesson: 'Every request is bound to the tags of its image, so the first one is refused.',
  },
  'stranger-host': {
    name: 'A machine that was not chosen',
    does: 'The provider starts the guest on another machine.',
    lesson: 'Neither the image nor a request has a key slot for it.',
  },
  'no-bundle': {
    name: 'No bundle at all',
    does: 'The boot partition has no directory sics.',
    lesson:
      'Nothing is submitted and the root disk stays shut. Whether the failed assertion alone powers the guest off is unsure.',
  },
  'swapped-lines': {
    name: 'Two lines of the list swapped',
    does: 'The last two requests are listed in the other order, and toc.asr is made for that list.',
    lesson: 'The order is nothing to the guest. The store hash depends on it, so the report shows it.',
  },
  'duplicate-line': {
    name: 'A line twice',
    does: 'The last tag stands in the list twice.',
    lesson: 'The request is submitted twice: the guest comes up with a secret too many and another store hash.',
  },
  'list-crlf': {
    name: 'Line ends of Windows',
    does: 'The list was saved with CR and LF.',
    lesson: 'The line reader takes both, and the guest comes up; but it is another list than the one you expect.',
  },
  'list-blank-line': {
    name: 'A blank line in the list',
    does: 'The list ends with an empty line.',
    lesson: 'An empty line is a tag that no request has: the guest powers off.',
  },
  'list-upper-case': {
    name: 'Tags in capitals',
    does: 'The tags are written with capital digits.',
    lesson: 'The guest takes them; but it is another list than the one you expect.',
  },
  'list-trailing-space': {
    name: 'A space behind a tag',
    does: 'The lines of the list end with a space.',
    lesson: 'What is not hex digits is an error: the guest powers off.',
  },
  'reference-sha512': {
    name: 'A SHA-512 in the reference',
    does: 'toc.asr refers to the list by SHA-512, as the manuals say.',
    lesson:
      'The tools use SHA-256. The rest of the longer hash stands where the name should be, and pvebc crashes when it prints it.',
  },
  'name-parent': {
    name: 'A name that leads upwards',
    does: 'toc.asr refers to ../toc.pol.',
    lesson: 'Names with two dots are refused.',
  },
  'name-absolute': {
    name: 'An absolute name',
    does: 'toc.asr refers to /boot/sics/toc.pol.',
    lesson: 'Names that begin with a slash are refused.',
  },
  'name-dots': {
    name: 'Two dots inside a name',
    does: 'toc.asr refers to a..b.pol, and such a file is there.',
    lesson: 'Two dots are refused wherever they stand.',
  },
  'name-480': {
    name: 'A name of 480 bytes',
    does: 'toc.asr refers to a name that fills the whole field.',
    lesson: 'No file system has such a file.',
  },
  'name-empty': {
    name: 'No name',
    does: 'toc.asr refers to a hash without a name.',
    lesson: 'For toc.asr no reference is a failure.',
  },
  'signed-request': {
    name: 'A signed request',
    does: 'One more request of the set carries a signature in its user data.',
    lesson:
      'The ultravisor accepts it; pvebc takes the signature for a file name and crashes. Signed requests and this way of booting do not mix.',
  },
  'request-for-other-image': {
    name: 'A request for another image',
    does: 'One more request of the set was made with the header of another image.',
    lesson: 'The ultravisor refuses it, with all others already in.',
  },
  'request-without-host': {
    name: 'A request without this host',
    does: 'One more request of the set was made for another machine only.',
    lesson: 'There is no key slot for this machine: the ultravisor refuses it.',
  },
  'request-with-cuid': {
    name: 'A request bound to one start',
    does: 'One more request of the set names a configuration UID.',
    lesson: 'A guest gets its UID when it starts: nobody knows it before, and the ultravisor refuses the request.',
  },
  'id-twice': {
    name: 'One id twice',
    does: 'One more request of the set has the id of the passphrase.',
    lesson: 'Both go in, and the first one is used. The report shows the id twice.',
  },
  'locked-store': {
    name: 'The store is locked already',
    does: 'Somebody locks the secret store before the first request.',
    lesson: 'Nothing can be added any more.',
  },
  'full-store': {
    name: 'The store is full',
    does: 'The machine has room for one retrievable secret only.',
    lesson: 'The second one is refused. Ask the provider for the limits of the machine.',
  },
  'guest-root-adds': {
    name: 'Root adds a request later',
    does: 'Root in the running guest submits a request of its own.',
    lesson: 'The kit has locked the store: refused until the guest is started again.',
  },
  'report-edited': {
    name: 'The report edited',
    does: 'The provider changes a field of the report on its way.',
    lesson: 'The attestation holds the hash of the report, and the MAC covers it.',
  },
  'report-replayed': {
    name: 'An old report again',
    does: 'You ask a new question, and the provider sends the report from before.',
    lesson: 'The new nonce is not in it.',
  },
  'attestation-of-another-guest': {
    name: 'The attestation of another guest',
    does: 'The provider puts the attestation of a second start into the report of the first.',
    lesson: 'Each attestation holds the hash of its own report.',
  },
  'second-guest': {
    name: 'A second guest from the same bundle',
    does: 'The provider starts the bundle twice and sends both reports.',
    lesson:
      'Nothing stops it: both are proven. The configuration UID is another one, so the verdict asks you whether it is a restart or a copy.',
  },
});

/** An attack in the language spoken. */
export const attackSays = (id: AttackId): AttackWords => {
  const { name, does, lesson } = ATTACK_WORDS[id];
  return { name: t(name), does: t(does), lesson: t(lesson) };
};

export const ATTACKERS: Record<Attacker, string> = said({
  provider: 'Done by the provider',
  maker: 'A mistake in making the bundle',
  'guest-root': 'Done by root in the guest',
});

export const CAUGHT_BY: Record<LabResult['caughtBy'], string> = said({
  guest: 'The guest does not let it pass',
  verdict: 'The guest lets it pass; the verdict on the report shows it',
  'bundle-check': 'The guest lets it pass without harm; the bundle check names it',
  nothing: 'Nothing shows it',
});
