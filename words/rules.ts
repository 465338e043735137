/** What each rule is about, and what its breach means in a real guest. Source: spec pages "bundle" section 6, "personalization-policy" section 4. */
import type { Finding } from '../core/findings.ts';
import { fact, said, t } from './language.ts';

interface RuleWords {
  readonly about: string;
  /** what a real guest does when it is broken */
  readonly consequence?: string;
}

export const RULES: Record<string, RuleWords> = said({
  B01: { about: 'toc.asr is a request that refers to toc.pol', consequence: 'The guest powers off.' },
  B02: { about: 'The reference is a bare file name and the file is there', consequence: 'The guest powers off.' },
  B03: { about: 'toc.pol is the file that toc.asr refers to', consequence: 'The guest powers off.' },
  B04: {
    about: 'toc.pol holds one tag a line and nothing else',
    consequence: 'The guest powers off; a tag listed twice is submitted twice.',
  },
  B05: {
    about: 'Each line of toc.pol has exactly one request',
    consequence: 'The guest powers off; of two requests with one tag any may be taken.',
  },
  B06: { about: 'No request lies there unlisted', consequence: 'The guest ignores it without a word.' },
  B07: { about: 'Each request is whole, with nothing behind it', consequence: 'The guest powers off.' },
  B08: {
    about: 'The user data of each request is empty or a policy reference',
    consequence: 'pvebc fails or crashes, and the guest powers off.',
  },
  B09: {
    about: 'Each file that a request refers to is there and unchanged',
    consequence: 'The guest powers off, with that secret already in the store.',
  },
  B10: { about: 'All requests are for this image', consequence: 'The ultravisor refuses them, and the guest powers off.' },
  B11: {
    about: 'All requests can be opened by the chosen hosts',
    consequence: 'The guest comes up on some hosts only, or on none.',
  },
  B12: {
    about: 'The requests share an extension secret nobody else knows',
    consequence: 'Anybody can write further requests that fit.',
  },
  B13: {
    about: 'No request is bound to a configuration UID',
    consequence: 'The ultravisor refuses it: a generic guest gets its UID at its start.',
  },
  B14: { about: 'No two secrets have one id', consequence: 'The guest takes the first of them.' },
  B15: { about: 'The passphrase of the root disk is there', consequence: 'The guest powers off.' },
  B16: { about: 'The volume key of the root disk is there', consequence: 'The root disk stays shut, and the guest powers off.' },
  B17: { about: 'The image is generic' },
  B18: { about: 'Dumps, if allowed, are encrypted with a key of yours', consequence: "Dumps open with the image builder's key." },
  B19: {
    about: 'Only regular files, under names that are copied, and room for them',
    consequence: 'The guest does not get them.',
  },
  B20: {
    about: 'The secrets fit into the store of the machine',
    consequence: 'The ultravisor refuses those that are too many, and the guest powers off.',
  },
  B21: {
    about: 'toc.pol is the list this bundle was made with',
    consequence: 'A stale line makes the guest power off; another order gives another store hash.',
  },
  B22: { about: 'A report of the guest can be proven', consequence: 'No report can be proven.' },
  T01: { about: 'Every file is as it was made', consequence: 'Something was lost, changed or added on the way.' },
  H01: { about: 'Host keys are verified', consequence: "A request made for a stranger's key is a secret given away." },
  A01: {
    about: 'The policy has the approvals it demands',
    consequence: 'Nobody but its author has looked at what the guest gets.',
  },
  A02: {
    about: 'The policy beside the bundle is the one it was made from',
    consequence: 'What was reviewed is not what the guest gets.',
  },
  P01: { about: 'The policy is a document of a known version', consequence: 'Nothing is made from it.' },
  P02: {
    about: 'Names are allowed and differ',
    consequence: 'The guest copies no file of such a name, or takes one secret for another.',
  },
  P03: {
    about: 'The root disk gets its passphrase and its volume key',
    consequence: 'The root disk stays shut, and the guest powers off.',
  },
  P04: {
    about: 'CCK and extension secret go together',
    consequence: 'The ultravisor refuses the CCK, and the guest powers off; or no dump can be read by you.',
  },
  P05: {
    about: 'Dumps are encrypted with a key of yours, or forbidden',
    consequence: "Dumps open with the image builder's key.",
  },
  P06: {
    about: 'Types, purposes and sizes fit',
    consequence: 'The ultravisor refuses the request, or the software in the guest cannot use the secret.',
  },
  P07: {
    about: 'Files go to safe places with safe permissions',
    consequence: 'The secret lies where others can read it, or where the guest does not look.',
  },
  P08: { about: 'One of a kind where there can be only one', consequence: 'Which one is used is left to the guest.' },
  P09: {
    about: 'Entries that refer to others find them',
    consequence: 'A service starts without its certificate, or with one that is not for its key.',
  },
  P10: {
    about: 'Each entry has a value, and the value is what the policy asks for',
    consequence: 'The guest gets what it cannot use: its disk stays shut, or a service does not start.',
  },
  P11: { about: 'No value is used twice, and none in public', consequence: 'Whoever learns the one knows the other.' },
  P12: { about: 'Keys and certificates match', consequence: 'The service does not start, or its clients turn away.' },
  P13: {
    about: 'The order names secrets of the policy, the CCK first',
    consequence: "Until the CCK is in, a dump opens with the image builder's key.",
  },
  P14: {
    about: 'The secrets fit into the store of the target',
    consequence: 'The ultravisor refuses those that are too many, and the guest powers off.',
  },
  P15: { about: 'The report can be proven', consequence: 'No report can be proven.' },
  P16: { about: 'There is an extension secret', consequence: 'Anybody can write further requests that fit.' },
});

/** A name of the policy or of a file is left as it is, even when it is a word: those of ours have more than one. */
const subjectOf = (text: string): string => (/\s/.test(text) ? fact(text) : text);

const details = (f: Finding): string =>
  [
    f.found && t('found {found}', { found: fact(f.found) }),
    f.expected && t('expected {expected}', { expected: fact(f.expected) }),
  ]
    .filter((x) => x)
    .join(', ');

/** What a finding says, without its rule number. */
export const findingSays = (f: Finding): string => {
  const rule = RULES[f.rule];
  const about = rule === undefined ? f.rule : t(rule.about);
  if (f.severity === 'ok') return `${about}.`;
  const subject = f.subject === undefined ? '' : `${subjectOf(f.subject)}: `;
  const more = details(f);
  if (f.severity !== 'not-checked') return `${about}: ${subject}${more === '' ? t('not so') : more}.`;
  return more === ''
    ? t('{about}: not checked.', { about })
    : t('{about}: not checked ({more}).', { about, more: subject + more });
};

/** What happens in a real guest when the rule is broken. */
export const consequence = (f: Finding): string | undefined => {
  const words = f.severity === 'error' || f.severity === 'warning' ? RULES[f.rule]?.consequence : undefined;
  return words === undefined ? undefined : t(words);
};
