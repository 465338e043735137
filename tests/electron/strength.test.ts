/** The floor of a policy in the window's main side: typed, imported, hashed, kept in a project file, under a policy that changes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { nodeEnv } from '../../edge/env.ts';
import type { Answer, ProjectView, SecretView } from '../../electron/contract.ts';
import { createDispatch, type Dispatch } from '../../electron/handlers.ts';
import { Session } from '../../electron/session.ts';
import { testPlatform } from '../support/platform.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-strength-'));
process.env.XDG_STATE_HOME = join(home, 'state');
afterAll(() => rmSync(home, { recursive: true, force: true }));

const platform = testPlatform(home);
/** 20 characters and more, as the policy demands; a word, a number, a word. */
const WEAK = 'password1234password';
const STRONG = 'kX9vQ2mZ7pL4wR8tB3nC6yH1dF5';
const NAME = 'luks-rfs-passphrase';

let dispatch: Dispatch;
const ask = async (channel: string, args: unknown): Promise<ProjectView> => {
  const answer = (await dispatch(channel, args)) as Answer<ProjectView>;
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.what}`);
  return answer.value;
};
const card = (view: ProjectView, name = NAME): SecretView => view.secrets.find((s) => s.name === name) as SecretView;
const type = (value: string, name = NAME) => ask('secrets.type', { name, value: utf8(value) });
const without = async (floor: RegExp): Promise<ProjectView> => {
  const { policy } = await ask('project.view', {});
  return ask('policy.text', { text: policy?.text.replace(floor, '') ?? '' });
};

beforeEach(async () => {
  dispatch = createDispatch(platform, new Session({ env: nodeEnv, home }));
  await ask('project.sample', {});
  await ask('secrets.generate-all', {});
});

describe('a typed passphrase under the floor', () => {
  it('is wrong on its card, keeps Review shut with a sentence, and no bundle is made with it', async () => {
    const view = await type(WEAK);
    expect(card(view)).toMatchObject({ state: 'wrong', estimated: true });
    expect(card(view).traps.map((t) => t.says)).toEqual(['It is weaker than the policy demands.']);
    expect(view.lacks.review).toContain(`The value of ${NAME} does not fit. It is weaker than the policy demands.`);
    expect(await dispatch('bundle.generate', { name: 'guest' })).toMatchObject({ ok: false, code: 'conflict' });
    expect((await ask('project.view', {})).bundle).toBeNull();
  });
  it('gives way to a strong one; generated ones keep the bits they were made with', async () => {
    expect(card(await type(WEAK)).state).toBe('wrong');
    const typed = card(await type(STRONG));
    // letters and digits alone are no Base64 that anybody decodes
    expect(typed).toMatchObject({ state: 'ready', estimated: true, traps: [], understood: expect.stringMatching(/^Text\./) });
    expect(typed.bits).toBeGreaterThanOrEqual(128);
    const made = card(await ask('secrets.generate', { name: NAME, generator: 'words' }));
    expect(made).toMatchObject({ state: 'ready', estimated: false });
    expect(made.bits).toBeGreaterThanOrEqual(128);
  });
  it('from a file is the same, also when its line feed is taken off', async () => {
    const view = await ask('secrets.import', { name: NAME, bytes: utf8(`${WEAK}\n`) });
    expect(card(view).traps).toHaveLength(2);
    const stripped = await ask('secrets.remedy', { name: NAME, remedy: 'strip-newline', passphrase: null });
    expect(card(stripped)).toMatchObject({ state: 'wrong', traps: [{ says: 'It is weaker than the policy demands.' }] });
  });
});

describe('the floor of a login', () => {
  beforeEach(() => ask('policy.template', { name: 'web-server' }));
  it('is looked at before the password becomes a hash', async () => {
    expect(card(await type('summer2024', 'admin-login'), 'admin-login')).toMatchObject({
      state: 'wrong',
      login: 'admin',
      traps: [{ says: 'It is weaker than the policy demands.' }],
    });
    expect(card(await type('plum-violin-orbit-candle-71', 'admin-login'), 'admin-login')).toMatchObject({ state: 'ready' });
  });
  it('is looked at when a file with a password is made a hash of', async () => {
    await ask('secrets.import', { name: 'admin-login', bytes: utf8('summer2024\n') });
    const view = await ask('secrets.remedy', { name: 'admin-login', remedy: 'hash-password', passphrase: null });
    expect(card(view, 'admin-login')).toMatchObject({ state: 'wrong', login: 'admin' });
  });
});

describe('what is known of a strength', () => {
  const passphrase = () => utf8('a passphrase of some length');
  it('stays with the project file, of a hash too', async () => {
    await ask('policy.template', { name: 'web-server' });
    await ask('project.create', { path: join(home, 'kept.selwright'), name: 'kept', passphrase: passphrase() });
    await type('summer2024', 'admin-login');
    await type(WEAK);
    await ask('project.lock', {});
    const again = await ask('project.unlock', { passphrase: passphrase() });
    for (const name of ['admin-login', NAME]) expect(card(again, name).state, name).toBe('wrong');
    await ask('project.reset', {});
  });
  it('is worked out for a policy that gets its floor later', async () => {
    const { policy } = await ask('project.view', {});
    await without(/min-entropy-bits: 128, /);
    expect(card(await type(WEAK))).toMatchObject({ state: 'ready', bits: null });
    expect(card(await ask('policy.text', { text: policy?.text ?? '' }))).toMatchObject({ state: 'wrong', estimated: true });
  });
});

describe('a volume key of a size that no command takes', () => {
  it('is wrong on its card, and the view is still there', async () => {
    const view = await ask('secrets.import', { name: 'rfs-luks-key', bytes: new Uint8Array(31).map((_, i) => 7 * i) });
    expect(card(view, 'rfs-luks-key').traps.map((t) => t.says)).toEqual(['It has the wrong size for this key.']);
    expect(view.commands.length).toBeGreaterThan(0);
  });
});

describe('a warning', () => {
  it('is shown on a card that is ready, and the bundle is made', async () => {
    await without(/charset: printable-ascii, /);
    const view = await ask('secrets.import', { name: NAME, bytes: utf8(`${STRONG}\0`) });
    expect(card(view)).toMatchObject({
      state: 'ready',
      traps: [{ severity: 'warning', says: 'It has a NUL byte, which nobody can type.' }],
    });
    expect(view.lacks.secrets).toEqual([]);
    expect((await ask('bundle.generate', { name: 'guest' })).bundle).not.toBeNull();
  });
});
