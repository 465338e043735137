/** Where a guest's value comes from. A table of guests says this and never holds a value: tables are mailed about and opened in spreadsheets. */

import { isMadeForBundle } from '../bundle/preflight.ts';
import { fail } from '../errors.ts';
import type { Policy, PolicyPublic, PolicySecret } from '../policy/schema.ts';
import { generatorFor } from '../secret/value.ts';

export type Source =
  /** the guest's own file when there is one, a new value otherwise, which is then kept there */
  | { readonly kind: 'generate' }
  /** the guest's own file, or one of the values directory: a path with / and without ..; or nothing, when it need not be there */
  | { readonly kind: 'file'; readonly path?: string; readonly ifThere?: boolean }
  /** the same for every guest */
  | { readonly kind: 'common' }
  /** the guest gets none: only for what the policy does not require */
  | { readonly kind: 'none' }
  /** new for each bundle and kept in its record: the report key */
  | { readonly kind: 'made' };

/** Directory of the values that every guest gets. */
export const COMMON = 'common';
const EXPECTED = 'generate, file, file:PATH, common, none, or nothing';
const PATH = /^[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*){0,7}$/;
const PATH_MAX = 255;

/** An entry of the policy that a table may speak about. */
export type Entry = { readonly secret: PolicySecret } | { readonly entry: PolicyPublic };

/** The entries of a policy by name. */
export const entriesOf = (policy: Policy): ReadonlyMap<string, Entry> =>
  new Map<string, Entry>([
    ...policy.secrets.map((secret): [string, Entry] => [secret.name, { secret }]),
    ...policy.public.map((entry): [string, Entry] => [entry.name, { entry }]),
  ]);

const canGenerate = (e: Entry): boolean => 'secret' in e && generatorFor(e.secret) !== undefined;

/** What holds where the table says nothing: a new value where the policy has a generator for it, the guest's own file otherwise. */
export const defaultSource = (e: Entry): Source => {
  if ('secret' in e && isMadeForBundle(e.secret)) return { kind: 'made' };
  if (canGenerate(e)) return { kind: 'generate' };
  return 'secret' in e && !e.secret.required ? { kind: 'file', ifThere: true } : { kind: 'file' };
};

/**
 * What a cell of the table says; undefined when it says nothing. The text itself is never in a message: it may be a value that
 * somebody typed in.
 * @param place file, line and column, for messages
 * @throws bad-value; conflict for what the policy does not allow
 */
export const readSource = (text: string, e: Entry, place: string): Source | undefined => {
  const said = text.trim();
  if (said === '') return undefined;
  if ('secret' in e && isMadeForBundle(e.secret))
    return fail('conflict', place, 'a source', 'nothing: this key is made new for each bundle');
  if (said === 'generate')
    return canGenerate(e)
      ? { kind: 'generate' }
      : fail('conflict', place, 'generate', 'file or common: this cannot be generated');
  if (said === 'file') return { kind: 'file' };
  if (said === 'common') return { kind: 'common' };
  if (said === 'none')
    return 'secret' in e && !e.secret.required
      ? { kind: 'none' }
      : fail('conflict', place, 'none', 'another source: the policy requires it');
  const path = said.startsWith('file:') ? said.slice('file:'.length) : '';
  if (path === '') return fail('bad-value', place, `a text of ${said.length} characters`, EXPECTED);
  if (path.length > PATH_MAX || path.includes('..') || !PATH.test(path))
    return fail(
      'bad-name',
      place,
      `a path of ${path.length} characters`,
      'a path inside the directory of values, with / and without ..',
    );
  return { kind: 'file', path };
};

/** The source as a table says it. */
export const sourceText = (s: Source): string => (s.kind === 'file' && s.path !== undefined ? `file:${s.path}` : s.kind);

/** Path of a source's file inside the directory of values; undefined for what comes from no file. */
export const sourceFile = (s: Source, guest: string, name: string): string | undefined => {
  switch (s.kind) {
    case 'generate':
      return `${guest}/${name}`;
    case 'file':
      return s.path ?? `${guest}/${name}`;
    case 'common':
      return `${COMMON}/${name}`;
    default:
      return undefined;
  }
};
