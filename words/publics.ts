/** Sentences for a policy's public entries: what their content is, and what is wrong with it. */
import type { Finding } from '../core/findings.ts';
import { nameText } from '../core/hostkey/name.ts';
import type { PublicFacts } from '../core/policy/contents.ts';
import { sshFingerprint, sshPublicLine } from '../core/policy/openssh.ts';
import { knownHostsLine } from '../core/values/sshcert.ts';
import { dayText, fact, said, t } from './language.ts';

/** One thing that is known of a content; `copy`: a text that people carry elsewhere. */
export interface Fact {
  readonly about: string;
  readonly value: string;
  readonly copy: boolean;
}

const line = (about: string, value: string, copy = false): Fact => ({ about, value, copy });

/** Last second that a date of the language can have; certificates without an end say more. */
const FOREVER = 8_640_000_000_000n;
const dayOf = (seconds: bigint): string =>
  seconds >= FOREVER ? t('without end') : dayText(new Date(1000 * Number(seconds)).toISOString());

/** What is understood of a public content, as pairs for a list. */
export const publicFactsSay = (f: PublicFacts): Fact[] => {
  switch (f.kind) {
    case 'keys':
      return f.keys.map((k, i) =>
        line(f.keys.length === 1 ? t('Key') : t('Key {n}', { n: i + 1 }), `${k.type}, ${sshFingerprint(k)}`),
      );
    case 'ssh-certificate': {
      const { ca } = f;
      const { principals, validBefore } = f.certificate;
      return [
        line(t('Names'), principals.length === 0 ? t('any') : principals.join(', ')),
        line(t('Valid until'), dayOf(validBefore)),
        line(t('Signed by'), sshFingerprint(ca)),
        line(t('For known_hosts of clients'), knownHostsLine(principals, sshPublicLine(ca)), true),
      ];
    }
    case 'certificate':
      return [
        line(t('Subject'), nameText(f.certificate.subject)),
        line(t('Issuer'), nameText(f.certificate.issuer)),
        line(t('Valid until'), dayText(f.certificate.notAfter.toISOString())),
        ...(f.more === 0 ? [] : [line(t('Certificates behind it'), String(f.more))]),
      ];
  }
};

interface Says {
  readonly what: string;
  readonly todo: string;
}

const OTHER: Says = said({ what: 'It is not what the policy asks for here.', todo: 'Choose another file.' });
const RULES: Record<string, Says> = said({
  P11: { what: 'A secret value stands in it.', todo: 'Choose another file: anybody can read this one.' },
  P12: {
    what: 'It does not belong to the key beside it.',
    todo: 'Choose the certificate that was made for this key, or have a new one made.',
  },
});
const EARLY: Says = said({
  what: 'It is not valid yet.',
  todo: 'It can be used; the guest works with it from its first day on.',
});

/** What is wrong with a public content, and what to do. */
export const publicFindingSays = (f: Finding): Says & { readonly details: string } => {
  const { what, todo } = f.severity === 'warning' ? EARLY : (RULES[f.rule] ?? OTHER);
  const details = t('Found {found}, expected {expected}.', { found: fact(f.found ?? ''), expected: fact(f.expected ?? '') });
  return { what: t(what), todo: t(todo), details };
};
