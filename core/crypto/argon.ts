/**
 * A key out of a passphrase: Argon2id, version 1.3 (RFC 9106). The parameters stand in the file, so what a file may ask for has
 * limits: a hostile one must take neither minutes nor gigabytes.
 */
import { argon2id } from '@noble/hashes/argon2.js';
import { type Bytes, utf8, wipe } from '../bytes.ts';
import { fail } from '../errors.ts';

/** What one derivation costs. */
export interface KdfParameters {
  /** memory, in KiB */
  readonly memory: number;
  /** passes over the memory */
  readonly passes: number;
  /** lanes: they run one after the other here */
  readonly lanes: number;
}

export const SALT_SIZE = 16;
export const DERIVED_SIZE = 32;

/** Limits on reading. `work` is memory times passes, in KiB: 2 GiB take about ten seconds in JavaScript. */
export const KDF_LIMITS = { memoryMin: 8, memoryMax: 512 * 1024, passesMax: 64, lanesMax: 8, work: 2 * 1024 * 1024 } as const;

/** The least that is chosen for a new file: the second choice of RFC 9106, section 4, with one lane. */
export const KDF_FLOOR: KdfParameters = { memory: 64 * 1024, passes: 3, lanes: 1 };
/** Most memory that is chosen for a new file, in KiB: other machines must open it too. */
export const KDF_CHOSEN_MAX = 256 * 1024;

/** Refuses parameters over the limits, before any work. @throws bad-value */
export const checkKdf = ({ memory, passes, lanes }: KdfParameters, what: string): void => {
  const bad = (field: string, found: string, expected: string): never => fail('bad-value', `${what}, ${field}`, found, expected);
  const { memoryMin, memoryMax, passesMax, lanesMax, work } = KDF_LIMITS;
  if (lanes < 1 || lanes > lanesMax) bad('lanes', String(lanes), `1 to ${lanesMax}`);
  if (memory < memoryMin * lanes || memory > memoryMax)
    bad('memory', `${memory} KiB`, `${memoryMin * lanes} to ${memoryMax} KiB`);
  if (passes < 1 || passes > passesMax) bad('passes', String(passes), `1 to ${passesMax}`);
  if (memory * passes > work) bad('memory times passes', `${memory * passes} KiB`, `at most ${work} KiB`);
};

/**
 * Parameters that take about `milliseconds` on a machine where one pass over `measured.memory` KiB took `measured.milliseconds`.
 * Never less than {@link KDF_FLOOR}: passes stay at 3, memory grows.
 */
export const chooseKdf = (
  measured: { readonly memory: number; readonly milliseconds: number },
  milliseconds = 1000,
): KdfParameters => {
  const perKiB = Math.max(measured.milliseconds, 0.001) / measured.memory;
  const fits = Math.floor(milliseconds / (perKiB * KDF_FLOOR.passes));
  const whole = fits - (fits % 1024);
  return { ...KDF_FLOOR, memory: Math.min(KDF_CHOSEN_MAX, Math.max(KDF_FLOOR.memory, whole)) };
};

/** Fewest characters of a new passphrase. */
export const PASSPHRASE_MIN = 12;
const PASSPHRASE_MAX = 1024;

/** The bytes of a passphrase: one text, however its accents were typed (Unicode NFC, UTF-8). Secret: wipe after use. */
export const passphraseBytes = (text: string): Bytes => utf8(text.normalize('NFC'));

/** Whether a passphrase may protect something new. @throws empty, too-short, too-long, bad-value; nothing of it is in the error */
export const checkNewPassphrase = (text: string): void => {
  const characters = [...text.normalize('NFC')];
  if (characters.length === 0) fail('empty', 'passphrase', 'nothing', `at least ${PASSPHRASE_MIN} characters`);
  if (characters.length < PASSPHRASE_MIN)
    fail('too-short', 'passphrase', 'fewer characters', `at least ${PASSPHRASE_MIN} characters`);
  if (characters.length > PASSPHRASE_MAX)
    fail('too-long', 'passphrase', 'more characters', `at most ${PASSPHRASE_MAX} characters`);
  if (new Set(characters).size < 5)
    fail('bad-value', 'passphrase', 'the same few characters again and again', 'at least 5 different ones');
};

/** Derives 32 bytes. Takes as long as the parameters say. @param salt 16 bytes @throws bad-value, wrong-length */
export const deriveKey = (passphrase: string, salt: Bytes, parameters: KdfParameters, what: string): Bytes => {
  checkKdf(parameters, what);
  if (salt.length !== SALT_SIZE) fail('wrong-length', `${what}, salt`, `${salt.length} bytes`, `${SALT_SIZE} bytes`);
  const secret = passphraseBytes(passphrase);
  try {
    return argon2id(secret, salt, { m: parameters.memory, t: parameters.passes, p: parameters.lanes, dkLen: DERIVED_SIZE });
  } finally {
    wipe(secret);
  }
};
