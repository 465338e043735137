/** The whole negative set: what the simulated guest does, what the bundle check says, what the verdict says, against the list. */
import { afterAll, describe, expect, it } from 'vitest';
import { ATTACK_IDS, ATTACKS } from '../../core/bundle/attacks.ts';
import { makeLookalike } from '../../core/bundle/lookalike.ts';
import { hex } from '../../core/bytes.ts';
import { type LabResult, prepareLab, runAttack } from '../../core/guestsim/lab.ts';
import { runPvebc } from '../../core/guestsim/pvebc.ts';
import { verifyReport } from '../../core/report/verify.ts';
import { openRequest, parseRequest } from '../../core/request/parse.ts';
import { makeSecret } from '../../core/secret/secret.ts';
import { showRc } from '../../core/uvsim/codes.ts';
import { ATTACK_WORDS } from '../../words/attacks.ts';
import { verdictAsText } from '../../words/verdict.ts';
import { seededEnv } from '../support/env.ts';
import { printTable } from '../support/table.ts';
import { bundleInput, entriesOf, fileOf, hosts, image, makeBundle } from '../support/tenant.ts';

const env = seededEnv('lab');
const built = makeBundle('lab', { serial: 7 });
const lab = prepareLab({ input: bundleInput({ serial: 7 }), built, host: hosts[0], image }, env);
const results = new Map<string, LabResult>();
const run = (id: string): LabResult => {
  const result = results.get(id) ?? runAttack(id, lab, env);
  results.set(id, result);
  return result;
};

afterAll(() => {
  const rules = (r: LabResult): string => [...new Set(r.findings.map((f) => f.rule))].join(' ') || 'ok';
  const code = (r: LabResult): string => {
    const g = r.guest;
    const parts = [
      g.problem ?? g.code,
      g.rc === undefined ? '' : showRc(g.rc),
      g.exitCode === undefined ? '' : `exit ${g.exitCode}`,
    ];
    return parts.filter((p) => p).join(', ');
  };
  printTable(
    'What can be wrong with a bundle, and what can be done to a guest',
    ['attack', 'by', 'guest', 'stage', 'code', 'bundle check', 'grade', 'verdict names', 'shown by'],
    [...results.values()].map((r) => [
      r.attack.id,
      r.attack.by,
      r.guest.booted ? 'comes up' : 'stops',
      r.guest.stage,
      code(r),
      rules(r),
      r.verdict?.grade ?? '-',
      r.verdictSays.join(' ') || '-',
      r.caughtBy,
    ]),
  );
});

it('the bundle itself is proven, and nothing complains', () => {
  const clean = prepareLab({ input: bundleInput({ serial: 7 }), built, host: hosts[0], image }, env);
  expect(clean.scene.entries.map((e) => e.path)).toContain('sics/toc.asr');
  const { verdict, findings } = run('guest-root-adds');
  expect(findings).toEqual([]);
  expect(verdict?.grade).toBe('proven');
});

it('every attack of the list has its words, and no word is without an attack', () => {
  expect(Object.keys(ATTACK_WORDS).sort()).toEqual([...ATTACK_IDS].sort());
});

describe.each(ATTACKS.map((a) => a.id))('%s', (id) => {
  const result = () => run(id);
  const attack = ATTACKS.find((a) => a.id === id);
  it('does to the guest what it does to a real one', () => expect(result().guest).toEqual(attack?.guest));
  it('is named by the bundle check, as far as files show it', () => {
    const rules = result().findings.map((f) => f.rule);
    for (const rule of attack?.check ?? []) expect(rules).toContain(rule);
    if (attack?.check.length === 0) expect(rules).toEqual([]);
  });
  it('gets the verdict it deserves', () => {
    expect(result().verdict?.grade).toBe(attack?.grade);
    for (const check of attack?.verdict ?? []) expect(result().verdictSays).toContain(check);
    if (attack?.verdict.length === 0) expect(result().verdictSays).toEqual([]);
  });
});

describe('what a real guest lets pass is named', () => {
  it('a stranger request: by the bundle check, and in the verdict in words', () => {
    const r = run('stranger-request');
    expect(r.boot.events).toContainEqual(expect.objectContaining({ code: 'not-listed', subject: 'stranger.asr' }));
    expect(r.findings).toMatchObject([{ rule: 'B06', subject: 'stranger.asr' }]);
    expect(verdictAsText(r.verdict as never)).toContain('The request stranger lay beside the bundle');
  });
  it('swapped lines: the store hash, and the order of the list', () => {
    const r = run('swapped-lines');
    expect(r.verdict?.checks.filter((c) => c.outcome === 'failed').map((c) => c.id)).toContain('R12');
    expect(r.verdict?.checks.find((c) => c.id === 'R12')?.found).toBe('another order');
  });
});

describe('the look-alikes', () => {
  it('have the tags of the originals, open on the host, and hold something else', () => {
    const original = fileOf(entriesOf(built), 'sics/report-key.asr');
    const r = run('look-alikes');
    expect(r.boot.booted).toBe(true);
    expect(r.verdict?.checks.filter((c) => ['C01', 'C02', 'C03', 'R07'].includes(c.id)).map((c) => c.outcome)).toEqual(
      Array(4).fill('passed'),
    );
    const own = parseRequest(original);
    const secret = makeSecret('update-cck', new Uint8Array(32).fill(1), undefined, 'test');
    const cck = parseRequest(fileOf(entriesOf(built), 'sics/cck.asr'));
    for (const hostKeys of [hosts.map((h) => h.keys.publicKey), [hosts[0].keys.publicKey]]) {
      const imitation = makeLookalike(
        { hostKeys, host: hosts[0].keys.publicKey, original: cck, secret, extensionSecret: new Uint8Array(32).fill(2) },
        env,
      );
      const parsed = parseRequest(imitation);
      expect(hex(parsed.tag)).toBe(hex(cck.tag));
      expect(hex(parsed.tag)).not.toBe(hex(own.tag));
      const opened = openRequest(parsed, hosts[0].keys);
      expect(hex(opened.value)).toBe('01'.repeat(32));
      expect(hex(opened.extensionSecret)).toBe('02'.repeat(32));
    }
  });
  it('are green for everybody who looks at the list alone', () => {
    const r = run('look-alikes');
    const blind = verifyReport({
      report: r.boot.report as Uint8Array,
      expected: built.expected,
      now: env.now(),
      attestationKey: built.keys.attestationKey,
      ledger: [],
    });
    expect(blind.grade).toBe('list-attested');
  });
});

describe('a dry run is weaker than its manual says', () => {
  const files = (entries: readonly { path: string; bytes?: Uint8Array | undefined }[]) =>
    entries.flatMap((e) =>
      /^sics\/[^/]+\.(asr|pol)$/.test(e.path) && e.bytes ? [{ name: e.path.slice(5), bytes: e.bytes }] : [],
    );
  it.each([
    ['body-bit-flipped', 0],
    ['toc-bit-flipped', 0],
    ['look-alikes', 0],
    ['request-for-other-image', 0],
    ['tag-bit-flipped', 1],
    ['manifest-edited', 1],
    ['signed-request', 101],
  ])('%s: exit %i', (id, exitCode) => {
    const scene = ATTACKS.find((a) => a.id === id)?.scene?.(lab.scene, lab.kit);
    expect(runPvebc(files(scene?.entries ?? []), 'sics').exitCode).toBe(exitCode);
  });
});
