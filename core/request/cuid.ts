/** The configuration UID a request can be bound to, in the forms the tools of the reference take. Spec page "asrcb"; `pvsecret create`. */
import { type Bytes, fromUtf8, unhex } from '../bytes.ts';
import { fail } from '../errors.ts';
import { readYaml, type YamlNode } from '../secret/yamlread.ts';
import { CUID_SIZE } from './asrcb.ts';

const F = 'configuration UID';
/** Largest file a configuration UID is read from, in bytes. */
export const CUID_FILE_MAX = 64 * 1024;
/** How deep the reference looks for the entry. */
const DEPTH_MAX = 8;

/** 32 hex digits, leading zeros written out, `0x` in front or not. @throws wrong-length, bad-encoding */
export const cuidFromHex = (text: string): Bytes => {
  const digits = text.replace(/^0x/, '');
  if (digits.length !== 2 * CUID_SIZE) fail('wrong-length', F, `${digits.length} hex digits`, `${2 * CUID_SIZE} hex digits`);
  return unhex(digits, F);
};

/** The first entry `cuid`, mappings only, outside in. */
const findEntry = (node: YamlNode, depth: number): YamlNode | undefined => {
  if (!(node instanceof Map) || depth >= DEPTH_MAX) return undefined;
  const own: YamlNode | undefined = node.get('cuid');
  if (own !== undefined) return own;
  for (const value of node.values()) {
    const found = findEntry(value, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
};

/**
 * From a file: 16 bytes as they are, or YAML (what `pvattest verify` writes) with an entry `cuid: 0x...` at any place, or the text alone.
 * @throws empty, too-long, bad-encoding, not-found without an entry, bad-value, wrong-length
 */
export const readCuid = (bytes: Bytes): Bytes => {
  if (bytes.length === CUID_SIZE) return bytes.slice();
  if (bytes.length === 0) fail('empty', F, '0 bytes', '16 bytes, or YAML with an entry cuid');
  if (bytes.length > CUID_FILE_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${CUID_FILE_MAX} bytes`);
  const { root } = readYaml(fromUtf8(bytes, F), F);
  const value = typeof root === 'string' ? root : findEntry(root, 0);
  if (value === undefined)
    return fail('not-found', `${F}, entry cuid`, `${bytes.length} bytes without one`, '16 bytes, or YAML with an entry cuid');
  if (typeof value !== 'string' || !value.startsWith('0x')) return fail('bad-value', F, 'something else', '0x and 32 hex digits');
  return cuidFromHex(value);
};
