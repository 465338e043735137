/**
 * One guest of a fleet: its values, its bundle, its record. Runs in a worker, so that values never leave the thread that reads or makes
 * them. What is written is not flushed here: edge/fleet.ts flushes many guests at once before it says that they are done.
 */
import { join } from 'node:path';
import type { ApprovalInput } from '../core/approval/state.ts';
import { type BuiltBundle, type BundleHostKey, buildBundle } from '../core/bundle/build.ts';
import { checkBundle } from '../core/bundle/check.ts';
import type { Expected } from '../core/bundle/expected.ts';
import type { BundleId } from '../core/bundle/manifest.ts';
import { preflight } from '../core/bundle/preflight.ts';
import { allZero, type Bytes, wipe } from '../core/bytes.ts';
import type { KeyAgreement } from '../core/crypto/p521.ts';
import { SelError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { entriesOf, type Source, sourceFile } from '../core/fleet/source.ts';
import type { ParsedHeader } from '../core/image/header.ts';
import type { Policy, PolicySecret } from '../core/policy/schema.ts';
import { generateValue } from '../core/secret/value.ts';
import { measureStrength } from '../core/values/strength.ts';
import { nodeEnv } from './env.ts';
import {
  exists,
  makeDirectory,
  readFile,
  readTree,
  removeFile,
  removeTemporaries,
  removeTree,
  writeFile,
  writeTree,
} from './files.ts';
import { discardRecord, readRecord, recordPath, saveRecord, type TenantRecord } from './record.ts';
import { nodeSha512 } from './values.ts';

/** What all guests of a fleet share. */
export interface FleetCommon {
  readonly policy: Policy;
  readonly header: ParsedHeader;
  readonly hostKeys: readonly BundleHostKey[];
  /** directory of values */
  readonly values: string;
  /** directory of bundles */
  readonly output: string;
  /** values that every guest gets, by name; secret. Files in the directory of values count for what is not in it */
  readonly common?: ReadonlyMap<string, Bytes> | undefined;
  /** the image builder's CCK, 32 bytes, when the extension secret is derived from it; secret */
  readonly cck?: Bytes | undefined;
  readonly strict: boolean;
  readonly storeLimit?: number | undefined;
  readonly approvals?: ApprovalInput | undefined;
  /** name and version of the program */
  readonly tool: string;
}

/** A guest to be made. */
export interface FleetJob {
  readonly guest: string;
  readonly serial: number;
  /** where its values come from, for every entry of the policy */
  readonly sources: ReadonlyMap<string, Source>;
  /** an earlier attempt, with the same serial, was cut short */
  readonly begun: boolean;
  /** that attempt was for the same sources: when it got as far as a whole bundle, that one counts */
  readonly sameRow: boolean;
}

/** A guest that was made, or the findings that kept it from being made. */
export type FleetAnswer =
  | { readonly made: true; readonly id: string; readonly adopted: boolean }
  | { readonly made: false; readonly findings: readonly Finding[] };

export type Handover = (bundle: BundleId, expected: Expected) => string;

const VALUE_MAX = 64 * 1024;

/** Directory of a guest's own values and records. */
export const guestValues = (values: string, guest: string): string => join(values, guest);
export const bundlePath = (output: string, guest: string): string => join(output, `${guest}.selbundle`);

/** What goes into one bundle. Secret but for `publics`. */
interface Contents {
  readonly values: Map<string, Bytes>;
  readonly publics: Map<string, Bytes>;
  /** values made here, to be kept */
  readonly fresh: PolicySecret[];
  /** strength of the values made here, as their generators know it */
  readonly bits: Map<string, number>;
}

/** A file whose name came to the disk before its content, when the power went: no value at all. */
const isHollow = (value: Bytes): boolean => value.length === 0 || allZero(value);

const readSource = (c: FleetCommon, job: FleetJob, name: string, source: Source): Bytes | undefined => {
  if (source.kind === 'common') {
    const given = c.common?.get(name);
    if (given) return Uint8Array.from(given);
  }
  const file = sourceFile(source, job.guest, name);
  if (file === undefined) return undefined;
  const path = join(c.values, file);
  if ((source.kind === 'generate' || (source.kind === 'file' && source.ifThere)) && !exists(path)) return undefined;
  const value = readFile(path, name, VALUE_MAX);
  if (source.kind !== 'generate' || !job.begun || !isHollow(value)) return value;
  removeFile(path, name);
  return undefined;
};

/** @throws what reading files throws */
const readContents = (c: FleetCommon, job: FleetJob): Contents => {
  const contents: Contents = { values: new Map(), publics: new Map(), fresh: [], bits: new Map() };
  const { values, publics, fresh, bits } = contents;
  try {
    for (const [name, entry] of entriesOf(c.policy)) {
      const source = job.sources.get(name) ?? { kind: 'none' };
      const bytes = readSource(c, job, name, source);
      if ('entry' in entry) {
        if (bytes) publics.set(name, bytes);
      } else if (bytes) values.set(name, bytes);
      else if (source.kind === 'generate' || source.kind === 'made') {
        const made = generateValue(entry.secret, nodeEnv);
        values.set(name, made.value);
        bits.set(name, made.bits);
        if (source.kind === 'generate') fresh.push(entry.secret);
      }
    }
    return contents;
  } catch (e) {
    wipe(...values.values());
    throw e;
  }
};

const errorsIn = (findings: readonly Finding[]): Finding[] => findings.filter((f) => f.severity === 'error');

/** The files of a bundle as the check looks at them. */
const entriesIn = (bundle: BuiltBundle) => bundle.files.map((f) => ({ path: f.path, kind: 'file' as const, bytes: f.bytes }));

/** Values, then the record, then the bundle; what was written is taken away again when one of them cannot be. */
const writeGuest = (c: FleetCommon, guest: string, bundle: BuiltBundle, { values, fresh }: Contents): void => {
  const own = guestValues(c.values, guest);
  const undo: (() => void)[] = [];
  try {
    makeDirectory(own, 'directory of values', 0o700);
    for (const s of fresh) {
      const path = join(own, s.name);
      writeFile(path, values.get(s.name) as Bytes, s.name, { mode: 0o600, flush: false });
      undo.push(() => removeFile(path, s.name));
    }
    const record = saveRecord(own, bundle, false);
    undo.push(() => discardRecord(record, bundle.id.id));
    writeTree(bundlePath(c.output, guest), bundle.files, 'bundle', undefined, false);
  } catch (e) {
    for (const u of undo.reverse()) u();
    throw e;
  }
};

const quiet = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
};

