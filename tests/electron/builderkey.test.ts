/** A policy that derives the extension secret from the key the image was built with: asked for, held for the session, used, wiped. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bytes, utf8 } from '../../core/bytes.ts';
import { buildImage } from '../../core/image/image.ts';
import { nodeEnv } from '../../edge/env.ts';
import type { Answer, ProjectView } from '../../electron/contract.ts';
import { createDispatch, type Dispatch } from '../../electron/handlers.ts';
import { Session } from '../../electron/session.ts';
import { testPlatform } from '../support/platform.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-builderkey-'));
process.env.XDG_STATE_HOME = join(home, 'state');
afterAll(() => rmSync(home, { recursive: true, force: true }));

const seen = vi.hoisted(() => ({ fleets: [] as (Bytes | undefined)[], end: () => {} }));
vi.mock('../../edge/fleet.ts', () => ({
  startFleet: (input: { cck?: Bytes }) => {
    seen.fleets.push(input.cck);
    const done = new Promise<object>((end) => {
      seen.end = () => end({ total: 1, made: 1, before: 0, failures: [], cancelled: false, seconds: 1 });
    });
    return {
      done,
      cancel: () => {},
      progress: () => ({ total: 1, made: 0, before: 0, failed: 0, atHand: [], elapsed: 0, state: 'ended' }),
    };
  },
}));

const CCK = nodeEnv.random(32);
const key = (bytes: Bytes = CCK, name = 'image.cck') => ({ name, bytes: bytes.slice() });

let session: Session;
let d: Dispatch;
const ask = async (channel: string, args: unknown = {}): Promise<ProjectView> => {
  const answer = (await d(channel, args)) as Answer<ProjectView>;
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.what}`);
  return answer.value;
};

/** The sample's policy and image, but for the extension secret. */
beforeEach(async () => {
  session = new Session({ env: nodeEnv, home });
  d = createDispatch(testPlatform(home), session);
  const sample = await ask('project.sample');
  const { image } = buildImage(
    {
      hostKeys: session.fleetBasis.hostKeys.map((h) => h.document.publicKey),
      components: [utf8('kernel'), utf8('rd.sel-ebc root=LABEL=root'), new Uint8Array(9000).fill(7)],
      plaintextFlags: ['no-component-encryption', 'pckmo-aes', 'pckmo-dea', 'pckmo-ecc', 'pckmo-hmac'],
      secretFlags: ['cck-extension-secret'],
      cck: CCK,
    },
    nodeEnv,
  );
  await ask('image.set', { name: 'own.img', bytes: image, cut: false });
  const text = (sample.policy?.text ?? '')
    .replace('extension-secret: random', 'extension-secret: cck-derived')
    .replace('cck-update: required', 'cck-update: none')
    .replace('order: [cck, ', 'order: [')
    .replace(/ {2}- name: cck\n(?: {4}.*\n)*/, '');
  await ask('policy.text', { text });
  await ask('secrets.generate-all');
});

const MISSING = 'The customer communication key of the image is missing.';

describe('the key the image was built with', () => {
  it('is asked for where the policy needs it, and nowhere else', async () => {
    const view = await ask('project.view');
    expect(view.builderKey).toBeNull();
    expect(view.lacks.secrets).toEqual([MISSING]);
    expect(view.commands).toEqual([]);
    await expect(ask('bundle.generate', { name: 'guest' })).rejects.toThrow('missing-value');
    const random = await ask('policy.template', { name: 'ebc-minimal' });
    expect(random.builderKey).toBeUndefined();
    expect(await d('image.cck', key())).toMatchObject({ ok: false, code: 'conflict' });
  });
  it('makes requests that a guest of that image accepts, and the lab has it too', async () => {
    const view = await ask('image.cck', key());
    expect(view.builderKey).toBe('image.cck');
    expect(view.lacks.secrets).toEqual([]);
    expect(JSON.stringify(view.commands)).toContain('image.cck');
    expect((await ask('bundle.generate', { name: 'guest' })).bundle?.findings.filter((f) => f.severity === 'error')).toEqual([]);
    const { boot } = await ask('boot.run', { name: view.hosts[0] });
    expect(boot).toMatchObject({ booted: true, stoppedAt: null });
    const lab = (await d('lab.run', { host: view.hosts[0], attack: 'older-bundle' })) as Answer<unknown>;
    expect(lab.ok).toBe(true);
  });
  it('of another image makes requests that the guest refuses', async () => {
    await ask('image.cck', key(nodeEnv.random(32)));
    const { hosts } = await ask('bundle.generate', { name: 'guest' });
    expect((await ask('boot.run', { name: hosts[0] })).boot?.booted).toBe(false);
  });
  it('has 32 bytes and is not nothing; what was wrong changes nothing', async () => {
    await ask('image.cck', key());
    for (const [bytes, code] of [
      [CCK.subarray(1), 'wrong-length'],
      [new Uint8Array(64).fill(1), 'wrong-length'],
      [new Uint8Array(32), 'bad-value'],
    ] as const)
      expect(await d('image.cck', key(bytes, 'other.bin'))).toMatchObject({
        ok: false,
        code,
        what: expect.stringContaining('other.bin'),
      });
    expect((await ask('project.view')).builderKey).toBe('image.cck');
  });
  it('takes a bundle along that was made with another one', async () => {
    await ask('image.cck', key());
    expect((await ask('bundle.generate', { name: 'guest' })).bundle).not.toBeNull();
    expect((await ask('image.cck', key(nodeEnv.random(32)))).bundle).toBeNull();
    expect((await ask('bundle.generate', { name: 'guest' })).bundle).not.toBeNull();
    const view = await ask('image.cck-forget');
    expect([view.bundle, view.builderKey]).toEqual([null, null]);
  });
});

