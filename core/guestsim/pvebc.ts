/**
 * `pvebc`, as it really behaves: order, exit codes, messages and weaknesses. Source: spec page "generic-guest", section 3.
 * Console lines repeat what the tool prints; each step also answers with codes, so that nobody has to read them.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { policyReference } from '../bundle/reference.ts';
import { allZero, type Bytes, hex, same } from '../bytes.ts';
import { RC_OK } from '../uvsim/codes.ts';

/** A file of the directory pvebc works in, in directory order. */
export interface GuestFile {
  readonly name: string;
  readonly bytes: Bytes;
}

/** Why pvebc stopped. */
export type PvebcProblem =
  | 'missing-file'
  | 'too-small'
  | 'uv-refused'
  | 'reference-not-utf8'
  | 'reference-empty'
  | 'reference-path'
  | 'policy-mismatch'
  | 'bad-tag-line'
  | 'no-request-for-tag';

export interface PvebcStep {
  readonly what: 'submit' | 'check-policy' | 'match-tag';
  readonly file: string;
  readonly ok: boolean;
  /** return code of the UV, when it was asked */
  readonly rc?: number;
  readonly problem?: PvebcProblem;
  /** tag of the request, hex */
  readonly tag?: string;
}

export interface PvebcResult {
  /** 0 good, 1 failure, 101 panic */
  readonly exitCode: 0 | 1 | 101;
  readonly steps: readonly PvebcStep[];
  readonly console: readonly string[];
}

/** Submits a request to the UV, or pretends to. */
export type Submit = (request: Bytes) => number;

const USER_DATA_AT = 536;
const USER_DATA_END = USER_DATA_AT + 512;

class Stop extends Error {
  readonly step: PvebcStep;
  readonly exitCode: 1 | 101;
  constructor(step: PvebcStep, exitCode: 1 | 101) {
    super(step.problem);
    this.step = step;
    this.exitCode = exitCode;
  }
}

const utf8Strict = new TextDecoder('utf-8', { fatal: true });
const text = (bytes: Bytes): string | undefined => {
  try {
    return utf8Strict.decode(bytes);
  } catch {
    return undefined;
  }
};

/** Runs pvebc over the files of its directory. @param submit absent: dry run, no request is submitted */
export const runPvebc = (files: readonly GuestFile[], base: string, submit?: Submit): PvebcResult => {
  const steps: PvebcStep[] = [];
  const out: string[] = [];
  const byName = new Map(files.map((f) => [f.name, f.bytes]));
  const stop = (
    what: PvebcStep['what'],
    file: string,
    problem: PvebcProblem,
    more: Partial<PvebcStep> = {},
    exitCode: 1 | 101 = 1,
  ): never => {
    throw new Stop({ what, file, ok: false, problem, ...more }, exitCode);
  };
  const read = (what: PvebcStep['what'], name: string): Bytes => byName.get(name) ?? stop(what, name, 'missing-file');

  /** Submit first, look at the user data after: a bad reference stops the boot with the secret already in. */
  const submitAndReadReference = (name: string): { hash: Bytes; name: Bytes } => {
    const bytes = read('submit', name);
    const tag = hex(bytes.slice(-16));
    out.push(`Add-Secret-Request: "${base}/${name}"${submit ? '' : ' (skip adding: dry-run mode)'}`);
    if (submit) {
      const rc = submit(bytes);
      if (rc !== RC_OK) stop('submit', name, 'uv-refused', { rc, tag });
      steps.push({ what: 'submit', file: name, ok: true, rc, tag });
    }
    if (bytes.length < USER_DATA_END) stop('submit', name, 'too-small', { tag });
    const ref = policyReference.read(bytes, USER_DATA_AT);
    const shown = text(ref.name);
    // the reference is printed before anything is checked, and printing panics
    if (shown === undefined) return stop('submit', name, 'reference-not-utf8', { tag }, 101);
    out.push(`    Reference: ${shown.replace(/^\0+|\0+$/g, '')} ${hex(ref.hash)}`);
    return ref;
  };

  const policyName = (file: string, ref: { name: Bytes }): string => {
    const name = (text(ref.name) ?? '').replace(/^\0+|\0+$/g, '');
    if (name === '') stop('check-policy', file, 'reference-empty');
    if (name.includes('..') || name.startsWith('/')) stop('check-policy', file, 'reference-path');
    return name;
  };

  const checkPolicy = (file: string, ref: { hash: Bytes; name: Bytes }): string => {
    const name = policyName(file, ref);
    out.push(`Verify "${base}/${name}"`, `    Referenced: ${hex(ref.hash)}`);
    const found = sha256(read('check-policy', name));
    out.push(`    Calculated: ${hex(found)}`);
    if (!same(found, ref.hash)) stop('check-policy', name, 'policy-mismatch');
    steps.push({ what: 'check-policy', file: name, ok: true });
    return name;
  };

  try {
    const tocPol = checkPolicy('toc.asr', submitAndReadReference('toc.asr'));
    out.push('', `Mac tags in "${base}/${tocPol}":`);
    const matched = matchTags(read('match-tag', tocPol), files, stop, (line, file) => {
      out.push(`    ${line}    -> ${base}/${file}`);
      steps.push({ what: 'match-tag', file, ok: true, tag: line.toLowerCase() });
    });
    out.push('');
    for (const name of matched) {
      const ref = submitAndReadReference(name);
      if (allZero(ref.hash)) continue;
      checkPolicy(name, ref);
    }
    return { exitCode: 0, steps, console: out };
  } catch (e) {
    if (!(e instanceof Stop)) throw e;
    steps.push(e.step);
    out.push(consoleError(e.step, base));
    return { exitCode: e.exitCode, steps, console: out };
  }
};

