/**
 * Reports that fail one point of the verdict each, dropped in the window of a tenant who made the bundle there: the point is shown
 * as failed, the verdict says so and names it. What no report can make fail on its own is said here with its reason.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { writeExchange } from '../core/attestation/exchange.ts';
import { additionalSize, MEASUREMENT_SIZE } from '../core/attestation/measurement.ts';
import { buildAttestationRequest, freshAttestationKeys } from '../core/attestation/request.ts';
import { unhex } from '../core/bytes.ts';
import { boot } from '../core/guestsim/boot.ts';
import { findHeader } from '../core/image/find.ts';
import { templateText } from '../core/policy/templates.ts';
import { readReport } from '../core/report/format.ts';
import { readSimHost } from '../core/sample/host.ts';
import { nodeEnv } from '../edge/env.ts';
import { readRecord } from '../edge/record.ts';
import { forgeFrom, type Genuine } from '../tests/support/forger.ts';
import { CHECKS, GRADES } from '../words/verdict.ts';
import { failingReports } from './failing-reports.ts';
import { drop, expect, type Journey, picture, test } from './window.ts';

const CLI = join(import.meta.dirname, '..', 'dist', 'cli', 'selwright.mjs');
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();
const choose = (page: Page, files: string | string[]): Promise<void> => page.getByTestId('files').setInputFiles(files);

/** A tenant with own files, by the window; with an ssh host key, so that there is a fingerprint to compare. */
const tenant = async ({ page, home }: Journey): Promise<{ genuine: Genuine; foreignRequest: Uint8Array }> => {
  const at = join(home, 'tenant');
  expect(spawnSync(process.execPath, [CLI, 'sample', 'init', at]).status).toBe(0);
  const below = (d: string): string[] => readdirSync(join(at, d)).map((f) => join(at, d, f));
  await choose(page, [...below('host-keys'), ...below('pki')]);
  await button(page, 'I compared it: trust this root').click();
  await page.getByRole('list', { name: 'Host keys' }).getByText('verified', { exact: true }).nth(1).waitFor();
  await button(page, /^Image/).click();
  await choose(page, join(at, 'image', 'sel-ebc.img'));
  await page.getByText('generic image', { exact: true }).waitFor();
  await button(page, /^Policy/).click();
  await drop(page, 'policy.yaml', Buffer.from(templateText('ssh-server')));
  await page.getByText('Policy hash').waitFor();
  await button(page, /^Secrets/).click();
  const secrets = page.getByRole('list', { name: 'Secrets' }).getByRole('listitem');
  await secrets.filter({ hasText: 'ssh-host-ed25519-key' }).getByRole('button', { name: 'Generate' }).click();
  await expect(secrets.getByText('has a value')).toHaveCount(1);
  await button(page, 'Generate all that are missing').click();
  await expect(secrets.getByText('has a value')).toHaveCount(4);
  await button(page, /^Review/).click();
  await button(page, 'Generate the bundle').click();
  await page.getByRole('heading', { name: /, number 1$/ }).waitFor();
  await button(page, /^Hand over/).click();
  await page.getByLabel('Directory of the bundle').fill(join(home, 'guest.selbundle'));
  await button(page, 'Save the bundle').click();
  await page.getByText('For the boot partition').waitFor();

  // the guest boots elsewhere, from what was handed over
  const bundle = join(home, 'guest.selbundle');
  const entries = readdirSync(bundle, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name))
    .map((f) => ({ path: f.slice(bundle.length + 1), kind: 'file' as const, bytes: new Uint8Array(readFileSync(f)) }));
  const host = readSimHost(new Uint8Array(readFileSync(join(at, 'hosts', 'alpha.json'))));
  const image = new Uint8Array(readFileSync(join(at, 'image', 'sel-ebc.img')));
  const { report } = boot({ host, image, entries }, nodeEnv);
  const records = join(home, 'private', 'bundles');
  const record = readRecord(join(records, readdirSync(records)[0] as string));
  const own = freshAttestationKeys(nodeEnv);
  const flags = ['nonce', 'image-host-key-hash', 'attestation-host-key-hash', 'secret-store-hash'] as const;
  const keys = { ...own, protectionKey: record.attestationKey as Uint8Array };
  return {
    genuine: {
      body: readReport(report as Uint8Array).body,
      host,
      image: findHeader(image).header.image,
      tags: record.expected.submission_order.map((s) => unhex(s.tag, 'tag', 16)),
      request: entries.find((e) => e.path === 'sics/attest/request.bin')?.bytes as Uint8Array,
      reportKey: record.reportKey as Uint8Array,
    },
    foreignRequest: writeExchange({
      request: buildAttestationRequest([host.keys.publicKey], flags, keys),
      measurement: { needed: MEASUREMENT_SIZE },
      additional: { needed: additionalSize(flags) },
      user: undefined,
      cuid: undefined,
    }),
  };
};

