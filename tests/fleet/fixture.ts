/** A fleet of the small tenant of tests/support/tenant.ts, and everything that must be so of what was made. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkBundle } from '../../core/bundle/check.ts';
import { hex, utf8 } from '../../core/bytes.ts';
import { SelError } from '../../core/errors.ts';
import { type Journal, readJournal } from '../../core/fleet/journal.ts';
import { readFleetTable } from '../../core/fleet/table.ts';
import { findHeader } from '../../core/image/find.ts';
import type { ParsedHeader } from '../../core/image/header.ts';
import type { Policy } from '../../core/policy/schema.ts';
import { readTree } from '../../edge/files.ts';
import type { Fleet } from '../../edge/fleet.ts';
import type { FleetInput } from '../../edge/fleetplan.ts';
import { readRecord } from '../../edge/record.ts';
import { header, hostKeys, policy } from '../support/tenant.ts';

/** A place for a fleet. */
export class Place {
  readonly root = mkdtempSync(join(tmpdir(), 'selwright-guests-'));
  readonly values = join(this.root, 'values');
  readonly output = join(this.root, 'out');
  constructor() {
    mkdirSync(this.values);
  }
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
  write(path: string, bytes: Uint8Array | string): void {
    const whole = join(this.root, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, bytes);
  }
  read(path: string): Uint8Array {
    return new Uint8Array(readFileSync(join(this.root, path)));
  }
  journal(): Journal {
    const journal = readJournal(this.read('out/fleet.journal'));
    if (journal === undefined) throw new Error('no journal');
    return journal;
  }
}

export const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `g${String(i + 1).padStart(3, '0')}`);
export const tableOf = (guests: readonly string[], columns = ''): string =>
  `guest${columns}\n${guests.map((g) => `${g}\n`).join('')}`;

export const fleetInput = (place: Place, table: string, more: Partial<FleetInput> = {}): FleetInput => ({
  table: readFleetTable(utf8(table), more.policy ?? policy),
  policy,
  header: findHeader(header).header,
  hostKeys,
  values: place.values,
  output: place.output,
  strict: false,
  tool: 'selwright test',
  ...more,
});

/** What a guest is by: its bundle's id, the tags of its requests and its values. */
export interface Whole {
  readonly id: string;
  readonly serial: number;
  readonly values: Readonly<Record<string, string>>;
}

/** Throws when the bundle of a guest is not whole, does not fit its record, or when anything was left lying about. */
export const wholeGuest = (
  place: Place,
  guest: string,
  image: ParsedHeader = findHeader(header).header,
  p: Policy = policy,
): Whole => {
  const own = join(place.values, guest);
  const records = readdirSync(join(own, 'bundles'));
  if (records.length !== 1) throw new Error(`${guest}: ${records.length} records: ${records.join()}`);
  const record = readRecord(join(own, 'bundles', records[0] as string));
  const entries = readTree(join(place.output, `${guest}.selbundle`), 'bundle');
  const findings = checkBundle({ entries, header: image, expected: record.expected });
  const bad = findings.filter((f) => f.severity === 'error');
  if (bad.length > 0) throw new Error(`${guest}: ${JSON.stringify(bad)}`);
  const kept = p.secrets.filter((s) => s.purpose !== 'report-authentication').map((s) => s.name);
  const values = Object.fromEntries(kept.map((n) => [n, hex(new Uint8Array(readFileSync(join(own, n))))]));
  const stray = readdirSync(own).filter((n) => n !== 'bundles' && !kept.includes(n));
  if (stray.length > 0) throw new Error(`${guest}: ${stray.join()} left behind`);
  for (const n of kept) {
    const mode = statSync(join(own, n)).mode & 0o777;
    if (mode !== 0o600) throw new Error(`${guest}/${n}: mode ${mode.toString(8)}`);
  }
  const { id, serial } = record.expected.bundle;
  return { id, serial, values };
};

/** Throws unless exactly these guests are made, each once, with nothing beside them. */
export const wholeFleet = (place: Place, guests: readonly string[], image?: ParsedHeader): Map<string, Whole> => {
  const there = readdirSync(place.output).sort();
  const wanted = ['fleet.journal', ...guests.map((g) => `${g}.selbundle`)].sort();
  if (there.join() !== wanted.join()) throw new Error(`in the output: ${there.join()}`);
  const journal = place.journal();
  const whole = new Map(guests.map((g) => [g, wholeGuest(place, g, image)]));
  for (const [g, { id, serial }] of whole)
    if (journal.done.get(g)?.id !== id || journal.done.get(g)?.serial !== serial)
      throw new Error(`${g}: not in the journal as it is`);
  if (journal.done.size !== guests.length) throw new Error(`${journal.done.size} guests in the journal`);
  const values = [...whole.values()].flatMap((w) => Object.values(w.values));
  if (new Set(values).size !== values.length) throw new Error('one value for two secrets');
  return whole;
};

/** The typed error that something ends with. */
export const failure = async (run: Promise<unknown>): Promise<SelError> => {
  const e: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (e instanceof SelError) return e;
  throw new Error(`no typed error but ${String(e)}`);
};

/** Waits until so many guests are made, or all that will be. */
export const untilMade = async (fleet: Fleet, n: number): Promise<void> => {
  while (fleet.progress().made < n && fleet.progress().state !== 'ended') await sleep(2);
};
