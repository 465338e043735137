/** What the guest's tools see of the secret store. Source: spec pages "secrets", "personalization-policy" section 2. */
import { type Bytes, same } from '../bytes.ts';
import { LIST_PAGE, type ListEntry, listEntry, listHeader, readList } from '../secret/list.ts';
import { hashedId, plainId } from '../secret/secret.ts';
import type { UltravisorGuest } from '../uvsim/ultravisor.ts';

/** `pvsecret` asks for four pages: 341 entries. What stands behind is in the store and cannot be found by name or id. */
export const LIST_MAX = Math.floor((4 * LIST_PAGE - listHeader.size) / listEntry.size);

/** The list as `pvsecret list` gets it. */
export interface SeenList {
  /** secrets in the store */
  readonly total: number;
  /** those that are seen */
  readonly entries: readonly ListEntry[];
}

/** Reads page after page, as far as the tool's buffer goes. */
export const listAll = (guest: UltravisorGuest): SeenList => {
  const entries: ListEntry[] = [];
  for (;;) {
    const page = readList(guest.list(entries.length));
    entries.push(...page.entries.slice(0, LIST_MAX - entries.length));
    if (page.entries.length === 0 || entries.length >= Math.min(page.total, LIST_MAX)) return { total: page.total, entries };
  }
};

/** The first entry with an id: a second one is only a warning in the reference. */
export const findById = (list: SeenList, id: Bytes): ListEntry | undefined => list.entries.find((e) => same(e.id, id));

/** `pvsecret retrieve --inform name`: the name itself as an id, and if there is none its hash. */
export const findByName = (list: SeenList, name: string): ListEntry | undefined =>
  findById(list, plainId(name)) ?? findById(list, hashedId(name));
