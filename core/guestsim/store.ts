/** What the guest sees of its secret store. */
import { type ListEntry, readList } from '../secret/list.ts';
import type { UltravisorGuest } from '../uvsim/ultravisor.ts';

/** Every listed secret, through all pages. */
export const listAll = (guest: UltravisorGuest): ListEntry[] => {
  const all: ListEntry[] = [];
  for (;;) {
    const page = readList(guest.list(all.length));
    all.push(...page.entries);
    if (page.entries.length === 0 || all.length >= page.total) return all;
  }
};
