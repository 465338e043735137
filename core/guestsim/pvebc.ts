/**
 * `pvebc`, as it really behaves: order, exit codes, messages and weaknesses. Source: spec page "generic-guest", section 3, and
 * the tool itself where the page is silent. Console lines are what the tool prints, so that a real console can be compared;
 * each step also answers with codes, so that nobody has to read them.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { policyReference } from '../bundle/reference.ts';
import { allZero, type Bytes, hex, same, utf8 } from '../bytes.ts';
import { MAGIC, REQUEST_MAX, requestHeader, USER_DATA_SIZE } from '../request/asrcb.ts';
import { ADD_TOOL_TEXT, RC_OK, showRc } from '../uvsim/codes.ts';

/** A file of the directory pvebc works in, in directory order. */
export interface GuestFile {
  readonly name: string;
  readonly bytes: Bytes;
}

/** Why pvebc stopped. */
export const PVEBC_PROBLEMS = [
  'missing-file',
  'too-small',
  'too-large',
  'not-a-request',
  'uv-refused',
  'reference-not-utf8',
  'reference-empty',
  'reference-path',
  'policy-mismatch',
  'bad-tag-line',
  'no-request-for-tag',
] as const;
export type PvebcProblem = (typeof PVEBC_PROBLEMS)[number];

export interface PvebcStep {
  readonly what: 'submit' | 'check-policy' | 'match-tag';
  readonly file: string;
  readonly ok: boolean;
  /** return code of the UV, when it was asked */
  readonly rc?: number;
  readonly problem?: PvebcProblem;
  /** tag of the request, hex */
  readonly tag?: string;
  /** what the tool printed since the step before */
  readonly console: readonly string[];
}

/** 0 good, 1 failure, 101 panic. */
export type PvebcExit = 0 | 1 | 101;

export interface PvebcResult {
  readonly exitCode: PvebcExit;
  readonly steps: readonly PvebcStep[];
  readonly console: readonly string[];
  /** name of the file that toc.asr refers to, once its hash was found right */
  readonly list?: string;
}

/** Submits a request to the UV. @returns its return code */
export type Submit = (request: Bytes) => number;

const TOC = 'toc.asr';
const USER_DATA_AT = requestHeader.offset('userData');
const TAG_LENGTH = 16;
/** Longest file name that Linux opens, in bytes. */
const NAME_MAX = 255;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const text = (bytes: Bytes): string | undefined => {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
};
const trimNul = (s: string): string => s.replace(/^\0+|\0+$/g, '');

/** What stands behind a failed step: no step follows. */
interface Failure {
  readonly what: PvebcStep['what'];
  readonly file: string;
  readonly problem: PvebcProblem;
  /** what the tool prints as its last line */
  readonly says: string;
  readonly exitCode?: PvebcExit;
  readonly rc?: number;
  readonly tag?: string;
}

class Stop extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.problem);
    this.failure = failure;
  }
}
const stop = (failure: Failure): never => {
  throw new Stop(failure);
};

type Reference = ReturnType<typeof policyReference.read>;

class Run {
  readonly files: readonly GuestFile[];
  readonly base: string;
  readonly submit: Submit | undefined;
  readonly steps: PvebcStep[] = [];
  readonly console: string[] = [];
  #printed = 0;
  /** name of the list, once its hash was found right */
  list: string | undefined;

  constructor(files: readonly GuestFile[], base: string, submit: Submit | undefined) {
    this.files = files;
    this.base = base;
    this.submit = submit;
  }

  print(...lines: string[]): void {
    this.console.push(...lines);
  }

