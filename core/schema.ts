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

/** A document that fits the schema. @throws unknown-field, missing-field, bad-value, with the path of the field */
export const fits = <T>(schema: z.ZodType<T>, value: unknown, document: string): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue === undefined || issue.path.length === 0 ? '' : `, ${issue.path.map(String).join('.')}`;
  if (issue?.code === 'unrecognized_keys')
    return fail('unknown-field', `${document}${path}`, issue.keys.join(', ').slice(0, 80), 'known fields only');
  if (issue?.code === 'invalid_type' && issue.message.includes('received undefined'))
    return fail('missing-field', `${document}${path}`, 'nothing', issue.expected);
  return fail('bad-value', `${document}${path}`, 'something else', issue?.message);
};

/** JSON of at most `max` bytes that fits the schema. Duplicate keys are refused: two readers could disagree about them. */
export const readJson = <T>(schema: z.ZodType<T>, bytes: Bytes, document: string, max: number): T => {
  if (bytes.length === 0) fail('empty', document, '0 bytes', 'a JSON document');
  if (bytes.length > max) fail('too-long', document, `${bytes.length} bytes`, `at most ${max} bytes`);
  const text = fromUtf8(bytes, document);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('bad-encoding', document, 'text that is not JSON', 'JSON');
  }
  refuseDuplicateKeys(text, document);
  return fits(schema, value, document);
};

/** Looks for an object with one key twice. The text is known to be valid JSON. */
const refuseDuplicateKeys = (text: string, document: string): void => {
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
        if (keys.has(key)) fail('duplicate', document, `the key "${key.slice(0, 40)}" twice`, 'each key once');
        keys.add(key);
      }
    } else if (token !== ',') lastString = token;
  }
};
