/**
 * Private keys on elliptic curves, from the files people have: PEM (SEC1, PKCS#8), DER and OpenSSH.
 * Which curves there are: spec page "secrets". Structures: RFC 5915 (SEC1), RFC 5958 (PKCS#8), RFC 8410 (Edwards curves).
 */
import { type Bytes, hex, padLeft, same, wipe } from '../bytes.ts';
import { fail } from '../errors.ts';
import { children, context, contextOf, readTlv, TAG, type Tlv } from '../hostkey/der.ts';
import { type Curve, curveOfOid, curveOfSsh, type EcKind } from './curves.ts';
import { readKeyBlock } from './keyfile.ts';
import { readOpenSshKey } from './openssh.ts';

export type { EcKind } from './curves.ts';

/** A private key and its curve. Secret: wipe `key` after use. */
export interface EcPrivateKey {
  readonly kind: EcKind;
  /** the scalar, left-padded, or the raw key of an Edwards curve: 32, 48, 66, 32 or 57 bytes */
  readonly key: Bytes;
}

const F = 'EC private key';
const EC_EXPECTED = 'a private key on P-256, P-384, P-521, Ed25519 or Ed448';

export const EC_PUBLIC_KEY = '2a8648ce3d0201';
/** Algorithms and curves people have that no secret is made of. */
const OTHERS: Record<string, string> = {
  '2a864886f70d010101': 'an RSA key',
  '2a864886f70d01010a': 'an RSA-PSS key',
  '2a8648ce380401': 'a DSA key',
  '2b656e': 'an X25519 key',
  '2b656f': 'an X448 key',
  '2b8104000a': 'a key on secp256k1',
  '2b81040021': 'a key on secp224r1',
  '2b2403030208010107': 'a key on brainpoolP256r1',
  '2b240303020801010b': 'a key on brainpoolP384r1',
  '2b240303020801010d': 'a key on brainpoolP512r1',
};

/** DER of one key, with what is needed to walk in it. */
class Der {
  readonly bytes: Bytes;
  constructor(bytes: Bytes) {
    this.bytes = bytes;
  }
  whole(field: string, at = 0, limit = this.bytes.length): Tlv {
    const tlv = readTlv(this.bytes, at, limit, field);
    if (tlv.end !== limit) fail('trailing-bytes', field, `${limit - tlv.end} bytes behind it`, 'nothing');
    return tlv;
  }
  inside(t: Tlv, field: string): Tlv[] {
    return children(this.bytes, t, field);
  }
  /** A view, not a copy. */
  content(t: Tlv): Bytes {
    return this.bytes.subarray(t.content, t.end);
  }
}

const unknown = (oid: string): string => OTHERS[oid] ?? `a key with object identifier ${oid.slice(0, 40)} (hex)`;

const structure = (field: string): never => fail('bad-encoding', field, 'another structure', 'the structure of a private key');

/** The key, in range, and fitting the public key that stands beside it in the file. */
const checked = (curve: Curve, raw: Bytes, publicKey: Bytes | undefined): EcPrivateKey => {
  if (raw.length > curve.size) fail('wrong-length', F, `${raw.length} bytes`, `at most ${curve.size} bytes`);
  if (curve.edwards && raw.length !== curve.size) fail('wrong-length', F, `${raw.length} bytes`, `${curve.size} bytes`);
  const key = padLeft(raw, curve.size, F);
  if (!curve.valid(key)) {
    wipe(key);
    return fail('bad-value', F, 'a number out of range', 'a number from 1 to below the order of the curve');
  }
  if (publicKey !== undefined && !fits(curve, key, publicKey)) {
    wipe(key);
    return fail('bad-value', `${F}, public key beside it`, 'the public key of another private key', 'its own public key');
  }
  return { kind: curve.kind, key };
};

const fits = (curve: Curve, key: Bytes, publicKey: Bytes): boolean => {
  try {
    return same(curve.publicKey(key), curve.normal(publicKey));
  } catch {
    return false;
  }
};

/** Bytes of a BIT STRING without unused bits. */
const bitString = (der: Der, t: Tlv): Bytes => {
  const content = der.content(t);
  return content[0] === 0 ? content.subarray(1) : structure(`${F}, public key`);
};

