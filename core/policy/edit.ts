/** Changes one field of a policy's text and leaves the rest as its author wrote it, comments included. */
import { parseDocument } from 'yaml';
import { utf8 } from '../bytes.ts';
import { readPolicy } from './document.ts';
import type { Policy } from './schema.ts';

/** A value that a field of the form can have. */
export type FieldValue = string | number | boolean;

/** What stands at a path, defaults filled in. */
export const policyValue = (policy: Policy, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
    policy,
  );

/**
 * The text with one field changed; the text must be one that {@link readPolicy} takes.
 * @throws everything of readPolicy, for the old text and for the new one
 */
export const editPolicy = (text: string, path: readonly (string | number)[], value: FieldValue): string => {
  readPolicy(utf8(text));
  const doc = parseDocument(text, { version: '1.2', schema: 'core' });
  doc.setIn(path, value);
  const edited = doc.toString({ lineWidth: 0 });
  readPolicy(utf8(edited));
  return edited;
};
