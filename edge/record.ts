/**
 * What the tenant keeps of a bundle: its own expectation, the keys that check the report, and the ledger of guests seen.
 * It lies beside the values, with their permissions; a pointer in the user's state directory leads from the bundle's id to it.
 */
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import type { BuiltBundle } from '../core/bundle/build.ts';
import { type Expected, readExpected, writeExpected } from '../core/bundle/expected.ts';
import { readableJson } from '../core/canonical.ts';
import { SelError } from '../core/errors.ts';
import type { Sighting } from '../core/report/verify.ts';
import { hexOf, instant, readJson } from '../core/schema.ts';
import { exists, makeDirectory, namesIn, readFile, writeFile } from './files.ts';

const EXPECTED = 'expected.json';
const ATTESTATION_KEY = 'attestation-key';
const REPORT_KEY = 'report-key';
const EXTENSION_SECRET = 'extension-secret';
const LEDGER = 'ledger.json';
const BUNDLES = 'bundles';

/** A record as it is on the disk. Keys are secret. */
export interface TenantRecord {
  readonly directory: string;
  readonly expected: Expected;
  readonly attestationKey?: Uint8Array;
  readonly reportKey?: Uint8Array;
  readonly ledger: readonly Sighting[];
}

const ledgerSchema = z.array(z.strictObject({ request: hexOf(32), cuid: hexOf(16), firstSeen: instant, report: hexOf(32) }));

const stateDirectory = (): string => join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'selwright', BUNDLES);

/** Writes the record of a bundle. @returns its directory */
export const saveRecord = (values: string, bundle: BuiltBundle): string => {
  const directory = join(resolve(values), BUNDLES, `${String(bundle.id.serial).padStart(4, '0')}-${bundle.id.name}`);
  makeDirectory(directory, 'record of the bundle', 0o700);
  const put = (name: string, bytes: Uint8Array | undefined): void => {
    if (bytes) writeFile(join(directory, name), bytes, 'record of the bundle', { mode: 0o600 });
  };
  put(EXPECTED, writeExpected(bundle.expected));
  put(ATTESTATION_KEY, bundle.keys.attestationKey);
  put(REPORT_KEY, bundle.keys.reportKey);
  put(EXTENSION_SECRET, bundle.keys.extensionSecret);
  point(bundle.id.id, directory);
  return directory;
};

/** A pointer is a convenience: that it could not be written must not spoil a bundle that was. */
const point = (id: string, directory: string): void => {
  try {
    makeDirectory(stateDirectory(), 'state directory', 0o700);
    writeFile(join(stateDirectory(), `${id}.json`), new TextEncoder().encode(readableJson({ record: directory })), 'state file', {
      mode: 0o600,
    });
  } catch (e) {
    if (!(e instanceof SelError)) throw e;
  }
};

const optional = (directory: string, name: string): Uint8Array | undefined =>
  exists(join(directory, name)) ? readFile(join(directory, name), name, 4096) : undefined;

/** Reads a record. @throws what the readers throw */
export const readRecord = (directory: string): TenantRecord => {
  const attestationKey = optional(directory, ATTESTATION_KEY);
  const reportKey = optional(directory, REPORT_KEY);
  const ledger = join(directory, LEDGER);
  return {
    directory,
    expected: readExpected(readFile(join(directory, EXPECTED), 'expectation', 1024 * 1024)),
    ...(attestationKey ? { attestationKey } : {}),
    ...(reportKey ? { reportKey } : {}),
    ledger: exists(ledger) ? readJson(ledgerSchema, readFile(ledger, 'ledger', 1024 * 1024), 'ledger', 1024 * 1024) : [],
  };
};

/** The record an expectation belongs to: beside it, in a values directory, or where the pointer leads. */
export const findRecord = (expectedFile: string, id: string, values?: string): TenantRecord | undefined => {
  const beside = dirname(resolve(expectedFile));
  if (exists(join(beside, EXTENSION_SECRET))) return readRecord(beside);
  if (values !== undefined && exists(join(values, BUNDLES))) {
    for (const name of namesIn(join(values, BUNDLES), 'records')) {
      const record = readRecord(join(values, BUNDLES, name));
      if (record.expected.bundle.id === id) return record;
    }
  }
  return findRecordById(id);
};

/** The record that the pointer of a bundle leads to. */
export const findRecordById = (id: string): TenantRecord | undefined => {
  const pointer = join(stateDirectory(), `${id}.json`);
  if (!exists(pointer)) return undefined;
  const { record } = readJson(z.strictObject({ record: z.string() }), readFile(pointer, 'state file', 4096), 'state file', 4096);
  if (!exists(join(record, EXPECTED))) return undefined;
  const found = readRecord(record);
  return found.expected.bundle.id === id ? found : undefined;
};

/** Adds a guest to the ledger, unless it is there. */
export const remember = (record: TenantRecord, sighting: Sighting): void => {
  if (record.ledger.some((s) => s.cuid === sighting.cuid && s.report === sighting.report)) return;
  const text = readableJson([...record.ledger, sighting]);
  writeFile(join(record.directory, LEDGER), new TextEncoder().encode(text), 'ledger', { overwrite: true, mode: 0o600 });
};

const serialsIn = (directory: string): number[] =>
  exists(directory) ? namesIn(directory, 'records').flatMap((n) => (/^\d+-/.test(n) ? [Number.parseInt(n, 10)] : [])) : [];

/** The serial after the newest bundle made from these values. */
export const nextSerial = (values: string): number => Math.max(0, ...serialsIn(join(values, BUNDLES))) + 1;

/** The newest serial among the records beside this one that are for the same image. */
export const newestSerial = (record: TenantRecord): number => {
  const directory = dirname(record.directory);
  const same = namesIn(directory, 'records')
    .filter((n) => /^\d+-/.test(n) && exists(join(directory, n, EXPECTED)))
    .map((n) => readExpected(readFile(join(directory, n, EXPECTED), 'expectation', 1024 * 1024)))
    .filter((e) => e.image.tag === record.expected.image.tag && e.bundle.name === record.expected.bundle.name);
  return Math.max(record.expected.bundle.serial, ...same.map((e) => e.bundle.serial));
};
