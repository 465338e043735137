/**
 * The guest-side kit: applies the secrets as the authenticated manifest says, locks the store, writes the report. On a real
 * guest assets/guest-kit/selwright-kit does the same, step by step. Source: spec pages "bundle" (end of section 4) and
 * "retrieval-report".
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { partOf, readExchange, writeExchange } from '../attestation/exchange.ts';
import { type Manifest, readManifest } from '../bundle/manifest.ts';
import { MANIFEST_POL } from '../bundle/names.ts';
import { policyReference } from '../bundle/reference.ts';
import { type Bytes, hex, same, unhex, utf8, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { SelError } from '../errors.ts';
import { sshHostKeyOf } from '../policy/keypair.ts';
import { sshFingerprint } from '../policy/openssh.ts';
import { buildReport, type Challenge } from '../report/build.ts';
import type { ReportBody } from '../report/format.ts';
import { requestHeader } from '../request/asrcb.ts';
import { kindOfType } from '../secret/kinds.ts';
import { hashedId, readPlaintext } from '../secret/secret.ts';
import { instantText } from '../time.ts';
import { LOCK_RC, RC_OK, showRc } from '../uvsim/codes.ts';
import type { UltravisorGuest } from '../uvsim/ultravisor.ts';
import {
  type AppliedFile,
  applyPublic,
  applyValue,
  GuestRoot,
  type ManifestSecret,
  type ProblemCode,
  writeToken,
} from './apply.ts';
import { writePaesToken } from './disk.ts';
import type { BootEvent } from './events.ts';
import type { GuestFile, PvebcResult } from './pvebc.ts';
import { findById, listAll, type SeenList } from './store.ts';

export type { AppliedFile } from './apply.ts';

/** What the kit keeps in the running guest, to answer a question that comes later. Nothing in it is secret. */
export interface KitBasis {
  readonly manifest: Manifest;
  readonly body: ReportBody;
}

export interface KitResult {
  readonly events: readonly BootEvent[];
  readonly files: readonly AppliedFile[];
  readonly report?: Bytes;
  readonly basis?: KitBasis;
}

export interface KitInput {
  readonly guest: UltravisorGuest;
  readonly files: readonly GuestFile[];
  readonly pvebc: PvebcResult;
  /** attestation request as an exchange file */
  readonly attestRequest?: Bytes | undefined;
  readonly challenge?: Challenge | undefined;
  readonly simulated: boolean;
  /** /etc/shadow of the image; absent: an image that has every account the manifest names */
  readonly shadow?: Bytes | undefined;
}

export const KIT = 'selwright-kit 1';
const ROOT_LABEL = 'cryptroot';
const USER_DATA_AT = requestHeader.offset('userData');

/** Files of the requests that were submitted, in order. */
const submittedFiles = (pvebc: PvebcResult): string[] =>
  pvebc.steps.filter((s) => s.what === 'submit' && s.ok).map((s) => s.file);

/**
 * The manifest is trusted only when a request of the chain refers to it: pvebc looks at a policy file for no other reason,
 * so a manifest that a host laid beside the bundle would pass unseen.
 */
const authenticatedManifest = (input: KitInput): Manifest | 'no-manifest' | 'manifest-not-authenticated' => {
  const file = input.files.find((f) => f.name === MANIFEST_POL);
  if (file === undefined) return 'no-manifest';
  const submitted = submittedFiles(input.pvebc);
  const hash = sha256(file.bytes);
  const vouched = input.files.some((f) => {
    if (!submitted.includes(f.name)) return false;
    const ref = policyReference.read(f.bytes, USER_DATA_AT);
    return same(ref.hash, hash) && same(ref.name.slice(0, MANIFEST_POL.length + 1), utf8(`${MANIFEST_POL}\0`));
  });
  if (!vouched) return 'manifest-not-authenticated';
  try {
    return readManifest(file.bytes);
  } catch (e) {
    if (e instanceof SelError) return 'manifest-not-authenticated';
    throw e;
  }
};

type SecretReport = ReportBody['secrets'][number];

/** State of one run, filled while it goes. */
interface Run {
  readonly input: KitInput;
  readonly manifest: Manifest;
  readonly list: SeenList;
  readonly root: GuestRoot;
  readonly now: Date;
  readonly events: BootEvent[];
  readonly secrets: SecretReport[];
  readonly problems: ReportBody['problems'];
  locked: boolean;
}

