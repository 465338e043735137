/** One window a user. */
import { chmodSync, mkdtempSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { becomeOnly, socketPath } from '../../electron/shells/instance.ts';

const place = (): string => mkdtempSync(join(tmpdir(), 'selwright-one-'));

describe('the only instance', () => {
  it('lives in a directory of its user alone', () => {
    const XDG_RUNTIME_DIR = place();
    const path = socketPath({ XDG_RUNTIME_DIR }) as string;
    expect(path.startsWith(XDG_RUNTIME_DIR)).toBe(true);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    chmodSync(dirname(path), 0o755);
    socketPath({ XDG_RUNTIME_DIR });
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });
  it('has no place where a file stands in the way', () => {
    const XDG_RUNTIME_DIR = join(place(), 'file');
    writeFileSync(XDG_RUNTIME_DIR, '');
    expect(socketPath({ XDG_RUNTIME_DIR })).toBeUndefined();
  });
  it('has no place where a link leads elsewhere, and leaves alone what it leads to', () => {
    const XDG_RUNTIME_DIR = place();
    const other = place();
    chmodSync(other, 0o755);
    symlinkSync(other, join(XDG_RUNTIME_DIR, `selwright-${process.getuid?.() ?? 'window'}`));
    expect(socketPath({ XDG_RUNTIME_DIR })).toBeUndefined();
    expect(statSync(other).mode & 0o777).toBe(0o755);
  });
  it('is told about a second one, which gets nothing; then gives the place free', async () => {
    const path = join(place(), 'window.sock');
    const told = vi.fn();
    const only = await becomeOnly(path, told);
    expect(only).toBeDefined();
    expect(await becomeOnly(path, vi.fn())).toBeUndefined();
    expect(told).toHaveBeenCalledTimes(1);
    only?.release();
    expect(readdirSync(dirname(path))).toEqual([]);
    const next = await becomeOnly(path, vi.fn());
    expect(next).toBeDefined();
    next?.release();
  });
  it('takes the place of one that was killed', async () => {
    const path = join(place(), 'window.sock');
    writeFileSync(path, '');
    const only = await becomeOnly(path, vi.fn());
    expect(only).toBeDefined();
    expect(statSync(path).isSocket()).toBe(true);
    only?.release();
  });
  it('opens without a place when there is none', async () => {
    const only = await becomeOnly(join(place(), 'no', 'such', 'place.sock'), vi.fn());
    expect(only).toBeDefined();
    only?.release();
  });
  it('hears a knock and nothing else: whatever is said, nothing is answered', async () => {
    const path = join(place(), 'window.sock');
    const told = vi.fn();
    const only = await becomeOnly(path, told);
    const answer = await new Promise<string>((done) => {
      let got = '';
      const socket = connect(path, () => socket.end('{"channel":"secrets.reveal"}\n'));
      socket.on('data', (d) => {
        got += String(d);
      });
      socket.on('close', () => done(got));
    });
    expect(answer).toBe('');
    expect(told).toHaveBeenCalledTimes(1);
    only?.release();
  });
});
