/** Judges a retrieval report, point by point. Source: spec page "retrieval-report", section 5. */
import { sha256 } from '@noble/hashes/sha2.js';
import { type AttestationResponse, readResponse, verifyMeasurement } from '../attestation/response.ts';
import { type Expected, writeExpected } from '../bundle/expected.ts';
import { type Bytes, hex, same, unbase64, unhex } from '../bytes.ts';
import { kindOfType } from '../secret/kinds.ts';
import { durationMs, instantText } from '../time.ts';
import { type Diagnosis, diagnose } from './diagnose.ts';
import { type Report, readReport, reportMac, reportUserData } from './format.ts';
import { type CheckClass, type CheckOutcome, gradeOf, type ReportCheck, type Verdict } from './verdict.ts';

/** A guest that was seen before: one line of the tenant's ledger. */
export interface Sighting {
  /** SHA-256 of the attestation request, hex */
  readonly request: string;
  /** configuration UID, hex: new for each start */
  readonly cuid: string;
  readonly firstSeen: string;
  /** SHA-256 of the report, hex */
  readonly report: string;
}

/** A question the tenant asked after the hand-over. */
export interface AskedChallenge {
  readonly id: string;
  /** 32 bytes */
  readonly nonce: Bytes;
  /** SHA-256 of its attestation request, hex */
  readonly requestSha256: string;
}

export interface VerifyInput {
  readonly report: Bytes;
  readonly expected: Expected;
  readonly now: Date;
  /** opens the attestation request again; secret */
  readonly attestationKey?: Bytes | undefined;
  /** value of the report-authentication secret; secret */
  readonly reportKey?: Bytes | undefined;
  readonly challenge?: AskedChallenge | undefined;
  /** everything seen before; absent: nobody kept one */
  readonly ledger?: readonly Sighting[] | undefined;
  /** serial of the newest bundle that was handed out, when it is not this one */
  readonly newestSerial?: number | undefined;
  /** expectations of earlier bundles, for the diagnosis */
  readonly older?: readonly Expected[] | undefined;
  /** a report of a simulated guest is a failure */
  readonly production?: boolean | undefined;
}

/** How far ahead a guest's clock may be, in milliseconds. */
const CLOCK_SLACK = 10 * 60 * 1000;

class Judge {
  readonly checks: ReportCheck[] = [];
  diagnosis: Diagnosis | undefined;
  cuid: string | undefined;
  readonly input: VerifyInput;
  readonly report: Report;
  readonly response: Bytes;
  readonly attested: AttestationResponse | undefined;
  /** C01 passed: what the ultravisor said is authentic */
  authentic = false;
  /** C03 passed as well: the body is bound to it */
  bound = false;

  constructor(input: VerifyInput) {
    this.input = input;
    this.report = readReport(input.report);
    this.response = this.report.attestation
      ? unbase64(this.report.attestation.response, 'retrieval report, attestation')
      : new Uint8Array(0);
    this.attested = this.response.length === 0 ? undefined : readResponse(this.response);
  }

  say(id: string, cls: CheckClass, outcome: CheckOutcome, expected?: string | number, found?: string | number): void {
    this.checks.push({ id, class: cls, outcome, expected: expected?.toString(), found: found?.toString() });
  }

  /** A comparison whose data an attestation authenticates: without one it is informative only. */
  compare(id: string, good: boolean, expected?: string | number, found?: string | number): void {
    this.say(id, this.authentic ? 'D' : 'I', good ? 'passed' : 'failed', expected, found);
  }

  /** Something the guest says about itself: it counts when the body is bound to the attestation. */
  claim(id: string, good: boolean, expected?: string | number, found?: string | number): void {
    this.say(id, this.bound ? 'D' : 'I', good ? 'passed' : 'failed', expected, found);
  }
}

const imageOf = (e: Expected) => ({
  pld: unhex(e.image.pld, 'expectation, pld', 64),
  ald: unhex(e.image.ald, 'expectation, ald', 64),
  tld: unhex(e.image.tld, 'expectation, tld', 64),
  tag: unhex(e.image.tag, 'expectation, tag', 16),
});