/** Runs the kit, event by event. */
export function* kitSteps(input: KitInput, env: Env): Generator<BootEvent, KitResult> {
  const manifest = authenticatedManifest(input);
  if (typeof manifest === 'string') {
    const events: BootEvent[] = [
      { stage: 'apply', code: manifest, outcome: 'note', subject: MANIFEST_POL },
      { stage: 'report', code: 'no-report', outcome: 'note' },
    ];
    yield* events;
    return { events, files: [] };
  }
  const run: Run = {
    input,
    manifest,
    list: listAll(input.guest),
    root: new GuestRoot(input.shadow),
    now: env.now(),
    events: [],
    secrets: [],
    problems: unlisted(input),
    locked: false,
  };
  const say = (e: BootEvent): BootEvent => {
    run.events.push(e);
    return e;
  };
  for (const s of manifest.secrets) yield say(applySecret(run, s));
  for (const p of manifest.public) {
    const problem = applyPublic(run.root, p);
    if (problem) run.problems.push({ code: problem, secret: p.name });
    yield say(applyEvent(p.name, p.apply.kind, problem === undefined));
  }
  yield say(lockStore(run));
  const basis = { manifest, body: reportBody(run, env) };
  const report = answer(input.guest, basis, input.challenge, input.attestRequest);
  if (report.attested === false) yield say({ stage: 'report', code: 'attest-failed', outcome: 'note' });
  yield say({ stage: 'report', code: 'report-written', outcome: 'ok', subject: manifest.report.path });
  return { events: run.events, files: run.root.files, report: report.bytes, basis };
}

/** The same in one go. */
export const runKit = (input: KitInput, env: Env): KitResult => {
  const steps = kitSteps(input, env);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};

/** Requests that lie there and were never submitted: pvebc says nothing about them, so the report does. */
const unlisted = (input: KitInput): ReportBody['problems'] => {
  const submitted = submittedFiles(input.pvebc);
  const names = input.files.map((f) => f.name).filter((n) => n.endsWith('.asr') && !submitted.includes(n));
  return names.sort().map((n) => {
    const secret = n.slice(0, -'.asr'.length);
    return { code: 'UNLISTED_REQUEST', ...(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(secret) ? { secret } : {}) };
  });
};

const applyEvent = (subject: string, kind: string, good: boolean): BootEvent => ({
  stage: 'apply',
  code: good ? 'applied' : 'not-applied',
  outcome: good ? 'ok' : 'note',
  subject,
  detail: kind,
});

/** Applies one secret and puts what happened into the report. */
const applySecret = (run: Run, s: ManifestSecret): BootEvent => {
  const { report, problem } =
    s.apply.kind === 'ultravisor' ? viaUltravisor(run, s) : s.type === 'plaintext' ? plaintext(run, s) : protectedKey(run, s);
  run.secrets.push(report);
  if (problem) run.problems.push({ code: problem, secret: s.name });
  return applyEvent(s.name, s.apply.kind, report.applied === true);
};

interface Applied {
  readonly report: SecretReport;
  readonly problem?: ProblemCode | undefined;
}

/** update-cck: it is never listed, that it was accepted is all there is. */
const viaUltravisor = (run: Run, s: ManifestSecret): Applied => {
  const accepted = run.input.guest.tags.some((t) => hex(t) === s.tag);
  return { report: { name: s.name, type: s.type, submitted: accepted, applied: accepted } };
};

/** Protected keys and associations are used through the UV and never come out: being there is what "applied" can mean. */
const protectedKey = (run: Run, s: ManifestSecret): Applied => {
  const entry = s.id === undefined ? undefined : findById(run.list, unhex(s.id, 'manifest, id'));
  const listed = entry !== undefined && kindOfType(entry.type)?.kind === s.type;
  if (listed && s.apply.kind === 'luks-token') writeToken(run.root, s, writePaesToken(entry.type, entry.id));
  return {
    report: { name: s.name, type: s.type, ...(s.id ? { id: s.id } : {}), applied: listed },
    problem: listed ? undefined : 'RETRIEVE_FAILED',
  };
};

const plaintext = (run: Run, s: ManifestSecret): Applied => {
  const about = { name: s.name, type: s.type, ...(s.id ? { id: s.id } : {}) };
  const value = retrievePlaintext(run.input.guest, run.list, s);
  if (value === undefined) return { report: { ...about, retrieved: false, applied: false }, problem: 'RETRIEVE_FAILED' };
  const problem = applyValue(run.root, s, value, run.now);
  const fingerprint = s.purpose === 'ssh-host-key' ? fingerprintOf(value) : undefined;
  wipe(value);
  return {
    report: { ...about, retrieved: true, applied: problem === undefined, ...(fingerprint ? { public: { fingerprint } } : {}) },
    problem,
  };
};

/** Fingerprint of the ssh host key that was applied; undefined for a file that is none, which is for sshd to complain about. */
const fingerprintOf = (file: Bytes): string | undefined => {
  try {
    return sshFingerprint(sshHostKeyOf(file));
  } catch (e) {
    if (e instanceof SelError) return undefined;
    throw e;
  }
};

/** Retrieves the value of a plaintext secret by the id of the manifest. Secret: wipe after use. */
const retrievePlaintext = (
  guest: UltravisorGuest,
  list: SeenList,
  s: { name: string; id?: string | undefined },
): Bytes | undefined => {
  const entry = findById(list, s.id === undefined ? hashedId(s.name) : unhex(s.id, 'manifest, id'));
  if (entry === undefined || kindOfType(entry.type)?.kind !== 'plaintext') return undefined;
  const answer = guest.retrieve(entry.index);
  if (answer.rc !== RC_OK) return undefined;
  try {
    return readPlaintext(answer.data, s.name);
  } catch (e) {
    // whoever made the request may have written a length prefix that does not fit
    if (e instanceof SelError) return undefined;
    throw e;
  } finally {
    wipe(answer.data);
  }
};

