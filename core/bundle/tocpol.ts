/** toc.pol: the tags of all requests, one a line, in the order of submission. Source: spec page "generic-guest", section 2.3. */
import { type Bytes, fromUtf8, hex, same, unhex, utf8 } from '../bytes.ts';
import { fail } from '../errors.ts';

/** Writes it: 32 lower-case hex digits and LF for each tag of 16 bytes. */
export const writeTocPol = (tags: readonly Bytes[]): Bytes => utf8(tags.map((t) => `${hex(t)}\n`).join(''));

/** Reads it strictly, as we write it (rule B04). @throws empty, bad-encoding, duplicate, missing-field */
export const readTocPol = (bytes: Bytes): Bytes[] => {
  if (bytes.length === 0) fail('empty', 'toc.pol', '0 bytes', 'at least one tag');
  const lines = fromUtf8(bytes, 'toc.pol').split('\n');
  if (lines.pop() !== '') fail('bad-encoding', 'toc.pol, last line', 'no line feed at the end', 'LF after each tag');
  const seen = new Set<string>();
  return lines.map((line, i) => {
    if (!/^[0-9a-f]{32}$/.test(line))
      fail('bad-encoding', `toc.pol, line ${i + 1}`, `${line.length} characters`, '32 lower-case hex digits and LF');
    if (seen.has(line)) fail('duplicate', `toc.pol, line ${i + 1}`, 'a tag that stands there already', 'each tag once');
    seen.add(line);
    return unhex(line, 'toc.pol');
  });
};

/**
 * Whether a tag may be appended to an existing toc.pol. A tag without its request makes every guest power off, so a list that holds
 * one is refused: it is left over from an earlier run.
 * @param existing content of the file, empty when there is none yet
 * @param requests tags of the requests that lie beside it
 * @throws conflict for a stale tag, duplicate for one that is listed already; what readTocPol throws
 */
export const checkAppend = (existing: Bytes, requests: readonly Bytes[], tag: Bytes): void => {
  if (existing.length === 0) return;
  const there = new Set(requests.map(hex));
  readTocPol(existing).forEach((t, i) => {
    if (same(t, tag)) fail('duplicate', `toc.pol, line ${i + 1}`, 'the tag of this request', 'each tag once');
    if (!there.has(hex(t)))
      fail(
        'conflict',
        `toc.pol, line ${i + 1}`,
        `the tag ${hex(t)}, left over from an earlier run`,
        'the tag of a request beside it',
      );
  });
};
