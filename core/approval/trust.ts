/** Keys of people whose approval counts: Ed25519 public keys as OpenSSH writes them, one a line. */
import { type Bytes, fromUtf8 } from '../bytes.ts';
import { ED25519_KEY_SIZE } from '../crypto/ed25519.ts';
import { fail } from '../errors.ts';
import { readSshPublicLine, type SshPublicKey, sshFingerprint, sshKeyOf, sshPublicLine } from '../policy/openssh.ts';
import { shown } from '../shown.ts';

/** The one kind of key that approves. */
export const APPROVER_TYPE = 'ssh-ed25519';
const WHAT = 'public key of an approver';
const LINE_MAX = 1024;
const KEYS_MAX = 100;
const NAME_MAX = 100;

/** Largest file of public keys, in bytes. */
export const TRUST_MAX = LINE_MAX * KEYS_MAX;

/** A key that is trusted to approve. */
export interface TrustedKey {
  /** "ssh-ed25519 AAAA... name" */
  readonly line: string;
  /** the comment of the line, fit to be shown; empty when it has none */
  readonly name: string;
  /** SHA256:..., as ssh-keygen -l prints it */
  readonly fingerprint: string;
  /** 32 bytes */
  readonly publicKey: Bytes;
}

/** The 32 bytes of an Ed25519 key. @throws unsupported for a key of another type */
export const ed25519Of = (key: SshPublicKey): Bytes =>
  key.type === APPROVER_TYPE
    ? key.blob.slice(-ED25519_KEY_SIZE)
    : fail('unsupported', WHAT, `a key of type ${shown(key.type, 40)}`, APPROVER_TYPE);

/** An approver's key as OpenSSH writes it. @param publicKey 32 bytes */
export const approverSshKey = (publicKey: Bytes): SshPublicKey => sshKeyOf(APPROVER_TYPE, 'ed25519', publicKey);

/**
 * A line of a `.pub` file. Nothing may stand in front of the type: options would be passed over.
 * @throws too-long, not-recognised, unsupported, and what readSshPublicLine throws
 */
export const readTrustedKey = (text: string): TrustedKey => {
  const line = text.trim();
  if (line.length > LINE_MAX) fail('too-long', WHAT, `${line.length} characters`, `at most ${LINE_MAX}`);
  if (/PRIVATE KEY/.test(line)) fail('not-recognised', WHAT, 'a private key', 'the public half: the .pub file');
  if (!/^(?:ssh|ecdsa|sk)-\S+[ \t]/.test(line))
    fail('not-recognised', WHAT, 'another line', `${APPROVER_TYPE} and the key, as in a .pub file`);
  const key = readSshPublicLine(line, WHAT);
  const publicKey = ed25519Of(key);
  const name = shown(
    line
      .split(/[ \t]+/)
      .slice(2)
      .join(' '),
    NAME_MAX,
  );
  return { line: `${sshPublicLine(key)}${name === '' ? '' : ` ${name}`}`, name, fingerprint: sshFingerprint(key), publicKey };
};

/** All keys of a file; blank lines and lines with # in front are passed over, a key that is there twice counts once. @throws not-found for a file without any, too-long, bad-encoding, and everything of {@link readTrustedKey} */
export const readTrustedKeys = (bytes: Bytes): TrustedKey[] => {
  if (bytes.length > TRUST_MAX) fail('too-long', WHAT, `${bytes.length} bytes`, `at most ${TRUST_MAX} bytes`);
  const lines = fromUtf8(bytes, WHAT)
    .split(/\r?\n/)
    .filter((l) => l.trim() !== '' && !l.trimStart().startsWith('#'));
  if (lines.length === 0) fail('not-found', WHAT, 'no key', `a line that begins with ${APPROVER_TYPE}`);
  if (lines.length > KEYS_MAX) fail('too-long', WHAT, `${lines.length} keys`, `at most ${KEYS_MAX}`);
  const keys = new Map(lines.map((l) => readTrustedKey(l)).map((k) => [k.fingerprint, k]));
  return [...keys.values()];
};