const lockStore = (run: Run): BootEvent => {
  if (!run.manifest.lock) return { stage: 'lock', code: 'not-locked', outcome: 'note' };
  const rc = run.input.guest.lock();
  run.locked = rc === RC_OK || rc === LOCK_RC.alreadyLocked;
  if (run.locked) return { stage: 'lock', code: 'locked', outcome: 'ok', rc };
  run.problems.push({ code: 'LOCK_FAILED' });
  return { stage: 'lock', code: 'lock-failed', outcome: 'note', rc };
};

const uuid = (b: Bytes): string => hex(b).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** The body, but for the question it answers. */
const reportBody = (run: Run, env: Env): ReportBody => {
  const { manifest, input } = run;
  const fileHash = (name: string | undefined): string =>
    hex(sha256(input.files.find((f) => f.name === name)?.bytes ?? new Uint8Array(0)));
  return {
    phase: 'final',
    bundle: {
      id: manifest.bundle.id,
      serial: manifest.bundle.serial,
      manifest_sha256: fileHash(MANIFEST_POL),
      toc_pol_sha256: fileHash(input.pvebc.list),
      policy_sha256: manifest.policy_sha256,
    },
    challenge: { mode: 'none' },
    guest: {
      boot_id: uuid(env.random(16)),
      time: instantText(run.now),
      kit: KIT,
      kernel: 'simulated',
      simulated: input.simulated,
    },
    ebc: {
      exit_code: input.pvebc.exitCode,
      submitted: input.pvebc.steps.flatMap((s) =>
        s.what === 'submit' && s.tag !== undefined ? [{ file: s.file, tag: s.tag, rc: showRc(s.rc ?? RC_OK) }] : [],
      ),
    },
    store: {
      locked: run.locked,
      total: run.list.total,
      entries: run.list.entries.map((e) => ({ index: e.index, type: e.type, id: hex(e.id) })),
    },
    secrets: run.secrets,
    // the module lets no guest through whose root is anything else
    root: { cipher: 'paes-xts-plain64', label: ROOT_LABEL },
    problems: run.problems,
  };
};

/** A report of a guest, for a question or without one. `attested` is false when an attestation was asked for and refused. */
const answer = (
  guest: UltravisorGuest,
  basis: KitBasis,
  challenge: Challenge | undefined,
  rider: Bytes | undefined,
): { readonly bytes: Bytes; readonly attested: boolean | undefined } => {
  const request = challenge?.request ?? rider;
  const body: ReportBody = {
    ...basis.body,
    challenge: challenge
      ? { mode: 'challenge', id: challenge.id, nonce: hex(challenge.nonce) }
      : { mode: request ? 'boot' : 'none' },
  };
  const name = basis.manifest.report.mac_secret;
  const secret = basis.manifest.secrets.find((s) => s.name === name && s.type === 'plaintext');
  const key = secret && retrievePlaintext(guest, listAll(guest), secret);
  let attested: boolean | undefined;
  const bytes = buildReport({
    body,
    nonce: challenge?.nonce,
    attest:
      request &&
      ((userData) => {
        const response = attestWith(guest, request, userData);
        attested = response !== undefined;
        return response;
      }),
    mac: key && name !== undefined ? { name, key } : undefined,
  });
  wipe(key);
  return { bytes, attested };
};

/** Answers a question of the tenant, later in the guest's life. @returns the report */
export const answerChallenge = (guest: UltravisorGuest, basis: KitBasis, challenge: Challenge, env: Env): Bytes => {
  const list = listAll(guest);
  const body: ReportBody = {
    ...basis.body,
    guest: { ...basis.body.guest, time: instantText(env.now()) },
    store: {
      ...basis.body.store,
      total: list.total,
      entries: list.entries.map((e) => ({ index: e.index, type: e.type, id: hex(e.id) })),
    },
  };
  return answer(guest, { ...basis, body }, challenge, undefined).bytes;
};

/** `pvattest perform`: the request of an exchange file to the UV, the response as an exchange file; undefined when it is refused. */
export const attestWith = (guest: UltravisorGuest, requestFile: Bytes, userData: Bytes): Bytes | undefined => {
  let request: Bytes;
  try {
    request = partOf(readExchange(requestFile), 'request');
  } catch (e) {
    // the request lies unprotected on the boot partition: a damaged one must not stop the report
    if (e instanceof SelError) return undefined;
    throw e;
  }
  const answered = guest.attest(request, userData);
  if (answered.rc !== RC_OK) return undefined;
  return writeExchange({
    request,
    measurement: answered.measurement,
    additional: answered.additional,
    user: userData,
    cuid: answered.cuid,
  });
};
