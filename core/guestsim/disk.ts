/**
 * The encrypted root disk as far as a boot needs it: a LUKS2 keyslot that a passphrase opens and that holds not a key but a
 * token, which names the volume key in the ultravisor's store. Source: spec page "generic-guest", sections 4 and 4.2.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, join, same, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u8Field, u16Field, zeroField } from '../layout.ts';
import { kindOfType } from '../secret/kinds.ts';
import { ID_SIZE } from '../secret/secret.ts';

const TOKEN_TYPE = 0x00;
const TOKEN_VERSION = 0x09;

export const paesToken = layout('PAES key token', 'generic-guest', 44, [
  u8Field('tokenType', '0x00'),
  zeroField(3),
  u8Field('version', '0x09'),
  zeroField(3),
  u16Field('secretType', 'secret type: 7 for AES-XTS-128, 8 for AES-XTS-256'),
  u16Field('secretLength', 'length of the secret; pvics leaves it 0'),
  bytesField('id', ID_SIZE, 'id of the volume key in the secret store'),
]);

/** The token of a volume key. @param type 7 or 8 @param id 32 bytes @returns 44 bytes @throws bad-value, wrong-length */
export const writePaesToken = (type: number, id: Bytes): Bytes => {
  if (!kindOfType(type)?.kind.startsWith('aes-xts')) fail('bad-value', 'PAES key token, secret type', type, '7 or 8');
  return paesToken.write({ tokenType: TOKEN_TYPE, version: TOKEN_VERSION, secretType: type, secretLength: 0, id });
};

/** Reads a token. @throws too-short, trailing-bytes, bad-value */
export const readPaesToken = (bytes: Bytes): { readonly type: number; readonly id: Bytes } => {
  if (bytes.length > paesToken.size) fail('trailing-bytes', 'PAES key token', `${bytes.length} bytes`, `${paesToken.size} bytes`);
  const t = paesToken.read(bytes);
  const xts = kindOfType(t.secretType)?.kind.startsWith('aes-xts') === true;
  if (t.tokenType !== TOKEN_TYPE || t.version !== TOKEN_VERSION || !xts)
    fail('bad-value', 'PAES key token', `type ${t.tokenType}, version ${t.version}, secret type ${t.secretType}`, '0, 9, 7 or 8');
  return { type: t.secretType, id: t.id };
};

/** A LUKS2 volume labelled `cryptroot`. */
export interface RootDisk {
  /** `aes-xts-plain64` is what the module refuses */
  readonly cipher: 'paes-xts-plain64' | 'aes-xts-plain64';
  /** Opens the keyslot. @returns what it holds, or undefined when the passphrase is another */
  open(passphrase: Bytes): Bytes | undefined;
}

/** A disk made with a passphrase, without a disk: it remembers a salted hash. The caller may wipe the passphrase. */
export const simulatedDisk = (
  passphrase: Bytes,
  token: Bytes,
  env: Env,
  cipher: RootDisk['cipher'] = 'paes-xts-plain64',
): RootDisk => {
  const salt = env.random(32);
  const digest = (p: Bytes): Bytes => {
    const salted = join(salt, p);
    const hash = sha256(salted);
    wipe(salted);
    return hash;
  };
  const right = digest(passphrase);
  return { cipher, open: (p) => (same(digest(p), right) ? token.slice() : undefined) };
};
