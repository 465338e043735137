/**
 * The main side of one window: holds the project with its values, and does what the window asks. What goes back is made by
 * views.ts and holds no value. Values are wiped when they are replaced, cleared or the project is closed.
 */
import { homedir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { sha256 } from '@noble/hashes/sha2.js';
import { type BuildStep, type BuiltBundle, type BundleInput, buildBundleSteps } from '../core/bundle/build.ts';
import { checkBundle } from '../core/bundle/check.ts';
import { preflight } from '../core/bundle/preflight.ts';
import { type Bytes, hex, utf8, wipe } from '../core/bytes.ts';
import { readableJson } from '../core/canonical.ts';
import type { Env } from '../core/env.ts';
import { fail, inFile, SelError } from '../core/errors.ts';
import { type Finding, hasErrors } from '../core/findings.ts';
import { type BootResult, boot } from '../core/guestsim/boot.ts';
import { type Lab, prepareLab, runAttack } from '../core/guestsim/lab.ts';
import type { ParsedCertificate } from '../core/hostkey/certificate.ts';
import type { HostKeyDocument } from '../core/hostkey/document.ts';
import { type Piece, sortFile } from '../core/hostkey/sort.ts';
import { type HostKeyVerdict, verifyHostKeys } from '../core/hostkey/verify.ts';
import { type Wanted, wanted } from '../core/hostkey/wanted.ts';
import { type FoundHeader, findHeader, headerRange } from '../core/image/find.ts';
import { readPolicy } from '../core/policy/document.ts';
import type { Policy } from '../core/policy/schema.ts';
import { TEMPLATE_NAMES, templateText } from '../core/policy/templates.ts';
import { readReport } from '../core/report/format.ts';
import type { Verdict } from '../core/report/verdict.ts';
import { sightingOf, verifyReport } from '../core/report/verify.ts';
import { makeSampleTenant, type SampleTenant, sampleTenantFiles } from '../core/sample/tenant.ts';
import { generateValue, generatorFor } from '../core/secret/value.ts';
import type { SimHost } from '../core/uvsim/ultravisor.ts';
import { writeFile, writeTree } from '../edge/files.ts';
import { samplePkiKeys, verifySignature } from '../edge/keys.ts';
import { findRecordById, nextSerial, readRecord, remember, saveRecord, type TenantRecord } from '../edge/record.ts';
import { systemRoots } from '../edge/roots.ts';
import { PROGRAM } from '../edge/version.ts';
import { handoverText } from '../words/handover.ts';
import { verdictAsText } from '../words/verdict.ts';
import type { ChosenFile, LabView, ProjectView } from './contract.ts';
import { labView, viewOf } from './views.ts';

/** A host key in the project. */
export interface ProjectHostKey {
  readonly document: HostKeyDocument;
  readonly file: string;
  /** the user typed that it shall be used without verification */
  accepted: boolean;
}

export interface LoadedImage {
  readonly file: string;
  /** the whole image, or only its header when it was cut out of a large one */
  readonly bytes: Bytes;
  readonly found: FoundHeader;
  /** a whole image was chosen, not a header file */
  readonly whole: boolean;
}

export interface LoadedPolicy {
  readonly file: string;
  readonly text: string;
  readonly policy: Policy;
}

export interface GeneratedBundle {
  readonly built: BuiltBundle;
  readonly findings: readonly Finding[];
  /** what it was built from, for the attack lab: a copy of the values is in it, secret */
  readonly input: BundleInput;
  /** the lab of each simulated machine, made when first asked for */
  readonly labs: Map<string, Lab>;
  savedTo?: string;
  record?: TenantRecord;
}

/** The project as the main side holds it. */
export interface Project {
  sample: SampleTenant | undefined;
  hostKeys: ProjectHostKey[];
  /** what else was in the files: certificates and CRLs, and what could not be used */
  pieces: Piece[];
  verdicts: readonly HostKeyVerdict[];
  /** SHA-256 of the root certificates that the user said are to be trusted, hex */
  trustedRoots: Set<string>;
  /** what verification needs, given or not */
  wanted: readonly Wanted[];
  image: LoadedImage | undefined;
  policy: LoadedPolicy | undefined;
  /** secret */
  values: Map<string, Bytes>;
  bits: Map<string, number>;
  bundle: GeneratedBundle | undefined;
  boot: { host: string; result: BootResult } | undefined;
  verdict: { file: string; verdict: Verdict; ownRecord: boolean } | undefined;
}

const emptyProject = (): Project => ({
  sample: undefined,
  hostKeys: [],
  pieces: [],
  verdicts: [],
  trustedRoots: new Set(),
  wanted: [],
  image: undefined,
  policy: undefined,
  values: new Map(),
  bits: new Map(),
  bundle: undefined,
  boot: undefined,
  verdict: undefined,
});

export interface SessionOptions {
  readonly env: Env;
  /** where bundles are suggested to go; the user's own directory unless given */
  readonly home?: string;
}

/** The word a user types to use a host key without verification. */
export const ACCEPT_WORD = 'unverified';

export class Session {
  readonly #env: Env;
  readonly #home: string;
  #project = emptyProject();
  #step: BuildStep = { file: '', done: 0, total: 0 };
  #running = false;
  #cancelled = false;

  constructor(options: SessionOptions) {
    this.#env = options.env;
    this.#home = options.home ?? join(homedir(), 'Selwright');
  }

  view(): ProjectView {
    return viewOf(this.#project, this.#home, this.#env.now());
  }

  /** Closes the project and wipes its values. */
  reset(): ProjectView {
    const p = this.#project;
    wipe(...p.values.values(), ...(p.sample?.values.values() ?? []), ...(p.sample?.hosts.map((h) => h.keys.privateKey) ?? []));
    this.#dropBundle();
    this.#project = emptyProject();
    return this.view();
  }

  /** Loads the sample tenant: its files, as if the user had chosen them; the secrets are still to be made. */
  openSample(): ProjectView {
    this.reset();
    const sample = makeSampleTenant(samplePkiKeys(), this.#env);
    wipe(...sample.values.values());
    const files = sampleTenantFiles(sample);
    const pick = (prefix: string): ChosenFile[] =>
      files.filter((f) => f.path.startsWith(prefix)).map((f) => ({ name: basename(f.path), bytes: f.bytes }));
    this.#project.sample = sample;
    this.addFiles([...pick('host-keys/'), ...pick('pki/')]);
    for (const x of this.#project.pieces) if (x.kind === 'root' && x.certificate) this.trustRoot(fingerprintOf(x.certificate));
    for (const f of pick('image/sel-ebc.img')) this.setImage({ ...f, cut: false });
    for (const f of pick('policy.yaml')) this.setPolicy(f);
    return this.view();
  }

  // -- host keys

  /** Sorts files by what they hold. @throws when not one piece of them can be used */
  addFiles(files: readonly ChosenFile[]): ProjectView {
    const p = this.#project;
    const pieces = files.flatMap((f) => sortFile(f.name, f.bytes));
    const [first] = pieces;
    if (first?.error && pieces.every((x) => x.kind === 'unknown')) throw first.error;
    const odd = pieces.find((x) => x.kind === 'certificate');
    if (odd && pieces.length === 1)
      fail(
        'wrong-curve',
        `${odd.file}: host-key document`,
        'a certificate with another kind of key',
        'a key on secp521r1 (P-521)',
      );
    for (const piece of pieces) {
      if (piece.hostKey) {
        const phkh = hex(piece.hostKey.phkh);
        if (!p.hostKeys.some((k) => hex(k.document.phkh) === phkh))
          p.hostKeys.push({ document: piece.hostKey, file: piece.file, accepted: false });
      } else p.pieces.push(piece);
    }
    return this.#changed();
  }

  removeHostKey(phkh: string): ProjectView {
    this.#project.hostKeys = this.#project.hostKeys.filter((k) => hex(k.document.phkh) !== phkh);
    return this.#changed();
  }

  /** Forgets every certificate and CRL; host keys stay. */
  clearPieces(): ProjectView {
    this.#project.pieces = [];
    this.#project.trustedRoots.clear();
    return this.#changed();
  }

  /** Uses a host key without verification: typed, never by a click alone. @throws bad-value */
  acceptHostKey(phkh: string, typed: string): ProjectView {
    if (typed.trim().toLowerCase() !== ACCEPT_WORD)
      fail('bad-value', 'confirmation', 'another word', `the word "${ACCEPT_WORD}"`);
    const key =
      this.#project.hostKeys.find((k) => hex(k.document.phkh) === phkh) ?? fail('not-found', 'host key', phkh.slice(0, 16));
    if (this.#project.policy?.policy['host-keys'].verify === 'required')
      fail('conflict', 'host key without verification', 'a policy that requires verification', 'a policy that leaves it to you');
    key.accepted = true;
    return this.#changed();
  }

  /**
   * Trusts a root certificate for this project. Dropping one is not enough: whoever hands over a stranger's host key can hand over
   * the stranger's root with it. @param fingerprint SHA-256 of the certificate, hex @throws not-found
   */
  trustRoot(fingerprint: string): ProjectView {
    const p = this.#project;
    if (!p.pieces.some((x) => x.kind === 'root' && x.certificate && fingerprintOf(x.certificate) === fingerprint))
      fail('not-found', 'root certificate', fingerprint.slice(0, 16), 'one that was added');
    p.trustedRoots.add(fingerprint);
    return this.#changed();
  }

  #verify(): void {
    const p = this.#project;
    const certificates = p.pieces.flatMap((x) => (x.certificate ? [x.certificate] : []));
    const input = {
      hostKeys: p.hostKeys.map((k) => k.document),
      certificates,
      roots: [
        ...certificates.filter((c) => p.trustedRoots.has(fingerprintOf(c))),
        ...systemRoots().flatMap((x) => (x.certificate ? [x.certificate] : [])),
      ],
      crls: p.pieces.flatMap((x) => (x.crl ? [x.crl] : [])),
      at: this.#env.now(),
      verify: verifySignature,
    };
    p.verdicts = input.hostKeys.length === 0 ? [] : verifyHostKeys(input);
    p.wanted = input.hostKeys.length === 0 && certificates.length === 0 ? [] : wanted(input);
  }

  // -- image and policy

  /** Where in a large image its header stands. @param start its first bytes @throws not-found, wrong-version, too-short */
  locateHeader(name: string, start: Bytes, size: number): { offset: number; length: number } {
    return inFile(name, () => headerRange(start, size));
  }

  /** @param f `cut`: these are the bytes of the header alone, out of a larger image */
  setImage(f: ChosenFile & { readonly cut: boolean }): ProjectView {
    const found = inFile(f.name, () => findHeader(f.bytes));
    this.#project.image = { file: f.name, bytes: f.bytes, found, whole: f.cut || found.by !== 'start' };
    return this.#changed();
  }

  setPolicy(f: ChosenFile): ProjectView {
    const policy = inFile(f.name, () => readPolicy(f.bytes));
    const p = this.#project;
    p.policy = { file: f.name, text: Buffer.from(f.bytes).toString('utf8'), policy };
    // values of secrets that the new policy does not know are wiped
    for (const [name, value] of p.values) {
      if (policy.secrets.some((s) => s.name === name)) continue;
      wipe(value);
      p.values.delete(name);
      p.bits.delete(name);
    }
    return this.#changed();
  }

  setTemplate(name: string): ProjectView {
    const known =
      TEMPLATE_NAMES.find((t) => t === name) ?? fail('not-found', 'template', name.slice(0, 40), TEMPLATE_NAMES.join(', '));
    return this.setPolicy({ name: `${known}.yaml`, bytes: utf8(templateText(known)) });
  }

  // -- secrets

  #secret(name: string) {
    const policy = this.#project.policy ?? fail('missing-value', 'policy', 'none', 'a policy');
    return (
      policy.policy.secrets.find((s) => s.name === name) ??
      fail('not-found', 'secret', name.slice(0, 64), 'a secret of the policy')
    );
  }

  generateSecret(name: string): ProjectView {
    const { value, bits } = generateValue(this.#secret(name), this.#env);
    this.#keep(name, value);
    this.#project.bits.set(name, bits);
    return this.#changed();
  }

  /** A random value for every secret that has none and can have one. */
  generateAll(): ProjectView {
    const p = this.#project;
    const open = (p.policy?.policy.secrets ?? []).filter(
      (s) => s.purpose !== 'report-authentication' && !p.values.has(s.name) && generatorFor(s),
    );
    for (const s of open) {
      const { value, bits } = generateValue(s, this.#env);
      this.#keep(s.name, value);
      p.bits.set(s.name, bits);
    }
    return this.#changed();
  }

  /** Takes a value as it is; whether it is good is shown, not thrown. */
  setSecret(name: string, value: Bytes): ProjectView {
    const s = this.#secret(name);
    if (value.length > 64 * 1024) fail('too-long', name, `${value.length} bytes`, 'at most 64 KiB');
    this.#keep(s.name, value.slice());
    wipe(value);
    this.#project.bits.delete(name);
    return this.#changed();
  }

  clearSecret(name: string): ProjectView {
    wipe(this.#project.values.get(name));
    this.#project.values.delete(name);
    this.#project.bits.delete(name);
    return this.#changed();
  }

  /** A copy of a value, for showing it on purpose. Secret: the window wipes it. @throws missing-value */
  revealSecret(name: string): Bytes {
    const value = this.#project.values.get(this.#secret(name).name);
    return value?.slice() ?? fail('missing-value', name, 'no value', 'a value to show');
  }

  /** Writes the values, one file a secret, for the tenant alone: a new directory, mode 0700. @throws missing-value, io-* */
  exportSecrets(path: string): { path: string; files: string[] } {
    const { values } = this.#project;
    if (values.size === 0) fail('missing-value', 'secrets', 'no value', 'at least one');
    writeTree(
      wholePath(path, 'place of the secrets'),
      [...values].map(([name, bytes]) => ({ path: name, bytes })),
      'secrets',
      () => 0o600,
    );
    return { path, files: [...values.keys()] };
  }

  #keep(name: string, value: Bytes): void {
    wipe(this.#project.values.get(name));
    this.#project.values.set(name, value);
  }

  // -- bundle

  #dropBundle(): void {
    const keys = this.#project.bundle?.built.keys;
    wipe(...(this.#project.bundle?.input.values.values() ?? []));
    wipe(keys?.extensionSecret, keys?.attestationKey, keys?.reportKey);
    this.#project.bundle = undefined;
    this.#project.boot = undefined;
    this.#project.verdict = undefined;
  }

  /** What was made no longer fits what was chosen: it goes. */
  #changed(): ProjectView {
    this.#dropBundle();
    this.#verify();
    return this.view();
  }

  progress(): BuildStep {
    return this.#step;
  }
  cancel(): Record<string, never> {
    this.#cancelled = this.#running;
    return {};
  }

  /** Makes the bundle, giving way to the window between requests. @throws missing-value, conflict, and what the builder throws */
  async generate(name: string): Promise<ProjectView> {
    const p = this.#project;
    if (this.#running) fail('conflict', 'generating', 'already at work', 'one at a time');
    const { policy } = p.policy ?? fail('missing-value', 'policy', 'none', 'a policy');
    const image = p.image ?? fail('missing-value', 'image', 'none', 'an image or its header');
    const usable = p.hostKeys.map((k, i) => ({ ...k, verified: p.verdicts[i]?.trusted === true }));
    if (usable.length === 0) fail('no-host-key', 'project', 'no host key', 'at least one');
    const values = new Map(p.values);
    const reportKey = policy.secrets.find((s) => s.purpose === 'report-authentication' && generatorFor(s));
    if (reportKey) values.set(reportKey.name, generateValue(reportKey, this.#env).value);
    const findings = preflight({
      policy,
      header: image.found.header,
      hostKeys: usable.map((k) => ({ label: k.file, phkh: k.document.phkh, verified: k.verified })),
      values,
    });
    const broken = findings.find((f) => f.severity === 'error');
    if (broken && hasErrors(findings)) fail('conflict', `${broken.rule}, ${broken.subject}`, broken.found, broken.expected);
    this.#dropBundle();
    this.#running = true;
    this.#cancelled = false;
    const input: BundleInput = {
      name,
      serial: nextSerial(this.#records),
      policy,
      header: image.found.header,
      hostKeys: usable.map(({ document: d, verified }) => ({ ...d, verdict: verified ? 'verified' : 'not-verified' })),
      values: new Map([...values].map(([n, v]) => [n, v.slice()])),
      tool: PROGRAM,
      handover: handoverText,
    };
    let done = false;
    try {
      const steps = buildBundleSteps(input, this.#env);
      for (;;) {
        const step = steps.next();
        if (step.done) {
          const built = step.value;
          const entries = built.files.map((f) => ({ path: f.path, kind: 'file' as const, bytes: f.bytes }));
          const checked = checkBundle({ entries, header: image.found.header, expected: built.expected });
          p.bundle = { built, findings: checked, input, labs: new Map() };
          done = true;
          return this.view();
        }
        this.#step = step.value;
        if (this.#cancelled) fail('conflict', 'generating', 'cancelled by you', 'nothing was kept');
        await setImmediate();
      }
    } finally {
      this.#running = false;
      wipe(reportKey && values.get(reportKey.name));
      if (!done) wipe(...input.values.values());
    }
  }

  get #records(): string {
    return join(this.#home, 'private');
  }

  /** Writes the bundle to a directory that does not exist yet, and the tenant's record to its own place. @throws io-* */
  save(path: string): ProjectView {
    const bundle = this.#project.bundle ?? fail('missing-value', 'bundle', 'none', 'a generated bundle');
    writeTree(wholePath(path, 'place of the bundle'), bundle.built.files, 'bundle');
    if (bundle.record === undefined) bundle.record = readRecord(saveRecord(this.#records, bundle.built));
    bundle.savedTo = path;
    return this.view();
  }

  // -- rehearsal and verdict

  /** Bundle, image and machine of a rehearsal. @throws missing-value, not-found */
  #stage(name: string): { bundle: GeneratedBundle; image: LoadedImage; host: SimHost } {
    const p = this.#project;
    return {
      bundle: p.bundle ?? fail('missing-value', 'bundle', 'none', 'a generated bundle'),
      image: p.image ?? fail('missing-value', 'image', 'none', 'an image'),
      host: p.sample?.hosts.find((h) => h.name === name) ?? fail('not-found', 'simulated host', name.slice(0, 40)),
    };
  }

  /** One attack of the lab on the bundle. @throws missing-value, not-found */
  attack(hostName: string, id: string): LabView {
    const { bundle, image, host } = this.#stage(hostName);
    const lab = bundle.labs.get(hostName) ?? prepareLab({ ...bundle, host, image: image.bytes }, this.#env);
    bundle.labs.set(hostName, lab);
    const result = runAttack(id, lab, this.#env);
    powerOff(result.boot);
    return labView(hostName, result);
  }

  boot(name: string): ProjectView {
    const p = this.#project;
    const { bundle, image, host } = this.#stage(name);
    const entries = bundle.built.files.map((f) => ({ path: f.path, kind: 'file' as const, bytes: f.bytes }));
    const result = boot({ host, image: image.bytes, entries }, this.#env);
    powerOff(result);
    p.boot = { host: name, result };
    p.verdict = undefined;
    return this.view();
  }

  judgeSimulated(): ProjectView {
    const report =
      this.#project.boot?.result.report ?? fail('missing-value', 'report', 'none', 'a report of the simulated guest');
    return this.#judge('report of the simulated guest', report);
  }

  /** Writes the report of the simulated guest. @throws missing-value, io-* */
  saveReport(path: string): { path: string } {
    const report =
      this.#project.boot?.result.report ?? fail('missing-value', 'report', 'none', 'a report of the simulated guest');
    writeFile(wholePath(path, 'place of the report'), report, 'retrieval report');
    return { path };
  }

  /** Writes the verdict as text and as JSON into a new directory. @throws missing-value, io-* */
  saveVerdict(path: string): { path: string; files: string[] } {
    const { verdict } = this.#project.verdict ?? fail('missing-value', 'verdict', 'none', 'a verdict');
    const files = [
      { path: 'verdict.txt', bytes: utf8(verdictAsText(verdict)) },
      { path: 'verdict.json', bytes: utf8(readableJson(verdict)) },
    ];
    writeTree(wholePath(path, 'place of the verdict'), files, 'verdict');
    return { path, files: files.map((f) => f.path) };
  }

  judgeFile(f: ChosenFile): ProjectView {
    return this.#judge(f.name, f.bytes);
  }

  #judge(file: string, report: Bytes): ProjectView {
    const p = this.#project;
    const { body } = inFile(file, () => readReport(report));
    const bundle = p.bundle;
    const own = bundle?.built.id.id === body.bundle.id ? bundle : undefined;
    const record = own?.record ?? findRecordById(body.bundle.id);
    const keys = own?.built.keys ?? record;
    const expected = own?.built.expected ?? record?.expected ?? bundle?.built.expected;
    if (expected === undefined)
      throw new SelError('not-found', {
        file,
        field: 'your record of this bundle',
        found: `bundle ${body.bundle.id}`,
        expected: 'a bundle made here',
      });
    const verdict = inFile(file, () =>
      verifyReport({
        report,
        expected,
        now: this.#env.now(),
        attestationKey: keys?.attestationKey ?? bundle?.built.keys.attestationKey,
        reportKey: keys?.reportKey ?? bundle?.built.keys.reportKey,
        ledger: record?.ledger ?? [],
      }),
    );
    const sighting = sightingOf(verdict);
    if (record && sighting && verdict.grade !== 'failed') {
      remember(record, sighting);
      if (own) own.record = readRecord(record.directory);
    }
    p.verdict = { file, verdict, ownRecord: keys !== undefined };
    return this.view();
  }
}

/** The rehearsal is over: what the simulated guest and its ultravisor held is wiped, the timeline and the report stay. */
const powerOff = (result: BootResult): void => {
  wipe(...(result.kit?.files ?? []).map((f) => f.bytes));
  result.guest?.powerOff();
};

/** SHA-256 of a certificate, hex: what people compare. */
export const fingerprintOf = (c: ParsedCertificate): string => hex(sha256(c.der));

/** A path as the user typed it, when it says the whole way. @throws bad-value */
const wholePath = (path: string, field: string): string =>
  isAbsolute(path) ? path : fail('bad-value', field, path.slice(0, 80), 'a whole path, starting at the root');

/** A free name beside the others. */
export const suggestedPath = (home: string, name: string, serial: number): string => join(home, `${name}-${serial}.selbundle`);
