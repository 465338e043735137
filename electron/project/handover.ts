/** The bundle leaves: as a folder, as one file, for pvics, and on paper. */
import { HOST_KEYS, readHostKeyList } from '../../core/bundle/hostkeys.ts';
import { bundleSaved, projectApprovalState, projectValues } from '../../core/project/project.ts';
import { writeTree } from '../../edge/files.ts';
import { saveRecord } from '../../edge/record.ts';
import { PROGRAM } from '../../edge/version.ts';
import { approvalStateSays } from '../../words/approval.ts';
import { besideSays } from '../../words/pvics.ts';
import { bundleSheetPdf } from '../../words/sheet.ts';
import type { ProjectView } from '../contract.ts';
import { type FileForm, fileOf, pvicsOf } from '../forms.ts';
import { placeFor, recordsIn, suggestedPath, writeNew } from '../places.ts';
import type { CurrentBundle } from '../state.ts';
import { needBundle, needPolicy } from './needs.ts';
import type { OpenProject } from './open.ts';

export class HandOverDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** Without a project file, what checks the bundle's report later is in a record of its own, in the user's own place. */
  #record(bundle: CurrentBundle): void {
    const { keeper, home } = this.#project;
    if (!keeper.isOpen) bundle.recordIn ??= saveRecord(recordsIn(home), bundle.built);
  }

  /** Writes the bundle with `write`; the record first: a bundle whose report cannot be checked is worse than a record without a bundle. */
  #handOver(path: string, write: (place: string, bundle: CurrentBundle) => void): ProjectView {
    const { state, env, home } = this.#project;
    const bundle = needBundle(state);
    const place = placeFor(home, path, 'place of the bundle');
    this.#record(bundle);
    write(place, bundle);
    bundle.savedTo = place;
    return this.#project.note(bundleSaved(state.kept, bundle.built.id.id, place, env));
  }

  /** Writes the bundle to a directory that does not exist yet. @throws io-* */
  save(path: string): ProjectView {
    return this.#handOver(path, (place, { built }) => writeTree(place, built.files, 'bundle'));
  }

  /** Writes the bundle as one new file. @throws io-* */
  pack(path: string, form: FileForm): ProjectView {
    const { home } = this.#project;
    return this.#handOver(path, (place, { built }) => writeNew(home, place, fileOf(built, form), 'packed bundle'));
  }

  /** Writes a pvics.yaml: the bundle itself does not leave with it. @returns what must lie beside it @throws everything of pvicsOf, io-* */
  savePvics(path: string): { path: string; beside: ReturnType<typeof besideSays> } {
    const { state, home } = this.#project;
    const bundle = needBundle(state);
    const { policy } = needPolicy(state);
    const key = policy.secrets.find((s) => s.purpose === 'luks-root-key');
    const size = key && projectValues(state.kept).get(key.name)?.length;
    const { name, serial } = bundle.built.id;
    const folder = bundle.savedTo ?? suggestedPath(home, name, serial);
    const { bytes, beside } = pvicsOf(state.derived, policy, bundle.built, folder.replace(/\.(tar|zip|toml)$/, ''), size);
    // pvics needs the extension secret, which is in the record
    this.#record(bundle);
    return { ...writeNew(home, path, bytes, 'pvics.yaml'), beside: besideSays(beside, bundle.recordIn ?? null) };
  }

  /** Writes the printed sheet of the bundle, for the file: no secret is on it. @throws missing-value, io-* */
  async saveSheet(path: string): Promise<{ path: string }> {
    const { state, home } = this.#project;
    const { built } = needBundle(state);
    const approvals = projectApprovalState(state.kept);
    const list = built.files.find((f) => f.path === HOST_KEYS);
    const pdf = await bundleSheetPdf({
      expected: built.expected,
      hostKeys: list && readHostKeyList(list.bytes),
      policyName: state.derived.policy?.policy.name ?? built.id.name,
      ...(approvals && approvals.required > 0 ? { approvals: approvalStateSays(approvals) } : {}),
      tool: PROGRAM,
    });
    return writeNew(home, path, pdf, 'sheet of the bundle');
  }
}
