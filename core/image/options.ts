/**
 * Which control flags an image gets, by the options of `pvimg create` and its rules on which go together.
 * Source: spec pages "se-header", "generic-guest" section 6.
 */
import { fail } from '../errors.ts';
import type { PlaintextFlag, SecretFlag } from './flags.ts';

/** What was asked for. What is absent has the default of the reference: PCKMO for DEA, AES and ECC on, all else off. */
export interface ImageOptions {
  /** encrypt kernel, ramdisk and command line: what a generic image is not, and the default of the reference */
  readonly imageEncryption?: boolean | undefined;
  readonly dump?: boolean | undefined;
  readonly cckUpdate?: boolean | undefined;
  readonly cckExtensionSecret?: boolean | undefined;
  readonly pckmo?: boolean | undefined;
  readonly pckmoHmac?: boolean | undefined;
  readonly backupKeys?: boolean | undefined;
  /** a CCK was given; without one it is random and forgotten */
  readonly cck: boolean;
}

/** The flags by name. */
export interface ControlFlags {
  readonly plaintext: readonly PlaintextFlag[];
  readonly secret: readonly SecretFlag[];
}

/**
 * The control flags of an image.
 * @throws unsupported for an image that is to be encrypted; conflict for options that do not go together
 */
export const controlFlags = (o: ImageOptions): ControlFlags => {
  if (o.imageEncryption !== false)
    fail('unsupported', 'image', 'encryption of its components', 'a generic image: encryption disabled');
  if (o.dump && !o.cck && !o.cckUpdate)
    fail('conflict', 'dump', 'neither a CCK nor CCK update', 'one of them: nobody could open the dump otherwise');
  if (o.cckExtensionSecret && !o.cck)
    fail('conflict', 'CCK extension secret', 'no CCK', 'a CCK to derive the extension secret from');
  if (o.cckExtensionSecret && o.cckUpdate) fail('conflict', 'CCK extension secret', 'CCK update as well', 'one of the two');
  const plaintext: [PlaintextFlag, boolean][] = [
    ['dump-allowed', o.dump === true],
    ['no-component-encryption', true],
    ['pckmo-dea', o.pckmo !== false],
    ['pckmo-aes', o.pckmo !== false],
    ['pckmo-ecc', o.pckmo !== false],
    ['pckmo-hmac', o.pckmoHmac === true],
    ['backup-target-keys', o.backupKeys === true],
  ];
  const secret: [SecretFlag, boolean][] = [
    ['cck-extension-secret', o.cckExtensionSecret === true],
    ['cck-update-allowed', o.cckUpdate === true],
  ];
  const set = <T>(rows: [T, boolean][]): T[] => rows.flatMap(([name, on]) => (on ? [name] : []));
  return { plaintext: set(plaintext), secret: set(secret) };
};
