/** Several files written together: all of them or none. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { isSecureExecutionGuest } from '../../edge/guest.ts';
import { type Pending, writeTogether } from '../../edge/together.ts';
import { codeOf, errorOf } from '../support/errors.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'selwright-together-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string): string => join(directory, name);
const file = (name: string, text: string, how: Pending['how'] = 'new', mode?: number): Pending => ({
  path: at(name),
  bytes: utf8(text),
  what: `file ${name}`,
  how,
  ...(mode === undefined ? {} : { mode }),
});
const all = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((n) => [n, statSync(at(n)).isFile() ? readFileSync(at(n), 'utf8') : '<directory>']),
  );

describe('writeTogether', () => {
  it('new, replaced and appended files, with their permissions', () => {
    writeFileSync(at('old'), 'old', { mode: 0o640 });
    writeFileSync(at('log'), 'one\n');
    writeTogether([
      file('new', 'a'),
      file('secret', 'b', 'new', 0o600),
      file('old', 'c', 'replace'),
      file('log', 'two\n', 'append'),
      file('log2', 'x\n', 'append'),
    ]);
    expect(all()).toEqual({ log: 'one\ntwo\n', log2: 'x\n', new: 'a', old: 'c', secret: 'b' });
    expect(statSync(at('secret')).mode & 0o777).toBe(0o600);
    expect(statSync(at('old')).mode & 0o777).toBe(0o640);
  });
  it('"replace" takes a free name too', () => {
    writeTogether([file('x', 'a', 'replace')]);
    expect(all()).toEqual({ x: 'a' });
  });
  it('a name that is taken meanwhile: nothing is left, what was replaced is back', () => {
    writeFileSync(at('old'), 'old');
    // the same new name twice: the second is taken by the time it gets there
    const run = () =>
      writeTogether([
        file('old', 'changed', 'replace'),
        file('a', '1'),
        file('b', '2'),
        file('b', '3'),
        file('log', 'x', 'append'),
      ]);
    expect(errorOf(run)).toMatchObject({ code: 'io-exists', facts: { file: at('b') } });
    expect(all()).toEqual({ old: 'old' });
  });
  it.each<[string, () => void, () => Pending, string]>([
    ['a name that is taken', () => writeFileSync(at('b'), 'there'), () => file('b', '2'), 'io-exists'],
    ['a directory to replace', () => mkdirSync(at('b')), () => file('b', '2', 'replace'), 'io-directory'],
    ['a directory to append to', () => mkdirSync(at('b')), () => file('b', '2', 'append'), 'io-directory'],
    ['a link that leads nowhere', () => symlinkSync('nowhere', at('b')), () => file('b', '2', 'replace'), 'io-not-file'],
    ['a directory that is not there', () => undefined, () => file('no/b', '2'), 'io-not-found'],
  ])('%s: nothing is written', (_, prepare, pending, code) => {
    prepare();
    const before = readdirSync(directory).sort();
    expect(codeOf(() => writeTogether([file('a', '1'), pending(), file('log', 'x', 'append')]))).toBe(code);
    expect(readdirSync(directory).sort()).toEqual(before);
  });
  it('a device is never replaced', () => {
    const null_ = { path: '/dev/null', bytes: utf8('x'), what: 'nothing' };
    expect(codeOf(() => writeTogether([{ ...null_, how: 'replace' }]))).toBe('io-not-file');
    expect(codeOf(() => writeTogether([{ ...null_, how: 'append' }]))).toBe('io-not-file');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

describe('isSecureExecutionGuest', () => {
  it.each([
    ['1\n', true],
    ['0\n', false],
    ['', false],
  ])('%j', (text, answer) => {
    writeFileSync(at('prot_virt_guest'), text);
    expect(isSecureExecutionGuest(at('prot_virt_guest'))).toBe(answer);
  });
  it('no such entry', () => {
    expect(isSecureExecutionGuest(at('none'))).toBe(false);
  });
});
