/** What `inspect` says of a file. Everything in it is public: nothing is opened to show it. */
import type { ShownLayout } from '../layout.ts';

/** What a file can be. */
export type FileKind =
  | 'add-secret request'
  | 'SE header'
  | 'SE image'
  | 'attestation exchange file'
  | 'attestation request'
  | 'host-key document'
  | 'certificate'
  | 'CRL'
  | 'private key'
  | 'public key'
  | 'retrieved secret'
  | 'secret list'
  | 'secret information'
  | 'key token'
  | 'list of host-key hashes'
  | 'personalization policy'
  | 'manifest'
  | 'expectation'
  | 'retrieval report'
  | 'challenge'
  | 'bundle index'
  | 'approval'
  | 'audit trail'
  | 'project file'
  | 'approver key'
  | 'simulated host'
  | 'simulated guest'
  | 'simulated dump'
  | 'policy reference list';

/** Plain data, fit for JSON. */
export type Shown = string | number | boolean | null | readonly Shown[] | { readonly [field: string]: Shown };

export interface Inspected {
  readonly kind: FileKind;
  /** what the file means */
  readonly shown: { readonly [field: string]: Shown };
  /** its bytes, field by field; none for text formats */
  readonly layouts?: readonly ShownLayout[];
}

/** 64 bits as the tools print them. */
export const flagsText = (flags: bigint): string => `0x${flags.toString(16).padStart(16, '0')}`;
