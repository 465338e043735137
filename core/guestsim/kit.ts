/**
 * The guest-side kit: applies the secrets as the authenticated manifest says, locks the store, writes the report.
 * Source: spec pages "bundle" (end of section 4) and "retrieval-report".
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { partOf, readExchange, writeExchange } from '../attestation/exchange.ts';
import { type Manifest, readManifest } from '../bundle/manifest.ts';
import { MANIFEST_POL, TOC_POL } from '../bundle/names.ts';
import { policyReference } from '../bundle/reference.ts';
import { type Bytes, hex, same, utf8, wipe } from '../bytes.ts';
import type { Env } from '../env.ts';
import { SelError } from '../errors.ts';
import { buildReport, type Challenge } from '../report/build.ts';
import type { ReportBody } from '../report/format.ts';
import { kindOfType } from '../secret/kinds.ts';
import type { ListEntry } from '../secret/list.ts';
import { hashedId, readPlaintext } from '../secret/secret.ts';
import { instantText } from '../time.ts';
import { RC_OK, showRc } from '../uvsim/codes.ts';
import type { UltravisorGuest } from '../uvsim/ultravisor.ts';
import type { BootEvent } from './events.ts';
import type { GuestFile, PvebcResult } from './pvebc.ts';
import { listAll } from './store.ts';

/** A file the kit wrote into the simulated root. Content of a secret's file is secret. */
export interface AppliedFile {
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly bytes: Bytes;
}

export interface KitResult {
  readonly events: readonly BootEvent[];
  readonly files: readonly AppliedFile[];
  readonly report?: Bytes;
}

export interface KitInput {
  readonly guest: UltravisorGuest;
  readonly files: readonly GuestFile[];
  readonly pvebc: PvebcResult;
  /** attestation request as an exchange file */
  readonly attestRequest?: Bytes | undefined;
  readonly challenge?: Challenge | undefined;
  readonly simulated: boolean;
}

export const KIT = 'selwright-kit 1';

/**
 * The manifest is trusted only when a request of the chain refers to it: pvebc looks at a policy file for no other reason,
 * so a manifest that a host laid beside the bundle would pass unseen.
 */
