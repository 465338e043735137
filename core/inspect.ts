/** Says what a file is and shows it: every format of the project, by its first bytes. What is shown is public: nothing is opened. */
import { EXCHANGE_MAGIC } from './attestation/exchange.ts';
import { type Bytes, same } from './bytes.ts';
import { fail } from './errors.ts';
import { looksLikeImage, METADATA_MAGIC, METADATA_OFFSET } from './image/find.ts';
import { HEADER_MAGIC } from './image/header.ts';
import { inspectAttestationRequest, inspectExchange, looksLikeAttestationRequest } from './inspect/attestation.ts';
import { inspectDump } from './inspect/dump.ts';
import { inspectHeader } from './inspect/header.ts';
import { inspectList } from './inspect/list.ts';
import { inspectRequest } from './inspect/request.ts';
import { inspectSealed } from './inspect/sealed.ts';
import type { Inspected } from './inspect/shown.ts';
import { inspectText } from './inspect/text.ts';
import { inspectToken, looksLikeToken } from './inspect/token.ts';
import { inspectX509 } from './inspect/x509.ts';
import { MAGIC } from './request/asrcb.ts';
import { DUMP_MAGIC } from './uvsim/dump.ts';

export { inspectLargeImage } from './inspect/header.ts';
export type { FileKind, Inspected, Shown } from './inspect/shown.ts';

const starts = (bytes: Bytes, magic: Bytes, at = 0): boolean =>
  bytes.length >= at + magic.length && same(bytes.subarray(at, at + magic.length), magic);

/** How much of a file is looked at to find out what kind of text it is, in bytes. */
const HEAD_SIZE = 64 * 1024;
/** JSON has its fields sorted: the one that names the format may stand far behind. */
const JSON_HEAD_SIZE = 2 * 1024 * 1024;
const BRACE = 0x7b;
const DER_SEQUENCE = 0x30;

const latin1 = (bytes: Bytes): string => {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 8192) parts.push(String.fromCharCode(...bytes.subarray(i, i + 8192)));
  return parts.join('');
};

/** Everything in a file; several when it holds several PEM blocks. @throws empty, not-recognised, and what the readers throw */
export const inspect = (bytes: Bytes): Inspected[] => {
  if (bytes.length === 0) fail('empty', 'file', '0 bytes', 'any format of IBM Secure Execution');
  if (starts(bytes, MAGIC)) return [inspectRequest(bytes)];
  if (starts(bytes, EXCHANGE_MAGIC)) return [inspectExchange(bytes)];
  if (starts(bytes, HEADER_MAGIC) || starts(bytes, METADATA_MAGIC, METADATA_OFFSET)) return [inspectHeader(bytes)];
  if (starts(bytes, DUMP_MAGIC)) return [inspectDump(bytes)];
  const sealed = inspectSealed(bytes);
  if (sealed) return [sealed];
  const head = latin1(bytes.subarray(0, bytes[0] === BRACE ? JSON_HEAD_SIZE : HEAD_SIZE));
  const text = inspectText(bytes, head);
  if (text) return [text];
  if (bytes[0] === DER_SEQUENCE || head.includes('-----BEGIN ')) return inspectX509(bytes);
  if (looksLikeToken(bytes)) return [inspectToken(bytes)];
  if (looksLikeAttestationRequest(bytes)) return [inspectAttestationRequest(bytes)];
  const list = inspectList(bytes);
  if (list) return [list];
  if (looksLikeImage(bytes)) return [inspectHeader(bytes)];
  return fail('not-recognised', 'file', `${bytes.length} bytes of something else`, 'a format of IBM Secure Execution');
};