  step(s: Omit<PvebcStep, 'console'>): PvebcStep {
    const step = { ...s, console: this.console.slice(this.#printed) };
    this.#printed = this.console.length;
    this.steps.push(step);
    return step;
  }

  result(exitCode: PvebcExit): PvebcResult {
    return { exitCode, steps: this.steps, console: this.console, ...(this.list === undefined ? {} : { list: this.list }) };
  }

  find(name: string): Bytes | undefined {
    return this.files.find((f) => f.name === name)?.bytes;
  }

  /** The file of a name in a reference: `./` and doubled slashes lead to the same file; the directory is flat. */
  resolve(name: string): GuestFile | undefined {
    const parts = name.split('/').filter((p) => p !== '' && p !== '.');
    const directory = name.endsWith('/') || name.endsWith('/.');
    return parts.length === 1 && !directory ? this.files.find((f) => f.name === parts[0]) : undefined;
  }
}

/** What the tool itself looks at before it asks the UV. */
const checkRequestFile = (run: Run, name: string, bytes: Bytes, tag: string): void => {
  const failed = (problem: PvebcProblem) =>
    stop({ what: 'submit', file: name, problem, tag, says: `Error: Processing input file Some("${run.base}/${name}")` });
  if (bytes.length > REQUEST_MAX) failed('too-large');
  if (bytes.length < MAGIC.length)
    stop({
      what: 'submit',
      file: name,
      problem: 'too-small',
      tag,
      says: "thread 'main' panicked: range end index out of range",
      exitCode: 101,
    });
  if (!same(bytes.subarray(0, MAGIC.length), MAGIC)) failed('not-a-request');
};

/** Submit first, look at the user data after: a bad reference stops the boot with the secret already in. */
function* submitAndReadReference(run: Run, name: string): Generator<PvebcStep, Reference> {
  const path = `${run.base}/${name}`;
  const bytes =
    run.find(name) ??
    stop({ what: 'submit', file: name, problem: 'missing-file', says: `Error: unable to get reader from "${path}"` });
  const tag = hex(bytes.slice(-TAG_LENGTH));
  run.print(`Add-Secret-Request: "${path}"${run.submit ? '' : ' (skip adding: dry-run mode)'}`);
  if (run.submit) {
    checkRequestFile(run, name, bytes, tag);
    const rc = run.submit(bytes);
    if (rc !== RC_OK)
      stop({
        what: 'submit',
        file: name,
        problem: 'uv-refused',
        rc,
        tag,
        // the second number is the UV's reason code, which nobody documents
        says: `Error: Ultravisor: '${ADD_TOOL_TEXT[rc] ?? 'unexpected error-code'}' (${showRc(rc)},0x0000)`,
      });
    yield run.step({ what: 'submit', file: name, ok: true, rc, tag });
  }
  if (bytes.length < USER_DATA_AT + USER_DATA_SIZE)
    stop({ what: 'submit', file: name, problem: 'too-small', tag, says: 'Error: Could not verify the Add-secret request' });
  const ref = policyReference.read(bytes, USER_DATA_AT);
  const shown = text(ref.name);
  // the reference is printed before anything is checked, and printing panics
  if (shown === undefined)
    return stop({
      what: 'submit',
      file: name,
      problem: 'reference-not-utf8',
      tag,
      says: "thread 'main' panicked: unable to convert name",
      exitCode: 101,
    });
  run.print(`    Reference: ${hex(ref.hash)} ${trimNul(shown)}`);
  return ref;
}

/** What the system says when a name of a policy file leads nowhere. */
const openError = (name: string): string =>
  name.includes('\0')
    ? 'Error: file name contained an unexpected NUL byte'
    : utf8(name).length > NAME_MAX
      ? 'Error: File name too long (os error 36)'
      : 'Error: No such file or directory (os error 2)';

/** Checks name and hash of the policy file. @returns its name */
const checkPolicy = (run: Run, file: string, ref: Reference): PvebcStep => {
  const failed = (problem: PvebcProblem, says: string, at = file) => stop({ what: 'check-policy', file: at, problem, says });
  const name = trimNul(text(ref.name) ?? '');
  if (name === '') failed('reference-empty', 'Error: Policy name is empty');
  if (name.includes('..') || name.startsWith('/'))
    failed('reference-path', `Error: Invalid policy name: path traversal detected in '${name}'`);
  const path = `${run.base}/${name}`;
  run.print(`Verify "${path}"`, `    Referenced: ${hex(ref.hash)}`);
  const content = run.resolve(name) ?? failed('missing-file', openError(name), name);
  const found = sha256(content.bytes);
  run.print(`    Calculated: ${hex(found)}`);
  if (!same(found, ref.hash))
    failed('policy-mismatch', `Error: "${path}" (${hex(found)}) does not match expected hash (${hex(ref.hash)})`, name);
  return run.step({ what: 'check-policy', file: name, ok: true });
};

/** Lines of the list to files. A line that is not UTF-8 is skipped, as the tool's line reader does. */
function* matchTags(run: Run, name: string, list: Bytes): Generator<PvebcStep, string[]> {
  const requests = run.files.filter((f) => f.name.endsWith('.asr'));
  // In which order a directory is read is not defined: a file too short for a tag fails here whenever it can be met at all.
  const tooShort = requests.find((f) => f.bytes.length < TAG_LENGTH);
  const matched: string[] = [];
  const failed = (problem: PvebcProblem, says: string, tag?: string, file = name) =>
    stop({ what: 'match-tag', file, problem, says: `Error: ${says}`, ...(tag === undefined ? {} : { tag }) });
  for (const raw of splitLines(list)) {
    const line = text(raw);
    if (line === undefined) continue;
    if (tooShort) {
      const says = `File "${run.base}/${tooShort.name}" too small to contain MAC tag (expected at least 16 bytes, got ${tooShort.bytes.length})`;
      failed('too-small', says, undefined, tooShort.name);
    }
    if (raw.length % 2 === 1) failed('bad-tag-line', `Cannot decode hex string: Size ${raw.length} is not a multiple of two`);
    if (!/^[0-9a-fA-F]*$/.test(line)) failed('bad-tag-line', 'Cannot decode hex string');
    const tag = line.toLowerCase();
    const found = requests.find((f) => hex(f.bytes.slice(-TAG_LENGTH)) === tag);
    if (found === undefined)
      return failed(
        tag === '' ? 'bad-tag-line' : 'no-request-for-tag',
        `No ASR with mac tag "${line}" found in "${run.base}"`,
        tag,
      );
    run.print(`    ${line}    -> ${run.base}/${found.name}`);
    matched.push(found.name);
    yield run.step({ what: 'match-tag', file: found.name, ok: true, tag });
  }
  return matched;
}

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

/** The whole run, in the tool's order: toc.asr, its list, every line of the list, then request by request. */
function* work(run: Run): Generator<PvebcStep, void> {
  if (!run.submit) run.print('Dry-run mode detected, skipping secret addition', '');
  const checked = checkPolicy(run, TOC, yield* submitAndReadReference(run, TOC));
  yield checked;
  const list = run.resolve(checked.file);
  run.list = list?.name;
  run.print('', `Mac tags in "${run.base}/${checked.file}":`);
  const matched = yield* matchTags(run, checked.file, list?.bytes ?? new Uint8Array(0));
  run.print('');
  for (const name of matched) {
    const ref = yield* submitAndReadReference(run, name);
    if (!allZero(ref.hash)) yield checkPolicy(run, name, ref);
  }
}

/**
 * Runs pvebc over the files of its directory, step by step.
 * @param base the directory, for messages @param submit absent: dry run, no request is submitted
 */
export function* pvebcSteps(files: readonly GuestFile[], base: string, submit?: Submit): Generator<PvebcStep, PvebcResult> {
  const run = new Run(files, base, submit);
  try {
    yield* work(run);
    return run.result(0);
  } catch (e) {
    if (!(e instanceof Stop)) throw e;
    const { says, exitCode = 1, ...step } = e.failure;
    run.print(says);
    yield run.step({ ...step, ok: false });
    return run.result(exitCode);
  }
}

/** The same in one go. */
export const runPvebc = (files: readonly GuestFile[], base: string, submit?: Submit): PvebcResult => {
  const steps = pvebcSteps(files, base, submit);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};
