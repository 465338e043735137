/** Sentences for a policy's public entries: what their content is, and what is wrong with it. */
import type { Finding } from '../core/findings.ts';
import { nameText } from '../core/hostkey/name.ts';
import type { PublicFacts } from '../core/policy/contents.ts';
import { sshFingerprint, sshPublicLine } from '../core/policy/openssh.ts';
import { knownHostsLine } from '../core/values/sshcert.ts';

/** One thing that is known of a content; `copy`: a text that people carry elsewhere. */
export interface Fact {
  readonly about: string;
  readonly value: string;
  readonly copy: boolean;
}

const fact = (about: string, value: string, copy = false): Fact => ({ about, value, copy });

/** Last second that a date of the language can have; certificates without an end say more. */
const FOREVER = 8_640_000_000_000n;
const dayOf = (seconds: bigint): string =>
  seconds >= FOREVER ? 'without end' : new Date(1000 * Number(seconds)).toISOString().slice(0, 10);

/** What is understood of a public content, as pairs for a list. */
export const publicFactsSay = (f: PublicFacts): Fact[] => {
  switch (f.kind) {
    case 'keys':
      return f.keys.map((k, i) => fact(f.keys.length === 1 ? 'Key' : `Key ${i + 1}`, `${k.type}, ${sshFingerprint(k)}`));
    case 'ssh-certificate': {
      const { ca } = f;
      const { principals, validBefore } = f.certificate;
      return [
        fact('Names', principals.length === 0 ? 'any' : principals.join(', ')),
        fact('Valid until', dayOf(validBefore)),
        fact('Signed by', sshFingerprint(ca)),
        fact('For known_hosts of clients', knownHostsLine(principals, sshPublicLine(ca)), true),
      ];
    }
    case 'certificate':
      return [
        fact('Subject', nameText(f.certificate.subject)),
        fact('Issuer', nameText(f.certificate.issuer)),
        fact('Valid until', f.certificate.notAfter.toISOString().slice(0, 10)),
        ...(f.more === 0 ? [] : [fact('Certificates behind it', String(f.more))]),
      ];
  }
};

interface Says {
  readonly what: string;
  readonly todo: string;
}

const OTHER: Says = { what: 'It is not what the policy asks for here.', todo: 'Choose another file.' };
const RULES: Record<string, Says> = {
  P11: { what: 'A secret value stands in it.', todo: 'Choose another file: anybody can read this one.' },
  P12: {
    what: 'It does not belong to the key beside it.',
    todo: 'Choose the certificate that was made for this key, or have a new one made.',
  },
};
const EARLY: Says = { what: 'It is not valid yet.', todo: 'It can be used; the guest works with it from its first day on.' };

/** What is wrong with a public content, and what to do. */
export const publicFindingSays = (f: Finding): Says & { readonly details: string } => ({
  ...(f.severity === 'warning' ? EARLY : (RULES[f.rule] ?? OTHER)),
  details: `Found ${f.found}, expected ${f.expected}.`,
});
