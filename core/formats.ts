/** Every binary format, as the sequence of its parts: what docs/formats.md is generated from. The parts are the tables readers and writers use. */
import { approverKeyContent } from './approval/key.ts';
import { exchangeHeader } from './attestation/exchange.ts';
import { ADDITIONAL_PARTS } from './attestation/measurement.ts';
import { arcb, arcbSecret } from './attestation/request.ts';
import { policyReference } from './bundle/reference.ts';
import { TAG_SIZE } from './crypto/gcm.ts';
import { sealedHeader } from './crypto/sealed.ts';
import { paesToken } from './guestsim/disk.ts';
import { imageMetadata } from './image/find.ts';
import { encryptedPart, seHeader } from './image/header.ts';
import { ipib, ipibComponent } from './image/image.ts';
import type { Layout } from './layout.ts';
import { ustarHeader } from './packing/tar.ts';
import { EXTENSION_SECRET_SIZE, keySlot, requestHeader, SECRET_ID_SIZE, secretHeader } from './request/asrcb.ts';
import { userDataEc, userDataRsa2048, userDataRsa3072 } from './request/userdata.ts';
import { listEntry, listHeader } from './secret/list.ts';
import { dumpHeader } from './uvsim/dump.ts';

/** A part of a format: a table, or bytes without inner structure. */
export type FormatPart =
  | {
      readonly layout: Layout;
      /** how often, when it is not once */
      readonly times?: string;
      /** when it is encrypted: with what */
      readonly encrypted?: string;
    }
  | { readonly name: string; readonly size: string; readonly doc: string };

export interface Format {
  readonly title: string;
  /** in the order they stand in */
  readonly parts: readonly FormatPart[];
}

const tag: FormatPart = {
  name: 'tag',
  size: String(TAG_SIZE),
  doc: 'GCM tag; everything before the encrypted area is its additional authenticated data',
};
const slots = (times: string): FormatPart => ({ layout: keySlot, times });

export const FORMATS: readonly Format[] = [
  {
    title: 'Add-secret request',
    parts: [
      { layout: requestHeader },
      slots('NKS, 1 to 255'),
      { layout: secretHeader },
      {
        name: 'secret id',
        size: `0 or ${SECRET_ID_SIZE}`,
        doc: 'none for meta, zeros for update-cck, the id for every other kind',
      },
      { name: 'secret value', size: 'as the secret header says', doc: 'encrypted with the request protection key, AES-256-GCM' },
      { name: 'extension secret', size: String(EXTENSION_SECRET_SIZE), doc: 'encrypted with it; zeros for none' },
      tag,
    ],
  },
  {
    title: 'SE header, version 1',
    parts: [
      { layout: seHeader },
      slots('NKS, 1 to 95'),
      { layout: encryptedPart, encrypted: 'the header protection key, AES-256-GCM' },
      { ...tag, doc: `the SE header tag: ${tag.doc}` },
    ],
  },
  {
    title: 'SE image',
    parts: [
      { layout: imageMetadata },
      { layout: ipib },
      { layout: ipibComponent, times: 'as the block says' },
      {
        name: 'components',
        size: 'pages of 4096',
        doc: 'kernel, ramdisk, command line; measured by the three digests of the header',
      },
      { name: 'SE header', size: 'at most 8192', doc: 'where the metadata points to' },
    ],
  },
  {
    title: 'Attestation request',
    parts: [
      { layout: arcb },
      slots('NKS, 1 to 255'),
      { layout: arcbSecret, encrypted: 'the protection key of the request, AES-256-GCM' },
      tag,
    ],
  },
  {
    title: 'Attestation exchange file',
    parts: [
      { layout: exchangeHeader },
      { name: 'attestation request', size: 'as the header says', doc: 'the first entry' },
      { name: 'measurement', size: '64', doc: 'HMAC-SHA-512, in a response' },
      ...ADDITIONAL_PARTS.map((p) => ({
        name: p.flag,
        size: `0 or ${p.size}`,
        doc: 'additional data, when its flag is set in the request',
      })),
      { name: 'user data', size: '0 to 256', doc: 'what the guest attested besides' },
      { name: 'configuration UID', size: '16', doc: 'new for each start of a guest, in a response' },
    ],
  },
  {
    title: 'List of secrets',
    parts: [{ layout: listHeader }, { layout: listEntry, times: 'as the header says, 85 in a page of 4096' }],
  },
  {
    title: 'Signed user data of an add-secret request',
    parts: [{ layout: userDataEc }, { layout: userDataRsa2048 }, { layout: userDataRsa3072 }],
  },
  { title: 'Policy reference', parts: [{ layout: policyReference }] },
  { title: 'Key token', parts: [{ layout: paesToken }] },
  {
    title: 'Packed bundle, tar',
    parts: [
      { layout: ustarHeader, times: 'once a file' },
      { name: 'content', size: 'as the header says', doc: 'the file, then zeros up to a multiple of 512 bytes' },
      { name: 'end', size: '1024', doc: 'zeros' },
    ],
  },
  {
    title: 'Dump of a simulated guest',
    parts: [
      { layout: dumpHeader },
      { name: 'memory', size: 'as the header says', doc: 'encrypted with a key derived from the CCK, AES-256-GCM' },
      tag,
    ],
  },
  {
    title: 'Project file',
    parts: [
      { layout: sealedHeader },
      {
        name: 'content',
        size: 'a power of two, 32 KiB to 64 MiB',
        doc: 'encrypted: its length (4), JSON and binary part, zeros up to the size class; see project-file.md',
      },
      { name: 'tag', size: '16', doc: 'Poly1305 over the whole header and the encrypted content' },
    ],
  },
  {
    title: 'Key of an approver',
    parts: [
      { layout: sealedHeader },
      { name: 'length', size: '4', doc: 'encrypted, as everything up to the tag: bytes of key and name' },
      { layout: approverKeyContent, encrypted: 'the key derived from its passphrase, XChaCha20-Poly1305' },
      { name: 'name and zeros', size: 'up to 256 in all', doc: 'the name, UTF-8, then zeros' },
      { name: 'tag', size: '16', doc: 'Poly1305 over the whole header and the encrypted content' },
    ],
  },
];
