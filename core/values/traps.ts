/**
 * What is wrong with a value (rule P10): every trap people fall into when they give a value, each with a code, and what would help.
 * Nothing of a value's content is in it. Source: spec page "personalization-policy", section 3.
 */
import { type Bytes, same, wipe } from '../bytes.ts';
import { SelError } from '../errors.ts';
import type { Finding, Severity } from '../findings.ts';
import { kindFits, publicHalf, sshHostKeyOf } from '../policy/keypair.ts';
import { BYTES_OF_TYPE, LUKS_PASSPHRASE } from '../policy/rules.ts';
import type { KeyKind, PolicySecret } from '../policy/schema.ts';
import { PLAINTEXT_MAX } from '../secret/kinds.ts';
import { base64Size, decodeBase64Text, decodeHex, hexSize } from './encoding.ts';
import { type FileForm, formOf, isKey, type ValueForm } from './forms.ts';
import { allowedHashes, loginUser, readLogin } from './login.ts';

/** Traps. Sentences: words/values.ts. */
export const TRAPS = [
  'empty',
  'too-large',
  'too-small',
  'wrong-size',
  'hex-text',
  'base64-text',
  'text-for-key',
  'file-for-bytes',
  'trailing-newline',
  'byte-order-mark',
  'not-printable',
  'nul-byte',
  'equal-halves',
  'repeated-byte',
  'hmac-short',
  'public-key',
  'certificate',
  'signing-request',
  'several-keys',
  'encrypted',
  'encrypted-openssh',
  'putty',
  'pkcs12',
  'not-a-key',
  'broken-key',
  'wrong-form',
  'key-kind',
  'rsa-short',
  'clear-password',
  'no-user',
  'wrong-user',
  'hash-kind',
  'not-a-login',
  'weak',
  'other-certificate',
] as const;
export type TrapCode = (typeof TRAPS)[number];

/** What the program can do about it. `decrypt` needs a passphrase and is the edge's; the others are core/values/remedy.ts. */
export const REMEDIES = [
  'decode-hex',
  'decode-base64',
  'strip-newline',
  'strip-bom',
  'pad-hmac',
  'convert-openssh',
  'convert-pkcs8',
  'hash-password',
  'add-user',
  'decrypt',
] as const;
export type Remedy = (typeof REMEDIES)[number];

/** One thing that is wrong. */
export interface Trap {
  readonly code: TrapCode;
  /** a warning does not keep the value from being used */
  readonly severity: Extract<Severity, 'error' | 'warning'>;
  readonly found: string;
  readonly expected: string;
  readonly remedies: readonly Remedy[];
}

const trap = (code: TrapCode, found: string, expected: string, ...remedies: Remedy[]): Trap => ({
  code,
  severity: 'error',
  found,
  expected,
  remedies,
});

const LF = 0x0a;
const CR = 0x0d;

/** How many bytes of line end there are at the end. */
export const newlineSize = (value: Bytes): number => (value.at(-1) !== LF ? 0 : value.at(-2) === CR ? 2 : 1);

export const hasBom = (value: Bytes): boolean => value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf;

/** Sizes a secret of random bytes may have, in bytes, by its type and its policy; empty: any. */
export const sizesOf = ({ type, purpose, constraints: c }: PolicySecret): number[] => {
  const all = BYTES_OF_TYPE[type] ?? (c.bytes !== undefined ? [c.bytes] : purpose === 'report-authentication' ? [64] : []);
  return all.filter((n) => (c.bits === undefined || c.bits.includes(8 * n)) && (c.bytes === undefined || c.bytes === n));
};

/** Whether the value is random bytes that no program reads as text. */
export const isRaw = ({ type, purpose }: PolicySecret): boolean =>
  type !== 'ec' && (type !== 'plaintext' || purpose === 'report-authentication');

const sizeList = (sizes: readonly number[]): string => `${sizes.join(' or ')} bytes`;

/** What the size suggests about the mistake that was made. */
const described = (value: Bytes, form: ValueForm): string => {
  if (form === 'hex') return `${value.length} bytes of text that look like hex digits`;
  if (form === 'base64') return `${value.length} bytes of text that look like Base64`;
  return form === 'text' ? `${value.length} bytes of text` : `${value.length} bytes`;
};

