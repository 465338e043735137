/** A PKI spoiled in every way: each fault is refused, for its own reason, in no time; and what is no fault is not refused. */
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { cpuMs } from '../support/cpu.ts';
import { type Files, goodPki, writePki } from './forge.ts';
import { type Judgement, judge } from './judge.ts';
import { MUTATIONS } from './mutations/index.ts';
import type { Mutation } from './mutations/make.ts';

const LONGEST = 1000;
const faults = MUTATIONS.filter((m) => m.says !== 'trusted');
const seen = new Map<string, string>();
let slowest = { name: '', ms: 0 };

const contentOf = (f: Files): string => {
  const hash = createHash('sha256');
  for (const list of [f.roots, f.certificates, f.crls, f.hosts]) {
    hash.update(`list ${list.length}\n`);
    for (const file of list) hash.update(`file ${file.length}\n`).update(file);
  }
  return hash.digest('hex');
};

const timed = (m: Mutation, files: Files) => {
  let judgement = { says: 'nothing' } as Judgement;
  const ms = cpuMs(() => {
    judgement = judge(files);
  });
  if (ms > slowest.ms) slowest = { name: m.name, ms };
  return { judgement, ms };
};

describe('the PKI that is spoiled', () => {
  it('is trusted as long as nobody does', () => expect(judge(writePki(goodPki())).says).toBe('trusted'));

  it('is spoiled in at least 200 ways, each of them once', () => {
    expect(faults.length).toBeGreaterThanOrEqual(200);
    expect(new Set(MUTATIONS.map((m) => m.name)).size).toBe(MUTATIONS.length);
  });
});

describe('mutations', () => {
  it.each(MUTATIONS.map((m) => [m.name, m] as const))('%s', (_, m) => {
    const files = m.files();
    const content = contentOf(files);
    // two mutations that make the same files are one
    expect(seen.get(content)).toBeUndefined();
    seen.set(content, m.name);
    const { judgement, ms } = timed(m, files);
    expect(judgement.says).toBe(m.says);
    expect(ms).toBeLessThan(LONGEST);
    const { verdict } = judgement;
    expect(verdict?.trusted === true).toBe(m.says === 'trusted');
    if (verdict) {
      // a refusal ends in the check that failed, and nothing holds
      expect(verdict.checks.filter((c) => c.outcome === 'failed')).toHaveLength(verdict.trusted ? 0 : 1);
      expect(verdict.checks.at(-1)?.outcome).toBe(verdict.trusted ? 'passed' : 'failed');
      expect(verdict.holdsUntil !== undefined).toBe(verdict.trusted);
    }
  });

  afterAll(() => {
    const kinds = new Map<string, number>();
    for (const m of faults) {
      const kind = m.says.replace(/@\d+$/, '');
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    const table = [...kinds].sort((a, b) => b[1] - a[1]).map(([k, n]) => `${String(n).padStart(5)}  ${k}`);
    console.log(
      `mutations refused: ${faults.length}, controls accepted: ${MUTATIONS.length - faults.length}, slowest ${Math.round(slowest.ms)} ms (${slowest.name})\n${table.join('\n')}`,
    );
  });
});
