/**
 * The desk for fleets: a table of guests, a plan, and the fleet that is being made. It takes policy, image, host keys and decisions from the
 * open project when a fleet starts; afterwards the fleet goes on by itself, whatever becomes of the project.
 */
import type { ApprovalInput } from '../core/approval/state.ts';
import { allZero, type Bytes, hex, wipe } from '../core/bytes.ts';
import { fail, SelError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { defaultSource, entriesOf, type Source } from '../core/fleet/source.ts';
import { type FleetTable, readFleetTable } from '../core/fleet/table.ts';
import type { ParsedHeader } from '../core/image/header.ts';
import { policyHash } from '../core/policy/document.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { AuditEvent } from '../core/project/audit.ts';
import { fileHash, type StartedFleet } from '../core/project/project.ts';
import { isDirectory, makeDirectory } from '../edge/files.ts';
import type { Fleet, FleetFailure, FleetResult, StartFleet } from '../edge/fleet.ts';
import { checkFleetBasis, checkHostKeyCount, type FleetBasis, type FleetHostKey, fleetInput } from '../edge/fleetbasis.ts';
import { type FleetInput, type FleetPlan, planFleet } from '../edge/fleetplan.ts';
import { explain } from '../words/errors.ts';
import { secondsSay, sourceSays } from '../words/fleet.ts';
import { t } from '../words/language.ts';
import { findingSays } from '../words/rules.ts';
import type { ChosenFile, FleetView, StepId } from './contract.ts';
import { wholePath } from './keeper.ts';
import { placeFor } from './places.ts';
import { findingView } from './views/finding.ts';

/** What a project has of what a fleet stands on. */
export interface FleetParts {
  readonly policy: Policy | undefined;
  readonly header: ParsedHeader | undefined;
  /** `accepted`: to be used without verification, by decision */
  readonly hostKeys: readonly (FleetHostKey & { readonly accepted: boolean })[];
  readonly approvals: ApprovalInput;
  /** the key the image was built with, when the policy derives the extension secret from it: secret, a reference */
  readonly cck: Bytes | undefined;
}

/** Where the desk looks: the session of the window. */
export interface FleetSource {
  readonly home: string;
  readonly fleetBasis: FleetParts;
  readonly projectId: string;
  fleetStarted(fleet: StartedFleet): void;
  /** @param project id of the one it was made from */
  fleetEnded(project: string, event: Extract<AuditEvent, { kind: 'fleet-ended' }>): void;
}

/** Lines of a list that is shown: the first ones say what is wrong with the others too. */
const SHOWN_MAX = 20;

type Problem = { readonly what: string; readonly todo: string | null };
const problemOf = (e: unknown): Problem => {
  if (!(e instanceof SelError))
    return { what: t('Something went wrong inside the program.'), todo: t('What is done stays done.') };
  const { what, todo } = explain(e.code, e.facts);
  return { what, todo: todo ?? null };
};

interface Places {
  readonly values: string;
  readonly output: string;
}

interface Loaded {
  readonly file: string;
  readonly bytes: Bytes;
  /** what it was read against */
  readonly policy: Policy;
  readonly table?: FleetTable;
  /** why it could not be read */
  readonly error?: SelError;
}

interface Running extends Places {
  readonly fleet: Fleet;
  readonly policy: string;
  result?: FleetResult;
  /** what broke it off: said when it is shown, in the language of that moment */
  fault?: { readonly error: unknown };
}

const lacking = ({ policy, header, hostKeys, cck }: FleetParts): { step: StepId; says: string }[] => [
  ...(hostKeys.length === 0
    ? [{ step: 'host-keys' as const, says: t('No host key is chosen: choose the documents of the machines first.') }]
    : []),
  ...hostKeys
    .filter((k) => !k.verified && !k.accepted)
    .map((k) => ({ step: 'host-keys' as const, says: t('{file} is not verified.', { file: k.file }) })),
  ...(header === undefined
    ? [{ step: 'image' as const, says: t('No image is chosen: choose the image, or its SE header.') }]
    : []),
  ...(policy === undefined ? [{ step: 'policy' as const, says: t('No policy is chosen: choose one, or a template.') }] : []),
  ...(policy?.['extension-secret'] === 'cck-derived' && cck === undefined
    ? [{ step: 'secrets' as const, says: t('The customer communication key of the image is missing.') }]
    : []),
];

/** The parts when nothing is missing. */
const whole = (parts: FleetParts): FleetBasis | undefined =>
  parts.policy === undefined || parts.header === undefined || lacking(parts).length > 0
    ? undefined
    : { policy: parts.policy, header: parts.header, hostKeys: parts.hostKeys, approvals: parts.approvals };

/** A text that changes with everything a plan stands on. */
const stamp = (b: FleetBasis, loaded: Loaded): string =>
  [policyHash(b.policy), hex(b.header.image.tag), ...b.hostKeys.map((h) => hex(h.document.phkh)), loaded.file].join();

/** How often guests say something else than the row that holds for all of them. */
const valuesOf = (table: FleetTable, policy: Policy): { name: string; says: string; own: number }[] => {
  const own = new Map<string, number>();
  for (const g of table.guests) for (const name of g.said.keys()) own.set(name, (own.get(name) ?? 0) + 1);
  return [...entriesOf(policy)].map(([name, entry]) => {
    const source: Source = table.every.get(name) ?? defaultSource(entry);
    return { name, says: sourceSays(source, name), own: own.get(name) ?? 0 };
  });
};

const tableView = ({ file, policy, table, error }: Loaded): NonNullable<FleetView['table']> => {
  const names = (table?.guests ?? []).map((g) => g.name);
  return {
    file,
    guests: names.length,
    first: names.slice(0, SHOWN_MAX),
    values: table ? valuesOf(table, policy) : [],
    problem: error ? problemOf(error) : null,
  };
};

const failureSays = (f: FleetFailure): string =>
  f.error ? explain(f.error.code, f.error.facts).what : (f.findings ?? []).map(findingSays).join(' ');

const errorsOf = (findings: readonly Finding[]): Finding[] => findings.filter((f) => f.severity === 'error');

export class FleetDesk {
  readonly #source: FleetSource;
  readonly #startFleet: StartFleet;
  #loaded: Loaded | undefined;
  #plan: (FleetPlan & Places & { readonly stamp: string }) | undefined;
  #run: Running | undefined;
  /** between the question and the start */
  #busy = false;

  constructor(source: FleetSource, startFleet: StartFleet) {
    this.#source = source;
    this.#startFleet = startFleet;
  }

  /** Reads a table again when the policy is another one than before. */
  #fresh(policy: Policy | undefined): Loaded | undefined {
    const loaded = this.#loaded;
    if (loaded === undefined || policy === undefined || policyHash(loaded.policy) === policyHash(policy)) return loaded;
    this.#load(loaded, policy);
    return this.#loaded;
  }

  #load({ file, bytes }: Pick<Loaded, 'file' | 'bytes'>, policy: Policy): void {
    const common = { file, bytes, policy };
    this.#plan = undefined;
    try {
      this.#loaded = { ...common, table: readFleetTable(bytes, policy) };
    } catch (e) {
      if (!(e instanceof SelError)) throw e;
      this.#loaded = { ...common, error: e };
    }
  }

  get #isRunning(): boolean {
    return this.#run !== undefined && this.#run.fleet.progress().state !== 'ended';
  }

  #refuseWhileRunning(): void {
    if (this.#busy || this.#isRunning) fail('conflict', 'fleet', 'one that is being made', 'one at a time');
  }

  view(): FleetView {
    const parts = this.#source.fleetBasis;
    const basis = whole(parts);
    const loaded = this.#fresh(parts.policy);
    const plan = basis && loaded && this.#plan?.stamp === stamp(basis, loaded) ? this.#plan : undefined;
    return {
      policy: parts.policy?.name ?? null,
      hostKeys: parts.hostKeys.length,
      lacks: lacking(parts),
      findings: basis ? checkFleetBasis(basis).filter(isSpeaking).map(findingView) : [],
      table: loaded ? tableView(loaded) : null,
      suggested: { values: `${this.#source.home}/fleet/values`, output: `${this.#source.home}/fleet/bundles` },
      plan: plan
        ? {
            values: plan.values,
            output: plan.output,
            total: plan.total,
            before: plan.before,
            missing: plan.missing.slice(0, SHOWN_MAX).map(({ guest, line, path }) => ({ guest, line, path })),
            missingCount: plan.missing.length,
          }
        : null,
      run: this.#runView(),
    };
  }

  #runView(): FleetView['run'] {
    const run = this.#run;
    if (run === undefined) return null;
    const p = run.fleet.progress();
    const ended = (): 'done' | 'incomplete' | 'broken' => {
      if (run.fault) return 'broken';
      return p.before + p.made === p.total ? 'done' : 'incomplete';
    };
    // the fleet says that it ended a moment before its result is here
    const settled = run.result !== undefined || run.fault !== undefined;
    return {
      policy: run.policy,
      values: run.values,
      output: run.output,
      state: p.state === 'ended' ? (settled ? ended() : 'cancelling') : p.state,
      total: p.total,
      made: p.made,
      before: p.before,
      failed: p.failed,
      atHand: [...p.atHand],
      rate: p.rate ?? null,
      remaining: p.remaining === undefined ? null : secondsSay(p.remaining),
      elapsed: secondsSay(p.elapsed),
      failures: (run.result?.failures ?? [])
        .slice(0, SHOWN_MAX)
        .map((f) => ({ guest: f.guest, line: f.line, says: failureSays(f) })),
      problem: run.fault ? problemOf(run.fault.error) : null,
    };
  }

  /** Reads a table; what is wrong with it is shown, not thrown. @throws missing-value without a policy, conflict */
  setTable(f: ChosenFile): FleetView {
    this.#refuseWhileRunning();
    const { policy } = this.#source.fleetBasis;
    this.#load({ file: f.name, bytes: f.bytes }, policy ?? fail('missing-value', 'policy', 'none', 'a policy'));
    return this.view();
  }

  /** @throws missing-value, conflict, no-host-key, limit, bad-value, io-not-found */
  #input({ values, output }: Places): { input: FleetInput; stamp: string } {
    const parts = this.#source.fleetBasis;
    const basis = whole(parts) ?? fail('missing-value', 'fleet', 'not everything', 'host keys, an image and a policy');
    const loaded = this.#fresh(parts.policy);
    const table = loaded?.table ?? fail('missing-value', 'fleet table', 'none', 'a table of guests');
    checkHostKeyCount(basis.policy, basis.hostKeys.length);
    const [bad] = errorsOf(checkFleetBasis(basis));
    if (bad) fail('conflict', [bad.rule, bad.subject].filter(Boolean).join(', '), bad.found, bad.expected);
    placeFor(this.#source.home, output, 'directory of bundles');
    if (!isDirectory(wholePath(values, 'directory of values'))) placeFor(this.#source.home, values, 'directory of values');
    const rest = { values, output, strict: false, background: true, cck: parts.cck };
    return { input: fleetInput(basis, table, rest), stamp: stamp(basis, loaded as Loaded) };
  }

  async #once<T>(run: () => Promise<T>): Promise<T> {
    this.#refuseWhileRunning();
    this.#busy = true;
    try {
      return await run();
    } finally {
      this.#busy = false;
    }
  }

  /** Looks at what a fleet would do, and does none of it. @throws what keeps it from being made */
  plan(places: Places): Promise<FleetView> {
    return this.#once(async () => {
      await this.#look(places);
      return this.view();
    });
  }

  async #look(places: Places): Promise<{ input: FleetInput; plan: FleetPlan }> {
    this.#plan = undefined;
    const { input, stamp } = this.#input(places);
    const plan = await planFleet(input);
    this.#plan = { ...plan, ...places, stamp };
    return { input, plan };
  }

  /** Starts, or goes on behind an earlier run, when no file is missing. @throws what keeps it from being made */
  start(places: Places): Promise<FleetView> {
    return this.#once(async () => {
      const { input, plan } = await this.#look(places);
      // it may have been wiped while the plan was made
      if (input.cck && allZero(input.cck))
        fail('missing-value', 'CCK of the image', 'none', '32 bytes: the policy derives the extension secret from it');
      const [missing] = plan.missing;
      if (missing) throw new SelError('io-not-found', { file: missing.path, field: missing.name });
      // for its owner alone: it will hold values
      if (!isDirectory(places.values)) makeDirectory(places.values, 'directory of values', 0o700);
      this.#begin(input, places);
      return this.view();
    });
  }

  #begin(input: FleetInput, places: Places): void {
    const { projectId } = this.#source;
    const table = fileHash(this.#loaded as Loaded);
    this.#source.fleetStarted({
      table,
      guests: input.table.guests.length,
      hostKeys: input.hostKeys.map((h) => ({ phkh: h.phkh, verified: h.verdict === 'verified' })),
    });
    // its own: the project may wipe the one it has while the fleet goes on
    const cck = input.cck && Uint8Array.from(input.cck);
    const run: Running = { ...places, fleet: this.#startFleet({ ...input, cck }), policy: input.policy.name };
    this.#run = run;
    this.#plan = undefined;
    run.fleet.done
      .finally(() => {
        wipe(cck);
        const { made, before, failed } = run.fleet.progress();
        this.#source.fleetEnded(projectId, { kind: 'fleet-ended', table, made, before, failed });
      })
      .then(
        (result) => {
          run.result = result;
        },
        (e: unknown) => {
          run.fault = { error: e };
        },
      );
  }

  /** Finishes the guests at hand, then stops. */
  cancel(): FleetView {
    this.#run?.fleet.cancel();
    return this.view();
  }

  /** The same, and waits for it: for a window that closes. */
  async end(): Promise<void> {
    this.#run?.fleet.cancel();
    await this.#run?.fleet.done.catch(() => undefined);
  }
}

const isSpeaking = (f: Finding): boolean => f.severity === 'error' || f.severity === 'warning';
