/** The outer shape of DER: just enough to cut a signed structure at its seams, so that signatures are checked over the bytes that were read. */
import type { Bytes } from '../bytes.ts';
import { fail } from '../errors.ts';

/** One tag-length-value: where it starts, where its content starts, where it ends. */
export interface Tlv {
  readonly tag: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/** Reads the element at `at`; definite, minimal lengths only. @throws bad-encoding */
export const readTlv = (bytes: Bytes, at: number, limit: number, field: string): Tlv => {
  const bad = () => fail('bad-encoding', field, 'broken DER', 'DER');
  if (at + 2 > limit) bad();
  const tag = bytes[at] as number;
  if ((tag & 0x1f) === 0x1f) bad();
  const first = bytes[at + 1] as number;
  let length = first;
  let content = at + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || content + count > limit) bad();
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[content + i] as number);
    // minimal: no leading zero, and no long form where the short one does
    if (bytes[content] === 0 || length < 0x80) bad();
    content += count;
  }
  if (content + length > limit) bad();
  return { tag, start: at, content, end: content + length };
};

/** The elements inside an element. @throws bad-encoding */
export const children = (bytes: Bytes, parent: Tlv, field: string): Tlv[] => {
  const out: Tlv[] = [];
  for (let at = parent.content; at < parent.end; ) {
    const tlv = readTlv(bytes, at, parent.end, field);
    out.push(tlv);
    at = tlv.end;
  }
  return out;
};

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;
const INTEGER = 0x02;
const CONTEXT_0 = 0xa0;

/** A signed structure (certificate or CRL), cut at its seams. */
export interface Signed {
  /** what is signed, as it was read */
  readonly tbs: Bytes;
  /** algorithm identifier, DER */
  readonly algorithm: Bytes;
  readonly signature: Bytes;
  /** elements of the signed part */
  readonly fields: readonly Tlv[];
}

/**
 * Cuts `SEQUENCE { tbs, algorithm, BIT STRING }`. The algorithm inside the signed part (at `inner`) must be the same bytes.
 * @param inner says which element of the signed part that is
 * @throws bad-encoding, trailing-bytes, bad-value
 */
export const cutSigned = (der: Bytes, field: string, inner: (fields: readonly Tlv[]) => Tlv | undefined): Signed => {
  const outer = readTlv(der, 0, der.length, field);
  if (outer.tag !== SEQUENCE) fail('bad-encoding', field, 'another ASN.1 type', 'a SEQUENCE');
  if (outer.end !== der.length) fail('trailing-bytes', field, `${der.length - outer.end} bytes behind it`, 'nothing');
  const [tbs, algorithm, signature, ...more] = children(der, outer, field);
  if (tbs?.tag !== SEQUENCE || algorithm?.tag !== SEQUENCE || signature?.tag !== BIT_STRING || more.length > 0)
    return fail('bad-encoding', field, 'another structure', 'a signed structure');
  if (signature.end - signature.content < 2 || der[signature.content] !== 0)
    fail('bad-value', `${field}, signature`, 'unused bits', 'whole bytes');
  const fields = children(der, tbs, field);
  const own = inner(fields);
  const slice = (t: Tlv): Bytes => der.slice(t.start, t.end);
  const outerAlgorithm = slice(algorithm);
  const equal =
    own !== undefined && own.end - own.start === outerAlgorithm.length && slice(own).every((b, i) => b === outerAlgorithm[i]);
  if (!equal) fail('bad-value', `${field}, signature algorithm`, 'one outside and another inside', 'the same');
  return { tbs: slice(tbs), algorithm: outerAlgorithm, signature: der.slice(signature.content + 1, signature.end), fields };
};

/** The algorithm inside a certificate: behind the optional version and the serial. */
export const certificateAlgorithm = (fields: readonly Tlv[]): Tlv | undefined => {
  const at = fields[0]?.tag === CONTEXT_0 ? 2 : 1;
  return fields[at - 1]?.tag === INTEGER ? fields[at] : undefined;
};

/** The algorithm inside a CRL: behind the optional version. */
export const crlAlgorithm = (fields: readonly Tlv[]): Tlv | undefined => fields[fields[0]?.tag === INTEGER ? 1 : 0];