describe('is wiped', () => {
  const held = (): Bytes => session.fleetBasis.cck as Bytes;
  const isWiped = (bytes: Bytes): boolean => bytes.length === 32 && bytes.every((b) => b === 0);
  const file = (): string => join(home, `kept-${Math.random().toString(36).slice(2)}.selwright`);

  it.each([
    ['the argument it came in', async (): Promise<void> => {}],
    ['when it is forgotten', () => ask('image.cck-forget')],
    ['when another one takes its place', () => ask('image.cck', key(nodeEnv.random(32), 'other'))],
    [
      'when another image is chosen',
      () => ask('image.set', { name: 'again.img', bytes: session.fleetBasis.header?.bytes, cut: true }),
    ],
    ['with the values', () => ask('secrets.forget')],
    ['when the project is closed', () => ask('project.reset')],
    ['when another project is opened', () => ask('project.sample')],
  ] as const)('%s', async (what: string, act: () => Promise<unknown>): Promise<void> => {
    const given = key();
    await ask('image.cck', given);
    expect(isWiped(given.bytes)).toBe(true);
    const bytes = held();
    expect(bytes).toEqual(CCK);
    await act();
    if (what !== 'the argument it came in') expect(isWiped(bytes)).toBe(true);
  });
  it('when the project is locked; and no project file has it', async () => {
    const path = file();
    const passphrase = (): Bytes => utf8('correct horse battery staple').slice();
    await ask('image.cck', key());
    await ask('project.create', { path, name: 'kept', passphrase: passphrase() });
    expect(session.fleetBasis.cck).toEqual(CCK);
    const bytes = held();
    await ask('project.lock');
    expect(isWiped(bytes)).toBe(true);
    const view = await ask('project.unlock', { passphrase: passphrase() });
    expect(view.builderKey).toBeNull();
    expect(view.lacks.secrets).toEqual([MISSING]);
    expect(readFileSync(path).includes(Buffer.from(CCK))).toBe(false);
  });
  it('and no fleet starts with what is left of it', async () => {
    const places = { values: join(home, 'wiped/values'), output: join(home, 'wiped/out') };
    await d('fleet.table', { name: 'guests.csv', bytes: utf8('guest\nweb-01\n') });
    await ask('image.cck', key());
    const before = seen.fleets.length;
    const starting = d('fleet.start', places);
    await ask('image.cck-forget');
    expect(await starting).toMatchObject({ ok: false, code: 'missing-value' });
    expect(seen.fleets).toHaveLength(before);
  });
  it('by a fleet when that has ended, whatever became of the project meanwhile', async () => {
    const places = { values: join(home, 'fleet/values'), output: join(home, 'fleet/out') };
    await d('fleet.table', { name: 'guests.csv', bytes: utf8('guest\nweb-01\n') });
    expect(await d('fleet.view', {})).toMatchObject({ value: { lacks: [{ step: 'secrets', says: MISSING }] } });
    expect(await d('fleet.start', places)).toMatchObject({ ok: false, code: 'missing-value' });
    await ask('image.cck', key());
    expect(await d('fleet.start', places)).toMatchObject({ ok: true });
    await ask('project.reset');
    const [own] = seen.fleets as [Bytes];
    expect(own).toEqual(CCK);
    seen.end();
    await vi.waitFor(() => expect(isWiped(own)).toBe(true));
    expect(existsSync(places.output)).toBe(false);
  });
});