type StopFn = (what: PvebcStep['what'], file: string, problem: PvebcProblem, more?: Partial<PvebcStep>) => never;

/** Lines of toc.pol to files. A line that is not UTF-8 is skipped, as the tool's line reader does. */
const matchTags = (
  tocPol: Bytes,
  files: readonly GuestFile[],
  stop: StopFn,
  hit: (line: string, file: string) => void,
): string[] => {
  const requests = files.filter((f) => f.name.endsWith('.asr'));
  // In which order a directory is read is not defined: a file too short for a tag fails here whenever it can be met at all.
  const tooShort = requests.find((f) => f.bytes.length < 16);
  const matched: string[] = [];
  for (const raw of splitLines(tocPol)) {
    const line = text(raw);
    if (line === undefined) continue;
    if (tooShort) stop('match-tag', tooShort.name, 'too-small');
    if (!/^([0-9a-fA-F]{2})*$/.test(line)) stop('match-tag', 'toc.pol', 'bad-tag-line');
    const found = requests.find((f) => hex(f.bytes.slice(-16)) === line.toLowerCase());
    if (found === undefined)
      return stop('match-tag', 'toc.pol', line === '' ? 'bad-tag-line' : 'no-request-for-tag', { tag: line.toLowerCase() });
    hit(line, found.name);
    matched.push(found.name);
  }
  return matched;
};

/** Lines end in LF or CRLF; what follows the last line end is a line only when it is not empty. */
const splitLines = (bytes: Bytes): Bytes[] => {
  const lines: Bytes[] = [];
  let start = 0;
  for (let i = 0; i <= bytes.length; i++) {
    if (i < bytes.length && bytes[i] !== 0x0a) continue;
    if (i === bytes.length && start === i) break;
    const end = i > start && i < bytes.length && bytes[i - 1] === 0x0d ? i - 1 : i;
    lines.push(bytes.slice(start, end));
    start = i + 1;
  }
  return lines;
};

const consoleError = (step: PvebcStep, base: string): string => {
  switch (step.problem) {
    case 'uv-refused':
      return `Error: Ultravisor: 'add' returned rc 0x${(step.rc ?? 0).toString(16).padStart(4, '0')}`;
    case 'no-request-for-tag':
      return `Error: No ASR with mac tag "${step.tag}" found in "${base}"`;
    case 'policy-mismatch':
      return `Error: "${base}/${step.file}" does not match expected hash`;
    case 'reference-path':
      return 'Error: Invalid policy name: path traversal detected';
    case 'reference-empty':
      return 'Error: Policy name is empty';
    case 'reference-not-utf8':
      return 'panicked: Policy name contains invalid UTF-8';
    case 'too-small':
      return `Error: File "${base}/${step.file}" too small`;
    case 'bad-tag-line':
      return 'Error: Cannot decode a line as hex';
    default:
      return `Error: No such file: ${step.file}`;
  }
};
