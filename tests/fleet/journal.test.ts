/** The journal of a fleet: what was added comes back, and a file that ends anywhere is as good as its whole lines. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { join, utf8 } from '../../core/bytes.ts';
import {
  type Begun,
  checkSameFleet,
  type Finished,
  type FleetHead,
  JOURNAL_FORMAT,
  journalLine,
  readJournal,
  readJournalSteps,
} from '../../core/fleet/journal.ts';
import { Pace, remainingSeconds } from '../../core/fleet/progress.ts';
import { codeOf, errorOf } from '../support/errors.ts';

const hexText = (n: number, digit: string): string => digit.repeat(2 * n);
const head: FleetHead = {
  format: JOURNAL_FORMAT,
  version: 1,
  created: '2026-11-24T04:30:00Z',
  policy: hexText(32, 'a'),
  image: hexText(16, 'b'),
  hosts: [hexText(32, 'c'), hexText(32, 'd')],
  strict: false,
};
const begin = (name: string, serial = 1): Begun => ({ begin: name, serial, row: hexText(8, '1') });
const done = (name: string, serial = 1): Finished => ({
  done: name,
  serial,
  row: hexText(8, '1'),
  id: '2286497a-b2d5-42d6-96f8-2682471cca8f',
  at: '2026-11-24T04:30:01Z',
});
const file = (...lines: (Begun | Finished)[]): Uint8Array => join(journalLine(head), ...lines.map(journalLine));

describe('the journal', () => {
  it('gives back what was added', () => {
    const bytes = file(begin('a'), begin('b', 3), done('a'), begin('c'), begin('c', 2));
    const j = readJournal(bytes);
    expect(j?.head).toEqual(head);
    expect([...(j?.done ?? [])]).toEqual([['a', done('a')]]);
    expect([...(j?.begun ?? [])]).toEqual([
      ['b', begin('b', 3)],
      ['c', begin('c', 2)],
    ]);
    expect(j?.length).toBe(bytes.length);
  });
  it('of thousands of guests is read in steps, each line once', () => {
    const guests = Array.from({ length: 1700 }, (_, i) => `g${i}`);
    const bytes = file(...guests.flatMap((g) => [begin(g), done(g)]));
    const steps = readJournalSteps(bytes);
    let pauses = 0;
    let step = steps.next();
    for (; !step.done; step = steps.next()) pauses++;
    expect(pauses).toBe(6);
    expect([...(step.value?.done.keys() ?? [])]).toEqual(guests);
    expect(step.value?.begun.size).toBe(0);
    expect(readJournal(bytes)).toEqual(step.value);
  });
  it('cut off at any byte, it is the lines that are whole', () => {
    const lines = [begin('a'), done('a'), begin('b'), done('b', 7)];
    const bytes = file(...lines);
    let end = 0;
    const ends = [journalLine(head), ...lines.map(journalLine)].map((l) => {
      end += l.length;
      return end;
    });
    for (let at = 0; at <= bytes.length; at++) {
      const j = readJournal(bytes.subarray(0, at));
      const whole = ends.filter((e) => e <= at);
      expect(j?.length ?? 0, `cut at ${at}`).toBe(whole.at(-1) ?? 0);
      expect((j?.done.size ?? 0) + (j?.begun.size ?? 0)).toBe(whole.length === 0 ? 0 : [0, 1, 1, 2, 2][whole.length - 1]);
    }
  });
  it.each([
    ['another file', utf8('hello\n'), 'bad-encoding', 'line 1'],
    ['another format', utf8('{"format":"x"}\n'), 'bad-value', 'line 1'],
    ['a line that is not of it', join(file(), utf8('{"x":1}\n')), 'bad-value', 'line 2'],
    ['a line that is no JSON', join(file(begin('a')), utf8('x\n')), 'bad-encoding', 'line 3'],
    ['an empty line', join(file(begin('a')), utf8('\n')), 'empty', 'line 3'],
    ['a name that leads out', file(begin('../a')), 'bad-value', 'line 2'],
    ['a guest done twice', file(done('a'), done('a')), 'duplicate', 'line 3'],
    ['bytes that are not UTF-8', new Uint8Array([0xff, 0x0a]), 'bad-encoding', ''],
  ])('%s: refused', (_, bytes, code, place) => {
    const e = errorOf(() => readJournal(bytes));
    expect(e.code).toBe(code);
    expect(e.facts.field).toContain(place);
  });
  it('any bytes are refused with a typed error, or read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (b) => void codeOf(() => readJournal(b))),
      { numRuns: 500 },
    );
  });
  it('another policy, image, set of hosts or form does not go on with it', () => {
    expect(codeOf(() => checkSameFleet(head, head))).toBe('nothing thrown');
    for (const other of [
      { policy: hexText(32, '0') },
      { image: hexText(16, '0') },
      { hosts: [...head.hosts].reverse() },
      { hosts: head.hosts.slice(1) },
      { strict: true },
    ])
      expect(codeOf(() => checkSameFleet(head, { ...head, ...other }))).toBe('conflict');
  });
});

describe('rate and time to go', () => {
  it('come from the newest guests, and a pause makes the rate fall', () => {
    const pace = new Pace();
    expect(pace.rate(0)).toBeUndefined();
    pace.add(0);
    expect(pace.rate(10)).toBeUndefined();
    for (let i = 1; i <= 100; i++) pace.add(i * 1000);
    expect(pace.rate(100_000)).toBeCloseTo(1);
    for (let i = 1; i <= 100; i++) pace.add(100_000 + i * 100);
    expect(pace.rate(110_000)).toBeCloseTo(10);
    expect(pace.rate(130_000)).toBeLessThan(3);
    expect(remainingSeconds(100, 10)).toBe(10);
    expect(remainingSeconds(0, 10)).toBe(0);
    expect(remainingSeconds(100, undefined)).toBeUndefined();
  });
});
