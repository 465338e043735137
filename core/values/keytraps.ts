/** Traps of private keys: what is no key, is encrypted, is of another kind, or in a form the software in the guest does not read. */
import { type Bytes, wipe } from '../bytes.ts';
import { SelError } from '../errors.ts';
import { kindFits, publicHalf, sshHostKeyOf } from '../policy/keypair.ts';
import type { KeyKind, PolicySecret } from '../policy/schema.ts';
import { readEcPrivateKey } from '../secret/eckey.ts';
import { decodeBase64Text, decodeHex } from './encoding.ts';
import { type FileForm, formOf, isKey, type ValueForm } from './forms.ts';
import { type Remedy, type Trap, type TrapCode, trap } from './trap.ts';

/** Forms that are no key that could be used, and what to say of them. */
const NOT_A_KEY: Partial<Record<ValueForm, readonly [TrapCode, string, ...Remedy[]]>> = {
  'public-key': ['public-key', 'a public key'],
  'openssh-public': ['public-key', 'an OpenSSH public key'],
  certificate: ['certificate', 'a certificate'],
  'openssh-certificate': ['certificate', 'an OpenSSH certificate'],
  'signing-request': ['signing-request', 'a certificate signing request'],
  'several-keys': ['several-keys', 'several private keys in one file'],
  'encrypted-pkcs8': ['encrypted', 'an encrypted PKCS#8 key', 'decrypt'],
  'encrypted-pem': ['encrypted', 'an encrypted PEM key', 'decrypt'],
  'encrypted-openssh': ['encrypted-openssh', 'an OpenSSH key with a passphrase'],
  putty: ['putty', 'a PuTTY key file'],
  pkcs12: ['pkcs12', 'a PKCS#12 file'],
  'broken-key': ['broken-key', 'a key file that is cut short or damaged'],
};

export const KEY_EXPECTED = 'a private key without a passphrase';

/** Base64 or hex of a key, without the lines around it. */
const bareKeyRemedy = (value: Bytes, form: ValueForm): Remedy | undefined => {
  if (form !== 'hex' && form !== 'base64') return undefined;
  const decoded = form === 'hex' ? decodeHex(value, 'key') : decodeBase64Text(value, 'key');
  const inside = formOf(decoded).form;
  wipe(decoded);
  return isKey(inside) ? (form === 'hex' ? 'decode-hex' : 'decode-base64') : undefined;
};

const notAKey = (value: Bytes, form: ValueForm): Trap => {
  const [code, found, ...remedies] = NOT_A_KEY[form] ?? [
    'not-a-key',
    form === 'other-key' ? 'a key of another kind' : 'something else',
  ];
  const bare = bareKeyRemedy(value, form);
  if (bare)
    return trap(bare === 'decode-hex' ? 'hex-text' : 'base64-text', 'a key without the lines around it', KEY_EXPECTED, bare);
  return trap(code, found, KEY_EXPECTED, ...remedies);
};

/** What a policy that names no kinds takes. */
const SSH_DEFAULT: readonly KeyKind[] = ['ed25519', 'ec-p256', 'ec-p384', 'ec-p521', 'rsa-3072'];

const kindTrap = (allowed: readonly KeyKind[], kind: KeyKind | undefined, rsa: boolean, name: string): Trap[] => {
  if (kindFits(allowed, kind)) return [];
  const expected = allowed.join(' or ');
  return [
    rsa && kind === undefined ? trap('rsa-short', 'an RSA key under 3072 bits', expected) : trap('key-kind', name, expected),
  ];
};

/** A key that could not be read although its form is one of a key. */
const unreadable = (e: unknown): Trap[] => {
  if (!(e instanceof SelError)) throw e;
  const { found = 'something else', expected = KEY_EXPECTED } = e.facts;
  return [trap(e.code === 'wrong-curve' || e.code === 'unsupported' ? 'key-kind' : 'broken-key', found, expected)];
};

/**
 * What kind of key it is, and that all of it can be read: the public half of OpenSSH's form stands in clear and may be whole
 * when the private one is damaged. Of RSA in that form only the public half is read.
 */
const keyOf = (value: Bytes, form: ValueForm): { readonly kind?: KeyKind; readonly rsa: boolean } => {
  if (form !== 'openssh') {
    const { kind, key } = publicHalf(value);
    return { ...(kind ? { kind } : {}), rsa: 'modulus' in key };
  }
  const { kind, type } = sshHostKeyOf(value);
  const rsa = type === 'ssh-rsa';
  if (!rsa && !type.startsWith('sk-')) wipe(readEcPrivateKey(value).key);
  return { ...(kind ? { kind } : {}), rsa };
};

const OPENSSH_FORM = 'an OpenSSH private key: -----BEGIN OPENSSH PRIVATE KEY-----';
const PKCS8_FORM = 'PKCS#8 in PEM: -----BEGIN PRIVATE KEY-----';

/** The form the program in the guest reads. */
const formTrap = (s: PolicySecret, { form, armor }: FileForm, rsa: boolean): Trap[] => {
  const wanted = s.constraints.format ?? (s.purpose === 'ssh-host-key' ? 'openssh' : undefined);
  const found = armor === 'der' ? 'a key in DER' : `a key in ${form} form`;
  if (wanted === 'openssh') return form === 'openssh' ? [] : [trap('wrong-form', found, OPENSSH_FORM, 'convert-openssh')];
  // of OpenSSH's form of an RSA key not everything PKCS#8 needs can be had without arithmetic
  const remedies: Remedy[] = form === 'openssh' && rsa ? [] : ['convert-pkcs8'];
  if (wanted === 'pkcs8-pem')
    return form === 'pkcs8' && armor === 'pem' ? [] : [trap('wrong-form', found, PKCS8_FORM, ...remedies)];
  return form === 'openssh' ? [trap('wrong-form', found, PKCS8_FORM, ...remedies)] : [];
};

/** Keys a program reads as a file, and keys for the ultravisor. */
export const keyTraps = (s: PolicySecret, value: Bytes, file: FileForm): Trap[] => {
  if (!isKey(file.form)) return [notAKey(value, file.form)];
  const ssh = s.purpose === 'ssh-host-key';
  const allowed = s.constraints.key ?? (ssh ? SSH_DEFAULT : undefined);
  try {
    const { kind, rsa } = keyOf(value, file.form);
    const name = s.type === 'ec' ? (kind ?? 'RSA') : `a key of type ${kind ?? 'RSA'}`;
    const wrongKind = allowed === undefined ? [] : kindTrap(allowed, kind, rsa, name);
    // the ultravisor gets the number, whatever form it came in
    if (s.type === 'ec') return rsa ? [trap('key-kind', 'an RSA key', 'a key on an elliptic curve')] : wrongKind;
    return wrongKind.length > 0 ? wrongKind : formTrap(s, file, rsa);
  } catch (e) {
    return unreadable(e);
  }
};
