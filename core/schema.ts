/** Documents of ours (policy, manifest, expectation, report) read strictly: zod's verdict turned into our typed error. */
import * as z from 'zod';
import { type Bytes, fromUtf8 } from './bytes.ts';
import { fail } from './errors.ts';

/** Lower-case hex of exactly `bytes` bytes. */
export const hexOf = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `${2 * bytes} lower-case hex digits`);
export const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'a UUID');
/** A moment in UTC, to the second. */
export const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'a time like 2026-11-24T04:30:00Z');
export const returnCode = z.string().regex(/^0x[0-9a-f]{4}$/, 'a return code like 0x0001');

/** What {@link fits} may say and add. */
export interface FitsOptions {
  /** the document holds no secret: names and values found in it may be shown */
  readonly show?: boolean;
  /** where a path of the document stands, for people: "line 3, column 5" */
  readonly where?: (path: readonly PropertyKey[]) => string | undefined;
}

type Issue = z.core.$ZodIssue;

const TYPE_WORDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of fields',
};

const expectation = (issue: Issue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.map(String).join(' or ');
    case 'invalid_union':
      return 'a known kind';
    case 'too_small':
      return `at least ${issue.minimum}${issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : ''}`;
    default:
      return issue.message;
  }
};

const SHOWN_TEXT = /^[\x20-\x7e]{1,60}$/;

/** What stands there, in short. Without leave only what kind of thing it is. */
const description = (value: unknown, show: boolean): string => {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a group of fields';
  if (typeof value !== 'string') return show ? `the ${typeof value} ${value}` : `a ${typeof value}`;
  return show && SHOWN_TEXT.test(value) ? `"${value}"` : `a text of ${value.length} characters`;
};

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (v, k) => (typeof v === 'object' && v !== null && Object.hasOwn(v, k) ? (v as Record<PropertyKey, unknown>)[k] : undefined),
    value,
  );

/**
 * A document that fits the schema.
 * @throws unknown-field, missing-field, bad-value, with the path of the field
 */
export const fits = <T>(schema: z.ZodType<T>, value: unknown, document: string, options: FitsOptions = {}): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as Issue;
  const show = options.show === true;
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const path = issue.path.map(String).join('.');
  const place = options.where?.([...issue.path, ...unknown.slice(0, 1)]);
  const field = [document, place, path].filter((t) => t !== undefined && t !== '').join(', ');
  if (unknown.length > 0)
    return fail(
      'unknown-field',
      field,
      show ? unknown.join(', ').slice(0, 80) : `${unknown.length} more than there may be`,
      'known fields only',
    );
  const found = at(value, issue.path);
  if (found === undefined) return fail('missing-field', field, 'nothing', expectation(issue));
  return fail('bad-value', field, description(found, show), expectation(issue));
};

/** JSON of at most `max` bytes that fits the schema. Duplicate keys are refused: two readers could disagree about them. */
export const readJson = <T>(schema: z.ZodType<T>, bytes: Bytes, document: string, max: number, options: FitsOptions = {}): T => {
  if (bytes.length === 0) fail('empty', document, '0 bytes', 'a JSON document');
  if (bytes.length > max) fail('too-long', document, `${bytes.length} bytes`, `at most ${max} bytes`);
  const text = fromUtf8(bytes, document);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('bad-encoding', document, 'text that is not JSON', 'JSON');
  }
  refuseDuplicateKeys(text, document, options.show === true);
  return fits(schema, value, document, options);
};

/** Looks for an object with one key twice. The text is known to be valid JSON. */
const refuseDuplicateKeys = (text: string, document: string, show: boolean): void => {
  const open: (Set<string> | undefined)[] = [];
  let lastString: string | undefined;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const keys = open.at(-1);
      if (keys && lastString !== undefined) {
        const key = JSON.parse(lastString) as string;
        if (keys.has(key))
          fail('duplicate', document, show ? `the key "${key.slice(0, 40)}" twice` : 'a key twice', 'each key once');
        keys.add(key);
      }
    } else if (token !== ',') lastString = token;
  }
};
