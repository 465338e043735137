/** What values need of Node's crypto: RSA keys, signatures with them, encrypted key files, and a fast hash. */
import { createPrivateKey, generateKeyPair, hash, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { type Bytes, wipe } from '../core/bytes.ts';
import { fail } from '../core/errors.ts';
import { type KeyForm, readKeyBlock } from '../core/secret/keyfile.ts';
import type { Sha512 } from '../core/values/crypt.ts';
import type { SignRsa } from '../core/values/csr.ts';
import { formOf } from '../core/values/forms.ts';
import type { GenerateTools } from '../core/values/generate.ts';
import { pkcs8Pem } from '../core/values/pkcs8.ts';

/** SHA-512 by Node: many times as fast as the portable one. */
export const nodeSha512: Sha512 = (data) => hash('sha512', data, 'buffer');

const exportPkcs8 = (key: KeyObject): Bytes => {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const pem = pkcs8Pem(der);
  wipe(der);
  return pem;
};

/** A new RSA key as PKCS#8 in PEM; takes up to some seconds, in the background. Secret: wipe after use. */
const rsaKey = async (bits: number): Promise<Bytes> => {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: bits });
  return exportPkcs8(privateKey);
};

/** What generating needs of this machine. */
export const generateTools: GenerateTools = { rsaKey, sha512: nodeSha512 };

/** Forms of DER that Node reads. */
const NODE_FORM: Record<Exclude<KeyForm, 'openssh'>, 'pkcs8' | 'sec1' | 'pkcs1'> = {
  pkcs8: 'pkcs8',
  sec1: 'sec1',
  pkcs1: 'pkcs1',
};

/** RSA PKCS#1 v1.5 with SHA-256. @throws what readKeyBlock throws; bad-encoding for what is no key */
export const signRsa: SignRsa = (file, data) => {
  const { form, body } = readKeyBlock(file);
  try {
    if (form === 'openssh') return fail('unsupported', 'RSA key', 'an OpenSSH file', 'PEM');
    const key = createPrivateKey({ key: Buffer.from(body), format: 'der', type: NODE_FORM[form] });
    if (key.asymmetricKeyType !== 'rsa') return fail('wrong-curve', 'RSA key', key.asymmetricKeyType, 'an RSA key');
    return new Uint8Array(sign('sha256', data, key));
  } finally {
    wipe(body);
  }
};

const F = 'key file';

/** Node's codes for a passphrase that does not fit, across OpenSSL versions: it cannot tell that from a damaged file. */
const opened = (file: Bytes, passphrase: Bytes, format: 'pem' | 'der'): KeyObject => {
  const key = Buffer.from(file);
  const secret = Buffer.from(passphrase);
  try {
    return createPrivateKey({ key, passphrase: secret, format, ...(format === 'der' ? { type: 'pkcs8' as const } : {}) });
  } catch (e) {
    // what Node says might quote the file; only its code is looked at
    const code = String((e as { code?: unknown }).code ?? '');
    // one wrong passphrase in 256 gives right padding around noise, which OpenSSL's decoder then calls unsupported, without EVP
    if (/EVP_UNSUPPORTED|INVALID_DIGEST|FETCH/i.test(code))
      return fail('unsupported', F, 'an old kind of encryption', 'PBES2: convert it with "openssl pkcs8 -topk8"');
    return fail('wrong-passphrase', F);
  } finally {
    wipe(key, secret);
  }
};

/**
 * Opens a key file that a passphrase protects: encrypted PKCS#8, PEM or DER, and the older PEM.
 * @param passphrase its bytes: secret, the caller's to wipe @returns PKCS#8 in PEM without a passphrase. Secret: wipe after use
 * @throws wrong-passphrase; unsupported for OpenSSH's own encryption and for ciphers of old; not-recognised for a file that is not encrypted
 */
export const decryptKeyFile = (file: Bytes, passphrase: Bytes): Bytes => {
  const { form, armor } = formOf(file);
  if (form === 'encrypted-openssh')
    fail('unsupported', F, "OpenSSH's own encryption", 'a copy without passphrase: ssh-keygen -p -N "" -f COPY');
  if (form !== 'encrypted-pkcs8' && form !== 'encrypted-pem')
    fail('not-recognised', F, 'a file that is not encrypted', 'an encrypted key');
  return exportPkcs8(opened(file, passphrase, armor === 'der' ? 'der' : 'pem'));
};
