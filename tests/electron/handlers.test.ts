/** The contract as the window sees it: what is refused, and that no secret value ever comes back. */
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readPacked } from '../../core/packing/pack.ts';
import { nodeEnv } from '../../edge/env.ts';
import type { Answer, ProjectView } from '../../electron/contract.ts';
import { createDispatch, type Dispatch } from '../../electron/handlers.ts';
import { Session } from '../../electron/session.ts';
import { testPlatform } from '../support/platform.ts';
import { havePdftotext, itWith, run } from '../support/programs.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-session-'));
process.env.XDG_STATE_HOME = join(home, 'state');

const platform = testPlatform(home);
const fresh = (): Dispatch => createDispatch(platform, new Session({ env: nodeEnv, home }));
const value = async (dispatch: Dispatch, channel: string, args: unknown): Promise<ProjectView> => {
  const answer = (await dispatch(channel, args)) as Answer<ProjectView>;
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.what}`);
  return answer.value;
};

describe('the contract refuses', () => {
  it.each([
    ['no.such.channel', {}],
    ['constructor', {}],
    ['project.view', { more: 1 }],
    ['secrets.type', { name: 'cck', value: 'not bytes' }],
    ['secrets.generate', { name: '' }],
    ['bundle.save', { path: '' }],
    ['host-keys.accept', { phkh: 'short', typed: 'unverified' }],
    ['image.set', { name: 'x', bytes: new Uint8Array(1) }],
  ])('%s with bad arguments', async (channel, args) => {
    const answer = await fresh()(channel, args);
    expect(answer.ok).toBe(false);
    // an argument may be a secret: it is never repeated
    expect(JSON.stringify(answer)).not.toContain('not bytes');
  });
  it('what needs something before it, with a sentence', async () => {
    const dispatch = fresh();
    for (const [channel, args] of [
      ['secrets.generate', { name: 'cck' }],
      ['bundle.generate', { name: 'guest' }],
      ['bundle.save', { path: '/tmp/x' }],
      ['boot.run', { name: 'alpha' }],
      ['report.simulated', {}],
      ['report.save', { path: '/tmp/x' }],
      ['verdict.save', { path: '/tmp/x' }],
      ['secrets.export', { path: '/tmp/x' }],
      ['policy.template', { name: 'no-such' }],
    ] as const) {
      const answer = await dispatch(channel, args);
      expect(answer, channel).toMatchObject({ ok: false });
      expect((answer as { what: string }).what, channel).not.toMatch(/inside the program/);
    }
  });
  it('relative places', async () => {
    const dispatch = fresh();
    await value(dispatch, 'project.sample', {});
    await value(dispatch, 'secrets.generate-all', {});
    expect(await dispatch('secrets.export', { path: 'here' })).toMatchObject({ ok: false, code: 'bad-value' });
  });
});

describe('a whole session', () => {
  const MARK = 'Marker-kX9vQ2mZ7pL4wR8tB3nC6yH1dF5';
  const CCK = new Uint8Array(32).map((_, i) => (i * 37 + 200) & 0xff);
  const answers: unknown[] = [];
  let view: ProjectView;
  beforeAll(async () => {
    const dispatch = fresh();
    const ask = async (channel: string, args: unknown): Promise<void> => {
      const answer = (await dispatch(channel, args)) as Answer<ProjectView>;
      answers.push(answer);
      if (answer.ok && 'lacks' in answer.value) view = answer.value;
      expect(answer.ok, `${channel}: ${JSON.stringify(answer)}`).toBe(true);
    };
    await ask('project.sample', {});
    await ask('secrets.generate-all', {});
    await ask('secrets.type', { name: 'luks-rfs-passphrase', value: new TextEncoder().encode(MARK) });
    await ask('secrets.import', { name: 'cck', bytes: CCK.slice() });
    await ask('bundle.generate', { name: 'guest' });
    await ask('bundle.save', { path: join(home, 'guest.selbundle') });
    await ask('bundle.sheet', { path: join(home, 'sheet.pdf') });
    await ask('bundle.pack', { path: join(home, 'guest.tar'), packing: 'tar' });
    await ask('secrets.export', { path: join(home, 'values') });
    await ask('boot.run', { name: 'beta' });
    await ask('report.simulated', {});
    await ask('verdict.save', { path: join(home, 'verdict') });
    await ask('report.save', { path: join(home, 'report.json') });
  });

  it('ends proven', () => {
    expect(view.verdict?.grade).toBe('proven');
    expect(view.done).toHaveLength(8);
  });

  it('never answers with a secret value, in any encoding', () => {
    const said = JSON.stringify(answers, (_, v) => (v instanceof Uint8Array ? Buffer.from(v).toString('latin1') : v));
    for (const b of [Buffer.from(MARK), Buffer.from(CCK)])
      for (const form of [b.toString('latin1'), b.toString('hex'), b.toString('base64').slice(0, 40)])
        expect(said).not.toContain(form);
    for (const name of readdirSync(join(home, 'values'))) {
      const b = readFileSync(join(home, 'values', name));
      for (const form of [b.toString('hex'), b.toString('base64')]) expect(said, name).not.toContain(form);
    }
  });

  it('writes the values for their owner alone', () => {
    expect(statSync(join(home, 'values')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(home, 'values')).sort()).toEqual(['cck', 'luks-rfs-passphrase', 'rfs-luks-key']);
    for (const name of readdirSync(join(home, 'values'))) expect(statSync(join(home, 'values', name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(home, 'values', 'luks-rfs-passphrase'), 'utf8')).toBe(MARK);
  });

  it('judges the saved report again as an earlier, known guest, in a new session', async () => {
    const again = await value(fresh(), 'report.load', {
      name: 'report.json',
      bytes: new Uint8Array(readFileSync(join(home, 'report.json'))),
    });
    expect(again.verdict?.ownRecord).toBe(true);
    expect(again.verdict?.grade).toBe('proven');
  });

  it('packs the bundle as one file that reads as the same bundle', () => {
    const entries = readPacked(new Uint8Array(readFileSync(join(home, 'guest.tar'))));
    const names = entries.filter((e) => e.path.startsWith('sics/') && e.kind === 'file').map((e) => e.path.slice(5));
    expect(names.filter((n) => !n.includes('/')).sort()).toEqual(
      readdirSync(join(home, 'guest.selbundle', 'sics'), { withFileTypes: true })
        .filter((e) => e.isFile())
        .map((e) => e.name)
        .sort(),
    );
  });

  it('prints the bundle and the verdict: PDF, and HTML that needs no script', () => {
    for (const pdf of ['sheet.pdf', 'verdict/verdict.pdf'])
      expect(readFileSync(join(home, pdf)).subarray(0, 5).toString(), pdf).toBe('%PDF-');
    const html = readFileSync(join(home, 'verdict', 'verdict.html'), 'utf8');
    expect(html).toContain('Proven');
    expect(html).not.toMatch(/<script|https?:/);
  });

  itWith(havePdftotext, 'pdftotext', 'prints what machines can open the bundle, and until when', () => {
    const said = run('pdftotext', ['-layout', join(home, 'sheet.pdf'), '-']).toString();
    expect(view.hostKeys.length).toBeGreaterThan(0);
    for (const k of view.hostKeys) expect(said).toMatch(new RegExp(`${k.phkh} +${k.serial} +${k.notAfter} +verified`));
  });

  it('has no value in the bundle', () => {
    const walk = (directory: string): string[] =>
      readdirSync(directory, { withFileTypes: true }).flatMap((e) =>
        e.isDirectory() ? walk(join(directory, e.name)) : [join(directory, e.name)],
      );
    for (const f of walk(join(home, 'guest.selbundle'))) {
      const content = readFileSync(f);
      expect(content.includes(MARK), f).toBe(false);
      expect(content.includes(readFileSync(join(home, 'values', 'rfs-luks-key'))), f).toBe(false);
    }
  });
});

describe('a project that is left alone', () => {
  it('is locked: nothing but opening it is answered, and the file opens again', async () => {
    const session = new Session({ env: nodeEnv, home });
    const dispatch = createDispatch(platform, session, 400);
    const passphrase = () => new TextEncoder().encode('a passphrase of some length');
    await value(dispatch, 'project.sample', {});
    await value(dispatch, 'secrets.generate-all', {});
    const path = join(home, 'idle.selwright');
    const made = await value(dispatch, 'project.create', { path, name: 'idle', passphrase: passphrase() });
    expect(made.file).toMatchObject({ path, locked: false, holdsValues: true });
    expect(readFileSync(path).includes('luks-rfs-passphrase')).toBe(false);
    for (let i = 0; i < 50 && !session.isLocked; i++) {
      // the window's own question must not keep it open
      await dispatch('project.pulse', {});
      await new Promise((done) => setTimeout(done, 50));
    }
    expect(session.isLocked).toBe(true);
    expect(await dispatch('secrets.reveal', { name: 'cck' })).toMatchObject({ ok: false, code: 'locked' });
    const locked = await value(dispatch, 'project.view', {});
    expect(locked.secrets).toEqual([]);
    expect(locked.file).toMatchObject({ path, locked: true, holdsValues: false });
    expect(await dispatch('project.unlock', { passphrase: new TextEncoder().encode('another passphrase') })).toMatchObject({
      ok: false,
      code: 'wrong-passphrase',
    });
    const again = await value(dispatch, 'project.unlock', { passphrase: passphrase() });
    expect(again.secrets.filter((s) => s.state === 'ready')).toHaveLength(3);
    session.reset();
  });
});
