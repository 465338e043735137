/** Sentences for values: what a file is, which trap it is in and how to get out, ways to generate, strength. No value is ever in one. */
import type { KeyKind, PolicySecret } from '../core/policy/schema.ts';
import type { SecretKind } from '../core/secret/kinds.ts';
import type { FileForm, ValueForm } from '../core/values/forms.ts';
import type { Generator, Way } from '../core/values/generate.ts';
import type { Recognised } from '../core/values/recognise.ts';
import type { Feedback, Strength } from '../core/values/strength.ts';
import type { Remedy, Trap, TrapCode } from '../core/values/traps.ts';
import { fact, said, t } from './language.ts';

const FORMS: Record<ValueForm, string> = said({
  empty: 'an empty file',
  pkcs8: 'a private key, PKCS#8',
  sec1: 'a private key, SEC1 ("EC PRIVATE KEY")',
  pkcs1: 'a private key, PKCS#1 ("RSA PRIVATE KEY")',
  openssh: 'a private key in OpenSSH form',
  'encrypted-pkcs8': 'a private key with a passphrase, PKCS#8',
  'encrypted-pem': 'a private key with a passphrase, in an older form',
  'encrypted-openssh': 'a private key with a passphrase, in OpenSSH form',
  'other-key': 'a private key of a kind that is not used here',
  'several-keys': 'several private keys',
  'broken-key': 'a key file that is cut short or damaged',
  'public-key': 'a public key',
  'openssh-public': 'a public key, as in a .pub file',
  'openssh-certificate': 'an OpenSSH certificate',
  certificate: 'a certificate',
  'signing-request': 'a certificate signing request',
  'other-pem': 'a PEM file without a key',
  pkcs12: 'a PKCS#12 file (.p12, .pfx)',
  putty: 'a PuTTY key file (.ppk)',
  'password-hash': 'a password hash',
  hex: 'text of hex digits',
  base64: 'text in Base64',
  text: 'text',
  bytes: 'bytes that are no text',
});

/** What a file is, in a few words. */
export const formSays = ({ form, armor }: FileForm): string =>
  armor === 'der' ? t('{form} in DER', { form: t(FORMS[form]) }) : t(FORMS[form]);

const KEYS: Record<KeyKind, string> = said({
  ed25519: 'Ed25519',
  ed448: 'Ed448',
  'ec-p256': 'ECDSA P-256',
  'ec-p384': 'ECDSA P-384',
  'ec-p521': 'ECDSA P-521',
  'rsa-3072': 'RSA, 3072 bits or more',
  'rsa-4096': 'RSA, 4096 bits or more',
});
export const keyKindSays = (kind: KeyKind): string => t(KEYS[kind]);

const BECOMES: Partial<Record<SecretKind, string>> = said({
  plaintext: 'a secret the guest can read',
  association: 'a secret that binds a crypto device',
  'update-cck': 'the new customer communication key',
});

/** What becomes of a value in its request. */
export const becomesSays = (kind: SecretKind): string => {
  const known = BECOMES[kind];
  return known === undefined ? t('a key the guest can use and never sees ({kind})', { kind }) : t(known);
};

/** A passphrase that happens to look like Base64 or hex digits is text: nobody decodes it. */
const isTyped = (r: Recognised): boolean => r.size === null && (r.form === 'hex' || r.form === 'base64');

