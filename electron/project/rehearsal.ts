/** The bundle in a simulated guest: started as it is, and under the attacks of the lab. */
import { wipe } from '../../core/bytes.ts';
import { fail } from '../../core/errors.ts';
import { type BootResult, boot } from '../../core/guestsim/boot.ts';
import { prepareLab, runAttack } from '../../core/guestsim/lab.ts';
import type { SimHost } from '../../core/uvsim/profile.ts';
import type { LabView, ProjectView } from '../contract.ts';
import { writeNew } from '../places.ts';
import type { CurrentBundle, LoadedImage } from '../state.ts';
import { labView } from '../views/boot.ts';
import { needBundle, needImage, needReport } from './needs.ts';
import type { OpenProject } from './open.ts';

/** The rehearsal is over: what the simulated guest and its ultravisor held is wiped, the timeline and the report stay. */
const powerOff = (result: BootResult): void => {
  wipe(...(result.kit?.files ?? []).map((f) => f.bytes));
  result.guest?.powerOff();
};

export class RehearsalDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** Bundle, image and machine of a rehearsal. @throws missing-value, not-found */
  #stage(name: string): { bundle: CurrentBundle; image: LoadedImage; host: SimHost } {
    const { state } = this.#project;
    return {
      bundle: needBundle(state),
      image: needImage(state),
      host: state.derived.hosts.find((h) => h.name === name) ?? fail('not-found', 'simulated host', name.slice(0, 40)),
    };
  }

  /** Starts the guest. @throws missing-value, not-found */
  boot(name: string): ProjectView {
    const { state, env } = this.#project;
    const { bundle, image, host } = this.#stage(name);
    const entries = bundle.built.files.map((f) => ({ path: f.path, kind: 'file' as const, bytes: f.bytes }));
    const result = boot({ host, image: image.bytes, entries }, env);
    powerOff(result);
    state.boot = { host: name, result };
    state.verdict = undefined;
    return this.#project.view();
  }

  /** One attack of the lab on the bundle. @throws missing-value, not-found */
  attack(hostName: string, id: string): LabView {
    const { env } = this.#project;
    const { bundle, image, host } = this.#stage(hostName);
    const lab = bundle.labs.get(hostName) ?? prepareLab({ ...bundle, host, image: image.bytes }, env);
    bundle.labs.set(hostName, lab);
    const result = runAttack(id, lab, env);
    powerOff(result.boot);
    return labView(hostName, result);
  }

  /** Writes the report of the simulated guest. @throws missing-value, io-* */
  saveReport(path: string): { path: string } {
    const { state, home } = this.#project;
    return writeNew(home, path, needReport(state), 'retrieval report');
  }
}
