/**
 * The curves that secrets and keys are made on, in one table: their names in every format, and their arithmetic.
 * Which curves there are: spec page "secrets". Names: RFC 5480, RFC 8410, RFC 5656, RFC 8709, RFC 5758.
 */
import { ed448 } from '@noble/curves/ed448.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { type Bytes, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import type { SecretKind } from './kinds.ts';

export type EcKind = Extract<SecretKind, `ec-${string}`>;

/** One curve. Private keys are scalars, left-padded, or the raw key of an Edwards curve. */
export interface Curve {
  readonly kind: EcKind;
  /** as policies name it */
  readonly policyName: 'ec-p256' | 'ec-p384' | 'ec-p521' | 'ed25519' | 'ed448';
  readonly edwards: boolean;
  /** of a private key, in bytes */
  readonly size: number;
  /** content of the OBJECT IDENTIFIER of the curve, hex */
  readonly oid: string;
  /** content of the OBJECT IDENTIFIER of {@link Curve.sign}, hex */
  readonly signatureOid: string;
  /** OpenSSH's name of a key, and of the curve inside it when the key names it; absent: OpenSSH has none */
  readonly ssh?: { readonly type: string; readonly curve?: string };
  /** 1 <= scalar < order; every value is one for the Edwards curves */
  readonly valid: (key: Bytes) => boolean;
  /** uncompressed point, or the public key of an Edwards curve */
  readonly publicKey: (key: Bytes) => Bytes;
  /** the same form of a point as a file has it. Throws when it is not on the curve */
  readonly normal: (point: Bytes) => Bytes;
  /** the short form of an uncompressed point; the Edwards curves have one form only */
  readonly compressed: (point: Bytes) => Bytes;
  /** a fresh private key. Secret: wipe after use */
  readonly fresh: (env: Env) => Bytes;
  /** r and s one after the other, each of `size` bytes, over the curve's own hash; or an Edwards signature */
  readonly sign: (data: Bytes, key: Bytes) => Bytes;
}

type Nist = typeof p256;
type Named = Pick<Curve, 'kind' | 'policyName' | 'size' | 'oid' | 'signatureOid' | 'ssh'>;

/** @param seedSize bytes that make a scalar as good as uniform */
const nist = (names: Named, curve: Nist, seedSize: number): Curve => ({
  ...names,
  edwards: false,
  valid: (k) => curve.utils.isValidSecretKey(k),
  publicKey: (k) => curve.getPublicKey(k, false),
  normal: (p) => curve.Point.fromBytes(p).toBytes(false),
  compressed: (p) => curve.Point.fromBytes(p).toBytes(true),
  fresh: (env) => {
    const seed = env.random(seedSize);
    const key = curve.utils.randomSecretKey(seed);
    wipe(seed);
    return key;
  },
  sign: (data, key) => curve.sign(data, key, { lowS: false }),
});

const edwards = (names: Named, curve: Pick<typeof ed25519, 'getPublicKey' | 'sign'>): Curve => ({
  ...names,
  edwards: true,
  valid: () => true,
  publicKey: (k) => curve.getPublicKey(k),
  normal: (p) => p,
  compressed: (p) => p,
  fresh: (env) => env.random(names.size),
  sign: (data, key) => curve.sign(data, key),
});

export const CURVES: readonly Curve[] = [
  nist(
    {
      kind: 'ec-p256',
      policyName: 'ec-p256',
      size: 32,
      oid: '2a8648ce3d030107',
      signatureOid: '2a8648ce3d040302',
      ssh: { type: 'ecdsa-sha2-nistp256', curve: 'nistp256' },
    },
    p256,
    48,
  ),
  nist(
    {
      kind: 'ec-p384',
      policyName: 'ec-p384',
      size: 48,
      oid: '2b81040022',
      signatureOid: '2a8648ce3d040303',
      ssh: { type: 'ecdsa-sha2-nistp384', curve: 'nistp384' },
    },
    p384,
    72,
  ),
  nist(
    {
      kind: 'ec-p521',
      policyName: 'ec-p521',
      size: 66,
      oid: '2b81040023',
      signatureOid: '2a8648ce3d040304',
      ssh: { type: 'ecdsa-sha2-nistp521', curve: 'nistp521' },
    },
    p521,
    99,
  ),
  edwards(
    {
      kind: 'ec-ed25519',
      policyName: 'ed25519',
      size: 32,
      oid: '2b6570',
      signatureOid: '2b6570',
      ssh: { type: 'ssh-ed25519' },
    },
    ed25519,
  ),
  edwards({ kind: 'ec-ed448', policyName: 'ed448', size: 57, oid: '2b6571', signatureOid: '2b6571' }, ed448),
];

/** The curve of a kind, an object identifier, or an OpenSSH name. */
export const curveOf = (kind: EcKind): Curve => CURVES.find((c) => c.kind === kind) as Curve;
export const curveOfOid = (oid: string, ofEdwards: boolean): Curve | undefined =>
  CURVES.find((c) => c.oid === oid && c.edwards === ofEdwards);
export const curveOfSsh = (type: string): Curve | undefined => CURVES.find((c) => c.ssh?.type === type);
export const curveOfPolicy = (name: string): Curve | undefined => CURVES.find((c) => c.policyName === name);
