/** Reports as a guest or a host could write them: any body, any state of the store, any key, with a genuine attestation or without. */
import { type Exchange, readExchange, writeExchange } from '../../core/attestation/exchange.ts';
import { base64, hex, unhex } from '../../core/bytes.ts';
import { publicKeyHash } from '../../core/crypto/p521.ts';
import { boot } from '../../core/guestsim/boot.ts';
import { findHeader } from '../../core/image/find.ts';
import { type ReportBody, readReport, reportMac, reportUserData, writeReport } from '../../core/report/format.ts';
import type { Verdict } from '../../core/report/verdict.ts';
import { type VerifyInput, verifyReport } from '../../core/report/verify.ts';
import { openKeySlot } from '../../core/request/keyslot.ts';
import { type AttestState, attest } from '../../core/uvsim/attest.ts';
import { seededEnv } from '../support/env.ts';
import { entriesOf, fileOf, header, hosts, image, makeBundle } from '../support/tenant.ts';

export const bundle = makeBundle();
export const entries = entriesOf(bundle);
export const TAGS = bundle.expected.submission_order.map((s) => unhex(s.tag, 'tag', 16));
export const NOW = new Date('2026-11-24T05:00:00Z');
const genuine = boot({ host: hosts[0], image, entries }, seededEnv('report'));
export const genuineReport = genuine.report as Uint8Array;
export const genuineBody: ReportBody = readReport(genuineReport).body;

type Draft<T> = T extends object ? { -readonly [K in keyof T]: Draft<T[K]> } : T;
export type BodyDraft = Draft<ReportBody>;

export interface Forgery {
  /** changes a copy of the genuine body */
  readonly body?: (body: BodyDraft) => unknown;
  /** what the ultravisor says of itself */
  readonly state?: Partial<AttestState>;
  /** exchange file of the attestation request; false: no attestation */
  readonly request?: Uint8Array | false;
  readonly nonce?: Uint8Array;
  /** what the attestation is bound to, when not to the body */
  readonly userData?: Uint8Array;
  /** changes the response before the MAC is made */
  readonly response?: (x: Exchange) => Exchange;
  /** key of the MAC; false: no MAC */
  readonly macKey?: Uint8Array | false;
  readonly macName?: string;
}

/** The report, as a file. */
export const forge = (f: Forgery = {}): Uint8Array => {
  const body = structuredClone(genuineBody) as BodyDraft;
  f.body?.(body);
  const answer = f.request === false ? undefined : attested(f, body);
  const response = answer ? writeExchange(f.response?.(answer) ?? answer) : new Uint8Array(0);
  const key = f.macKey ?? (bundle.keys.reportKey as Uint8Array);
  return writeReport({
    format: 'sel-retrieval-report',
    version: 1,
    body,
    ...(answer ? { attestation: { response: base64(response) } } : {}),
    ...(key === false
      ? {}
      : { mac: { alg: 'HMAC-SHA-512', key: f.macName ?? 'report-key', value: hex(reportMac(key, body, response)) } }),
  });
};

const attested = (f: Forgery, body: ReportBody): Exchange => {
  const request = readExchange(f.request || fileOf(entries, 'sics/attest/request.bin')).request;
  const user = f.userData ?? reportUserData(body, f.nonce, body.bundle.serial);
  const state: AttestState = {
    keys: hosts[0].keys,
    image: findHeader(header).header.image,
    cuid: new Uint8Array(16).fill(0xc1),
    imageHostKeyHash: publicKeyHash(hosts[0].keys.publicKey),
    tags: TAGS,
    locked: true,
    known: hosts[0].profile.attestation,
    openSlot: openKeySlot,
    ...f.state,
  };
  const { rc, measurement, additional, cuid } = attest(request, user, state);
  if (rc !== 1) throw new Error(`the ultravisor refused: 0x${rc.toString(16)}`);
  return { request, measurement, additional, user, cuid };
};

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