/** Text where random bytes are wanted. Decoding is offered when something of the right size comes out. */
const encodedTrap = (s: PolicySecret, value: Bytes, form: ValueForm): Trap | undefined => {
  const sizes = sizesOf(s);
  const fits = (size: number | undefined): boolean => size !== undefined && sizes.includes(size);
  const [asHex, asBase64] = [fits(hexSize(value)), fits(base64Size(value))];
  const found = described(value, form);
  if (asHex) return trap('hex-text', found, sizeList(sizes), 'decode-hex', ...(asBase64 ? (['decode-base64'] as const) : []));
  if (asBase64) return trap('base64-text', found, sizeList(sizes), 'decode-base64');
  if (form === 'hex') return trap('hex-text', found, sizeList(sizes));
  return form === 'base64' ? trap('base64-text', found, sizeList(sizes)) : undefined;
};

const rawSize = (s: PolicySecret, value: Bytes, form: ValueForm): Trap | undefined => {
  const sizes = sizesOf(s);
  const size = value.length;
  if (sizes.includes(size)) return undefined;
  const end = newlineSize(value);
  if (end > 0 && sizes.includes(size - end))
    return trap('trailing-newline', `${size} bytes, a newline at the end`, sizeList(sizes), 'strip-newline');
  if (s.type === 'hmac' && size >= 16 && size < Math.min(...sizes))
    return trap('hmac-short', `${size} bytes`, `${sizeList(sizes)}: a shorter key with zeros behind it`, 'pad-hmac');
  return trap('wrong-size', described(value, form), sizeList(sizes));
};

/** Keys and other random bytes. */
const rawTraps = (s: PolicySecret, value: Bytes, { form }: FileForm): Trap[] => {
  const encoded = encodedTrap(s, value, form);
  if (encoded) return [encoded];
  const sizes = sizesOf(s);
  const wrong = rawSize(s, value, form);
  if (wrong) return [wrong];
  const traps: Trap[] = [];
  const half = value.length / 2;
  if (value.every((b) => b === value[0])) traps.push(trap('repeated-byte', 'one byte repeated', 'random bytes'));
  if (s.type === 'aes-xts' && same(value.subarray(0, half), value.subarray(half)))
    traps.push(trap('equal-halves', 'two equal halves', 'two different AES keys'));
  if (traps.length === 0 && form !== 'bytes')
    traps.push(
      form === 'text'
        ? trap('text-for-key', described(value, form), `${sizeList(sizes)}, random: nobody types a key`)
        : trap('file-for-bytes', 'a key file or another document', `${sizeList(sizes)}, random`),
    );
  return traps;
};

const limits = (s: PolicySecret, value: Bytes): Trap[] => {
  const passphrase = isPassphrase(s);
  const min = s.constraints['min-bytes'] ?? (passphrase ? LUKS_PASSPHRASE.min : 1);
  const max = Math.min(s.constraints['max-bytes'] ?? (passphrase ? LUKS_PASSPHRASE.max : PLAINTEXT_MAX), PLAINTEXT_MAX);
  if (value.length === 0) return [trap('empty', 'an empty value', 'at least one byte')];
  if (s.constraints.bytes !== undefined && value.length !== s.constraints.bytes) {
    const { form } = formOf(value);
    const wrong = encodedTrap(s, value, form) ?? rawSize(s, value, form);
    return wrong ? [wrong] : [];
  }
  if (value.length < min) return [trap('too-small', `${value.length} bytes`, `at least ${min} bytes`)];
  return value.length > max ? [trap('too-large', `${value.length} bytes`, `at most ${max} bytes`)] : [];
};

const isPassphrase = (s: PolicySecret): boolean => s.purpose === 'luks-root-passphrase' || s.purpose === 'luks-data-passphrase';

/** Passphrases and configuration: bytes that are used as they are. */
const textTraps = (s: PolicySecret, value: Bytes): Trap[] => {
  const c = s.constraints;
  const traps: Trap[] = [];
  const bom = isPassphrase(s) && hasBom(value);
  if (bom) traps.push(trap('byte-order-mark', 'a byte order mark in front', 'the passphrase alone', 'strip-bom'));
  const end = isPassphrase(s) || c['trailing-newline'] === 'forbidden' ? newlineSize(value) : 0;
  if (end > 0)
    traps.push(trap('trailing-newline', 'a newline at the end', 'no newline: the whole file is the passphrase', 'strip-newline'));
  const inner = value.subarray(bom ? 3 : 0, value.length - end);
  if (c.charset === 'printable-ascii' && inner.some((b) => b < 0x20 || b > 0x7e))
    traps.push(trap('not-printable', 'characters that are not printable ASCII', 'printable ASCII only'));
  else if (isPassphrase(s) && inner.includes(0))
    traps.push({ ...trap('nul-byte', 'a NUL byte', 'bytes a person can type, if one may ever have to'), severity: 'warning' });
  return traps;
};

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

