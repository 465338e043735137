/** The audit trail of a project says which fleets were made from it, and how they ended. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hex, utf8 } from '../../core/bytes.ts';
import { readAuditLines, verifyAudit } from '../../core/project/audit.ts';
import { nodeEnv } from '../../edge/env.ts';
import type { Answer, ProjectView } from '../../electron/contract.ts';
import { createDispatch, type Dispatch } from '../../electron/handlers.ts';
import { Session } from '../../electron/session.ts';
import { testPlatform } from '../support/platform.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-fleetaudit-'));
process.env.XDG_STATE_HOME = join(home, 'state');
afterAll(() => rmSync(home, { recursive: true, force: true }));

const fleet = vi.hoisted(() => ({ end: () => {}, breakOff: () => {}, counts: { made: 2, before: 1, failed: 1 } }));
vi.mock('../../edge/fleet.ts', () => ({
  startFleet: () => ({
    done: new Promise<object>((end, fault) => {
      fleet.end = () => end({ total: 4, ...fleet.counts, failures: [], cancelled: false, seconds: 1 });
      fleet.breakOff = () => fault(new Error('the disk is gone'));
    }),
    cancel: () => {},
    progress: () => ({ total: 4, ...fleet.counts, atHand: [], elapsed: 0, state: 'ended' }),
  }),
}));

const TABLE = utf8('guest\nweb-01\nweb-02\nweb-03\nweb-04\n');
const SHA256 = createHash('sha256').update(TABLE).digest('hex');
const places = { values: join(home, 'values'), output: join(home, 'out') };

let session: Session;
let d: Dispatch;
const ask = async (channel: string, args: unknown = {}): Promise<ProjectView> => {
  const answer = (await d(channel, args)) as Answer<ProjectView>;
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.what}`);
  return answer.value;
};
let exported = 0;
const trail = () => {
  const path = join(home, `audit-${exported++}.jsonl`);
  session.exportAudit(path);
  const entries = readAuditLines(readFileSync(path));
  expect(verifyAudit(entries).good).toBe(true);
  return entries.map((e) => e.event).filter((e) => e.kind.startsWith('fleet'));
};
const ENDED = { kind: 'fleet-ended', table: SHA256, ...fleet.counts };

beforeEach(async () => {
  session = new Session({ env: nodeEnv, home });
  d = createDispatch(testPlatform(home), session);
  await ask('project.sample');
  expect(await d('fleet.table', { name: 'guests.csv', bytes: TABLE })).toMatchObject({ ok: true });
});

describe('a fleet', () => {
  it('is noted when it starts, with what it stands on, and when it ends', async () => {
    const { policy } = await ask('project.view');
    expect(await d('fleet.start', places)).toMatchObject({ ok: true });
    const hosts = session.fleetBasis.hostKeys.map((h) => hex(h.document.phkh));
    const started = {
      kind: 'fleet-started',
      table: SHA256,
      guests: 4,
      policy: policy?.hash,
      host_keys: hosts,
      unverified: 0,
      approved_by: [],
    };
    expect(trail()).toEqual([started]);
    fleet.end();
    await vi.waitFor(() => expect(trail()).toEqual([started, ENDED]));
    const { audit } = await ask('project.view');
    expect(audit.at(-2)?.says).toContain(`A fleet of 4 guests was started: table ${SHA256}, policy ${policy?.hash}, 2 host keys`);
    expect(audit.at(-1)?.says).toBe(`The fleet of table ${SHA256} ended: 2 made, 1 made before, 1 failed.`);
  });
  it('that breaks off is noted with what it made, and the window says why', async () => {
    expect(await d('fleet.start', places)).toMatchObject({ ok: true });
    fleet.breakOff();
    await vi.waitFor(() => expect(trail().at(-1)).toEqual(ENDED));
    expect(await d('fleet.view', {})).toMatchObject({ value: { run: { state: 'broken' } } });
  });
  it('is not noted in another project that is open when it ends', async () => {
    expect(await d('fleet.start', places)).toMatchObject({ ok: true });
    await ask('project.sample');
    fleet.end();
    await vi.waitFor(async () => expect(await d('fleet.view', {})).toMatchObject({ value: { run: { state: 'incomplete' } } }));
    expect(trail()).toEqual([]);
  });
  it('does not start when it cannot be noted', async () => {
    vi.spyOn(session, 'fleetStarted').mockImplementationOnce(() => {
      throw new Error('no room');
    });
    expect(await d('fleet.start', places)).toMatchObject({ ok: false });
    expect(await d('fleet.view', {})).toMatchObject({ value: { run: null } });
  });
  it('leaves a bundle that was made as it is', async () => {
    await ask('secrets.generate-all');
    await ask('bundle.generate', { name: 'guest' });
    expect(await d('fleet.start', places)).toMatchObject({ ok: true });
    expect((await ask('project.view')).bundle).not.toBeNull();
  });
});
