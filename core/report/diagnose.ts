/** Why a secret-store hash is not the expected one: the tenant has all tags, so the likely stories can be tried. Spec page "retrieval-report", section 5. */
import { secretStoreHash } from '../attestation/storehash.ts';
import type { Expected } from '../bundle/expected.ts';
import { type Bytes, same, unhex } from '../bytes.ts';

/** A story that gives the hash that was found. `file` and `position` (from 1) say which request; `locked` the lock bit it needs. */
export type Diagnosis =
  | { readonly kind: 'lock'; readonly locked: boolean }
  | {
      readonly kind: 'stopped-after';
      readonly file: string;
      readonly position: number;
      readonly total: number;
      readonly locked: boolean;
    }
  | {
      readonly kind: 'left-out' | 'doubled' | 'swapped';
      readonly file: string;
      readonly position: number;
      readonly locked: boolean;
    }
  | { readonly kind: 'without-toc'; readonly locked: boolean }
  | { readonly kind: 'other-bundle'; readonly serial: number; readonly locked: boolean }
  | { readonly kind: 'empty'; readonly locked: boolean }
  | { readonly kind: 'foreign' };

/** Finds the story. @param found 64 bytes @param older expectations of earlier bundles */
export const diagnose = (found: Bytes, expected: Expected, older: readonly Expected[] = []): Diagnosis => {
  const list = expected.submission_order;
  const tags = list.map((s) => unhex(s.tag, 'tag', 16));
  const file = (i: number): { file: string; position: number } => ({ file: list[i]?.file ?? '', position: i + 1 });
  for (const locked of [expected.lock, !expected.lock]) {
    const is = (candidate: readonly Bytes[]): boolean => same(found, secretStoreHash(candidate, locked));
    if (is(tags)) return { kind: 'lock', locked };
    if (is([])) return { kind: 'empty', locked };
    if (is(tags.slice(1))) return { kind: 'without-toc', locked };
    for (let i = 1; i < tags.length; i++)
      if (is(tags.slice(0, i))) return { kind: 'stopped-after', ...file(i - 1), total: tags.length, locked };
    for (let i = 0; i < tags.length; i++) {
      const tag = tags[i] as Bytes;
      if (is([...tags.slice(0, i), ...tags.slice(i + 1)])) return { kind: 'left-out', ...file(i), locked };
      if (is([...tags.slice(0, i), tag, ...tags.slice(i)])) return { kind: 'doubled', ...file(i), locked };
      const next = tags[i + 1];
      if (next && is([...tags.slice(0, i), next, tag, ...tags.slice(i + 2)])) return { kind: 'swapped', ...file(i), locked };
    }
    for (const o of older)
      if (is(o.submission_order.map((s) => unhex(s.tag, 'tag', 16))))
        return { kind: 'other-bundle', serial: o.bundle.serial, locked };
  }
  return { kind: 'foreign' };
};
