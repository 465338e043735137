/** Canonical JSON (RFC 8785), for what is hashed: policies and report bodies. Only strings, booleans, null, integers below 2^53, arrays and objects. */
import { fail } from './errors.ts';

/** Deep enough for every document of ours. */
const DEPTH_MAX = 32;

const write = (value: unknown, depth: number): string => {
  if (depth > DEPTH_MAX) fail('limit', 'canonical JSON, depth', depth, DEPTH_MAX);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number')
    return Number.isSafeInteger(value)
      ? String(value)
      : fail('bad-value', 'canonical JSON', 'a number that is not a whole one', 'integers below 2^53');
  // plain loops: every fleet writes this a thousand times, and functions inside a function that calls itself keep the compiler busy
  if (Array.isArray(value)) {
    let items = '';
    for (const item of value) items += `${items === '' ? '' : ','}${write(item, depth + 1)}`;
    return `[${items}]`;
  }
  if (typeof value === 'object') {
    let members = '';
    // RFC 8785 sorts by UTF-16 code units, which is what sort() without a function does
    for (const key of Object.keys(value).sort()) {
      const member = (value as Record<string, unknown>)[key];
      if (member === undefined) continue;
      members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${write(member, depth + 1)}`;
    }
    return `{${members}}`;
  }
  return fail('bad-value', 'canonical JSON', typeof value, 'JSON data');
};

/** Canonical text of a value. Properties that are undefined are left out. @throws bad-value, limit */
export const canonicalJson = (value: unknown): string => write(value, 0);

/** The same data with sorted keys and two spaces of indent, for files that people read too; ends in LF. */
export const readableJson = (value: unknown): string => `${JSON.stringify(JSON.parse(canonicalJson(value)), null, 2)}\n`;
