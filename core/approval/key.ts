/** The key of an approver: an Ed25519 seed in a file of its own, under a passphrase of its own. Source: docs/project-file.md. */
import { type Bytes, fromUtf8, join, utf8, wipe } from '../bytes.ts';
import { ED25519_KEY_SIZE, ed25519PublicKey } from '../crypto/ed25519.ts';
import { type SealKey, type SealKind, seal, unseal } from '../crypto/sealed.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u8Field } from '../layout.ts';
import { sshFingerprint, sshPublicLine } from '../policy/openssh.ts';
import { approverSshKey } from './trust.ts';

const WHAT = 'key of an approver';
const NAME_MAX = 100;

/** One size for all of them: 256 bytes of content. */
export const APPROVER_KEY: SealKind = { magic: utf8('SELWAKEY'), what: WHAT, smallest: 256, largest: 256 };

const keyContent = layout('approver key', 'docs/project-file', 33, [
  bytesField('seed', ED25519_KEY_SIZE, 'Ed25519 private key: the seed of RFC 8032'),
  u8Field('nameSize', 'bytes of the name that follows, UTF-8, 0 to 100'),
]);
export const approverKeyContent = keyContent;

/** An approver's key. Secret: `seed`. */
export interface ApproverKey {
  /** 32 bytes */
  readonly seed: Bytes;
  /** 32 bytes */
  readonly publicKey: Bytes;
  /** whose it is, as a comment of the public half */
  readonly name: string;
}

const checkName = (name: string): string => {
  if (utf8(name).length > NAME_MAX || /[\p{C}\p{Zl}\p{Zp}]/u.test(name) || name !== name.trim())
    fail('bad-name', `${WHAT}, name`, `${name.length} characters`, `at most ${NAME_MAX} bytes of text in one line`);
  return name;
};

/** A new key. @throws bad-name */
export const makeApproverKey = (name: string, env: Env): ApproverKey => {
  const seed = env.random(ED25519_KEY_SIZE);
  return { seed, publicKey: ed25519PublicKey(seed), name: checkName(name) };
};

/** The file of a key. @param under derived from its passphrase */
export const sealApproverKey = (key: ApproverKey, under: SealKey, env: Env): Bytes => {
  const name = utf8(checkName(key.name));
  const content = join(keyContent.write({ seed: key.seed, nameSize: name.length }), name);
  try {
    return seal(APPROVER_KEY, under, content, env);
  } finally {
    wipe(content);
  }
};

/** Opens the file of a key. @throws everything of unseal; too-short, trailing-bytes, bad-encoding, bad-name */
export const openApproverKey = (file: Bytes, under: SealKey): ApproverKey => {
  const content = unseal(APPROVER_KEY, file, under);
  try {
    const { seed, nameSize } = keyContent.read(content);
    if (content.length !== keyContent.size + nameSize)
      fail('wrong-length', `${WHAT}, name`, `${content.length - keyContent.size} bytes`, `${nameSize} bytes`);
    const name = checkName(fromUtf8(content.subarray(keyContent.size), `${WHAT}, name`));
    return { seed, publicKey: ed25519PublicKey(seed), name };
  } finally {
    wipe(content);
  }
};

/** The public half as a line of a `.pub` file, without line end. */
export const approverLine = ({ publicKey, name }: Pick<ApproverKey, 'publicKey' | 'name'>): string =>
  `${sshPublicLine(approverSshKey(publicKey))}${name === '' ? '' : ` ${name}`}`;

/** SHA256:..., as `ssh-keygen -l` prints it. */
export const approverFingerprint = (publicKey: Bytes): string => sshFingerprint(approverSshKey(publicKey));