/** C01 to C04 and R04: what arithmetic shows. */
const cryptographic = (j: Judge): void => {
  const { input, report, attested } = j;
  const { expected } = input;
  const nonce = input.challenge?.nonce;
  if (attested === undefined)
    for (const id of ['C01', 'C02', 'C03']) j.say(id, 'C', 'not-checked', 'an attestation', 'none in the report');
  else {
    if (input.attestationKey === undefined) j.say('C01', 'C', 'not-checked', 'the protection key of the request', 'not given');
    else {
      j.authentic = verifyMeasurement(attested, input.attestationKey, imageOf(expected)) === 'verified';
      j.say('C01', 'C', j.authentic ? 'passed' : 'failed', 'the measurement, recomputed', j.authentic ? 'equal' : 'different');
      if (j.authentic) j.cuid = hex(attested.cuid);
    }
    const asked = input.challenge?.requestSha256 ?? expected.attestation_request_sha256;
    const found = hex(sha256(attested.request.bytes));
    if (asked === undefined) j.say('C02', 'C', 'not-checked', 'a request of mine', found);
    else j.say('C02', 'C', asked === found ? 'passed' : 'failed', asked, found);
    const wanted = reportUserData(report.body, nonce, expected.bundle.serial);
    const good = same(wanted, attested.userData);
    j.bound = good && j.authentic;
    j.say(
      'C03',
      'C',
      good ? (j.authentic ? 'passed' : 'not-checked') : 'failed',
      'user data of this body',
      good ? (j.authentic ? 'equal' : 'equal, in an attestation that is not shown to be genuine') : 'different',
    );
  }
  if (report.mac === undefined || input.reportKey === undefined)
    j.say(
      'C04',
      'C',
      'not-checked',
      'a MAC and the report key',
      report.mac === undefined ? 'no MAC in the report' : 'report key not given',
    );
  else {
    const mac = reportMac(input.reportKey, report.body, j.response);
    const good = report.mac.key === expected.report.mac_secret && same(mac, unhex(report.mac.value, 'retrieval report, mac', 64));
    j.say('C04', 'C', good ? 'passed' : 'failed', 'the MAC, recomputed', good ? 'equal' : 'different');
  }
};

/** R02 and R03: asked for, answered once, not too old. */
const freshness = (j: Judge): void => {
  const { input, report } = j;
  const { challenge, ledger, expected } = input;
  const age = input.now.getTime() - Date.parse(report.body.guest.time);
  const limit = durationMs(expected.report.max_age, 'expectation, report.max_age');
  const young = `at most ${expected.report.max_age} old`;
  const mode = report.body.challenge;
  const reportHash = hex(sha256(input.report));
  const request = j.attested && hex(sha256(j.attested.request.bytes));
  if (challenge && (mode.mode !== 'challenge' || mode.id !== challenge.id || mode.nonce !== hex(challenge.nonce)))
    j.compare('R02', false, `challenge ${challenge.id}`, `mode ${mode.mode}`);
  else if (age > limit) j.compare('R02', false, young, report.body.guest.time);
  // a nonce of mine shows freshness by itself; without one there is the guest's clock only, and one that is ahead never gets old
  else if (!challenge && age < -CLOCK_SLACK) j.compare('R02', false, young, `${report.body.guest.time}, which is yet to come`);
  else if (challenge && ledger?.some((s) => s.request === request && s.report !== reportHash))
    j.compare('R02', false, 'a challenge answered once', 'answered before');
  else if (ledger === undefined)
    j.say('R02', j.authentic ? 'D' : 'I', 'not-checked', 'a ledger of what was seen before', 'none kept');
  else j.compare('R02', true, young, report.body.guest.time);
  starts(j);
};

/** R03: the ledger is one bundle's, so every start that answered anything of this bundle is in it. */
const starts = (j: Judge): void => {
  const { ledger } = j.input;
  const known = ledger?.find((s) => s.cuid === j.cuid);
  if (!j.authentic || ledger === undefined)
    j.say(
      'R03',
      'I',
      'not-checked',
      'an authentic configuration UID and a ledger',
      j.authentic ? 'no ledger' : 'no authentic one',
    );
  else if (known) j.say('R03', 'D', 'passed', 'a configuration UID', `${j.cuid}, known since ${known.firstSeen}`);
  else if (ledger.length === 0) j.say('R03', 'D', 'passed', 'a configuration UID', `${j.cuid}, first seen`);
  else
    j.say(
      'R03',
      'D',
      'question',
      `${ledger[0]?.cuid}, first seen ${ledger[0]?.firstSeen}`,
      `${j.cuid}: a restart, or a second guest with this bundle`,
    );
};

