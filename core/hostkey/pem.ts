/** Cuts a file into its blocks: PEM with any text around, or DER, one or several. */
import { base64 } from '@scure/base';
import { type Bytes, join } from '../bytes.ts';
import { fail } from '../errors.ts';
import { readTlv } from './der.ts';

/** Largest file we read, in bytes. */
export const FILE_MAX = 10 * 1024 * 1024;

/** One block of a file. */
export interface Block {
  /** label of a PEM block; absent: DER */
  readonly label?: string;
  readonly der: Bytes;
}

const latin1 = (bytes: Bytes): string => {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 8192) parts.push(String.fromCharCode(...bytes.subarray(i, i + 8192)));
  return parts.join('');
};

const BEGIN = '-----BEGIN ';
const DASHES = '-----';

/** The PEM blocks of a text. Indices only move forward, so that a hostile file takes linear time. */
const pemBlocks = (text: string): Block[] => {
  const blocks: Block[] = [];
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
    const labelEnd = text.indexOf(DASHES, at + BEGIN.length);
    if (labelEnd < 0 || labelEnd - at > 80) {
      at += BEGIN.length;
      continue;
    }
    const label = text.slice(at + BEGIN.length, labelEnd);
    const bodyStart = labelEnd + DASHES.length;
    const bodyEnd = text.indexOf(`-----END ${label}-----`, bodyStart);
    if (bodyEnd < 0) return fail('too-short', `PEM block ${label}`, 'no end line', `-----END ${label}-----`);
    try {
      blocks.push({ label, der: base64.decode(text.slice(bodyStart, bodyEnd).replace(/[\r\n\t ]+/g, '')) });
    } catch {
      return fail('bad-encoding', `PEM block ${label}`, 'text that is not Base64', 'Base64');
    }
    at = bodyEnd;
  }
  return blocks;
};

/**
 * The blocks of a file.
 * @throws empty; too-long over 10 MiB; not-recognised when it is neither PEM nor DER; too-short, bad-encoding for broken ones
 */
export const readBlocks = (bytes: Bytes, what: string): Block[] => {
  if (bytes.length === 0) fail('empty', what, '0 bytes', 'PEM or DER');
  if (bytes.length > FILE_MAX) fail('too-long', what, `${bytes.length} bytes`, `at most ${FILE_MAX} bytes`);
  const text = latin1(bytes);
  if (text.includes(BEGIN)) {
    const blocks = pemBlocks(text);
    if (blocks.length > 0) return blocks;
  }
  if (bytes[0] !== 0x30) fail('not-recognised', what, 'something else', 'PEM or DER');
  const blocks: Block[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tlv = readTlv(bytes, at, bytes.length, what);
    if (tlv.tag !== 0x30) fail('trailing-bytes', what, 'bytes behind the last structure', 'nothing');
    blocks.push({ der: bytes.slice(at, tlv.end) });
    at = tlv.end;
  }
  return blocks;
};

/** A PEM block as text. */
export const writePem = (label: string, der: Bytes): string => {
  const body = base64.encode(der).replace(/.{64}(?=.)/g, '$&\n');
  return `${BEGIN}${label}-----\n${body}\n-----END ${label}-----\n`;
};

/** All of several files as one. */
export const joinFiles = (files: readonly Bytes[]): Bytes => join(...files);