/** What the verdict shows: the points that failed, and all outcomes by point. */
const outcomes = (page: Page): Promise<Record<string, string>> =>
  page
    .locator('main table tbody tr')
    .evaluateAll((rows) =>
      Object.fromEntries(
        rows.map((r) => [r.querySelector('.finding__rule')?.textContent ?? '', r.children[1]?.textContent?.trim() ?? '']),
      ),
    );

test('for every point of the verdict, a report that fails it: the point is shown, and the verdict names it', async ({
  openWindow,
}) => {
  const journey = await openWindow({ width: 1440, height: 900 });
  const { page } = journey;
  const { genuine, foreignRequest } = await tenant(journey);
  await button(page, /^Verify/).click();
  const verdict = page.getByRole('region', { name: 'Verdict' });

  // R01: what is no report gets no verdict at all
  await drop(page, 'R01.json', Buffer.from('{"format":"sel-retrieval-report","version":1}'));
  await expect(page.locator('.messages')).toContainText('R01.json');
  await expect(verdict).toBeHidden();

  await drop(page, 'good.json', forgeFrom(genuine));
  await expect(page.getByText('good.json')).toBeVisible();
  await expect(verdict.locator('.grade__name')).toHaveText('Proven');
  await expect(verdict.locator('.grade__reasons')).toBeHidden();
  expect(Object.values(await outcomes(page)).filter((o) => o === 'failed')).toEqual([]);

  const cases = failingReports(genuine, foreignRequest);
  for (const c of cases) {
    const file = `${c.point}.json`;
    await drop(page, file, forgeFrom(genuine, c.forgery));
    await expect(page.getByRole('definition').filter({ hasText: file }), c.what).toBeVisible();
    const seen = await outcomes(page);
    expect(Object.keys(seen), c.what).toEqual(Object.keys(CHECKS).sort());
    expect(seen[c.point], `${c.point}: ${c.what}`).toBe(c.shows);
    const failed = c.failed ?? [c.point];
    expect(
      Object.keys(seen).filter((p) => seen[p] === 'failed'),
      `${c.point}: ${c.what}`,
    ).toEqual(failed);
    await expect(verdict.locator('.grade__name'), c.what).toHaveText(GRADES[c.grade].name);
    for (const p of failed) {
      await expect(verdict, c.what).toContainText(`${p}: ${CHECKS[p]?.failure}`);
      await expect(page.getByRole('row', { name: new RegExp(`^${p} `) }), c.what).toContainText(CHECKS[p]?.failure as string);
    }
    // a point that fails makes the verdict lower; where it does not, that has a reason
    if (c.grade === 'proven' || c.shows !== 'failed') expect(c.because, c.point).toBeTruthy();
    if (['C04', 'R07', 'R13', 'R19'].includes(c.point)) {
      await page.locator('main').evaluate((m) => m.scrollTo(0, 0));
      await picture(page, `verify-failed-${c.point}`);
    }
  }
  // it counts: every point of the verdict has its report
  expect(['R01', ...cases.map((c) => c.point)].sort()).toEqual(Object.keys(CHECKS).sort());
});
