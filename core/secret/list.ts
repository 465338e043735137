/** The UV's list of secrets, binary, and as the tools of the reference print it. Source: spec page "secrets". */
import { type Bytes, hex, join } from '../bytes.ts';
import { fail } from '../errors.ts';
import { bytesField, layout, u16Field, u32Field, zeroField } from '../layout.ts';
import { kindOfType } from './kinds.ts';
import { showId } from './secret.ts';

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

/** One page of the list, 4096 bytes. @throws limit for more than 85 entries */
export const writeListPage = (list: SecretList): Bytes => {
  if (list.entries.length > ENTRIES_PER_PAGE) fail('limit', 'secret list', list.entries.length, `at most ${ENTRIES_PER_PAGE}`);
  const used = join(
    listHeader.write({ stored: list.entries.length, total: list.total, next: list.next }),
    ...list.entries.map((e) => listEntry.write(e)),
  );
  const page = new Uint8Array(LIST_PAGE);
  page.set(used);
  return page;
};

/** Reads a buffer with the entries it says it stores; what is behind them is not looked at. @throws empty, too-short, bad-value */
export const readList = (bytes: Bytes): SecretList => {
  if (bytes.length === 0) fail('empty', 'secret list', '0 bytes', 'a secret list');
  const h = listHeader.read(bytes);
  if (h.stored > h.total) fail('bad-value', 'secret list, stored entries', h.stored, `at most the total, ${h.total}`);
  const need = listHeader.size + h.stored * listEntry.size;
  if (bytes.length < need) fail('too-short', 'secret list', `${bytes.length} bytes`, `${need} bytes for ${h.stored} entries`);
  const entries = Array.from({ length: h.stored }, (_, i) => listEntry.read(bytes, listHeader.size + i * listEntry.size));
  return { total: h.total, next: h.next, entries };
};

/** The name the reference prints for a type in a list. */
export const typeLabel = (type: number): string => {
  const row = kindOfType(type);
  return row === undefined
    ? `Unknown(0x${type.toString(16).padStart(4, '0')})`
    : row.kind === 'association'
      ? 'Association'
      : row.label;
};

/** `pvsecret list`, human form. */
export const listAsText = (list: SecretList): string =>
  [
    `Total number of secrets: ${list.total}`,
    '',
    ...list.entries.flatMap((e) => [`${e.index} ${typeLabel(e.type)}:`, `  ${showId(e.id)}`]),
    '',
  ].join('\n');

/** `pvsecret list --format yaml`. */
export const listAsYaml = (list: SecretList): string =>
  [
    `total_num_secrets: ${list.total}`,
    list.entries.length === 0 ? 'secrets: []' : 'secrets:',
    ...list.entries.flatMap((e) => [`- index: ${e.index}`, `  stype: ${e.type}`, `  len: ${e.length}`, `  id: 0x${hex(e.id)}`]),
    '',
  ].join('\n');