const wipeRecord = (r: TenantRecord | undefined): void => wipe(r?.attestationKey, r?.reportKey);

/** Whether every value that is kept with the guest is on the disk. */
const haveKept = (c: FleetCommon, job: FleetJob): boolean =>
  [...job.sources].every(([name, source]) => {
    if (source.kind !== 'generate') return true;
    const value = quiet(() => readFile(join(c.values, job.guest, name), name, VALUE_MAX));
    const there = value !== undefined && !isHollow(value);
    wipe(value);
    return there;
  });

/** The bundle of an attempt that was cut short behind its last write: whole, with values and record, and without a fault. */
const adopt = (c: FleetCommon, job: FleetJob): string | undefined => {
  const path = bundlePath(c.output, job.guest);
  const record = quiet(() => readRecord(recordPath(guestValues(c.values, job.guest), { serial: job.serial, name: job.guest })));
  try {
    const entries = record && exists(path) ? quiet(() => readTree(path, 'bundle')) : undefined;
    if (record === undefined || entries === undefined || !haveKept(c, job)) return undefined;
    const { expected } = record;
    const findings = checkBundle({ entries, header: c.header, expected, storeLimit: c.storeLimit });
    return errorsIn(findings).length === 0 ? expected.bundle.id : undefined;
  } finally {
    wipeRecord(record);
  }
};

/** Takes away what an attempt left behind, but for the values: they are as good as given ones. */
const discard = (c: FleetCommon, job: FleetJob): void => {
  const own = guestValues(c.values, job.guest);
  for (const d of [own, join(own, 'bundles')]) removeTemporaries(d, 'directory of values');
  const directory = recordPath(own, { serial: job.serial, name: job.guest });
  const record = quiet(() => readRecord(directory));
  if (record) discardRecord(directory, record.expected.bundle.id);
  else removeTree(directory, 'record of the bundle');
  wipeRecord(record);
  removeTree(bundlePath(c.output, job.guest), 'bundle');
};

/**
 * Makes a guest: reads or makes its values, checks them, builds and checks its bundle, writes values, record and bundle.
 * @param agreement the curve with the tables of the fleet's host keys
 * @throws what reading and writing files and the builder throw
 */
export const makeGuest = async (
  c: FleetCommon,
  agreement: KeyAgreement,
  job: FleetJob,
  handover: Handover,
): Promise<FleetAnswer> => {
  if (job.begun) {
    const id = job.sameRow ? adopt(c, job) : undefined;
    if (id !== undefined) return { made: true, id, adopted: true };
    discard(c, job);
  }
  const contents = readContents(c, job);
  const { values, publics } = contents;
  let bundle: BuiltBundle | undefined;
  try {
    const { policy, header, hostKeys, storeLimit, approvals, cck, strict, tool } = c;
    const now = nodeEnv.now();
    const judged = hostKeys.map((h) => ({ label: h.serial, phkh: h.phkh, verified: h.verdict === 'verified' }));
    const bits = await measureStrength(policy.secrets, values, contents.bits);
    const asked = { policy, header, hostKeys: judged, values, publics, bits, sha512: nodeSha512, storeLimit, approvals, now };
    const before = errorsIn(preflight(asked));
    if (before.length > 0) return { made: false, findings: before };
    const input = {
      name: job.guest,
      serial: job.serial,
      policy,
      header,
      hostKeys,
      values,
      publics,
      cck,
      strict,
      agreement,
      tool,
      handover,
    };
    bundle = buildBundle(input, nodeEnv);
    const after = errorsIn(checkBundle({ entries: entriesIn(bundle), header, expected: bundle.expected, storeLimit, now }));
    if (after.length > 0) return { made: false, findings: after };
    writeGuest(c, job.guest, bundle, contents);
    return { made: true, id: bundle.id.id, adopted: false };
  } finally {
    const keys = bundle?.keys;
    wipe(...values.values(), keys?.extensionSecret, keys?.attestationKey, keys?.reportKey);
  }
};
