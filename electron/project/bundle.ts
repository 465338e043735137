/** Makes the bundle out of the project, giving way to the window between requests. */
import { setImmediate } from 'node:timers/promises';
import {
  type BuildStep,
  type BuiltBundle,
  type BundleFile,
  type BundleInput,
  buildBundleSteps,
} from '../../core/bundle/build.ts';
import { checkBundle } from '../../core/bundle/check.ts';
import type { Expected } from '../../core/bundle/expected.ts';
import { isMadeForBundle } from '../../core/bundle/preflight.ts';
import { type Bytes, wipe } from '../../core/bytes.ts';
import { fail } from '../../core/errors.ts';
import type { Finding } from '../../core/findings.ts';
import { addBundle, nextSerial, projectPublics, projectValues } from '../../core/project/project.ts';
import { generateValue } from '../../core/secret/value.ts';
import { nextSerial as nextSerialOfRecords } from '../../edge/record.ts';
import { PROGRAM } from '../../edge/version.ts';
import { handoverText } from '../../words/handover.ts';
import type { ProjectView } from '../contract.ts';
import { recordsIn } from '../places.ts';
import { risksOf } from '../risks.ts';
import { wipeBundle } from '../state.ts';
import { needImage, needPolicy } from './needs.ts';
import type { OpenProject } from './open.ts';

export class BundleDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** How far the bundle is that is being made. */
  progress(): BuildStep {
    return this.#project.making.step;
  }
  /** Gives it up. */
  cancel(): Record<string, never> {
    this.#project.making.giveUp('cancelled by you');
    return {};
  }

  /** What a bundle is built from: copies of the values, and a new report key. Secret. @throws missing-value, no-host-key, conflict */
  #input(name: string): BundleInput {
    const { state, env, keeper, home } = this.#project;
    const { kept, derived } = state;
    const loaded = needPolicy(state);
    const { policy } = loaded;
    const image = needImage(state);
    if (derived.hostKeys.length === 0) fail('no-host-key', 'project', 'no host key', 'at least one');
    const values = new Map<string, Bytes>([...projectValues(kept)].map(([n, v]) => [n, v.slice()]));
    try {
      const reportKey = policy.secrets.find(isMadeForBundle);
      if (reportKey) values.set(reportKey.name, generateValue(reportKey, env).value);
      const broken = risksOf(loaded, image, values, state, env.now()).find((f) => f.severity === 'error');
      if (broken) fail('conflict', [broken.rule, broken.subject].filter(Boolean).join(', '), broken.found, broken.expected);
      return {
        name,
        serial: Math.max(nextSerial(kept), keeper.isOpen ? 0 : nextSerialOfRecords(recordsIn(home))),
        policy,
        header: image.found.header,
        hostKeys: derived.hostKeys.map(({ document: d, verdict: v }) => ({
          ...d,
          verdict: v.trusted ? 'verified' : 'not-verified',
        })),
        values,
        publics: projectPublics(kept),
        cck: policy['extension-secret'] === 'cck-derived' ? state.builderKey?.key.slice() : undefined,
        tool: PROGRAM,
        handover: handoverText,
      };
    } catch (e) {
      wipe(...values.values());
      throw e;
    }
  }

  /** Makes it, and keeps it with the project. @throws missing-value, conflict, and what the builder throws: then nothing is kept */
  async generate(name: string): Promise<ProjectView> {
    const project = this.#project;
    const { env, making } = project;
    making.begin();
    let input: BundleInput | undefined;
    let steps: ReturnType<typeof buildBundleSteps> | undefined;
    let built: BuiltBundle | undefined;
    let done = false;
    try {
      await project.measure();
      making.goOn();
      input = this.#input(name);
      project.dropMade();
      steps = buildBundleSteps(input, env);
      for (;;) {
        making.goOn();
        const step = steps.next();
        if (step.done) {
          built = step.value;
          project.state.bundle = { built, findings: this.#checked(built.files, built.expected), input, labs: new Map() };
          done = true;
          return project.note(addBundle(project.state.kept, built, project.keeper.isOpen, env));
        }
        making.reached(step.value);
        await setImmediate();
      }
    } finally {
      making.end();
      if (!done) {
        steps?.return(undefined as never);
        wipeBundle({ input, built });
      }
    }
  }

  #checked(files: readonly BundleFile[], expected: Expected): readonly Finding[] {
    const entries = files.map((f) => ({ path: f.path, kind: 'file' as const, bytes: f.bytes }));
    const { state, env } = this.#project;
    return checkBundle({ entries, header: state.derived.image?.found.header, expected, now: env.now() });
  }
}
