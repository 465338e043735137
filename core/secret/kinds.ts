/**
 * The kinds of secret a request can carry, in one table. Source: spec page "secrets".
 * `sizes` are those of the value inside the request, in bytes.
 */
import { fail } from '../errors.ts';

export interface KindRow {
  /** secret type, u16 in the request and in the list */
  readonly type: number;
  /** our name */
  readonly kind: string;
  /** the name the tools of the reference print, where they have one */
  readonly label: string;
  /** sizes the input may have, in bytes; plaintext: see PLAINTEXT_MAX */
  readonly sizes: readonly number[];
  /** bytes the value takes in the request, when it is not the size of the input */
  readonly stored?: number;
  /** has an id of 32 bytes and stands in the UV's list */
  readonly listed: boolean;
  /** can be retrieved by the guest */
  readonly retrievable: boolean;
}

/** Largest plaintext secret, in bytes. */
export const PLAINTEXT_MAX = 8190;

const retrievable = { listed: true, retrievable: true } as const;

export const KINDS = [
  { type: 0x01, kind: 'meta', label: 'META', sizes: [0], listed: false, retrievable: false },
  { type: 0x02, kind: 'association', label: 'ASSOCIATION', sizes: [32], listed: true, retrievable: false },
  { type: 0x03, kind: 'plaintext', label: 'PLAINTEXT', sizes: [], ...retrievable },
  { type: 0x04, kind: 'aes-128', label: 'AES-128-KEY', sizes: [16], ...retrievable },
  { type: 0x05, kind: 'aes-192', label: 'AES-192-KEY', sizes: [24], ...retrievable },
  { type: 0x06, kind: 'aes-256', label: 'AES-256-KEY', sizes: [32], ...retrievable },
  { type: 0x07, kind: 'aes-xts-128', label: 'AES-XTS-128-KEY', sizes: [32], ...retrievable },
  { type: 0x08, kind: 'aes-xts-256', label: 'AES-XTS-256-KEY', sizes: [64], ...retrievable },
  { type: 0x09, kind: 'hmac-sha-256', label: 'HMAC-SHA-256-KEY', sizes: [64], ...retrievable },
  { type: 0x0a, kind: 'hmac-sha-512', label: 'HMAC-SHA-512-KEY', sizes: [128], ...retrievable },
  { type: 0x11, kind: 'ec-p256', label: 'EC-SECP256R1-PRIVATE-KEY', sizes: [32], ...retrievable },
  { type: 0x12, kind: 'ec-p384', label: 'EC-SECP384R1-PRIVATE-KEY', sizes: [48], ...retrievable },
  { type: 0x13, kind: 'ec-p521', label: 'EC-SECP521R1-PRIVATE-KEY', sizes: [66], stored: 80, ...retrievable },
  { type: 0x14, kind: 'ec-ed25519', label: 'EC-ED25519-PRIVATE-KEY', sizes: [32], ...retrievable },
  { type: 0x15, kind: 'ec-ed448', label: 'EC-ED448-PRIVATE-KEY', sizes: [57], stored: 64, ...retrievable },
  { type: 0x16, kind: 'update-cck', label: 'UPDATE-CCK', sizes: [32], listed: false, retrievable: false },
] as const satisfies readonly KindRow[];

export type SecretKind = (typeof KINDS)[number]['kind'];

const byKind = new Map<string, KindRow>(KINDS.map((k) => [k.kind, k]));
const byType = new Map<number, (typeof KINDS)[number]>(KINDS.map((k) => [k.type, k]));

/** The row of a kind. */
export const kindRow = (kind: SecretKind): KindRow => byKind.get(kind) ?? fail('bad-value', 'secret kind', kind);

/** The row of a secret type, or undefined for one the reference does not know. */
export const kindOfType = (type: number): (KindRow & { readonly kind: SecretKind }) | undefined => byType.get(type);

/** Kinds whose value is one key of a fixed size, by the family the policy and the command line name. */
export const FAMILIES = {
  aes: ['aes-128', 'aes-192', 'aes-256'],
  'aes-xts': ['aes-xts-128', 'aes-xts-256'],
  hmac: ['hmac-sha-256', 'hmac-sha-512'],
} as const satisfies Record<string, readonly SecretKind[]>;

export type Family = keyof typeof FAMILIES;

/** The kind of a family for a key of `size` bytes. @throws wrong-length that names the sizes allowed */
export const kindForSize = (family: Family, size: number, field: string): SecretKind => {
  const found = FAMILIES[family].find((k) => kindRow(k).sizes[0] === size);
  const allowed = FAMILIES[family].map((k) => kindRow(k).sizes[0]).join(' or ');
  return found ?? fail('wrong-length', field, `${size} bytes`, `${allowed} bytes`);
};
