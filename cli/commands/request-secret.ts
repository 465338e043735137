/** The secret of a request, from what the sub-commands of `request create` take. */
import { type Bytes, wipe } from '../../core/bytes.ts';
import { fail, inFile } from '../../core/errors.ts';
import { CCK_SIZE } from '../../core/request/extension.ts';
import { readEcPrivateKey } from '../../core/secret/eckey.ts';
import { KEY_FILE_MAX } from '../../core/secret/keyfile.ts';
import { type Family, kindForSize, PLAINTEXT_MAX } from '../../core/secret/kinds.ts';
import { hashedId, ID_SIZE, makeSecret, plainId, type Secret } from '../../core/secret/secret.ts';
import { nodeEnv } from '../../edge/env.ts';
import { refuse, warn } from '../out.ts';
import { readInput } from '../streams.ts';

const ASSOCIATION_SIZE = 32;
const MAX = 64 * 1024;

/** What each sub-command takes. */
export type Wanted =
  | { readonly kind: 'meta' }
  | { readonly kind: 'update-cck'; readonly secret: string }
  | { readonly kind: 'association'; readonly name: string; readonly inputSecret?: string; readonly outputSecret?: string }
  | { readonly kind: 'retrievable'; readonly name: string; readonly secret: string; readonly type: string };

/** Names of `--type`, as the reference has them, and what the file must be. */
export const TYPES = {
  plain: `any file up to ${PLAINTEXT_MAX} bytes`,
  aes: 'a key of 16, 24 or 32 bytes',
  'aes-xts': 'two keys, 32 or 64 bytes',
  'hmac-sha': 'a key of the full block size, 64 or 128 bytes',
  ec: 'a private key on P-256, P-384, P-521, Ed25519 or Ed448; PEM, DER or OpenSSH',
} as const;

const FAMILY: Record<string, Family> = { aes: 'aes', 'aes-xts': 'aes-xts', 'hmac-sha': 'hmac' };

/** A file of exactly `size` bytes, or a pipe. Secret: wipe after use. */
export const readExactInput = (path: string, what: string, size: number): Bytes => {
  const bytes = readInput(path, what, MAX);
  if (bytes.length === size) return bytes;
  wipe(bytes);
  return inFile(path, () => fail('wrong-length', what, `${bytes.length} bytes`, `${size} bytes`));
};

/** The id of a name; `--use-name` takes the name itself, as far as there is room. */
const idOf = (name: string, useName: boolean): Bytes => {
  if (name === '' || name.includes('\ufffd'))
    fail('bad-name', 'secret name', name === '' ? 'an empty name' : 'bytes that are not UTF-8', 'a name');
  if (!useName) return hashedId(name);
  if (Buffer.byteLength(name) >= ID_SIZE)
    warn(`selwright: the name is longer than ${ID_SIZE - 1} bytes: the id is its beginning, and another name may begin alike`);
  return plainId(name);
};

const looksEdited = (value: Bytes): boolean => value.at(-1) === 0x0a;

const retrievable = (w: Extract<Wanted, { kind: 'retrievable' }>, id: Bytes): Secret => {
  const field = `secret ${w.name.slice(0, 60)}`;
  const value = readInput(w.secret, field, w.type === 'ec' ? KEY_FILE_MAX : MAX);
  try {
    return inFile(w.secret, () => {
      if (w.type === 'plain') {
        if (value.length === 0) warn(`selwright: ${w.secret} is empty: the secret has no bytes`);
        if (looksEdited(value)) warn(`selwright: ${w.secret} ends in a line feed, which is part of the secret`);
        return makeSecret('plaintext', value, id, field);
      }
      if (w.type === 'ec') {
        const { kind, key } = readEcPrivateKey(value);
        const secret = makeSecret(kind, key, id, field);
        wipe(key);
        return secret;
      }
      const family = FAMILY[w.type] ?? refuse(`--type ${w.type} is not known: ${Object.keys(TYPES).join(', ')}`);
      return makeSecret(kindForSize(family, value.length, field), value, id, field);
    });
  } finally {
    wipe(value);
  }
};

/** A secret has its own copy of the value: the one it came from is wiped. */
const copied = (value: Bytes, make: (value: Bytes) => Secret): Secret => {
  const secret = make(value);
  wipe(value);
  return secret;
};

/** Reads or makes it. Secret: wipe `value` after use. */
export const secretFor = (w: Wanted, useName: boolean): Secret => {
  switch (w.kind) {
    case 'meta':
      return makeSecret('meta', new Uint8Array(0), undefined, 'meta');
    case 'update-cck':
      return copied(readExactInput(w.secret, 'CCK', CCK_SIZE), (v) => makeSecret('update-cck', v, undefined, 'CCK'));
    case 'association': {
      const id = idOf(w.name, useName);
      const value =
        w.inputSecret === undefined
          ? nodeEnv.random(ASSOCIATION_SIZE)
          : readExactInput(w.inputSecret, 'association secret', ASSOCIATION_SIZE);
      return copied(value, (v) => makeSecret('association', v, id, `secret ${w.name.slice(0, 60)}`));
    }
    case 'retrievable':
      if (!Object.hasOwn(TYPES, w.type)) refuse(`--type ${w.type} is not known: ${Object.keys(TYPES).join(', ')}`);
      return retrievable(w, idOf(w.name, useName));
  }
};
