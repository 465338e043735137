/** Reads and writes the policy document, and gives it its identity. Source: spec page "personalization-policy". */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Document, isMap, isNode, isSeq, Lexer, LineCounter, Parser, parseDocument, stringify, visit } from 'yaml';
import { type Bytes, fromUtf8, hex, same, utf8 } from '../bytes.ts';
import { canonicalJson } from '../canonical.ts';
import { fail } from '../errors.ts';
import { fits } from '../schema.ts';
import { type Policy, policySchema } from './schema.ts';

/** Largest policy, in bytes (rule P01). */
export const POLICY_MAX = 256 * 1024;
/** Deeper and longer than any policy that fits the schema; what is beyond keeps the YAML library busy for minutes, or kills it. */
const DEPTH_MAX = 32;
const ENTRIES_MAX = 1024;
const F = 'policy';

/** A place in the text, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A policy and where its fields stand. */
export interface PolicyDocument {
  readonly policy: Policy;
  /** Place of a field's key, or of the nearest one around it that is in the text. @param path keys and indices, as findings have them */
  readonly locate: (path: readonly PropertyKey[]) => Position;
}

const placeText = ({ line, column }: Position): string => `line ${line}, column ${column}`;

/** Goes through the text piece by piece: the parser keeps what is open on a stack of its own, where the composer calls itself. */
const refuseMonsters = (text: string): void => {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    const finished = parser.next(lexeme);
    while (!finished.next().done);
    const top = parser.stack.at(-1);
    if (parser.stack.length > DEPTH_MAX) fail('too-long', F, `more than ${DEPTH_MAX} levels`, 'a personalization policy');
    if (top && 'items' in top && top.items.length > ENTRIES_MAX)
      fail('too-long', F, `more than ${ENTRIES_MAX} entries in one place`, 'a personalization policy');
  }
};

const YAML_WORDS: Record<string, string> = {
  DUPLICATE_KEY: 'a key that stands there already',
  MULTIPLE_DOCS: 'a second document',
  TAB_AS_INDENT: 'a tab as indentation',
  BAD_INDENT: 'an indentation that fits nowhere',
  MISSING_CHAR: 'text that is not complete',
  UNEXPECTED_TOKEN: 'a character that does not belong there',
};

const locator = (doc: Document, lines: LineCounter) => {
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  return (path: readonly PropertyKey[]): Position => {
    let node: unknown = doc.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const step of path) {
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.find((p) => isNode(p.key) && String(p.key) === String(step));
        if (isNode(pair?.key)) offset = pair.key.range?.[0] ?? offset;
        next = pair?.value;
      } else if (isSeq(node)) {
        next = node.items[Number(step)];
        if (isNode(next)) offset = next.range?.[0] ?? offset;
      }
      if (!isNode(next)) break;
      node = next;
    }
    return position(offset);
  };
};

/**
 * Reads a policy: YAML 1.2 (or JSON), UTF-8, one document, without duplicate keys, anchors or tags; unknown fields are
 * errors (rule P01). Errors name line and column.
 * @throws empty, too-long, bad-encoding, not-recognised, duplicate, unknown-field, missing-field, bad-value
 */
export const readPolicyDocument = (bytes: Bytes): PolicyDocument => {
  if (bytes.length === 0) fail('empty', F, '0 bytes', 'a personalization policy');
  if (bytes.length > POLICY_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${POLICY_MAX} bytes`);
  const text = fromUtf8(bytes, F);
  if (text.includes('\0')) fail('not-recognised', F, 'zero bytes', 'a personalization policy');
  refuseMonsters(text);
  const lines = new LineCounter();
  const doc = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${F}, ${placeText({ line, column: col })}`;
  };
  const error = doc.errors[0];
  if (error !== undefined)
    fail(
      error.code === 'DUPLICATE_KEY' ? 'duplicate' : 'bad-encoding',
      place(error.pos[0]),
      YAML_WORDS[error.code] ?? 'text that is not YAML',
      error.code === 'DUPLICATE_KEY' ? 'each key once' : 'YAML 1.2',
    );
  const { explicit, version } = doc.directives?.yaml ?? {};
  if (explicit && version !== '1.2') fail('bad-value', place(0), `YAML ${version}`, 'YAML 1.2');
  visit(doc, {
    Alias: (_, node) => fail('bad-value', place(node.range?.[0] ?? 0), 'an alias', 'no anchors and aliases'),
    Node: (_, node) => {
      const at = place(node.range?.[0] ?? 0);
      if ('anchor' in node && node.anchor) fail('bad-value', at, 'an anchor', 'no anchors and aliases');
      if (node.tag !== undefined) fail('bad-value', at, 'a tag', 'no tags');
    },
  });
  const value: unknown = doc.toJS({ maxAliasCount: 0 });
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    fail('not-recognised', F, 'other text', 'a personalization policy');
  if ((value as { format?: unknown }).format === undefined)
    fail('not-recognised', F, 'no field "format"', 'format: sel-personalization-policy');
  const locate = locator(doc, lines);
  return { policy: fits(policySchema, value, F, { show: true, where: (path) => placeText(locate(path)) }), locate };
};

const freeze = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
};

/** The policy itself, which nobody can change from now on: what is said of it once holds. */
export const frozen = (policy: Policy): Policy => {
  freeze(policy);
  return policy;
};

/** What was read last. A fleet is a thousand bundles with the same policy in them, and reading one takes as long as six requests. */
let lastRead: { readonly bytes: Bytes; readonly policy: Policy } | undefined;

/** The policy of a document, frozen. @throws everything of {@link readPolicyDocument} */
export const readPolicy = (bytes: Bytes): Policy => {
  if (lastRead === undefined || !same(lastRead.bytes, bytes))
    lastRead = { policy: frozen(readPolicyDocument(bytes).policy), bytes: bytes.slice() };
  return lastRead.policy;
};

/** What was said of a frozen policy before. */
const written = new WeakMap<Policy, Bytes>();
const hashed = new WeakMap<Policy, string>();

const remembered = <T>(memory: WeakMap<Policy, T>, policy: Policy, say: () => T): T => {
  const said = memory.get(policy) ?? say();
  if (Object.isFrozen(policy)) memory.set(policy, said);
  return said;
};

/** The policy as YAML text. */
export const writePolicy = (policy: Policy): Bytes =>
  remembered(written, policy, () => utf8(stringify(policy, { lineWidth: 120 }))).slice();

/** Identity of a policy: SHA-256 of its canonical JSON, defaults filled in. @returns 64 hex digits */
export const policyHash = (policy: Policy): string => remembered(hashed, policy, () => hex(sha256(utf8(canonicalJson(policy)))));
