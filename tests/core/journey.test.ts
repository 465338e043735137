/** The whole way without a window: bundle, boot, report, verdict; and what a host can do to it on the way. */
import { describe, expect, it } from 'vitest';
import { checkBundle } from '../../core/bundle/check.ts';
import { hex, same } from '../../core/bytes.ts';
import { hasErrors } from '../../core/findings.ts';
import { acceptedTags, boot } from '../../core/guestsim/boot.ts';
import { findHeader } from '../../core/image/find.ts';
import type { Verdict } from '../../core/report/verdict.ts';
import { verifyReport } from '../../core/report/verify.ts';
import { openRequest, parseRequest } from '../../core/request/parse.ts';
import { readPlaintext } from '../../core/secret/secret.ts';
import { seededEnv } from '../support/env.ts';
import { entriesOf, fileOf, header, hosts, image, makeBundle, stranger, values, withFile } from '../support/tenant.ts';

const bundle = makeBundle();
const entries = entriesOf(bundle);
const run = (list = entries, host = hosts[0]) => boot({ host, image, entries: list }, seededEnv('boot'));
const judge = (report: Uint8Array | undefined, more = {}): Verdict =>
  verifyReport({
    report: report as Uint8Array,
    expected: bundle.expected,
    now: new Date('2026-11-24T05:00:00Z'),
    attestationKey: bundle.keys.attestationKey,
    reportKey: bundle.keys.reportKey,
    ledger: [],
    ...more,
  });
const failed = (v: Verdict) => v.checks.filter((c) => c.outcome === 'failed').map((c) => c.id);
const flip = (bytes: Uint8Array, at: number): Uint8Array => {
  const out = bytes.slice();
  out[at] = (out[at] as number) ^ 1;
  return out;
};

describe('a bundle as it was made', () => {
  it('opens with nothing but a host key, and holds the values', () => {
    for (const s of bundle.expected.submission_order.filter((x) => x.type === 'plaintext')) {
      const opened = openRequest(parseRequest(fileOf(entries, `sics/${s.file}`)), hosts[1].keys);
      expect(same(readPlaintext(opened.value, 'test'), values.get(s.name as string) as Uint8Array)).toBe(true);
      expect(same(opened.extensionSecret, bundle.keys.extensionSecret)).toBe(true);
    }
  });
  it('passes every rule', () => {
    const findings = checkBundle({ entries, header: findHeader(header).header, expected: bundle.expected, storeLimit: 100 });
    expect(findings.filter((f) => f.severity === 'error' || f.severity === 'warning')).toEqual([]);
    expect(new Set(findings.map((f) => f.rule)).size).toBe(23);
  });
  it('boots on both hosts, submits in the expected order, and the report is proven', () => {
    for (const host of hosts) {
      const result = run(entries, host);
      expect(result.events.filter((e) => e.outcome === 'failed')).toEqual([]);
      expect(result.booted).toBe(true);
      expect(acceptedTags(result.guest as never)).toEqual(bundle.expected.submission_order.map((s) => s.tag));
      const v = judge(result.report);
      expect(failed(v)).toEqual([]);
      expect(v.grade).toBe('proven');
      expect(v.rehearsal).toBe(true);
    }
  });
  it('does not start on a stranger host', () => {
    expect(run(entries, stranger)).toMatchObject({ booted: false, stage: 'start' });
  });
  it('does not hold a value, in any file of it', () => {
    for (const value of values.values())
      for (const f of bundle.files) expect(Buffer.from(f.bytes).includes(Buffer.from(value)), f.path).toBe(false);
  });
});

describe('grades', () => {
  const report = run().report;
  it('never says more than was shown', () => {
    expect(judge(report, { reportKey: undefined }).grade).toBe('list-attested');
    expect(judge(report, { attestationKey: undefined }).grade).toBe('claimed');
    expect(judge(report, { ledger: undefined }).grade).toBe('claimed');
    expect(judge(report, { production: true }).grade).toBe('failed');
    expect(judge(report, { now: new Date('2026-11-26T05:00:00Z') }).grade).toBe('failed');
    expect(judge(report, { reportKey: new Uint8Array(64) }).grade).toBe('failed');
    expect(judge(report, { attestationKey: new Uint8Array(32) }).grade).toBe('failed');
  });
});

describe('any byte of the chain changed', () => {
  const files = entries.filter((e) => e.path.startsWith('sics/') && !e.path.includes('attest/'));
  it.each(files.map((f) => f.path))('%s: the boot stops', (path) => {
    const bytes = fileOf(entries, path);
    const stops = new Set<string>();
    // every byte takes minutes; the demo of "any" is the property test of the formats. Here: each area, spread by a prime.
    for (let at = 0; at < bytes.length; at += path.endsWith('.asr') ? 131 : 17) {
      const result = run(withFile(entries, path, flip(bytes, at)));
      expect(result.booted, `byte ${at}`).toBe(false);
      stops.add(result.stage);
    }
    expect([...stops]).toEqual(['pvebc']);
  });
  it.each(bundle.expected.submission_order.map((s) => s.file))('%s removed: the boot stops', (file) => {
    const result = run(withFile(entries, `sics/${file}`));
    expect(result.booted).toBe(false);
    expect(result.stage).toBe(file === 'toc.asr' ? 'copy' : 'pvebc');
  });
});

describe('what a real guest lets pass', () => {
  it('a stranger request is ignored, and named by the check', () => {
    const other = makeBundle('other');
    const mixed = [
      ...entries,
      { path: 'sics/stranger.asr', kind: 'file' as const, bytes: fileOf(entriesOf(other), 'sics/cck.asr') },
    ];
    const result = run(mixed);
    expect(result.booted).toBe(true);
    expect(judge(result.report).grade).toBe('proven');
    const findings = checkBundle({ entries: mixed, expected: bundle.expected });
    expect(hasErrors(findings)).toBe(true);
    expect(findings.filter((f) => f.severity === 'error')).toMatchObject([{ rule: 'B06', subject: 'stranger.asr' }]);
  });
  it('the whole bundle of another tenant boots, and its report fails', () => {
    const other = makeBundle('other');
    const result = run(entriesOf(other));
    expect(result.booted).toBe(true);
    const v = judge(result.report);
    expect(v.grade).toBe('failed');
    expect(v.diagnosis).toEqual({ kind: 'foreign' });
    expect(failed(v)).toContain('C01');
  });
  it('swapped lines with a new toc.asr are caught by the store hash, and explained', () => {
    const result = run();
    const tags = bundle.expected.submission_order.map((s) => s.tag);
    const swapped = { ...bundle.expected, submission_order: [...bundle.expected.submission_order] };
    const [a, b] = [swapped.submission_order[2], swapped.submission_order[3]];
    swapped.submission_order[2] = b as never;
    swapped.submission_order[3] = a as never;
    expect(tags).toHaveLength(6);
    const v = judge(result.report, {
      expected: { ...swapped, store_hash: { ...bundle.expected.store_hash, locked: '0'.repeat(128) } },
    });
    expect(v.grade).toBe('failed');
    expect(v.diagnosis).toMatchObject({ kind: 'swapped', position: 3 });
  });
});

describe('the boot is the same bytes for the same inputs', () => {
  it('repeats', () => {
    expect(hex(run().report as Uint8Array)).toBe(hex(run().report as Uint8Array));
    expect(makeBundle().files.map((f) => hex(f.bytes))).toEqual(bundle.files.map((f) => hex(f.bytes)));
  });
});
