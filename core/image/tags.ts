/** What names an image to the ultravisor: three digests of its components and the tag of its SE header. */
import { type Bytes, hex, same } from '../bytes.ts';

/** The four values that an add-secret request is bound to. Spec page "se-header". */
export interface ImageTags {
  /** page list digest: SHA-512 over the component pages as stored, 64 bytes */
  readonly pld: Bytes;
  /** address list digest: SHA-512 over their addresses, 64 bytes */
  readonly ald: Bytes;
  /** tweak list digest: SHA-512 over their tweaks, 64 bytes */
  readonly tld: Bytes;
  /** SE header tag: the GCM tag of the header, 16 bytes */
  readonly tag: Bytes;
}

/** True when all four are equal. */
export const sameImage = (a: ImageTags, b: ImageTags): boolean =>
  same(a.pld, b.pld) && same(a.ald, b.ald) && same(a.tld, b.tld) && same(a.tag, b.tag);

/** The tags as lower-case hex, as manifest and report carry them. */
export interface HexTags {
  pld: string;
  ald: string;
  tld: string;
  tag: string;
}

export const hexTags = (t: ImageTags): HexTags => ({ pld: hex(t.pld), ald: hex(t.ald), tld: hex(t.tld), tag: hex(t.tag) });