/** R04 to R09: image, machines, list, bundle. */
const comparisons = (j: Judge): void => {
  const { input, report, attested } = j;
  const { expected } = input;
  j.say('R04', 'C', j.authentic ? 'passed' : 'not-checked', expected.image.tag, j.authentic ? expected.image.tag : undefined);
  const hosts = expected.host_keys.map((k) => k.phkh);
  for (const [id, part] of [
    ['R05', 'image-host-key-hash'],
    ['R06', 'attestation-host-key-hash'],
  ] as const) {
    const found = attested?.additional[part];
    if (found === undefined) j.say(id, 'I', 'not-checked', 'one of the chosen host keys', 'not in the attestation');
    else
      j.compare(id, hosts.includes(hex(found)), hosts.length === 1 ? hosts[0] : `one of ${hosts.length} host keys`, hex(found));
  }
  const store = attested?.additional['secret-store-hash'];
  const wanted = expected.lock ? expected.store_hash.locked : expected.store_hash.unlocked;
  if (store === undefined) j.say('R07', 'I', 'not-checked', wanted, 'not in the attestation');
  else {
    j.compare('R07', hex(store) === wanted, wanted, hex(store));
    if (hex(store) !== wanted) j.diagnosis = diagnose(store, expected, input.older);
  }
  const b = report.body.bundle;
  const newest = Math.max(input.newestSerial ?? 0, expected.bundle.serial);
  const sameBundle = b.id === expected.bundle.id && b.serial === expected.bundle.serial && b.serial >= newest;
  const files =
    b.toc_pol_sha256 === expected.toc_pol_sha256 &&
    (expected.manifest_sha256 === undefined || b.manifest_sha256 === expected.manifest_sha256);
  j.compare(
    'R08',
    sameBundle && files,
    `bundle ${expected.bundle.id}, serial ${newest}`,
    `bundle ${b.id}, serial ${b.serial}${files ? '' : ', other files'}`,
  );
  j.compare('R09', b.policy_sha256 === expected.policy_sha256, expected.policy_sha256, b.policy_sha256);
};

const nameOf = (e: Expected, id: string): string => e.submission_order.find((s) => s.id === id)?.name ?? id;

/** R10 to R15: the list the guest shows, CCK and lock. */
const listChecks = (j: Judge): void => {
  const { report } = j;
  const { expected } = j.input;
  const { store } = report.body;
  const ids = store.entries.map((e) => e.id);
  const missing = expected.listed_ids.filter((id) => !ids.includes(id));
  const extra = ids.filter((id) => !expected.listed_ids.includes(id));
  // the kernel of the guest may show part of a long list only: then nobody knows what is missing
  const cut = store.total > store.entries.length;
  if (cut && missing.length > 0)
    j.say('R10', 'I', 'not-checked', 'none missing', `the list shows ${store.entries.length} of ${store.total} secrets`);
  else
    j.claim('R10', missing.length === 0, 'none missing', missing.map((id) => nameOf(expected, id)).join(', ') || 'none missing');
  j.claim('R11', extra.length === 0, 'none extra', extra.join(', ') || 'none extra');
  const wrong = store.entries.filter((e) => {
    const s = expected.submission_order.find((x) => x.id === e.id);
    return s !== undefined && kindOfType(e.type)?.kind !== s.type;
  });
  const inOrder =
    ids.filter((id) => expected.listed_ids.includes(id)).join() === expected.listed_ids.filter((id) => ids.includes(id)).join();
  const twice = new Set(ids).size !== ids.length;
  j.claim(
    'R12',
    wrong.length === 0 && inOrder && !twice,
    'types and order of the list, no id twice',
    wrong.length > 0
      ? `other type: ${wrong.map((e) => nameOf(expected, e.id)).join(', ')}`
      : twice
        ? 'an id twice'
        : inOrder
          ? 'equal'
          : 'another order',
  );
  const whole = store.total === store.entries.length;
  j.say('R13', 'I', whole ? 'passed' : 'failed', String(store.total), String(store.entries.length));
  cckAndLock(j);
};

/** R14 and R15: what only the secret-store hash shows. */
const cckAndLock = (j: Judge): void => {
  const { expected } = j.input;
  const { store } = j.report.body;
  const found = j.attested?.additional['secret-store-hash'];
  const listProven = j.checks.some((c) => c.id === 'R07' && c.class === 'D' && c.outcome === 'passed');
  const open = j.authentic && found !== undefined && hex(found) === expected.store_hash.unlocked;
  if (!expected.submission_order.some((s) => s.type === 'update-cck')) j.say('R14', 'D', 'not-needed');
  else
    j.say(
      'R14',
      'D',
      listProven ? 'passed' : 'not-checked',
      'the update-cck request in the store hash',
      listProven ? 'in it' : undefined,
    );
  if (!expected.lock) j.say('R15', 'D', 'not-needed');
  else if (listProven) j.say('R15', 'D', 'passed', 'locked', 'locked');
  else if (open) j.say('R15', 'D', 'failed', 'locked', 'not locked');
  else if (!store.locked) j.claim('R15', false, 'locked', 'not locked');
  else j.say('R15', 'I', 'not-checked', 'locked', 'the guest says locked');
};