const authenticatedManifest = (input: KitInput): Manifest | 'no-manifest' | 'manifest-not-authenticated' => {
  const file = input.files.find((f) => f.name === MANIFEST_POL);
  if (file === undefined) return 'no-manifest';
  const submitted = input.pvebc.steps.filter((s) => s.what === 'submit' && s.ok).map((s) => s.file);
  const hash = sha256(file.bytes);
  const vouched = input.files.some((f) => {
    if (!submitted.includes(f.name)) return false;
    const ref = policyReference.read(f.bytes, 536);
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

/** State of one run, filled while it goes. */
interface Run {
  readonly input: KitInput;
  readonly list: readonly ListEntry[];
  readonly events: BootEvent[];
  readonly files: AppliedFile[];
  readonly secrets: ReportBody['secrets'];
  readonly problems: ReportBody['problems'];
}

export const runKit = (input: KitInput, env: Env): KitResult => {
  const run: Run = { input, list: listAll(input.guest), events: [], files: [], secrets: [], problems: [] };
  const manifest = authenticatedManifest(input);
  if (typeof manifest === 'string') {
    run.events.push({ stage: 'apply', code: manifest, outcome: 'note', subject: MANIFEST_POL });
    run.events.push({ stage: 'report', code: 'no-report', outcome: 'note' });
    return { events: run.events, files: [] };
  }
  const macKey = applyAll(run, manifest);
  lockStore(run, manifest);
  const body = reportBody(run, manifest, env);
  const request = input.challenge?.request ?? input.attestRequest;
  const report = buildReport({
    body,
    nonce: input.challenge?.nonce,
    attest: request && ((userData) => attestWith(input.guest, request, userData)),
    mac: macKey && manifest.report.mac_secret !== undefined ? { name: manifest.report.mac_secret, key: macKey } : undefined,
  });
  wipe(macKey);
  run.events.push({ stage: 'report', code: 'report-written', outcome: 'ok', subject: manifest.report.path });
  return { events: run.events, files: run.files, report };
};

/** Retrieves the value of a plaintext secret. Secret: wipe after use. */
const retrievePlaintext = (run: Run, name: string): Bytes | undefined => {
  const id = hashedId(name);
  // a second entry with one id is only a warning in the reference: the first is taken
  const entry = run.list.find((e) => same(e.id, id));
  if (entry === undefined || kindOfType(entry.type)?.kind !== 'plaintext') return undefined;
  const answer = run.input.guest.retrieve(entry.index);
  if (answer.rc !== RC_OK) return undefined;
  const value = readPlaintext(answer.data, name);
  wipe(answer.data);
  return value;
};

/** Applies every secret of the manifest. @returns the report key, when the manifest names one */
const applyAll = (run: Run, manifest: Manifest): Bytes | undefined => {
  let macKey: Bytes | undefined;
  const done = (s: Manifest['secrets'][number], retrieved: boolean, applied: boolean): void => {
    run.secrets.push({ name: s.name, type: s.type, ...(s.id ? { id: s.id } : {}), retrieved, applied });
    run.events.push({
      stage: 'apply',
      code: applied ? 'applied' : 'not-applied',
      outcome: applied ? 'ok' : 'note',
      subject: s.name,
      detail: s.apply.kind,
    });
    if (!applied) run.problems.push({ code: retrieved ? 'APPLY_NOT_SUPPORTED' : 'RETRIEVE_FAILED', secret: s.name });
  };
  for (const s of manifest.secrets) {
    if (s.apply.kind === 'ultravisor') {
      const accepted = run.input.guest.tags.some((t) => hex(t) === s.tag);
      run.secrets.push({ name: s.name, type: s.type, submitted: accepted, applied: accepted });
      run.events.push({
        stage: 'apply',
        code: accepted ? 'applied' : 'not-applied',
        outcome: accepted ? 'ok' : 'note',
        subject: s.name,
        detail: 'ultravisor',
      });
      continue;
    }
    if (s.type !== 'plaintext') {
      // protected keys are used through the UV and never come out; being in the list is what "applied" can mean
      const listed = run.list.some((e) => s.id !== undefined && hex(e.id) === s.id);
      done(s, listed, listed);
      continue;
    }
    const value = retrievePlaintext(run, s.name);
    if (value === undefined) {
      done(s, false, false);
      continue;
    }
    if (s.apply.kind === 'file')
      run.files.push({
        path: s.apply.path,
        mode: s.apply.mode ?? '0600',
        owner: s.apply.owner ?? 'root:root',
        bytes: value.slice(),
      });
    else if (s.apply.kind === 'password-hash')
      run.files.push({ path: '/etc/shadow', mode: '0640', owner: 'root:shadow', bytes: value.slice() });
    if (s.name === manifest.report.mac_secret) macKey = value.slice();
    done(s, true, s.apply.kind !== 'pvapconfig');
    wipe(value);
  }
  for (const p of manifest.public)
    if (p.apply.kind === 'file')
      run.files.push({
        path: p.apply.path,
        mode: p.apply.mode ?? '0644',
        owner: p.apply.owner ?? 'root:root',
        bytes: utf8(p.content),
      });
  return macKey;
};

const lockStore = (run: Run, manifest: Manifest): void => {
  if (!manifest.lock) {
    run.events.push({ stage: 'lock', code: 'not-locked', outcome: 'note' });
    return;
  }
  const rc = run.input.guest.lock();
  run.events.push({ stage: 'lock', code: rc === RC_OK ? 'locked' : 'lock-failed', outcome: rc === RC_OK ? 'ok' : 'failed', rc });
  if (rc !== RC_OK) run.problems.push({ code: 'LOCK_FAILED' });
};

const uuid = (b: Bytes): string => hex(b).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

const reportBody = (run: Run, manifest: Manifest, env: Env): ReportBody => {
  const fileHash = (name: string): string =>
    hex(sha256(run.input.files.find((f) => f.name === name)?.bytes ?? new Uint8Array(0)));
  const { challenge, attestRequest, guest, pvebc } = run.input;
  return {
    phase: 'final',
    bundle: {
      id: manifest.bundle.id,
      serial: manifest.bundle.serial,
      manifest_sha256: fileHash(MANIFEST_POL),
      toc_pol_sha256: fileHash(TOC_POL),
      policy_sha256: manifest.policy_sha256,
    },
    challenge: challenge
      ? { mode: 'challenge', id: challenge.id, nonce: hex(challenge.nonce) }
      : { mode: attestRequest ? 'boot' : 'none' },
    guest: {
      boot_id: uuid(env.random(16)),
      time: instantText(env.now()),
      kit: KIT,
      kernel: 'simulated',
      simulated: run.input.simulated,
    },
    ebc: {
      exit_code: pvebc.exitCode,
      submitted: pvebc.steps.flatMap((s) =>
        s.what === 'submit' && s.tag !== undefined ? [{ file: s.file, tag: s.tag, rc: showRc(s.rc ?? RC_OK) }] : [],
      ),
    },
    store: {
      locked: guest.locked,
      total: run.list.length,
      entries: run.list.map((e) => ({ index: e.index, type: e.type, id: hex(e.id) })),
    },
    secrets: run.secrets,
    root: { cipher: 'paes-xts-plain64', label: 'cryptroot' },
    problems: run.problems,
  };
};

/** `pvattest perform`: the request of an exchange file to the UV, the response as an exchange file. */
const attestWith = (guest: UltravisorGuest, requestFile: Bytes, userData: Bytes): Bytes | undefined => {
  let request: Bytes;
  try {
    request = partOf(readExchange(requestFile), 'request');
  } catch (e) {
    // the request lies unprotected on the boot partition: a damaged one must not stop the report
    if (e instanceof SelError) return undefined;
    throw e;
  }
  const answer = guest.attest(request, userData);
  if (answer.rc !== RC_OK) return undefined;
  return writeExchange({
    request,
    measurement: answer.measurement,
    additional: answer.additional,
    user: userData,
    cuid: answer.cuid,
  });
};
