/** Reads and writes the policy document, and gives it its identity. Source: spec page "personalization-policy". */
import { sha256 } from '@noble/hashes/sha2.js';
import { LineCounter, parseDocument, stringify, visit } from 'yaml';
import { type Bytes, fromUtf8, hex, utf8 } from '../bytes.ts';
import { canonicalJson } from '../canonical.ts';
import { fail } from '../errors.ts';
import { fits } from '../schema.ts';
import { type Policy, policySchema } from './schema.ts';

/** Largest policy, in bytes (rule P01). */
export const POLICY_MAX = 256 * 1024;
const F = 'policy';

/**
 * Reads a policy: YAML 1.2 (or JSON), UTF-8, without duplicate keys, anchors or tags; unknown fields are errors (rule P01).
 * @throws empty, too-long, bad-encoding, duplicate, unknown-field, missing-field, bad-value
 */
export const readPolicy = (bytes: Bytes): Policy => {
  if (bytes.length === 0) fail('empty', F, '0 bytes', 'a personalization policy');
  if (bytes.length > POLICY_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${POLICY_MAX} bytes`);
  const text = fromUtf8(bytes, F);
  const lines = new LineCounter();
  const doc = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, lineCounter: lines, prettyErrors: false });
  const error = doc.errors[0];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    fail(
      error.code === 'DUPLICATE_KEY' ? 'duplicate' : 'bad-encoding',
      `${F}, line ${line}, column ${col}`,
      error.code,
      'YAML 1.2',
    );
  }
  visit(doc, {
    Alias: () => fail('bad-value', F, 'an alias', 'no anchors and aliases'),
    Node: (_, node) => {
      if ('anchor' in node && node.anchor) fail('bad-value', F, 'an anchor', 'no anchors and aliases');
      if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')) fail('bad-value', F, 'a tag', 'no tags');
    },
  });
  const value: unknown = doc.toJS({ maxAliasCount: 0 });
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    fail('not-recognised', F, 'other text', 'a personalization policy');
  if ((value as { format?: unknown }).format === undefined)
    fail('not-recognised', F, 'no field "format"', 'format: sel-personalization-policy');
  return fits(policySchema, value, F);
};

/** The policy as YAML text. */
export const writePolicy = (policy: Policy): Bytes => utf8(stringify(policy, { lineWidth: 120 }));

/** Identity of a policy: SHA-256 of its canonical JSON, defaults filled in. @returns 64 hex digits */
export const policyHash = (policy: Policy): string => hex(sha256(utf8(canonicalJson(policy))));
