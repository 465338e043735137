/**
 * The main side of one window: the project from its opening to its end, and the desks that work on it. What goes back to the window is
 * made by views/ and holds no value. Values are wiped when they are replaced, cleared, locked or the project is closed.
 */
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { type Bytes, owned, wipe } from '../core/bytes.ts';
import type { Env } from '../core/env.ts';
import { fail } from '../core/errors.ts';
import { fingerprint as certificateHash } from '../core/hostkey/certificate.ts';
import { type AuditEvent, writeAuditLines } from '../core/project/audit.ts';
import { addFile, fleetStarted, noted, projectApprovals, type StartedFleet, wipeProject } from '../core/project/project.ts';
import { makeSampleTenant, sampleTenantFiles } from '../core/sample/tenant.ts';
import { type StartFleet, startFleet } from '../edge/fleet.ts';
import { samplePkiKeys } from '../edge/keys.ts';
import { overwriteFreed } from '../edge/overwrite.ts';
import type { ChosenFile, ProjectView } from './contract.ts';
import { FleetDesk, type FleetParts } from './fleet.ts';
import { writeNew } from './places.ts';
import { ApprovalDesk } from './project/approvals.ts';
import { BuilderKeyDesk } from './project/builderkey.ts';
import { BundleDesk } from './project/bundle.ts';
import { CertificateDesk } from './project/certificates.ts';
import { HandOverDesk } from './project/handover.ts';
import { HostKeyDesk } from './project/hostkeys.ts';
import { ImageDesk } from './project/image.ts';
import { OpenProject } from './project/open.ts';
import { PolicyDesk } from './project/policy.ts';
import { PublicDesk } from './project/publics.ts';
import { RehearsalDesk } from './project/rehearsal.ts';
import { ValueDesk } from './project/values.ts';
import { VerdictDesk } from './project/verdict.ts';

export interface SessionOptions {
  readonly env: Env;
  /** where bundles are suggested to go; the user's own directory unless given */
  readonly home?: string;
  /** where fleets are made; in worker threads of this process unless given */
  readonly startFleet?: StartFleet;
}

export class Session {
  readonly #project: OpenProject;
  readonly hostKeys: HostKeyDesk;
  readonly image: ImageDesk;
  readonly builderKey: BuilderKeyDesk;
  readonly policy: PolicyDesk;
  readonly approvals: ApprovalDesk;
  readonly values: ValueDesk;
  readonly certificates: CertificateDesk;
  readonly publics: PublicDesk;
  readonly bundle: BundleDesk;
  readonly handOver: HandOverDesk;
  readonly rehearsal: RehearsalDesk;
  readonly verdict: VerdictDesk;
  /** fleets that are made from what the project has */
  readonly fleet: FleetDesk;

  constructor(options: SessionOptions) {
    const project = new OpenProject(options.env, options.home ?? join(homedir(), 'Selwright'));
    this.#project = project;
    this.hostKeys = new HostKeyDesk(project);
    this.image = new ImageDesk(project);
    this.builderKey = new BuilderKeyDesk(project);
    this.policy = new PolicyDesk(project);
    this.approvals = new ApprovalDesk(project);
    this.values = new ValueDesk(project);
    this.certificates = new CertificateDesk(project);
    this.publics = new PublicDesk(project);
    this.bundle = new BundleDesk(project);
    this.handOver = new HandOverDesk(project);
    this.rehearsal = new RehearsalDesk(project);
    this.verdict = new VerdictDesk(project);
    this.fleet = new FleetDesk(this, options.startFleet ?? startFleet);
  }

  /** All that the window shows of the project. */
  view(): ProjectView {
    return this.#project.view();
  }

  get env(): Env {
    return this.#project.env;
  }
  get isLocked(): boolean {
    return this.#project.keeper.isLocked;
  }
  get isIdle(): boolean {
    return !this.#project.making.isRunning;
  }
  /** where bundles and records are suggested to go */
  get home(): string {
    return this.#project.home;
  }
  /** What the project has of what a fleet stands on. `cck` is secret, and the project's own. */
  get fleetBasis(): FleetParts {
    const { derived, kept, builderKey } = this.#project.state;
    const { policy, image, hostKeys } = derived;
    return {
      policy: policy?.policy,
      header: image?.found.header,
      hostKeys: hostKeys.map((k) => ({ document: k.document, file: k.file, verified: k.verdict.trusted, accepted: k.accepted })),
      approvals: projectApprovals(kept),
      cck: policy?.policy['extension-secret'] === 'cck-derived' ? builderKey?.key : undefined,
    };
  }

  get projectId(): string {
    return this.#project.state.kept.id;
  }

