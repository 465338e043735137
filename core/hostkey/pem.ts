/** Cuts a file into its blocks: PEM with any text around, or DER, one or several. */
import { base64 } from '@scure/base';
import type { Bytes } from '../bytes.ts';
import { fail, SelError } from '../errors.ts';
import { readTlv, TAG } from './der.ts';

/** Largest file we read, in bytes. */
export const FILE_MAX = 10 * 1024 * 1024;
/** Most blocks of a file. A system's trust store has some 150. */
export const BLOCKS_MAX = 2000;

/** One block of a file. */
export interface Block {
  /** label of a PEM block; absent: DER */
  readonly label?: string;
  readonly der: Bytes;
}

/** Labels of certificates and of CRLs, as OpenSSL reads them. `TRUSTED CERTIFICATE` has more in it than a certificate. */
export const isCertificateLabel = (label: string): boolean => ['CERTIFICATE', 'X509 CERTIFICATE'].includes(label);
export const isCrlLabel = (label: string): boolean => label === 'X509 CRL';

/** One character a byte: what is not ASCII stands outside the blocks, and it does not matter which character it becomes. */
const decoder = new TextDecoder('latin1');

const BEGIN = '-----BEGIN ';
const DASHES = '-----';
const LABEL_MAX = 64;

const tooMany = (what: string): never => fail('too-long', what, `more than ${BLOCKS_MAX} blocks`, `at most ${BLOCKS_MAX}`);

/** The PEM blocks of a text. Indices only move forward, so that a hostile file takes linear time. */
const pemBlocks = (text: string, what: string): Block[] => {
  const blocks: Block[] = [];
  let tries = 0;
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
    if (tries++ === BLOCKS_MAX) tooMany(what);
    const head = text.slice(at + BEGIN.length, at + BEGIN.length + LABEL_MAX + DASHES.length);
    const label = /^([A-Z0-9 ]{1,64})-----/.exec(head)?.[1];
    at += BEGIN.length;
    if (label === undefined) continue;
    const bodyStart = at + label.length + DASHES.length;
    const bodyEnd = text.indexOf(`-----END ${label}-----`, bodyStart);
    if (bodyEnd < 0) return fail('too-short', `${what}, PEM block ${label}`, 'no end line', `-----END ${label}-----`);
    try {
      blocks.push({ label, der: base64.decode(text.slice(bodyStart, bodyEnd).replace(/[\r\n\t ]+/g, '')) });
    } catch {
      return fail('bad-encoding', `${what}, PEM block ${label}`, 'text that is not Base64', 'Base64');
    }
    at = bodyEnd;
  }
  return blocks;
};

/** The structures of a DER file. */
const derBlocks = (bytes: Bytes, what: string): Block[] => {
  const blocks: Block[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (blocks.length === BLOCKS_MAX) tooMany(what);
    if (bytes[at] !== TAG.sequence) fail('trailing-bytes', what, 'bytes behind the last structure', 'nothing');
    const tlv = readTlv(bytes, at, bytes.length, what);
    blocks.push({ der: bytes.slice(at, tlv.end) });
    at = tlv.end;
  }
  return blocks;
};

/** DER begins with the character 0, and so may a text with PEM blocks in it: it is DER when it is nothing else, to its end. */
const isAllDer = (bytes: Bytes): boolean => {
  try {
    for (let at = 0; at < bytes.length; at = readTlv(bytes, at, bytes.length, '').end)
      if (bytes[at] !== TAG.sequence) return false;
    return true;
  } catch (e) {
    if (e instanceof SelError) return false;
    throw e;
  }
};

/**
 * The blocks of a file.
 * @throws empty; too-long over 10 MiB or 2,000 blocks; not-recognised when it is neither PEM nor DER; too-short, bad-encoding,
 * trailing-bytes for broken ones
 */
export const readBlocks = (bytes: Bytes, what: string): Block[] => {
  if (bytes.length === 0) fail('empty', what, '0 bytes', 'PEM or DER');
  if (bytes.length > FILE_MAX) fail('too-long', what, `${bytes.length} bytes`, `at most ${FILE_MAX} bytes`);
  if (isAllDer(bytes)) return derBlocks(bytes, what);
  const blocks = pemBlocks(decoder.decode(bytes), what);
  if (blocks.length > 0) return blocks;
  return bytes[0] === TAG.sequence ? derBlocks(bytes, what) : fail('not-recognised', what, 'something else', 'PEM or DER');
};

/** A PEM block as text. */
export const writePem = (label: string, der: Bytes): string => {
  const body = base64.encode(der).replace(/.{64}(?=.)/g, '$&\n');
  return `${BEGIN}${label}-----\n${body}\n-----END ${label}-----\n`;
};
