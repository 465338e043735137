/**
 * The chain from toc.asr to the last request: one bit changed in every region of every file, or a file taken away, and the boot
 * stops where a real guest stops, naming the file. Source: spec pages "generic-guest" section 3 and "bundle" section 7.
 */
import { describe, expect, it } from 'vitest';
import { boot } from '../../core/guestsim/boot.ts';
import { verifyReport } from '../../core/report/verify.ts';
import { keySlot, requestHeader, SECRET_ID_SIZE, secretHeader } from '../../core/request/asrcb.ts';
import { bootSays } from '../../words/boot.ts';
import { seededEnv } from '../support/env.ts';
import { entriesOf, fileOf, hosts, image, makeBundle, withFile } from '../support/tenant.ts';

const bundle = makeBundle();
const entries = entriesOf(bundle);
const run = (list: typeof entries) => boot({ host: hosts[0], image, entries: list }, seededEnv('chain'));

/** One byte in each field of a request, a random bit of it, the same in every run. */
const regionsOf = (bytes: Uint8Array): { region: string; at: number }[] => {
  const slots = hosts.length;
  const slotsEnd = requestHeader.size + slots * keySlot.size;
  const tagAt = bytes.length - 16;
  const meta = bytes.length === slotsEnd + secretHeader.size + 32 + 16;
  const cryptAt = slotsEnd + secretHeader.size + (meta ? 0 : SECRET_ID_SIZE);
  const some = (from: number, size: number, seed: string): number => from + ((seededEnv(seed).random(2)[0] ?? 0) % size);
  const field = (title: string, from: number, rows: readonly { name: string; offset: number; size: number }[]) =>
    rows.map((r) => ({
      region: `${title} ${r.name} +${r.offset}`,
      at: some(from + r.offset, r.size, `${bytes.length}${r.offset}`),
    }));
  return [
    ...field('header', 0, requestHeader.rows),
    ...Array.from({ length: slots }, (_, i) => field(`slot ${i}`, requestHeader.size + i * keySlot.size, keySlot.rows)).flat(),
    ...field('secret header', slotsEnd, secretHeader.rows),
    ...(meta ? [] : [{ region: 'id', at: some(slotsEnd + secretHeader.size, 32, 'id') }]),
    ...[0, 1, 2].map((i) => ({ region: `encrypted ${i}`, at: some(cryptAt, tagAt - cryptAt, `crypt${i}`) })),
    { region: 'tag, first', at: tagAt },
    { region: 'tag, last', at: bytes.length - 1 },
  ];
};

const flip = (bytes: Uint8Array, at: number): Uint8Array => {
  const out = bytes.slice();
  out[at] = (out[at] as number) ^ (1 << ((seededEnv(`bit${at}`).random(1)[0] as number) % 8));
  return out;
};

describe('one bit changed', () => {
  it.each(bundle.expected.submission_order.map((s) => s.file))('%s: the ultravisor or pvebc stops at it', (file) => {
    const bytes = fileOf(entries, `sics/${file}`);
    const regions = regionsOf(bytes);
    expect(regions.length).toBeGreaterThan(30);
    for (const { region, at } of regions) {
      const result = run(withFile(entries, `sics/${file}`, flip(bytes, at)));
      expect(result, region).toMatchObject({ booted: false, stage: 'pvebc', pvebc: { exitCode: 1 } });
      const last = result.events.at(-1);
      // a request whose tag changed is looked for and not found: pvebc names the tag, and the list it stands in
      const listed = region.startsWith('tag') && file !== 'toc.asr';
      expect(last, region).toMatchObject({
        code: 'pvebc-failed',
        subject: listed ? 'toc.pol' : file,
        ...(listed ? { problem: 'no-request-for-tag' } : {}),
      });
      expect(bootSays(last as never)).toContain(listed ? 'toc.pol' : file);
    }
  });
  it.each(['toc.pol', 'manifest.pol'])('%s: its hash is not the one that was authenticated', (file) => {
    const bytes = fileOf(entries, `sics/${file}`);
    for (let i = 0; i < 24; i++) {
      const at = Math.floor((i * bytes.length) / 24);
      const result = run(withFile(entries, `sics/${file}`, flip(bytes, at)));
      expect(result, `byte ${at}`).toMatchObject({ booted: false, stage: 'pvebc' });
      expect(result.events.at(-1), `byte ${at}`).toMatchObject({ subject: file, problem: 'policy-mismatch' });
    }
    for (const bad of [bytes.slice(0, -1), new Uint8Array([...bytes, 10]), new Uint8Array(0)])
      expect(run(withFile(entries, `sics/${file}`, bad)).events.at(-1)).toMatchObject({
        subject: file,
        problem: 'policy-mismatch',
      });
  });
  it('the attestation request, which pvebc does not look at: the guest is up, and nothing is proven', () => {
    const path = 'sics/attest/request.bin';
    const bytes = fileOf(entries, path);
    for (let i = 0; i < 30; i++) {
      const result = run(withFile(entries, path, flip(bytes, Math.floor((i * bytes.length) / 30))));
      expect(result.booted).toBe(true);
      const verdict = verifyReport({
        report: result.report as Uint8Array,
        expected: bundle.expected,
        now: new Date('2026-11-24T04:31:00Z'),
        attestationKey: bundle.keys.attestationKey,
        reportKey: bundle.keys.reportKey,
        ledger: [],
      });
      // sizes that "will be needed" are for the tools; every bit of the request itself counts
      if (verdict.grade === 'proven') expect(i * bytes.length).toBeLessThan(30 * 0x40);
    }
  });
});

describe('one file taken away', () => {
  it.each([
    ['toc.asr', 'copy', 'no-toc', 'toc.asr'],
    ['toc.pol', 'pvebc', 'pvebc-failed', 'toc.pol'],
    ['manifest.pol', 'pvebc', 'pvebc-failed', 'manifest.pol'],
    ...bundle.expected.submission_order.slice(1).map((s) => [s.file, 'pvebc', 'pvebc-failed', 'toc.pol']),
  ] as [string, string, string, string][])('%s: stops at %s', (file, stage, code, subject) => {
    const result = run(withFile(entries, `sics/${file}`));
    expect(result).toMatchObject({ booted: false, stage });
    expect(result.events.at(-1)).toMatchObject({ code, subject });
    // before the first tag is missed nothing but toc.asr is in the store
    if (subject === 'toc.pol') expect(result.pvebc?.steps.filter((s) => s.what === 'submit').length).toBe(1);
  });
});
