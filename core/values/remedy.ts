/** What can be done about a trap: from the value to the value that was meant. Spec page "personalization-policy", section 3. */
import { type Bytes, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { fail } from '../errors.ts';
import { publicHalfOf } from '../policy/openssh.ts';
import type { PolicySecret } from '../policy/schema.ts';
import { readEcPrivateKey } from '../secret/eckey.ts';
import { type KeyBlock, readKeyBlock } from '../secret/keyfile.ts';
import { readRsaPrivateKey, rsaIn } from '../secret/rsakey.ts';
import type { Sha512 } from './crypt.ts';
import { decodeBase64Text, decodeHex } from './encoding.ts';
import { addUser, makeLogin, readLogin } from './login.ts';
import { pkcs8Pem, writePkcs8, writeRsaPkcs8 } from './pkcs8.ts';
import { writeSshKey, writeSshRsaKey } from './sshkey.ts';
import { hasBom, newlineBehind, newlineSize, type Remedy, sizesOf } from './traps.ts';

const nothingToDo = (s: PolicySecret, remedy: Remedy): never =>
  fail('conflict', s.name, `nothing that ${remedy} could do`, 'a remedy that was offered for this value');

const withBlock = (file: Bytes, convert: (b: KeyBlock) => Bytes): Bytes => {
  const block = readKeyBlock(file);
  try {
    return convert(block);
  } finally {
    wipe(block.body);
  }
};

const withEcKey = (file: Bytes, write: (ec: ReturnType<typeof readEcPrivateKey>) => Bytes): Bytes => {
  const ec = readEcPrivateKey(file);
  try {
    return write(ec);
  } finally {
    wipe(ec.key);
  }
};

const toOpenSsh = (s: PolicySecret, file: Bytes, env: Env): Bytes =>
  withBlock(file, (block) => {
    const rsa = rsaIn(block);
    return rsa ? writeSshRsaKey(readRsaPrivateKey(rsa), s.name, env) : withEcKey(file, (ec) => writeSshKey(ec, s.name, env));
  });

const toPkcs8 = (s: PolicySecret, file: Bytes): Bytes =>
  withBlock(file, (block) => {
    // any algorithm at all may stand in it
    if (block.form === 'pkcs8') return pkcs8Pem(block.body);
    const rsa = rsaIn(block);
    if (rsa) return writeRsaPkcs8(rsa);
    if (block.form === 'openssh' && publicHalfOf(block.body, s.name).type === 'ssh-rsa')
      return fail('unsupported', s.name, 'an RSA key in OpenSSH form', 'PEM: convert a copy with "ssh-keygen -p -m PKCS8"');
    return withEcKey(file, writePkcs8);
  });

const stripNewline = (s: PolicySecret, value: Bytes): Bytes => {
  const size = newlineBehind(s, value) || newlineSize(value);
  return size > 0 ? value.slice(0, value.length - size) : nothingToDo(s, 'strip-newline');
};

const padHmac = (s: PolicySecret, value: Bytes): Bytes => {
  const size = Math.min(...sizesOf(s));
  if (s.type !== 'hmac' || value.length >= size) return nothingToDo(s, 'pad-hmac');
  const out = new Uint8Array(size);
  out.set(value);
  return out;
};

/** A clear password as people give it: the line end of its file is not part of it. */
const hashPassword = (s: PolicySecret, value: Bytes, env: Env, digest: Sha512 | undefined): Bytes =>
  makeLogin(s, value.subarray(0, value.length - newlineSize(value)), env, digest);

const giveUser = (s: PolicySecret, value: Bytes): Bytes => {
  const login = readLogin(value);
  return login.what === 'bare-hash' || login.what === 'login' ? addUser(s, login.hash) : nothingToDo(s, 'add-user');
};

/**
 * Applies a remedy. What comes out is a new array, secret, and may be in another trap: look at it again. The old value stays the
 * caller's to wipe.
 * @param digest a fast SHA-512, for password hashes
 * @throws conflict when the remedy was not offered for this value, or is not done here (decrypt); what the readers and writers of keys throw
 */
export const applyRemedy = (s: PolicySecret, value: Bytes, remedy: Remedy, env: Env, digest?: Sha512): Bytes => {
  switch (remedy) {
    case 'decode-hex':
      return decodeHex(value, s.name);
    case 'decode-base64':
      return decodeBase64Text(value, s.name);
    case 'strip-newline':
      return stripNewline(s, value);
    case 'strip-bom':
      return hasBom(value) ? value.slice(3) : nothingToDo(s, remedy);
    case 'pad-hmac':
      return padHmac(s, value);
    case 'convert-openssh':
      return toOpenSsh(s, value, env);
    case 'convert-pkcs8':
      return toPkcs8(s, value);
    case 'hash-password':
      return hashPassword(s, value, env, digest);
    case 'add-user':
      return giveUser(s, value);
    case 'decrypt':
      return nothingToDo(s, remedy);
  }
};