const namedCurve = (der: Der, t: Tlv): Curve => {
  if (t.tag === TAG.sequence) return fail('wrong-curve', 'key file', 'a curve by its parameters', 'a curve by its name');
  if (t.tag !== TAG.oid) return structure(`${F}, curve`);
  const oid = hex(der.content(t));
  return curveOfOid(oid, false) ?? fail('wrong-curve', 'key file', unknown(oid), EC_EXPECTED);
};

/** ECPrivateKey of SEC1: version 1, the scalar, the curve in [0], the public key in [1]. */
const readSec1 = (der: Der, outer: Tlv, outside: Curve | undefined): EcPrivateKey => {
  if (outer.tag !== TAG.sequence) return structure(F);
  const [version, scalar, ...rest] = der.inside(outer, F);
  if (version?.tag !== TAG.integer || scalar?.tag !== TAG.octetString) return structure(F);
  if (hex(der.content(version)) !== '01')
    fail('wrong-version', `${F}, version`, `0x${hex(der.content(version)).slice(0, 16)}`, '1');
  let curve = outside;
  let publicKey: Bytes | undefined;
  for (const t of rest) {
    const [inner, ...more] = der.inside(t, F);
    if (inner === undefined || more.length > 0) return structure(F);
    if (t.tag === contextOf(0)) {
      const own = namedCurve(der, inner);
      if (outside !== undefined && own !== outside) fail('bad-value', `${F}, curve`, 'two curves', 'one curve');
      curve = own;
    } else if (t.tag === contextOf(1) && inner.tag === TAG.bitString) publicKey = bitString(der, inner);
    else return structure(F);
  }
  if (curve === undefined) return fail('missing-field', `${F}, curve`, 'none', EC_EXPECTED);
  return checked(curve, der.content(scalar), publicKey);
};

/** PKCS#8: version, algorithm, key in an OCTET STRING, attributes in [0], public key in [1]. */
const readPkcs8 = (der: Der): EcPrivateKey => {
  const [version, algorithm, key, ...rest] = der.inside(der.whole(F), F);
  if (version?.tag !== TAG.integer || algorithm?.tag !== TAG.sequence || key?.tag !== TAG.octetString) return structure(F);
  const [oidTlv, parameters, ...more] = der.inside(algorithm, `${F}, algorithm`);
  if (oidTlv?.tag !== TAG.oid || more.length > 0) return structure(`${F}, algorithm`);
  const oid = hex(der.content(oidTlv));
  if (oid === EC_PUBLIC_KEY) {
    if (parameters === undefined) return fail('missing-field', `${F}, curve`, 'none', EC_EXPECTED);
    return readSec1(der, der.whole(F, key.content, key.end), namedCurve(der, parameters));
  }
  const curve = curveOfOid(oid, true) ?? fail('wrong-curve', 'key file', unknown(oid), EC_EXPECTED);
  const raw = der.whole(F, key.content, key.end);
  if (raw.tag !== TAG.octetString || parameters !== undefined) return structure(F);
  const beside = rest.find((t) => t.tag === context(1));
  return checked(curve, der.content(raw), beside && bitString(der, beside));
};

const readOpenSsh = (bytes: Bytes): EcPrivateKey => {
  const { type, key, publicKey } = readOpenSshKey(bytes);
  try {
    const curve = curveOfSsh(type) ?? fail('wrong-curve', 'key file', `a key of type ${type.slice(0, 60)}`, EC_EXPECTED);
    return checked(curve, key, publicKey);
  } finally {
    wipe(key);
  }
};

/**
 * The private key of a file.
 * @throws empty, too-long, not-recognised (a public key, a certificate, something else), encrypted, duplicate (several keys),
 * wrong-curve (other curves and kinds, explicit curve parameters), bad-value (out of range, or not the key of the public key beside
 * it), wrong-length, missing-field, bad-encoding, too-short, trailing-bytes
 */
export const readEcPrivateKey = (file: Bytes): EcPrivateKey => {
  const { form, body } = readKeyBlock(file);
  try {
    switch (form) {
      case 'pkcs1':
        return fail('wrong-curve', 'key file', 'an RSA key', EC_EXPECTED);
      case 'openssh':
        return readOpenSsh(body);
      case 'pkcs8':
        return readPkcs8(new Der(body));
      case 'sec1': {
        const der = new Der(body);
        return readSec1(der, der.whole(F), undefined);
      }
    }
  } finally {
    wipe(body);
  }
};