const KEY_EXPECTED = 'a private key without a passphrase';

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

/** The public half, whatever the form: an RSA key in OpenSSH's form has only its public half in clear. */
const keyOf = (value: Bytes, form: ValueForm): { readonly kind?: KeyKind; readonly rsa: boolean } => {
  if (form !== 'openssh') {
    const { kind, key } = publicHalf(value);
    return { ...(kind ? { kind } : {}), rsa: 'modulus' in key };
  }
  const { kind, type } = sshHostKeyOf(value);
  return { ...(kind ? { kind } : {}), rsa: type === 'ssh-rsa' };
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
const keyTraps = (s: PolicySecret, value: Bytes, file: FileForm): Trap[] => {
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

const isOneLine = (value: Bytes): boolean => {
  const line = value.subarray(0, value.length - newlineSize(value));
  return line.length > 0 && line.length <= 512 && line.every((b) => b >= 0x20 && b !== 0x7f);
};

const loginTraps = (s: PolicySecret, value: Bytes, { form }: FileForm): Trap[] => {
  const allowed = allowedHashes(s);
  const user = loginUser(s);
  const expected = `${user ?? 'user'}:hash, the hash of kind ${allowed.join(' or ')}, one line`;
  const login = readLogin(value);
  const kind =
    'kind' in login && !allowed.includes(login.kind) ? [trap('hash-kind', `a hash of kind ${login.kind}`, expected)] : [];
  switch (login.what) {
    case 'clear': {
      if (!isOneLine(value) || !['text', 'hex', 'base64'].includes(form))
        return [trap('not-a-login', 'something else', expected)];
      const able: Remedy[] = allowed.includes('sha512crypt') && user !== undefined ? ['hash-password'] : [];
      return [
        trap('clear-password', 'something that is not such a hash: a clear password never goes into a guest', expected, ...able),
      ];
    }
    case 'other-hash':
      return [trap('hash-kind', 'a hash of another kind', expected)];
    case 'bare-hash':
      return kind.length > 0
        ? kind
        : [trap('no-user', 'a hash without its user', expected, ...(user ? (['add-user'] as const) : []))];
    case 'login':
      if (kind.length > 0) return kind;
      if (user !== undefined && login.user !== user) return [trap('wrong-user', 'another user', expected, 'add-user')];
      return /^[a-z_][a-z0-9_-]{0,31}$/.test(login.user) ? [] : [trap('wrong-user', 'a name that no user can have', expected)];
  }
};

/** Everything that is wrong with a value: none of it its strength, which takes longer to say. */
export const trapsOf = (s: PolicySecret, value: Bytes): Trap[] => {
  const file = formOf(value);
  if (isRaw(s)) return rawTraps(s, value, file);
  const sized = s.type === 'ec' ? [] : limits(s, value);
  if (value.length === 0) return sized.length > 0 ? sized : [trap('empty', 'an empty value', KEY_EXPECTED)];
  switch (s.purpose) {
    case 'ssh-host-key':
    case 'tls-service-key':
      return [...sized, ...keyTraps(s, value, file)];
    case 'admin-password':
      return [...sized, ...loginTraps(s, value, file)];
    default:
      return [...sized, ...textTraps(s, value)];
  }
};

/** A strength under the policy's floor. @param bits known or estimated; undefined: nobody knows */
export const weakTrap = (s: PolicySecret, bits: number | undefined): Trap | undefined => {
  const floor = s.constraints['min-entropy-bits'];
  return floor === undefined || bits === undefined || bits >= floor
    ? undefined
    : trap('weak', `about ${Math.floor(bits)} bits of strength`, `at least ${floor} bits, as the policy says`);
};

/** A trap as a finding of a rule. */
export const trapFinding = (t: Trap, subject: string, rule = 'P10'): Finding => ({
  rule,
  severity: t.severity,
  subject,
  found: t.found,
  expected: t.expected,
});
