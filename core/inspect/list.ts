/** Shows lists of secrets. */
import { allZero, type Bytes } from '../bytes.ts';
import { SelError } from '../errors.ts';
import { showLayout } from '../layout.ts';
import { kindOfType } from '../secret/kinds.ts';
import { LIST_PAGE, listEntry, listHeader, readList, type SecretList, typeLabel } from '../secret/list.ts';
import { showId } from '../secret/secret.ts';
import type { Inspected, Shown } from './shown.ts';

/** A list as plain data. */
export const listShown = (list: SecretList): { readonly [field: string]: Shown } => ({
  total: list.total,
  secrets: list.entries.map((e) => ({
    index: e.index,
    type: e.type,
    kind: typeLabel(e.type),
    length: e.length,
    id: showId(e.id),
  })),
});

/** A binary list has no magic: its counts must fit its size, and its entries must be of kinds that are listed. */
export const inspectList = (bytes: Bytes): Inspected | undefined => {
  const list = plausibleList(bytes);
  if (list === undefined) return undefined;
  const entries = list.entries.map((_, i) => showLayout(listEntry, bytes, listHeader.size + i * listEntry.size));
  return { kind: 'secret list', shown: listShown(list), layouts: [showLayout(listHeader, bytes), ...entries] };
};

const plausibleList = (bytes: Bytes): SecretList | undefined => {
  if (bytes.length < listHeader.size) return undefined;
  let list: SecretList;
  try {
    list = readList(bytes);
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
  const used = listHeader.size + list.entries.length * listEntry.size;
  const fits = bytes.length === used || (bytes.length % LIST_PAGE === 0 && allZero(bytes.subarray(used)));
  const known = list.entries.every((e) => kindOfType(e.type)?.listed && !allZero(e.id));
  return fits && known ? list : undefined;
};
