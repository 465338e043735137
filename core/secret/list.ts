/** The UV's list of secrets, binary, and as the tools of the reference print it. Source: spec page "secrets". */
import * as z from 'zod';
import { type Bytes, fromUtf8, hex, join, padRight, unhex } from '../bytes.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u16Field, u32Field, zeroField } from '../layout.ts';
import { fits } from '../schema.ts';
import { kindOfType } from './kinds.ts';
import { showId } from './secret.ts';
import { plainYaml, readYaml } from './yamlread.ts';
import { yamlText } from './yamltext.ts';

export const listHeader = layout('secret list', 'secrets', 16, [
  u16Field('stored', 'entries in this buffer'),
  u16Field('total', 'entries in the store'),
  u16Field('next', 'index to ask for next'),
  zeroField(10),
]);

export const listEntry = layout('secret list, entry', 'secrets', 48, [
  u16Field('index', 'index of the secret'),
  u16Field('type', 'secret type'),
  u32Field('length', 'bytes of the stored value (plaintext: with prefix and padding)'),
  zeroField(8),
  bytesField('id', 32, 'secret id'),
]);

/** Bytes of one page of the list. */
export const LIST_PAGE = 0x1000;
/** Entries that fit in one page: 85. */
export const ENTRIES_PER_PAGE = Math.floor((LIST_PAGE - listHeader.size) / listEntry.size);

export interface ListEntry {
  readonly index: number;
  readonly type: number;
  /** bytes, as stored */
  readonly length: number;
  /** 32 bytes */
  readonly id: Bytes;
}

export interface SecretList {
  readonly total: number;
  /** index to ask for next */
  readonly next: number;
  readonly entries: readonly ListEntry[];
}

/** The list as the tools of the reference write it: header and entries, no page around them. @throws bad-value, wrong-length */
export const writeList = (list: SecretList): Bytes =>
  join(
    listHeader.write({ stored: list.entries.length, total: list.total, next: list.next }),
    ...list.entries.map((e) => listEntry.write(e)),
  );

/** One page of the list, 4096 bytes. @throws limit for more than 85 entries */
export const writeListPage = (list: SecretList): Bytes => {
  if (list.entries.length > ENTRIES_PER_PAGE) fail('limit', 'secret list', list.entries.length, `at most ${ENTRIES_PER_PAGE}`);
  return padRight(writeList(list), LIST_PAGE, 'secret list');
};

/**
 * Reads a buffer with the entries it says it stores, one page or several; what is behind them is not looked at.
 * @throws empty, too-short, bad-value
 */
export const readList = (bytes: Bytes): SecretList => {
  if (bytes.length === 0) fail('empty', 'secret list', '0 bytes', 'a secret list');
  const h = listHeader.read(bytes);
  if (h.stored > h.total) fail('bad-value', 'secret list, stored entries', h.stored, `at most the total, ${h.total}`);
  const need = listHeader.size + h.stored * listEntry.size;
  if (bytes.length < need) fail('too-short', 'secret list', `${bytes.length} bytes`, `${need} bytes for ${h.stored} entries`);
  const entries = Array.from({ length: h.stored }, (_, i) => listEntry.read(bytes, listHeader.size + i * listEntry.size));
  return { total: h.total, next: h.next, entries };
};

/** The name the reference prints for a type in a list: kinds that are never listed are invalid there. */
export const typeLabel = (type: number): string => {
  const shown = `0x${type.toString(16).padStart(4, '0')}`;
  const row = kindOfType(type);
  if (row === undefined) return type === 0 ? `Invalid(${shown})` : `Unknown(${shown})`;
  if (!row.listed) return `Invalid(${shown})`;
  return row.kind === 'association' ? 'Association' : row.label;
};

/** `pvsecret list`, human form, to the byte. */
export const listAsText = (list: SecretList): string => {
  const entries = list.entries.map((e) => `${e.index} ${typeLabel(e.type)}:\n ${showId(e.id, 'as-the-reference')}\n`);
  return `Total number of secrets: ${list.total}\n${entries.length > 0 ? '\n' : ''}${entries.join('')}`;
};

/** `pvsecret list --format yaml`, to the byte. */
export const listAsYaml = (list: SecretList): string => {
  const entries = list.entries.map(
    (e) => `- index: ${e.index}\n  stype: ${e.type}\n  len: ${e.length}\n  id: ${yamlText(`0x${hex(e.id)}`)}\n`,
  );
  return `total_num_secrets: ${list.total}\nsecrets:${entries.length === 0 ? ' []\n' : `\n${entries.join('')}`}`;
};

/** Largest YAML list read, in bytes: the longest binary one has 65535 entries, tools show at most 341. */
const LIST_YAML_MAX = 64 * 1024;

const hexId = z.string().regex(/^0x[0-9a-fA-F]{64}$/, '0x and 64 hex digits');
/** A number of the YAML text, as it stands there. */
const number = (max: number) =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,9})$/, 'a number')
    .transform(Number)
    .refine((n) => n <= max, `at most ${max}`);
const listSchema = z.strictObject({
  total_num_secrets: number(0xffff),
  secrets: z
    .array(z.strictObject({ index: number(0xffff), stype: number(0xffff), len: number(0xffffffff), id: hexId }))
    .max(0xffff),
});

const YAML_START = /^(?:---[ \t]*\r?\n)?total_num_secrets:/;

/** A list in either form: YAML by its first line, binary otherwise. @throws what the two readers throw */
export const readAnyList = (bytes: Bytes): SecretList => {
  const head = String.fromCharCode(...bytes.subarray(0, 40));
  return YAML_START.test(head) ? readListYaml(bytes) : readList(bytes);
};

/**
 * Reads the YAML form back. It has no "index to ask for next": that is the one behind the last entry.
 * @throws empty, too-long over 64 KiB, bad-encoding, not-recognised, missing-field, unknown-field, bad-value
 */
export const readListYaml = (bytes: Bytes): SecretList => {
  const F = 'secret list, YAML';
  if (bytes.length === 0) fail('empty', F, '0 bytes', 'a list of secrets');
  if (bytes.length > LIST_YAML_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${LIST_YAML_MAX} bytes`);
  const text = fromUtf8(bytes, F);
  if (!YAML_START.test(text)) fail('not-recognised', F, 'another first line', 'total_num_secrets:');
  const list = fits(listSchema, plainYaml(readYaml(text, F).root), F);
  if (list.secrets.length > list.total_num_secrets)
    fail('bad-value', `${F}, entries`, list.secrets.length, `at most the total, ${list.total_num_secrets}`);
  const entries = list.secrets.map((e) => ({ index: e.index, type: e.stype, length: e.len, id: unhex(e.id.slice(2), F, 32) }));
  return { total: list.total_num_secrets, next: (entries.at(-1)?.index ?? -1) + 1, entries };
};
