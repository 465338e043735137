/**
 * The main side of one window: does what the window asks to the kept project, and works out what follows. What goes back is made
 * by views.ts and holds no value. Values are wiped when they are replaced, cleared, locked or the project is closed.
 */
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type BuildStep, type BundleFile, type BundleInput, buildBundleSteps } from '../core/bundle/build.ts';
import { checkBundle } from '../core/bundle/check.ts';
import type { Expected } from '../core/bundle/expected.ts';
import { HOST_KEYS, readHostKeyList } from '../core/bundle/hostkeys.ts';
import { isMadeForBundle } from '../core/bundle/preflight.ts';
import { type Bytes, hex, utf8, wipe } from '../core/bytes.ts';
import { readableJson } from '../core/canonical.ts';
import type { Env } from '../core/env.ts';
import { fail, inFile, SelError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { type BootResult, boot } from '../core/guestsim/boot.ts';
import { prepareLab, runAttack } from '../core/guestsim/lab.ts';
import { fingerprint as certificateHash } from '../core/hostkey/certificate.ts';
import { type Piece, sortFile } from '../core/hostkey/sort.ts';
import { findHeader, headerRange } from '../core/image/find.ts';
import { holdsPrivateKey } from '../core/policy/contents.ts';
import { diffPolicies } from '../core/policy/diff.ts';
import { readPolicy } from '../core/policy/document.ts';
import { editPolicy } from '../core/policy/edit.ts';
import { TEMPLATE_NAMES, templateText } from '../core/policy/templates.ts';
import { writeAuditLines } from '../core/project/audit.ts';
import type { Project } from '../core/project/content.ts';
import * as project from '../core/project/project.ts';
import { readReport } from '../core/report/format.ts';
import { sightingOf, verifyReport } from '../core/report/verify.ts';
import { makeSampleTenant, sampleTenantFiles } from '../core/sample/tenant.ts';
import { generateValue } from '../core/secret/value.ts';
import type { SimHost } from '../core/uvsim/profile.ts';
import type { Subject } from '../core/values/csr.ts';
import { canGenerateAtOnce, GENERATORS, generate, generateAtOnce, waysFor } from '../core/values/generate.ts';
import type { GeneratedValue } from '../core/values/passphrase.ts';
import { recogniseValue } from '../core/values/recognise.ts';
import { applyRemedy } from '../core/values/remedy.ts';
import { strengthOf } from '../core/values/strength.ts';
import { REMEDIES, type Remedy } from '../core/values/traps.ts';
import { writeTree } from '../edge/files.ts';
import { samplePkiKeys } from '../edge/keys.ts';
import { overwriteFreed } from '../edge/overwrite.ts';
import { findRecordById, nextSerial, remember, saveRecord, type TenantRecord } from '../edge/record.ts';
import { decryptKeyFile, generateTools, nodeSha512 } from '../edge/values.ts';
import { PROGRAM } from '../edge/version.ts';
import { approvalStateSays } from '../words/approval.ts';
import { diffSays } from '../words/diff.ts';
import { handoverText } from '../words/handover.ts';
import { said, t } from '../words/language.ts';
import { POLICY_FIELDS } from '../words/policyform.ts';
import { besideSays } from '../words/pvics.ts';
import { bundleSheetPdf, verdictHtml, verdictPdf } from '../words/sheet.ts';
import { feedbackSays, strengthSays } from '../words/values.ts';
import { verdictAsText } from '../words/verdict.ts';
import { type CertificateOrder, certificateEntry, madeRequest, orderedCertificate } from './companions.ts';
import type { ChosenFile, LabView, ProjectView } from './contract.ts';
import { FleetDesk, type FleetParts } from './fleet.ts';
import { type FileForm, fileOf, pvicsOf } from './forms.ts';
import { Keeper } from './keeper.ts';
import { placeFor, suggestedPath, writeNew } from './places.ts';
import { risksOf } from './risks.ts';
import { type CurrentBundle, derive, keepable, type LoadedImage, type LoadedPolicy, piecesOf, type State } from './state.ts';
import { bitsOfNew, measureProject } from './strength.ts';
import { Undo } from './undo.ts';
import { labView } from './views/boot.ts';
import { viewOf } from './views/project.ts';

export interface SessionOptions {
  readonly env: Env;
  /** where bundles are suggested to go; the user's own directory unless given */
  readonly home?: string;
}

/** The word a user types to use a host key without verification. */
export const ACCEPT_WORD = said('unverified');
/** What a project is called until somebody names it. */
const UNNAMED = 'project';
const VALUE_MAX = 64 * 1024;
const PUBLIC_MAX = 64 * 1024;

export class Session {
  readonly #env: Env;
  readonly #home: string;
  readonly #keeper: Keeper;
  /** fleets that are made from what the project has */
  readonly fleet: FleetDesk;
  #state: State;
  #step: BuildStep = { file: '', done: 0, total: 0 };
  #running = false;
  /** why the bundle that is being made is given up; undefined: it is not */
  #giveUp: 'cancelled by you' | 'the project was changed' | undefined;
  readonly #undo = new Undo();

  constructor(options: SessionOptions) {
    this.#env = options.env;
    this.#home = options.home ?? join(homedir(), 'Selwright');
    this.#keeper = new Keeper(options.env);
    this.fleet = new FleetDesk(this);
    this.#state = this.#fresh(project.newProject(UNNAMED, PROGRAM, this.#env));
  }

  #fresh(kept: Project): State {
    return {
      kept,
      derived: derive(kept, this.#env),
      notUsed: [],
      requests: new Map(),
      bundle: undefined,
      boot: undefined,
      verdict: undefined,
    };
  }

  view(): ProjectView {
    return { ...viewOf(this.#state, this.#keeper, this.#home, this.#env.now()), undo: this.#undo.view() };
  }

  get env(): Env {
    return this.#env;
  }
  get isLocked(): boolean {
    return this.#keeper.isLocked;
  }
  /** where bundles and records are suggested to go */
  get home(): string {
    return this.#home;
  }
  /** What the project has of what a fleet stands on. Nothing in it is secret. */
  get fleetBasis(): FleetParts {
    const { policy, image, hostKeys } = this.#state.derived;
    return {
      policy: policy?.policy,
      header: image?.found.header,
      hostKeys: hostKeys.map((k) => ({ document: k.document, file: k.file, verified: k.verdict.trusted, accepted: k.accepted })),
      approvals: project.projectApprovals(this.#state.kept),
    };
  }
  get isIdle(): boolean {
    return !this.#running;
  }

  // -- the project as a whole

  /** Closes the project and wipes its values. */
  reset(): ProjectView {
    this.#close();
    this.#state = this.#fresh(project.newProject(UNNAMED, PROGRAM, this.#env));
    overwriteFreed();
    return this.view();
  }

  /** The window closes: values are wiped at once; a fleet finishes the guests at hand. @returns when it has */
  async end(): Promise<void> {
    this.reset();
    await this.fleet.end();
  }

  #close(): void {
    this.#undo.drop();
    this.#dropBundle();
    project.wipeProject(this.#state.kept);
    this.#keeper.close();
  }

  /** Goes on with a step that was done to the project, and saves it. What was made no longer fits what was chosen: it goes. */
  #apply(kept: Project): ProjectView {
    this.#dropBundle();
    return this.#note(kept);
  }

  /** The same for what changes nothing of what was chosen: the bundle stays. */
  #note(kept: Project, forget = false): ProjectView {
    this.#state.kept = this.#keeper.save(kept, forget);
    this.#state.derived = derive(this.#state.kept, this.#env);
    return this.view();
  }

  /**
   * Waits for what takes a moment. @param discard wipes a result that nobody will get
   * @throws conflict when another project is there by then: what was asked for was not for it
   */
  async #waited<T>(work: Promise<T>, discard?: (result: T) => void): Promise<T> {
    const { id } = this.#state.kept;
    const result = await work;
    if (id === this.#state.kept.id) return result;
    discard?.(result);
    return fail('conflict', 'project', 'another one than before', 'to be asked again');
  }

  /**
   * Does a step that brings other values or other floors, and measures those whose strength nobody knows. What was measured goes to
   * the file with the next change: opening a project does not write it.
   */
  async measured(step: () => ProjectView): Promise<ProjectView> {
    step();
    await this.#measure();
    return this.view();
  }

  async #measure(): Promise<void> {
    const { derived, kept } = this.#state;
    if (derived.policy === undefined) return;
    const keep = await this.#waited(measureProject(derived.policy.policy, kept));
    this.#state.kept = keep(this.#state.kept);
  }

  /** Keeps the project in a file from now on. @throws bad-name, too-short, io-* */
  create(path: string, name: string, passphrase: Bytes): ProjectView {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
      fail('bad-name', 'name of the project', name.slice(0, 80), 'letters, digits, dot, dash and underscore, at most 64');
    const kept = { ...this.#state.kept, name };
    this.#keeper.create(path, kept, passphrase);
    this.#state.kept = kept;
    return this.view();
  }

  /** @param backup the state before the one in the file @throws what makes it unreadable: then the project at hand stays */
  open(path: string, passphrase: Bytes, backup: boolean): ProjectView {
    const before = this.#state;
    const kept = backup ? this.#keeper.openBackup(path, passphrase) : this.#keeper.open(path, passphrase);
    this.#undo.drop();
    this.#dropBundle();
    if (!this.#keeper.isLocked) project.wipeProject(before.kept);
    this.#state = this.#fresh(kept);
    if (backup) return this.#note(kept);
    return this.view();
  }

  /** Locks: values and keys are wiped, the file waits for its passphrase. @throws missing-value, conflict */
  lock(): ProjectView {
    if (this.#running) fail('conflict', 'project', 'requests are being made', 'a project at rest');
    this.#keeper.lock(this.#state.kept);
    this.#undo.drop();
    this.#dropBundle();
    this.#state = this.#fresh(project.newProject(UNNAMED, PROGRAM, this.#env));
    overwriteFreed();
    return this.view();
  }

  unlock(passphrase: Bytes): ProjectView {
    const path = this.#keeper.path ?? fail('missing-value', 'project file', 'none', 'a locked project');
    return this.open(path, passphrase, false);
  }

  changePassphrase(passphrase: Bytes): ProjectView {
    this.#state.kept = this.#keeper.changePassphrase(this.#state.kept, passphrase);
    return this.view();
  }

  /** The audit trail as JSON Lines. @throws io-* */
  exportAudit(path: string): { path: string } {
    return writeNew(this.#home, path, writeAuditLines(this.#state.kept.audit), 'audit trail');
  }

  // -- approvals

  /** Takes an approval; whether it counts is shown. @throws everything of readApproval */
  addApproval(f: ChosenFile): ProjectView {
    return this.#note(inFile(f.name, () => project.addApproval(this.#state.kept, f.bytes, this.#env)));
  }

  /** @param line of a .pub file @throws everything of readTrustedKey */
  trustApprover(line: string): ProjectView {
    return this.#note(project.trustKey(this.#state.kept, line, this.#env));
  }

  removeApprover(fingerprint: string): ProjectView {
    const before = new Set(this.#state.kept.trusted);
    const kept = project.untrustKey(this.#state.kept, fingerprint, this.#env);
    for (const line of kept.trusted) before.delete(line);
    const [line] = before;
    if (line !== undefined)
      this.#undo.keep({
        says: t('The key {fingerprint} may no longer approve.', { fingerprint }),
        restore: (now) => project.trustKey(now, line, this.#env),
        keepsBundle: true,
        wipe: () => undefined,
      });
    return this.#note(kept);
  }

  /** Takes back what was just removed. @throws not-found when there is nothing to take back any more */
  undo(): ProjectView {
    const restored = this.#undo.restore(this.#state.kept) ?? fail('not-found', 'removal', 'none', 'one of the last minute');
    return restored.keepsBundle ? this.#note(restored.kept) : this.#apply(restored.kept);
  }

  /** Loads the sample tenant: its files, as if the user had chosen them; the secrets are still to be made. */
  openSample(): ProjectView {
    const sample = makeSampleTenant(samplePkiKeys(), this.#env);
    wipe(...sample.values.values());
    const files = sampleTenantFiles(sample);
    const pick = (prefix: string): ChosenFile[] =>
      files.filter((f) => f.path.startsWith(prefix)).map((f) => ({ name: basename(f.path), bytes: f.bytes }));
    this.#close();
    this.#state = this.#fresh(project.newProject('sample', PROGRAM, this.#env));
    for (const f of pick('hosts/'))
      this.#apply(project.addFile(this.#state.kept, { role: 'simulated-host', name: f.name, bytes: owned(f.bytes) }, this.#env));
    this.addFiles([...pick('host-keys/'), ...pick('pki/')]);
    for (const x of this.#state.derived.pieces)
      if (x.kind === 'root' && x.certificate) this.trustRoot(certificateHash(x.certificate));
    for (const f of pick('image/sel-ebc.img')) this.setImage({ ...f, cut: false });
    for (const f of pick('policy.yaml')) this.setPolicy(f);
    return this.view();
  }

  // -- host keys

  /** Sorts files by what they hold, and keeps each piece on its own. @throws when not one of them can be used */
  addFiles(files: readonly ChosenFile[]): ProjectView {
    const pieces = files.flatMap((f) => sortFile(f.name, f.bytes));
    const [first] = pieces;
    if (first?.error && pieces.every((x) => keepable(x) === undefined)) throw first.error;
    let { kept } = this.#state;
    for (const piece of pieces) kept = this.#withPiece(kept, piece);
    this.#state.notUsed = pieces.filter((x) => keepable(x) === undefined);
    return this.#apply(kept);
  }

  #withPiece(kept: Project, piece: Piece): Project {
    const der = keepable(piece);
    return der ? project.addFile(kept, { role: 'host-keys', name: piece.file, bytes: owned(der) }, this.#env) : kept;
  }

  /** Takes out what `which` says, and keeps what stood in the same files. */
  #without(which: (piece: Piece) => boolean): Project {
    let { kept } = this.#state;
    for (const f of kept.files.filter((x) => x.role === 'host-keys')) {
      const pieces = piecesOf(f);
      if (!pieces.some((x) => which(x.piece))) continue;
      kept = project.removeFile(kept, 'host-keys', project.fileHash(f), this.#env);
      for (const x of pieces) if (!which(x.piece)) kept = this.#withPiece(kept, x.piece);
    }
    return kept;
  }

  /** The same, with a way back. */
  #remove(which: (piece: Piece) => boolean, says: string): ProjectView {
    const files = this.#state.kept.files.filter((f) => f.role === 'host-keys');
    const pieces = files.flatMap((f) => piecesOf(f)).flatMap(({ piece }) => (which(piece) ? [piece] : []));
    const kept = this.#without(which);
    this.#undo.keep({
      says,
      restore: (now) => pieces.reduce((k, piece) => this.#withPiece(k, piece), now),
      wipe: () => undefined,
    });
    return this.#apply(kept);
  }

  removeHostKey(phkh: string): ProjectView {
    const isIt = (x: Piece): boolean => x.hostKey !== undefined && hex(x.hostKey.phkh) === phkh;
    return this.#remove(isIt, t('Host key {hash} was removed.', { hash: `${phkh.slice(0, 12)}…` }));
  }

  /** Forgets every certificate and CRL; host keys stay. */
  clearPieces(): ProjectView {
    this.#state.notUsed = [];
    return this.#remove((x) => x.hostKey === undefined, t('Certificates and CRLs were removed.'));
  }

  /** Uses a host key without verification: typed, never by a click alone. @throws bad-value, not-found, conflict */
  acceptHostKey(phkh: string, typed: string): ProjectView {
    if (typed.trim().toLowerCase() !== t(ACCEPT_WORD))
      fail('bad-value', 'confirmation', 'another word', `the word "${t(ACCEPT_WORD)}"`);
    const { derived, kept } = this.#state;
    if (!derived.hostKeys.some((k) => hex(k.document.phkh) === phkh)) fail('not-found', 'host key', phkh.slice(0, 16));
    if (derived.policy?.policy['host-keys'].verify === 'required')
      fail('conflict', 'host key without verification', 'a policy that requires verification', 'a policy that leaves it to you');
    return this.#apply(project.acceptHostKey(kept, phkh, this.#env));
  }

  /**
   * Trusts a root certificate for this project. Dropping one is not enough: whoever hands over a stranger's host key can hand over
   * the stranger's root with it. @param fingerprint SHA-256 of the certificate, hex @throws not-found
   */
  trustRoot(fingerprint: string): ProjectView {
    const { derived, kept } = this.#state;
    if (!derived.pieces.some((x) => x.kind === 'root' && x.certificate && certificateHash(x.certificate) === fingerprint))
      fail('not-found', 'root certificate', fingerprint.slice(0, 16), 'one that was added');
    return this.#apply(project.trustRoot(kept, fingerprint, this.#env));
  }

  // -- image and policy

  /** Where in a large image its header stands. @param start its first bytes @throws not-found, wrong-version, too-short */
  locateHeader(name: string, start: Bytes, size: number): { offset: number; length: number } {
    return inFile(name, () => headerRange(start, size));
  }

  /** @param f `cut`: these are the bytes of the header alone, out of a larger image */
  setImage(f: ChosenFile & { readonly cut: boolean }): ProjectView {
    const { header, by } = inFile(f.name, () => findHeader(f.bytes));
    // a project keeps a small image whole, for the simulator, and of a large one the header
    const whole = f.bytes.length <= IMAGE_KEPT_WHOLE;
    const file = {
      role: 'image' as const,
      name: f.name,
      bytes: owned(whole ? f.bytes : header.bytes),
      ...(f.cut || (!whole && by !== 'start') ? { cut: true } : {}),
    };
    return this.#apply(project.addFile(this.#state.kept, file, this.#env));
  }

  setPolicy(f: ChosenFile): ProjectView {
    inFile(f.name, () => readPolicy(f.bytes));
    return this.#apply(project.setPolicy(this.#state.kept, f.name, f.bytes, this.#env));
  }

  #policyText(): LoadedPolicy {
    return this.#state.derived.policy ?? fail('missing-value', 'policy', 'none', 'a policy');
  }

  /** Takes the text as it was edited. @throws everything of readPolicy: then the policy before stays */
  setPolicyText(text: string): ProjectView {
    return this.setPolicy({ name: this.#state.derived.policy?.file ?? 'policy.yaml', bytes: utf8(text) });
  }

  /** Changes one field of the form in the text. @param path with dots @throws not-found, bad-value */
  editPolicy(path: string, value: string): ProjectView {
    const field =
      POLICY_FIELDS.find((f) => f.path.join('.') === path) ?? fail('not-found', 'field of the policy', path.slice(0, 64));
    const choice =
      field.choices.find((c) => String(c.value) === value) ??
      fail('bad-value', path, value.slice(0, 64), field.choices.map((c) => String(c.value)).join(' or '));
    return this.setPolicyText(editPolicy(this.#policyText().text, field.path, choice.value));
  }

  /** Writes the policy as a file. @throws missing-value, io-* */
  savePolicy(path: string): { path: string } {
    return writeNew(this.#home, path, utf8(this.#policyText().text), 'policy');
  }

  /** @param f the other policy @returns what changed from it to the one at hand @throws everything of readPolicy */
  comparePolicy(f: ChosenFile): { other: string; changes: string[] } {
    const other = inFile(f.name, () => readPolicy(f.bytes));
    return {
      other: `${other.name} (${f.name})`,
      changes: diffSays(diffPolicies(other, readPolicy(utf8(this.#policyText().text)))),
    };
  }

  setTemplate(name: string): ProjectView {
    const known =
      TEMPLATE_NAMES.find((t) => t === name) ?? fail('not-found', 'template', name.slice(0, 40), TEMPLATE_NAMES.join(', '));
    return this.setPolicy({ name: `${known}.yaml`, bytes: utf8(templateText(known)) });
  }

  // -- secrets and public entries

  #secret(name: string) {
    const { policy } = this.#state.derived.policy ?? fail('missing-value', 'policy', 'none', 'a policy');
    return policy.secrets.find((s) => s.name === name) ?? fail('not-found', 'secret', name.slice(0, 64), 'one of the policy');
  }

  #withValue(kept: Project, secret: string, { value, bits }: GeneratedValue): Project {
    const next = project.setValue(kept, { secret, value: owned(value), source: 'generated', bits }, this.#env);
    wipe(value);
    return next;
  }

  /** @param choice names of a way and a kind of key, as the view offers them @throws unsupported */
  async generateSecret(
    name: string,
    choice: { readonly generator?: string | undefined; readonly key?: string | undefined },
  ): Promise<ProjectView> {
    const s = this.#secret(name);
    const generator = GENERATORS.find((g) => g === choice.generator);
    const key = waysFor(s)
      .flatMap((w) => w.keys ?? [])
      .find((k) => k === choice.key);
    const made = await this.#waited(generate(s, { generator, key }, this.#env, generateTools), wipeMade);
    // a password that nobody saw would lock its user out
    if (made.clear) {
      wipeMade(made);
      fail('unsupported', name, 'a login, whose password must be shown', 'the way that shows it');
    }
    return this.#apply(this.#withValue(this.#state.kept, name, made));
  }

  /** A login with a new password. @returns the clear password, secret: shown once, kept nowhere @throws unsupported */
  async generateLogin(name: string): Promise<Bytes> {
    const made = await this.#waited(generate(this.#secret(name), { generator: 'login' }, this.#env, generateTools), wipeMade);
    this.#apply(this.#withValue(this.#state.kept, name, made));
    return made.clear ?? fail('unsupported', name, 'a value without a password', 'a login');
  }

  /** A random value for every secret that has none and can have one. */
  generateAll(): ProjectView {
    const { kept, derived } = this.#state;
    const have = project.projectValues(kept);
    const open = (derived.policy?.policy.secrets ?? []).filter(
      (s) => !isMadeForBundle(s) && !have.has(s.name) && canGenerateAtOnce(s),
    );
    return this.#apply(open.reduce((k, s) => this.#withValue(k, s.name, generateAtOnce(s, this.#env)), kept));
  }

  /** How hard a value is to guess, in words. @param value wiped here */
  async strength(name: string, value: Bytes): Promise<{ says: string; feedback: string[] }> {
    const s = this.#secret(name);
    try {
      const strength = await strengthOf(s, value);
      return { says: strengthSays(strength, s), feedback: strength.feedback.map(feedbackSays) };
    } finally {
      wipe(value);
    }
  }

  /**
   * Does what was offered for a value that does not fit. @param passphrase for an encrypted key; wiped here
   * @throws conflict for a remedy that was not offered, wrong-passphrase, unsupported
   */
  async applyRemedy(name: string, remedy: string, passphrase: Bytes | null): Promise<ProjectView> {
    const s = this.#secret(name);
    const held = this.#state.kept.values.find((v) => v.secret === name) ?? fail('missing-value', name, 'no value', 'a value');
    const known = REMEDIES.find((r) => r === remedy) ?? fail('not-found', 'remedy', remedy, 'one that was offered');
    let value: Bytes | undefined;
    try {
      value =
        known === 'decrypt'
          ? decryptKeyFile(held.value, passphrase ?? fail('missing-value', name, 'no passphrase', 'the passphrase of the key'))
          : applyRemedy(s, held.value, known, this.#env, nodeSha512);
      // of a login the hash says nothing: its password is measured, and what is known of it stays
      const login = s.purpose === 'admin-password';
      const bits = (await this.#waited(bitsOfNew(s, login ? held.value : value))) ?? (login ? held.bits : undefined);
      if (!this.#state.kept.values.some((v) => v.value === held.value))
        fail('conflict', name, 'another value than before', 'to be asked again');
      const next = { secret: name, value: owned(value), source: held.source, ...(bits === undefined ? {} : { bits }) };
      return this.#apply(project.setValue(this.#state.kept, next, this.#env));
    } finally {
      wipe(value, passphrase ?? undefined);
    }
  }

  /** Takes a value as it is; whether it is good is shown, not thrown. @param value wiped here */
  async setSecret(name: string, value: Bytes, source: 'typed' | 'imported'): Promise<ProjectView> {
    const s = this.#secret(name);
    try {
      if (value.length > VALUE_MAX) fail('too-long', name, `${value.length} bytes`, 'at most 64 KiB');
      const bits = await this.#waited(bitsOfNew(s, value));
      const next = { secret: s.name, value: owned(value), source, ...(bits === undefined ? {} : { bits }) };
      this.#apply(project.setValue(this.#state.kept, next, this.#env));
    } finally {
      wipe(value);
    }
    // a password that somebody typed is never kept in clear
    const hashed = source === 'typed' && s.purpose === 'admin-password' && this.#offers(s.name, 'hash-password');
    return hashed ? this.applyRemedy(s.name, 'hash-password', null) : this.view();
  }

  #offers(name: string, remedy: Remedy): boolean {
    const held = this.#state.kept.values.find((v) => v.secret === name);
    return held !== undefined && recogniseValue(this.#secret(name), held.value).traps.some((t) => t.remedies.includes(remedy));
  }

  /** The value of a secret. Secret: a reference. @throws missing-value */
  #held(name: string): Bytes {
    return project.projectValues(this.#state.kept).get(name) ?? fail('missing-value', name, 'no value', 'a value');
  }

  /** Signs a certificate for an ssh host key, and gives it to the policy's entry. @throws everything of orderedCertificate */
  certify(name: string, order: CertificateOrder): ProjectView {
    try {
      const s = this.#secret(name);
      const { policy } = this.#policyText();
      const entry = certificateEntry(policy, s);
      if (s.purpose !== 'ssh-host-key' || entry === undefined)
        return fail(
          'unsupported',
          name,
          'a secret without a host certificate',
          'an ssh host key whose policy has an entry for it',
        );
      const certificate = orderedCertificate(this.#held(name), order, this.#env);
      return this.#apply(project.setPublic(this.#state.kept, entry.name, certificate, this.#env));
    } finally {
      // also when there is nothing to sign
      wipe(order.ca?.bytes, order.passphrase);
    }
  }

  /** Makes the signing request of a TLS key. @throws everything of signingRequest */
  makeRequest(name: string, subject: Subject): ProjectView {
    const s = this.#secret(name);
    if (s.purpose !== 'tls-service-key') fail('unsupported', name, 'a secret that is no TLS key', 'a TLS key');
    this.#state.requests.set(name, madeRequest(this.#held(name), subject));
    return this.view();
  }

  /** Writes the signing request as a file. @throws missing-value, io-* */
  saveRequest(name: string, path: string): { path: string } {
    const made = this.#state.requests.get(name);
    if (made === undefined || made.value !== this.#held(name))
      return fail('missing-value', `${name}, signing request`, 'none', 'one that was made for this key');
    return writeNew(this.#home, path, utf8(made.text), 'signing request');
  }

  clearSecret(name: string): ProjectView {
    const held = this.#state.kept.values.find((v) => v.secret === name);
    if (held) {
      const copy = { ...held, value: owned(held.value) };
      this.#undo.keep({
        says: t('The value of {name} was removed.', { name }),
        // the project wipes its own, and this copy goes with the removal
        restore: (now) => project.setValue(now, { ...copy, value: owned(copy.value) }, this.#env),
        wipe: () => wipe(copy.value),
      });
    }
    return this.#apply(project.removeValue(this.#state.kept, name, this.#env));
  }

  /** "Forget values after generating": the bundle stays, its values go. */
  forgetValues(): ProjectView {
    // nor may one come back that was removed a moment ago
    this.#undo.drop();
    return this.#note(project.forgetValues(this.#state.kept, this.#env), true);
  }

  /** A copy of a value, for showing it on purpose. Secret: the window wipes it. @throws missing-value */
  revealSecret(name: string): Bytes {
    return this.#held(this.#secret(name).name).slice();
  }

  /** Content of a public entry; a private key is not even taken. @throws not-found, too-long, bad-value */
  setPublic(name: string, content: Bytes): ProjectView {
    const policy = this.#state.derived.policy?.policy ?? fail('missing-value', 'policy', 'none', 'a policy');
    if (!policy.public.some((p) => p.name === name)) fail('not-found', 'public entry', name.slice(0, 64), 'one of the policy');
    if (content.length > PUBLIC_MAX) fail('too-long', name, `${content.length} bytes`, 'at most 64 KiB');
    if (holdsPrivateKey(content)) {
      wipe(content);
      fail('bad-value', name, 'a private key', 'its public half: anybody can read what stands here');
    }
    return this.#apply(project.setPublic(this.#state.kept, name, owned(content), this.#env));
  }

  /** Writes the values, one file a secret, for the tenant alone: a new directory, mode 0700. @throws missing-value, io-* */
  exportSecrets(path: string): { path: string; files: string[] } {
    const values = project.projectValues(this.#state.kept);
    if (values.size === 0) fail('missing-value', 'secrets', 'no value', 'at least one');
    const files = [...values].map(([name, bytes]) => ({ path: name, bytes }));
    writeTree(placeFor(this.#home, path, 'place of the secrets'), files, 'secrets', () => 0o600);
    this.#note(project.noted(this.#state.kept, { kind: 'values-exported', secrets: [...values.keys()] }, this.#env));
    return { path, files: [...values.keys()] };
  }

  // -- bundle

  #wipeBundle(bundle: CurrentBundle | undefined): void {
    const keys = bundle?.built.keys;
    wipe(...(bundle?.input.values.values() ?? []), keys?.extensionSecret, keys?.attestationKey, keys?.reportKey);
  }

  /** The bundle no longer fits the project: neither the one that was made nor the one that is being made. */
  #dropBundle(): void {
    this.#giveUp = 'the project was changed';
    this.#wipeBundle(this.#state.bundle);
    this.#state.bundle = undefined;
    this.#state.boot = undefined;
    this.#state.verdict = undefined;
  }

  progress(): BuildStep {
    return this.#step;
  }
  cancel(): Record<string, never> {
    this.#giveUp = 'cancelled by you';
    return {};
  }

  /** What a bundle is built from: copies of the values, and a new report key. Secret. @throws missing-value, no-host-key, conflict */
  #input(name: string): BundleInput {
    const { kept, derived } = this.#state;
    const policy = derived.policy ?? fail('missing-value', 'policy', 'none', 'a policy');
    const image = derived.image ?? fail('missing-value', 'image', 'none', 'an image or its header');
    if (derived.hostKeys.length === 0) fail('no-host-key', 'project', 'no host key', 'at least one');
    const values = new Map<string, Bytes>([...project.projectValues(kept)].map(([n, v]) => [n, v.slice()]));
    const reportKey = policy.policy.secrets.find(isMadeForBundle);
    if (reportKey) values.set(reportKey.name, generateValue(reportKey, this.#env).value);
    const broken = risksOf(policy, image, values, this.#state, this.#env.now()).find((f) => f.severity === 'error');
    if (broken) {
      wipe(...values.values());
      fail('conflict', [broken.rule, broken.subject].filter(Boolean).join(', '), broken.found, broken.expected);
    }
    return {
      name,
      serial: Math.max(project.nextSerial(kept), this.#keeper.isOpen ? 0 : nextSerial(this.#records)),
      policy: policy.policy,
      header: image.found.header,
      hostKeys: derived.hostKeys.map(({ document: d, verdict: v }) => ({
        ...d,
        verdict: v.trusted ? 'verified' : 'not-verified',
      })),
      values,
      publics: project.projectPublics(kept),
      tool: PROGRAM,
      handover: handoverText,
    };
  }

  /** @throws conflict when the bundle that is being made was given up meanwhile */
  #goOn(): void {
    if (this.#giveUp) fail('conflict', 'generating', this.#giveUp, 'nothing was kept');
  }

  /** Makes the bundle, giving way to the window between requests. @throws missing-value, conflict, and what the builder throws */
  async generate(name: string): Promise<ProjectView> {
    if (this.#running) fail('conflict', 'generating', 'already at work', 'one at a time');
    this.#running = true;
    this.#giveUp = undefined;
    let input: BundleInput | undefined;
    let steps: ReturnType<typeof buildBundleSteps> | undefined;
    let done = false;
    try {
      await this.#measure();
      this.#goOn();
      input = this.#input(name);
      this.#dropBundle();
      this.#giveUp = undefined;
      steps = buildBundleSteps(input, this.#env);
      for (;;) {
        this.#goOn();
        const step = steps.next();
        if (step.done) {
          const built = step.value;
          this.#state.bundle = { built, findings: this.#checked(built.files, built.expected), input, labs: new Map() };
          done = true;
          return this.#note(project.addBundle(this.#state.kept, built, this.#keeper.isOpen, this.#env));
        }
        this.#step = step.value;
        await setImmediate();
      }
    } finally {
      this.#running = false;
      this.#step = { file: '', done: 0, total: 0 };
      if (!done) {
        steps?.return(undefined as never);
        wipe(...(input?.values.values() ?? []));
      }
    }
  }

  #checked(files: readonly BundleFile[], expected: Expected): readonly Finding[] {
    const entries = files.map((f) => ({ path: f.path, kind: 'file' as const, bytes: f.bytes }));
    return checkBundle({ entries, header: this.#state.derived.image?.found.header, expected, now: this.#env.now() });
  }

  get #records(): string {
    return join(this.#home, 'private');
  }

  /**
   * Writes the bundle with `write`. What checks its report later is in the project file, or, without one, in a record of its
   * own; the record first: a bundle whose report cannot be checked is worse than a record without a bundle.
   */
  #handOver(path: string, write: (place: string, bundle: CurrentBundle) => void): ProjectView {
    const bundle = this.#state.bundle ?? fail('missing-value', 'bundle', 'none', 'a generated bundle');
    const place = placeFor(this.#home, path, 'place of the bundle');
    if (!this.#keeper.isOpen) bundle.recordIn ??= saveRecord(this.#records, bundle.built);
    write(place, bundle);
    bundle.savedTo = place;
    return this.#note(project.bundleSaved(this.#state.kept, bundle.built.id.id, place, this.#env));
  }

  /** Writes the bundle to a directory that does not exist yet. @throws io-* */
  save(path: string): ProjectView {
    return this.#handOver(path, (place, { built }) => writeTree(place, built.files, 'bundle'));
  }

  /** Writes the bundle as one new file. @throws io-* */
  pack(path: string, form: FileForm): ProjectView {
    return this.#handOver(path, (place, { built }) => writeNew(this.#home, place, fileOf(built, form), 'packed bundle'));
  }

  /** Writes a pvics.yaml: the bundle itself does not leave with it. @returns what must lie beside it @throws everything of pvicsOf, io-* */
  savePvics(path: string): { path: string; beside: ReturnType<typeof besideSays> } {
    const bundle = this.#state.bundle ?? fail('missing-value', 'bundle', 'none', 'a generated bundle');
    const { policy } = this.#policyText();
    const key = policy.secrets.find((s) => s.purpose === 'luks-root-key');
    const size = key && project.projectValues(this.#state.kept).get(key.name)?.length;
    const { name, serial } = bundle.built.id;
    const folder = bundle.savedTo ?? suggestedPath(this.#home, name, serial);
    const { bytes, beside } = pvicsOf(this.#state.derived, policy, bundle.built, folder.replace(/\.(tar|zip|toml)$/, ''), size);
    // pvics needs the extension secret, which is in the record
    if (!this.#keeper.isOpen) bundle.recordIn ??= saveRecord(this.#records, bundle.built);
    return { ...writeNew(this.#home, path, bytes, 'pvics.yaml'), beside: besideSays(beside, bundle.recordIn ?? null) };
  }

  // -- rehearsal and verdict

  /** Bundle, image and machine of a rehearsal. @throws missing-value, not-found */
  #stage(name: string): { bundle: CurrentBundle; image: LoadedImage; host: SimHost } {
    const { bundle, derived } = this.#state;
    return {
      bundle: bundle ?? fail('missing-value', 'bundle', 'none', 'a generated bundle'),
      image: derived.image ?? fail('missing-value', 'image', 'none', 'an image'),
      host: derived.hosts.find((h) => h.name === name) ?? fail('not-found', 'simulated host', name.slice(0, 40)),
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
    const { bundle, image, host } = this.#stage(name);
    const entries = bundle.built.files.map((f) => ({ path: f.path, kind: 'file' as const, bytes: f.bytes }));
    const result = boot({ host, image: image.bytes, entries }, this.#env);
    powerOff(result);
    this.#state.boot = { host: name, result };
    this.#state.verdict = undefined;
    return this.view();
  }

  #simulatedReport(): Bytes {
    return this.#state.boot?.result.report ?? fail('missing-value', 'report', 'none', 'a report of the simulated guest');
  }

  judgeSimulated(): ProjectView {
    return this.#judge(t('report of the simulated guest'), this.#simulatedReport());
  }

  /** Writes the report of the simulated guest. @throws missing-value, io-* */
  saveReport(path: string): { path: string } {
    return writeNew(this.#home, path, this.#simulatedReport(), 'retrieval report');
  }

  /** Writes the verdict as PDF, HTML, text and JSON into a new directory. @throws missing-value, io-* */
  async saveVerdict(path: string): Promise<{ path: string; files: string[] }> {
    const { verdict } = this.#state.verdict ?? fail('missing-value', 'verdict', 'none', 'a verdict');
    const files = [
      { path: 'verdict.pdf', bytes: await verdictPdf(verdict, PROGRAM) },
      { path: 'verdict.html', bytes: verdictHtml(verdict, PROGRAM) },
      { path: 'verdict.txt', bytes: utf8(verdictAsText(verdict)) },
      { path: 'verdict.json', bytes: utf8(readableJson(verdict)) },
    ];
    writeTree(placeFor(this.#home, path, 'place of the verdict'), files, 'verdict');
    return { path, files: files.map((f) => f.path) };
  }

  /** Writes the printed sheet of the bundle, for the file: no secret is on it. @throws missing-value, io-* */
  async saveSheet(path: string): Promise<{ path: string }> {
    const { bundle, derived, kept } = this.#state;
    const built = bundle?.built ?? fail('missing-value', 'bundle', 'none', 'a generated bundle');
    const approvals = project.projectApprovalState(kept);
    const list = built.files.find((f) => f.path === HOST_KEYS);
    const pdf = await bundleSheetPdf({
      expected: built.expected,
      hostKeys: list && readHostKeyList(list.bytes),
      policyName: derived.policy?.policy.name ?? built.id.name,
      ...(approvals && approvals.required > 0 ? { approvals: approvalStateSays(approvals) } : {}),
      tool: PROGRAM,
    });
    return writeNew(this.#home, path, pdf, 'sheet of the bundle');
  }

  judgeFile(f: ChosenFile): ProjectView {
    return this.#judge(f.name, f.bytes);
  }

  #judge(file: string, report: Bytes): ProjectView {
    const { kept } = this.#state;
    const { bundle } = inFile(file, () => readReport(report)).body;
    const own = project.bundleOf(kept, bundle.id);
    const record = own ? undefined : findRecordById(bundle.id);
    const context = own ? project.verifyContext(kept, bundle.id) : recordContext(file, bundle.id, record, kept);
    const verdict = inFile(file, () => verifyReport({ ...context, report, now: this.#env.now() }));
    const sighting = sightingOf(verdict);
    if (record && sighting && verdict.grade !== 'failed') remember(record, sighting);
    this.#state.verdict = { file, verdict, ownRecord: own !== undefined || record !== undefined };
    return own ? this.#note(project.reportJudged(kept, verdict, this.#env)) : this.view();
  }
}

/** Larger images are kept by their header alone, in bytes. */
const IMAGE_KEPT_WHOLE = 8 * 1024 * 1024;

/** What an earlier record says about a bundle; without one, the newest bundle at hand is what a stranger's report is held against. */
const recordContext = (file: string, id: string, record: TenantRecord | undefined, kept: Project) => {
  const newest = kept.bundles.at(-1);
  if (record) return { ...record, ledger: record.ledger };
  if (newest) return { ...project.verifyContext(kept, newest.expected.bundle.id) };
  throw new SelError('not-found', {
    file,
    field: 'your record of this bundle',
    found: `bundle ${id}`,
    expected: 'a bundle made here',
  });
};

/** What was made for nobody. */
const wipeMade = (made: { readonly value: Bytes; readonly clear?: Bytes | undefined }): void => wipe(made.value, made.clear);

/** A copy that the project may keep. */
const owned = (bytes: Bytes): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** The rehearsal is over: what the simulated guest and its ultravisor held is wiped, the timeline and the report stay. */
const powerOff = (result: BootResult): void => {
  wipe(...(result.kit?.files ?? []).map((f) => f.bytes));
  result.guest?.powerOff();
};
