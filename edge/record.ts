/**
 * What the tenant keeps of a bundle: its own expectation, the keys that check the report, and the ledger of guests seen.
 * It lies beside the values, with their permissions; a pointer in the user's state directory leads from the bundle's id to it.
 */
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import type { BuiltBundle, BundleFile } from '../core/bundle/build.ts';
import { type Expected, readExpected, writeExpected } from '../core/bundle/expected.ts';
import { utf8 } from '../core/bytes.ts';
import { readableJson } from '../core/canonical.ts';
import { fail, inFile, SelError } from '../core/errors.ts';
import type { Sighting } from '../core/report/verify.ts';
import { hexOf, instant, readJson } from '../core/schema.ts';
import { exists, makeDirectory, namesIn, readFile, removeFile, removeTree, writeFile, writeTree } from './files.ts';

const WHAT = 'record of the bundle';
const EXPECTED = 'expected.json';
const ATTESTATION_KEY = 'attestation-key';
const REPORT_KEY = 'report-key';
const EXTENSION_SECRET = 'extension-secret';
const LEDGER = 'ledger.json';
const BUNDLES = 'bundles';
const RECORD_NAME = /^\d{4,}-/;

const EXPECTED_MAX = 1024 * 1024;
/** About 60,000 guests. */
const LEDGER_MAX = 16 * 1024 * 1024;
/** Bytes of the keys that have one size only. */
const KEY_SIZES: Record<string, number> = { [ATTESTATION_KEY]: 32, [EXTENSION_SECRET]: 32 };

/** A record as it is on the disk. Keys are secret. */
export interface TenantRecord {
  readonly directory: string;
  readonly expected: Expected;
  readonly attestationKey?: Uint8Array;
  readonly reportKey?: Uint8Array;
  readonly ledger: readonly Sighting[];
}

const ledgerSchema = z.array(z.strictObject({ request: hexOf(32), cuid: hexOf(16), firstSeen: instant, report: hexOf(32) }));
const pointerSchema = z.strictObject({ record: z.string() });

const stateDirectory = (): string => join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'selwright', BUNDLES);
const pointerOf = (id: string): string => join(stateDirectory(), `${id}.json`);

/** The files of a record. @param keys secret @param ledger everything that was seen, when something was */
export const recordFiles = (
  expected: Expected,
  keys: Pick<TenantRecord, 'attestationKey' | 'reportKey'> & { readonly extensionSecret: Uint8Array },
  ledger: readonly Sighting[] = [],
): BundleFile[] => [
  { path: EXPECTED, bytes: writeExpected(expected) },
  ...(keys.attestationKey ? [{ path: ATTESTATION_KEY, bytes: keys.attestationKey }] : []),
  ...(keys.reportKey ? [{ path: REPORT_KEY, bytes: keys.reportKey }] : []),
  { path: EXTENSION_SECRET, bytes: keys.extensionSecret },
  ...(ledger.length > 0 ? [{ path: LEDGER, bytes: utf8(readableJson(ledger)) }] : []),
];

/** Directory of a record among others. */
export const recordName = ({ serial, name }: Pick<Expected['bundle'], 'serial' | 'name'>): string =>
  `${String(serial).padStart(4, '0')}-${name}`;

/** Where the record of a bundle is. @param values the directory of values it is made from */
export const recordPath = (values: string, bundle: Pick<Expected['bundle'], 'serial' | 'name'>): string =>
  join(resolve(values), BUNDLES, recordName(bundle));

/** Writes the record of a bundle, whole or not at all. @param flush as in writeTree @returns its directory */
export const saveRecord = (values: string, bundle: BuiltBundle, flush = true): string => {
  const directory = recordPath(values, bundle.expected.bundle);
  writeTree(directory, recordFiles(bundle.expected, bundle.keys), WHAT, () => 0o600, flush);
  point(bundle.id.id, directory, flush);
  return directory;
};

/** Takes away the record of a bundle that could not be written. */
export const discardRecord = (directory: string, id: string): void => {
  removeTree(directory, WHAT);
  removeFile(pointerOf(id), 'state file');
};

/** A pointer is a convenience: that it could not be written must not spoil a bundle that was. */
const point = (id: string, directory: string, flush: boolean): void => {
  try {
    makeDirectory(stateDirectory(), 'state directory', 0o700);
    writeFile(pointerOf(id), utf8(readableJson({ record: directory })), 'state file', { mode: 0o600, flush });
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
  }
};

