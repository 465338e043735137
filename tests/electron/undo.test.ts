/** What was removed can be taken back, once, for a minute; what is held for that is wiped. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { nodeEnv } from '../../edge/env.ts';
import { Officer } from '../../electron/officer.ts';
import { Session } from '../../electron/session.ts';
import { UNDO_FOR, Undo } from '../../electron/undo.ts';
import { codeOf } from '../support/errors.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-undo-'));
const sample = (): Session => {
  const s = new Session({ env: nodeEnv, home });
  s.openSample();
  s.values.generateAll();
  return s;
};
const PASSPHRASE = 'luks-rfs-passphrase';

describe('a removal', () => {
  afterEach(() => vi.useRealTimers());

  it('of a value is taken back, to the byte', () => {
    const s = sample();
    const before = s.values.reveal(PASSPHRASE);
    const gone = s.values.clear(PASSPHRASE);
    expect(gone.undo?.says).toContain(PASSPHRASE);
    expect(gone.secrets.find((x) => x.name === PASSPHRASE)?.state).toBe('missing');
    const back = s.undo();
    expect(back.undo).toBeNull();
    expect(s.values.reveal(PASSPHRASE)).toEqual(before);
    expect(codeOf(() => s.undo())).toBe('not-found');
  });
  it('of a host key, and of certificates, is taken back', () => {
    const s = sample();
    const { hostKeys, pieces } = s.view();
    const [key] = hostKeys;
    s.hostKeys.remove(key?.phkh ?? '');
    expect(s.view().hostKeys).toHaveLength(hostKeys.length - 1);
    expect(
      s
        .undo()
        .hostKeys.map((k) => [k.phkh, k.state])
        .sort(),
    ).toEqual(hostKeys.map((k) => [k.phkh, k.state]).sort());
    s.hostKeys.clearPieces();
    expect(s.view().pieces).toEqual([]);
    expect(
      s
        .undo()
        .pieces.map((p) => p.name)
        .sort(),
    ).toEqual(pieces.map((p) => p.name).sort());
  });
  it('has a number of its own each time, and the next one takes its place', () => {
    const s = sample();
    const first = s.values.clear(PASSPHRASE).undo;
    const second = s.values.clear('cck').undo;
    expect(second?.n).toBe((first?.n ?? 0) + 1);
    const back = s.undo();
    expect(back.secrets.find((x) => x.name === PASSPHRASE)?.state).toBe('missing');
    expect(back.secrets.find((x) => x.name === 'cck')?.state).toBe('ready');
  });
  it('cannot be taken back when the project is another one', () => {
    const s = sample();
    s.values.clear(PASSPHRASE);
    expect(s.reset().undo).toBeNull();
  });
  it('of a value cannot be taken back once the values are forgotten', async () => {
    const s = sample();
    await s.bundle.generate('guest');
    s.values.clear(PASSPHRASE);
    expect(s.values.forget().undo).toBeNull();
    expect(codeOf(() => s.undo())).toBe('not-found');
  });
  it('of an approver is taken back without losing the bundle', async () => {
    const s = sample();
    const { line } = await new Officer(nodeEnv).makeKey(
      join(home, 'officer.key'),
      'officer',
      utf8('correct horse battery staple'),
    );
    s.approvals.trust(line);
    await s.bundle.generate('guest');
    const [key] = s.view().approvals.trusted;
    expect(s.approvals.remove(key?.fingerprint ?? '').approvals.trusted).toEqual([]);
    const back = s.undo();
    expect(back.approvals.trusted).toEqual([key]);
    expect(back.bundle).not.toBeNull();
  });
  it('is forgotten after a minute, and what it held is wiped', () => {
    vi.useFakeTimers();
    const undo = new Undo();
    const wiped = vi.fn();
    undo.keep({ says: 'x', restore: (k) => k, wipe: wiped });
    vi.advanceTimersByTime(UNDO_FOR - 1);
    expect(undo.view()).not.toBeNull();
    expect(wiped).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(undo.view()).toBeNull();
    expect(wiped).toHaveBeenCalledTimes(1);
  });
});