/** R17 and R18: the public keys of the guest. Only the user can look at the live service. */
const fingerprints = (j: Judge): void => {
  const wanted = j.input.expected.submission_order.filter((s) => s.fingerprint !== undefined);
  const shown = (name: string | undefined) => j.report.body.secrets.find((r) => r.name === name)?.public?.fingerprint;
  const other = wanted.filter((s) => shown(s.name) !== undefined && shown(s.name) !== s.fingerprint);
  const silent = wanted.filter((s) => shown(s.name) === undefined);
  const list = wanted.map((s) => `${s.name} ${s.fingerprint}`).join(', ');
  if (wanted.length === 0) j.say('R17', 'I', 'not-needed');
  else if (other.length > 0)
    j.claim('R17', false, list, `different: ${other.map((s) => `${s.name} ${shown(s.name)}`).join(', ')}`);
  else if (silent.length > 0)
    j.say('R17', 'I', 'not-checked', list, `not in the report: ${silent.map((s) => s.name).join(', ')}`);
  else j.claim('R17', true, list, 'equal');
  j.say('R18', 'C', 'not-checked', list === '' ? 'a key, seen at the live service' : list, 'look at the live service yourself');
};

/** R16 to R22: what was done with the secrets, and where. */
const inGuest = (j: Judge): void => {
  const { input, report } = j;
  const { expected } = input;
  const wanted = expected.submission_order.filter((s) => s.name !== undefined && s.required === true);
  const undone = wanted.filter((s) => !report.body.secrets.some((r) => r.name === s.name && r.applied === true));
  j.claim(
    'R16',
    undone.length === 0,
    `${wanted.length} applied`,
    undone.length === 0 ? `${wanted.length} applied` : `not applied: ${undone.map((s) => s.name).join(', ')}`,
  );
  fingerprints(j);
  const cipher = report.body.root?.cipher;
  if (cipher === undefined) j.say('R19', 'I', 'not-checked', 'paes-xts-plain64');
  else j.say('R19', 'I', cipher === 'paes-xts-plain64' ? 'passed' : 'failed', 'paes-xts-plain64', cipher);
  j.say('R20', 'I', 'not-checked', "IBM's answer on the firmware state", 'nothing to compare with offline');
  const ahead = Date.parse(report.body.guest.time) - input.now.getTime();
  j.say('R21', 'I', ahead <= CLOCK_SLACK ? 'passed' : 'failed', `not after ${instantText(input.now)}`, report.body.guest.time);
  const simulated = report.body.guest.simulated;
  if (!simulated) j.compare('R22', true, 'a real guest', 'a real guest');
  // whoever says so of itself is believed, authenticated or not
  else if (input.production) j.say('R22', 'D', 'failed', 'a real guest', 'a simulated guest');
  else j.say('R22', 'I', 'question', 'a real guest', 'a simulated guest: a rehearsal');
};

/**
 * The verdict on a report.
 * @throws everything of readReport and readResponse: then it is not a report (R01)
 */
export const verifyReport = (input: VerifyInput): Verdict => {
  const j = new Judge(input);
  j.say('R01', 'I', 'passed', 'a retrieval report, version 1', 'a retrieval report, version 1');
  for (const part of [cryptographic, freshness, comparisons, listChecks, inGuest]) part(j);
  const { expected, challenge } = input;
  const fresh = challenge !== undefined && j.report.body.challenge.nonce === hex(challenge.nonce);
  const byId = [...j.checks].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    format: 'sel-report-verdict',
    version: 1,
    grade: gradeOf(byId, expected.extension_secret === 'random', fresh),
    rehearsal: j.report.body.guest.simulated,
    randomExtension: expected.extension_secret === 'random',
    unverifiedHostKeys: expected.host_keys.filter((k) => !k.verified).map((k) => k.phkh),
    checks: byId,
    ...(j.diagnosis ? { diagnosis: j.diagnosis } : {}),
    problems: j.report.body.problems,
    bundle: { id: expected.bundle.id, serial: expected.bundle.serial, name: expected.bundle.name },
    reportSha256: hex(sha256(input.report)),
    expectedSha256: hex(sha256(writeExpected(expected))),
    ...(j.attested ? { request: hex(sha256(j.attested.request.bytes)) } : {}),
    ...(j.cuid !== undefined ? { cuid: j.cuid } : {}),
    time: instantText(input.now),
  };
};

/** What to remember of a report that was judged: nothing unless its attestation is authentic. */
export const sightingOf = (v: Verdict): Sighting | undefined =>
  v.cuid === undefined || v.request === undefined
    ? undefined
    : { request: v.request, cuid: v.cuid, firstSeen: v.time, report: v.reportSha256 };
