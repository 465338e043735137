/** The exchange format of pvattest: one file for a request and for a response. Source: spec page "attestation". */
import { type Bytes, join, same, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u32Field, zeroField } from '../layout.ts';

export const EXCHANGE_MAGIC = utf8('pvattest');
const VERSION = 0x100;
/** Largest file we read, in bytes: a request for 255 hosts and everything a response holds is far below. */
export const EXCHANGE_MAX = 0x100000;

export const exchangeHeader = layout('attestation exchange file', 'attestation', 0x40, [
  bytesField('magic', 8, 'ASCII "pvattest"'),
  u32Field('version', '0x00000100'),
  u32Field('size', 'bytes of the whole file'),
  zeroField(8),
  u32Field('requestSize', 'attestation request: bytes'),
  u32Field('requestOffset', 'and where it starts'),
  u32Field('measurementSize', 'measurement: bytes'),
  u32Field('measurementOffset', 'and where it starts; 0 with a size: will be needed'),
  u32Field('additionalSize', 'additional data: bytes'),
  u32Field('additionalOffset', 'and where it starts; 0 with a size: will be needed'),
  u32Field('userSize', 'user data: bytes'),
  u32Field('userOffset', 'and where it starts'),
  u32Field('cuidSize', 'configuration UID: bytes'),
  u32Field('cuidOffset', 'and where it starts'),
]);

const PARTS = ['request', 'measurement', 'additional', 'user', 'cuid'] as const;
export type Part = (typeof PARTS)[number];

/** A part: its bytes, or only the size that will be needed, or absent. */
export type PartValue = Bytes | { readonly needed: number } | undefined;
export type Exchange = { readonly [P in Part]: PartValue } & { readonly request: Bytes };

const isBytes = (v: PartValue): v is Bytes => v instanceof Uint8Array;

/** Writes a file; parts stand one after the other behind the header. */
export const writeExchange = (x: Exchange): Bytes => {
  let next = exchangeHeader.size;
  const entry: Record<string, number> = {};
  const data: Bytes[] = [];
  for (const p of PARTS) {
    const v = x[p];
    const bytes = isBytes(v) && v.length > 0 ? v : undefined;
    entry[`${p}Size`] = bytes ? bytes.length : v !== undefined && !isBytes(v) ? v.needed : 0;
    entry[`${p}Offset`] = bytes ? next : 0;
    if (bytes) {
      data.push(bytes);
      next += bytes.length;
    }
  }
  const header = exchangeHeader.write({
    magic: EXCHANGE_MAGIC,
    version: VERSION,
    size: next,
    ...(entry as Record<`${Part}${'Size' | 'Offset'}`, number>),
  });
  return join(header, ...data);
};

const F = 'attestation exchange file';

/** Reads a file. Parts may stand in any order, but inside the file. @throws empty, wrong-magic, wrong-version, wrong-length, bad-value, missing-field */
export const readExchange = (bytes: Bytes): Exchange => {
  if (bytes.length === 0) fail('empty', F, '0 bytes', 'an exchange file');
  if (bytes.length > EXCHANGE_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${EXCHANGE_MAX} bytes`);
  if (!same(bytes.slice(0, 8), EXCHANGE_MAGIC)) fail('wrong-magic', F, 'other first bytes', '"pvattest"');
  const h = exchangeHeader.read(bytes);
  if (h.version !== VERSION) fail('wrong-version', `${F}, version`, `0x${h.version.toString(16)}`, '0x100');
  if (h.size !== bytes.length) fail('wrong-length', `${F}, size field`, h.size, `${bytes.length}, the size of the file`);
  const part = (p: Part): PartValue => {
    const size = h[`${p}Size`];
    const offset = h[`${p}Offset`];
    if (size === 0) return undefined;
    if (offset === 0) return { needed: size };
    if (offset < exchangeHeader.size || offset + size > bytes.length)
      fail('bad-value', `${F}, ${p}`, `${size} bytes at ${offset}`, `inside ${bytes.length} bytes, behind the header`);
    return bytes.slice(offset, offset + size);
  };
  const request = part('request');
  if (!isBytes(request)) return fail('missing-field', `${F}, request`, 'none', 'an attestation request');
  return { request, measurement: part('measurement'), additional: part('additional'), user: part('user'), cuid: part('cuid') };
};

/** The file a request travels in: what the answer will need is announced. Sizes in bytes. */
export const requestExchange = (request: Bytes, measurement: number, additional: number): Bytes =>
  writeExchange({
    request,
    measurement: { needed: measurement },
    additional: additional === 0 ? undefined : { needed: additional },
    user: undefined,
    cuid: undefined,
  });

/** The bytes of a part. @throws missing-field when they are not there */
export const partOf = (x: Exchange, p: Part): Bytes => {
  const v = x[p];
  return isBytes(v) ? v : fail('missing-field', `${F}, ${p}`, 'none', 'data, as a response has it');
};

/** The bytes of a part, or none when it is absent. */
export const optionalPart = (x: Exchange, p: Part): Bytes => {
  const v = x[p];
  return isBytes(v) ? v : new Uint8Array(0);
};
