/** The shape of DER: elements, their types and their order. Nothing is copied: an element is where it stands. */
import type { Bytes } from '../bytes.ts';
import { fail } from '../errors.ts';

/** One tag-length-value: where it starts, where its content starts, where it ends. */
export interface Tlv {
  readonly tag: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/** Tags that appear in certificates and CRLs. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific tags: `[n]` primitive and constructed. */
export const context = (n: number): number => 0x80 | n;
export const contextOf = (n: number): number => 0xa0 | n;

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

/** The one element that fills `bytes`. @throws bad-encoding, trailing-bytes */
export const readWhole = (bytes: Bytes, tag: number, field: string): Tlv => {
  const tlv = expectTag(readTlv(bytes, 0, bytes.length, field), tag, field);
  if (tlv.end !== bytes.length) fail('trailing-bytes', field, `${bytes.length - tlv.end} bytes behind it`, 'nothing');
  return tlv;
};

/** The element, when it is there and of this type. @throws bad-encoding */
export const expectTag = (tlv: Tlv | undefined, tag: number, field: string): Tlv =>
  tlv?.tag === tag ? tlv : fail('bad-encoding', field, tlv === undefined ? 'nothing' : 'another ASN.1 type', 'its ASN.1 type');

/** Most elements of a structure; lists that may be longer say so. */
const ELEMENTS_MAX = 100;

/** The elements inside an element. @throws bad-encoding; too-long when there are more than `max` */
export const children = (bytes: Bytes, parent: Tlv, field: string, max = ELEMENTS_MAX): Tlv[] => {
  const out: Tlv[] = [];
  for (let at = parent.content; at < parent.end; ) {
    if (out.length === max) fail('too-long', field, `more than ${max} elements`, `at most ${max}`);
    const tlv = readTlv(bytes, at, parent.end, field);
    out.push(tlv);
    at = tlv.end;
  }
  return out;
};

/**
 * Takes elements in their order, each at most once: `take(tag)` answers the next element when it has that tag. What is left
 * over at `end()` is an error, so that nothing in a structure goes unread.
 */
export const inOrder = (elements: readonly Tlv[], field: string) => {
  let at = 0;
  return {
    take: (tag: number): Tlv | undefined => (elements[at]?.tag === tag ? elements[at++] : undefined),
    need: (tag: number): Tlv => expectTag(elements[at++], tag, field),
    end: (): void => {
      if (at !== elements.length) fail('bad-encoding', field, 'more elements than it has', 'its ASN.1 structure');
    },
  };
};