  /** A fleet is made from the project at hand. */
  fleetStarted(fleet: StartedFleet): void {
    const { state, env } = this.#project;
    this.#project.note(fleetStarted(state.kept, fleet, env));
  }
  /** It ended, if the project it was made from is still there. */
  fleetEnded(project: string, event: Extract<AuditEvent, { kind: 'fleet-ended' }>): void {
    const { state, env } = this.#project;
    if (state.kept.id === project) this.#project.note(noted(state.kept, event, env));
  }

  /** Does a step that brings other values or other floors, and measures those whose strength nobody knows. */
  async measured(step: () => ProjectView): Promise<ProjectView> {
    step();
    await this.#project.measure();
    return this.view();
  }

  /** Closes the project and wipes its values. */
  reset(): ProjectView {
    this.#project.close();
    this.#project.replaceByNew();
    overwriteFreed();
    return this.view();
  }

  /** The window closes: values are wiped at once; a fleet finishes the guests at hand. @returns when it has */
  async end(): Promise<void> {
    this.reset();
    await this.fleet.end();
  }

  /** Keeps the project in a file from now on. @throws bad-name, too-short, io-* */
  create(path: string, name: string, passphrase: Bytes): ProjectView {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
      fail('bad-name', 'name of the project', name.slice(0, 80), 'letters, digits, dot, dash and underscore, at most 64');
    const { keeper, state } = this.#project;
    const kept = { ...state.kept, name };
    keeper.create(path, kept, passphrase);
    state.kept = kept;
    return this.view();
  }

  /** @param backup the state before the one in the file @throws what makes it unreadable: then the project at hand stays */
  open(path: string, passphrase: Bytes, backup: boolean): ProjectView {
    const project = this.#project;
    const kept = backup ? project.keeper.openBackup(path, passphrase) : project.keeper.open(path, passphrase);
    project.undo.drop();
    project.dropBundle();
    wipeProject(project.state.kept);
    project.replace(kept);
    return backup ? project.note(kept) : this.view();
  }

  /** Locks: values and keys are wiped, the file waits for its passphrase. @throws missing-value, conflict */
  lock(): ProjectView {
    const project = this.#project;
    if (project.making.isRunning) fail('conflict', 'project', 'requests are being made', 'a project at rest');
    project.keeper.lock(project.state.kept);
    project.undo.drop();
    project.dropBundle();
    project.replaceByNew();
    overwriteFreed();
    return this.view();
  }

  /** Opens the locked project again. @throws missing-value, and what opening throws */
  unlock(passphrase: Bytes): ProjectView {
    const path = this.#project.keeper.path ?? fail('missing-value', 'project file', 'none', 'a locked project');
    return this.open(path, passphrase, false);
  }

  /** Keeps the file under another passphrase. @throws missing-value, too-short, io-* */
  changePassphrase(passphrase: Bytes): ProjectView {
    const { keeper, state } = this.#project;
    state.kept = keeper.changePassphrase(state.kept, passphrase);
    return this.view();
  }

  /** Takes back what was just removed. @throws not-found when there is nothing to take back any more */
  undo(): ProjectView {
    const project = this.#project;
    const restored = project.undo.restore(project.state.kept) ?? fail('not-found', 'removal', 'none', 'one of the last minute');
    return restored.keepsBundle ? project.note(restored.kept) : project.apply(restored.kept);
  }

  /** The audit trail as JSON Lines. @throws io-* */
  exportAudit(path: string): { path: string } {
    return writeNew(this.home, path, writeAuditLines(this.#project.state.kept.audit), 'audit trail');
  }

  /** Loads the sample tenant: its files, as if the user had chosen them; the secrets are still to be made. */
  openSample(): ProjectView {
    const project = this.#project;
    const sample = makeSampleTenant(samplePkiKeys(), this.env);
    wipe(...sample.values.values());
    const files = sampleTenantFiles(sample);
    const pick = (prefix: string): ChosenFile[] =>
      files.filter((f) => f.path.startsWith(prefix)).map((f) => ({ name: basename(f.path), bytes: f.bytes }));
    project.close();
    project.replaceByNew('sample');
    for (const f of pick('hosts/'))
      project.apply(addFile(project.state.kept, { role: 'simulated-host', name: f.name, bytes: owned(f.bytes) }, this.env));
    this.hostKeys.add([...pick('host-keys/'), ...pick('pki/')]);
    for (const x of project.state.derived.pieces)
      if (x.kind === 'root' && x.certificate) this.hostKeys.trustRoot(certificateHash(x.certificate));
    for (const f of pick('image/sel-ebc.img')) this.image.set({ ...f, cut: false });
    for (const f of pick('policy.yaml')) this.policy.set(f);
    return this.view();
  }
}
