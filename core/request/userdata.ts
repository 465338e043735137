/**
 * User data of a request: 512 bytes that the ultravisor does not read, and their signature. The signature covers the whole request,
 * its own place taken as zeros and the tag left out. Source: spec page "asrcb", "Signed user data".
 */
import { type Bytes, padRight } from '../bytes.ts';
import { TAG_SIZE } from '../crypto/gcm.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u16Field, zeroField } from '../layout.ts';
import { requestHeader, USER_DATA_SIZE, type UserDataKind } from './asrcb.ts';

/** Kinds of user data with a signature. */
export type SignedKind = Extract<UserDataKind, `signed-${string}`>;

export const isSignedKind = (kind: UserDataKind): kind is SignedKind => kind.startsWith('signed-');

const S = 'asrcb';
export const userDataEc = layout('user data, signed with EC P-521', S, USER_DATA_SIZE, [
  bytesField('message', 256, 'the data, padded with zeros'),
  bytesField('signature', 139, 'ECDSA with SHA-512, DER, padded with zeros'),
  zeroField(5),
  u16Field('signatureSize', 'bytes of the signature'),
  zeroField(110),
]);
export const userDataRsa2048 = layout('user data, signed with RSA-2048', S, USER_DATA_SIZE, [
  bytesField('message', 256, 'the data, padded with zeros'),
  bytesField('signature', 256, 'RSA PKCS#1 v1.5 with SHA-512'),
]);
export const userDataRsa3072 = layout('user data, signed with RSA-3072', S, USER_DATA_SIZE, [
  bytesField('message', 128, 'the data, padded with zeros'),
  bytesField('signature', 384, 'RSA PKCS#1 v1.5 with SHA-512'),
]);

/** Most bytes of user data, by kind. */
export const USER_DATA_MAX: Record<UserDataKind, number> = {
  none: 0,
  unsigned: USER_DATA_SIZE,
  'signed-ec-p521': 256,
  'signed-rsa-2048': 256,
  'signed-rsa-3072': 128,
};

/** Bytes of an RSA signature; of an ECDSA signature in DER the most there can be. */
const SIGNATURE_SIZE: Record<SignedKind, number> = { 'signed-ec-p521': 139, 'signed-rsa-2048': 256, 'signed-rsa-3072': 384 };

/** Signs with SHA-512: ECDSA (DER) or RSA PKCS#1 v1.5, by the kind it goes with. */
export type Sign = (data: Bytes) => Bytes;

/** What goes into a request as user data. */
export type UserData =
  | { readonly kind: 'none' | 'unsigned'; readonly bytes: Bytes }
  | { readonly kind: SignedKind; readonly bytes: Bytes; readonly sign: Sign };

/** @throws too-long for more bytes than the kind has room for, with the limit */
export const checkUserData = (kind: UserDataKind, bytes: Bytes): void => {
  const max = USER_DATA_MAX[kind];
  if (bytes.length > max) fail('too-long', `user data, ${kind}`, `${bytes.length} bytes`, `at most ${max} bytes`);
};

/**
 * The 512 bytes.
 * @param signature absent for the kinds without one, and while it is not made yet
 * @throws too-long; wrong-length for a signature of another size than the kind's
 */
export const writeUserData = (kind: UserDataKind, bytes: Bytes, signature?: Bytes): Bytes => {
  checkUserData(kind, bytes);
  if (!isSignedKind(kind) || signature === undefined) return padRight(bytes, USER_DATA_SIZE, 'user data');
  const size = SIGNATURE_SIZE[kind];
  if (kind === 'signed-ec-p521' ? signature.length === 0 || signature.length > size : signature.length !== size)
    fail('wrong-length', 'signature of the user data', `${signature.length} bytes`, `${size} bytes`);
  const message = padRight(bytes, USER_DATA_MAX[kind], 'user data');
  if (kind === 'signed-rsa-2048') return userDataRsa2048.write({ message, signature });
  if (kind === 'signed-rsa-3072') return userDataRsa3072.write({ message, signature });
  const padded = padRight(signature, size, 'signature of the user data');
  return userDataEc.write({ message, signature: padded, signatureSize: signature.length });
};

export interface ReadUserData {
  /** 0, 512, 256 or 128 bytes, by the kind: as they stand, with the zeros behind */
  readonly message: Bytes;
  readonly signature?: Bytes;
}

/** Takes the 512 bytes apart. @throws bad-value for bytes where the kind has none, and for a signature that says another size */
export const readUserData = (kind: UserDataKind, userData: Bytes): ReadUserData => {
  switch (kind) {
    case 'none':
      if (userData.some((b) => b !== 0)) fail('bad-value', 'user data', 'bytes that are not zero', 'zeros: its kind is none');
      return { message: new Uint8Array(0) };
    case 'unsigned':
      return { message: userData.slice() };
    case 'signed-rsa-2048':
      return userDataRsa2048.read(userData);
    case 'signed-rsa-3072':
      return userDataRsa3072.read(userData);
    case 'signed-ec-p521': {
      const { message, signature, signatureSize } = userDataEc.read(userData);
      if (signatureSize === 0 || signatureSize > signature.length)
        fail('bad-value', 'user data, size of the signature', signatureSize, `1 to ${signature.length}`);
      if (signature.subarray(signatureSize).some((b) => b !== 0))
        fail('bad-value', 'user data, behind the signature', 'bytes that are not zero', 'zeros');
      return { message, signature: signature.slice(0, signatureSize) };
    }
  }
};

/** What the signature of a whole request covers: everything but the tag, the place of the signature as zeros. */
export const signedPart = (request: Bytes, kind: SignedKind): Bytes => {
  const part = request.slice(0, request.length - TAG_SIZE);
  const at = requestHeader.offset('userData');
  part.fill(0, at + USER_DATA_MAX[kind], at + USER_DATA_SIZE);
  return part;
};
