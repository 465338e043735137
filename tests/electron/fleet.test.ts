/** The desk for fleets behind the contract: what it refuses, what it shows of a table, and that it never shows what is in a cell. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { nodeEnv } from '../../edge/env.ts';
import type { Answer, FleetView } from '../../electron/contract.ts';
import { createDispatch, type Dispatch } from '../../electron/handlers.ts';
import { Session } from '../../electron/session.ts';
import { testPlatform } from '../support/platform.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-desk-'));
process.env.XDG_STATE_HOME = join(home, 'state');
afterAll(() => rmSync(home, { recursive: true, force: true }));

const platform = testPlatform(home);
const fresh = (): Dispatch => createDispatch(platform, new Session({ env: nodeEnv, home }));
const ask = async (d: Dispatch, channel: string, args: unknown = {}): Promise<FleetView> => {
  const answer = (await d(channel, args)) as Answer<FleetView>;
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.what}`);
  return answer.value;
};
const table = (text: string, name = 'guests.csv') => ({ name, bytes: utf8(text) });
const places = (name: string) => ({ values: join(home, name, 'values'), output: join(home, name, 'out') });

describe('without a project', () => {
  it('says what is missing and where to get it', async () => {
    const d = fresh();
    const view = await ask(d, 'fleet.view');
    expect(view.lacks.map((l) => l.step)).toEqual(['host-keys', 'image', 'policy']);
    expect(await d('fleet.table', table('guest\na\n'))).toMatchObject({ ok: false, code: 'missing-value' });
    expect(await d('fleet.start', places('none'))).toMatchObject({ ok: false, code: 'missing-value' });
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('with the sample tenant', () => {
  let d: Dispatch;
  beforeAll(async () => {
    d = fresh();
    await d('project.sample', {});
  });

  it('shows what it understood of a table', async () => {
    const { table: shown } = await ask(d, 'fleet.table', table('guest,cck\n*,common\nweb-01,\nweb-02,file:special/cck\n'));
    expect(shown).toMatchObject({ guests: 2, first: ['web-01', 'web-02'], problem: null });
    expect(shown?.values.find((v) => v.name === 'cck')).toEqual({
      name: 'cck',
      says: 'the file common/cck, the same for every guest',
      own: 1,
    });
  });
  it('says the line of a mistake and nothing of what the cell holds', async () => {
    const view = await ask(d, 'fleet.table', table('guest,cck\nweb-01,hunter2hunter2\n'));
    expect(view.table?.problem?.what).toMatch(/line 2, cck/);
    expect(JSON.stringify(view)).not.toContain('hunter2');
    expect(await d('fleet.plan', places('wrong'))).toMatchObject({ ok: false, code: 'missing-value' });
  });
  it('says all of it in another language as soon as that is chosen', async () => {
    const english = await ask(d, 'fleet.view');
    await d('settings.change', { language: 'de' });
    const { table: german } = await ask(d, 'fleet.view');
    await d('settings.change', { language: 'en' });
    expect(german?.problem?.what).toMatch(/hat einen unzulässigen Wert/);
    expect((await ask(d, 'fleet.view')).table).toEqual(english.table);
  });
  it('plans, names every missing file, makes nothing of it, and refuses to start', async () => {
    await ask(d, 'fleet.table', table('guest,cck\nweb-01,file\nweb-02,\n'));
    const there = places('missing');
    mkdirSync(join(home, 'missing'));
    const { plan } = await ask(d, 'fleet.plan', there);
    expect(plan).toMatchObject({ total: 2, before: 0, missingCount: 1 });
    expect(plan?.missing).toEqual([{ guest: 'web-01', line: 2, path: join(there.values, 'web-01', 'cck') }]);
    expect(await d('fleet.start', there)).toMatchObject({ ok: false, code: 'io-not-found' });
    expect(readdirSync(join(home, 'missing'))).toEqual([]);
  });
  it('makes no parents outside of its own place, and takes whole paths only', async () => {
    await ask(d, 'fleet.table', table('guest\nweb-01\n'));
    const out = join(tmpdir(), 'selwright-not-there', 'x', 'out');
    expect(await d('fleet.plan', { ...places('a'), output: out })).toMatchObject({ ok: false, code: 'io-not-found' });
    expect(await d('fleet.plan', { ...places('a'), output: 'out' })).toMatchObject({ ok: false, code: 'bad-value' });
    expect(await d('fleet.plan', { ...places('a'), values: 'values' })).toMatchObject({ ok: false, code: 'bad-value' });
  });
  it('reads the table again when the policy changes: a plan for another policy does not count', async () => {
    await ask(d, 'fleet.table', table('guest,cck\nweb-01,\n'));
    mkdirSync(join(home, 'changed'));
    expect((await ask(d, 'fleet.plan', places('changed'))).plan).not.toBeNull();
    expect(await d('policy.template', { name: 'ebc-minimal' })).toMatchObject({ ok: true });
    const view = await ask(d, 'fleet.view');
    expect(view.plan).toBeNull();
    await d('project.sample', {});
  });
  it('counts host keys and keeps to what the policy says of approvals', async () => {
    const view = (await d('project.view', {})) as { ok: true; value: { policy: { text: string } } };
    const { text } = view.value.policy;
    const set = (t: string) => d('policy.text', { text: t });
    await set(`${text}approvals: { required: 1 }\n`);
    await ask(d, 'fleet.table', table('guest\nweb-01\n'));
    expect((await ask(d, 'fleet.view')).findings.some((f) => f.rule === 'A01' && f.severity === 'error')).toBe(true);
    expect(await d('fleet.start', places('shut'))).toMatchObject({ ok: false, code: 'conflict' });
    await set(text.replace('host-keys: { min: 1, max: 8', 'host-keys: { min: 3, max: 8'));
    expect(await d('fleet.start', places('shut'))).toMatchObject({ ok: false, code: 'limit' });
    await set(text);
  });
  it('does not work for a locked project, and says how the fleet goes all the same', async () => {
    const passphrase = utf8('correct horse battery staple');
    await d('project.create', { path: join(home, 'kept.selwright'), name: 'kept', passphrase });
    await d('project.lock', {});
    expect(await d('fleet.start', places('locked'))).toMatchObject({ ok: false, code: 'locked' });
    expect(await d('fleet.view', {})).toMatchObject({ ok: true });
    expect(await d('fleet.cancel', {})).toMatchObject({ ok: true });
  });
});
