/** Making a bundle takes a while, and the window goes on meanwhile: what is made of a project must not end up in another one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeEnv } from '../../edge/env.ts';
import type { Answer, ProjectView } from '../../electron/contract.ts';
import { createDispatch, type Dispatch } from '../../electron/handlers.ts';
import { Session } from '../../electron/session.ts';
import { testPlatform } from '../support/platform.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-generating-'));
process.env.XDG_STATE_HOME = join(home, 'state');
afterAll(() => rmSync(home, { recursive: true, force: true }));

const platform = testPlatform(home);
const value = async (dispatch: Dispatch, channel: string, args: unknown): Promise<ProjectView> => {
  const answer = (await dispatch(channel, args)) as Answer<ProjectView>;
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.what}`);
  return answer.value;
};
const passphrase = (): Uint8Array => new TextEncoder().encode('correct horse battery staple');
const ready = async (): Promise<Dispatch> => {
  const dispatch = createDispatch(platform, new Session({ env: nodeEnv, home }));
  await value(dispatch, 'project.sample', {});
  await value(dispatch, 'secrets.generate-all', {});
  return dispatch;
};
const generate = (dispatch: Dispatch): Promise<Answer<unknown>> => dispatch('bundle.generate', { name: 'guest' });
/** Lets the work begin. */
const begun = async (dispatch: Dispatch): Promise<void> => {
  for (;;) {
    const answer = await dispatch('bundle.progress', {});
    if (answer.ok && (answer.value as { done: number }).done > 0) return;
    await new Promise(setImmediate);
  }
};

describe('while a bundle is made', () => {
  it.each([
    ['the project is closed', 'project.reset', () => ({})],
    ['another one is opened', 'project.open', (path: string) => ({ path, passphrase: passphrase(), backup: false })],
    ['the sample tenant is opened', 'project.sample', () => ({})],
    ['a value is forgotten', 'secrets.clear', () => ({ name: 'cck' })],
  ] as const)('%s: the bundle is given up, and gets into no project', async (what, channel, args) => {
    const path = join(home, `${channel}.selwright`);
    const other = createDispatch(platform, new Session({ env: nodeEnv, home }));
    await value(other, 'project.create', { path, name: 'other', passphrase: passphrase() });
    await value(other, 'project.lock', {});
    const dispatch = await ready();
    const making = generate(dispatch);
    await begun(dispatch);
    await value(dispatch, channel, args(path));
    expect(await making, what).toMatchObject({ ok: false, code: 'conflict' });
    const view = await value(dispatch, 'project.view', {});
    expect(view.bundle).toBeNull();
    expect(view.bundles).toEqual([]);
    // and nothing is at work any more
    await value(dispatch, 'project.sample', {});
    await value(dispatch, 'secrets.generate-all', {});
    expect(await generate(dispatch)).toMatchObject({ ok: true });
  });

  it('cancelling counts until the last request is made', async () => {
    const dispatch = await ready();
    const making = generate(dispatch);
    for (;;) {
      const answer = await dispatch('bundle.progress', {});
      const { done, total } = (answer as { value: { done: number; total: number } }).value;
      if (total > 0 && done === total) break;
      await new Promise(setImmediate);
    }
    await dispatch('bundle.cancel', {});
    expect(await making).toMatchObject({ ok: false, code: 'conflict' });
    expect((await value(dispatch, 'project.view', {})).bundles).toEqual([]);
  });
});
