/** What was read or copied for a moment is wiped, also when nothing comes of it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Bytes } from '../../core/bytes.ts';
import { nodeEnv } from '../../edge/env.ts';
import type { TenantRecord } from '../../edge/record.ts';
import { Session } from '../../electron/session.ts';
import { scratch } from '../support/webtenant.ts';

const dir = scratch();
process.env.XDG_STATE_HOME = dir.path('state');
afterAll(() => dir.remove());

const seen = vi.hoisted(() => ({ values: [] as Bytes[], records: [] as (TenantRecord | undefined)[] }));
vi.mock('../../core/bundle/preflight.ts', async (original) => {
  const real = await original<typeof import('../../core/bundle/preflight.ts')>();
  return {
    ...real,
    preflight: (input: Parameters<typeof real.preflight>[0]) => {
      seen.values = [...input.values.values()];
      return real.preflight(input);
    },
  };
});
vi.mock('../../edge/record.ts', async (original) => {
  const real = await original<typeof import('../../edge/record.ts')>();
  return {
    ...real,
    findRecordById: (id: string) => {
      const record = real.findRecordById(id);
      seen.records.push(record);
      return record;
    },
  };
});

const isWiped = (bytes: Bytes | undefined): boolean => bytes?.every((b) => b === 0) ?? false;
const sample = (home: string): Session => {
  const session = new Session({ env: nodeEnv, home });
  session.openSample();
  session.values.generateAll();
  return session;
};

describe('nothing is left', () => {
  it('of the values of a bundle whose number could not be found', async () => {
    const home = dir.path('unreadable');
    mkdirSync(`${home}/private`, { recursive: true });
    writeFileSync(`${home}/private/bundles`, 'a file where a directory is expected');
    const session = sample(home);
    await expect(session.bundle.generate('guest')).rejects.toMatchObject({ code: expect.stringMatching(/^io-/) });
    expect(seen.values).toHaveLength(4);
    expect(seen.values.every(isWiped)).toBe(true);
    // copies went, the project's own are there
    expect(isWiped(session.values.reveal('cck'))).toBe(false);
    session.reset();
  });
  it('of the keys of a record that a report was checked with', async () => {
    const session = sample(dir.path('home'));
    await session.bundle.generate('guest');
    session.handOver.save(dir.path('home/guest.selbundle'));
    session.rehearsal.boot(session.view().hosts[0] ?? '');
    session.rehearsal.saveReport(dir.path('home/report.bin'));
    session.reset();
    const view = session.verdict.judgeFile({ name: 'report.bin', bytes: readFileSync(dir.path('home/report.bin')) });
    expect(view.verdict).toMatchObject({ ownRecord: true });
    expect(view.verdict?.grade).not.toBe('failed');
    const [record] = seen.records;
    expect([record?.attestationKey, record?.reportKey].map(isWiped)).toEqual([true, true]);
    rmSync(dir.path('home'), { recursive: true });
  });
});