/** One sentence for what the program understood of a value. */
export const recognisedSays = (r: Recognised): string => {
  const parts = [
    formSays(isTyped(r) ? { ...r, form: 'text' } : r),
    ...(r.size === null ? [] : [t('{n} bytes', { n: r.size })]),
    ...(r.decoded === null ? [] : [t('stands for {n} bytes', { n: r.decoded })]),
    ...(r.key?.kind ? [t(KEYS[r.key.kind])] : []),
    ...(r.key?.fingerprint ? [r.key.fingerprint] : []),
    ...(r.login ? [t('user {user}, {hash}', { user: r.login.user, hash: r.login.hash })] : []),
  ];
  const what = parts.join(', ');
  const first = `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;
  return r.becomes ? `${first} ${t('It becomes {what}.', { what: becomesSays(r.becomes) })}` : first;
};

interface TrapWords {
  readonly what: string;
  readonly todo: string;
}

const RANDOM = said('Generate one: random bytes from this program are the best a key can be.');

/** What each trap is, and what to do. Remedies the program offers are said by {@link remedySays}. */
const TRAPS: Record<TrapCode, TrapWords> = said({
  empty: { what: 'It is empty.', todo: 'Choose another file, or type or generate a value.' },
  'too-large': {
    what: 'It is larger than a secret can be here.',
    todo: 'Put a key in its place, and the large content encrypted into the image.',
  },
  'too-small': { what: 'It is too short.', todo: 'Take a longer one. Generated passphrases are long enough.' },
  'wrong-size': { what: 'It has the wrong size for this key.', todo: RANDOM },
  'hex-text': {
    what: 'It is text of hex digits; what is needed are the bytes the digits stand for.',
    todo: 'Decode it, when that gives the right size; else this is another key.',
  },
  'base64-text': {
    what: 'It is text in Base64; what is needed are the bytes the text stands for.',
    todo: 'Decode it, when that gives the right size; else this is another key.',
  },
  'text-for-key': { what: 'It is typed text; a key is random bytes.', todo: RANDOM },
  'file-for-bytes': { what: 'It is a key file or another document; what is needed are random bytes.', todo: RANDOM },
  'trailing-newline': {
    what: 'It ends with a line feed, which would be part of the value.',
    todo: 'Take the line feed off. Editors and echo add it; printf and head -c do not.',
  },
  'byte-order-mark': {
    what: 'It starts with a byte order mark, which would be part of the value.',
    todo: 'Take the mark off. Some editors on Windows add it.',
  },
  'not-printable': {
    what: 'It has characters that not every keyboard has.',
    todo: 'Use letters, digits and marks of ASCII only: the console of a guest knows no others.',
  },
  'nul-byte': {
    what: 'It has a NUL byte, which nobody can type.',
    todo: 'Leave it, if nobody will ever have to type it; else generate another one.',
  },
  'equal-halves': { what: 'Its two halves are equal; AES-XTS needs two different keys.', todo: RANDOM },
  'repeated-byte': { what: 'It is one byte over and over.', todo: RANDOM },
  'hmac-short': {
    what: 'It is shorter than the block of the hash.',
    todo: 'Fill it up with zeros, which is what HMAC does with such a key anyway.',
  },
  'public-key': {
    what: 'It is the public half of a key.',
    todo: 'Choose the private one: the file without .pub, or the one that says PRIVATE KEY.',
  },
  certificate: { what: 'It is a certificate, which is public.', todo: 'Choose the private key it was made for.' },
  'signing-request': {
    what: 'It is a certificate signing request, which is public.',
    todo: 'Choose the private key it was made with.',
  },
  'several-keys': { what: 'It holds more than one private key.', todo: 'Leave only the one that is meant in the file.' },
  encrypted: {
    what: 'It is protected by a passphrase, which nobody could type in the guest.',
    todo: 'Type its passphrase here: the key goes into the request without it.',
  },
  'encrypted-openssh': {
    what: 'It is protected by a passphrase in a way that only OpenSSH can open.',
    todo: 'Take the passphrase off a copy and choose that: ssh-keygen -p -N "" -f COPY',
  },
  putty: { what: 'It is a PuTTY key file.', todo: 'Convert it: puttygen KEY.ppk -O private-openssh -o KEY' },
  pkcs12: { what: 'It is a PKCS#12 file.', todo: 'Take the key out of it: openssl pkcs12 -in FILE -nocerts -nodes -out KEY' },
  'not-a-key': { what: 'It is not a private key.', todo: 'Choose the file that says PRIVATE KEY, or generate a key.' },
  'broken-key': { what: 'It is a key file that is cut short or damaged.', todo: 'Copy it again from where it was made.' },
  'wrong-form': {
    what: 'It is a key in another form than the software in the guest reads.',
    todo: 'Convert it: the key stays the same.',
  },
  'key-kind': {
    what: 'It is a key of a kind the policy does not allow.',
    todo: 'Choose or generate one of a kind that is allowed.',
  },
  'rsa-short': {
    what: 'It is an RSA key under 3072 bits, which is too short.',
    todo: 'Generate a new key: Ed25519 or ECDSA are short and strong.',
  },
  'clear-password': {
    what: 'It is not a password hash: a clear password never goes into a guest.',
    todo: 'Let this program make the hash; only the hash leaves this machine.',
  },
  'no-user': { what: 'It is a hash without the name of its user.', todo: 'Put the user of the policy in front.' },
  'wrong-user': {
    what: 'It is for another user than the policy says.',
    todo: 'Put the user of the policy in its place, or make a hash for that user.',
  },
  'hash-kind': {
    what: 'It is a hash of a kind the policy does not allow.',
    todo: 'Type the password here and let the hash be made, or use mkpasswd.',
  },
  'not-a-login': { what: 'It is not a login.', todo: 'Give one line: the user, a colon, the hash. Or type the password here.' },
  weak: {
    what: 'It is weaker than the policy demands.',
    todo: 'Make it longer, with words nobody would put together, or generate one.',
  },
  'other-certificate': {
    what: 'It does not belong to the certificate beside it.',
    todo: 'Choose the key the certificate was made for, or have a new certificate made for this key.',
  },
});

/** A trap as a person reads it: what is wrong, what to do, and what was found and expected. */
export const trapSays = ({ code, found, expected }: Trap): TrapWords & { readonly details: string } => ({
  what: t(TRAPS[code].what),
  todo: t(TRAPS[code].todo),
  details: t('Found {found}, expected {expected}.', { found: fact(found), expected: fact(expected) }),
});

const REMEDIES: Record<Remedy, string> = said({
  'decode-hex': 'Decode the hex digits',
  'decode-base64': 'Decode the Base64',
  'strip-newline': 'Take the line feed off',
  'strip-bom': 'Take the mark off',
  'pad-hmac': 'Fill up with zeros',
  'convert-openssh': 'Convert to OpenSSH',
  'convert-pkcs8': 'Convert to PKCS#8',
  'hash-password': 'Make the hash of it',
  'add-user': 'Put the user in front',
  decrypt: 'Open with its passphrase',
});

/** Text of the button that applies a remedy. */
export const remedySays = (r: Remedy): string => t(REMEDIES[r]);

const GENERATORS: Record<Generator, string> = said({
  characters: 'Random characters',
  words: 'Random words',
  bytes: 'Random bytes',
  'ssh-key': 'ssh host key',
  'tls-key': 'TLS key',
  login: 'A new password',
});

/** A way to generate a value. */
export const waySays = ({ generator, bits }: Way): string => {
  const way = t(GENERATORS[generator]);
  return bits === undefined ? way : t('{way}, {bits} bits', { way, bits });
};

const FEEDBACK: Record<Feedback, string> = said({
  'common-password': 'It is, or is close to, one of the passwords everybody tries first.',
  'single-word': 'It is a single word.',
  name: 'It has a name in it.',
  'known-words': 'It has a word in it that attackers try first.',
  keyboard: 'It follows the keys of the keyboard.',
  repeats: 'It repeats itself.',
  sequence: 'It counts up or down, or follows the alphabet.',
  year: 'It has a year in it.',
  date: 'It has a date in it.',
  'swaps-are-known': 'Swaps like 0 for o are known to every attacker.',
  longer: 'More characters make it stronger than stranger ones.',
  'more-words': 'One or two words more make it much stronger.',
  generate: 'A generated one is stronger than any that people think of.',
});
export const feedbackSays = (f: Feedback): string => t(FEEDBACK[f]);

/** The strength of a value in one sentence, against the floor of its policy. */
export const strengthSays = ({ bits }: Pick<Strength, 'bits'>, { constraints }: PolicySecret): string => {
  const floor = constraints['min-entropy-bits'] ?? 0;
  if (floor === 0) return t('About {bits} bits of strength; the policy demands none.', { bits });
  return bits >= floor
    ? t('About {bits} bits of strength: enough, the policy demands {floor}.', { bits, floor })
    : t('About {bits} bits of strength: not enough, the policy demands {floor}.', { bits, floor });
};
