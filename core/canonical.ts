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
  if (Array.isArray(value)) return `[${value.map((v) => write(v, depth + 1)).join(',')}]`;
  if (typeof value === 'object') {
    // RFC 8785 sorts by UTF-16 code units, which is what sort() without a function does
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    const keys = entries.map(([k]) => k).sort();
    const map = new Map(entries);
    return `{${keys.map((k) => `${JSON.stringify(k)}:${write(map.get(k), depth + 1)}`).join(',')}}`;
  }
  return fail('bad-value', 'canonical JSON', typeof value, 'JSON data');
};

/** Canonical text of a value. Properties that are undefined are left out. @throws bad-value, limit */
export const canonicalJson = (value: unknown): string => write(value, 0);

/** The same data with sorted keys and two spaces of indent, for files that people read too; ends in LF. */
export const readableJson = (value: unknown): string => `${JSON.stringify(JSON.parse(canonicalJson(value)), null, 2)}\n`;
