/**
 * What a machine generation can do, and what `/sys/firmware/uv/query` shows of it. The numbers of the store are ours: a real
 * machine says its own (rule B20, "ask the provider"). Which attestation flags came when is reasoned, not documented.
 */
import { ATTESTATION_FLAGS, type AttestationFlag } from '../attestation/request.ts';
import type { KeyPair } from '../crypto/p521.ts';
import { bit } from '../image/flags.ts';
import { FLAG_DISABLE_DUMP } from '../request/asrcb.ts';
import { KINDS } from '../secret/kinds.ts';

/** A machine generation. Every field can be changed for a test: `{ ...PROFILES.z17, maxRetrievable: 2 }`. */
export interface UvProfile {
  readonly name: 'z16' | 'z17';
  /** largest number of association secrets in a guest's store */
  readonly maxAssociation: number;
  /** largest number of retrievable secrets; 0: this machine has none, and no update-cck either */
  readonly maxRetrievable: number;
  /** attestation flags it answers to */
  readonly attestation: readonly AttestationFlag[];
}

export const PROFILES: Record<UvProfile['name'], UvProfile> = {
  z16: {
    name: 'z16',
    maxAssociation: 85,
    maxRetrievable: 0,
    attestation: ['nonce', 'image-host-key-hash', 'attestation-host-key-hash'],
  },
  z17: { name: 'z17', maxAssociation: 128, maxRetrievable: 384, attestation: ATTESTATION_FLAGS.map((f) => f.name) },
};

/** A simulated machine. Its key pair is its identity. */
export interface SimHost {
  readonly name: string;
  readonly keys: KeyPair;
  readonly profile: UvProfile;
}

/** Whether this machine takes secrets of a type at all: z16 knows meta and association only. */
export const supportsType = (profile: UvProfile, type: number): boolean => {
  const row = KINDS.find((k) => k.type === type);
  if (row === undefined) return false;
  return row.kind === 'meta' || row.kind === 'association' || profile.maxRetrievable > 0;
};

const mask = (bits: readonly number[]): string => bits.reduce((m, n) => m | bit(n), 0n).toString(16);

/** Files of `/sys/firmware/uv/query` that matter to a tenant, by name: limits are decimal, masks hex with bit 0 in front. */
export const queryFiles = (profile: UvProfile): Record<string, string> => ({
  supp_add_secret_pcf: FLAG_DISABLE_DUMP.toString(16),
  supp_att_pflags: mask(ATTESTATION_FLAGS.filter((f) => profile.attestation.includes(f.name)).map((f) => f.bit)),
  supp_secret_types: mask(KINDS.filter((k) => supportsType(profile, k.type)).map((k) => k.type)),
  max_secrets: String(profile.maxAssociation + profile.maxRetrievable),
  max_assoc_secrets: String(profile.maxAssociation),
  max_retr_secrets: String(profile.maxRetrievable),
});