const key = (directory: string, name: string): Uint8Array | undefined => {
  const path = join(directory, name);
  if (!exists(path)) return undefined;
  const bytes = readFile(path, name, 8192);
  const size = KEY_SIZES[name];
  if (bytes.length === 0 || (size !== undefined && bytes.length !== size))
    inFile(path, () => fail('wrong-length', name, `${bytes.length} bytes`, size === undefined ? 'a key' : `${size} bytes`));
  return bytes;
};

const expectedIn = (directory: string): Expected => {
  const path = join(directory, EXPECTED);
  return inFile(path, () => readExpected(readFile(path, 'expectation', EXPECTED_MAX)));
};

/** Reads a record; the caller wipes its keys. @throws what the readers throw, with the file's name */
export const readRecord = (directory: string): TenantRecord => {
  const path = join(directory, LEDGER);
  const expected = expectedIn(directory);
  const ledger = exists(path)
    ? inFile(path, () => readJson(ledgerSchema, readFile(path, 'ledger', LEDGER_MAX), 'ledger', LEDGER_MAX))
    : [];
  // keys come last: what cannot be read leaves none of them behind
  const attestationKey = key(directory, ATTESTATION_KEY);
  const reportKey = key(directory, REPORT_KEY);
  return { directory, expected, ...(attestationKey ? { attestationKey } : {}), ...(reportKey ? { reportKey } : {}), ledger };
};

/** The records in a directory with their expectations. One that cannot be read must not hide the others. */
const recordsIn = (directory: string): { directory: string; expected: Expected }[] =>
  !exists(directory)
    ? []
    : namesIn(directory, 'records')
        .filter((n) => RECORD_NAME.test(n))
        .flatMap((n) => {
          try {
            return [{ directory: join(directory, n), expected: expectedIn(join(directory, n)) }];
          } catch (e) {
            if (e instanceof SelError) return [];
            throw e;
          }
        });

/** The record an expectation belongs to: beside it, in a values directory, or where the pointer leads. */
export const findRecord = (expectedFile: string, id: string, values?: string): TenantRecord | undefined => {
  const beside = dirname(resolve(expectedFile));
  if (exists(join(beside, EXTENSION_SECRET)) && exists(join(beside, EXPECTED))) {
    if (expectedIn(beside).bundle.id === id) return readRecord(beside);
  }
  if (values !== undefined) {
    const found = recordsIn(join(resolve(values), BUNDLES)).find((r) => r.expected.bundle.id === id);
    if (found) return readRecord(found.directory);
  }
  return findRecordById(id);
};

/** The record that the pointer of a bundle leads to. */
export const findRecordById = (id: string): TenantRecord | undefined => {
  const pointer = pointerOf(id);
  if (!exists(pointer)) return undefined;
  const { record } = inFile(pointer, () => readJson(pointerSchema, readFile(pointer, 'state file', 8192), 'state file', 8192));
  if (!exists(join(record, EXPECTED))) return undefined;
  // a stranger's keys are not even read
  return expectedIn(record).bundle.id === id ? readRecord(record) : undefined;
};

/** Adds a guest to the ledger, unless it is there. @throws io-denied, io-full */
export const remember = (record: TenantRecord, sighting: Sighting): void => {
  if (record.ledger.some((s) => s.cuid === sighting.cuid && s.report === sighting.report)) return;
  const text = readableJson([...record.ledger, sighting]);
  writeFile(join(record.directory, LEDGER), utf8(text), 'ledger', { overwrite: true, mode: 0o600 });
};

/** The serial after the newest bundle made from these values. */
export const nextSerial = (values: string): number => {
  const directory = join(values, BUNDLES);
  const names = exists(directory) ? namesIn(directory, 'records').filter((n) => RECORD_NAME.test(n)) : [];
  return Math.max(0, ...names.map((n) => Number.parseInt(n, 10))) + 1;
};

/** The newest serial among the records beside this one that are for the same image and guest name. */
export const newestSerial = (record: TenantRecord): number => {
  const { bundle, image } = record.expected;
  const same = recordsIn(dirname(record.directory))
    .map((r) => r.expected)
    .filter((e) => e.image.tag === image.tag && e.bundle.name === bundle.name);
  return Math.max(bundle.serial, ...same.map((e) => e.bundle.serial));
};

/** Expectations of the other bundles made from the same values: for the story behind a wrong store hash. */
export const otherExpectations = (record: TenantRecord): Expected[] =>
  recordsIn(dirname(record.directory))
    .map((r) => r.expected)
    .filter((e) => e.bundle.id !== record.expected.bundle.id);
