/** Reports of the test tenant, genuine and forged, and how the tenant judges them. */
import { unhex } from '../../core/bytes.ts';
import { boot } from '../../core/guestsim/boot.ts';
import { findHeader } from '../../core/image/find.ts';
import { type ReportBody, readReport } from '../../core/report/format.ts';
import type { Verdict } from '../../core/report/verdict.ts';
import { type VerifyInput, verifyReport } from '../../core/report/verify.ts';
import { seededEnv } from '../support/env.ts';
import { type Forgery, forgeFrom, type Genuine } from '../support/forger.ts';
import { entriesOf, fileOf, header, hosts, image, makeBundle } from '../support/tenant.ts';

export type { BodyDraft, Forgery } from '../support/forger.ts';

export const bundle = makeBundle();
export const entries = entriesOf(bundle);
export const TAGS = bundle.expected.submission_order.map((s) => unhex(s.tag, 'tag', 16));
export const NOW = new Date('2026-11-24T05:00:00Z');
const booted = boot({ host: hosts[0], image, entries }, seededEnv('report'));
export const genuineReport = booted.report as Uint8Array;
export const genuineBody: ReportBody = readReport(genuineReport).body;

const genuine: Genuine = {
  body: genuineBody,
  host: hosts[0],
  image: findHeader(header).header.image,
  tags: TAGS,
  request: fileOf(entries, 'sics/attest/request.bin'),
  reportKey: bundle.keys.reportKey as Uint8Array,
};

/** The report, as a file. */
export const forge = (f: Forgery = {}): Uint8Array => forgeFrom(genuine, f);

/** Judges as the tenant would, with everything it has. */
export const judge = (report: Uint8Array, more: Partial<VerifyInput> = {}): Verdict =>
  verifyReport({
    report,
    expected: bundle.expected,
    now: NOW,
    attestationKey: bundle.keys.attestationKey,
    reportKey: bundle.keys.reportKey,
    ledger: [],
    ...more,
  });

export const check = (v: Verdict, id: string) => v.checks.find((c) => c.id === id);
export const withOutcome = (v: Verdict, outcome: string): string[] =>
  v.checks.filter((c) => c.outcome === outcome).map((c) => c.id);
