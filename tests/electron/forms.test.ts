/** Forms a bundle leaves in, from the window's main side: Kata initdata, and a pvics.yaml with what must lie beside it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { nodeEnv } from '../../edge/env.ts';
import type { Answer, ProjectView } from '../../electron/contract.ts';
import { createDispatch, type Dispatch } from '../../electron/handlers.ts';
import { Session } from '../../electron/session.ts';
import { testPlatform } from '../support/platform.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-forms-'));
process.env.XDG_STATE_HOME = join(home, 'state');
afterAll(() => rmSync(home, { recursive: true, force: true }));

const platform = testPlatform(home);
/** @param own name of its own place: records of two tenants may not meet */
const fresh = (own: string): Dispatch => createDispatch(platform, new Session({ env: nodeEnv, home: join(home, own) }));
const ask = async <T = ProjectView>(dispatch: Dispatch, channel: string, args: unknown): Promise<T> => {
  const answer = (await dispatch(channel, args)) as Answer<T>;
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.what}`);
  return answer.value;
};
const made = async (policy?: string): Promise<Dispatch> => {
  const dispatch = fresh(policy ?? 'own');
  await ask(dispatch, 'project.sample', {});
  if (policy) await ask(dispatch, 'policy.template', { name: policy });
  if (policy === 'kata-pod')
    await ask(dispatch, 'secrets.import', { name: 'default-credential-app', bytes: new TextEncoder().encode('token=1') });
  await ask(dispatch, 'secrets.generate-all', {});
  await ask(dispatch, 'bundle.generate', { name: 'guest' });
  return dispatch;
};

let sample: Dispatch;
beforeAll(async () => {
  sample = await made();
});

describe('Kata initdata', () => {
  it('has every request of the bundle, leaves a record, and counts as handed over', async () => {
    const pod = await made('kata-pod');
    const path = join(home, 'guest.toml');
    const view = await ask(pod, 'bundle.pack', { path, packing: 'initdata' });
    const text = readFileSync(path, 'utf8');
    for (const { file } of view.bundle?.order ?? []) expect(text).toContain(file === 'cck.asr' ? 'update-cck.asr' : file);
    expect(view.bundle?.order.length).toBeGreaterThan(3);
    expect(view.bundle?.savedTo).toBe(path);
    expect(readFileSync(join(view.bundle?.recordIn ?? '', 'expected.json'), 'utf8')).toContain(view.bundle?.id ?? 'nothing');
    expect(view.lacks['hand-over']).toEqual([]);
  });
});

describe('a pvics.yaml', () => {
  it('names what lies beside it, each of which is said, and the extension secret of the record', async () => {
    const path = join(home, 'own', 'pvics.yaml');
    const answer = await ask<{ path: string; beside: { name: string; says: string }[] }>(sample, 'bundle.pvics', { path });
    const yaml = parse(readFileSync(path, 'utf8'));
    expect(yaml).toMatchObject({
      'no-verify': false,
      hkds: ['alpha.crt', 'beta.crt'],
      'certificate-chain': { 'root-ca': 'root.crt', offline: true },
      encrypt: {
        'extension-secret': 'extension-secret',
        'luks-key': 'values/rfs-luks-key',
        'luks-key-size': 512,
        'add-secret-requests': ['guest-1.selbundle/sics/report-key.asr'],
      },
    });
    const { bundle } = await ask(sample, 'project.view', {});
    expect(answer.beside.map((b) => b.name)).toEqual([
      expect.stringMatching(/^alpha\.crt, beta\.crt, .*root\.crt$/),
      'values/',
      'extension-secret',
      'guest-1.selbundle/',
    ]);
    expect(answer.beside[2]?.says).toContain(`${bundle?.recordIn}/extension-secret`);
    expect(readFileSync(join(bundle?.recordIn ?? '', 'extension-secret'))).toHaveLength(32);
    // the bundle itself has not left
    expect(bundle?.savedTo).toBeNull();
  });
  it('is refused with a sentence for a policy without a root disk', async () => {
    const pod = await made('kata-pod');
    const refused = await pod('bundle.pvics', { path: join(home, 'no.yaml') });
    expect(refused).toMatchObject({ ok: false, code: 'missing-value', what: expect.stringContaining('luks-root-key') });
  });
});
